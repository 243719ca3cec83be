"""Weight constraints: applied to a parameter after each step. Those of Keras have its names and values.

Example:
    >>> get("non_neg"), MaxNorm(3)
    (NonNeg(), MaxNorm(max_value=3.0))
"""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import jax
import jax.numpy as jnp

from .declaration import Declaration, declaration
from .errors import InvalidValue
from .own_functions import require_function, written_in_jax
from .registry import resolve

# Keras's epsilon: keeps weights of length 0 finite, and makes others shorter by as much.
_EPSILON = 1e-7


class Constraint(Declaration):
    """Base class of constraints."""

    def __call__(self, w: jax.Array) -> jax.Array:
        """Return the parameter as the constraint allows it, in its shape."""
        raise NotImplementedError


ConstraintLike: TypeAlias = Constraint | str | Callable[[jax.Array], jax.Array] | None


@declaration
class MaxNorm(Constraint):
    """Shorten the weights of each unit to a maximum length, w * min(|w|, max_value) / |w|.

    Often together with dropout, where it allows larger learning rates.

    Args:
        max_value: The maximum length. Default 2, as in Keras.
        axis: The axis or axes along which the length is taken. Default 0, the inputs of a Dense unit; of the kernel of
            a Conv2D filter (0, 1, 2).

    Raises:
        InvalidValue: If ``max_value`` is not above 0.

    Example:
        >>> MaxNorm(1)(jnp.array([[3.0], [4.0]])).round(3).tolist()
        [[0.6...], [0.8...]]

    Reference:
        Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014, Dropout: a simple way to prevent neural networks
        from overfitting, section 5.1.
    """

    max_value: float = 2.0
    axis: int | tuple[int, ...] = 0

    def __post_init__(self) -> None:
        if not self.max_value > 0:
            raise InvalidValue(f"MaxNorm(max_value={self.max_value}): max_value must be above 0.")

    def __call__(self, w: jax.Array) -> jax.Array:
        """Return w, no longer than max_value."""
        norm = _norm(self, w, self.axis)
        return w * (jnp.minimum(norm, jnp.asarray(self.max_value, w.dtype)) / (_EPSILON + norm))


@declaration
class MinMaxNorm(Constraint):
    """Bring the length of the weights of each unit between two bounds.

        w * (rate * clip(|w|, min_value, max_value) / |w| + 1 - rate)

    Args:
        min_value: The minimum length.
        max_value: The maximum length.
        rate: The part of the way that is gone in each step; 1 enforces the bounds.
        axis: The axis or axes along which the length is taken, as for MaxNorm.

    Raises:
        InvalidValue: If not ``0 <= min_value <= max_value``, or ``rate`` is not above 0 and up to 1.
    """

    min_value: float = 0.0
    max_value: float = 1.0
    rate: float = 1.0
    axis: int | tuple[int, ...] = 0

    def __post_init__(self) -> None:
        if not 0 <= self.min_value <= self.max_value:
            raise InvalidValue(
                f"MinMaxNorm(min_value={self.min_value}, max_value={self.max_value}): lengths are at least 0, and "
                "max_value is at least min_value."
            )
        if not 0 < self.rate <= 1:
            raise InvalidValue(f"MinMaxNorm(rate={self.rate}): rate must be above 0 and up to 1.")

    def __call__(self, w: jax.Array) -> jax.Array:
        """Return w with a length nearer to, or within, the bounds."""
        norm = _norm(self, w, self.axis)
        low, high, rate = (jnp.asarray(each, w.dtype) for each in (self.min_value, self.max_value, self.rate))
        wanted = rate * jnp.clip(norm, low, high) + (1 - rate) * norm
        return w * (wanted / (_EPSILON + norm))


@declaration
class NonNeg(Constraint):
    """Set negative weights to 0: for excitatory connections, and for parts that only add up.

    Reference:
        Lee, Seung 1999, Learning the parts of objects by non-negative matrix factorization.
    """

    def __call__(self, w: jax.Array) -> jax.Array:
        """Return max(w, 0)."""
        return jnp.maximum(w, 0)


@declaration
class Dale(Constraint):
    """Keep each input excitatory or inhibitory, as neurons are (Dale's law): its weights to all units have one sign.

    The first inputs excite, w >= 0, and the others inhibit, w <= 0; a weight that would change its sign becomes 0.
    For recurrent kernels, inputs are the units themselves.

    Args:
        excitatory: The fraction of inputs that excite. Default 0.8, about that of cortical neurons.

    Raises:
        InvalidValue: If the fraction is not from 0 to 1, or the parameter is no kernel.

    Example:
        >>> Dale(0.5)(jnp.array([[1.0, -2.0], [3.0, -4.0]])).tolist()
        [[1.0, 0.0], [0.0, -4.0]]

    Reference:
        Song, Yang, Wang 2016, Training excitatory-inhibitory recurrent neural networks for cognitive tasks: a simple
        and flexible framework; the fraction: Braitenberg, Schüz 1998, Cortex: statistics and geometry of neuronal
        connectivity.
    """

    excitatory: float = 0.8

    def __post_init__(self) -> None:
        if not 0 <= self.excitatory <= 1:
            raise InvalidValue(f"Dale(excitatory={self.excitatory}): expected a fraction from 0 to 1.")

    def __call__(self, w: jax.Array) -> jax.Array:
        """Return w with the sign of each input, along the last axis but one; 0 where it had the other."""
        if w.ndim < 2:
            raise InvalidValue(f"Dale: got a parameter of shape {w.shape}; the sign of inputs needs a kernel.")
        inputs = jnp.arange(w.shape[-2])[:, None]
        return jnp.where(inputs < jnp.round(self.excitatory * w.shape[-2]), jnp.maximum(w, 0), jnp.minimum(w, 0))


@declaration
class UnitNorm(Constraint):
    """Scale the weights of each unit to length 1.

    Args:
        axis: The axis or axes along which the length is taken, as for MaxNorm.
    """

    axis: int | tuple[int, ...] = 0

    def __call__(self, w: jax.Array) -> jax.Array:
        """Return w / |w|."""
        return w / (_EPSILON + _norm(self, w, self.axis))


@declaration
class CustomConstraint(Constraint):
    """A user-defined constraint.

    Args:
        function: A function of a parameter that returns an array of the same shape, written in ``jax.numpy``.
    """

    function: Callable[[jax.Array], jax.Array]

    def __post_init__(self) -> None:
        require_function("CustomConstraint", self.function, "parameter")

    def __call__(self, w: jax.Array) -> jax.Array:
        """Return function(w).

        Raises:
            InvalidValue: If JAX cannot trace the function, for example because it uses NumPy, or if the result has
                another shape.
        """
        with written_in_jax("constraint", self.function):
            found = self.function(w)
        if jnp.shape(found) != w.shape:
            name = getattr(self.function, "__name__", repr(self.function))
            raise InvalidValue(
                f"constraint {name}: turned a parameter of shape {w.shape} into {jnp.shape(found)}; it must keep the "
                "shape."
            )
        return found


def get(value: ConstraintLike) -> Constraint | None:
    """Return a constraint, given its name, a function, a class or an instance; None is returned unchanged.

    Raises:
        UnknownName: If the name is unknown.
        InvalidValue: If the value is of another type.
    """
    if value is None:
        return None
    expected = "a name, a Constraint such as MaxNorm(3), a function or None"
    return resolve("constraint", value, Constraint, NAMES, CustomConstraint, expected)


def _norm(constraint: Constraint, w: jax.Array, axis: int | tuple[int, ...]) -> jax.Array:
    axes = (axis,) if isinstance(axis, int) else axis
    if not all(-w.ndim <= each < w.ndim for each in axes):
        raise InvalidValue(
            f"{type(constraint).__name__}(axis={axis}): got a parameter of shape {w.shape}, which has axes 0 to "
            f"{w.ndim - 1}."
        )
    return jnp.sqrt(jnp.sum(jnp.square(w), axes, keepdims=True))


NAMES: dict[str, type[Constraint]] = {
    "dale": Dale,
    "max_norm": MaxNorm,
    "maxnorm": MaxNorm,
    "min_max_norm": MinMaxNorm,
    "minmaxnorm": MinMaxNorm,
    "non_neg": NonNeg,
    "nonneg": NonNeg,
    "unit_norm": UnitNorm,
    "unitnorm": UnitNorm,
}
