"""``plastica inside``: looks inside a run, in both languages, as JSON, as pictures; and its errors."""

from __future__ import annotations

import json

import numpy as np
import pytest

import plastica as pl
from plastica.cli.inside import LOOKS, SHOWN


def test_units_are_told_by_the_columns_of_the_file(plastica, penguins, here):
    said = plastica("inside", penguins, "penguins", "--what", "units,weights,dimensions", "--out", "looks").stdout
    assert "UNITS: what they detect" in said and "flipper_length_mm" in said and "stable rank" in said
    assert sorted(path.name for path in (here / "looks").iterdir()) == sorted(
        f"{name}.{ending}" for name in ("units", "weights", "dimensions") for ending in ("csv", "svg")
    )
    assert "top_rows" in (here / "looks" / "units.csv").read_text()


def test_json_has_what_python_finds_with_rows_from_one(plastica, penguins):
    found = json.loads(
        plastica("inside", penguins, "penguins", "--what", "units,probes", "--rows", "100", "--json").stdout
    )
    network = pl.load(penguins / "model.plastica")
    made = pl.inside.table_unit_detectors(network, "penguins", rows=100)
    units = found["looks"]["units"]["rows"]
    assert found["rows"] == 100 and len(units) == made.responses.shape[1]
    assert [each - 1 for each in units[3]["top_rows"]] == made.top[3].tolist()
    probes = found["looks"]["probes"]["rows"]
    assert probes[0]["layer"] == "input" and max(each["score"] for each in probes) > 0.9


def test_boundaries_and_responses_are_looked_at(plastica, penguins):
    given = ("--columns", "bill_length_mm,body_mass_g", "--column", "bill_length_mm", "--rows", "60")
    what = "boundary,responses,activity"
    said = plastica("inside", penguins, "penguins", "--what", what, *given, "--lang", "zh").stdout
    assert "边界：决策在何处改变" in said and "bill_length_mm" in said and "激活值不为 0" in said


def test_every_look_has_its_function_and_the_hessian_is_one():
    assert set(SHOWN) == set(LOOKS) and "hessian" in LOOKS


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (("--what", "brain"), 2, "--what 'brain' is unknown. Known: units, boundary"),
        (("--what", ","), 2, "--what names nothing"),
        (("--what", "responses"), 2, "needs --column"),
        (("--what", "responses", "--column", "island"), 1, "'island' is no column of numbers"),
        (("--columns", "a"), 2, "expected two columns, A,B"),
        (("--what", "boundary", "--columns", "a,body_mass_g"), 1, "no column 'a'"),
        (("--what", "units", "--layer", "99"), 1, "no layer 99"),
        (("--what", "units", "--rows", "1"), 2, "expected at least 3"),
        (("--what", "units", "--out", "."), 1, "exists; choose a new folder"),
    ],
)
def test_what_cannot_be_looked_at_is_refused(plastica, penguins, given, code, message):
    assert message in plastica("inside", penguins, "penguins", *given, code=code).stderr


def test_a_table_without_the_target_has_units_but_no_loss(plastica, penguins, here):
    import polars

    polars.read_csv(pl.datasets.path_of("penguins")).drop("species").write_csv("new.csv")
    assert "detect" in plastica("inside", penguins, "new.csv", "--what", "units").stdout
    told = plastica("inside", penguins, "new.csv", "--what", "landscape", code=1).stderr
    assert "the table has no column 'species', which the loss needs" in told


def test_a_forecast_is_looked_into_by_its_gates_and_losses(plastica, here):
    import polars

    hours = np.datetime64("2026-01-05T00", "us") + np.arange(200) * np.timedelta64(1, "h")
    frame = polars.DataFrame({"time": hours, "load": 5 + np.sin(np.arange(200) * 2 * np.pi / 24)})
    frame.write_csv("load.csv")
    (here / "run").mkdir()
    pl.Forecaster("lstm", horizon=3, look_back=24, members=1, epochs=1).fit(frame).save("run/model.plastica")
    given = ("--what", "gates,weights,pruning", "--rows", "20", "--out", "looks")
    said = plastica("inside", "run", "load.csv", *given).stdout
    assert "LSTM over 24 steps, mean over 20 rows" in said and "of its state on average" in said
    assert "at step -" in said and (here / "looks" / "gates.svg").exists()
    told = plastica("inside", "run", "load.csv", "--what", "units", code=1).stderr
    assert "units is for tables; of a forecast there are: gates, landscape" in told


def test_trees_have_no_inside(plastica, here):
    plastica("train", "penguins", "--model", "trees", "--out", "trees", "--quiet")
    told = plastica("inside", "trees", "penguins", code=1).stderr
    assert "only a network has an inside to look at" in told


def test_a_regression_is_probed_by_its_numbers_and_has_losses(plastica, here):
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 2)).round(3)
    rows = "\n".join(f"{a},{b},{a + b:.3f}" for a, b in x)
    (here / "sums.csv").write_text(f"a,b,sum\n{rows}\n")
    plastica(
        "train",
        "sums.csv",
        "--target",
        "sum",
        "--epochs",
        "3",
        "--network",
        "mlp",
        "--layers",
        "6",
        "--out",
        "run",
        "--quiet",
        "--no-report",
    )
    said = plastica("inside", "run", "sums.csv", "--what", "probes,boundary,units").stdout
    assert "R2" in said
    said = plastica("inside", "run", "sums.csv", "--what", "landscape,pruning,hessian", "--lang", "zh").stdout
    assert "损失介于" in said and "剪去" in said and "权重方向" in said
