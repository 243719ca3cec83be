"""What spiking networks learn, beside published figures: ``python benchmarks/spikes_learning.py --mnist mnist.npz``.

MNIST: fully connected leaky neurons with surrogate gradients. "direct" shows each picture as a constant current for 25
steps, "rate" as Poisson spikes for 25 steps of 100 Hz to 1 kHz. snnTorch's tutorial reaches about 94 % after one epoch
with 1,000 hidden neurons; surrogate gradients in fully connected networks about 98 % (Neftci, Mostafa, Zenke 2019).

Spoken digits (``--digits spoken_digits.npz``): spikes of a cochlea or, with ``--front mel``, energies in mel bands,
each 10 ms; a recurrent spiking layer with adaptive thresholds beside an LSTM of as many units, on the same inputs.
"LSTM" answers after the last step, "LSTM-mean" and the spiking layer by the mean over all steps. Test: takes 0 to 4 of
each speaker and digit.
"""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import click
import jax
import numpy as np

import plastica as pl

LOGITS = pl.losses.SparseCategoricalCrossentropy(from_logits=True)


def mnist(path: str, coding: str, hidden: int, epochs: int, seed: int) -> None:
    """Train on MNIST and print the test accuracy after each epoch."""
    with np.load(path) as file:
        x, y, x_test, y_test = (file[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    x, x_test = (each.reshape(len(each), -1).astype("float32") / 255 for each in (x, x_test))
    if coding == "direct":
        first = [pl.Dense(hidden), pl.RepeatVector(25)]
    else:
        first = [pl.RateEncoder(25, max_rate=1000), pl.Dense(hidden)]
    readout = [pl.LIF(10.0), pl.Dense(10), pl.LeakyReadout(10.0), pl.MembraneMean()]
    model = pl.Sequential([pl.Input((784,)), *first, *readout], seed=seed)
    steps = epochs * len(x) // 128
    model.compile(pl.optimizers.Adam(pl.schedules.CosineDecay(2e-3, steps)), LOGITS, metrics=["accuracy"])
    for epoch in range(epochs):
        begun = time.perf_counter()
        model.fit(x, y, batch_size=128, epochs=epoch + 1, initial_epoch=epoch, verbose=0)
        seconds = time.perf_counter() - begun
        accuracy = model.evaluate(x_test, y_test, batch_size=1000, verbose=0)[1]
        click.echo(
            f"MNIST, {coding}, 784-{hidden}-10, seed {seed}, epoch {epoch + 1}: {accuracy:.2%} ({seconds:.0f} s)"
        )


def conversion(path: str, hidden: int, epochs: int, seed: int) -> None:
    """Train a network of rectified units on MNIST, convert it, and print the accuracy by the number of steps."""
    with np.load(path) as file:
        x, y, x_test, y_test = (file[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    x, x_test = (each.reshape(len(each), -1).astype("float32") / 255 for each in (x, x_test))
    layers = [pl.Dense(hidden, "relu"), pl.Dense(hidden, "relu"), pl.Dense(10)]
    model = pl.Sequential([pl.Input((784,)), *layers], seed=seed)
    model.compile(pl.optimizers.Adam(1e-3), LOGITS, metrics=["accuracy"])
    model.fit(x, y, batch_size=128, epochs=epochs, verbose=0)
    converted = pl.spikes.convert(model, x[:2000])
    click.echo(f"MNIST, 784-{hidden}-{hidden}-10, {epochs} epochs, seed {seed}, converted to spikes:")
    click.echo(str(converted.loss_of_conversion(x_test, y_test, (1, 2, 4, 8, 16, 32, 64))))


def mel_bands(audio: np.ndarray, bands: int = 32, width: int = 200, hop: int = 80) -> np.ndarray:
    """Return log energies in mel bands of each 10 ms of a recording at 8 kHz, ``(time, bands)``."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(audio, (0, width)), width)[::hop]
    power = np.abs(np.fft.rfft(frames * np.hanning(width))) ** 2
    frequencies = np.fft.rfftfreq(width, 1 / 8000)
    edges = 700 * (np.exp(np.linspace(np.log(1 + 60 / 700), np.log(1 + 4000 / 700), bands + 2)) - 1)
    rising = (frequencies - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - frequencies) / np.diff(edges)[1:, None]
    return np.log1p(power @ np.clip(np.minimum(rising, falling), 0, None).T)


def cochlea_spikes(recordings: list[np.ndarray], steps: int, fibres: int = 3) -> np.ndarray:
    """Return spikes of a cochlea with 40 channels in each 10 ms, ``(rows, time, channels * fibres)``."""
    cochlea = pl.Cochlea(40, 8000, 100.0, 3600.0, fibres, dt=10.0, max_rate=90.0)
    sound = np.zeros((len(recordings), steps * 80), "float32")
    for row, audio in enumerate(recordings):
        part = audio[: steps * 80]
        # As loud as the others: the mean amplitude is that at which fibres reach their largest rate.
        sound[row, : len(part)] = part * 0.1 / max(float(np.sqrt(np.mean(part**2))), 1e-6)
    encode = jax.jit(lambda rows: cochlea.apply({}, rows)[0])
    return np.concatenate([np.asarray(encode(sound[place : place + 100])) for place in range(0, len(sound), 100)])


def energies(recordings: list[np.ndarray], steps: int) -> np.ndarray:
    """Return log energies in mel bands of each 10 ms, ``(rows, time, bands)``."""
    found = np.zeros((len(recordings), steps, 32), "float32")
    for row, audio in enumerate(recordings):
        bands = mel_bands(audio / 32768.0 * 100)[:steps]
        found[row, : len(bands)] = bands
    return found


def spoken(path: str, front: str, network: str, units: int, epochs: int, seed: int, steps: int = 60) -> None:
    """Train a spiking layer and an LSTM on spoken digits and print the test accuracy of both."""
    with np.load(path) as file:
        audio, offsets, digit, take = (file[name] for name in ("audio", "offsets", "digit", "take"))
    recordings = [audio[start:end].astype("float32") for start, end in pairwise(offsets)]
    test, begun = take < 5, time.perf_counter()
    found = cochlea_spikes(recordings, steps) if front == "cochlea" else energies(recordings, steps)
    if front == "mel":
        found = (found - found[~test].mean((0, 1))) / found[~test].std((0, 1))
    else:
        rate = 100 * found.mean()
        click.echo(f"cochlea: {rate:.0f} spikes a second for each fibre ({time.perf_counter() - begun:.0f} s)")
    neuron = pl.AdaptiveThreshold(pl.LIF(20.0, dt=10.0, surrogate="triangle"), 0.2, 200.0)
    spiking = [pl.Spiking(units, neuron), pl.Dense(10), pl.LeakyReadout(50.0, dt=10.0), pl.MembraneMean()]
    networks = {
        "spiking": spiking,
        "LSTM": [pl.LSTM(units), pl.Dense(10)],
        "LSTM-mean": [pl.LSTM(units, return_sequences=True), pl.Dense(10), pl.MembraneMean()],
    }
    for name in networks if network == "all" else (network,):
        layers = networks[name]
        model = pl.Sequential([pl.Input(found.shape[1:]), *layers], seed=seed)
        model.compile(pl.optimizers.Adam(3e-3), LOGITS, metrics=["accuracy"])
        begun = time.perf_counter()
        model.fit(found[~test], digit[~test], batch_size=64, epochs=epochs, verbose=0)
        accuracy = model.evaluate(found[test], digit[test], verbose=0)[1]
        seconds = time.perf_counter() - begun
        click.echo(f"spoken digits, {front}, {units} {name} units, seed {seed}: {accuracy:.1%} ({seconds:.0f} s)")


@click.command()
@click.option("--mnist", "mnist_path", type=click.Path(exists=True), help="Keras's mnist.npz.")
@click.option("--digits", type=click.Path(exists=True), help="Spoken digits as audio, offsets, digit and take.")
@click.option("--front", type=click.Choice(["cochlea", "mel"]), default="cochlea", show_default=True)
@click.option("--network", type=click.Choice(["all", "spiking", "LSTM", "LSTM-mean"]), default="all", show_default=True)
@click.option("--coding", type=click.Choice(["direct", "rate"]), default="direct", show_default=True)
@click.option("--convert", is_flag=True, help="Convert a trained network of rectified units instead, for MNIST.")
@click.option("--hidden", type=int, default=1000, show_default=True, help="Hidden neurons for MNIST.")
@click.option("--units", type=int, default=128, show_default=True, help="Units for spoken digits.")
@click.option("--epochs", type=int, default=5, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
def main(mnist_path: str | None, digits: str | None, convert: bool, **given: Any) -> None:
    """Train and print test accuracies."""
    hidden, units, epochs, seed = (given[name] for name in ("hidden", "units", "epochs", "seed"))
    if mnist_path and convert:
        conversion(mnist_path, hidden, epochs, seed)
    elif mnist_path:
        mnist(mnist_path, given["coding"], hidden, epochs, seed)
    if digits:
        spoken(digits, given["front"], given["network"], units, epochs, seed)


if __name__ == "__main__":
    main()
