"""Regularizers: what large weights add to the loss. Names, defaults and numbers are Keras's.

Example:
    >>> get("l2"), L1L2(l1=1e-4)
    (L2(), L1L2(l1=0.0001))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp

from .declaration import Declaration, declaration
from .errors import InvalidValue
from .own_functions import require_function, written_in_jax
from .registry import look_up


class Regularizer(Declaration):
    """Base of all regularizers."""

    def __call__(self, w: jax.Array) -> jax.Array:
        """Return the penalty of a parameter of any shape, a scalar."""
        raise NotImplementedError


RegularizerLike: TypeAlias = Regularizer | str | Callable[[Any], Any] | None


@declaration
class L1(Regularizer):
    """The sum of absolute weights, l1 * sum abs(w): drives weights to exactly zero.

    Args:
        l1: The factor; Keras's default 0.01.
    """

    l1: float = 0.01

    def __post_init__(self) -> None:
        _check(self, "l1", self.l1)

    def __call__(self, w: jax.Array) -> jax.Array:
        """Return l1 * sum abs(w)."""
        return jnp.asarray(self.l1, w.dtype) * _sum_of_absolutes(w)


@declaration
class L2(Regularizer):
    """The sum of squared weights, l2 * sum w^2: keeps weights small (note: no factor 1/2, as in Keras).

    Args:
        l2: The factor; Keras's default 0.01.
    """

    l2: float = 0.01

    def __post_init__(self) -> None:
        _check(self, "l2", self.l2)

    def __call__(self, w: jax.Array) -> jax.Array:
        """Return l2 * sum w^2."""
        return jnp.asarray(self.l2, w.dtype) * jnp.sum(jnp.square(w))


@declaration
class L1L2(Regularizer):
    """Both penalties, l1 * sum abs(w) + l2 * sum w^2: the elastic net.

    Args:
        l1: The factor of the absolute weights; Keras's default 0.
        l2: The factor of the squared weights; Keras's default 0.
    """

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        _check(self, "l1", self.l1)
        _check(self, "l2", self.l2)

    def __call__(self, w: jax.Array) -> jax.Array:
        """Return l1 * sum abs(w) + l2 * sum w^2."""
        l1, l2 = jnp.asarray(self.l1, w.dtype), jnp.asarray(self.l2, w.dtype)
        return l1 * _sum_of_absolutes(w) + l2 * jnp.sum(jnp.square(w))


@declaration
class CustomRegularizer(Regularizer):
    """A person's own function.

    Args:
        function: From a parameter to a scalar, written in ``jax.numpy``.
    """

    function: Callable[[Any], Any]

    def __post_init__(self) -> None:
        require_function("CustomRegularizer", self.function, "parameter")

    def __call__(self, w: jax.Array) -> jax.Array:
        """Return function(w).

        Raises:
            InvalidValue: When the function is not written in ``jax.numpy``.
        """
        with written_in_jax("regularizer", self.function):
            return self.function(w)


def get(value: RegularizerLike) -> Regularizer | None:
    """Return the regularizer that a name, a function, a class or an instance stands for; None stays None.

    Raises:
        UnknownName: When a name is not plastica's.
        InvalidValue: When the value is none of these.
    """
    if value is None or isinstance(value, Regularizer):
        return value
    if isinstance(value, str):
        return look_up("regularizer", value, NAMES)()
    if isinstance(value, type) and issubclass(value, Regularizer):
        return value()
    if callable(value):
        return CustomRegularizer(value)
    raise InvalidValue(f"regularizer={value!r}: give a name, a Regularizer such as L2(0.01), a function or None.")


def _sum_of_absolutes(w: jax.Array) -> jax.Array:
    # JAX gives abs the slope 1 at 0, which would move weights that are 0 and have to stay there.
    return jnp.sum(w * jax.lax.stop_gradient(jnp.sign(w)))


def _check(declared: Regularizer, field: str, value: float) -> None:
    if not 0 <= value < float("inf"):
        raise InvalidValue(f"{type(declared).__name__}: {field} is {value}; it must be finite and not negative.")


NAMES: dict[str, type[Regularizer]] = {"l1": L1, "l2": L2, "l1_l2": L1L2, "l1l2": L1L2}
