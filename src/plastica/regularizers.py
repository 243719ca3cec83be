"""Weight regularizers: penalties added to the loss. Names, defaults and values are those of Keras.

Example:
    >>> get("l2"), L1L2(l1=1e-4)
    (L2(), L1L2(l1=0.0001))
"""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from .declaration import Declaration, declaration
from .errors import InvalidValue
from .own_functions import require_function, written_in_jax
from .registry import resolve
from .typing import Float


class Regularizer(Declaration):
    """Base class of regularizers."""

    def __call__(self, w: Float[Array, "*shape"]) -> Float[Array, ""]:
        """Return the penalty of a parameter of any shape, a scalar."""
        raise NotImplementedError


RegularizerLike: TypeAlias = Regularizer | str | Callable[[jax.Array], jax.Array] | None


@declaration
class L1(Regularizer):
    """The penalty l1 * sum abs(w): drives weights to exactly zero.

    Args:
        l1: The factor. Default 0.01, as in Keras.
    """

    l1: float = 0.01

    def __post_init__(self) -> None:
        _check(self, "l1", self.l1)

    def __call__(self, w: Float[Array, "*shape"]) -> Float[Array, ""]:
        """Return l1 * sum abs(w)."""
        return jnp.asarray(self.l1, w.dtype) * _sum_of_absolutes(w)


@declaration
class L2(Regularizer):
    """The penalty l2 * sum w^2: keeps weights small (without a factor 1/2, as in Keras).

    Args:
        l2: The factor. Default 0.01, as in Keras.
    """

    l2: float = 0.01

    def __post_init__(self) -> None:
        _check(self, "l2", self.l2)

    def __call__(self, w: Float[Array, "*shape"]) -> Float[Array, ""]:
        """Return l2 * sum w^2."""
        return jnp.asarray(self.l2, w.dtype) * jnp.sum(jnp.square(w))


@declaration
class L1L2(Regularizer):
    """The elastic net penalty, l1 * sum abs(w) + l2 * sum w^2.

    Args:
        l1: The factor of the absolute weights. Default 0, as in Keras.
        l2: The factor of the squared weights. Default 0, as in Keras.
    """

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        _check(self, "l1", self.l1)
        _check(self, "l2", self.l2)

    def __call__(self, w: Float[Array, "*shape"]) -> Float[Array, ""]:
        """Return l1 * sum abs(w) + l2 * sum w^2."""
        l1, l2 = jnp.asarray(self.l1, w.dtype), jnp.asarray(self.l2, w.dtype)
        return l1 * _sum_of_absolutes(w) + l2 * jnp.sum(jnp.square(w))


@declaration
class OrthogonalRegularizer(Regularizer):
    """A penalty on the cosines between rows, or columns, of a matrix: makes them point in different directions.

        factor * mean over pairs of abs(cos(w_i, w_j))

    Args:
        factor: The factor. Default 0.01, as in Keras.
        mode: "rows" compares the rows of the kernel (in a Dense layer the weights of each input), "columns" those of
            each unit.

    Raises:
        InvalidValue: For a negative factor, another mode, or a parameter that is no matrix of two rows or more.
    """

    factor: float = 0.01
    mode: str = "rows"

    def __post_init__(self) -> None:
        _check(self, "factor", self.factor)
        if self.mode not in ("rows", "columns"):
            raise InvalidValue(f'OrthogonalRegularizer(mode={self.mode!r}): mode must be "rows" or "columns".')

    def __call__(self, w: Float[Array, "*shape"]) -> Float[Array, ""]:
        """Return factor times the mean absolute cosine."""
        vectors = w if self.mode == "rows" else w.T
        if w.ndim != 2 or len(vectors) < 2:
            raise InvalidValue(
                f"OrthogonalRegularizer: got a parameter of shape {w.shape}; it compares the {self.mode} of a matrix, "
                "at least two."
            )
        # Keras's bound keeps vectors of length 0 finite.
        vectors = vectors * jax.lax.rsqrt(jnp.maximum(jnp.sum(jnp.square(vectors), 1, keepdims=True), 1e-12))
        cosines = vectors @ vectors.T * (1 - jnp.eye(len(vectors), dtype=w.dtype))
        pairs = len(vectors) * (len(vectors) - 1)  # each pair occurs twice in the matrix
        return jnp.asarray(self.factor, w.dtype) * jnp.sum(jnp.abs(cosines)) / pairs


@declaration
class CustomRegularizer(Regularizer):
    """A user-defined regularizer.

    Args:
        function: A function of a parameter that returns a scalar, written in ``jax.numpy``.
    """

    function: Callable[[jax.Array], jax.Array]

    def __post_init__(self) -> None:
        require_function("CustomRegularizer", self.function, "parameter")

    def __call__(self, w: Float[Array, "*shape"]) -> Float[Array, ""]:
        """Return function(w).

        Raises:
            InvalidValue: If JAX cannot trace the function, for example because it uses NumPy.
        """
        with written_in_jax("regularizer", self.function):
            return self.function(w)


def get(value: RegularizerLike) -> Regularizer | None:
    """Return a regularizer, given its name, a function, a class or an instance; None is returned unchanged.

    Raises:
        UnknownName: If the name is unknown.
        InvalidValue: If the value is of another type.
    """
    if value is None:
        return None
    expected = "a name, a Regularizer such as L2(0.01), a function or None"
    return resolve("regularizer", value, Regularizer, NAMES, CustomRegularizer, expected)


def _sum_of_absolutes(w: Float[Array, "*shape"]) -> Float[Array, ""]:
    # JAX uses the derivative 1 of abs at 0, which would move weights that must remain 0.
    return jnp.sum(w * jax.lax.stop_gradient(jnp.sign(w)))


def _check(declared: Regularizer, field: str, value: float) -> None:
    if not 0 <= value < float("inf"):
        raise InvalidValue(f"{type(declared).__name__}: {field} is {value}; it must be finite and not negative.")


NAMES: dict[str, type[Regularizer]] = {
    "l1": L1,
    "l2": L2,
    "l1_l2": L1L2,
    "l1l2": L1L2,
    "orthogonal_regularizer": OrthogonalRegularizer,
}
