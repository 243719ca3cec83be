"""Kinds of targets: each checks targets, spreads them over the outputs and reads classes from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..activations import Activation
from ..errors import DataError, InvalidValue, ShapeError, caution
from ..typing import Float, Num
from .shapes import matched


@dataclass(frozen=True)
class Targets:
    """The kind of targets of a loss, which determines checks, metrics, weights and the behaviour of rules.

    Attributes:
        binary: Whether each output is an independent yes or no.
        exclusive: Whether a row (or a step of it) belongs to one class out of several.
        numbered: Whether classes are given by number and not by one column per class.
        paired: Whether the outputs decide between two classes each.
        signed: Whether yes and no are 1 and -1.
        ambiguous: Why targets of this kind need not name one class, for error messages.
    """

    binary: ClassVar[bool] = False
    exclusive: ClassVar[bool] = False
    numbered: ClassVar[bool] = False
    paired: ClassVar[bool] = False
    signed: ClassVar[bool] = False
    ambiguous: ClassVar[str] = "probabilities of classes"

    def check(
        self,
        y: Num[np.ndarray, "rows *targets"],
        output_shape: tuple[int, ...],
        loss: str,
        activation: Activation | None,
        name: str,
    ) -> None:
        """Refuse targets for which the loss is not defined, and warn about those that it cannot reach.

        Args:
            y: Targets, ``(rows, ...)``.
            output_shape: The shape of the output for one row.
            loss: The name of the loss in messages.
            activation: The activation of the last layer.
            name: The name of the targets in messages.

        Raises:
            ShapeError: If the shapes of targets and outputs do not match.
            DataError: If targets are outside the domain of the loss.
        """
        if y.shape[1:] == output_shape:
            return
        hint = f"Give {name} of shape {(len(y), *output_shape)}, or another last layer."
        if self.exclusive and y.shape[1:] in (output_shape[:-1], (*output_shape[:-1], 1)):
            hint = 'For class numbers use loss="sparse_categorical_crossentropy".'
        elif y.ndim == 1 and len(output_shape) == 1:
            hint = f"For one number per row, use Dense(1); this network outputs {output_shape[0]} numbers per row."
        elif y.ndim <= len(output_shape):
            hint = ONE_ANSWER
        raise ShapeError(
            f"{name} has shape {y.shape}, but the network outputs {(len(y), *output_shape)}; they must agree, "
            f"nothing is broadcast. {hint}"
        )

    def spread(
        self, name: str, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch *outputs"]:
        """Return one target for each output, in the shape and number format of the predictions.

        Args:
            name: The name of the owner in messages.
            target: Targets, ``(batch, ...)``.
            prediction: Predictions, ``(batch, ..., outputs)``.

        Raises:
            ShapeError: If the shapes do not match.
        """
        return matched(name, target, prediction)

    def are_labels(self, y: Num[np.ndarray, "rows *targets"], output_shape: tuple[int, ...]) -> bool:
        """Return whether each output of a row is an independent yes or no."""
        return self.binary

    def classes(self, y: Num[np.ndarray, "rows *targets"], outputs: int) -> tuple[np.ndarray, set[int]]:
        """Return the class of each row ``(rows,)`` or of each of its steps ``(rows, ...)``, and all possible classes.

        Raises:
            InvalidValue: If targets do not name a single class.
        """
        # With more than one output axis, targets that are not one-hot are masks with 0 or 1 at each position.
        if y.ndim > 1 and y.shape[-1] > 1 and (y.ndim == 2 or is_one_hot(y).all()):
            return self.of_columns(y), set(range(outputs))
        numbers = whole_classes(y)
        return numbers, {-1, 1} if numbers.min() < 0 else {0, 1}

    def of_columns(self, y: Num[np.ndarray, "rows *targets"]) -> np.ndarray:
        """Return the class of each one-hot row.

        Raises:
            InvalidValue: If a row is not one-hot.
        """
        single = is_one_hot(y)
        if not single.all():
            where = tuple(int(place) for place in np.argwhere(~single)[0])
            shown = ", ".join(f"{value:g}" for value in y[where][:6]) + ", ..." * (y.shape[-1] > 6)
            raise InvalidValue(
                f"class_weight was given, but y[{', '.join(map(str, where))}] is [{shown}] ({self.ambiguous}), not "
                "a single class. Use sample_weight instead."
            )
        return y.argmax(-1)


@dataclass(frozen=True)
class Amounts(Targets):
    """Plain numbers, one for each output.

    Attributes:
        reachable: Whether the loss is 0 only if outputs equal the targets, so that these must lie within their range.
    """

    reachable: bool = True

    def check(
        self,
        y: Num[np.ndarray, "rows *targets"],
        output_shape: tuple[int, ...],
        loss: str,
        activation: Activation | None,
        name: str,
    ) -> None:
        """Refuse other shapes; warn about targets beyond the range of the last activation."""
        super().check(y, output_shape, loss, activation, name)
        if not self.reachable or activation is None:
            return
        low, high = activation.output_range
        if y.min() < low or y.max() > high:
            caution(
                f"{name} ranges from {y.min():.4g} to {y.max():.4g}, but the last activation {activation!r} only "
                f"reaches {low:g} to {high:g}. Use a linear last layer, or scale the targets."
            )

    def are_labels(self, y: Num[np.ndarray, "rows *targets"], output_shape: tuple[int, ...]) -> bool:
        """Return whether all numbers are 0 or 1."""
        return y.shape[1:] == output_shape and bool(np.isin(y, (0, 1)).all())


@dataclass(frozen=True)
class CountNumbers(Targets):
    """Counts, 0 or more."""

    def check(
        self,
        y: Num[np.ndarray, "rows *targets"],
        output_shape: tuple[int, ...],
        loss: str,
        activation: Activation | None,
        name: str,
    ) -> None:
        """Refuse other shapes and negative numbers."""
        super().check(y, output_shape, loss, activation, name)
        if (y < 0).any():
            raise DataError(f"{name} contains {y.min():.4g}; the {loss} loss is for counts, 0 or more.")

    def are_labels(self, y: Num[np.ndarray, "rows *targets"], output_shape: tuple[int, ...]) -> bool:
        """Return whether all counts are 0 or 1."""
        return AMOUNTS.are_labels(y, output_shape)


@dataclass(frozen=True)
class Unknown(Amounts):
    """Whatever a user-defined function takes: nothing is checked."""

    def check(
        self,
        y: Num[np.ndarray, "rows *targets"],
        output_shape: tuple[int, ...],
        loss: str,
        activation: Activation | None,
        name: str,
    ) -> None:
        """Accept everything."""


@dataclass(frozen=True)
class Labels(Targets):
    """A yes or no for each output, as 1 and 0 or a probability between them."""

    binary: ClassVar[bool] = True
    ambiguous: ClassVar[str] = "several labels per row are possible"

    def check(
        self,
        y: Num[np.ndarray, "rows *targets"],
        output_shape: tuple[int, ...],
        loss: str,
        activation: Activation | None,
        name: str,
    ) -> None:
        """Refuse other shapes and numbers outside 0 to 1."""
        super().check(y, output_shape, loss, activation, name)
        low, high = float(y.min()), float(y.max())
        if low < 0 or high > 1:
            mend = (
                "Replace -1 by 0: (y + 1) / 2."
                if low == -1 and high == 1
                else 'For more than two classes use "sparse_categorical_crossentropy"; for other numbers "mse".'
            )
            raise DataError(f"{name} ranges from {low:.4g} to {high:.4g}; binary cross-entropy expects 0 to 1. {mend}")


@dataclass(frozen=True)
class Signs(Targets):
    """A yes or no for each output, as 1 and -1; 0 counts as -1."""

    binary: ClassVar[bool] = True
    signed: ClassVar[bool] = True
    ambiguous: ClassVar[str] = "several labels per row are possible"

    def check(
        self,
        y: Num[np.ndarray, "rows *targets"],
        output_shape: tuple[int, ...],
        loss: str,
        activation: Activation | None,
        name: str,
    ) -> None:
        """Refuse other shapes and numbers."""
        super().check(y, output_shape, loss, activation, name)
        if not (np.isin(y, (-1.0, 1.0)).all() or np.isin(y, (0.0, 1.0)).all()):
            raise DataError(
                f"{name} contains values such as {y.reshape(-1)[0]:.4g}; hinge losses expect -1 and 1, or 0 and 1."
            )

    def spread(
        self, name: str, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch *outputs"]:
        """Return the sign of each output."""
        target = matched(name, target, prediction)
        # Keras checks whether the whole batch is 0 or 1; an elementwise check keeps rows independent.
        return jnp.where(target == 0, -1.0, target)


ONE_ANSWER = (
    "The network answers each step or pixel of a row. For one answer per row put Flatten() before the first Dense, "
    "leave out return_sequences in the last recurrent layer, or end a spiking network with LeakyReadout() and "
    "MembraneMean()."
)


def is_one_hot(y: Num[np.ndarray, "rows *targets"]) -> np.ndarray:
    """Return where the last axis is one-hot: a single 1, and otherwise all 0 or all -1."""
    return ((y == 1).sum(-1) == 1) & (np.isin(y, (0, 1)).all(-1) | np.isin(y, (-1, 1)).all(-1))


def whole_classes(y: Num[np.ndarray, "rows *targets"]) -> np.ndarray:
    """Return targets as class numbers, ``(rows, ...)`` without a last axis of 1.

    Raises:
        InvalidValue: If a target is not a whole number.
    """
    numbers = y[..., 0] if y.ndim > 1 and y.shape[-1] == 1 else y
    odd = numbers != np.rint(numbers)
    if odd.any():
        where = tuple(int(place) for place in np.argwhere(odd)[0])
        raise InvalidValue(
            f"class_weight was given, but y[{', '.join(map(str, where))}] is {numbers[where]:g}, which is not a class "
            "number. Use sample_weight instead."
        )
    return numbers.astype(np.int64)


AMOUNTS, COUNTS, UNKNOWN, LABELS, SIGNS = Amounts(), CountNumbers(), Unknown(), Labels(), Signs()
