"""Simulations of ``benchmarks.spikes``: sparse networks, and Diehl and Cook's network, beside other libraries."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import click
import numpy as np

import plastica as pl

from .sparse_network_peers import seconds_of_all

NEURONS, SYNAPSES, REPEATS = (4000, 10_000), 80, 3


def sparse() -> None:
    """Print the time of a second of each sparse network beside Brian2 and BrainPy, the best of interleaved runs."""
    for neurons in NEURONS:
        network = pl.spikes.SparseNetwork.random(neurons, SYNAPSES, seed=0)
        seconds = dict(seconds_of_all(network))
        rates = {name: second() / neurons for name, second in seconds.items()}  # compiles
        best = dict.fromkeys(seconds, np.inf)
        for _ in range(REPEATS):
            for name, second in seconds.items():
                best[name] = min(best[name], timed(second)[1])
        size = f"{neurons:,} neurons, {neurons * SYNAPSES:,} synapses"
        click.echo(f"{size}, 1 s in steps of {network.neuron.dt} ms, seconds of the processor:")
        for name, own in best.items():
            ratio = "" if name == "plastica" else f"plastica is {own / best['plastica']:.1f}x as fast"
            click.echo(f"  {name:24s} {own:6.2f} s at {rates[name]:.1f} Hz   {ratio}")


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """Return what a call returns, and its seconds of the processor, those of programs it starts included."""
    begun = sum(os.times()[:4])
    return call(), sum(os.times()[:4]) - begun


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
