"""The layers of the catalogue as models with inputs that they take, and what they answer."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

import plastica as pl
from plastica.export import program_of
from plastica.export.program import ArrayProgram

from ..catalogue import LAYERS

ROWS = 3
ZERO_OR_ONE = ("mcculloch_pitts", "category_encoding")
FROM_ZERO_TO_ONE = (
    "rate_encoder", "latency_encoder", "restricted_boltzmann", "poisson_neuron", "tsodyks_markram_synapse",
)  # fmt: skip


# Draw other spikes for other numbers of rows.
DRAWN_BY_ROWS = ("rate_encoder", "poisson_neuron")
# What no file has an operation for: the Fourier transform of a cochlea.
EXPORTED = [name for name in LAYERS if name != "cochlea"]


class Answered(NamedTuple):
    """A model, rows of inputs, and its answers."""

    model: pl.Model
    x: np.ndarray
    y: np.ndarray


@functools.cache
def answered(name: str) -> Answered:
    layer, shape = LAYERS[name]
    model = pl.Model(layer)
    model.build((None, *shape))
    x = np.random.default_rng(1).standard_normal((ROWS, *shape)).astype("float32")
    if name in ZERO_OR_ONE:
        x = (x > 0).astype("float32")
    if name in FROM_ZERO_TO_ONE:
        x = np.abs(x) / np.abs(x).max()
    if name == "hopfield":
        x = np.sign(x)
    if name == "normalization":
        model.adapt(x)
    return Answered(model, x, model.predict(x))


@functools.cache
def programmed(name: str) -> ArrayProgram:
    """Return the program of a layer for any number of rows, traced once for all formats."""
    return program_of(answered(name).model)


def assert_close(found: np.ndarray, expected: np.ndarray, most: float = 1e-5) -> None:
    """Check that answers differ by less than ``most``, relative to the largest if that is above 1."""
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=0, atol=most * max(1.0, float(np.abs(expected).max())))
