"""A linear model as a network without hidden layers, with the weights of a scikit-learn model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

import numpy as np

from .. import layers
from ..data.target import Target
from ..model import Sequential
from ..optimizers import Adam
from ..settings import Settings
from .output_layer import end_for

if TYPE_CHECKING:
    from ..evaluation.baselines import Baseline


class LinearFit(Protocol):
    """A fitted linear model of scikit-learn."""

    coef_: np.ndarray
    intercept_: np.ndarray
    classes_: np.ndarray  # of classifiers only


NEVER = -1e9  # a logit whose probability is exactly 0 in float32


def linear_network(baseline: Baseline, target: Target, width: int, seed: int) -> Sequential:
    """Return a network with the predictions of fitted logistic or ridge regressions, up to rounding in float32.

    Args:
        baseline: The models, one for each label or number.
        target: The target; numbers are predicted in its scale.
        width: The number of features.
        seed: The seed of the network, for further training.
    """
    end = end_for(target.task, target.outputs, Settings())
    codes = baseline.layout.codes if baseline.layout is not None else ()
    front = [layers.CategoryIndicators(codes)] if codes else []
    made = [layers.Input((width,)), *front, layers.Dense(end.units, activation=end.activation)]
    model = Sequential(made, seed=seed)
    model.compile(Adam(), end.loss, [] if end.metric is None else [end.metric])
    spread = width + sum(count - 1 for _, count in codes)
    kernel, bias = np.zeros((spread, end.units)), np.zeros(end.units)
    for place, fitted in enumerate(baseline.models):
        _fill(kernel, bias, place, cast("LinearFit | int", fitted), target)
    model.set_weights([kernel.astype(np.float32), bias.astype(np.float32)])
    return model


def _fill(kernel: np.ndarray, bias: np.ndarray, place: int, fitted: LinearFit | int, target: Target) -> None:
    """Write the weights of one fitted model, or the single class of its training rows, to its outputs."""
    if target.task == "multiclass":
        bias[:] = NEVER
    if isinstance(fitted, int):
        if target.task == "multiclass":
            bias[fitted] = 0.0
        else:
            bias[place] = -NEVER if fitted else NEVER
    elif target.task == "regression":
        kernel[:, place] = np.ravel(fitted.coef_) / target.scales[place]
        bias[place] = (float(np.ravel(fitted.intercept_)[0]) - target.means[place]) / target.scales[place]
    elif target.task != "multiclass":
        kernel[:, place], bias[place] = fitted.coef_[0], fitted.intercept_[0]
    elif len(fitted.classes_) == 2:
        # Logistic regression of two classes has one row of weights: those of the second class, with 0 for the first.
        kernel[:, fitted.classes_[1]] = fitted.coef_[0]
        bias[fitted.classes_] = [0.0, fitted.intercept_[0]]
    else:
        kernel[:, fitted.classes_], bias[fitted.classes_] = fitted.coef_.T, fitted.intercept_
