"""Why a model answers as it does, in the report: which rows, what the bars add up to, and what is left out."""

from __future__ import annotations

import re

import numpy as np
import pytest

from plastica.data.reading import read_table
from plastica.errors import InvalidValue
from plastica.report import reasons, write_report
from plastica.report.exemplary import exemplary_rows
from plastica.report.judged import judge
from plastica.report.layer_histograms import layer_histograms
from plastica.report.reason_bars import shown_cell
from plastica.report.similar import nearest_rows
from plastica.tables import Settings, TableNetwork
from plastica.tables.preparation import prepare

ROWS = 160


def table_of(task, columns=3):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, columns))
    town = np.where(x[:, 0] > 0, "Ayr", "<b>Ely</b>")
    made = {"town": town.tolist()} | {f"c{place}": x[:, place].round(3) for place in range(1, columns)}
    total = 2.0 * (x[:, 0] > 0) + x[:, 1]
    if task == "multilabel":
        return made | {"l1": total > 1, "l2": x[:, 1] > 0}, ["l1", "l2"]
    y = (100 + 10 * total).round(2) if task == "regression" else np.where(total > 1, "yes", "no")
    return made | {"y": y.tolist()}, "y"


@pytest.fixture(scope="module")
def trained():
    made = {}

    def train(task, columns=3):
        if (task, columns) not in made:
            table, target = table_of(task, columns)
            settings = Settings(layers=(6,), epochs=12, network="mlp", baselines=("dummy",), task=task)
            prepared = prepare(read_table(table), target, settings)
            made[task, columns] = TableNetwork.train(prepared, settings), prepared
        return made[task, columns]

    return train


@pytest.mark.parametrize("task", ["binary", "multilabel", "regression"])
def test_bars_of_typical_and_worst_rows_lead_from_the_mean_to_the_prediction(trained, task, monkeypatch):
    network, prepared = trained(task)
    kept = []
    explain = reasons.explain_table
    monkeypatch.setattr(reasons, "explain_table", lambda *a, **k: kept.append(explain(*a, **k)) or kept[0])
    judged = judge(network, prepared)
    told = reasons.explain(network, prepared, judged, None)
    rows = exemplary_rows(network, prepared, judged, ())
    assert [each.kind for each in told.rows] == [each.kind for each in rows]
    assert rows[0].kind == "typical" and "worst" in {each.kind for each in rows}
    np.testing.assert_allclose(kept[0].gap, 0, atol=1e-4)
    assert kept[0].error is not None and (kept[0].error[:, :, 0] > 0).any()
    answers = network.answers(prepared.x[[each.row for each in rows]]).reshape(len(rows), -1)
    for number, (row, reason) in enumerate(zip(rows, told.rows, strict=True)):
        assert kept[0].answers[number, row.output] == pytest.approx(answers[number, row.output], abs=1e-5)
        assert max(abs(bar.share) for bar in reason.bars) == pytest.approx(1)
        assert {re.sub("<.*?>", "", str(bar.name)) for bar in reason.bars} == {"town", "c1", "c2"}


def test_each_layer_has_histograms_of_its_weights_and_activities(trained):
    network, prepared = trained("binary")
    found = layer_histograms(network, prepared)
    kernels = [own["kernel"] for own in network.model.params if "kernel" in own]
    assert [each.kind for each in found] == ["Dense", "Dense"]
    for each, kernel in zip(found, kernels, strict=True):
        assert float(each.weight.replace("−", "-")) == pytest.approx(float(np.std(kernel)), rel=0.01)
        assert max(each.weights) == 1 and len(each.activity) > 1 and 0 <= each.zeros <= 1


def test_the_worst_row_has_the_largest_error_and_typical_ones_are_right(trained):
    network, prepared = trained("binary")
    judged = judge(network, prepared)
    rows = exemplary_rows(network, prepared, judged, ())
    answers = network.answers(prepared.x)
    for each in rows:
        assert (prepared.y[each.row] == each.output) == (each.kind == "typical")
    wrong = judged.rows[judged.losses > 0]
    worst = next(each.row for each in rows if each.kind == "worst")
    assert answers[worst].max() == pytest.approx(answers[wrong].max(1).max())


def test_of_many_columns_the_most_important_have_bars_and_the_others_one(trained):
    network, prepared = trained("binary", 14)
    told = reasons.explain(network, prepared, judge(network, prepared), None)
    assert len(told.rows[0].bars) == reasons.MOST_COLUMNS
    assert any("8 other columns" in bar.name and "其余 8 列" in bar.name for bar in told.rows[0].bars)


def test_a_change_gives_the_prediction_that_is_told(trained):
    network, prepared = trained("binary")
    told = reasons.explain(network, prepared, judge(network, prepared), None).rows[0]
    changed = str(told.changes[0])
    assert 'lang="en"' in changed and "instead of" in changed and "the model would predict" in changed
    numbers = trained("regression")
    changes = reasons.explain(*numbers, judge(*numbers), None).rows[0].changes
    # Once more, once less, by at least half of the standard deviation.
    assert 1 <= len(changes) <= 2 and all("would predict" in each for each in changes)


def test_similar_rows_are_the_nearest_of_the_training_set(trained):
    _, prepared = trained("binary")
    row = int(prepared.split.train[3])
    found = nearest_rows(prepared, row, ["c1"])
    column = prepared.table.column("c1").to_numpy()
    train = prepared.split.train[prepared.split.train != row]
    far = np.abs(column[train] - column[row])
    np.testing.assert_allclose(np.sort(np.abs(column[found] - column[row])), np.sort(far)[:10])
    assert row not in found


def test_chosen_rows_are_explained_and_no_row_is_shown_where_none_may_be(trained, tmp_path):
    network, prepared = trained("binary")
    row = int(prepared.split.train[0])
    page = write_report(network, prepared, tmp_path / "a.html", explained=[row]).read_text()
    section = page.partition('id="reasons"')[2].partition("</section>")[0]
    assert "A chosen row" in section and "(training set)" in section and f"row index {row}" in section
    assert "<b>Ely</b>" not in page and "&lt;b&gt;Ely&lt;/b&gt;" in section
    hidden = write_report(network, prepared, tmp_path / "b.html", rows=False).read_text()
    assert 'id="reasons"' not in hidden and "row index" not in hidden and "Single rows are left out" in hidden
    with pytest.raises(InvalidValue, match=r"row index 999 of .* cannot be explained"):
        write_report(network, prepared, tmp_path / "c.html", explained=[999])


def test_without_a_test_set_only_chosen_rows_are_explained(trained):
    network, prepared = trained("binary")
    assert reasons.explain(network, prepared, None, None) is None
    told = reasons.explain(network, prepared, None, None, [5])
    assert [each.kind for each in told.rows] == ["chosen"]


def test_numbers_are_shortened_and_missing_values_have_a_word():
    assert shown_cell("0.0500000123", 40) == "0.05" and shown_cell("12.5", 40) == "12.5"
    assert "missing" in shown_cell("", 40) and shown_cell("1st class cabin", 40) == "1st class cabin"
