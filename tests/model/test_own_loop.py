"""User-defined training loops from public parts, and user-defined learning rules."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica import random
from plastica.declaration import declaration
from plastica.layers import Context
from plastica.losses import Objective, place
from plastica.rules import Batch, Signal

RNG = np.random.default_rng(0)
ROWS = 16
X = RNG.standard_normal((ROWS, 4)).astype("float32")
Y = (X[:, :1] - X[:, 1:2] * 2).astype("float32")


def close(found, expected, **tolerance):
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, **{"rtol": 1e-5, "atol": 1e-6, **tolerance}), found, expected
    )


# User-defined loops


def test_a_loop_of_ones_own_is_the_loop_of_fit():
    network = pl.layers.Sequential([pl.Dense(5, activation="tanh"), pl.BatchNormalization(), pl.Dense(1)])
    rule, optimizer = pl.Backprop(), pl.optimizers.Adam(0.05)
    objective = place(pl.losses.get("mse"), network.output_activation)
    params, state = network.init(np.random.default_rng(0), (4,))

    @jax.jit
    def step(optimizer, params, state, memory, batch):
        signal = rule.signal(network, params, state, (), batch, objective, Context(training=True))
        params, memory = optimizer.update(signal.direction, memory, params)
        return params, signal.state, memory, signal.loss

    memory, losses = optimizer.init(params), []
    for _ in range(4):
        total = 0.0
        for begin in range(0, ROWS, 8):
            x, y = X[begin : begin + 8], Y[begin : begin + 8]
            batch = Batch(x, y, jnp.ones(8), jnp.float32(8))
            params, state, memory, loss = step(optimizer, params, state, memory, batch)
            total += float(loss) / 2
        losses.append(total)

    model = pl.Sequential([pl.Dense(5, activation="tanh"), pl.BatchNormalization(), pl.Dense(1)])
    model.compile(pl.optimizers.Adam(0.05), "mse")
    history = model.fit(X, Y, batch_size=8, epochs=4, shuffle=False, verbose=0)
    assert history.history["loss"] == pytest.approx(losses, rel=1e-5)
    close(model.params, params, rtol=1e-4, atol=1e-5)
    close(model.state, state, rtol=1e-4, atol=1e-5)
    answers, _ = network.apply(params, X, state)
    close(model.predict(X), answers, rtol=1e-4, atol=1e-5)


def test_a_loop_of_ones_own_may_run_inside_the_program():
    network = pl.layers.Sequential([pl.Dense(4, activation="relu"), pl.Dropout(0.2), pl.Dense(1)])
    params, state = network.init(np.random.default_rng(0), (4,))
    optimizer, objective = pl.optimizers.SGD(0.1, momentum=0.9), Objective(pl.losses.MeanSquaredError())
    batch = Batch(jnp.asarray(X), jnp.asarray(Y), jnp.ones(ROWS), jnp.float32(ROWS))

    @jax.jit
    def run(optimizer, key, carry):
        def step(carry, number):
            params, state, memory = carry
            context = Context(training=True, key=random.fold(key, number))
            signal = pl.Backprop().signal(network, params, state, (), batch, objective, context)
            params, memory = optimizer.update(signal.direction, memory, params)
            return (params, signal.state, memory), signal.loss

        return jax.lax.scan(step, carry, jnp.arange(50))

    start = params, state, optimizer.init(params)
    losses = run(optimizer, random.seed_key(1), start)[1]
    assert losses[-1] < 0.3 * losses[0]

    def last_loss(rate):
        return run(pl.optimizers.SGD(rate, momentum=0.9), random.seed_key(1), start)[1][-1]

    population = jax.vmap(last_loss)(jnp.array([0.1, 0.001]))
    assert population[0] == pytest.approx(float(losses[-1]), rel=1e-3)
    assert population[0] < population[1]


# User-defined rules


@declaration
class Centred(pl.Rule):
    """Backprop on inputs minus their running mean, which is the memory of the rule."""

    momentum: float = 0.9

    def init(self, network, params, key):
        kernel = params[0]["kernel"]
        return {"mean": np.zeros(kernel.shape[0], np.float32), "steps": np.zeros((), np.int32)}

    def signal(self, network, params, state, memory, batch, objective, context):
        centre = jnp.sum(batch.x * batch.weight[:, None], 0) / jnp.maximum(batch.size, 1)
        mean = self.momentum * memory["mean"] + (1 - self.momentum) * centre
        centred = batch._replace(x=batch.x - mean)
        signal = pl.Backprop().signal(network, params, state, (), centred, objective, context)
        return signal._replace(memory={"mean": mean, "steps": memory["steps"] + 1})

    def respond(self, network, params, state, memory, x):
        return super().respond(network, params, state, memory, x - memory["mean"])


def centred(momentum=0.9, **options):
    model = pl.Sequential([pl.Dense(3, activation="tanh"), pl.Dense(1)])
    model.compile(pl.optimizers.SGD(0.1), "mse", metrics=["mae"], rule=Centred(momentum), **options)
    return model


FAR = X + 10


def test_a_rule_keeps_its_own_memory_through_fit():
    model = centred()
    model.fit(FAR, Y, epochs=3, batch_size=8, shuffle=False, verbose=0)
    mean = np.zeros(4)
    for _ in range(3):
        for begin in range(0, ROWS, 8):
            mean = 0.9 * mean + 0.1 * FAR[begin : begin + 8].mean(0)
    memory = model.learner.memory
    close(memory, {"mean": mean.astype("float32"), "steps": np.int32(6)})


@pytest.mark.filterwarnings("ignore:predict. this network has not been trained")
def test_a_rules_own_answer_is_what_predicts_evaluates_and_validates():
    model = centred()
    assert model.predict(FAR).shape == (ROWS, 1)  # before fit, with the memory to start from
    history = model.fit(FAR, Y, epochs=2, batch_size=8, validation_split=0.5, verbose=0).history
    mean = np.asarray(model.learner.memory["mean"])
    W1, b1, W2, b2 = model.get_weights()
    expected = np.tanh((FAR - mean) @ W1 + b1) @ W2 + b2
    close(model.predict(FAR), expected, rtol=1e-4, atol=1e-5)
    error = (expected - Y)[8:]
    assert history["val_loss"][-1] == pytest.approx(float(np.mean(error**2)), rel=1e-4)
    found = model.evaluate(FAR[8:], Y[8:], verbose=0)
    assert found == pytest.approx([float(np.mean(error**2)), float(np.abs(error).mean())], rel=1e-4)


def test_a_rules_memory_is_saved_checkpointed_and_resumed(tmp_path):
    straight, begun, resumed = centred(), centred(), centred()
    straight.fit(FAR, Y, epochs=5, batch_size=8, verbose=0)
    begun.fit(FAR, Y, epochs=2, batch_size=8, verbose=0, checkpoint=tmp_path / "run")
    begun.save(tmp_path / "net")
    resumed.fit(FAR, Y, epochs=5, batch_size=8, verbose=0, checkpoint=tmp_path / "run", resume=True)
    loaded = pl.load(tmp_path / "net", custom={"Centred": Centred})
    loaded.fit(FAR, Y, epochs=5, initial_epoch=2, batch_size=8, verbose=0)
    for model in (resumed, loaded):
        close((model.params, model.learner.memory), (straight.params, straight.learner.memory), rtol=0, atol=0)
    with pytest.raises(pl.errors.FileError, match="class 'Centred' is somebody's own"):
        pl.load(tmp_path / "net")


def test_a_rules_floats_are_traced_so_that_another_one_compiles_nothing():
    from plastica.training import advance

    centred().fit(FAR, Y, batch_size=8, verbose=0)
    programs = advance._cache_size()
    centred(momentum=0.5).fit(FAR, Y, batch_size=8, verbose=0)
    assert advance._cache_size() == programs


@declaration
class Delta(pl.Rule):
    """The delta rule of Widrow and Hoff for one linear layer, without derivatives."""

    def signal(self, network, params, state, memory, batch, objective, context):
        activity, state = network.apply(params, batch.x, state, context)
        error = (activity - batch.y) * batch.weight[:, None] / batch.size
        loss = objective.mean(batch.y, activity, batch.weight, batch.size)
        return Signal(loss, ({"kernel": batch.x.T @ error, "bias": error.sum(0)},), activity, state, memory)


def test_a_rule_that_takes_no_derivative_learns_as_backprop_does_where_they_agree():
    first, second = (pl.Sequential([pl.Dense(1)]) for _ in range(2))
    first.compile(pl.optimizers.SGD(0.1), "half_squared_error", rule=Delta())
    second.compile(pl.optimizers.SGD(0.1), "half_squared_error")
    histories = [model.fit(X, Y, epochs=5, batch_size=7, verbose=0).history["loss"] for model in (first, second)]
    assert histories[0] == pytest.approx(histories[1], rel=1e-4)
    close(first.params, second.params, rtol=1e-4)


def test_penalties_of_layers_count_under_every_rule():
    histories = []
    for rule in (Delta(), "backprop"):
        model = pl.Sequential([pl.Dense(1, kernel_regularizer=pl.regularizers.L2(0.1))])
        model.compile(pl.optimizers.SGD(0.1), "half_squared_error", rule=rule)
        histories.append(model.fit(X, Y, epochs=3, verbose=0).history["loss"])
    assert histories[0] == pytest.approx(histories[1], rel=1e-4)
