"""Metrics as functions of targets and predictions, under Keras's names in lower case."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from ..losses.shapes import as_prediction
from .accuracy import (
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from .correlation import ConcordanceCorrelation, PearsonCorrelation
from .mean import RowMean

# The declaration of each function, with which compile(metrics=[categorical_accuracy]) is that of its name.
DECLARED: dict[object, type[RowMean]] = {}


def _named(name: str, cls: type[RowMean], axes: int = 1) -> Callable[..., jax.Array]:
    """Return the function of a metric that works along the last ``axes`` axes, none or one."""

    def function(y_true: ArrayLike, y_pred: ArrayLike, **options: Any) -> jax.Array:
        return cast("jax.Array", compiled(cls(**options), jnp.asarray(y_true), as_prediction(y_pred)))

    @jax.jit
    def compiled(metric: RowMean, target: jax.Array, prediction: jax.Array) -> jax.Array:
        steps = prediction.shape[: prediction.ndim - axes]
        rows = [each.reshape(-1, *each.shape[len(steps) :]) for each in (target, prediction)]
        return metric.values(*rows).reshape(steps)

    function.__name__ = function.__qualname__ = name
    function.__module__ = __name__
    function.__doc__ = (
        f"Return the metric, one number for each {'row or step' if axes else 'output'}; options are those of "
        f":class:`~plastica.metrics.{cls.__name__}`.\n\n``compile(metrics=[{name}])`` means the same as the class."
    )
    DECLARED[function] = cls
    return function


binary_accuracy = _named("binary_accuracy", BinaryAccuracy, axes=0)
categorical_accuracy = _named("categorical_accuracy", CategoricalAccuracy)
sparse_categorical_accuracy = _named("sparse_categorical_accuracy", SparseCategoricalAccuracy)
top_k_categorical_accuracy = _named("top_k_categorical_accuracy", TopKCategoricalAccuracy)
sparse_top_k_categorical_accuracy = _named("sparse_top_k_categorical_accuracy", SparseTopKCategoricalAccuracy)
pearson_correlation = _named("pearson_correlation", PearsonCorrelation)
concordance_correlation = _named("concordance_correlation", ConcordanceCorrelation)
