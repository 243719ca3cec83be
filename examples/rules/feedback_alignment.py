"""Errors sent back through other weights than the transposed ones, with the published results on MNIST.

Run ``python examples/rules/feedback_alignment.py mnist.npz`` with Keras's file of MNIST: two layers of 800 tanh units,
12 epochs for each rule and seed. Without a file, it uses the 8 x 8 digits of scikit-learn.
"""

from __future__ import annotations

import sys

import numpy as np

import plastica as pl

# Test error in percent: Nøkland 2016, table 1 (2 x 800 tanh, without dropout); Lee et al. 2015, section 3.1 (7 x 240).
PUBLISHED = {
    "backprop": "1.60",
    "feedback_alignment": "1.64",
    "direct_feedback_alignment": "1.74",
    "sign_symmetry": "-",
    "target_propagation": "1.94",
}


def digits(path):
    if path is None:
        from sklearn.datasets import load_digits

        x, y = load_digits(return_X_y=True)
        return x[:1300] / 16, y[:1300], x[1300:] / 16, y[1300:]
    with np.load(path) as file:
        x, y, x_test, y_test = (file[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    return x.reshape(-1, 784) / np.float32(255), y, x_test.reshape(-1, 784) / np.float32(255), y_test


def main(path=None, rules=tuple(PUBLISHED), units=800, epochs=12, seeds=1):
    x, y, x_test, y_test = digits(path)
    size = 128 if path else 32
    steps = epochs * -(-len(x) // size)
    print(f"{'test error in %':26} published   here: mean of {seeds} seeds, angle to the gradient by layer")
    found = {}
    for rule in rules:
        errors = []
        for seed in range(seeds):
            hidden = [pl.Dense(units, activation="tanh") for _ in range(2)]
            model = pl.Sequential([*hidden, pl.Dense(10, activation="softmax")], seed=seed)
            rate = pl.schedules.CosineDecay(0.003, steps)
            model.compile(pl.optimizers.Adam(rate), "sparse_categorical_crossentropy", ["accuracy"], rule=rule)
            model.fit(x, y, epochs=epochs, batch_size=size, verbose=0)
            errors.append(100 - 100 * model.evaluate(x_test, y_test, verbose=0)[1])
        angles = ", ".join(f"{layer.angle:.0f}" for layer in model.alignment(x[:500], y[:500]))
        print(f"{rule:26} {PUBLISHED[rule]:>9} {np.mean(errors):>7.2f}  {angles}")
        found[rule] = float(np.mean(errors))
    return found


if __name__ == "__main__":
    main(*sys.argv[1:2])
