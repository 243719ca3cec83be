"""``plastica train``: inference, output, files and errors."""

from __future__ import annotations

import json

import polars as pl
import pytest

import plastica
from plastica.cli import folders
from plastica.layers import MemberDense
from plastica.tables import TableNetwork

SHORT = ("--epochs", "3", "--layers", "8", "--network", "mlp")


def rows(count=60):
    """A small table whose label depends on the numbers."""
    return [(number % 7, round(number * 0.5 - 3, 2), "yes" if number % 7 > 3 else "no") for number in range(count)]


def write_csv(path, separator=",", decimal=".", encoding="utf-8", words=("a", "b", "label")):
    lines = [separator.join(words)]
    lines += [separator.join((str(a), str(b).replace(".", decimal), label)) for a, b, label in rows()]
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def as_json(result):
    assert result.stdout.count("\n") == 1
    return json.loads(result.stdout)


def test_penguins_are_told_apart_by_default(plastica, here):
    result = plastica("train", "penguins")
    assert "species: 3 classes (Adelie, Chinstrap, Gentoo)" in result.stdout
    assert "206 training, 69 validation and 69 test rows, stratified" in result.stdout
    kept = json.loads((here / "runs/penguins-1/results.json").read_text())
    scores = kept["results"]["scores"]
    assert scores["network"]["accuracy"]["value"] > 0.95 > 0.6 > scores["dummy"]["accuracy"]["value"]
    assert kept["results"]["rows"] == 69
    assert kept["training"]["stopped_by"].startswith("EarlyStopping")
    assert "result    accuracy 0.9" in result.stdout and "linear model 0.9" in result.stdout
    assert "saved     runs/penguins-1" in result.stdout


def test_a_run_folder_holds_model_report_answers_history_results_and_settings(plastica, here):
    plastica("train", "penguins", *SHORT, "--seed", "7", "--lang", "zh")
    folder = here / "runs" / "penguins-1"
    assert sorted(path.name for path in folder.iterdir()) == [
        "held_out.csv",
        "history.csv",
        "model.plastica",
        "report.html",
        "results.json",
        "settings.json",
    ]
    assert '<html lang="zh' in (folder / "report.html").read_text(encoding="utf-8")
    kept = json.loads((folder / "results.json").read_text())["results"]["scores"]["network"]
    answers = pl.read_csv(folder / "held_out.csv")
    right = (answers["species"] == answers["predicted species"]).mean()
    assert kept["accuracy"]["value"] == pytest.approx(right)
    assert pl.read_csv(folder / "history.csv").columns == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy"]
    assert json.loads((folder / "settings.json").read_text())["seed"] == 7


def test_titanic_needs_no_target_and_names_are_free_text(plastica):
    result = plastica("train", "titanic", *SHORT, "-v")
    assert "survived: 2 classes (0, 1)" in result.stdout
    assert "free text, 1,310 different values" in result.stdout
    assert "AUC" in result.stdout


def test_no_run_is_written_over(plastica, here):
    for number in (1, 2):
        plastica("train", "penguins", *SHORT, "--epochs", "1")
        assert (here / f"runs/penguins-{number}/model.plastica").exists()
    before = (here / "runs/penguins-1/model.plastica").read_bytes()
    result = plastica("train", "penguins", *SHORT, "--out", "runs/penguins-1", code=1)
    assert "exists already and is not overwritten" in result.stderr
    assert (here / "runs/penguins-1/model.plastica").read_bytes() == before


def test_same_seed_gives_the_same_file(plastica, here):
    for name in ("one", "other"):
        plastica("train", "penguins", *SHORT, "--out", name, "--seed", "3")
    assert (here / "one/model.plastica").read_bytes() == (here / "other/model.plastica").read_bytes()
    plastica("train", "penguins", *SHORT, "--out", "third", "--seed", "4")
    assert (here / "one/model.plastica").read_bytes() != (here / "third/model.plastica").read_bytes()


def test_json_is_one_object_and_nothing_else(plastica, here):
    found = as_json(plastica("train", "penguins", *SHORT, "--json"))
    assert found["plastica"] == plastica_version()
    classes = ["Adelie", "Chinstrap", "Gentoo"]
    assert found["target"] == {"name": "species", "names": ["species"], "task": "multiclass", "classes": classes}
    assert set(found["results"]["scores"]) == {"network", "linear", "trees", "dummy"}
    assert found["rows"]["train"] + found["rows"]["validation"] + found["rows"]["test"] == 344
    assert (here / found["model"]).exists()
    assert json.loads((here / found["folder"] / "results.json").read_text()) == found


def plastica_version():
    return plastica.__version__


def test_quiet_prints_only_the_folder(plastica):
    assert plastica("train", "penguins", *SHORT, "--quiet").stdout == "runs/penguins-1\n"


def test_semicolons_and_decimal_commas(plastica, here):
    path = write_csv(here / "europe.csv", ";", ",")
    found = as_json(plastica("train", path, "--target", "label", *SHORT, "--json"))
    assert [column["kind"] for column in found["columns"]] == ["number", "number"]
    assert any("semicolons" in note for note in found["notes"])


def test_gbk(plastica, here):
    path = write_csv(here / "chinese.csv", encoding="gbk", words=("年龄", "身高", "标签"))
    result = plastica("train", path, "--target", "标签", *SHORT)
    assert "标签: 2 classes (no, yes)" in result.stdout
    assert "note: " in result.stderr and "gb" in result.stderr.lower()
    assert "2 numbers" in result.stdout


def test_parquet_and_gzip_and_standard_input(plastica, here):
    frame = pl.DataFrame(rows(), schema=["a", "b", "label"], orient="row")
    frame.write_parquet(here / "table.parquet")
    found = as_json(plastica("train", "table.parquet", "-t", "label", *SHORT, "--json"))
    assert found["folder"] == "runs/table-1"
    text = frame.write_csv().encode()
    found = as_json(plastica("train", "-", "-t", "label", *SHORT, "--json", input=text))
    assert found["folder"] == "runs/stdin-1" and found["source"] == "standard input"
    import gzip

    (here / "table.csv.gz").write_bytes(gzip.compress(text))
    assert as_json(plastica("train", "table.csv.gz", "-t", "label", *SHORT, "--json"))["folder"] == "runs/table-2"


def test_options_reach_the_run(plastica):
    found = as_json(
        plastica(
            *(
                "train",
                "titanic",
                "--json",
                "--layers",
                "8,4",
                "--epochs",
                "2",
                "--batch-size",
                "50",
                "--drop",
                "age,sex",
            ),
            *("--optimizer", "sgd", "--learning-rate", "0.01", "--seed", "5", "--validation", "0.1", "--test", "100"),
        )
    )
    settings = found["settings"]
    assert settings["layers"] == [8, 4] and settings["batch_size"] == 50 and settings["drop"] == ["age", "sex"]
    assert found["rows"]["test"] == 100 and found["rows"]["validation"] == 131
    assert [column["name"] for column in found["columns"]] == ["name", "class"]
    network = TableNetwork.load(found["model"])
    assert repr(network.model.optimizer) == "SGD()" and network.model.learning_rate == 0.01
    assert [layer.units for layer in network.model.layers[1].layers if isinstance(layer, MemberDense)] == [8, 4, 1]


def test_drop_may_be_repeated_and_may_hold_a_comma(plastica, here):
    (here / "t.csv").write_text('"a,b",c,d,y\n' + "".join(f"{n},{n % 3},{n % 5},{n % 2}\n" for n in range(60)))
    found = as_json(plastica("train", "t.csv", "-t", "y", "--drop", "a,b", "--drop", "d", *SHORT, "--json"))
    assert [column["name"] for column in found["columns"]] == ["c"]


def test_without_hidden_layers_validation_or_test(plastica):
    found = as_json(
        plastica(
            "train",
            "penguins",
            "--network",
            "mlp",
            "--layers",
            "0",
            "--epochs",
            "2",
            "--validation",
            "0",
            "--test",
            "0",
            "--json",
        )
    )
    assert found["results"] is None and found["training"] == found["training"] | {"best_epoch": None, "epochs": 2}
    assert "it is unknown how well" in plastica("train", "penguins", *SHORT, "--test", "0").stdout


def test_a_number_is_predicted_in_its_own_unit(plastica, here):
    lines = [f"{n % 10},{n % 7},{1000 + 50 * (n % 10) - 20 * (n % 7)}" for n in range(200)]
    (here / "prices.csv").write_text("a,b,price\n" + "\n".join(lines))
    found = as_json(plastica("train", "prices.csv", "-t", "price", "--json", "--learning-rate", "0.01"))
    assert found["target"]["task"] == "regression"
    scores = found["results"]["scores"]
    assert scores["network"]["mae"]["value"] < 30 < scores["dummy"]["mae"]["value"]
    assert 0.8 < scores["network"]["r2"]["value"] <= 1


def test_a_time_limit_is_named_as_the_reason(plastica):
    found = as_json(plastica("train", "penguins", "--network", "mlp", "--time-limit", "0.001", "--json"))
    assert found["training"]["stopped_by"] == "time_limit"


def test_checkpoint_and_resume_end_in_the_same_model(plastica, here):
    plastica("train", "penguins", *SHORT, "--out", "one", "--checkpoint", "kept")
    plastica("train", "penguins", *SHORT, "--out", "other", "--checkpoint", "kept", "--resume")
    assert (here / "one/model.plastica").read_bytes() == (here / "other/model.plastica").read_bytes()
    result = plastica("train", "penguins", *SHORT, "--checkpoint", "kept", code=1)
    assert "already contains a run" in result.stderr
    assert plastica("train", "penguins", "--resume", code=2)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nothere.csv", "-t", "a"), 1, "there is no file 'nothere.csv'"),
        (("penguins", "-t", "specie"), 1, "did you mean 'species'"),
        (("penguins", "--optimizer", "adan"), 1, 'did you mean "adam"'),
        (("penguins", "--rule", "backprob"), 1, 'did you mean "backprop"'),
        (("penguins", "--drop", "iland"), 1, "did you mean 'island'"),
        (("penguins", "--drop", "species"), 1, "is the target and cannot be dropped"),
        (("penguins", "--task", "binary"), 1, "3 classes"),
        (("penguins", "--task", "regression"), 1, "is not a number"),
        (("penguins", "--task", "ranking"), 2, "ranking"),
        (("penguins", "--layers", "64,many"), 2, "--layers expects numbers of units"),
        (("penguins", "--layers", "0,8"), 1, "expected up to 64 whole numbers"),
        (("penguins", "--epochs", "0"), 1, "--epochs 0"),
        (("penguins", "--epochs", "few"), 2, "--epochs"),
        (("penguins", "--learning-rate", "-1"), 1, "--learning-rate -1"),
        (("penguins", "--test", "0.9"), 1, "cannot be split"),
        (("penguins", "--test", "-1"), 1, "--test -1"),
        (("penguins", "--seed", "-1"), 1, "--seed -1"),
        (("penguins", "--time-limit", "soon"), 1, "time_limit"),
        (("penguins", "--batch_size", "3"), 2, "batch_size"),
        ((), 2, "FILE"),
    ],
)
def test_a_mistake_is_one_clear_line(plastica, here, arguments, code, said):
    result = plastica("train", *arguments, code=code)
    assert said in result.stderr
    assert code == 2 or (result.stderr.startswith("error: ") and result.stderr.count("\n") == 1)
    assert "saved" not in result.stdout and not list(here.glob("runs/*"))


def test_a_file_needs_a_target(plastica, here):
    write_csv(here / "t.csv")
    assert "--target COLUMN, one of 'a', 'b', 'label'" in plastica("train", "t.csv", code=2).stderr


def test_a_failed_run_leaves_no_folder(plastica, here):
    result = plastica("train", "penguins", *SHORT, "--optimizer", "sgd", "--learning-rate", "1e30", code=1)
    assert "not finite" in result.stderr
    assert not list((here / "runs").iterdir())


def test_control_characters_are_shown_and_not_obeyed(plastica, here):
    lines = [f"{n},{n % 5},evil\x1b[2J{n % 2}" for n in range(60)]
    (here / "evil.csv").write_text("a\x1b]0;title\x07,b,y\n" + "\n".join(lines))
    result = plastica("train", "evil.csv", "-t", "y", *SHORT, "-v")
    assert "\x1b" not in result.stdout + result.stderr and "\x07" not in result.stdout + result.stderr
    assert "evil\\x1b[2J1" in result.stdout
    path = here / "runs/evil-1"
    for command in (("info", path), ("evaluate", path, "evil.csv")):
        result = plastica(*command)
        assert "\x1b" not in result.stdout + result.stderr
    result = plastica("train", "evil.csv", "-t", "z\x1b[2J", code=1)
    assert "\x1b" not in result.stderr


def test_a_model_that_is_no_better_than_a_guess_is_called_so(plastica, here):
    import random

    dice = random.Random(0)
    (here / "noise.csv").write_text(
        "a,b,y\n" + "\n".join(f"{dice.random()},{dice.random()},{dice.random()}" for _ in range(100))
    )
    result = plastica("train", "noise.csv", "-t", "y", *SHORT)
    assert "does not beat guessing" in result.stdout or "to tell whether the model beats guessing" in result.stdout


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("a/b c.csv", "b_c"),
        ("../..", "table"),
        ("x" * 300, "x" * 60),
        ("数据.csv", "数据"),
        ("-", "stdin"),
        ("a.tar.gz", "a.tar"),
    ],
)
def test_names_of_runs_are_safe(given, wanted):
    assert folders.name_of(given) == wanted


def test_rows_are_split_by_time_by_groups_or_from_a_file(plastica, here):
    hours = [f"2024-01-{day:02} {hour:02}:00" for day in range(1, 11) for hour in range(24)]
    lines = [f"{stamp},{10 + row // 12},{row % 7}\n" for row, stamp in enumerate(hours)]
    (here / "a.csv").write_text("ts,y,shift\n" + "".join(lines[:200]))
    (here / "b.csv").write_text("shift,ts,y\n" + "".join(f"{row % 7},{hours[row]},{row}\n" for row in range(200, 240)))
    quick = ("train", "a.csv", "-t", "y", "--task", "regression", "--network", "mlp", "--layers", "0", "--epochs", "1")
    said = plastica(*quick, "-v").stdout
    assert "120 training, 40 validation and 40 test rows, by time ('ts'): test set from 2024-01-07 16:00:00 on" in said
    assert "last value" in said and "same time yesterday" in said
    assert "by groups ('shift')" in plastica(*quick, "--split", "group:shift", "--no-report").stdout
    assert "40 test rows, by time ('ts'); test set: b.csv" in plastica(*quick, "--test", "b.csv", "--no-report").stdout
    assert "expected auto, random, time" in plastica(*quick, "--split", "sometime", code=1).stderr
    assert "by time ('ts'): test set from" in plastica("info", "runs/a-1").stdout
    page = (here / "runs/a-1/report.html").read_text(encoding="utf-8")
    assert "Rows were split by time, using ts" in page and "昨日同一时刻" in page
