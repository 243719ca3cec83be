"""An optimizer for each part of a network."""

from __future__ import annotations

import jax
import keras
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue

X = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
Y = np.random.default_rng(1).normal(size=(40, 2)).astype(np.float32)
Adam, SGD, MultiOptimizer = pl.optimizers.Adam, pl.optimizers.SGD, pl.optimizers.MultiOptimizer


def model_of(optimizer, **code):
    encoder = pl.layers.Sequential([pl.Dense(6, "tanh", name="code", **code), pl.Dense(3, "tanh")], name="encoder")
    model = pl.Sequential([pl.Input((4,)), encoder, pl.Dense(2, name="head")])
    model.compile(optimizer, "mse")
    return model


def trained(model, epochs=3, **options):
    history = model.fit(X, Y, epochs=epochs, batch_size=16, verbose=0, **options)
    return history.history["loss"], model.get_weights()


def same(one, other, **tolerance):
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        np.testing.assert_allclose(a, b, **(tolerance or {"rtol": 0, "atol": 0}))


def test_each_part_is_trained_as_by_keras():
    theirs = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(6, "tanh", name="code"), keras.layers.Dense(2, name="head")]
    )
    ours = pl.Sequential([pl.Input((4,)), pl.Dense(6, "tanh", name="code"), pl.Dense(2, name="head")])
    ours.set_weights(theirs.get_weights())
    rest = keras.optimizers.SGD(0.1, momentum=0.9)
    theirs.compile(
        keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(rest, {".*code.*": keras.optimizers.Adam(0.01)})),
        "mse",
    )
    ours.compile({"code": Adam(0.01), "default": SGD(0.1, momentum=0.9)}, "mse")
    options = {"epochs": 3, "batch_size": 8, "shuffle": False, "verbose": 0}
    expected, found = theirs.fit(X, Y, **options).history["loss"], ours.fit(X, Y, **options).history["loss"]
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    same(ours.get_weights(), theirs.get_weights(), rtol=1e-4, atol=1e-5)


def test_one_optimizer_for_every_part_is_that_optimizer():
    parts = {"encoder": Adam(0.01), "head": Adam(0.01)}
    same(trained(model_of(parts)), trained(model_of(Adam(0.01))))
    assert model_of(parts).optimizer == model_of(dict(parts)).optimizer


def test_a_part_that_does_not_move_is_as_frozen():
    moved = trained(model_of({"encoder/code": SGD(0.0), None: SGD(0.1)}))
    same(moved, trained(model_of(SGD(0.1), trainable=False)), rtol=1e-6)


def test_clipping_is_about_the_part_or_about_the_whole():
    parts = {"encoder": SGD(0.1), "head": SGD(0.1)}
    clipped = MultiOptimizer(names=tuple(parts), optimizers=tuple(parts.values()), global_clipnorm=0.05)
    same(trained(model_of(clipped)), trained(model_of(SGD(0.1, global_clipnorm=0.05))), rtol=1e-6)
    own = {"encoder": SGD(0.1, global_clipnorm=0.01), "head": SGD(0.0)}
    before, after = (model.get_weights() for model in (model_of(own), model_of(own)))
    model = model_of(own)
    model.fit(X, Y, batch_size=40, verbose=0)
    after = model.get_weights()
    length = np.sqrt(sum(((a - b) ** 2).sum() for a, b in zip(after[:4], before[:4], strict=True)))
    assert length == pytest.approx(0.1 * 0.01, rel=1e-3)


def test_accumulation_of_a_part_or_of_the_whole():
    parts = {"encoder": SGD(0.1), "head": SGD(0.1)}
    whole = MultiOptimizer(names=tuple(parts), optimizers=tuple(parts.values()), accumulate=2)
    same(trained(model_of(whole)), trained(model_of(SGD(0.1, accumulate=2))), rtol=1e-6)
    each = {"encoder": SGD(0.1, accumulate=2), "head": SGD(0.1, accumulate=2)}
    same(trained(model_of(each)), trained(model_of(SGD(0.1, accumulate=2))), rtol=1e-6)


def test_averages_of_a_part():
    averaged = model_of({"encoder": SGD(0.1, use_ema=True, ema_momentum=0.5), "head": SGD(0.1)})
    plain, whole = model_of(SGD(0.1)), model_of(SGD(0.1, use_ema=True, ema_momentum=0.5))
    found, alone, both = (trained(model)[1] for model in (averaged, plain, whole))
    same(found[:4], both[:4], rtol=1e-6)
    same(found[4:], alone[4:], rtol=1e-6)


def test_schedules_and_callbacks_change_all_rates_by_a_factor():
    decay = pl.schedules.ExponentialDecay(0.1, decay_steps=3, decay_rate=0.5)
    halved = model_of({"encoder": SGD(decay), "head": SGD(0.2)})
    halved.learning_rate = 0.5
    scheduled = pl.schedules.ExponentialDecay(0.05, decay_steps=3, decay_rate=0.5)
    same(trained(halved), trained(model_of({"encoder": SGD(scheduled), "head": SGD(0.1)})), rtol=1e-6)
    model = model_of({"encoder": SGD(0.1), "head": SGD(0.2)})
    factors = []
    callback = pl.LearningRateScheduler(lambda epoch, factor: factors.append(factor) or factor / 2)
    assert trained(model, callbacks=[callback])[0][0] > 0 and factors == [1.0, 0.5, 0.25]
    assert model.learning_rate == 0.125


def test_it_is_saved_and_resumed(tmp_path):
    parts = {"encoder/code": Adam(0.01, use_ema=True), "head": "sgd", "default": "rmsprop"}
    straight, begun = model_of(parts), model_of(parts)
    trained(begun, epochs=2, checkpoint=tmp_path / "run")
    begun.save(tmp_path / "net")
    expected = trained(straight, epochs=4)[1]
    loaded = pl.load(tmp_path / "net")
    assert loaded.optimizer == begun.optimizer
    resumed = model_of(parts)
    same(trained(resumed, epochs=4, checkpoint=tmp_path / "run", resume=True)[1], expected)


def test_layers_may_be_frozen_and_released_later():
    model = model_of({"encoder": SGD(0.1), "head": SGD(0.1)})
    model.freeze("encoder")
    before, after = model.get_weights(), trained(model)[1]
    same(before[:4], after[:4])
    model.unfreeze()
    assert (trained(model)[1][0] != after[0]).any()


@pytest.mark.parametrize(
    ("optimizer", "words"),
    [
        ({"encoder": "sgd"}, 'head/kernel, head/bias has no optimizer.*"default": "adam"'),
        (
            {"encodr": "sgd", "default": "adam"},
            "there is no layer 'encodr' with weights. The layers are encoder/",
        ),
        ({"encoder": "sgd", "encoder/code": "adam", "head": "sgd"}, "encoder/code/bias belongs to 'encoder' and"),
        ({"encoder": "lbfgs", "head": "sgd"}, r"optimizer\['encoder'\]: LBFGS trains a whole network"),
        ({}, r"got the names \(\) and 0 optimizers"),
        ({3: "sgd"}, "the names of parts are those of layers, as strings"),
    ],
)
def test_mistakes_are_named(optimizer, words):
    with pytest.raises(InvalidValue, match=words.replace("/kernel, head/bias", "/(kernel|bias), head/(kernel|bias)")):
        trained(model_of(optimizer))
