"""Networks with one program call per step: the same results as in a loop, however the run is divided."""

import numpy as np
import pytest

import plastica as pl
from plastica.errors import NotFinite
from plastica.layers import Residual
from plastica.model import inference
from plastica.training import compiled, run
from plastica.training.callbacks import LambdaCallback

SOURCE = np.random.default_rng(0)
X = SOURCE.normal(size=(50, 5, 5, 16)).astype(np.float32)
Y = SOURCE.integers(0, 3, 50)


def network(seed=0, **optimizer):
    layers = [pl.Conv2D(4, 3, activation="relu"), pl.BatchNormalization(), pl.Flatten(), pl.Dense(3, "softmax")]
    model = pl.Sequential(layers, seed=seed)
    model.compile(pl.optimizers.Adam(0.01, **optimizer), "sparse_categorical_crossentropy", ["accuracy"])
    return model


@pytest.fixture
def in_a_loop(monkeypatch):
    """Train a network in a loop that would be trained step by step."""

    def use():
        for module in (run, inference):
            monkeypatch.setattr(module, "compiled_for", lambda network, params: compiled.FAST_STEPS)

    return use


def weights_equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


def test_only_convolutions_of_many_channels_are_trained_step_by_step():
    def programs(layer, shape):
        inner = Residual([layer])
        return compiled.compiled_for(inner, inner.init(np.random.default_rng(0), shape).params)

    assert programs(pl.Conv2D(16, 3, padding="same"), (5, 5, 16)) is compiled.STEP_BY_STEP
    assert programs(pl.Conv2D(3, 3, padding="same"), (5, 5, 3)) is compiled.FAST_STEPS
    assert programs(pl.Conv2D(16, 1), (5, 5, 16)) is compiled.FAST_STEPS
    assert programs(pl.Dense(16), (16,)) is compiled.FAST_STEPS


@pytest.mark.parametrize("optimizer", [{}, {"use_ema": True}], ids=["plain", "average"])
def test_histories_and_predictions_are_those_of_the_loop(in_a_loop, optimizer):
    options = {"epochs": 3, "batch_size": 16, "validation_split": 0.2, "verbose": 0}
    alone = network(**optimizer)
    history = alone.fit(X, Y, **options).history
    predictions, evaluated = alone.predict(X), alone.evaluate(X, Y)
    in_a_loop()
    looped = network(**optimizer)
    expected = looped.fit(X, Y, **options).history
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(predictions, looped.predict(X), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(evaluated, looped.evaluate(X, Y), rtol=1e-4)


def test_a_run_that_is_watched_at_each_step_or_resumed_has_the_same_bits(tmp_path):
    options = {"batch_size": 16, "validation_split": 0.2, "verbose": 0}
    straight, watched, resumed = network(), network(), network()
    straight.fit(X, Y, epochs=4, **options)
    steps = []
    callback = LambdaCallback(on_train_batch_end=lambda batch, logs: steps.append(logs["loss"]))
    watched.fit(X, Y, epochs=4, callbacks=[callback], **options)
    assert len(steps) == 12
    resumed.fit(X, Y, epochs=4, max_steps=5, checkpoint=tmp_path, **options)
    resumed = network()
    resumed.fit(X, Y, epochs=4, checkpoint=tmp_path, resume=True, **options)
    assert weights_equal(straight, watched)
    assert weights_equal(straight, resumed)


@pytest.mark.filterwarnings("ignore:x reaches")
@pytest.mark.parametrize("place", [0, 20, 49])
def test_a_loss_that_is_not_finite_ends_the_run_at_the_same_step_with_the_same_weights(in_a_loop, place):
    x = X.copy()
    x[place] = 1e30  # its square in batch normalization is infinite

    def failed():
        model = network()
        with pytest.raises(NotFinite) as stop:
            model.fit(x, Y, epochs=2, batch_size=16, shuffle=False, verbose=0)
        return model, str(stop.value)

    alone, message = failed()
    in_a_loop()
    looped, expected = failed()
    assert message == expected
    for found, wanted in zip(alone.get_weights(), looped.get_weights(), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)
