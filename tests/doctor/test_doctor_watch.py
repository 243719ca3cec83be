"""The doctor that watches training: findings as they arise, weights untouched, and little time."""

from __future__ import annotations

import json

import jax
import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue, NotFitted, ShapeError
from plastica.language import using

RNG = np.random.default_rng(0)
X = RNG.normal(size=(256, 4)).astype(np.float32)
Y = np.tanh(X[:, 0] - X[:, 1])


def model_of(bias="zeros", optimizer="sgd", rule="backprop"):
    model = pl.Sequential([pl.Dense(16, "relu", bias_initializer=bias), pl.Dense(1)], seed=1)
    model.compile(optimizer, "mse", rule=rule)
    return model


def dead():
    return model_of(pl.initializers.Constant(-50))


def test_training_is_the_same_bit_for_bit_with_a_doctor():
    watched, alone = model_of("zeros", "adam"), model_of("zeros", "adam")
    history = watched.fit(X, Y, epochs=8, verbose=0, doctor=True)
    alone.fit(X, Y, epochs=8, verbose=0)
    jax.tree.map(np.testing.assert_array_equal, watched.get_weights(), alone.get_weights())
    assert history.findings == ()


def test_findings_are_printed_once_as_they_arise(capsys):
    doctor = pl.doctor.Doctor(share=1)
    history = dead().fit(X, Y, epochs=40, verbose=2, doctor=doctor)
    printed = capsys.readouterr().out
    assert printed.count("doctor, step") == len(history.findings) and printed.count("layer 0, Dense: 100.0 %") == 1
    assert history.findings[0].code == "dead_units"
    assert doctor.diagnosis.findings == history.findings and len(doctor.looks) > 2
    assert json.loads(doctor.diagnosis.to_json())["findings"][0]["where"] == "layer 0, Dense"


def test_a_silent_fit_prints_nothing_and_a_doctor_may_be_a_callback(capsys):
    doctor = pl.doctor.Doctor()
    dead().fit(X, Y, epochs=5, verbose=0, callbacks=[doctor])
    assert capsys.readouterr().out == "" and "dead_units" in doctor.diagnosis.codes


def test_looks_keep_within_their_share_of_the_time():
    doctor = pl.doctor.Doctor(share=1e-9)
    model_of().fit(X, Y, epochs=30, verbose=0, doctor=doctor)
    assert len(doctor.looks) == 3  # the first, which compiles, one that tells how long a look takes, and the last


@pytest.mark.parametrize("share", [0, 1.5, True, "2 %"])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(InvalidValue, match="a number above 0 and at most 1"):
        pl.doctor.Doctor(share=share)


def test_a_doctor_that_is_none_is_refused():
    with pytest.raises(InvalidValue, match=r"fit\(doctor='yes'\): give True, False, or pl.doctor.Doctor"):
        model_of().fit(X, Y, doctor="yes")


def test_a_rule_without_gradients_has_nothing_to_vanish_and_its_units_may_be_dead():
    model = model_of(pl.initializers.Constant(-50), rule="feedback_alignment")
    found = model.diagnose(X, Y)
    assert "dead_units" in found.codes and "vanishing_gradients" not in found.codes
    assert any("nothing to vanish" in str(each) for each in found.unjudged)


def test_what_cannot_be_judged_is_said():
    found = model_of().diagnose(X[:8], Y[:8])
    said = " ".join(map(str, found.unjudged))
    assert "validation_data=(x, y)" in said and "8 rows are too few" in said and "not trained" in said
    model = model_of()
    model.fit(X, Y, verbose=0)
    assert "it has 1 epoch," in " ".join(map(str, model.diagnose(X, Y).unjudged))


def test_a_network_without_parameters_is_not_examined():
    model = pl.Sequential([pl.Flatten(input_shape=(4,))])
    model.compile("sgd", "mse")
    found = model.diagnose(X, X)
    assert set(found.codes) <= {"leaking_column"} and "no parameters" in str(found.unjudged[0])


def test_data_that_do_not_suit_the_network_are_refused():
    model = model_of()
    model.fit(X, Y, verbose=0)
    with pytest.raises(ShapeError, match=r"rows of shape \(3,\); this network expects rows of shape \(4,\)"):
        model.diagnose(X[:, :3], Y)
    with pytest.raises(ShapeError, match="validation_x"):
        model.diagnose(X, Y, validation_data=(X[:, :3], Y))
    with pytest.raises(InvalidValue, match=r"give the validation rows as \(x, y\)"):
        model.diagnose(X, Y, validation_data=X)
    with pytest.raises(InvalidValue, match="3 names for 4 columns"):
        model.diagnose(X, Y, names=["a", "b", "c"])
    with pytest.raises((DataError, InvalidValue)):
        model.diagnose(X)
    with pytest.raises(NotFitted):
        pl.Sequential([pl.Dense(1)]).diagnose(X, Y)


def test_a_diagnosis_is_shown_as_a_table_and_in_chinese():
    found = dead().diagnose(X, Y)
    assert repr(found).startswith("serious: layer 0, Dense: 100.0 % of the units")
    assert "<table>" in found._repr_html_() and "leaky_relu" in found._repr_html_()
    with using("zh"):
        assert "严重: layer 0, Dense：100.0 % 的单元" in repr(found)
    with pytest.raises(KeyError, match="'leak' was not found; there are: dead_units"):
        found["leak"]
    assert "dead_units" in found.codes and len(found) == len(list(found))


def test_a_network_with_two_outputs_is_watched_and_its_signal_examined():
    inputs = pl.Input((4,))
    hidden = pl.Dense(8, "relu", bias_initializer=pl.initializers.Constant(-50))(inputs)
    model = pl.Model(inputs, [pl.Dense(1, name="one")(hidden), pl.Dense(1, name="two")(hidden)])
    model.compile("sgd", ["mse", "mse"])
    history = model.fit(X, [Y, -Y], epochs=2, verbose=0, doctor=True)
    assert history.findings[0].code == "dead_units"
    found = model.diagnose(X, [Y, -Y])
    assert "dead_units" in found.codes and any("several outputs" in str(each) for each in found.unjudged)


def test_the_first_look_is_at_the_initial_weights_even_if_the_first_step_is_far_too_long():
    doctor = pl.doctor.Doctor()
    history = model_of("zeros", pl.optimizers.SGD(20.0)).fit(X, Y, batch_size=256, verbose=0, doctor=doctor)
    assert doctor.looks[0].step == 0 and "poor_start" not in {each.code for each in history.findings}
