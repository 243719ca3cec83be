"""Features learned by competition without labels, and a read-out trained on them.

Run ``python examples/rules/competitive.py mnist.npz`` with Keras's file of MNIST; without a file, it uses the 8 x 8
digits of scikit-learn. The paper of Krotov and Hopfield reports 1.46 % with 2000 units after 1000 and 300 epochs.
"""

from __future__ import annotations

import sys

import numpy as np

import plastica as pl
from plastica.rules import Competitive, Greedy, KrotovHopfield

# Each with a suitable length of the images: the softmax of competing units assumes distances of variance 1.
RULES = {"competitive": (Competitive(), 9), "krotov_hopfield": (KrotovHopfield(), 1)}


def digits(path):
    """Return images scaled to length 1 with their labels, for training and for test."""
    if path is None:
        from sklearn.datasets import load_digits

        x, y = load_digits(return_X_y=True)
    else:
        with np.load(path) as file:
            x, y = (np.concatenate([file[f"{name}_train"], file[f"{name}_test"]]) for name in "xy")
    x = x.reshape(len(x), -1).astype(np.float32)
    x, cut = x / np.linalg.norm(x, axis=1, keepdims=True), len(x) - (10_000 if path else 400)
    return x[:cut], y[:cut], x[cut:], y[cut:]


def main(path=None, units=1000, epochs=(12, 10), verbose=2):
    x, y, x_test, y_test = digits(path)
    size, errors = 100 if path else 20, {}
    for name, (rule, length) in RULES.items():
        staged = Greedy(rule, epochs=epochs[0])  # first the features, then only the read-out
        model = pl.Sequential(staged.layers_for([units], pl.Dense(10, activation="softmax")))
        rate = pl.schedules.CosineDecay(0.003, sum(epochs) * -(-len(x) // size))
        model.compile(pl.optimizers.Adam(rate), "sparse_categorical_crossentropy", ["accuracy"], rule=staged)
        model.fit(length * x, y, epochs=sum(epochs), batch_size=size, verbose=verbose)
        errors[name] = 100 - 100 * model.evaluate(length * x_test, y_test, verbose=0)[1]
        print(f"{name}: test error {errors[name]:.2f} %")
    return errors


if __name__ == "__main__":
    main(*sys.argv[1:2])
