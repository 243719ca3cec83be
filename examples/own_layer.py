"""A user-defined layer: radial units, each with a centre that is learned.

    z_k = -||a - c_k||^2,   activity exp(z_k / (2 w^2))

A layer defines its output shape, its initial parameters, and its two halves ``synapse`` and ``activate``. Training,
tracing, saving and all learning rules then work with it. Run: ``python examples/own_layer.py``.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import jax.numpy as jnp
import numpy as np

import plastica as pl
from plastica.declaration import declaration


@declaration
class Radial(pl.Layer):
    """Units that respond most strongly to inputs at their centre."""

    units: int
    width: float = 1.0

    def output_shape(self, shape):
        return (self.units,)

    def init(self, rng, shape):
        centres = rng.normal(size=(self.units, *shape)).astype(np.float32)
        return pl.layers.Variables({"centres": centres}, {})

    def synapse(self, params, x, state, context):
        return -jnp.sum((x[:, None, :] - params["centres"]) ** 2, axis=-1), state

    def activate(self, potential):
        return jnp.exp(potential / (2 * self.width**2))


def main(epochs=200):
    x = np.random.default_rng(0).normal(size=(400, 2))
    y = (np.linalg.norm(x, axis=1) < 1).astype(int)  # inside a circle or not
    model = pl.Sequential([Radial(12, width=0.7), pl.Dense(1, activation="sigmoid")])
    model.compile(optimizer=pl.optimizers.Adam(0.02), loss="binary_crossentropy", metrics=["accuracy"])
    print(model.fit(x, y, epochs=epochs, verbose=0))

    with tempfile.TemporaryDirectory() as folder:
        path = model.save(Path(folder) / "circle.plastica")
        again = pl.load(path, custom={"Radial": Radial})  # files contain names and numbers, never code
    assert np.array_equal(again.predict(x), model.predict(x))
    return model.evaluate(x, y, verbose=0)[1]


if __name__ == "__main__":
    main()
