"""The linear part of a network for numbers, which begins as a ridge regression."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from .. import layers
from ..checks.prepared import Prepared
from ..data.encoders.scaling import LIMIT
from ..data.encoding import FeatureLayout
from ..layers import Layer
from ..layers.layer import INFERENCE
from ..model import Sequential
from ..typing import Float
from .folds import Folds

PENALTIES = np.logspace(-2, 4, 13)
MOST_NUMBERS = 20_000_000  # in the features of a regression: 160 MB, and seconds


def with_linear_part(
    deep: tuple[Layer, ...], layout: FeatureLayout, codes: tuple[tuple[int, int], ...], units: int
) -> layers.WideAndDeep:
    """Return the layers of a network with a linear part beside them.

    Args:
        deep: The layers of the network. For the start, the last one should return zeros.
        layout: The layout of the features.
        codes: The columns of category codes, and how many there are, as in the deep part.
        units: The units of the last layer.
    """
    front: list[Layer] = [layers.Unclip(layout.numbers, limit=LIMIT)] if layout.numbers else []
    front += [layers.CategoryIndicators(codes)] if codes else []
    return layers.WideAndDeep((*front, layers.Dense(units, kernel_initializer="zeros")), deep)


def start_linear_part(model: Sequential, prepared: Prepared, folds: Folds | None = None) -> None:
    """Set the linear part to ridge regressions of the training rows, one for each copy of the network.

    Nothing happens if the network is trained already, or has no linear part.

    Args:
        model: The network.
        prepared: The table, split and encoded.
        folds: The folds of the copies; each leaves the rows of its fold out. Default: all learn from the training set.
    """
    last = model.layers[-1]
    copies = last.copies if isinstance(last, layers.Ensemble) else 1
    part = last.layers[-1] if isinstance(last, layers.Ensemble) else last
    if not isinstance(part, layers.WideAndDeep) or model.is_trained:
        return
    rows = prepared.split.train if folds is None else folds.rows
    x, y = _features(model, part, prepared.x[rows]), prepared.y[rows].reshape(len(rows), -1).astype(np.float64)
    if folds is None:
        found = [ridge(x, y)] * copies
    else:
        learned = ~folds.left_out[:, :: folds.left_out.shape[1] // copies]  # (rows, copies)
        found = [ridge(x[own], y[own]) for own in learned.T]
    kernel, bias = (np.stack([each[place] for each in found]).astype(np.float32) for place in (0, 1))
    name, params = f"wide/{len(part.wide) - 1}", list(model.params)
    if isinstance(last, layers.Ensemble):
        params[-1] = params[-1] | {f"0/{name}/kernel": kernel, f"0/{name}/bias": bias}
    else:
        params[-1] = params[-1] | {f"{name}/kernel": kernel[0], f"{name}/bias": bias[0]}
    model.keep_untrained(tuple(params), model.state)


def ridge(
    x: Float[np.ndarray, "rows features"], y: Float[np.ndarray, "rows outputs"]
) -> tuple[Float[np.ndarray, "features outputs"], Float[np.ndarray, "outputs"]]:
    """Return the kernel and the bias of a ridge regression for each output.

    The penalty is the one of :data:`PENALTIES` with the least squared error of each row predicted from the others,
    e_i / (1 - h_ii) with the residual e_i and the leverage h_ii.

    Args:
        x: Features.
        y: Targets.

    Reference:
        D. M. Allen, 1974, The relationship between variable selection and data augmentation and a method for
        prediction (PRESS).
    """
    most = max(MOST_NUMBERS // x.shape[1], 2)
    if len(x) > most:
        chosen = np.linspace(0, len(x) - 1, most).astype(int)
        x, y = x[chosen], y[chosen]
    x_mean, y_mean = x.mean(0), y.mean(0)
    left, size, right = np.linalg.svd(x - x_mean, full_matrices=False)
    turned = left.T @ (y - y_mean)  # (components, outputs)
    errors = []
    for penalty in PENALTIES:
        kept = size**2 / (size**2 + penalty)
        leverage = 1 / len(x) + left**2 @ kept
        residuals = y - y_mean - left @ (kept[:, None] * turned)
        errors.append(((residuals / np.maximum(1 - leverage, 1e-9)[:, None]) ** 2).mean(0))
    penalties = PENALTIES[np.argmin(errors, axis=0)]  # (outputs,)
    kernel = right.T @ (size[:, None] / (size[:, None] ** 2 + penalties) * turned)
    return kernel, y_mean - x_mean @ kernel


def _features(model: Sequential, part: layers.WideAndDeep, x: np.ndarray) -> Float[np.ndarray, "rows features"]:
    """Return what the dense layer of the linear part reads."""
    state, last = model.state[-1], model.layers[-1]
    if isinstance(last, layers.Ensemble):
        (state,) = last.by_layer({name: array[0] for name, array in state.items()})
    front = layers.Sequential(part.wide[:-1])
    seen, _ = front.apply(({},) * len(front.layers), jnp.asarray(x), part.by_part(state)[0][:-1], INFERENCE)
    return np.asarray(seen, np.float64)
