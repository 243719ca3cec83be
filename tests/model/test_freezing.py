"""Frozen layers, and weights copied to another network."""

import jax
import numpy as np
import pytest

import plastica as pl
from plastica.errors import ShapeError, UnknownName

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4)).astype(np.float32)
Y = X[:, :2] * X[:, 2:]


def network(**named):
    layers = [
        pl.Dense(6, "tanh", name="code", input_dim=4),
        pl.BatchNormalization(),
        pl.Residual([pl.Dense(6, "tanh")]),
        pl.Dense(2),
    ]
    model = pl.Sequential(layers, seed=1)
    model.compile(**({"optimizer": "adam", "loss": "mse"} | named))
    return model


def moved(model, **named):
    before = [np.array(array) for array in model.get_weights()]
    model.fit(X, Y, epochs=3, verbose=0, **named)
    return [not np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True)]


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "adamw", pl.optimizers.Adam(use_ema=True), "lbfgs"])
def test_frozen_layers_stand_still_and_the_others_move(optimizer):
    model = network(optimizer=optimizer)
    model.freeze("code", 1)
    assert moved(model) == [False] * 6 + [True] * 4
    model.unfreeze()
    assert all(moved(model))


def test_a_frozen_composition_is_frozen_inside():
    model = network()
    model.freeze("residual")
    assert moved(model) == [True] * 6 + [False] * 2 + [True] * 2
    assert not model.layers[2].layers[0].trainable


@pytest.mark.parametrize("rule", ["feedback_alignment", "direct_feedback_alignment", "predictive_coding"])
def test_other_rules_leave_frozen_layers_alone(rule):
    model = pl.Sequential([pl.Dense(6, "tanh", input_dim=4), pl.Dense(2)], seed=1)
    model.compile("adam", "mse", rule=rule)
    model.freeze(0)
    assert moved(model) == [False, False, True, True]


def test_rules_that_make_their_own_steps_leave_frozen_layers_alone():
    model = pl.Sequential([pl.Dense(3, trainable=False, input_dim=4)])
    model.compile(rule="oja")
    assert moved_of_inputs(model) == [False, False]


def moved_of_inputs(model):
    before = [np.array(array) for array in model.get_weights()]
    model.fit(X, epochs=2, verbose=0)
    return [not np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True)]


def test_frozen_layers_have_no_moments():
    whole, frozen = network(), network()
    frozen.freeze("code")
    for model in (whole, frozen):
        model.fit(X, Y, epochs=1, verbose=0)
    sizes = [sum(leaf.size for leaf in jax.tree.leaves(model.learner.optimizer["memory"])) for model in (whole, frozen)]
    assert sizes[0] - sizes[1] == 2 * (4 * 6 + 6)


def test_a_frozen_network_trains_as_the_rest_alone():
    """The head on a frozen layer equals the head alone on the outputs of this layer."""
    model = pl.Sequential([pl.Dense(6, "tanh", input_dim=4, trainable=False), pl.Dense(2)], seed=1)
    model.compile("adam", "mse")
    head = pl.Sequential([pl.Dense(2, input_dim=6)], seed=1)
    head.compile("adam", "mse")
    head.set_weights(model.get_weights()[2:])
    codes = model.trace(X)[0].activity
    one = model.fit(X, Y, epochs=3, verbose=0).history["loss"]
    other = head.fit(codes, Y, epochs=3, verbose=0).history["loss"]
    np.testing.assert_allclose(one, other, rtol=1e-5)


def test_a_frozen_normalization_predicts_in_training_as_it_does_later():
    model = pl.Sequential([pl.BatchNormalization(input_dim=4, trainable=False), pl.Dense(2, trainable=False)])
    model.compile("sgd", "mse")
    history = model.fit(X, Y, epochs=1, batch_size=40, verbose=0).history["loss"]
    assert history[0] == pytest.approx(model.evaluate(X, Y, verbose=0), rel=1e-5)


def test_frozen_layers_survive_a_file(tmp_path):
    model = network()
    model.freeze("code")
    model.fit(X, Y, epochs=1, verbose=0)
    again = pl.load(model.save(tmp_path / "frozen.plastica"))
    assert again.network == model.network
    one, other = (each.fit(X, Y, epochs=1, verbose=0).history["loss"] for each in (model, again))
    assert one == other
    assert moved(again)[:2] == [False, False]


def test_the_summary_counts_frozen_weights_apart(capsys):
    model = network()
    model.freeze("code")
    model.summary()
    out = capsys.readouterr().out
    assert "Non-trainable params: 42 " in out  # 4 * 6 + 6 frozen, and 12 running statistics
    assert "Trainable params: 68 " in out  # 12 of the normalization, 42 of the residual, 14 of the head


def test_an_unknown_layer_is_named():
    with pytest.raises(UnknownName, match="Known: code, batch_normalization, residual, dense"):
        network().freeze("cod")


def test_weights_are_copied_by_name_and_shape():
    trained = network()
    trained.fit(X, Y, epochs=2, verbose=0)
    other = pl.Sequential([pl.Dense(6, "tanh", name="code", input_dim=4), pl.Dense(3, name="new")])
    assert set(other.copy_weights(trained)) == {"code/kernel", "code/bias"}
    for one, two in zip(other.get_weights()[:2], trained.get_weights()[:2], strict=True):
        np.testing.assert_array_equal(one, two)
    same = network()
    assert len(same.copy_weights(trained)) == 10
    np.testing.assert_array_equal(same.predict(X), trained.predict(X))
    with pytest.raises(ShapeError, match="Name the layers alike"):
        pl.Sequential([pl.Dense(7, name="else", input_dim=4)]).copy_weights(trained)
