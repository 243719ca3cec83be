"""Digits, two at a time: what a network forgets, and what helps. Prints a table, and draws continual.png.

python examples/continual.py
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

import plastica as pl

STRATEGIES = ("naive", "ewc", "lwf", pl.continual.Replay(size=100), "generative", "joint")


def main(strategies=STRATEGIES, epochs: int = 20, seeds: int = 3) -> None:
    """Compare strategies on five experiences of two digits each."""
    digits = load_digits()
    stream = pl.continual.split_classes(digits.data.astype(np.float32) / 16, digits.target, scenario="class")

    model = pl.Sequential([pl.Dense(64, "relu"), pl.Dense(10, "softmax")])
    model.compile(pl.optimizers.Adam(0.003), "sparse_categorical_crossentropy")

    found = pl.continual.compare(model, stream, strategies, seeds=seeds, epochs=epochs, batch_size=16)
    print(found)
    found.plot("continual.png")


if __name__ == "__main__":
    main()
