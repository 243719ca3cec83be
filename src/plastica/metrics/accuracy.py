"""The share of right answers, in its kinds."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp

from ..declaration import declaration
from ..errors import InvalidValue
from ..losses.class_targets import of_shapes
from ..losses.shapes import class_numbers, matched, matched_rows, row_means
from .mean import Mean
from .metric import Wants


@declaration
class BinaryAccuracy(Mean):
    """The share of yes-or-no answers that are right, each output by itself.

    A target that is neither 0 nor 1 (nor -1, which counts as 0) is never matched.

    Args:
        threshold: Above it a prediction means yes. 0.5 suits a sigmoid.
        name: The key in the history; Keras's by default.

    Shapes: targets and predictions, both ``(batch, ...)``.
    """

    default_label: ClassVar[str] = "binary_accuracy"
    defined_on: ClassVar[Wants] = "decisions"
    threshold: float = 0.5
    name: str | None = None

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return the share of each row's outputs that are right."""
        target = matched(self.label, target, prediction)
        yes = prediction > self.threshold
        right = jnp.where(yes, target == 1, (target == 0) | (target == -1))
        return row_means(right.astype(prediction.dtype))


@declaration
class CategoricalAccuracy(Mean):
    """The share of rows whose largest output is the class of a one-hot target.

    Args:
        name: The key in the history; Keras's by default.

    Shapes: targets and predictions, both ``(batch, ..., classes)``.
    """

    default_label: ClassVar[str] = "categorical_accuracy"
    defined_on: ClassVar[Wants] = "order"
    name: str | None = None

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return 1 for a right row and 0 for a wrong one."""
        target = matched_rows(self.label, target, prediction)
        right = jnp.argmax(target, axis=-1) == jnp.argmax(prediction, axis=-1)
        return row_means(right.astype(prediction.dtype))


@declaration
class SparseCategoricalAccuracy(Mean):
    """The share of rows whose largest output is the class that the target numbers.

    Args:
        name: The key in the history; Keras's by default.

    Shapes: targets ``(batch, ...)`` or ``(batch, ..., 1)``, predictions ``(batch, ..., classes)``.
    """

    default_label: ClassVar[str] = "sparse_categorical_accuracy"
    defined_on: ClassVar[Wants] = "order"
    name: str | None = None

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return 1 for a right row and 0 for a wrong one."""
        number = class_numbers(self.label, target, prediction)
        return row_means((number == jnp.argmax(prediction, axis=-1)).astype(prediction.dtype))


@declaration
class TopKCategoricalAccuracy(Mean):
    """The share of rows whose class, by a one-hot target, is among the ``k`` largest outputs.

    Args:
        k: How many guesses each row has.
        name: The key in the history; Keras's by default.

    Shapes: targets and predictions, both ``(batch, ..., classes)``.
    """

    default_label: ClassVar[str] = "top_k_categorical_accuracy"
    defined_on: ClassVar[Wants] = "order"
    k: int = 5
    name: str | None = None

    def __post_init__(self) -> None:
        _check_k("TopKCategoricalAccuracy", self.k)

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return 1 for a row with its class among the guesses and 0 for the others."""
        target = matched_rows(self.label, target, prediction)
        return _among_largest(jnp.argmax(target, axis=-1), prediction, self.k)


@declaration
class SparseTopKCategoricalAccuracy(Mean):
    """The share of rows whose class, by its number, is among the ``k`` largest outputs.

    Args:
        k: How many guesses each row has.
        name: The key in the history; Keras's by default.

    Shapes: targets ``(batch, ...)`` or ``(batch, ..., 1)``, predictions ``(batch, ..., classes)``.
    """

    default_label: ClassVar[str] = "sparse_top_k_categorical_accuracy"
    defined_on: ClassVar[Wants] = "order"
    k: int = 5
    name: str | None = None

    def __post_init__(self) -> None:
        _check_k("SparseTopKCategoricalAccuracy", self.k)

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return 1 for a row with its class among the guesses and 0 for the others."""
        return _among_largest(class_numbers(self.label, target, prediction), prediction, self.k)


@declaration
class Accuracy(Mean):
    """The accuracy that fits the shapes, by Keras's rule.

    One output: binary. Targets with one class number a row: sparse categorical. Else: categorical; for
    several labels that may hold at once ask for ``"binary_accuracy"``.

    Args:
        name: The key in the history; Keras's by default.

    Shapes: predictions ``(batch, ..., classes)``; targets alike, or ``(batch, ...)`` class numbers.
    """

    default_label: ClassVar[str] = "accuracy"
    defined_on: ClassVar[Wants] = "decisions"
    name: str | None = None

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return each row's share of right answers."""
        kind = of_shapes(target, prediction)
        if kind.binary:
            return BinaryAccuracy(name=self.label).values(target, prediction)
        if kind.numbered:
            return SparseCategoricalAccuracy(name=self.label).values(target, prediction)
        return CategoricalAccuracy(name=self.label).values(target, prediction)


def _check_k(owner: str, k: int) -> None:
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise InvalidValue(f"{owner}: k={k!r}; a whole number of 1 or more is expected.")


def _among_largest(number: jax.Array, prediction: jax.Array, k: int) -> jax.Array:
    own = jnp.take_along_axis(prediction, number[..., None], axis=-1, mode="clip")
    before = jnp.sum(prediction > own, axis=-1)  # a tie is in favour of the class, as in Keras
    return row_means((before < k).astype(prediction.dtype))
