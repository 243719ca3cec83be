"""Simulations of ``benchmarks.spikes``: sparse networks beside Brian2, Diehl and Cook's network beside BindsNET."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import click
import numpy as np

import plastica as pl

NEURONS, SYNAPSES = (4000, 10_000), 80


def sparse() -> None:
    """Print the time of a second of each sparse network."""
    for neurons in NEURONS:
        network = pl.spikes.SparseNetwork.random(neurons, SYNAPSES, seed=0)
        network.run(100.0)
        runs = [timed(lambda network=network: network.run(1000.0)) for _ in range(3)]
        found, _ = runs[0]
        click.echo(
            f"sparse network: {neurons:,} neurons, {neurons * SYNAPSES:,} synapses, 1 s in steps of "
            f"{network.neuron.dt} ms at {found.rate:.1f} Hz: plastica {min(seconds for _, seconds in runs):.2f} s"
        )


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """Return what a call returns, and its seconds of the processor."""
    begun = time.process_time()
    return call(), time.process_time() - begun


def brian2() -> None:
    """Print the time of the same networks in Brian2."""
    import brian2 as b

    b.prefs.codegen.target = "cython"
    for neurons in NEURONS:
        whole, monitor = network_of_brian2(pl.spikes.SparseNetwork.random(neurons, SYNAPSES, seed=0))
        whole.run(100 * b.ms)
        before = monitor.num_spikes
        _, seconds = timed(lambda whole=whole: whole.run(1000 * b.ms))
        rate = (monitor.num_spikes - before) / neurons
        click.echo(f"the same in Brian2 (Cython): {neurons:,} neurons at {rate:.1f} Hz: {seconds:.2f} s")


def network_of_brian2(network: pl.spikes.SparseNetwork) -> tuple[Any, Any]:
    """Return a sparse network as one of Brian2, and what counts its spikes."""
    import brian2 as b

    neuron, neurons = network.neuron, len(network.targets)
    b.defaultclock.dt = neuron.dt * b.ms
    space = {"tau": neuron.tau * b.ms, "tau_s": network.synapse_tau * b.ms, "drive": network.drive}
    space |= {"threshold": neuron.threshold}
    group = b.NeuronGroup(
        neurons,
        "dv/dt = (drive + arriving - v) / tau : 1 (unless refractory)\n darriving/dt = -arriving / tau_s : 1",
        threshold="v > threshold", reset="v = 0", refractory=network.refractory * b.ms, method="exact", namespace=space,
    )  # fmt: skip
    group.v = network.initial()
    synapses = b.Synapses(group, group, "w : 1", on_pre="arriving_post += w")
    pre = np.repeat(np.arange(neurons), network.targets.shape[1])
    synapses.connect(i=pre, j=np.asarray(network.targets).ravel())
    synapses.w = np.asarray(network.weights).ravel()
    monitor = b.SpikeMonitor(group)
    return b.Network(group, synapses, monitor), monitor


def diehl_cook(mnist: str | None, pictures: int, folder: str | None) -> None:
    """Print time and accuracy of Diehl and Cook's network on MNIST; without the file, the time for noise."""
    network = pl.spikes.DiehlCook(400)
    rng = np.random.default_rng(0)
    noise = (rng.random((300, 784)) < 0.19) * rng.random((300, 784), np.float32)  # as many pixels as digits have
    network.fit(noise, np.arange(300) % 10, label_rows=10, verbose=0)
    begun = time.process_time()
    network.fit(noise, np.arange(300) % 10, label_rows=10, verbose=0)
    click.echo(
        f"Diehl and Cook, 400 units, 350 steps: plastica {1000 * (time.process_time() - begun) / 310:.1f} ms a picture"
    )
    if mnist is None:
        return
    with np.load(mnist) as data:
        x, y, x_test, y_test = (data[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    learned = network.fit(x, y.astype(int), epochs=3, folder=folder, stop_after=pictures)
    click.echo(
        f"after {learned.shown:,} pictures: test accuracy {learned.accuracy(x_test, y_test):.4f}, labels from the last "
        "10,000 pictures of the training set (paper: 0.870 after 180,000)"
    )


def bindsnet() -> None:
    """Print the time of a picture in BindsNET, whose steps and units are the same."""
    import torch
    from bindsnet.models import DiehlAndCook2015

    torch.set_num_threads(1)
    network = DiehlAndCook2015(n_inpt=784, n_neurons=400, inpt_shape=(1, 28, 28))
    rng = np.random.default_rng(0)
    rates = (rng.random((12, 784)) < 0.19) * rng.random((12, 784)) * 63.75 / 1000
    shown = [torch.from_numpy(rng.random((350, 1, 1, 28, 28)) < each.reshape(1, 28, 28)).byte() for each in rates]
    times = []
    for spikes in shown:
        begun = time.process_time()
        network.run(inputs={"X": spikes}, time=350)
        network.reset_state_variables()
        times.append(time.process_time() - begun)
    click.echo(f"the same in BindsNET: {1000 * np.median(times):.1f} ms a picture")
