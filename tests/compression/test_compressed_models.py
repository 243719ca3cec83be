"""Models made smaller: what each way costs and saves, for arrays and for tables."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from sklearn.datasets import load_digits

import plastica as pl
from plastica.compression import FineTuning, compare, compress, model_source, recipe, table_source
from plastica.compression.comparing import USUAL
from plastica.compression.distilling import with_drawn_rows
from plastica.compression.steps import Distillation, LowRank, Quantization, UnitPruning, WeightPruning, written
from plastica.data.inputs import as_table
from plastica.errors import DataError, InvalidValue
from plastica.export.interpreting import run
from plastica.settings import Settings
from plastica.tables import TableNetwork

QUICK = FineTuning(epochs=2)
pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")


@pytest.fixture(scope="module")
def digits():
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype("float32")
    model = pl.Sequential([pl.Dense(64, "relu", input_dim=64), pl.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x[:1200], y[:1200], epochs=15, verbose=0)
    return model_source(model, x[:1200], y[:1200], test_data=(x[1200:], y[1200:]))


def test_recipes_read_what_they_write():
    steps = (Distillation((32, 16)), UnitPruning(0.5), LowRank(0.9), WeightPruning(0.8), Quantization())
    assert recipe(written(steps)) == steps
    assert recipe("int8+rank:8") == (LowRank(rank=8), Quantization(False))  # in the order in which they are done
    assert all(recipe(each) for each in USUAL)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("shrink", "no such way"),
        ("prune:1.2", "between 0 and 1"),
        ("prune:0.5.5", "for example prune:0.8"),
        ("distill:0", "at least 1"),
        ("int8+int8-trained", "once"),
        ("", "no such way"),
    ],
)
def test_recipes_that_are_wrong_are_one_sentence(given, message):
    with pytest.raises(InvalidValue, match=message):
        recipe(given)


def test_the_table_tells_costs_and_savings_of_digits(digits, tmp_path):
    found = compare(digits, ["int8", "prune-units:0.5+int8-trained", "low-rank:1"], FineTuning(epochs=10))
    assert [each.failure for each in found.costs[:3]] == ["", "", ""]
    whole, eight, both, not_smaller = found.costs
    x, y = digits.test
    labels = run(digits.exported.program, x)[0].argmax(1)
    assert whole.score.value == np.mean(labels == y) > 0.9
    assert whole.score.low < whole.score.value < whole.score.high
    labels = run(found.models["int8"].program, x)[0].argmax(1)
    assert eight.change.value == pytest.approx(np.mean(labels == y) - whole.score.value)
    # 64 x 64 and 64 x 10 weights, then 64 x 32 and 32 x 10, of a byte each.
    assert whole.flash > 4 * (64 * 64 + 640) > 3.5 * eight.flash > 3.5 * both.flash > 3.5 * (64 * 32 + 320)
    assert both.change.value > -0.05
    assert "no kernel of this model becomes smaller" in not_smaller.failure and not_smaller.size is None
    assert found.smallest is both or both.change.sure
    assert len(found.to_frame()) == 4 and found.to_dict()["costs"][2]["recipe"] == "prune-units:0.5+int8-trained"
    written = pl.export.write(found.models["prune-units:0.5+int8-trained"].exported, tmp_path / "model.c")
    assert written.size == both.size


def test_pruned_weights_stay_zero_until_the_file(digits):
    made = compress(digits, "prune:0.9", QUICK)
    kernels = [each for each in made.program.constants.values() if each.ndim == 2 and len(each) > 1]
    share = sum((each == 0).sum() for each in kernels) / sum(each.size for each in kernels)
    assert share == pytest.approx(0.9, abs=1e-3)


def test_a_table_becomes_one_small_network_that_can_be_saved(tmp_path):
    teacher = TableNetwork.fit("penguins", "species", Settings(epochs=20, members=4, layers=(32,), baselines=()))
    source = table_source(teacher, "penguins")
    made = compress(source, "distill:8", FineTuning(epochs=10))
    assert made.program.numbers < source.exported.program.numbers / 5
    table = made.table
    assert table is not None and table.facts.settings.layers == (8,)
    again = TableNetwork.load(table.save(tmp_path / "small.plastica"))
    # On the rows that neither learned from, both say the same about nearly all penguins.
    x, y = source.test
    small = run(made.program, x)[0].argmax(1)
    assert np.mean(small == run(source.exported.program, x)[0].argmax(1)) > 0.9 and np.mean(small == y) > 0.9
    assert again.facts.scores["accuracy"].value == pytest.approx(np.mean(small == y))
    with pytest.raises(DataError, match="not the table"):
        table_source(teacher, as_table("penguins").take(np.arange(0, 344, 2)))


def test_trees_can_only_be_distilled():
    trees = TableNetwork.fit("penguins", "body_mass_g", Settings(model="trees", baselines=()))
    source = table_source(trees, "penguins")
    with pytest.raises(InvalidValue, match="distill them"):
        compress(source, "int8", QUICK)
    made = compress(source, "distill:8", QUICK)
    whole, small = (np.abs(each - source.test.y) for each in (source.answers(p, source.test.inputs) for p in (
        source.exported.program, made.program)))  # fmt: skip
    assert small.mean() < 3 * whole.mean()


def test_drawn_rows_lie_between_a_row_and_its_neighbour():
    x = np.array([[0.0, 0, 1], [1, 0, 1], [10, 1, 0], [11, 1, 0]], "float32").repeat(2, 1)[:, ::2]
    drawn = with_drawn_rows(x, [0], 0)
    assert len(drawn) == 40 and (drawn[:4] == x).all()
    # Neighbours agree in all but the number, so that only it is drawn anew.
    assert (drawn[:, 1:].reshape(10, 4, 2) == x[:, 1:]).all()
    assert len(np.unique(drawn[:, 0])) > 4 and np.abs(drawn[:, 0].reshape(10, 4) - x[:, 0]).max() < 8


def test_targets_that_do_not_fit_are_one_sentence(digits):
    model = pl.Sequential([pl.Dense(3, "softmax", input_dim=2)])
    model.build()
    with pytest.raises(DataError, match="targets have the shape"):
        model_source(model, np.zeros((4, 2)), np.zeros((4, 2)), test_data=(np.zeros((4, 2)), np.zeros(4)))


def test_each_of_several_numbers_counts_in_its_own_unit():
    x = np.random.default_rng(0).standard_normal((200, 3)).astype("float32")
    y = np.stack([1e3 * x[:, 0], 1e-3 * x[:, 1]], 1)
    model = pl.Sequential([pl.Dense(2, input_dim=3)])
    model.build()
    model.set_weights([np.array([[1e3, 0], [0, 1e-3], [0, 0]]), np.array([1.0, 1e-6])])
    source = model_source(model, x[:150], y[:150], test_data=(x[150:], y[150:]))
    made = compress(source, "distill:16", FineTuning(epochs=20, learning_rate=5e-3))
    errors = np.abs(source.answers(made.program, source.test.inputs) - source.test.y).mean(0) / np.abs(y).mean(0)
    assert (errors < 0.3).all()  # of both, though one is a million times as large
