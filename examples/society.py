"""Ten learners with few digits each: alone, and on a graph on which they average or imitate.

python examples/society.py
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import plastica as pl

EPOCHS = 40


def main(epochs: int = EPOCHS) -> dict[str, float]:
    """Train the three societies; return the mean accuracy of the members of each."""
    digits = load_digits()
    x, x_test, y, y_test = train_test_split(
        digits.data.astype(np.float32) / 16, digits.target, random_state=0, stratify=digits.target
    )
    model = pl.Sequential([pl.Dense(32, activation="relu"), pl.Dense(10, activation="softmax")])
    model.compile(pl.optimizers.Adam(0.005), "sparse_categorical_crossentropy")
    found = {}
    for exchange in ("none", "imitate", "gossip"):
        # Most members see four or five of the ten digits.
        society = pl.Society(model, "small_world", members=10, exchange=exchange, label_skew=0.5)
        history = society.fit(x, y, epochs=epochs, validation_data=(x_test, y_test), verbose=0)
        last = history.to_frame().row(-1, named=True)
        print(
            f"{exchange:8} members {last['mean_score']:.3f}, all together {last['crowd_score']:.3f}, "
            f"agreement {last['agreement']:.3f}"
        )
        found[exchange] = last["mean_score"]
    return found


if __name__ == "__main__":
    main()
