"""A network that learns nothing, what the doctor says, and which remedy mends it: ``python examples/doctor.py``."""

from __future__ import annotations

import sys

import numpy as np

import plastica as pl


def main(epochs: int = 30) -> tuple[pl.doctor.Diagnosis, pl.doctor.RemedyTrials]:
    """Train ten layers of sigmoids, ask what is wrong, and try the remedies."""
    x = np.random.default_rng(0).normal(size=(512, 4)).astype(np.float32)
    y = np.sin(x[:, 0]) + x[:, 1] * x[:, 2]
    train, held_out = (x[:384], y[:384]), (x[384:], y[384:])

    model = pl.Sequential([*(pl.Dense(16, "sigmoid") for _ in range(10)), pl.Dense(1)], seed=0)
    model.compile(pl.optimizers.Adam(0.001), "mse")
    # The doctor prints what it sees while the network trains.
    model.fit(*train, epochs=epochs, verbose=2, validation_data=held_out, doctor=True)

    found = model.diagnose(*train, validation_data=held_out)
    print(found)
    trials = found.try_remedies(seeds=2)
    print(trials)
    return found, trials


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
