"""Rules, pairs, training rows and concepts behind the answers of a network for images of digits.

The rows are 1,797 images of 8 x 8 pixels. Run: ``python examples/explain_rules.py``.
"""

from __future__ import annotations

import sys

import numpy as np
from sklearn.datasets import load_digits

import plastica as pl


def main(epochs=15, picture=None):
    data = load_digits()
    x, y = (data.images / 16).astype(np.float32)[..., None], data.target
    train, test = slice(0, 1500), slice(1500, None)

    convolution = pl.Conv2D(16, 3, activation="relu")
    model = pl.Sequential([convolution, pl.Flatten(), pl.Dense(32, "relu"), pl.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    snapshots = pl.ensembles.Snapshots(every=5)
    model.fit(x[train], y[train], epochs=epochs, callbacks=[snapshots], verbose=0)

    # What each pixel contributed, from the mean over 50 images.
    print(pl.explain.deep_shap(model, x[test][:2], x[:50], output=[0, 8]))

    # Which training images taught the answer for the first test image.
    rows = (x[test][:1], y[test][:1], x[:300], y[:300])
    print(pl.explain.tracin(model, *rows, weights=snapshots.weights))
    print(pl.explain.nearest_rows(model, x[test][:1], x[train]))

    # Whether a loop speaks for a class, beside random concepts.
    loop, none = np.isin(y, [6, 9]), np.isin(y, [1, 2, 3, 4, 5, 7])
    scores = pl.explain.tcav(model, x[y == 0], {"loop": x[loop][:80]}, x[none][:160], output=[0, 1], layer=1)
    print(scores)

    driven = pl.explain.visualise_features(model, range(10), space="pixels", decay=20.0, jitter=0)
    if picture:
        driven.plot(picture, columns=5)

    # By which pixels a 0 can be told, in a few rules, and how often they agree with the network.
    def probability_of_zero(pixels):
        return model.predict(pixels.reshape(-1, 8, 8, 1), verbose=0)[:, 0]

    rules = pl.explain.surrogate_rules(probability_of_zero, x.reshape(-1, 64), most=3)
    print(rules)
    return scores, driven, rules


if __name__ == "__main__":
    main(picture=sys.argv[1] if len(sys.argv) > 1 else None)
