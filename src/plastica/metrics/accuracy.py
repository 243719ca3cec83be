"""The fraction of correct predictions, for each format of targets."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..losses.class_targets import of_shapes
from ..losses.shapes import class_numbers, matched, matched_rows, row_means
from ..typing import Float, Int, Num
from .mean import RowMean
from .metric import Wants


@declaration
class BinaryAccuracy(RowMean):
    """The fraction of correct yes-or-no predictions; each output counts separately.

    A target other than 0, 1 or -1 (which counts as 0) never matches.

    Args:
        threshold: Outputs above it mean yes. 0.5 by default, which suits a sigmoid.
        name: The key in the history; Keras's by default.

    Shapes: targets and predictions, both ``(batch, ...)``.

    Example:
        >>> BinaryAccuracy().compute([1, 0, 1, 1], [0.9, 0.2, 0.4, 0.8])
        0.75
    """

    default_label: ClassVar[str] = "binary_accuracy"
    defined_on: ClassVar[Wants] = "decisions"
    threshold: float = 0.5
    name: str | None = None

    def values(
        self, target: Num[Array, "batch *shape"], prediction: Float[Array, "batch *shape"]
    ) -> Float[Array, "batch"]:
        """Return the fraction of correct outputs of each row."""
        target = matched(self.label, target, prediction)
        yes = prediction > self.threshold
        right = jnp.where(yes, target == 1, (target == 0) | (target == -1))
        return row_means(right.astype(prediction.dtype))


@declaration
class CategoricalAccuracy(RowMean):
    """The fraction of rows whose largest output is the class of the one-hot target.

    Args:
        name: The key in the history; Keras's by default.

    Shapes: targets and predictions, both ``(batch, ..., classes)``.

    Example:
        >>> CategoricalAccuracy().compute([[1, 0, 0], [0, 0, 1]], [[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]])
        0.5
    """

    default_label: ClassVar[str] = "categorical_accuracy"
    defined_on: ClassVar[Wants] = "order"
    name: str | None = None

    def values(
        self, target: Num[Array, "batch *places classes"], prediction: Float[Array, "batch *places classes"]
    ) -> Float[Array, "batch"]:
        """Return 1 for a correct row and 0 for a wrong one."""
        target = matched_rows(self.label, target, prediction)
        right = jnp.argmax(target, axis=-1) == jnp.argmax(prediction, axis=-1)
        return row_means(right.astype(prediction.dtype))


@declaration
class SparseCategoricalAccuracy(RowMean):
    """The fraction of rows whose largest output is the class given by its index.

    Args:
        name: The key in the history; Keras's by default.

    Shapes: targets ``(batch, ...)`` or ``(batch, ..., 1)``, predictions ``(batch, ..., classes)``.

    Example:
        >>> SparseCategoricalAccuracy().compute([0, 2], [[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]])
        0.5
    """

    default_label: ClassVar[str] = "sparse_categorical_accuracy"
    defined_on: ClassVar[Wants] = "order"
    name: str | None = None

    def values(
        self,
        target: Num[Array, "batch *places"] | Num[Array, "batch *places 1"],
        prediction: Float[Array, "batch *places classes"],
    ) -> Float[Array, "batch"]:
        """Return 1 for a correct row and 0 for a wrong one."""
        number = class_numbers(self.label, target, prediction)
        return row_means((number == jnp.argmax(prediction, axis=-1)).astype(prediction.dtype))


@declaration
class TopKCategoricalAccuracy(RowMean):
    """The fraction of rows whose class, given as a one-hot target, is among the ``k`` largest outputs.

    Args:
        k: The number of outputs that count as predictions; 5 by default, as in Keras.
        name: The key in the history; Keras's by default.

    Shapes: targets and predictions, both ``(batch, ..., classes)``.

    Raises:
        InvalidValue: If ``k`` is not an integer of at least 1.

    Example:
        >>> TopKCategoricalAccuracy(k=2).compute([[1, 0, 0], [0, 0, 1]], [[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]])
        1.0
    """

    default_label: ClassVar[str] = "top_k_categorical_accuracy"
    defined_on: ClassVar[Wants] = "order"
    k: int = 5
    name: str | None = None

    def __post_init__(self) -> None:
        _check_k("TopKCategoricalAccuracy", self.k)

    def values(
        self, target: Num[Array, "batch *places classes"], prediction: Float[Array, "batch *places classes"]
    ) -> Float[Array, "batch"]:
        """Return 1 for a row whose class is among the ``k`` largest outputs and 0 for the others."""
        target = matched_rows(self.label, target, prediction)
        return _among_largest(jnp.argmax(target, axis=-1), prediction, self.k)


@declaration
class SparseTopKCategoricalAccuracy(RowMean):
    """The fraction of rows whose class, given by its index, is among the ``k`` largest outputs.

    Args:
        k: The number of outputs that count as predictions; 5 by default, as in Keras.
        name: The key in the history; Keras's by default.

    Shapes: targets ``(batch, ...)`` or ``(batch, ..., 1)``, predictions ``(batch, ..., classes)``.

    Raises:
        InvalidValue: If ``k`` is not an integer of at least 1.

    Example:
        >>> SparseTopKCategoricalAccuracy(k=2).compute([0, 2], [[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]])
        1.0
    """

    default_label: ClassVar[str] = "sparse_top_k_categorical_accuracy"
    defined_on: ClassVar[Wants] = "order"
    k: int = 5
    name: str | None = None

    def __post_init__(self) -> None:
        _check_k("SparseTopKCategoricalAccuracy", self.k)

    def values(
        self,
        target: Num[Array, "batch *places"] | Num[Array, "batch *places 1"],
        prediction: Float[Array, "batch *places classes"],
    ) -> Float[Array, "batch"]:
        """Return 1 for a row whose class is among the ``k`` largest outputs and 0 for the others."""
        return _among_largest(class_numbers(self.label, target, prediction), prediction, self.k)


@declaration
class Accuracy(RowMean):
    """The accuracy that matches the shapes, as Keras chooses it.

    For a single output it is binary accuracy, for targets with one class index per row sparse categorical accuracy, and
    otherwise categorical accuracy. For multi-label targets use ``"binary_accuracy"``.

    Args:
        name: The key in the history; Keras's by default.

    Shapes: predictions ``(batch, ..., classes)``; targets the same, or ``(batch, ...)`` class indices.

    Example:
        >>> Accuracy().compute([0, 2], [[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]]), Accuracy().compute([1, 0], [0.9, 0.2])
        (0.5, 1.0)
    """

    default_label: ClassVar[str] = "accuracy"
    defined_on: ClassVar[Wants] = "decisions"
    name: str | None = None

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return the fraction of correct predictions of each row."""
        kind = of_shapes(target, prediction)
        if kind.binary:
            return BinaryAccuracy(name=self.label).values(target, prediction)
        if kind.numbered:
            return SparseCategoricalAccuracy(name=self.label).values(target, prediction)
        return CategoricalAccuracy(name=self.label).values(target, prediction)


def _check_k(owner: str, k: object) -> None:
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise InvalidValue(f"{owner}: k={k!r}; expected a whole number of at least 1.")


def _among_largest(
    number: Int[Array, "batch *places"], prediction: Float[Array, "batch *places classes"], k: int
) -> Float[Array, "batch"]:
    own = jnp.take_along_axis(prediction, number[..., None], axis=-1, mode="clip")
    before = jnp.sum(prediction > own, axis=-1)  # ties count in favour of the true class, as in Keras
    return row_means((before < k).astype(prediction.dtype))
