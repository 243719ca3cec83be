"""Why a network answers as it does: contributions, their reliability, and what would have to change.

The rows are 569 tumours, the inputs ten measurements of their cells. Run: ``python examples/explain.py``.
"""

from __future__ import annotations

import sys

import numpy as np
from sklearn.datasets import load_breast_cancer

import plastica as pl


def main(epochs=60, picture=None):
    data = load_breast_cancer()
    order = np.random.default_rng(0).permutation(len(data.target))
    x, y = data.data[order, :10], data.target[order]
    x = ((x - x[:400].mean(0)) / x[:400].std(0)).astype(np.float32)
    names = [name.removeprefix("mean ") for name in data.feature_names[:10]]

    model = pl.Sequential([pl.Dense(16, "tanh"), pl.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    model.fit(x[:400], y[:400], epochs=epochs, verbose=0)

    # Exact Shapley values: 1,024 coalitions of ten features, with 50 training rows each.
    found = pl.explain.exact_shap(model, x[400:405], x[:50], feature_names=names)
    print(found)
    print(found.judge())
    if picture:
        found.plot(picture)

    print(pl.explain.permutation_importance(model, x[400:], y[400:], feature_names=names))
    changes = pl.explain.counterfactuals(model, x[400], x[:400], feature_names=names)
    print(f"the first row would be answered otherwise with\n{changes}")
    return found, changes


if __name__ == "__main__":
    main(picture=sys.argv[1] if len(sys.argv) > 1 else None)
