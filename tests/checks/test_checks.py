"""Checks of a table: planted problems are found with correct numbers, and a clean table has no findings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from plastica.checks.table import check_data
from plastica.data.reading import read_table
from plastica.tables import Settings
from plastica.tables.preparation import prepare

RNG = np.random.default_rng(0)
X = RNG.normal(size=400)
NOISE = RNG.normal(size=400)


def found(columns, target="y", **options):
    return {finding.code: finding for finding in check_data(prepare(read_table(columns), target, Settings(**options)))}


def test_a_clean_table_has_no_findings_but_few_rows():
    columns = {"a": X[:200], "b": NOISE[:200], "y": np.where(X + NOISE > 0, "yes", "no")[:200].tolist()}
    assert set(found(columns)) == {"few_held_out"}


def test_copied_rows_stand_on_both_sides_of_the_split():
    columns = {"a": np.tile(X[:200], 2), "b": np.tile(NOISE[:200], 2), "y": np.tile(X[:200] + NOISE[:200], 2)}
    twins, duplicates = (found(columns)[code] for code in ("twins", "duplicates"))
    assert twins.severity == "serious"
    assert duplicates.data == {"rows": 200, "all": 400}
    # 80 of 400 rows are test rows; the duplicate of one is also a test row with probability 79/399
    assert int(twins.data["rows"]) == pytest.approx(80 * 320 / 399, abs=12)


def test_rows_that_meet_by_chance_are_no_copies_and_bound_what_any_network_can_reach():
    columns = {"a": ["u"] * 300 + ["v"] * 100, "y": (["yes"] * 200 + ["no"] * 100) + (["no"] * 99 + ["yes"])}
    findings = found(columns)
    assert "twins" not in findings
    assert findings["natural_twins"].severity == "note"
    assert findings["conflicts"].data["share"] == "74.8 %"  # (200 + 99) / 400
    assert findings["conflicts"].data["rows"] == 400


@pytest.mark.parametrize("task", ["classes", "numbers"])
def test_a_column_that_is_the_target_in_disguise_is_named(task):
    y = (X + NOISE > 0) if task == "classes" else X
    columns = {"a": NOISE, "paid at": 3 * y + 1e-3 * NOISE, "y": y.tolist()}
    leak = found(columns)["leak"]
    assert "'paid at' alone predicts the target" in leak.message
    assert "--drop 'paid at'" in leak.message
    assert "leak" not in found({"a": NOISE, "b": X + 0.2 * NOISE[::-1], "y": y.tolist()})


def test_rare_classes_and_labels_are_named():
    y = np.where(np.arange(400) < 6, "rare", "common").tolist()
    findings = found({"a": X, "y": y})
    assert findings["imbalance"].severity == "serious"
    assert findings["imbalance"].data | {"times": 66} == {
        "label": "'rare'",
        "common": "'common'",
        "share": "1.5 %",
        "times": 66,
    }
    assert findings["few_of_class"].data["labels"] == "'rare'"


def test_order_in_time_is_seen_with_dates_and_without():
    wave = np.sin(np.arange(400) / 20)
    assert found({"a": NOISE, "y": wave + 0.1 * X})["neighbours"].data["correlation"] == pytest.approx(0.98, abs=0.02)
    days = [f"2024-{1 + n // 28 % 12:02d}-{1 + n % 28:02d}" for n in range(400)]
    assert found({"day": days, "a": NOISE, "y": X})["dates"].data["column"] == "'day'"
    assert "sorted" in found({"a": NOISE, "y": np.sort(X)})


@pytest.mark.parametrize("kinds", [2, 3])
def test_files_of_one_class_each_that_were_joined_are_no_series(kinds):
    blocks = np.arange(400) // 40 % kinds
    labels = [f"class {number}" for number in blocks]
    findings = found({"a": X + blocks, "b": NOISE, "y": labels})
    assert findings["blocks"].severity == "note" and "neighbours" not in findings
    assert "future" not in " ".join(finding.message for finding in findings.values())
    drift = np.cumsum(NOISE) / 10
    assert "neighbours" in found({"a": drift, "b": NOISE, "c": np.cos(np.arange(400) / 20), "y": labels})


def test_numbers_sorted_in_files_that_were_joined_are_sorted():
    assert "sorted" in found({"a": NOISE, "y": np.concatenate([np.sort(X[:150]), np.sort(X[150:])])})


def test_zeros_far_from_all_other_values_are_told_and_counted():
    glucose = np.where(np.arange(400) % 40 == 0, 0, np.round(120 + 25 * X))
    children = np.round(np.abs(2 * NOISE))  # 0, 1, 2, ...: a zero is an ordinary value
    gains = np.where(X > 1, np.round(np.exp(7 + NOISE)), 0)  # mostly zero, otherwise very different amounts
    warmth = np.round(20 * X)  # zeros in the middle
    columns = {"glucose": glucose, "children": children, "gains": gains, "warmth": warmth, "y": X + NOISE[::-1]}
    findings = found(columns)
    assert findings["hidden_zeros"].data["columns"] == "'glucose' (10)"
    assert "missing" in findings["hidden_zeros"].message


def test_a_name_like_the_target_s_and_columns_of_no_use_are_said():
    columns = {"Price_was": X, "note": ["same"] * 400, "b": NOISE, "price": X + NOISE}
    findings = found(columns, "price")
    assert findings["like_target"].data["columns"] == "'Price_was'"
    assert findings["left_out"].data["columns"] == "'note'"


CITY = Path(__file__).parents[2] / "../shared/data/city"
HOURS = [f"2024-01-{1 + hour // 24:02d} {hour % 24:02d}:00:00" for hour in range(400)]
WAVE = np.sin(np.arange(400) / 4) + 0.3 * X


def test_a_series_split_at_random_is_told_with_its_correlation_and_where_to_forecast_it():
    own = found({"time": HOURS, "a": NOISE, "load": WAVE}, "load", split="random")["series_at_random"]
    ranks = np.argsort(np.argsort(WAVE)).astype(float)
    assert own.severity == "serious" and "plastica forecast" in own.message
    assert own.data["correlation"] == pytest.approx(np.corrcoef(ranks[1:], ranks[:-1])[0, 1], abs=0.01)
    assert own.data["threshold"] == pytest.approx(3 / 399**0.5, abs=0.005)
    assert not {"dates", "neighbours"} & set(found({"time": HOURS, "load": WAVE}, "load", split="random"))


def test_a_series_split_by_time_is_a_note():
    assert found({"time": HOURS, "a": NOISE, "load": WAVE}, "load")["series"].severity == "note"


@pytest.mark.parametrize(
    ("columns", "target"),
    [
        ({"day": HOURS[::-1][::2] + HOURS[1::2], "a": NOISE, "y": X}, "y"),  # dates in no order, independent targets
        ({"day": HOURS, "a": NOISE, "y": X}, "y"),  # in order, but independent
        ("penguins", "body_mass_g"),
        ("titanic", "age"),
    ],
)
@pytest.mark.parametrize("split", ["auto", "random"])
def test_other_tables_are_no_series(columns, target, split):
    assert not {"series", "series_at_random"} & set(found(columns, target, split=split))


def test_parking_and_bikes_by_hour_are_series():
    parking = found("parking", "Occupancy", split="random")["series_at_random"]
    assert float(parking.data["correlation"]) > 0.8
    path = CITY / "hourly_bikesharing.csv.gz"
    if not path.exists():
        pytest.skip("the bikes are not here")
    bikes = found(path, "count", split="random")["series_at_random"]
    assert float(bikes.data["correlation"]) > 0.8 and bikes.data["by"] == "'ts'"
