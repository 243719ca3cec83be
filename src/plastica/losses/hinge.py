"""Losses with a margin: an answer that is right by more than 1 costs nothing."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from ..declaration import declaration
from .loss import Loss
from .meaning import Meaning
from .shapes import matched, matched_rows, row_means


@declaration
class Hinge(Loss):
    """The loss of support vector machines.

    For two classes with a linear (or tanh) output, where being right with a margin is enough.

        C = mean_k max(0, 1 - y_k a_k)

    Shapes: targets in {-1, 1} (0 counts as -1) and predictions ``(batch, ...)`` alike.

    Raises:
        ShapeError: When the shapes differ.

    Reference:
        C. Cortes, V. Vapnik, 1995, Support-vector networks.
    """

    @property
    def meaning(self) -> Meaning:
        """Numbers that decide by their sign."""
        return Meaning("margins", "labels")

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return each row's mean distance short of the margin."""
        return row_means(_short_of_margin("hinge", target, prediction))


@declaration
class SquaredHinge(Loss):
    """The square of the hinge loss: smooth at the margin, harder on far misses.

        C = mean_k max(0, 1 - y_k a_k)^2

    Shapes: targets in {-1, 1} (0 counts as -1) and predictions ``(batch, ...)`` alike.

    Raises:
        ShapeError: When the shapes differ.
    """

    @property
    def meaning(self) -> Meaning:
        """Numbers that decide by their sign."""
        return Meaning("margins", "labels")

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return each row's mean squared distance short of the margin."""
        return row_means(jnp.square(_short_of_margin("squared_hinge", target, prediction)))


@declaration
class CategoricalHinge(Loss):
    """The hinge loss for several classes: the right class shall lead the next by 1.

        C = max(0, 1 + max_k (1 - y_k) a_k - sum_k y_k a_k)

    Shapes: one-hot targets and predictions ``(batch, ..., classes)`` alike.

    Raises:
        ShapeError: When the shapes differ, or there is no axis of classes.

    Reference:
        J. Weston, C. Watkins, 1999, Support vector machines for multi-class pattern recognition.
    """

    @property
    def meaning(self) -> Meaning:
        """Numbers of which the largest decides."""
        return Meaning("margins", "classes")

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return how far each row's right class is short of its lead."""
        target = matched_rows("categorical_hinge", target, prediction)
        right = jnp.sum(target * prediction, axis=-1)
        wrong = jnp.max((1.0 - target) * prediction, axis=-1)
        return row_means(jnp.maximum(wrong - right + 1.0, 0.0))


def _short_of_margin(name: str, target: jax.Array, prediction: jax.Array) -> jax.Array:
    target = matched(name, target, prediction)
    # Keras asks whether the whole batch is 0 or 1; element by element no row depends on its neighbours.
    sign = jnp.where(target == 0, -1.0, target)
    return jnp.maximum(1.0 - sign * prediction, 0.0)
