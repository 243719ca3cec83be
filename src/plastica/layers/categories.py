"""Numbers as categories: bins of numbers, and indicators of whole numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..declaration import declaration
from ..errors import DataError, InvalidValue
from ..initializers import Zeros
from ..random import Shape
from ..typing import Num, Params, State
from .adapting import Adaptive
from .in_network import as_float
from .layer import Context
from .on_arrays import OnArrays

Indicators = Literal["one_hot", "multi_hot", "count"]
INDICATORS = get_args(Indicators)
FAR = np.finfo(np.float32).max


@declaration
class Discretization(Adaptive):
    """Replace numbers by the number of the bin they lie in.

    Bins are given, or chosen by ``adapt`` so that each has about as many rows.

    Args:
        bin_boundaries: The boundaries between bins, ascending; a number equal to one belongs to the bin above.
        num_bins: The number of bins, if the boundaries come from data.
        epsilon: How coarsely data are summarized on the way to quantiles, as in Keras.
        output_mode: ``"int"`` for the number of the bin; ``"one_hot"``, ``"multi_hot"`` and ``"count"`` as for
            :class:`CategoryEncoding`.

    Shapes:
        ``(batch, ...)`` in and out for ``"int"``; otherwise as for :class:`CategoryEncoding`.

    Raises:
        InvalidValue: Unless either boundaries or a number of bins are given; without both, at the first use.
        NotFitted: If it is used before it has seen data.

    Example:
        >>> Discretization(bin_boundaries=[0.0, 1.0, 2.0])([[-1.5, 1.0, 3.4, 0.5]])
        array([[0., 2., 3., 1.]], dtype=float32)
    """

    bin_boundaries: tuple[float, ...] | None = None
    num_bins: int | None = None
    epsilon: float = 0.01
    output_mode: Literal["int", "one_hot", "multi_hot", "count"] = "int"

    def __post_init__(self) -> None:
        if self.bin_boundaries is not None and self.num_bins is not None:
            raise InvalidValue("Discretization: bin_boundaries and num_bins exclude each other; give one.")
        if self.bin_boundaries is not None:
            boundaries = tuple(float(each) for each in self.bin_boundaries)
            object.__setattr__(self, "bin_boundaries", boundaries)
            if not boundaries or list(boundaries) != sorted(boundaries):
                raise InvalidValue(f"Discretization: bin_boundaries={boundaries}; expected ascending numbers.")
        elif self.num_bins is not None and self.num_bins < 2:
            raise InvalidValue(f"Discretization: num_bins={self.num_bins}; expected a whole number of at least 2.")
        check_mode("Discretization", self.output_mode, ("int", *INDICATORS))

    @property
    def bins(self) -> int:
        """The number of bins.

        Raises:
            InvalidValue: If neither it nor boundaries are given.
        """
        if self.bin_boundaries is not None:
            return len(self.bin_boundaries) + 1
        if self.num_bins is None:
            raise InvalidValue("Discretization: give either bin_boundaries or num_bins.")
        return self.num_bins

    def output_shape(self, shape: Shape) -> Shape:
        depth = self.bins
        return tuple(shape) if self.output_mode == "int" else encoded_shape(shape, self.output_mode, depth)

    def fresh(self, rng: np.random.Generator, shape: Shape) -> State:
        if self.bin_boundaries is not None:
            return {}
        return {"boundaries": Zeros()(rng, (self.bins - 1,)), "count": Zeros()(rng, ())}

    def found_in(self, batches: Iterator[np.ndarray]) -> State:
        if self.bin_boundaries is not None:
            raise InvalidValue("Discretization: bin_boundaries are given; for bins from data give num_bins instead.")
        summary, count = np.zeros((2, 0), np.float32), 0
        for batch in batches:
            both = np.concatenate([_summary(batch, self.epsilon), summary], axis=1)
            summary = _compressed(both[:, np.argsort(both[0])], self.epsilon)
            count += len(batch)
        found = _compressed(summary, 1 / self.bins)[0, :-1][: self.bins - 1]
        # Of few rows there are fewer boundaries; nothing lies above those that fill up.
        filled = np.pad(found, (0, self.bins - 1 - len(found)), constant_values=FAR)
        return {"boundaries": filled.astype(np.float32), "count": np.asarray(count, np.float32)}

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        given = self.bin_boundaries if self.bin_boundaries is not None else state["boundaries"]
        number = jnp.searchsorted(jnp.asarray(given, x.dtype), x, side="right")
        return (number if self.output_mode == "int" else encoded(number, self.output_mode, self.bins)).astype(
            x.dtype
        ), state


@declaration
class CategoryEncoding(OnArrays):
    """Replace whole numbers by indicators of their category.

    Args:
        num_tokens: The number of categories; inputs are 0 to num_tokens - 1.
        output_mode: ``"multi_hot"``, the default: for a row of several numbers one vector with 1 for each that occurs;
            ``"count"``: how often each occurs; ``"one_hot"``: a vector for each number.

    Shapes:
        ``(batch, n) -> (batch, num_tokens)``; for ``"one_hot"`` ``(batch, n, num_tokens)``, or ``(batch, num_tokens)``
        for one number a row.

    Raises:
        InvalidValue: For fewer than 1 category or an unknown mode.
        DataError: If a value in the data is not a category.

    Example:
        >>> CategoryEncoding(4)([[0, 1, 1], [3, 3, 3]])
        array([[1., 1., 0., 0.],
               [0., 0., 0., 1.]], dtype=float32)
    """

    num_tokens: int
    output_mode: Indicators = "multi_hot"

    def __post_init__(self) -> None:
        if self.num_tokens < 1:
            raise InvalidValue(f"CategoryEncoding({self.num_tokens}): expected at least 1 category.")
        check_mode("CategoryEncoding", self.output_mode, INDICATORS)

    @property
    def takes_integers(self) -> bool:
        return True

    def output_shape(self, shape: Shape) -> Shape:
        return encoded_shape(shape, self.output_mode, self.num_tokens)

    def check_input(self, x: np.ndarray) -> None:
        numbers = np.asarray(x)
        wrong = ~((numbers >= 0) & (numbers < self.num_tokens) & (numbers == np.floor(numbers)))
        if wrong.any():
            raise DataError(
                f"CategoryEncoding({self.num_tokens}): got the value {numbers[wrong].flat[0]} ({wrong.sum()} of "
                f"{numbers.size} values are invalid); expected whole numbers from 0 to {self.num_tokens - 1}."
            )

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return encoded(x.astype(jnp.int32), self.output_mode, self.num_tokens).astype(as_float(x).dtype), state


def check_mode(owner: str, mode: str, known: tuple[str, ...]) -> None:
    """Raise InvalidValue unless an output mode is known."""
    if mode not in known:
        raise InvalidValue(f"{owner}: output_mode={mode!r}; expected one of {', '.join(known)}.")


def encoded_shape(shape: Shape, mode: str, depth: int) -> Shape:
    """Return the shape of :func:`encoded` for one row."""
    if mode == "one_hot":
        return (*(shape[:-1] if shape[-1:] == (1,) else shape), depth)
    return (*shape[1:], depth)


def encoded(numbers: Num[Array, "batch ..."], mode: str, depth: int) -> Num[Array, "batch ..."]:
    """Return indicators of whole numbers: of each (one_hot), of those in a row (multi_hot), or their count."""
    if mode == "one_hot" and numbers.ndim > 1 and numbers.shape[-1] == 1:
        numbers = numbers[..., 0]
    hot = numbers[..., None] == jnp.arange(depth)
    if mode == "one_hot" or numbers.ndim == 1:
        return hot.astype(jnp.float32)
    return (jnp.any(hot, axis=1) if mode == "multi_hot" else jnp.sum(hot, axis=1)).astype(jnp.float32)


def _summary(values: np.ndarray, epsilon: float) -> np.ndarray:
    """Return every n-th value in order, with how many values it stands for, ``(2, values / n)``; as in Keras."""
    ordered = np.sort(np.reshape(values, -1).astype(np.float32))
    step = max(ordered.size * epsilon, 1)
    kept = ordered[int(step - 1) :: int(step)]
    return np.stack([kept, np.full_like(kept, step)])


def _compressed(summary: np.ndarray, epsilon: float) -> np.ndarray:
    """Return a summary of 1 / epsilon values by interpolation of the cumulative weights; as in Keras."""
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    total = summary[1].cumsum()
    values, weights = (np.interp(shares, total / total[-1], each) for each in (summary[0], total))
    return np.stack([values, np.diff(weights, prepend=0)]).astype(np.float32)
