"""Rules with settling activities, compared with backprop and the published results on MNIST.

Run ``python examples/rules/predictive_coding.py mnist.npz`` with Keras's file of MNIST: 500 hidden units, 10 epochs for
each rule. Without a file, it uses the 8 x 8 digits of scikit-learn, 100 epochs.
"""

from __future__ import annotations

import sys

import numpy as np

import plastica as pl
from plastica.rules import EquilibriumPropagation

# Test error in percent. Whittington, Bogacz 2017, figure 6: 2 x 600 sigmoid units, both rules alike. Scellier, Bengio
# 2017, section 5: 1 to 3 layers of 500 units that settle with the output.
RULES = {
    "backprop": ("backprop", "relu", "1.7 to 1.8"),
    "predictive coding": ("predictive_coding", "relu", "1.7 to 1.8"),
    "  its Z-IL form": ("predictive_coding_zero_divergence", "relu", "backprop's"),
    "equilibrium propagation": ("equilibrium_propagation", "sigmoid", "2 to 3"),
    "  the output settles too": (EquilibriumPropagation(readout=False), "sigmoid", "2 to 3"),
}


def digits(path):
    if path is None:
        from sklearn.datasets import load_digits

        x, y = load_digits(return_X_y=True)
        return x[:1300] / 16, y[:1300], x[1300:] / 16, y[1300:]
    with np.load(path) as file:
        x, y, x_test, y_test = (file[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    return x.reshape(-1, 784) / np.float32(255), y, x_test.reshape(-1, 784) / np.float32(255), y_test


def main(path=None, rules=tuple(RULES), units=500, epochs=None, seed=0):
    x, y, x_test, y_test = digits(path)
    epochs = epochs or (10 if path else 100)
    print(f"{'test error in %':26} published   here, seed {seed}")
    found = {}
    for name in rules:
        rule, activation, published = RULES[name]
        settles = isinstance(rule, EquilibriumPropagation)  # with a squared error at the output
        last, loss = ("sigmoid", "half_squared_error") if settles else ("softmax", "categorical_crossentropy")
        rate = pl.schedules.CosineDecay(0.005 if activation == "sigmoid" else 0.001, epochs * -(-len(x) // 100))
        layers = [pl.Dense(units, activation=activation), pl.Dense(10, activation=last)]
        model = pl.Sequential(layers, seed=seed)
        model.compile(pl.optimizers.Adam(rate), loss, ["categorical_accuracy"], rule=rule)
        model.fit(x, np.eye(10)[y], epochs=epochs, batch_size=100, verbose=0)
        found[name] = 100 - 100 * model.evaluate(x_test, np.eye(10)[y_test], verbose=0)[1]
        print(f"{name:26} {published:>10} {found[name]:>8.2f}")
    return found


if __name__ == "__main__":
    main(*sys.argv[1:2])
