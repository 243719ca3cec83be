"""The doctor of a training loop of one's own: the findings of arrays are those of plastica's own training."""

from __future__ import annotations

import math
import sys
import types

import numpy as np
import pytest

import plastica as pl
from plastica.doctor import LoopDoctor, diagnose_predictions
from plastica.errors import InvalidValue, UnknownName
from plastica.language import using

RNG = np.random.default_rng(0)
X = RNG.normal(size=(256, 4))
Y = np.tanh(X[:, 0] - X[:, 1])


def doctor_of(**given):
    return LoopDoctor({"one": "sigmoid", "two": "tanh", "out": None}, verbose=False, **given)


def test_findings_are_those_of_the_same_network_of_plastica():
    model = pl.Sequential([*(pl.Dense(16, "sigmoid") for _ in range(8)), pl.Dense(1)], seed=0)
    model.compile(pl.optimizers.SGD(0.01), "mse")
    known = model.diagnose(X, Y)["vanishing_gradients"]
    traced = model.trace(X, Y)
    doctor = LoopDoctor({each.path: None for each in traced}, verbose=False)
    errors = {each.path: each.delta for each in traced}
    weights = {each.path: each.activity for each in traced}
    found = doctor.look(0, 1.0, errors=errors, weights=weights)
    assert found[0].code == "vanishing_gradients" and found[0].where == known.where
    np.testing.assert_allclose(found[0].value, known.value, rtol=0.3)  # of all rows, not of some


@pytest.mark.parametrize(
    ("activation", "values", "code"),
    [
        ("relu", np.zeros((64, 8)), "dead_units"),
        ("relu6", np.full((64, 8), 6.0), "dead_units"),
        ("tanh", np.full((64, 8), 0.999), "saturated_units"),
        ("sigmoid", np.full((64, 8), 0.001), "saturated_units"),
        ("relu", np.abs(RNG.normal(size=(64, 8))), None),
        ("tanh", RNG.uniform(-0.9, 0.9, (64, 8)), None),
    ],
)
def test_units_are_judged_by_their_outputs_and_not_by_one_look(activation, values, code):
    doctor = LoopDoctor({"one": activation, "out": None}, verbose=False)
    gradients = {"one": values, "out": values}
    assert doctor.look(0, 1.0, activities={"one": values, "out": values * 0}, gradients=gradients) == []
    found = doctor.look(50, 0.9, activities={"one": values, "out": values * 0}, gradients=gradients)
    assert [each.code for each in found] == ([code] if code else [])
    assert doctor.look(100, 0.8, activities={"one": values}) == []  # told once


def test_a_step_that_is_too_long_is_found_with_half_its_curve():
    doctor = doctor_of(rate=0.5)
    loss_at = {0.0: 1.0, 0.1: 0.9, 1.0: 3.0, 10.0: 90.0, 100.0: 1e4}.__getitem__
    doctor.look(20, 1.0, loss_at=loss_at)
    (found,) = doctor.look(40, 1.0, loss_at=loss_at)
    assert found.code == "rate_too_large" and found.value == 2.0 and found.remedy == "model.learning_rate = 0.05"


def test_updates_are_compared_with_weights():
    found = doctor_of().look(
        0, 1.0, weights={"one": [np.ones((4, 4)), np.ones(4)]}, updates={"one": [np.full((4, 4), -0.6), np.ones(4)]}
    )
    assert found[0].code == "overwritten_weights"
    np.testing.assert_allclose(found[0].value, 0.6, rtol=1e-6)


def test_the_rate_is_compared_with_two_by_the_largest_curvature():
    hessian = np.diag([1.0, 4.0])
    (found,) = doctor_of(rate=2.0).check_rate(lambda vector: hessian @ vector, 2)
    assert found.code == "rate_above_bound"
    np.testing.assert_allclose(found.value, 4.0, rtol=1e-5)  # 2 / (2 / 4)
    assert doctor_of(rate=0.4).check_rate(lambda vector: hessian @ vector, 2) == []
    with pytest.raises(InvalidValue, match="knows no learning rate"):
        doctor_of().check_rate(lambda vector: vector, 2)


def test_curves_and_what_was_not_handed_in_are_in_the_diagnosis():
    doctor = doctor_of(chance=1.0, clip=0.1)
    for epoch in range(6):
        doctor.epoch(loss=1 / (1 + epoch), val_loss=0.5 + 0.2 * epoch)
        doctor.look(epoch, 1.0, gradients={"out": np.ones((2, 2)), "one": np.ones((2, 2))})
    assert set(doctor.diagnosis.codes) == {"overfitting", "always_clipped"}
    said = " ".join(map(str, doctor.diagnosis.unjudged))
    assert "hand in activities" in said and "weights and updates" in said and "hand in errors" not in said
    with using("zh"):
        assert "请传入 activities" in repr(doctor.diagnosis)
    assert "6 looks, 6 epochs" in repr(doctor)


def test_numbers_that_are_not_finite_are_named_with_their_layer():
    (found,) = doctor_of().look(0, 1.0, gradients={"two": np.array([[np.nan, 1.0]])})
    assert (found.code, found.where) == ("not_finite", "two")
    assert doctor_of().look(0, math.nan)[0].where == "loss"


def test_findings_are_printed_as_they_arise(capsys):
    doctor = LoopDoctor({"one": "relu", "out": None})
    for step in (0, 9):
        doctor.look(step, 1.0, activities={"one": np.zeros((64, 8))}, weights={"out": np.ones((2, 2))})
    assert capsys.readouterr().out.startswith("doctor, step 9: serious: one: 100.0 % of the units")


def test_tensors_of_pytorch_are_read_with_their_gradient_and_on_any_device(monkeypatch):
    class Tensor:
        def detach(self):
            return self

        def to(self, device, dtype):
            assert (device, dtype) == ("cpu", "float32")
            return self

        def numpy(self):
            return np.zeros((64, 8), np.float32)

    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(Tensor=Tensor, float32="float32"))
    doctor = LoopDoctor({"one": "relu", "out": None}, verbose=False)
    for step in (0, 9):
        found = doctor.look(step, 1.0, activities={"one": Tensor()}, weights={"out": Tensor()})
    assert found[0].code == "dead_units"


def test_channels_may_come_before_places():
    images = RNG.uniform(0.1, 1, (64, 8, 5, 5))
    images[:, :7] = 0
    doctor = LoopDoctor({"one": "relu", "out": None}, unit_axis=1, verbose=False)
    for step in (0, 9):
        found = doctor.look(step, 1.0, activities={"one": images}, weights={"out": np.ones((2, 2))})
    assert found[0].value == 7 / 8


def test_bad_input_is_refused():
    with pytest.raises(InvalidValue, match="give the activation of each layer by name"):
        LoopDoctor({})
    with pytest.raises(UnknownName):
        LoopDoctor({"one": "rellu"})
    with pytest.raises(InvalidValue, match=r"LoopDoctor\(rate=0\): give a number above 0"):
        doctor_of(rate=0)
    with pytest.raises(InvalidValue, match=r"'three': .* there is no such layer; .* one, two, out"):
        doctor_of().look(0, 1.0, activities={"three": X})
    with pytest.raises(InvalidValue, match=r"give \(rows, units\)"):
        doctor_of().look(0, 1.0, activities={"one": np.ones(3)})
    with pytest.raises(InvalidValue, match="an update is the weights after the step minus those before"):
        doctor_of().look(0, 1.0, weights={"one": np.ones((2, 2))}, updates={"one": np.ones((3, 2))})
    with pytest.raises(InvalidValue, match="give the training loss"):
        doctor_of().epoch(val_loss=1.0)
    doctor = doctor_of()
    doctor.look(5, 1.0)
    with pytest.raises(InvalidValue, match="steps only rise"):
        doctor.look(5, 1.0)


def test_predictions_of_any_model_are_judged():
    y = (X[:, 0] + X[:, 1] > 0).astype(int)
    train, held = slice(0, 160), slice(160, None)
    sure = np.where(y == 1, 0.99, 0.01)
    found = diagnose_predictions(X[train], y[train], sure[train], validation_data=(X[held], y[held], np.full(96, 0.4)))
    assert {"train_test_gap", "class_never_predicted"} <= set(found.codes) and not found.unjudged
    leak = np.column_stack([X, 2.0 * y - 1])
    found = diagnose_predictions(leak, y, sure, names=["a", "b", "c", "d", "after"])
    assert found["leaking_column"].where == "after" and "validation_data" in str(found.unjudged[0])
    assert diagnose_predictions(X, Y, Y).measures["score"] == 1.0
    three = np.eye(3)[np.arange(256) % 3]
    assert diagnose_predictions(X, np.arange(256) % 3, three * 0.7 + 0.1).measures["score"] == 1.0
    assert diagnose_predictions(X, three[:, :2], three[:, :2] * 0.8).measures["score"] == 1.0  # labels


def test_predictions_that_do_not_suit_their_rows_are_refused():
    y = (X[:, 0] > 0).astype(int)
    with pytest.raises(InvalidValue, match=r"predictions has the shape \(3,\), and x 256 rows"):
        diagnose_predictions(X, y, [0.1, 0.2, 0.3])
    with pytest.raises(InvalidValue, match=r"give the rows as \(x, y, predictions\)"):
        diagnose_predictions(X, y, y, validation_data=(X, y))
    with pytest.raises(InvalidValue, match="give the same columns"):
        diagnose_predictions(X, y, y, validation_data=(X[:, :2], y, y))
    with pytest.raises(InvalidValue, match="3 names for 4 columns"):
        diagnose_predictions(X, y, y, names=["a", "b", "c"])
    with pytest.raises(InvalidValue, match="give 'classes', 'labels' or 'numbers'"):
        diagnose_predictions(X, y, y, kind="class")
    with pytest.raises(InvalidValue, match="y has the class 2, and predictions have 2 columns"):
        diagnose_predictions(X, y + 1, np.full((256, 2), 0.5), kind="classes")
    with pytest.raises(InvalidValue, match="give one each"):
        diagnose_predictions(X, Y, np.ones((256, 2)), kind="numbers")
