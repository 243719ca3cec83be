"""What a network must beat: a guess that looks at no column, and a linear model on the same features."""

from __future__ import annotations

import numpy as np

from .linear import logistic, ridge


def baseline_answers(
    task: str, x: np.ndarray, y: np.ndarray, held_out: np.ndarray, classes: int
) -> dict[str, np.ndarray]:
    """Return what each baseline answers for the held-out rows.

    For classes logistic regression and the classes' shares; for numbers ridge regression and the mean.

    Args:
        task: "binary", "multiclass" or "regression".
        x, y: Features and targets of the training rows.
        held_out: Features of the held-out rows.
        classes: How many classes there are; 0 for numbers.
    """
    if task == "regression":
        return {"linear": ridge(x, y)(held_out), "dummy": np.full(len(held_out), y.mean())}
    guess = np.bincount(y, minlength=classes) / len(y)
    return {"linear": logistic(x, y, classes)(held_out), "dummy": np.tile(guess, (len(held_out), 1))}
