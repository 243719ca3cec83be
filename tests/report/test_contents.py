"""Contents of the page on the test set, compared with values computed by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from plastica.checks.partition import RowCounts
from plastica.data.reading import read_table
from plastica.data.splitting import Split
from plastica.evaluation.decisions import Decision
from plastica.evaluation.intervals import Figure
from plastica.report import classes, formats, importance, material, mistakes, slices, wording
from plastica.report.judged import HeldOutAnswers, row_losses
from plastica.tables import Settings
from plastica.tables.preparation import prepare

ROWS = 400


def held_out(prepared, shares, decision=None, scores=None):
    """Predictions for the test rows of a classification."""
    decision, rows = decision or Decision(), prepared.split.test
    decided = decision.decide(shares)
    y = prepared.y[rows]
    answers, decisions = {"network": shares}, {"network": decision}
    losses = row_losses("binary", y, decided, np.ones(1))
    return HeldOutAnswers(
        prepared.target.task, "accuracy", scores or {}, rows, y, answers, decisions, decided, losses, np.ones(1)
    )


@pytest.fixture(scope="module")
def case():
    """400 rows, all but two of them test rows; "a" determines the class, "b" nothing, "town" the wrong predictions."""
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, ROWS))
    town = np.where(np.arange(ROWS) % 8 == 0, "Ayr", np.where(np.arange(ROWS) % 3 == 0, "Rye", "Ely"))
    table = read_table({"a": a, "b": b, "town": town.tolist(), "y": np.where(a > 0, "yes", "no").tolist()})
    prepared = prepare(table, "y", Settings())
    split = Split(prepared.split.train[:1], prepared.split.validation[:1], np.arange(ROWS))
    return SimpleNamespace(**{**vars(prepared), "split": split}), town


def network_of(prepared, share):
    return SimpleNamespace(
        task="binary",
        target=prepared.target,
        answers=lambda x: np.stack([1 - share(x), share(x)], axis=1),
        model=SimpleNamespace(count_params=lambda: 10),
        facts=SimpleNamespace(decision=Decision()),
    )


def test_a_column_that_decides_weighs_and_one_not_looked_at_weighs_nothing(case):
    prepared, _ = case
    boundary = prepared.x[prepared.y == 0, 0].max()
    network = network_of(prepared, lambda x: (x[:, 0] > boundary).astype(float))
    judged = held_out(prepared, network.answers(prepared.x))
    assert judged.losses.sum() == 0
    found = {weight.column: weight for weight in importance.measure(network, prepared, judged).weights}
    share = prepared.y.mean()
    expected = 2 * share * (1 - share)  # two random rows differ in class
    assert found["a"].worse == pytest.approx(expected, abs=4 * found["a"].error + 0.02)
    assert found["b"].worse == found["town"].worse == 0


def test_a_large_network_has_fewer_columns_looked_at():
    assert importance._screened(90_000, 500) == 1_000
    assert importance._screened(7_000_000, 40) == 55
    assert importance._screened(10**12, 40) == importance.MOST_COLUMNS


def test_a_group_where_it_fails_is_found_and_no_other(case):
    prepared, town = case
    right = np.where(prepared.y == 1, 0.9, 0.1)
    wrong = (town == "Ayr") & (np.arange(ROWS) % 16 == 0)  # every second row of Ayr, and one in fifty elsewhere
    wrong |= np.arange(ROWS) % 50 == 1
    share = np.where(wrong, 1 - right, right)
    judged = held_out(prepared, np.stack([1 - share, share], axis=1))
    found = slices.find(prepared, judged)
    assert [(row.column, row.group) for row in found.rows if row.significant] == [("town", "Ayr")]
    assert found.rows[0].rows == 50
    assert found.rows[0].figure.value == pytest.approx(1 - judged.losses[town == "Ayr"].mean())


def test_probabilities_are_corrected_as_holm_says():
    assert slices._holm(np.array([0.01, 0.04, 0.03])) == pytest.approx([0.03, 0.06, 0.06])


def test_calibration_error_and_bins_are_those_worked_by_hand():
    forecast = np.array([0.05, 0.05, 0.85, 0.85, 0.85, 0.85])
    right = np.array([False, False, True, True, True, False])
    mean, share, rows = classes._bins(forecast, right)
    assert mean == pytest.approx([0.05, 0.85])
    assert share == pytest.approx([0, 0.75])
    assert rows.tolist() == [2, 4]


def test_classes_carry_the_threshold_that_decides(case):
    prepared, _ = case
    share = np.where(prepared.y == 1, 0.4, 0.1)
    share[:40] = 0.35
    decision = Decision(rule="threshold", thresholds=(0.3,), positive=1)
    judged = held_out(prepared, np.stack([1 - share, share], axis=1), decision)
    found = classes.describe(network_of(prepared, lambda x: x[:, 0]), judged)
    false = int((prepared.y[:40] == 0).sum())
    yes = int((prepared.y == 1).sum())
    assert found.confusion == ((ROWS - yes - false, false), (0, yes))
    assert (found.threshold, found.positive, found.rows[1].recall) == (0.3, "yes", 1.0)
    assert found.rows[1].precision == pytest.approx(yes / (yes + false))


def test_the_surest_mistake_comes_first_with_its_place_in_the_file(case, tmp_path):
    path = tmp_path / "towns.csv"
    path.write_text("a,y\n" + "".join(f"{number % 7},{'yes' if number % 2 else 'no'}\n" for number in range(40)))
    prepared = prepare(read_table(str(path)), "y", Settings())
    y = prepared.y[prepared.split.test]
    share = np.where(y == 1, 0.8, 0.2)
    share[3] = 0.01 if y[3] else 0.99
    share[5] = 0.3 if y[5] else 0.7
    judged = held_out(prepared, np.stack([1 - share, share], axis=1))
    found = mistakes.worst(network_of(prepared, lambda x: x[:, 0]), prepared, judged, ["a"])
    row = int(prepared.split.test[3])
    assert found.wrong == len(found.rows) == 2
    assert found.rows[0].place == f"line {row + 2}"
    assert found.rows[0].cells == (str(row % 7),)
    assert (found.rows[0].true, found.rows[0].said) == (("yes", "no") if y[3] else ("no", "yes"))
    assert found.rows[0].size.startswith("99")


def test_answers_that_are_right_crowd_no_mistake_out(case):
    prepared, _ = case
    shares = np.tile([0.06, 0.01], (ROWS, 1))  # the first label is predicted from 0.05: correct, with a high loss
    y = np.tile([1.0, 0.0], (ROWS, 1))
    y[7] = 0  # wrong, with a lower loss
    decided = (shares >= 0.05).astype(int)
    losses = row_losses("multilabel", y, decided, np.ones(1))
    answers = {"network": shares}
    judged = HeldOutAnswers(
        "multilabel", "micro_f1", {}, prepared.split.test, y, answers, {}, decided, losses, np.ones(1)
    )
    network = SimpleNamespace(target=SimpleNamespace(classes=("red", "blue")))
    found = mistakes.worst(network, prepared, judged, ["a"])
    assert found.wrong == 1 and [(row.true, row.said) for row in found.rows] == [("–", "red")]


def test_columns_parts_and_patterns_are_counted():
    columns = {"a": [1.0, None] * 20, "b": [None if n % 4 == 1 else "xy"[n % 2] for n in range(40)], "y": [0, 1] * 20}
    prepared = prepare(read_table(columns), "y", Settings())
    found = material.describe(prepared, RowCounts(24, 8, 8, stratified=True, digest=""))
    assert (found.parts, found.rows, found.used) == ((24, 8, 8), 40, 2)
    assert [(row.name, row.missing, row.distinct) for row in found.columns] == [("a", 0.5, 1), ("b", 0.25, 2)]
    assert found.patterns == (("a", 10, 0.25), ("a, b", 10, 0.25))
    assert [(row.label, row.share) for row in found.classes] == [("0", 0.5), ("1", 0.5)]
    read_in_parts = material.describe(prepared, RowCounts(10**6, 8, 8, stratified=False, digest=""))
    assert (read_in_parts.parts, read_in_parts.rows, read_in_parts.sampled) == ((10**6, 8, 8), 10**6 + 16, 40)


def test_columns_that_are_never_missing_together_have_no_patterns():
    gaps = {name: [None if n % 5 == at else float(n) for n in range(40)] for at, name in enumerate("ab")}
    prepared = prepare(read_table(gaps | {"y": [0, 1] * 20}), "y", Settings())
    assert material.describe(prepared, RowCounts(24, 8, 8, stratified=True, digest="")).patterns == ()


def test_calibration_has_the_wilson_interval_of_each_bin_and_labels_of_a_row_count_once():
    judged = SimpleNamespace(task="multilabel", network=np.zeros((20, 4)))
    (found,) = classes._observed(judged, np.array([0.5]), np.array([80]))
    assert (found.low, found.high) == pytest.approx((0.2993, 0.7007), abs=1e-4)  # 10 of 20, Wilson 1927
    assert classes._observed(SimpleNamespace(task="binary"), np.array([0.5]), np.array([80]))[0].low > found.low


def test_columns_beyond_those_shown_are_counted_too():
    table = {f"c{number}": np.random.default_rng(number).normal(size=30) for number in range(203)} | {"y": [0, 1] * 15}
    prepared = prepare(read_table(table), "y", Settings())
    found = material.describe(prepared, RowCounts(18, 6, 6, stratified=True, digest=""))
    assert (found.used, len(found.columns), found.hidden) == (203, 200, 3)


def test_numbers_are_written_alike_everywhere():
    assert formats.number(1234567) == "1,234,567"
    assert formats.number(-0.000123456) == "−0.0001235"
    assert formats.share(0.981) == "98.1\N{NO-BREAK SPACE}%"
    assert formats.interval("mae", Figure(41.2, 39, 43.456)) == "39.00 … 43.46"
    assert wording.plain("a\x00\n b \u202e") == "a� b �"
