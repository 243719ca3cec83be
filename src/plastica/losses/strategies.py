"""Several classes by yes-or-no questions: each class against the rest, each class against each other."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..activations import Activation
from ..declaration import declaration, replace
from ..errors import ShapeError
from ..typing import Float, Num
from .binary import BinaryCrossentropy
from .class_targets import CLASS_NUMBERS, ClassNumbers
from .loss import Loss
from .meaning import Meaning
from .shapes import class_numbers


@declaration
class OneVsRest(Loss):
    """A yes-or-no question for each class, "this one or any other?", from class numbers.

    For a network with one sigmoid output per class, which can predict that a row belongs to none of the classes.

        C = mean_k c([y = k], a_k)

    Args:
        loss: c, a binary loss.

    Shapes: targets ``(batch, ...)`` or ``(batch, ..., 1)`` class numbers, predictions ``(batch, ..., classes)``.

    Raises:
        ShapeError: If there is not one label a row.

    Example:
        >>> OneVsRest().values(jnp.array([1]), jnp.array([[0.5, 0.5, 0.5]]))
        Array([0.6931472], dtype=float32)

    Reference:
        Rifkin, Klautau (2004), In defense of one-vs-all classification.
    """

    loss: Loss = BinaryCrossentropy()

    @property
    def meaning(self) -> Meaning:
        """A yes-or-no question for each class, asked by class numbers."""
        return Meaning(self.loss.meaning.outputs, CLASS_NUMBERS, apart=True)

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return each row's loss."""
        return self.loss.values(CLASS_NUMBERS.spread("one_vs_rest", target, prediction), prediction)

    def on_potential(self, activation: Activation | None) -> Loss | None:
        """Return the form over potentials where the binary loss has one."""
        return _on_potential(self, activation)


@declaration
class OneVsOne(Loss):
    """A yes-or-no question for each pair of classes, "the first or the second?", from class numbers.

    For a network that ends in one sigmoid a pair, in the order (0, 1), (0, 2), ..., (1, 2), ...; a pair learns only
    from rows of its two classes. :func:`pairs_of` numbers the pairs.

        C = 1 / (K - 1) sum over pairs i < j that hold y of c([y = i], a_ij)

    Args:
        loss: c, a binary loss.

    Shapes: targets ``(batch,)`` or ``(batch, 1)`` class numbers, predictions ``(batch, K (K - 1) / 2)``.

    Raises:
        ShapeError: If the number of outputs is no number of pairs, or there is not one label a row.

    Example:
        >>> OneVsOne().values(jnp.array([1]), jnp.array([[0.5, 0.9, 0.5]]))
        Array([0.6931472], dtype=float32)

    Reference:
        Hastie, Tibshirani (1998), Classification by pairwise coupling, section 2.
    """

    loss: Loss = BinaryCrossentropy()

    @property
    def meaning(self) -> Meaning:
        """A yes-or-no question for each pair of classes, asked by class numbers."""
        return Meaning(self.loss.meaning.outputs, PairNumbers(), apart=True)

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return each row's loss."""
        first, second = (jnp.asarray(side) for side in pairs_of(prediction.shape[-1]))
        number = class_numbers("one_vs_one", target, prediction)[:, None]
        is_first = (number == first).astype(prediction.dtype)
        asked = is_first + (number == second)
        values = self.loss.values(is_first.reshape(-1, 1), prediction.reshape(-1, 1)).reshape(prediction.shape)
        return jnp.sum(jnp.where(asked > 0, values, 0.0), axis=-1) / jnp.sum(asked, axis=-1)

    def on_potential(self, activation: Activation | None) -> Loss | None:
        """Return the form over potentials where the binary loss has one."""
        return _on_potential(self, activation)


@dataclass(frozen=True)
class PairNumbers(ClassNumbers):
    """Class indices as targets of one output for each pair of classes."""

    paired: ClassVar[bool] = True

    def classes_for(self, outputs: int) -> int:
        """Return the number of classes for a number of pairs."""
        return classes_of(outputs)

    def spread(
        self, name: str, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch *outputs"]:
        """Raise ShapeError: most pairs do not contain the class of a row, so they have no target."""
        raise ShapeError(f"{name}: an output for each pair of classes has no target of its own. Use one_vs_rest.")


def pairs_of(outputs: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and the second class of each pair.

    Example:
        >>> [side.tolist() for side in pairs_of(3)]
        [[0, 0, 1], [1, 2, 2]]
    """
    return np.triu_indices(classes_of(outputs), 1)


def classes_of(pairs: int) -> int:
    """Return the number of classes for a number of pairs.

    Raises:
        ShapeError: If no number of classes has.
    """
    classes = (1 + math.isqrt(1 + 8 * pairs)) // 2
    if classes * (classes - 1) // 2 != pairs:
        near = classes * (classes - 1) // 2
        raise ShapeError(
            f"one_vs_one: {pairs} outputs are no number of pairs; K classes need K (K - 1) / 2 outputs, such as {near}."
        )
    return classes


def _on_potential(loss: OneVsRest | OneVsOne, activation: Activation | None) -> Loss | None:
    stable = loss.loss.on_potential(activation)
    return None if stable is None else replace(loss, loss=stable)
