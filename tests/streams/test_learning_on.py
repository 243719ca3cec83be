"""Learning on from files: exactly once over kills, the prequential error, drift, rows that are none."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from plastica import Sequential
from plastica.continual import prequential
from plastica.data.reading import read_table
from plastica.errors import DataError, FileError, InvalidValue
from plastica.settings import Settings
from plastica.streams import FileSource, LineSource, StreamOptions, learn_on, source_of
from plastica.tables import TableNetwork


@pytest.fixture
def rows_file(tmp_path, lines):
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def weights(path):
    model = TableNetwork.load(path).model
    assert isinstance(model, Sequential)
    return [np.asarray(each) for each in model.get_weights()]


def test_a_run_killed_anywhere_ends_with_the_weights_of_one_that_was_not(model, rows_file, tmp_path):
    options = StreamOptions(batch_rows=16, save_every=48)
    whole = learn_on(model, FileSource(rows_file), tmp_path / "whole.plastica", options)
    assert whole.rows == 344 and whole.skipped == 0 and whole.unfinished == 0
    kills, out = iter([5, 1, 9]), tmp_path / "killed.plastica"

    def killed_after(batches):
        def on_lesson(learner, lesson):
            nonlocal batches
            batches -= 1
            if not batches:
                raise KeyboardInterrupt

        return on_lesson

    for batches in kills:
        with pytest.raises(KeyboardInterrupt):
            learn_on(model, FileSource(rows_file), out, options, on_lesson=killed_after(batches))
    again = learn_on(model, FileSource(rows_file), out, options)
    assert again == whole
    assert all(
        (one == other).all() for one, other in zip(weights(out), weights(tmp_path / "whole.plastica"), strict=True)
    )
    assert (out.read_bytes()) == (tmp_path / "whole.plastica").read_bytes()
    assert learn_on(model, FileSource(rows_file), out, options) == whole  # nothing new: nothing learned


def test_the_error_is_that_of_the_rows_before_they_are_learned(model, rows_file, tmp_path, lines):
    made = learn_on(model, FileSource(rows_file), tmp_path / "one.plastica", StreamOptions(batch_rows=8, fading=0.9))
    network = TableNetwork.load(model)
    table = read_table(rows_file)
    x, y = network.encoder.transform(table, []), network.target.encode(table)
    assert isinstance(network.model, Sequential)
    expected = prequential(network.model, x, y, batch_size=8, fading=0.9)
    assert made.mean_error == pytest.approx(expected.mean_error, abs=0.02)
    assert made.error == pytest.approx(expected.faded[-1], abs=0.02)


def test_a_file_that_grows_is_learned_to_its_last_complete_row(model, tmp_path, lines):
    path, out = tmp_path / "grows.csv", tmp_path / "out.plastica"
    path.write_text("\n".join(lines[:41]) + "\n" + lines[41][:9])
    made = learn_on(model, FileSource(path), out)
    assert made.rows == 40 and made.unfinished == 9
    with path.open("a") as file:
        file.write(lines[41][9:] + "\n" + "\n".join(lines[42:61]) + "\n")
    made = learn_on(model, FileSource(path), out)
    assert made.rows == 60 and made.unfinished == 0
    path.write_text("\n".join(lines[:11]) + "\n")
    with pytest.raises(FileError, match="was truncated or replaced"):
        learn_on(model, FileSource(path), out)


def test_json_lines_are_learned_like_csv(model, tmp_path, lines, rows_file):
    names = lines[0].split(",")
    rows = [dict(zip(names, line.split(","), strict=True)) for line in lines[1:65]]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row | {"note": 'a " quote'}) + "\n" for row in rows))
    made = learn_on(model, FileSource(path), tmp_path / "json.plastica")
    short = tmp_path / "short.csv"
    short.write_text("\n".join(lines[:65]) + "\n")
    assert made == learn_on(model, FileSource(short), tmp_path / "csv.plastica")


def test_rows_that_are_none_are_named_and_left_out(model, tmp_path, lines):
    path, told = tmp_path / "bad.csv", []
    bad = [
        lines[1],
        "Adelie,Dream",
        lines[2].replace(lines[2].split(",")[2], "long", 1),
        "Dodo" + lines[3][6:],
        lines[4],
    ]
    path.write_text("\n".join([lines[0], *bad, "," + lines[5].partition(",")[2]]) + "\n\n")
    made = learn_on(
        model, FileSource(path), tmp_path / "o.plastica", on_lesson=lambda learner, lesson: told.extend(lesson.skipped)
    )
    assert made.rows == 2 and made.skipped == 4
    assert f"{path}, row 2: 2 values where the header has 7 names" in str(told[0]) and "last line" not in str(told[0])
    assert "row 3, column 'bill_length_mm': 'long' is not a number" in str(told[1])
    assert any("Dodo" in str(each) for each in told) and any("row 6 has no target" in str(each) for each in told)


def test_a_row_with_too_many_values_changes_no_other_row(model, tmp_path, lines):
    def learned(rows, name):
        path, told = tmp_path / f"{name}.csv", []
        path.write_text("\n".join([lines[0], *rows]) + "\n")
        take = StreamOptions(batch_rows=32)
        made = learn_on(
            model,
            FileSource(path),
            tmp_path / name,
            take,
            on_lesson=lambda learner, lesson: told.extend(lesson.skipped),
        )
        return made, [str(each) for each in told]

    made, told = learned([*lines[1:20], f"{lines[20]},MALE", *lines[21:40]], "wide")
    assert made.rows == 38 and made.skipped == 1
    assert "row 20: 8 values where the header has 7 names" in told[0]
    alone, told = learned([f"Dream,{lines[20]}"], "alone")  # not a column of row names with the others moved by one
    assert alone.rows == 0 and "8 values" in told[0]
    ended, _ = learned([f"{line}," for line in lines[1:40]], "ended")
    assert ended == learned(lines[1:40], "plain")[0] and ended.rows == 39


def test_names_may_have_line_breaks_in_quotes(model, tmp_path, lines):
    path, out = tmp_path / "broken.csv", tmp_path / "broken.plastica"
    path.write_text("\n".join([f'"a ""note""\non it",{lines[0]}', *(f'"x\ny",{line}' for line in lines[1:33])]) + "\n")
    plain = tmp_path / "plain.csv"
    plain.write_text("\n".join(lines[:33]) + "\n")
    assert learn_on(model, FileSource(path), out) == learn_on(model, FileSource(plain), tmp_path / "plain.plastica")
    with path.open("a") as file:
        file.write(f'"x\ny",{lines[33]}\n')
    assert learn_on(model, FileSource(path), out).rows == 33


def test_a_json_row_that_lacks_a_value_or_nests_one_is_named(model, tmp_path, lines):
    row = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    path, told = tmp_path / "rows.jsonl", []
    bad = [{name: row[name] for name in row if name != "sex"}, row | {"sex": ["MALE"]}]
    path.write_text("".join(json.dumps(each) + "\n" for each in [row, *bad, row]) + '{"species": \n[1]\n')
    made = learn_on(
        model, FileSource(path), tmp_path / "o", on_lesson=lambda learner, lesson: told.extend(lesson.skipped)
    )
    assert made.rows == 2 and made.skipped == 4
    assert "row 2: no value for column 'sex'; the row has 'species', 'island'" in str(told[0])
    assert "row 3: the value of column 'sex' is ['MALE']" in str(told[1])
    assert "row 4" not in "".join(map(str, told)) and "row 5: this is not JSON" in str(told[2])


def test_the_error_of_numbers_is_in_the_unit_of_the_target(model, tmp_path, lines):
    settings = Settings(epochs=2, network="mlp", layers=(4,), baselines=())
    network = TableNetwork.fit("penguins", "body_mass_g", settings)
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(lines[:41]) + "\n")
    made = learn_on(network, FileSource(path), tmp_path / "mass.plastica")
    assert str(made.measure.name) == "mean absolute error (in the unit of 'body_mass_g')" and made.mean_error > 100
    assert made.measure.show(made.mean_error) == f"{made.mean_error:.4g}"


def test_drift_of_the_rule_is_found_and_survives_a_restart(model, tmp_path, lines):
    swapped = {"Adelie": "Gentoo", "Gentoo": "Adelie", "Chinstrap": "Chinstrap"}
    after = [f"{swapped[line.partition(',')[0]]},{line.partition(',')[2]}" for line in lines[1:]]
    path, out = tmp_path / "drift.csv", tmp_path / "drift.plastica"
    path.write_text("\n".join([*lines, *lines[1:], *lines[1:]]) + "\n")
    before = learn_on(model, FileSource(path), out)
    with path.open("a") as file:
        file.write("\n".join(after) + "\n")
    made = learn_on(model, FileSource(path), out)
    new = [row for row in made.drifts if row > before.rows]
    assert new and new[0] < before.rows + 150


def test_standard_input_and_sockets_are_read_to_their_end(model, tmp_path, lines):
    import socket

    here, there = socket.socketpair()
    with here, there:
        there.sendall(("\n".join(lines[:34]) + "\nAdel").encode())
        there.shutdown(socket.SHUT_WR)
        source = LineSource(here.makefile("rb", buffering=0), "tcp://test")
        made = learn_on(model, source, tmp_path / "socket.plastica")
    assert made.rows == 33 and made.unfinished == 4


def test_a_topic_is_learned_from_its_offsets(model, tmp_path, lines):
    from collections import namedtuple

    from plastica.streams.kafka_source import KafkaSource

    Partition, Message = namedtuple("Partition", "topic partition"), namedtuple("Message", "partition offset value")
    names = lines[0].split(",")
    values = [json.dumps(dict(zip(names, line.split(","), strict=True))).encode() for line in lines[1:61]]

    class Broker:
        def __init__(self):
            self.held = {0: values[::2], 1: values[1::2]}
            self.at = {}

        def partitions_for_topic(self, topic):
            return {0, 1} if topic == "rows" else None

        def assign(self, partitions):
            self.at = dict.fromkeys(partitions, 0)

        def seek(self, partition, offset):
            self.at[partition] = offset

        def seek_to_beginning(self, *partitions):
            self.at |= dict.fromkeys(partitions, 0)

        def position(self, partition):
            return self.at[partition]

        def end_offsets(self, partitions):
            return {each: len(self.held[each.partition]) for each in partitions}

        def poll(self, timeout_ms):
            found = {}
            for each, at in self.at.items():
                part = self.held[each.partition][at : at + 4]
                self.at[each] += len(part)
                if part:
                    found[each] = [Message(each.partition, at + place, value) for place, value in enumerate(part)]
            return found

    def source():
        return KafkaSource(Broker(), "rows", Partition, "kafka://test/rows", follow=False)

    out, options = tmp_path / "kafka.plastica", StreamOptions(batch_rows=8, save_every=8)

    def stop(learner, lesson):
        if learner.rows == 24:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn_on(model, source(), out, options, on_lesson=stop)
    made = learn_on(model, source(), out, options)
    assert made == learn_on(model, source(), tmp_path / "straight.plastica", options) and made.rows == 60
    assert out.read_bytes() == (tmp_path / "straight.plastica").read_bytes()
    with pytest.raises(InvalidValue, match="no such topic"):
        KafkaSource(Broker(), "others", Partition, "kafka://test/others")


def test_what_cannot_be_learned_on_from_is_told(model, rows_file, tmp_path, lines):
    with pytest.raises(FileError, match="there is no file"):
        source_of("nothere.csv")
    with pytest.raises(FileError, match="is a folder; give a file of rows in it"):
        source_of(str(tmp_path))
    with pytest.raises(InvalidValue, match="is not understood"):
        source_of("ftp://a/b")
    with pytest.raises(FileError, match="no answer from"):
        source_of("tcp://127.0.0.1:9")
    short = tmp_path / "short.csv"
    short.write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"has no column 'island'\. Its columns: 'a', 'b'"):
        learn_on(model, FileSource(short), tmp_path / "x.plastica")
    with pytest.raises(InvalidValue, match="is not a model trained on a stream"):
        learn_on(model, FileSource(rows_file), shutil.copy(model, tmp_path / "other.plastica"))
    learn_on(model, FileSource(rows_file), tmp_path / "mine.plastica", StreamOptions(batch_rows=344))
    short.write_text("\n".join(lines[:3]) + "\n")
    with pytest.raises(InvalidValue, match=r"was trained on .*rows\.csv, not on"):
        learn_on(model, FileSource(short), tmp_path / "mine.plastica")
    trees = TableNetwork.fit("penguins", "species", Settings(model="trees", baselines=()))
    with pytest.raises(InvalidValue, match="only a network can be trained on a stream, not trees"):
        learn_on(trees, FileSource(rows_file), tmp_path / "t.plastica")
    with pytest.raises(InvalidValue, match="batch_rows=0"):
        StreamOptions(batch_rows=0)


def test_the_command_goes_on_where_it_ended(model, rows_file, tmp_path, monkeypatch):
    from click.testing import CliRunner

    from plastica.cli.main import app

    copied = shutil.copy(model, tmp_path / "model.plastica")
    given = ["learn-on", str(copied), "--from", str(rows_file), "--print-every", "100"]
    first = CliRunner().invoke(app, given)
    assert first.exit_code == 0, first.stderr
    assert "344 rows learned, 344 in all; 0 left out" in first.stdout and "row 320: error rate" in first.stderr
    assert "% on recent rows" in first.stdout
    assert str(tmp_path / "learned.plastica") in first.stdout
    with rows_file.open("a") as file:
        file.write(rows_file.read_text().splitlines()[1] + "\nAdelie,")
    second = CliRunner().invoke(app, [*given, "--json"])
    found = json.loads(second.stdout)
    assert found["rows"] == 345 and found["unfinished"] == 7 and "ends within a row: 7 bytes" in second.stderr
    chinese = CliRunner().invoke(app, [*given, "--lang", "zh"])
    assert "没有新的行；此前已学习 345 行" in chinese.stdout and "错误率" in chinese.stdout
    again = CliRunner().invoke(app, given)
    assert f"{rows_file} has no new rows; 345 were learned before" in " ".join(again.stdout.split())
    assert CliRunner().invoke(app, ["predict", str(tmp_path / "learned.plastica"), "penguins"]).exit_code == 0
    (tmp_path / "empty.csv").touch()
    empty = ["--from", str(tmp_path / "empty.csv"), "--out", str(tmp_path / "same.plastica"), "--json"]
    nothing = json.loads(CliRunner().invoke(app, ["learn-on", str(copied), *empty]).stdout)
    assert nothing["rows"] == 0 and nothing["error"] is None
