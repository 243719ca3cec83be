"""What a network must beat: a guess that looks at no column, and a linear model on the same features."""

from __future__ import annotations

import warnings

import numpy as np


def baseline_answers(
    task: str, x: np.ndarray, y: np.ndarray, held_out: np.ndarray, classes: int
) -> dict[str, np.ndarray]:
    """Return what each baseline answers for the held-out rows.

    For classes logistic regression and the classes' shares; for numbers ridge regression and the mean; all
    of them scikit-learn's, with its defaults.

    Args:
        task: "binary", "multiclass" or "regression".
        x, y: Features and targets of the training rows.
        held_out: Features of the held-out rows.
        classes: How many classes there are; 0 for numbers.
    """
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.linear_model import LogisticRegression, Ridge

    if task == "regression":
        models = {"linear": Ridge(), "dummy": DummyRegressor()}
        return {name: model.fit(x, y).predict(held_out).astype(np.float64) for name, model in models.items()}
    found = {}
    for name, model in {"linear": LogisticRegression(max_iter=1000), "dummy": DummyClassifier()}.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it would need more steps: it is a baseline as it is
            model.fit(x, y)
        shares = np.zeros((len(held_out), classes))
        shares[:, model.classes_] = model.predict_proba(held_out)
        found[name] = shares / shares.sum(1, keepdims=True)  # from float32 they do not quite sum to 1
    return found
