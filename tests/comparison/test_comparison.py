"""Comparison of rules: correct measurements, reasons for rules without results, readable tables."""

from __future__ import annotations

import csv
import io
import json

import msgspec
import numpy as np
import pytest

import plastica as pl
from plastica.comparison import Comparison, compare_rules
from plastica.comparison.representation import sparseness
from plastica.comparison.task import task_of_arrays, task_of_npz
from plastica.comparison.timing import epochs_planned, epochs_within, level, limit
from plastica.declaration import declaration
from plastica.errors import DataError, FileError, InvalidValue, UnknownName

ROWS = 120
X = np.random.default_rng(0).normal(size=(ROWS, 4)).astype(np.float32)
Y = np.where(X[:, 0] + X[:, 1] > 0, "yes", "no")


@declaration
class Refusing(pl.Rule):
    """A rule that is defined for nothing."""

    def check(self, network, objective):
        raise InvalidValue("Refusing learns nothing. Take another rule.")


@pytest.fixture(scope="module")
def found():
    rules = {"plain": "backprop", "other": Refusing()}
    return compare_rules(
        X, Y, rules=rules, layers=(6,), epochs=3, seeds=2, batch_size=32, learning_rates={"plain": 0.02}
    )


def test_a_record_holds_what_training_each_seed_alone_gives(found):
    record = found.records[0]
    task = task_of_arrays(X, Y)
    assert (len(task.x), len(task.x_test)) == (96, 24) and task.kind == "binary"
    for place, seed in enumerate((0, 1)):
        model = pl.Sequential([pl.Dense(6, activation="relu"), pl.Dense(1, activation="sigmoid")], seed=seed)
        model.compile(pl.optimizers.Adam(0.02), "binary_crossentropy", ["accuracy"])
        held_out = (task.x_test, task.y_test)
        history = model.fit(task.x, task.y, 32, 3, verbose=0, validation_data=held_out).history
        np.testing.assert_allclose(record.train_loss[place], history["loss"], atol=1e-5)
        np.testing.assert_allclose(record.test_loss[place], history["val_loss"], atol=1e-5)
        assert record.test[place] == pytest.approx(history["val_accuracy"][-1])
    assert record.angles_begin == pytest.approx([0, 0], abs=0.1) and record.angles_end == pytest.approx([0, 0], abs=0.1)
    assert len(record.sparseness) == 1 and 0 < record.sparseness[0] < 1 and 0 <= record.silent[0] < 1
    assert record.epochs == 3 and len(record.clock) == 3 and record.epoch_seconds > 0


def test_epochs_and_seconds_to_the_loss_are_those_of_the_curves(found):
    record = found.records[0]
    for losses, epoch in zip(record.test_loss, record.reached, strict=True):
        below = [number for number, loss in enumerate(losses, 1) if loss <= found.target]
        assert epoch == (below[0] if below else None)
    assert record.seconds_to_target == [None if each is None else record.clock[each - 1] for each in record.reached]


def test_a_rule_that_cannot_do_the_task_is_a_row_with_the_reason(found):
    assert found.records[1].reason == "Refusing learns nothing. Take another rule."
    assert "not trained: Refusing learns nothing" in found.table("markdown")
    assert found.ranked[0].name == "plain"


def test_every_form_of_the_table_tells_the_same(found):
    mean = np.mean(found.records[0].test)
    assert f"{100 * mean:.2f} %" in found.table() and f"{100 * mean:.2f} %" in found.table("markdown")
    lines = list(csv.DictReader(io.StringIO(found.table("csv"))))
    assert float(lines[0]["test"]) == pytest.approx(mean)
    back = msgspec.convert(json.loads(found.table("json")), Comparison)
    assert back.records == found.records
    with pytest.raises(InvalidValue, match="expected one of text, markdown, csv, json"):
        found.table("xml")


def test_the_picture_of_equal_comparisons_is_the_same_file(found, tmp_path):
    figures = [found.draw(tmp_path / name) for name in ("one.svg", "two.svg")]
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert figures[0]._repr_svg_().startswith("<svg")


def test_sparseness_is_that_of_the_paper():
    # a = (sum r / n)^2 / (sum r^2 / n): 1 for a constant response, 1 / n for a response to one of n rows.
    always, once, half = np.ones(10), np.eye(10)[0], np.repeat([0.0, 1.0], 5)
    assert sparseness(always[:, None]) == (0, 0)
    assert sparseness(once[:, None]) == (pytest.approx(1), 0)
    assert sparseness(half[:, None])[0] == pytest.approx((1 - 0.5) / (1 - 0.1))
    assert sparseness(np.stack([once, 0 * once], 1)) == (pytest.approx(1), 0.5)
    assert np.isnan(sparseness(np.zeros((3, 2)))[0])


def test_minutes_are_shared_alike_but_for_what_the_cheap_leave():
    assert level([10, 10], 8) == 4 and level([1, 10], 8) == 7 and level([1, 2], 8) == 2 and level([5.0], -3) == 0
    assert (epochs_within(10, 3, 20), epochs_within(1, 3, 20), epochs_within(100, 1, 20)) == (3, 1, 20)


def test_an_epoch_that_takes_longer_than_measured_does_not_end_a_run_that_has_time_left():
    cost, epochs, minute = 0.01, 7, 60.0
    assert epochs_planned(1, 3 * cost, limit([epochs * cost], minute), epochs) == epochs
    assert limit([10, 10], 8) == level([10, 10], 8)


def test_numbers_are_judged_by_r2_a_time_limit_chooses_the_epochs_and_ones_own_layers_are_taken_as_they_are():
    y, hidden = 10 + 3 * X[:, 0], [pl.Dense(5, activation="tanh")]
    terms = {"epochs": 7, "minutes": 1, "seeds": 1, "loss_target": 0.5}
    made = compare_rules(X, y, rules="backprop", layers=lambda rule: hidden, **terms)
    record = made.records[0]
    assert record.figure == "r2" and record.epochs == record.planned == 7
    assert made.task["kind"] == "regression" and "1 minutes in all" in made.headline
    assert record.layers[0] == repr(hidden[0]) and made.target == 0.5


def test_data_that_rules_cannot_be_compared_on_are_refused(tmp_path):
    with pytest.raises(UnknownName, match='did you mean "backprop"'):
        compare_rules(X, Y, rules=["backprob"])
    with pytest.raises(DataError, match="only one class"):
        compare_rules(X, np.zeros(ROWS, int))
    with pytest.raises(DataError, match="class 7, which no training row has"):
        task_of_arrays(X, np.arange(ROWS) % 2, (X, np.full(ROWS, 7)))
    with pytest.raises(InvalidValue, match="expected at least one seed"):
        compare_rules(X, Y, seeds=[1, 1])
    np.savez(tmp_path / "half.npz", x_train=X)
    with pytest.raises(DataError, match="contains x_train; expected the arrays x_train, y_train, x_test, y_test"):
        task_of_npz(tmp_path / "half.npz")
    np.savez(tmp_path / "objects.npz", x_train=np.array([{}]), y_train=Y, x_test=X, y_test=Y)
    with pytest.raises(FileError, match="contains Python objects"):
        task_of_npz(tmp_path / "objects.npz")
    with pytest.raises(FileError, match="cannot be read"):
        task_of_npz(tmp_path / "none.npz")


def test_images_of_bytes_are_scaled_and_laid_out_in_one_line(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (6, 2, 3), np.uint8)
    labels = np.arange(6) % 3
    np.savez(tmp_path / "images.npz", x_train=images, y_train=labels, x_test=images[:2], y_test=labels[:2])
    task = task_of_npz(tmp_path / "images.npz")
    np.testing.assert_allclose(task.x, images.reshape(6, 6) / 255, rtol=1e-6)
    assert (task.kind, task.outputs, task.y.tolist()) == ("multiclass", 3, [0, 1, 2, 0, 1, 2])


@pytest.mark.parametrize("given", [{"optimizers": {"backprob": "sgd"}}, {"learning_rates": {"backprob": 0.1}}])
def test_settings_of_a_rule_that_is_not_compared_are_refused(given):
    with pytest.raises(UnknownName, match="names 'backprob', which is not compared here: backprop"):
        compare_rules(X, Y, rules="backprop", layers=(2,), epochs=1, seeds=1, batch_size=96, **given)


def test_classes_in_a_type_of_fractions_are_told():
    x = np.random.default_rng(0).normal(size=(20, 2))
    with pytest.warns(pl.errors.PlasticaWarning, match="3 distinct values, all whole numbers, but its type float32"):
        task = task_of_arrays(x, (np.arange(20) % 3).astype(np.float32))
    assert task.kind == "regression"
