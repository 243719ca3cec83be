"""Two classes: 8 inputs, 10 relu units, 1 sigmoid unit, binary cross-entropy, accuracy.

The rows are the 569 tumours of the Wisconsin data set of scikit-learn; the inputs are the means of eight measurements
of the cells, the target is whether the tumour was benign. Run: ``python examples/tumours.py``.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_breast_cancer

import plastica as pl


def main(epochs=100, verbose=0):
    data = load_breast_cancer()
    order = np.random.default_rng(0).permutation(len(data.target))
    x, y = data.data[order, :8], data.target[order]
    train, held_out = slice(0, 400), slice(400, None)
    # The scaling is computed from the training rows only, so that no information leaks from the test rows.
    mean, deviation = x[train].mean(0), x[train].std(0)
    x = (x - mean) / deviation

    model = pl.Sequential([pl.Dense(10, activation="relu", input_dim=8), pl.Dense(1, activation="sigmoid")])
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    history = model.fit(x[train], y[train], epochs=epochs, batch_size=10, validation_split=0.2, verbose=verbose)
    print(history)

    _, accuracy = model.evaluate(x[held_out], y[held_out], verbose=0)
    often = max(y[held_out].mean(), 1 - y[held_out].mean())
    print(
        f"accuracy on {len(y[held_out])} held-out rows: {accuracy:.3f}; always guessing the larger class: {often:.3f}"
    )
    return accuracy


if __name__ == "__main__":
    main()
