"""Correlations compared with SciPy on the same rows, and partial dependence of a known function."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from plastica.data.reading import read_table
from plastica.data.splitting import Split
from plastica.report import distributions, effects, importance, relations
from plastica.report.judged import HeldOutAnswers
from plastica.tables import Settings
from plastica.tables.preparation import prepare

ROWS = 300


@pytest.fixture(scope="module")
def prepared():
    """ "twin" depends on "a", the target on "a" and "town"; all rows are test rows."""
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, ROWS))
    town = np.where(np.arange(ROWS) % 3 == 0, "Rye", "Ely")
    y = 3 * a + np.where(town == "Rye", 2.0, 0.0)
    table = read_table({"a": a, "twin": a + 0.05 * b, "b": b, "town": town.tolist(), "y": y})
    made = prepare(table, "y", Settings())
    split = Split(made.split.train[:1], made.split.validation[:1], np.arange(ROWS))
    return SimpleNamespace(**{**vars(made), "split": split})


def judged_by(prepared, network):
    y = prepared.target.decode(prepared.y)
    answers = network.answers(prepared.x)
    losses = np.abs(answers - y)
    return HeldOutAnswers(
        "regression", "mae", {}, np.arange(ROWS), y, {"network": answers}, {}, answers, losses, np.ones(1)
    )


def network_of(prepared):
    """Predicts 10 a, independent of the other columns."""
    scale = prepared.encoder.encoders[0]
    assert scale.column.name == "a"
    return SimpleNamespace(
        task="regression",
        target=prepared.target,
        encoder=prepared.encoder,
        members=(),
        answers=lambda x: 10.0 * x[:, 0],
        model=SimpleNamespace(count_params=lambda: 10),
        facts=SimpleNamespace(decision=None),
    )


def test_rank_correlations_are_spearmans_over_the_rows_that_both_have():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 80))
    other = one + other
    one[:10] = np.nan
    found = relations.strengths([relations.item_of_numbers("a", one), relations.item_of_numbers("b", other)])
    expected = stats.spearmanr(one[10:], other[10:])[0]
    assert found[0, 1] == found[1, 0] == pytest.approx(expected, abs=0.01)  # ranks of all rows without missing values


def test_categories_have_cramers_v_corrected_for_chance():
    codes = np.repeat([0, 1, 2], 100)
    same = [relations.Item(name, None, codes) for name in "ab"]
    assert relations.strengths(same)[0, 1] == pytest.approx(1.0)
    dealt = relations.Item("c", None, np.random.default_rng(0).permutation(codes))
    assert relations.strengths([same[0], dealt])[0, 1] < 0.1


def test_correlated_columns_are_one_group_shuffled_together(prepared):
    network = network_of(prepared)
    found = importance.measure(network, prepared, judged_by(prepared, network))
    (group,) = found.groups
    assert group.column == "a, twin" and [member.column for member in group.members] == ["a", "twin"]
    assert group.worse == pytest.approx(group.members[0].worse)  # the network uses "a" only
    assert found.ranked[0].column == "a, twin"
    assert {weight.column for weight in found.ranked} == {"a, twin", "b", "town"}


def test_a_rising_answer_has_a_rising_line_and_an_ignored_column_a_flat_one(prepared):
    network = network_of(prepared)
    found = effects.describe(network, prepared, judged_by(prepared, network), ["a", "b", "town"])
    (line,) = found.charts["a"].lines
    heights = [y for _, y in line]
    assert found.charts["a"].trend == "up" and heights == sorted(heights)
    assert (heights[0], heights[-1]) == pytest.approx((0, 1))
    assert np.ptp([y for _, y in found.charts["b"].lines[0]]) == 0 and found.charts["b"].trend == ""
    assert {name for name, _ in found.charts["town"].marks} == {"Ely", "Rye"}


def test_the_ends_of_the_scale_are_written_in_short():
    assert effects._end(SimpleNamespace(task="binary"), 1e-7).startswith("0\N{NO-BREAK SPACE}")
    assert effects._end(SimpleNamespace(task="regression"), 1234.567) == "1,235"


def test_the_targets_mean_rises_with_a_column_that_carries_it(prepared):
    found = {chart.column: chart for chart in distributions.describe(prepared, ["a", "town"]).charts}
    heights = [y for _, y in found["a"].lines[0]]
    assert heights[0] < 0.2 < 0.8 < heights[-1]
    places = dict(found["town"].marks)
    assert places["Rye"][0] > places["Ely"][0]


def test_a_class_has_its_own_distribution():
    table = read_table({"a": [float(n % 8 + (10 if n % 2 else 0)) for n in range(80)], "y": ["low", "high"] * 40})
    found = distributions.describe(prepare(table, "y", Settings()), ["a"])
    tops = {
        label: max(line, key=lambda point: point[1])[0]
        for label, line in zip(found.labels, found.charts[0].lines, strict=True)
    }
    assert tops["low"] < 0.5 < tops["high"]
