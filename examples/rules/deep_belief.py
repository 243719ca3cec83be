"""A deep belief network: Boltzmann machines trained layer by layer without labels, then backprop with labels.

Run ``python examples/rules/deep_belief.py mnist.npz`` with Keras's file of MNIST; without a file, it uses the 8 x 8
digits of scikit-learn. Hinton and Salakhutdinov (2006) report 1.2 % test error with 500-500-2000 units.
"""

from __future__ import annotations

import sys

import numpy as np

import plastica as pl


def digits(path):
    """Return images from 0 to 1 with their labels, for training and for test."""
    if path is None:
        from sklearn.datasets import load_digits

        x, y = load_digits(return_X_y=True)
        x, cut = x / 16, len(x) - 400
    else:
        with np.load(path) as file:
            x, y = (np.concatenate([file[f"{name}_train"], file[f"{name}_test"]]) for name in "xy")
        x, cut = x.reshape(len(x), -1) / np.float32(255), len(x) - 10_000
    return x[:cut], y[:cut], x[cut:], y[cut:]


def main(path=None, units=(500, 500), epochs=(5, 15), verbose=2):
    x, y, x_test, y_test = digits(path)
    alone, last = epochs
    machines = pl.rules.ContrastiveDivergence(visible="binary")
    rules = {
        "deep belief": (pl.rules.Greedy(machines, alone, then=pl.Backprop()), alone * len(units) + last),
        "backprop alone": (pl.Backprop(), last),
    }
    errors = {}
    for name, (rule, run) in rules.items():
        model = pl.Sequential(machines.layers_for(units, pl.Dense(10, activation="softmax")))
        model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"], rule=rule)
        model.fit(x, y, epochs=run, batch_size=100 if path else 20, verbose=verbose)
        errors[name] = 100 - 100 * model.evaluate(x_test, y_test, verbose=0)[1]
        print(f"{name}: test error {errors[name]:.2f} %")
    return errors


if __name__ == "__main__":
    main(*sys.argv[1:2])
