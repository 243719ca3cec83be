"""Networks trained in parallel in separate processes, after one was trained in this process.

JAX uses threads. A process forked from one with threads inherits their locks but not the threads, and hangs at its
first computation. Therefore, start processes with "spawn", and put the code that starts them under ``__main__``, since
each process imports this file. The same applies to joblib (its default, "loky", is safe) and the loaders of PyTorch.

Run: ``python examples/processes.py``.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

import plastica as pl

X = np.random.default_rng(0).standard_normal((200, 4)).astype("float32")
Y = X[:, :1] * X[:, 1:2]


def loss_of(seed: int, epochs: int = 20) -> float:
    model = pl.Sequential([pl.Dense(16, activation="tanh"), pl.Dense(1)], seed=seed)
    model.compile(pl.optimizers.Adam(0.01), "mse")
    return model.fit(X, Y, epochs=epochs, verbose=0).history["loss"][-1]


def main(seeds: tuple[int, ...] = (0, 1), workers: int = 2) -> dict[int, float]:
    here = loss_of(seeds[0])
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        losses = dict(zip(seeds, pool.map(loss_of, seeds), strict=True))
    assert losses[seeds[0]] == here  # the same seed gives the same bits in every process
    for seed, loss in losses.items():
        print(f"seed {seed}: loss {loss:.4f}")
    return losses


if __name__ == "__main__":
    main()
