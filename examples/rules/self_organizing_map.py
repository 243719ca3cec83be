"""Self-organizing maps compared with MiniSom: quantization error, topographic error and time.

Run: ``python examples/rules/self_organizing_map.py mnist.npz``: 10,000 rows of Keras's file, 20 x 20 units. Without a
file, it uses the digits of scikit-learn. MiniSom, if installed, takes as many steps with the same rates and radii.
"""

from __future__ import annotations

import importlib.util
import sys
import time

import numpy as np
from sklearn.datasets import load_digits

import plastica as pl


def digits(path):
    if path is None:
        x, y = load_digits(return_X_y=True)
        return x / 16, y, 12
    with np.load(path) as file:
        return file["x_train"][:10_000].reshape(-1, 784) / 255, file["y_train"][:10_000], 20


def timed(train, *args, **settings):
    start = time.perf_counter()
    train(*args, **settings)
    return time.perf_counter() - start


def main(path=None, epochs=5, picture=None):
    x, y, side = digits(path)
    rule = pl.rules.Kohonen(0.5, 0.5 / 3, radius=side / 2, radius_end=side / 6, decay="inverse")
    found = {}
    for name, batch_size in (("one row a step", 1), ("32 rows a step", 32)):
        for _ in range(2):  # the first time compiles
            model = pl.Sequential([pl.Grid(side, side)])
            model.compile(rule=rule)
            pl.maps.start_from(model, x, "sample")
            seconds = timed(
                lambda model=model, size=batch_size: model.fit(x, batch_size=size, epochs=epochs, verbose=0)
            )
        found[name] = pl.maps.quantization_error(model, x), pl.maps.topographic_error(model, x), seconds
    if importlib.util.find_spec("minisom"):
        from minisom import MiniSom

        som = MiniSom(side, side, x.shape[1], sigma=side / 2, learning_rate=0.5, random_seed=0)
        som.random_weights_init(x)
        seconds = timed(som.train, x, epochs * len(x), random_order=True)
        found["MiniSom"] = som.quantization_error(x), som.topographic_error(x), seconds
    for name, (quantization, topographic, seconds) in found.items():
        print(f"{name:15} quantization error {quantization:.3f}, topographic {topographic:.3f}, {seconds:.2f} s")
    pl.maps.draw(model, x, y, path=picture)
    return found


if __name__ == "__main__":
    main(*sys.argv[1:2], picture="map.png")
