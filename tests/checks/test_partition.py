"""Splits of a table: time series by time, others at random, or by groups and files as requested."""

from __future__ import annotations

import msgspec
import numpy as np
import polars as pl
import pytest

from plastica.checks.partition import RowCounts
from plastica.data.reading import read_table
from plastica.errors import DataError, FileError, InvalidValue
from plastica.tables import Settings, TableNetwork
from plastica.tables.held_out import held_out_csv
from plastica.tables.preparation import prepare
from plastica.tables.runs import compare_held_out
from plastica.tables.streamed import train_streaming

ROWS = 480
QUICK = Settings(network="mlp", layers=(), epochs=2, baselines=("dummy",))


@pytest.fixture(scope="module")
def frame():
    """Twenty days of hourly values: the load depends on the hour of the day and is autocorrelated."""
    draw = np.random.default_rng(0)
    noise = draw.standard_normal(ROWS)
    for row in range(1, ROWS):
        noise[row] += 0.7 * noise[row - 1]
    hours = np.datetime64("2024-03-01T00:00:00") + np.arange(ROWS) * np.timedelta64(1, "h")
    load = 50 + 20 * np.sin(2 * np.pi * np.arange(ROWS) / 24) + 3 * noise
    columns = {"ts": [str(each).replace("T", " ") for each in hours], "heat": draw.random(ROWS).round(3), "load": load}
    return pl.DataFrame({**columns, "shift": [f"s{row // 16}" for row in range(ROWS)]})


def with_(**changes):
    return msgspec.structs.replace(QUICK, **changes)


def test_a_series_is_split_by_time_and_stands_beside_its_own_past(frame, tmp_path):
    prepared = prepare(read_table(frame), "load", QUICK)
    assert [part.tolist() for part in prepared.split[:3]] == [[*range(288)], [*range(288, 384)], [*range(384, 480)]]
    assert any("split by time, by 'ts' (every hour" in str(note) for note in prepared.notes)
    assert any("from 2024-03-17 on" in str(note) for note in prepared.notes)
    assert not {"dates", "neighbours"} & {finding.code for finding in prepared.findings}
    made = TableNetwork.train(prepared, QUICK)
    assert made.judged is not None and made.facts.results is not None
    y = frame["load"].to_numpy()
    np.testing.assert_allclose(made.judged.answers["last_value"], y[383:479], rtol=1e-6)
    np.testing.assert_allclose(made.judged.answers["yesterday"], y[360:456], rtol=1e-6)
    mae = np.abs(y[384:] - y[360:456]).mean()
    assert made.facts.results.scores["yesterday"]["mae"].value == pytest.approx(mae, rel=1e-5)
    assert (made.facts.rows.split, made.facts.rows.by, made.facts.rows.first_test) == ("time", "ts", "2024-03-17")
    back = TableNetwork.load(made.save(tmp_path / "model.plastica"))
    assert back.facts == made.facts
    assert held_out_csv(made, prepared).startswith("row index,load,predicted load\n384,")


def test_asked_for_rows_are_dealt_at_random_and_the_finding_stands(frame):
    made = prepare(read_table(frame), "load", with_(split="random"))
    assert made.split.test.tolist() != [*range(384, 480)] and made.scheme.series is None
    assert "series_at_random" in {finding.code for finding in made.findings}


def test_a_dropped_column_still_orders_rows_and_is_not_learned_from(frame):
    made = prepare(read_table(frame), "load", with_(drop=("ts",)))
    assert made.split.test.tolist() == [*range(384, 480)]
    assert "ts" not in [column.name for column in made.columns]


def test_the_last_rows_are_the_test_rows_where_validation_rows_are_dealt_at_random(frame):
    made = prepare(read_table(frame), "load", with_(split="random", test="last"))
    assert made.split.test.tolist() == [*range(384, 480)]
    assert made.split.validation.max() < 384 and np.ptp(made.split.validation) > 300
    plain = read_table(frame.drop("ts").with_columns(pl.Series("load", np.random.default_rng(1).random(ROWS))))
    made = prepare(plain, "load", with_(test="last"))
    assert made.split.test.tolist() == [*range(384, 480)] and made.scheme.split == "order"
    assert any("the last rows of the file" in str(note) for note in made.notes)


def test_a_split_by_time_needs_stamps_and_takes_the_column_that_is_named(frame):
    with pytest.raises(InvalidValue, match=r"no date column gives the time.*time:COLUMN"):
        prepare(read_table(frame.drop("ts")), "load", with_(split="time"))
    made = prepare(read_table(frame), "load", with_(split="time:heat"))
    heat = frame["heat"].to_numpy()
    assert heat[made.split.test].min() > heat[made.split.validation].max()
    with pytest.raises(DataError, match="'shift' cannot order rows by time"):
        prepare(read_table(frame), "load", with_(split="time:shift"))


def test_no_group_is_in_two_parts_and_the_group_is_not_learned_from(frame):
    made = prepare(read_table(frame), "load", with_(split="group:shift"))
    shifts = [set(frame["shift"].gather(part)) for part in made.split[:3]]
    assert all(shifts) and sum(map(len, shifts)) == 30
    assert [len(part) for part in made.split[:3]] == [288, 96, 96]
    assert not any("shift" in name for name in made.encoder.feature_names)
    assert not any("did not occur in training" in str(note) for note in made.notes)
    with pytest.raises(DataError, match=r"no column 'shfit'; did you mean 'shift'"):
        prepare(read_table(frame), "load", with_(split="group:shfit"))
    with pytest.raises(InvalidValue, match="'load' is the target"):
        prepare(read_table(frame), "load", with_(split="group:load"))


def test_test_rows_come_from_a_file_of_their_own(frame, tmp_path):
    path = tmp_path / "later.csv"
    frame[400:].select("load", "heat", "ts").write_csv(path)  # another order, and no shift
    earlier = frame[:400].with_columns(pl.col("ts").str.to_datetime())
    made = prepare(read_table(earlier), "load", with_(test=str(path), drop=("shift",)))
    assert made.split.test.tolist() == [*range(400, 480)] and len(made.split.train) == 320
    whole = prepare(read_table(frame), "load", with_(drop=("shift",)))
    assert made.table.positions[400] == 2 and made.table.position_word == "line"
    np.testing.assert_allclose(
        made.target.decode(made.y[made.split.test]), whole.target.decode(whole.y)[400:], rtol=1e-6
    )
    network = TableNetwork.fit(earlier, "load", with_(drop=("shift",)), test_data=frame[400:])
    assert network.judged is not None and network.facts.rows.test == 80
    np.testing.assert_allclose(network.judged.answers["last_value"], frame["load"].to_numpy()[399:479], rtol=1e-6)
    assert "the network was trained on 320 rows of this table" in str(network.evaluate(earlier)[2][-1])
    with pytest.raises(DataError, match="has no column 'heat'"):
        prepare(read_table(earlier), "load", QUICK, read_table(frame[400:].drop("heat")))
    with pytest.raises(FileError, match=r"there is no file .none\.csv."):
        prepare(read_table(earlier), "load", with_(test="none.csv"))


def test_classes_that_come_in_blocks_are_dealt_at_random_and_that_is_said(frame):
    blocks = frame.with_columns(load=pl.Series([f"class {row // 160}" for row in range(ROWS)]))
    made = prepare(read_table(blocks), "load", QUICK)
    assert made.scheme.split == "random" and made.stratified
    assert any("are split at random: all of the last rows have the class 'class 2'" in str(note) for note in made.notes)
    weather = frame.with_columns(load=pl.Series(np.where(frame["load"] > 50, "high", "low")))
    network = TableNetwork.fit(weather, "load", QUICK)
    assert network.facts.rows.split == "time" and network.facts.results is not None
    truth = weather["load"].to_numpy()
    same = (truth[384:] == truth[383:479]).mean()
    assert network.facts.results.scores["last_value"]["accuracy"].value == pytest.approx(same)


@pytest.mark.parametrize(
    "changes",
    [{"split": "by time"}, {"split": "group"}, {"split": "group:"}, {"split": "random:ts"}, {"test": ""}],
)
def test_splits_that_no_table_can_have(changes):
    with pytest.raises(InvalidValue, match=r"expected"):
        Settings(**changes)
    with pytest.raises(InvalidValue, match="whole groups"):
        Settings(split="group:a", test="last")


def test_files_from_before_there_were_splits_load():
    assert msgspec.convert(
        {"train": 1, "validation": 0, "test": 0, "stratified": True, "digest": ""}, RowCounts
    ) == RowCounts(1, 0, 0, True, "", "random")


@pytest.mark.parametrize(
    ("changes", "how"),
    [({}, "time"), ({"split": "group:shift"}, "group"), ({"split": "random", "test": "last"}, "time")],
)
def test_rows_read_in_parts_are_split_as_those_in_memory_are(frame, tmp_path, changes, how):
    shuffled = frame if not changes else frame.sample(fraction=1.0, shuffle=True, seed=0)
    shuffled.write_csv(tmp_path / "a.csv")
    made, prepared = train_streaming(tmp_path / "a.csv", "load", with_(epochs=1, **changes))
    assert made.facts.rows.split == how
    parts = [prepared.table.take(part) for part in prepared.split[:3]]
    if how == "group":
        shifts = [set(part.columns["shift"]) for part in parts]
        assert all(shifts) and sum(map(len, shifts)) == 30
        return
    assert sorted(parts[2].columns["ts"]) == frame["ts"][384:].to_list()
    assert any("not compared with naive forecasts" in str(note) for note in made.facts.notes)
    if not changes:
        assert parts[1].columns["ts"].to_list() == frame["ts"][288:384].to_list()


def test_test_rows_of_their_own_beside_rows_read_in_parts(frame, tmp_path):
    frame[:400].write_csv(tmp_path / "a.csv")
    frame[400:].write_parquet(tmp_path / "b.parquet")
    made, prepared = train_streaming(tmp_path / "a.csv", "load", with_(epochs=1, test=str(tmp_path / "b.parquet")))
    assert (made.facts.rows.test, made.facts.rows.train) == (80, 320)
    truth = prepared.target.decode(prepared.y[prepared.split.test])
    np.testing.assert_allclose(truth, frame["load"].to_numpy()[400:], rtol=1e-6)
    assert prepared.table.columns["ts"].gather(prepared.split.test).to_list() == frame["ts"][400:].to_list()


def test_runs_on_the_same_last_rows_are_compared_row_by_row(frame, tmp_path):
    paths = {}
    for seed in (0, 1):
        prepared = prepare(read_table(frame), "load", with_(seed=seed))
        made = TableNetwork.train(prepared, with_(seed=seed))
        folder = tmp_path / str(seed)
        folder.mkdir()
        paths[str(seed)] = made.save(folder / "model.plastica")
        (folder / "held_out.csv").write_text(held_out_csv(made, prepared))
    found = compare_held_out(paths)
    assert not found.notes and found.runs[1].difference is not None
