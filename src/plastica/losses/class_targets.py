"""Targets that name one class out of several: probabilities, one-hot rows and class numbers."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..activations import Activation, Softmax
from ..errors import DataError, ShapeError, caution
from ..typing import Float, Num
from .shapes import class_numbers, matched_rows
from .targets import LABELS, ONE_ANSWER, Targets, whole_classes

_SUM_TOLERANCE = 1e-3


@dataclass(frozen=True)
class OneHot(Targets):
    """One column per class, with 1 in the column of the true class."""

    exclusive: ClassVar[bool] = True

    def spread(
        self, name: str, target: Num[Array, "batch *places classes"], prediction: Float[Array, "batch *places classes"]
    ) -> Float[Array, "batch *places classes"]:
        """Return the targets after checking that there is an axis of classes."""
        return matched_rows(name, target, prediction)

    def classes(self, y: Num[np.ndarray, "rows *targets"], outputs: int) -> tuple[np.ndarray, set[int]]:
        """Return the class of each one-hot row, and all classes."""
        return self.of_columns(y), set(range(outputs))


@dataclass(frozen=True)
class ClassShares(OneHot):
    """One column per class, with probabilities that sum to 1."""

    def check(
        self,
        y: Num[np.ndarray, "rows *targets"],
        output_shape: tuple[int, ...],
        loss: str,
        activation: Activation | None,
        name: str,
    ) -> None:
        """Refuse other shapes and negative numbers; warn about rows that do not sum to 1."""
        super().check(y, output_shape, loss, activation, name)
        if (y < 0).any():
            raise DataError(f"{name} contains {y.min():.4g}; probabilities of classes must not be negative.")
        sums = y.sum(-1)
        if np.abs(sums - 1).max() <= _SUM_TOLERANCE:
            return
        multi_hot = bool(np.isin(y, (0.0, 1.0)).all())
        what = f"the rows of {name} have sums from {sums.min():.4g} to {sums.max():.4g} instead of 1"
        if multi_hot and isinstance(activation, Softmax):
            caution(
                f"{what}: several labels, or none, per row. Softmax predicts exactly one; use sigmoid in the last "
                'layer with "binary_crossentropy".'
            )
        else:
            caution(
                f"{what}. For {loss}, the targets of a row should be probabilities; the gradient is still correct, "
                "but the loss cannot reach 0 and accuracy is not meaningful."
            )


@dataclass(frozen=True)
class ClassNumbers(Targets):
    """The number of the true class, from 0."""

    exclusive: ClassVar[bool] = True
    numbered: ClassVar[bool] = True

    def classes_for(self, outputs: int) -> int:
        """Return the number of classes for a number of outputs."""
        return outputs

    def check(
        self,
        y: Num[np.ndarray, "rows *targets"],
        output_shape: tuple[int, ...],
        loss: str,
        activation: Activation | None,
        name: str,
    ) -> None:
        """Refuse other shapes and numbers that name no class."""
        classes = self.classes_for(output_shape[-1])
        if classes == 1:
            raise ShapeError(
                "sparse_categorical_crossentropy needs one output per class, but the network has 1 output. "
                'Use Dense(number of classes, activation="softmax"), or "binary_crossentropy" for two classes.'
            )
        if y.shape[1:] not in (output_shape[:-1], (*output_shape[:-1], 1)):
            hint = ' For one column per class, use "categorical_crossentropy".' if y.shape[1:] == output_shape else ""
            hint = f" {ONE_ANSWER}" if y.ndim < len(output_shape) else hint
            raise ShapeError(
                f"{name} has shape {y.shape}; sparse_categorical_crossentropy expects one class number per output, "
                f"shape {(len(y), *output_shape[:-1])}.{hint}"
            )
        wrong = (y != np.floor(y)) | (y < 0) | (y >= classes)
        if wrong.any():
            where = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise DataError(
                f"{name}[{', '.join(map(str, where))}] is {y[where]:g}; the network has {classes} outputs, so labels "
                f"must be whole numbers from 0 to {classes - 1}. Number them by np.unique({name}, "
                "return_inverse=True)[1], or give the last layer more units."
            )

    def spread(
        self,
        name: str,
        target: Num[Array, "batch *places"] | Num[Array, "batch *places 1"],
        prediction: Float[Array, "batch *places classes"],
    ) -> Float[Array, "batch *places classes"]:
        """Return 1 for the output of the true class and 0 for the others."""
        number = class_numbers(name, target, prediction)
        is_class = number[..., None] == jnp.arange(prediction.shape[-1], dtype=jnp.int32)
        return is_class.astype(prediction.dtype)

    def classes(self, y: Num[np.ndarray, "rows *targets"], outputs: int) -> tuple[np.ndarray, set[int]]:
        """Return the class numbers, and all classes."""
        return whole_classes(y), set(range(self.classes_for(outputs)))


ONE_HOT, SHARES, CLASS_NUMBERS = OneHot(), ClassShares(), ClassNumbers()


def of_shapes(target: Array, prediction: Array) -> Targets:
    """Return the kind of targets that the shapes suggest, for metrics that know no loss.

    Example:
        >>> of_shapes(jnp.zeros(4), jnp.zeros((4, 3))), of_shapes(jnp.zeros((4, 1)), jnp.zeros((4, 1)))
        (ClassNumbers(), Labels())
    """
    if prediction.ndim == 1 or prediction.shape[-1] == 1:
        return LABELS
    return CLASS_NUMBERS if target.ndim < prediction.ndim or target.shape[-1] == 1 else SHARES
