"""Learning rates and seeds compared by several workers, which train some of the networks each.

Workers are processes of this machine, or of a cluster of Ray with ``ray://HOST:10001``. They exchange nothing while
they train, and find the weights that one process finds, bit for bit. A worker that is killed is started again.
Run: ``python examples/cluster.py [local:2]``.
"""

from __future__ import annotations

import sys

import numpy as np

import plastica as pl


def population_of(rates: tuple[float, ...], seeds: int) -> pl.Population:
    model = pl.Sequential([pl.Dense(16, activation="tanh"), pl.Dense(1)])
    model.compile("adam", "mse")
    return pl.Population(model, learning_rate=rates, seeds=seeds)


def main(cluster: str = "local:2", epochs: int = 100, rates: tuple[float, ...] = (0.1, 0.01, 0.001), seeds: int = 4):
    x = np.random.default_rng(0).uniform(-1, 1, (400, 3)).astype("float32")
    y = x[:, :1] * x[:, 1:2]
    population = population_of(rates, seeds)
    population.fit(x, y, epochs=epochs, validation_split=0.25, cluster=cluster)
    print(population.ranking())

    # A search divides its trials, cross_validate its folds, in the same way: search.fit(x, y, cluster=cluster).
    alone = population_of(rates, seeds)
    alone.fit(x, y, epochs=epochs, validation_split=0.25, verbose=0)
    weights, others = ([each for model in models for each in model.get_weights()] for models in (population, alone))
    print("the same bits as in one process:", all(map(np.array_equal, weights, others)))
    return population


if __name__ == "__main__":
    main(*sys.argv[1:2])
