"""A society on several workers: they train members between meetings, and bring only weights to each meeting.

Workers are processes of this machine, or of a cluster of Ray with ``ray://HOST:10001``. They stay alive until the end;
one that is killed is replaced, and the members are those of one process up to rounding.
Run: ``python examples/society_on_workers.py [local:2]``.
"""

from __future__ import annotations

import sys

import numpy as np
from sklearn.datasets import load_digits

import plastica as pl


def society_of(members: int) -> pl.Society:
    model = pl.Sequential([pl.Dense(32, activation="relu"), pl.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return pl.Society(model, "small_world", members=members, exchange="gossip", label_skew=0.5)


def main(cluster: str = "local:2", epochs: int = 10, members: int = 8, rows: int = 1500):
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32)
    given = {"epochs": epochs, "validation_data": (x[rows:], y[rows:]), "verbose": 0}
    society, alone = society_of(members), society_of(members)
    society.fit(x[:rows], y[:rows], **given, cluster=cluster)
    print(society.history)

    alone.fit(x[:rows], y[:rows], **given)
    weights, others = ([each for model in made for each in model.get_weights()] for made in (society, alone))
    apart = max(float(np.abs(one - other).max()) for one, other in zip(weights, others, strict=True))
    print(f"largest difference from the weights of one process: {apart:.1e}")
    return society, alone


if __name__ == "__main__":
    main(*sys.argv[1:2])
