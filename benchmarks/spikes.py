"""Spiking networks beside snnTorch, Norse, Spyx, Brian2, BrainPy and BindsNET: ``python -m benchmarks.spikes``.

A training step is forwards, backwards through all steps and Adam, on the same spikes, each library with the surrogate
gradient of the fast sigmoid, and every epoch with its rows in a new order. plastica trains by its public ``fit``; peers
run as their tutorials say, a loop over steps, PyTorch with one thread. Times are those of the processor
(``time.process_time``), the best of interleaved repetitions. For figures of one core: ``taskset -c 0 python -m
benchmarks.spikes``.

The sparse network has leaky neurons with random synapses; spikes arrive at once as currents that decay. Brian2 runs the
same network in this process, and as a program in C++ with the start of that program; BrainPy runs all steps in one
compiled loop.

Install the peers with ``pip install snntorch norse spyx flax bindsnet brian2 brainpy numba 'jax<0.11' 'numpy<2.4'``:
Brian2 and BrainPy need the older versions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import click
import numpy as np

import plastica as pl

from .spike_simulations import bindsnet, diehl_cook, sparse

# name: steps, batch, inputs, hidden, outputs
SHAPES = {"784-256-10": (100, 128, 784, 256, 10), "64-64-10": (100, 32, 64, 64, 10)}
WANTED = {"784-256-10": 1.6, "64-64-10": 15.0}  # times as fast as snnTorch
BETA, BATCHES, EPOCHS, REPEATS = 0.95, 4, 3, 4
Shape = tuple[int, int, int, int, int]
Step = Callable[[], object]


def rows(shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Return spikes, ``(rows, time, features)``, and classes."""
    steps, batch, inputs, _, outputs = shape
    rng = np.random.default_rng(0)
    x = rng.random((batch * BATCHES, steps, inputs), np.float32) < 0.1
    return x.astype("float32"), rng.integers(0, outputs, len(x))


def ours(shape: Shape) -> Step:
    """Return some epochs of plastica."""
    steps, batch, inputs, hidden, outputs = shape
    tau = float(-1 / np.log(BETA))
    layers = [pl.Input((steps, inputs)), pl.Dense(hidden), pl.LIF(tau), pl.Dense(outputs), pl.LIF(tau), pl.SpikeCount()]
    model = pl.Sequential(layers)
    model.compile(pl.optimizers.Adam(1e-3), pl.losses.SparseCategoricalCrossentropy(from_logits=True))
    x, y = rows(shape)
    return lambda: model.fit(x, y, batch_size=batch, epochs=EPOCHS, verbose=0)


def snntorch(shape: Shape) -> Step:
    """Return some epochs of snnTorch."""
    import snntorch as snn
    import torch
    from snntorch import surrogate

    _, _, inputs, hidden, outputs = shape
    one, other = torch.nn.Linear(inputs, hidden), torch.nn.Linear(hidden, outputs)
    leaky = [snn.Leaky(beta=BETA, spike_grad=surrogate.fast_sigmoid()) for _ in range(2)]

    def answers(x: torch.Tensor) -> torch.Tensor:
        first, second = (layer.init_leaky() for layer in leaky)
        counts = []
        for now in x:
            spikes, first = leaky[0](one(now), first)
            spikes, second = leaky[1](other(spikes), second)
            counts.append(spikes)
        return torch.stack(counts).sum(0)

    return epoch_of_torch(shape, answers, [*one.parameters(), *other.parameters()])


def norse(shape: Shape) -> Step:
    """Return some epochs of Norse."""
    import norse.torch as nt
    import torch

    _, _, inputs, hidden, outputs = shape
    options = nt.LIFBoxParameters(tau_mem_inv=torch.as_tensor(1000 * (1 - BETA)), alpha=100.0)
    net = nt.SequentialState(
        torch.nn.Linear(inputs, hidden),
        nt.LIFBoxCell(options),
        torch.nn.Linear(hidden, outputs),
        nt.LIFBoxCell(options),
    )

    def answers(x: torch.Tensor) -> torch.Tensor:
        state, counts = None, []
        for now in x:
            spikes, state = net(now, state)
            counts.append(spikes)
        return torch.stack(counts).sum(0)

    return epoch_of_torch(shape, answers, list(net.parameters()))


def spyx(shape: Shape) -> Step:
    """Return some epochs of Spyx, a compiled step for each batch."""
    import jax
    import jax.numpy as jnp
    import optax
    import spyx.axn
    import spyx.nn as snn
    from flax import nnx

    _, batch, inputs, hidden, outputs = shape
    rngs, slope = nnx.Rngs(0), spyx.axn.superspike(k=25.0)
    model = snn.Sequential(
        nnx.Linear(inputs, hidden, rngs=rngs),
        snn.LIF((hidden,), BETA, activation=slope, rngs=rngs),
        nnx.Linear(hidden, outputs, rngs=rngs),
        snn.LIF((outputs,), BETA, activation=slope, rngs=rngs),
    )
    optimizer = nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)
    x, y = (jnp.asarray(part) for part in rows(shape))
    rng = np.random.default_rng(0)

    @nnx.jit
    def step(model: snn.Sequential, optimizer: nnx.Optimizer, x: jax.Array, y: jax.Array) -> jax.Array:
        def loss(model: snn.Sequential) -> jax.Array:
            counts = snn.run(model, x, batch_major=True)[0].sum(1)
            return optax.softmax_cross_entropy_with_integer_labels(counts, y).mean()

        value, gradient = nnx.value_and_grad(loss)(model)
        optimizer.update(model, gradient)
        return value

    def epochs() -> None:
        for _ in range(EPOCHS):
            for own in rng.permutation(len(y)).reshape(-1, batch):
                value = step(model, optimizer, x[own], y[own])
        value.block_until_ready()

    return epochs


def epoch_of_torch(shape: Shape, answers: Callable, parameters: list) -> Step:
    """Return some epochs of a network in PyTorch."""
    import torch

    torch.set_num_threads(1)
    x, y = rows(shape)
    inputs, classes = torch.from_numpy(np.ascontiguousarray(x.swapaxes(0, 1))), torch.from_numpy(y)
    optimizer = torch.optim.Adam(parameters, 1e-3, fused=True)
    batch = shape[1]

    def epochs() -> None:
        for _ in range(EPOCHS):
            for own in torch.randperm(len(y)).split(batch):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(answers(inputs[:, own]), classes[own]).backward()
                optimizer.step()

    return epochs


def best_times(epochs: dict[str, Step]) -> dict[str, float]:
    """Return the shortest time of each, in seconds of the processor for a batch."""
    for epoch in epochs.values():
        epoch()
    best = dict.fromkeys(epochs, np.inf)
    for _ in range(REPEATS):
        for name, epoch in epochs.items():
            begun = time.process_time()
            epoch()
            best[name] = min(best[name], (time.process_time() - begun) / (BATCHES * EPOCHS))
    return best


def available(shape: Shape) -> Iterator[tuple[str, Step]]:
    """Yield each library that is installed."""
    yield "plastica", ours(shape)
    for name, make in {"snnTorch": snntorch, "Norse": norse, "Spyx": spyx}.items():
        try:
            yield name, make(shape)
        except ImportError as error:
            click.echo(f"{name} left out: {error}")


def training() -> None:
    """Print the time of a training step."""
    click.echo(f"{'training step':14s} {'library':10s} {'ms':>8s} {'plastica is':>12s}   wanted")
    for name, shape in SHAPES.items():
        best = best_times(dict(available(shape)))
        for library, seconds in best.items():
            ratio = "" if library == "plastica" else f"{seconds / best['plastica']:.1f}x"
            wanted = f"{WANTED[name]:g}x" if library == "snnTorch" else ""
            click.echo(f"{name:14s} {library:10s} {1000 * seconds:8.2f} {ratio:>12s}   {wanted}")


SHOW = {"training": training, "sparse": sparse, "diehl_cook": diehl_cook, "bindsnet": bindsnet}


@click.command()
@click.option("--only", type=click.Choice(list(SHOW)), multiple=True, help="Default: all.")
@click.option("--mnist", help="mnist.npz, for Diehl and Cook's network.")
@click.option("--pictures", default=60_000, help="How many pictures of MNIST to learn from in this call.")
@click.option("--folder", help="Where checkpoints are kept, to go on with more pictures.")
def main(only: tuple[str, ...], mnist: str | None, pictures: int, folder: str | None) -> None:
    """Print times beside peers."""
    shows = SHOW | {"diehl_cook": lambda: diehl_cook(mnist, pictures, folder)}
    for name, show in shows.items():
        if not only or name in only:
            try:
                show()
            except (ImportError, AttributeError) as error:  # Brian2 with a NumPy it does not know
                click.echo(f"{name} left out: {error}")


if __name__ == "__main__":
    main()
