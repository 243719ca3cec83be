"""Hinge losses, which are zero for correct predictions with a margin of at least 1."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..typing import Float, Num
from .class_targets import ONE_HOT
from .loss import Loss
from .meaning import Meaning
from .shapes import matched_rows, row_means
from .targets import SIGNS


@declaration
class Hinge(Loss):
    """The hinge loss of support vector machines.

    For two classes with a linear or tanh output.

        C = mean_k max(0, 1 - y_k a_k)

    Shapes: targets in {-1, 1} (0 is treated as -1) and predictions, both ``(batch, ...)``.

    Raises:
        ShapeError: If the shapes differ.

    Reference:
        C. Cortes, V. Vapnik, 1995, Support-vector networks.
    """

    @property
    def meaning(self) -> Meaning:
        """Scores whose sign is the prediction."""
        return Meaning("margins", SIGNS)

    def values(
        self, target: Num[Array, "batch *shape"], prediction: Float[Array, "batch *shape"]
    ) -> Float[Array, "batch"]:
        """Return the mean hinge loss of each row."""
        return row_means(_short_of_margin("hinge", target, prediction))


@declaration
class SquaredHinge(Loss):
    """The squared hinge loss: smooth at the margin, with a larger penalty for large errors.

        C = mean_k max(0, 1 - y_k a_k)^2

    Shapes: targets in {-1, 1} (0 is treated as -1) and predictions, both ``(batch, ...)``.

    Raises:
        ShapeError: If the shapes differ.
    """

    @property
    def meaning(self) -> Meaning:
        """Scores whose sign is the prediction."""
        return Meaning("margins", SIGNS)

    def values(
        self, target: Num[Array, "batch *shape"], prediction: Float[Array, "batch *shape"]
    ) -> Float[Array, "batch"]:
        """Return the mean squared hinge loss of each row."""
        return row_means(jnp.square(_short_of_margin("squared_hinge", target, prediction)))


@declaration
class CategoricalHinge(Loss):
    """The hinge loss for several classes: the score of the true class should exceed all others by 1.

        C = max(0, 1 + max_k (1 - y_k) a_k - sum_k y_k a_k)

    Shapes: one-hot targets and predictions, both ``(batch, ..., classes)``.

    Raises:
        ShapeError: If the shapes differ or there is no axis of classes.

    Reference:
        J. Weston, C. Watkins, 1999, Support vector machines for multi-class pattern recognition.
    """

    @property
    def meaning(self) -> Meaning:
        """Scores whose maximum is the prediction."""
        return Meaning("margins", ONE_HOT)

    def values(
        self, target: Num[Array, "batch *shape"], prediction: Float[Array, "batch *shape"]
    ) -> Float[Array, "batch"]:
        """Return the categorical hinge loss of each row."""
        target = matched_rows("categorical_hinge", target, prediction)
        right = jnp.sum(target * prediction, axis=-1)
        wrong = jnp.max((1.0 - target) * prediction, axis=-1)
        return row_means(jnp.maximum(wrong - right + 1.0, 0.0))


def _short_of_margin(
    name: str, target: Num[Array, "batch *shape"], prediction: Float[Array, "batch *shape"]
) -> Float[Array, "batch *shape"]:
    return jnp.maximum(1.0 - SIGNS.spread(name, target, prediction) * prediction, 0.0)
