"""A look inside a network: the input, potential z, activity a, error delta and gradient of each layer.

Run: ``python examples/look_inside.py``, with a folder as argument to draw the network there.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import plastica as pl


def main(folder=None):
    x = np.array([[0.0, 1.0], [1.0, 1.0]])
    y = np.array([[1.0], [0.0]])
    model = pl.Sequential([pl.Dense(3, activation="tanh", input_dim=2), pl.Dense(1, activation="sigmoid")])
    model.compile(optimizer="sgd", loss="binary_crossentropy")
    model.summary()

    trace = model.trace(x, y)
    print(f"loss {trace.loss:.4f}")
    for layer in trace:
        print(layer.path)
        for name, array in layer.arrays().items():
            print(f"  {name:11}", np.array2string(array, precision=3, prefix=" " * 14))

    # The same by hand: sigmoid with cross-entropy gives delta = a - y, and errors are sent back through the weights.
    hidden, output = trace
    kernel = model.params[1]["kernel"]
    delta_output = (output.activity - y) / len(x)
    delta_hidden = (delta_output @ kernel.T) * (1 - hidden.activity**2)
    np.testing.assert_allclose(output.delta, delta_output, atol=1e-6)
    np.testing.assert_allclose(hidden.delta, delta_hidden, atol=1e-6)
    np.testing.assert_allclose(hidden.gradient["kernel"], x.T @ delta_hidden, atol=1e-6)
    print("The formulas by hand give the same numbers.")
    if folder:
        model.draw(Path(folder) / "network.svg")
    return trace


if __name__ == "__main__":
    main(*sys.argv[1:2])
