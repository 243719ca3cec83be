"""The shapes of targets and predictions that match; nothing is ever broadcast."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ..errors import ShapeError
from ..typing import Float, Int, Num


def matched(
    name: str, target: Num[Array, "batch *shape"], prediction: Float[Array, "batch *shape"]
) -> Float[Array, "batch *shape"]:
    """Return targets of the predictions' own shape, in the predictions' number format.

    Args:
        name: The name of the loss or metric in error messages.
        target: The targets, ``(batch, ...)``.
        prediction: The predictions, ``(batch, ...)``.

    Raises:
        ShapeError: If the shapes differ in anything.
    """
    if target.shape != prediction.shape:
        raise ShapeError(f"{name}: got {_shapes(target, prediction)}; {_mend(target.shape, prediction.shape)}")
    return target.astype(prediction.dtype)


def matched_rows(
    name: str, target: Num[Array, "batch *places classes"], prediction: Float[Array, "batch *places classes"]
) -> Float[Array, "batch *places classes"]:
    """Return matched targets for what works along the last axis, so that one axis (the batch) is too few.

    Raises:
        ShapeError: If the shapes differ, or there is no axis besides the batch.
    """
    _need_classes(name, target, prediction)
    return matched(name, target, prediction)


def class_numbers(
    name: str,
    target: Num[Array, "batch *places"] | Num[Array, "batch *places 1"],
    prediction: Float[Array, "batch *places classes"],
) -> Int[Array, "batch *places"]:
    """Return whole-number class labels, one for each row of predictions: ``prediction.shape[:-1]``.

    Args:
        name: The name of the loss or metric in error messages.
        target: Class numbers, ``(batch, ...)`` or ``(batch, ..., 1)``.
        prediction: One number a class, ``(batch, ..., classes)``.

    Raises:
        ShapeError: If there is not exactly one label for each row.
    """
    _need_classes(name, target, prediction)
    rows = prediction.shape[:-1]
    if target.shape not in (rows, (*rows, 1)):
        one_hot = target.shape == prediction.shape
        mend = "For one-hot targets use categorical_crossentropy and its metrics." if one_hot else ""
        raise ShapeError(
            f"{name}: got {_shapes(target, prediction)}; expected one class number per row, "
            f"that is, targets of shape {rows} or {(*rows, 1)}. {mend}".rstrip()
        )
    return target.reshape(rows).astype(jnp.int32)


def as_prediction(given: ArrayLike) -> Float[Array, "..."]:
    """Return predictions as floats; whole numbers become float32."""
    array = jnp.asarray(given)
    return array if jnp.issubdtype(array.dtype, jnp.floating) else array.astype(jnp.float32)


def row_means(values: Float[Array, "batch *shape"]) -> Float[Array, "batch"]:
    """Return the mean over every axis but the first: ``(batch, ...)`` to ``(batch,)``."""
    return values if values.ndim == 1 else jnp.mean(values, axis=tuple(range(1, values.ndim)))


def _need_classes(name: str, target: Array, prediction: Array) -> None:
    if prediction.ndim < 2:
        raise ShapeError(
            f"{name}: got {_shapes(target, prediction)}; it works along the predictions' last axis, "
            "so they need at least two: (batch, outputs)."
        )


def _shapes(target: Array, prediction: Array) -> str:
    return f"targets of shape {target.shape} for predictions of shape {prediction.shape}"


def _mend(target: tuple[int, ...], prediction: tuple[int, ...]) -> str:
    if (*target, 1) == prediction:
        return "both must be the same. Give the targets their last axis: y.reshape(-1, 1)."
    if target == (*prediction, 1):
        return "both must be the same. Take the targets' last axis away: y[..., 0]."
    if target[:1] == prediction[:1] and len(target) == len(prediction):
        return f"both must be the same. Does the last layer have {target[-1]} units?"
    return "both must be the same."
