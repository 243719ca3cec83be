"""Networks trained side by side in processes of their own, after one was trained in this one.

JAX runs threads, and a process that is forked from one with threads has their locks without them: it hangs at its first
computation. So begin processes by "spawn", which starts each anew, and keep what starts them under ``__main__``, since
each imports this file. The same holds for joblib ("loky", its default, does so) and PyTorch's loaders.

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
    assert losses[seeds[0]] == here  # the same seed, the same bits, in whatever process
    for seed, loss in losses.items():
        print(f"seed {seed}: loss {loss:.4f}")
    return losses


if __name__ == "__main__":
    main()
