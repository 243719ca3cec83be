"""Learning rules in time beside backpropagation through time: ``python -m benchmarks.learning_in_time``.

``angles``: the angle of each rule's direction to the gradient, in a recurrent spiking layer, a simple recurrent one and
leaky rate units, at random weights. ``window``: the window of STDP as pairs of spikes show it, beside its equation.
``rewards``: a policy in a grid world that learns by REINFORCE, and one by reward-modulated STDP.

``evidence`` and ``store_recall`` are small forms of tasks of Bellec et al. 2020, in steps of 10 ms rather than 1 ms:
cues to the left and right are counted and answered after a delay; a value is stored on a command and told on another.
The paper finds that e-prop, also with random signals, solves its tasks nearly as well as backpropagation through time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import click
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import plastica as pl
from plastica.layers import Context, Record
from plastica.layers.layer import Params, State
from plastica.losses import MeanSquaredError, Objective
from plastica.random import seed_key
from plastica.rewards import GridWorld, PolicyGradient, episodes
from plastica.rules import RFLO, RTRL, STDP, Backprop, Batch, EProp, Rule, TruncatedBackprop

LOGITS = pl.losses.SparseCategoricalCrossentropy(from_logits=True)
GROUP, PERIOD = 10, 10  # neurons that code one thing; steps of 10 ms of a cue or a value
RULES: dict[str, Rule] = {
    "BPTT": Backprop(),
    "BPTT, 10 steps": TruncatedBackprop(10),
    "RTRL": RTRL(),
    "SnAp-1": RTRL(1),
    "SnAp-2": RTRL(2),
    "e-prop, symmetric": EProp("symmetric"),
    "e-prop, random (RFLO)": RFLO(),
}


def angles(seeds: int, units: int = 16, steps: int = 50) -> None:
    """Print the angle of each direction to the gradient, for the weights of the recurrent layer."""
    recurrent = {
        "spiking": pl.Spiking(units, pl.AdaptiveThreshold(pl.LIF(20.0), 0.2, 100.0)),
        "SimpleRNN": pl.SimpleRNN(units, return_sequences=True),
        "LeakyRNN": pl.LeakyRNN(units, 10.0, return_sequences=True),
    }
    for name, layer in recurrent.items():
        network = pl.layers.Sequential((layer, pl.Dense(2), pl.MembraneMean()))
        found = {rule: [_angle(network, own, seed, steps) for seed in range(seeds)] for rule, own in RULES.items()}
        for rule, values in found.items():
            click.echo(f"{name}, {units} units, {steps} steps, {rule}: {np.mean(values):.1f} degrees, {seeds} seeds")


def _angle(network: pl.Layer, rule: Rule, seed: int, steps: int) -> float:
    rng = np.random.default_rng(seed)
    params, state = network.init(rng, (steps, 8))
    params = jax.tree.map(jnp.asarray, params)
    x, y = (rng.random((16, steps, 8)) < 0.3).astype("float32"), rng.standard_normal((16, 2)).astype("float32")
    batch = Batch(jnp.asarray(x), jnp.asarray(y), jnp.ones(16), jnp.float32(16))
    one, other = (_direction(network, own, params, state, batch, seed_key(seed)) for own in (Backprop(), rule))
    return float(np.degrees(np.arccos(np.clip(one @ other / np.linalg.norm(one) / np.linalg.norm(other), -1, 1))))


@partial(jax.jit, static_argnums=(0, 1))
def _direction(network: pl.Layer, rule: Rule, params: Params, state: State, batch: Batch, key: Array) -> Array:
    """Return the direction of the recurrent weights as one vector."""
    memory = rule.init(network, params, key)
    objective, context = Objective(MeanSquaredError()), Context(True, key)
    direction = rule.signal(network, params, state, memory, batch, objective, context).direction
    assert direction is not None
    return jnp.concatenate([jnp.ravel(leaf) for leaf in jax.tree.leaves(direction[0])])


def window() -> None:
    """Print the change by single pairs of spikes, and the largest difference from the equation."""
    rule, layer = STDP(), pl.Spiking(1, pl.LIF(), recurrent=False, use_bias=False)
    lags, spikes = np.arange(-40, 41, 10), np.eye(100, dtype="float32")

    def changed(lag: int) -> float:
        pre, post = (jnp.asarray(spikes[place])[None, :, None] for place in (50, 50 + lag))
        record, rows = Record(pre, post, post, None, None), Batch(pre, pre[:, :0, 0], jnp.ones(1), jnp.float32(1))  # pyright: ignore
        return float(
            rule.learn(layer, {"kernel": jnp.full((1, 1), 0.5)}, (), record, rows, None).change["kernel"][0, 0]
        )  # pyright: ignore

    found = np.array([changed(int(lag)) for lag in lags])
    click.echo(
        "STDP, change by a pair at each lag in ms: "
        + ", ".join(f"{lag}: {each:.4f}" for lag, each in zip(lags, found, strict=True))
    )
    click.echo(f"STDP, largest difference from its equation: {np.abs(found - rule.window(lags)).max():.1e}")


def evidence(rows: int, rng: np.random.Generator, cues: int = 5, delay: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Return spikes of cues to the left or right, a delay and a call for the answer; and which side had more."""
    sides = rng.integers(0, 2, (rows, cues))
    rates = np.zeros((rows, cues * 15 + delay + PERIOD, 4), "float32")
    for cue in range(cues):
        for side in (0, 1):
            rates[:, cue * 15 : cue * 15 + PERIOD, side] = (sides[:, cue] == side)[:, None]
    rates[:, -PERIOD:, 2] = 1
    rates[:, :, 3] = 0.2  # noise
    return _spikes(rates, rng), (sides.sum(1) > cues / 2).astype("int32")


def store_recall(rows: int, rng: np.random.Generator, periods: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Return spikes of a changing value, a command to store and one to recall it; and the value at the first."""
    values, store = rng.integers(0, 2, (rows, periods)), rng.integers(0, periods - 3, rows)
    rates = np.zeros((rows, periods, 4), "float32")
    for value in (0, 1):
        rates[..., value] = values == value
    rates[np.arange(rows), store, 2] = 1
    rates[:, -1, :] = [0, 0, 0, 1]
    return _spikes(rates.repeat(PERIOD, 1), rng), values[np.arange(rows), store].astype("int32")


def _spikes(rates: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return Poisson spikes of a group of neurons for each rate, at most 40 Hz."""
    return (rng.random((*rates.shape[:2], 4 * GROUP)) < 0.4 * rates.repeat(GROUP, 2)).astype("float32")


def learned(task: Callable[..., tuple[np.ndarray, np.ndarray]], seeds: int, units: int, epochs: int) -> None:
    """Train on a task by each rule that suits its size, and print test accuracies."""
    for name in ("BPTT", "e-prop, symmetric", "e-prop, random (RFLO)"):
        scores, begun = [], time.perf_counter()
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            (x, y), (x_test, y_test) = task(2048, rng), task(512, rng)
            neuron = pl.AdaptiveThreshold(pl.LIF(20.0, dt=10.0, surrogate="triangle"), 0.2, 1000.0)
            readout = [pl.Dense(2), pl.LeakyReadout(20.0, dt=10.0), pl.MembraneLast()]
            model = pl.Sequential([pl.Input(x.shape[1:]), pl.Spiking(units, neuron), *readout], seed=seed)
            model.compile(pl.optimizers.Adam(5e-3), LOGITS, metrics=["accuracy"], rule=RULES[name])
            model.fit(x, y, batch_size=64, epochs=epochs, verbose=0)
            scores.append(model.evaluate(x_test, y_test, verbose=0)[1])
        click.echo(
            f"{task.__name__}, {units} neurons, {name}: test accuracy {', '.join(f'{each:.1%}' for each in scores)} "
            f"after {epochs * 32} steps ({time.perf_counter() - begun:.0f} s)"
        )


def rewards(seeds: int, epochs: int = 16) -> None:
    """Print what policies get in a grid world of nine fields, before and after learning."""
    world, start = GridWorld(3, 3), pl.initializers.RandomUniform(0.2, 0.4)
    units = pl.Spiking(4, pl.LIF(reset="zero"), True, False, start, pl.initializers.Constant(-2.0))
    copies = [pl.RepeatVector(10), pl.Flatten(), pl.RateEncoder(40, max_rate=100.0)]
    spiking = pl.layers.Sequential((*copies, units, pl.SpikeCount()))
    programs = {
        "REINFORCE": PolicyGradient(pl.Dense(4), world, optimizer=pl.optimizers.Adam(0.1), longest=20),
        "reward-modulated STDP": PolicyGradient(spiking, world, STDP(0.02, depression=0.5), longest=20, discount=0.9),
    }
    for name, program in programs.items():
        runs = []
        for seed in range(seeds):
            model = pl.Model(program, seed=seed)
            runs.append(model.fit(episodes(256), batch_size=32, epochs=epochs, verbose=0).history["reward"])
        means = np.mean(runs, 0)
        click.echo(
            f"grid world of nine fields, {name}: mean reward {means[0]:.2f} in the first 256 episodes, at most "
            f"{means.max():.2f}, {means[-1]:.2f} in the last; shortest ways {world.best_reward:.2f}; {seeds} seeds, "
            f"{epochs * 256} episodes each"
        )


@click.command()
@click.option(
    "--only", type=click.Choice(["angles", "window", "rewards", "evidence", "store_recall"]), help="One part."
)
@click.option("--seeds", type=int, default=3, show_default=True)
@click.option("--units", type=int, default=64, show_default=True, help="Neurons in the tasks.")
@click.option("--epochs", type=int, default=15, show_default=True, help="Epochs of 32 steps in the tasks.")
def main(only: str | None, seeds: int, units: int, epochs: int) -> None:
    """Print angles, the window of STDP, rewards, and test accuracies of two tasks."""
    if only in (None, "angles"):
        angles(seeds)
    if only in (None, "window"):
        window()
    if only in (None, "rewards"):
        rewards(seeds)
    for task in (evidence, store_recall):
        if only in (None, task.__name__):
            learned(task, seeds, units, epochs)


if __name__ == "__main__":
    main()
