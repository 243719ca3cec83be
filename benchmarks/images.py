"""MNIST from one .npz file with x_train, y_train, x_test and y_test."""

from __future__ import annotations

import numpy as np

Part = tuple[np.ndarray, np.ndarray]


def load(path: str, shape: tuple[int, ...]) -> tuple[Part, Part]:
    """Return training and test images, floats in [0, 1] of ``shape``, with their labels."""
    with np.load(path) as file:
        parts = [(file[f"x_{name}"], file[f"y_{name}"]) for name in ("train", "test")]
    train, test = ((x.reshape(-1, *shape).astype(np.float32) / 255, labels.astype(np.int64)) for x, labels in parts)
    return train, test
