"""What the hidden units of a network detect, where its decisions change, and how wide its minimum is.

Run: ``python examples/inside.py``, with a folder as argument to write the pictures there.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sklearn.datasets import load_breast_cancer

import plastica as pl


def main(folder=None, epochs=40):
    data = load_breast_cancer(as_frame=True)
    x, y = data.data, data.target.to_numpy()
    x = ((x - x.mean()) / x.std()).to_numpy("float32")
    model = pl.Sequential([pl.Dense(8, "relu"), pl.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=epochs, verbose=0)

    names = list(data.data.columns)
    units = pl.inside.unit_detectors(model, x, y, feature_names=names, class_names=["malignant", "benign"])
    boundary = pl.inside.decision_boundary(model, x, y, class_names=["malignant", "benign"])
    landscape = pl.inside.loss_landscape(model, x, y, points=21)
    pruning = pl.inside.pruning_curves(model, x, y)
    looks = {"units": units, "boundary": boundary, "landscape": landscape, "pruning": pruning}
    for name, look in looks.items():
        print("\n".join(look.sentences()))
        if folder:
            look.plot(Path(folder) / f"{name}.svg")
    return looks


if __name__ == "__main__":
    main(*sys.argv[1:2])
