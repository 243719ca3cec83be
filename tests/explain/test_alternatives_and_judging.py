"""Counterfactuals flip the answer within bounds; judgements tell methods that ignore the network."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.data.inputs import as_table
from plastica.errors import DataError, InvalidValue, UnknownName
from plastica.explain.attribution import attribution, repeatable
from plastica.explain.explained import explained
from plastica.explain.table_answers import table_answers
from plastica.explain.table_columns import explain_table
from plastica.language import using
from plastica.settings import Settings
from plastica.tables import TableNetwork

RANDOM = np.random.default_rng(0)
BACKGROUND = np.round(RANDOM.normal(size=(80, 4)), 2)
BACKGROUND[:, 3] = RANDOM.integers(0, 9, 80)


def sign(x):
    return 1 / (1 + np.exp(-4 * (x[:, 0] + 0.5 * x[:, 1] + x[:, 3] / 2 - 3)))


@pytest.fixture(scope="module")
def network():
    model = pl.Sequential([pl.Dense(8, activation="tanh"), pl.Dense(2, activation="softmax")], seed=1)
    model.build((4,))
    return model


def test_a_counterfactual_flips_the_answer_stays_in_bounds_and_changes_little():
    row = np.array([0.0, 0.0, 0.0, 2.0])
    found = pl.explain.counterfactuals(sign, row, BACKGROUND)
    assert len(found) >= 2 and (found.answers[:, 0] > 0.5).all() and found.before[0] < 0.5
    low, high = np.minimum(BACKGROUND.min(0), row), np.maximum(BACKGROUND.max(0), row)
    assert (found.rows >= low).all() and (found.rows <= high).all()
    assert (found.rows[:, 3] == np.round(found.rows[:, 3])).all()  # whole numbers stay whole
    assert (~found.changed[:, 2]).all()  # of no effect
    assert ((found.rows != row) == found.changed).all()
    # By x3 alone, x3 / 2 > 3 needs a whole number above 6.
    alone = [values for values, own in zip(found.rows, found.changed, strict=True) if own.tolist() == [0, 0, 0, 1]]
    assert alone and alone[0][3] == 7
    assert found.changes(0)[0][0] in {"x0", "x3"} and "->" in repr(found)
    assert set(found.to_frame().columns) == {"counterfactual", "feature", "from", "to"}


def test_a_number_is_moved_no_further_than_needed():
    found = pl.explain.counterfactuals(sign, [0.0, 0.0, 0.0, 6.0], BACKGROUND, fixed=["x1", 2, 3])
    # x0 + 3 - 3 > 0: just above 0.
    assert found.changed[0].tolist() == [True, False, False, False] and 0 < found.rows[0, 0] < 0.002


def test_fixed_features_stay_and_directions_hold():
    row = np.array([0.0, 0.0, 0.0, 2.0])
    found = pl.explain.counterfactuals(sign, row, BACKGROUND, fixed=["x3"], only_down=["x1"])
    assert (found.rows[:, 3] == 2).all() and (found.rows[:, 1] <= 0).all()
    up = pl.explain.counterfactuals(sign, [0.0, 0.0, 0.0, 8.0], BACKGROUND, only_up=["x3"], wanted=0)
    assert len(up) and (up.rows[:, 3] >= 8).all() and (up.answers <= 0.5).all()
    none = pl.explain.counterfactuals(sign, row, BACKGROUND, fixed=[0, 1, 3])
    assert len(none) == 0 and "no counterfactual found" in repr(none)


def test_intervals_of_numbers_and_networks_and_categories():
    def number(x):
        return x[:, 0] + x[:, 3]

    found = pl.explain.counterfactuals(number, [0.0, 0.0, 0.0, 0.0], BACKGROUND, wanted=(5.0, 6.0))
    assert ((found.answers >= 5) & (found.answers <= 6)).all()
    colours = np.array([["red", "s"], ["blue", "s"], ["blue", "m"]], object)
    flipped = pl.explain.counterfactuals(lambda x: (x[:, 0] == "blue") * 1.0, colours[:1], colours)
    assert flipped.changes(0) == [("x0", "red", "blue")]


def test_a_network_is_flipped(network):
    rows = BACKGROUND.astype(np.float32)
    found = pl.explain.counterfactuals(network, rows[0], rows)
    assert (found.answers.argmax(1) != found.before.argmax()).all()
    again = network.predict(found.rows, verbose=0)
    np.testing.assert_allclose(again, found.answers, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"wanted": 0}, InvalidValue, "already has the wanted answer"),
        ({"wanted": 2}, UnknownName, "no class 2"),
        ({"wanted": (2.0, 1.0)}, InvalidValue, "low <= high"),
        ({"wanted": (7.0, 9.0)}, DataError, "none of the 80 rows"),
        ({"fixed": ["age"]}, UnknownName, "no feature 'age'"),
        ({"count": 0}, InvalidValue, "at least 1"),
    ],
)
def test_what_has_no_counterfactual_is_refused(options, error, said):
    with pytest.raises(error, match=said):
        pl.explain.counterfactuals(sign, [0.0, 0.0, 0.0, 2.0], BACKGROUND, **options)


@repeatable
def edges(model, x):
    """A method that shows the inputs, whatever the network is."""
    asked = explained("edges", model, x)
    return attribution(asked, "edges", np.repeat(np.abs(asked.x)[:, :, None], len(asked.outputs), 2), np.zeros(1), 0)


def test_a_method_that_ignores_the_network_fails_the_randomisation_test(network):
    rows = BACKGROUND[:6].astype(np.float32)
    told = edges(network, rows).judge()
    assert told.randomisation == pytest.approx(1) and any("shuffled weights" in each for each in told.failures)
    assert "FAILS" in repr(told)


def test_a_good_explanation_passes():
    model = pl.Sequential([pl.Dense(8, activation="tanh"), pl.Dense(1)], seed=3)
    model.build((8,))
    x = np.random.default_rng(2).normal(size=(10, 8)).astype(np.float32)
    told = pl.explain.exact_shap(model, x[:5], x).judge()
    assert told.failures == () and told.gap < 1e-4 and told.fidelity > 2 and told.stability > 0.9
    assert abs(told.randomisation) < 0.6 and told.insertion > told.deletion
    gradients = pl.explain.integrated_gradients(model, x[:5], baseline=x.mean(0)).judge()
    assert gradients.gap < 1e-3 and gradients.rows == 5
    called = pl.explain.exact_shap(lambda rows: rows[:, 0] - rows[:, 1], x[:5], x).judge()
    assert called.randomisation is None and "not tested" in repr(called)
    occluded = pl.explain.occlusion(lambda rows: rows[:, 0] * rows[:, 1], x[:5], x).judge()
    assert occluded.gap is None and "does not promise" in repr(occluded)  # half of the product would be missing
    assert not any("miss the answer" in each for each in occluded.failures)
    with using("zh"):
        assert "不保证各值相加" in repr(occluded)
    with pytest.raises(InvalidValue, match="one feature has no order"):
        pl.explain.exact_shap(lambda rows: rows[:, 0], x[:2, :1], x[:, :1]).judge()


def test_a_model_for_a_table_is_judged_with_shuffled_weights():
    random = np.random.default_rng(1)
    table = {"a": random.normal(size=120), "b": random.normal(size=120), "c": random.integers(0, 3, 120).astype(str)}
    table["y"] = np.where(table["a"] > 0.2, "yes", "no")
    made = TableNetwork.fit(table, "y", Settings(layers=(8,), network="mlp", epochs=15, test=0.0, seed=0))
    told = explain_table(made, table, rows=range(6)).judge()
    assert told.gap < 1e-4 and told.randomisation is not None and told.randomisation < 0.9
    before = made.answers(made.encoder.transform(as_table(table), []))
    other = table_answers(made).shuffled(0)
    after = other(made.encoder.transform(as_table(table), []))
    assert np.abs(before - after).max() > 0.05
    np.testing.assert_array_equal(before, made.answers(made.encoder.transform(as_table(table), [])))
