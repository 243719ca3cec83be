"""Handwritten digits: 784 inputs, 32 relu units, 10 softmax units, Adam, categorical cross-entropy.

Run ``python examples/digits.py`` for the 8 x 8 digits of scikit-learn, enlarged three times to fill 28 x 28 pixels, or
``python examples/digits.py mnist.npz`` for Keras's file of MNIST.
"""

from __future__ import annotations

import sys

import numpy as np

import plastica as pl


def small_digits():
    """Return the digits of scikit-learn as 28 x 28 images from 0 to 1, and their labels."""
    from sklearn.datasets import load_digits

    pictures, labels = load_digits(return_X_y=True)
    larger = np.kron(pictures.reshape(-1, 8, 8) / 16, np.ones((3, 3)))
    return np.pad(larger, ((0, 0), (2, 2), (2, 2))), labels


def mnist(path):
    with np.load(path) as file:
        return file["x_train"] / 255, file["y_train"]


def main(path=None, rows=1000, epochs=10, verbose=2):
    pictures, labels = mnist(path) if path else small_digits()
    order = np.random.default_rng(0).permutation(len(pictures))
    x, y = pictures.reshape(-1, 784)[order], np.eye(10)[labels[order]]

    model = pl.Sequential([pl.Dense(32, activation="relu", input_dim=784), pl.Dense(10, activation="softmax")])
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    model.fit(x[:rows], y[:rows], epochs=epochs, batch_size=32, verbose=verbose)

    _, accuracy = model.evaluate(x[rows : rows + 500], y[rows : rows + 500], verbose=0)
    print(f"accuracy on 500 digits it has not seen: {accuracy:.3f}")
    return accuracy


if __name__ == "__main__":
    main(*sys.argv[1:2])
