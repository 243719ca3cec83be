"""The continuous modern Hopfield network, whose update is attention over the stored patterns."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...errors import DataError, InvalidValue, ShapeError
from ...typing import Float, Int
from .patterns import as_rows, nothing_stored

MOST_STEPS = 50  # one is enough for patterns that are well apart (Ramsauer et al., theorem 4)
SIMILARITIES = ("distance", "product")
AT_REST = 1e-5  # relative change of a state below which it counts as settled: some roundings of single precision


class Attended(NamedTuple):
    """What a memory of real values recalls.

    Attributes:
        states: The last states.
        attention: The weight of each stored pattern in them; a row adds up to 1.
        energies: The energy at the start and after each step.
        steps: The number of steps until the state no longer changed.
    """

    states: Float[np.ndarray, "probes *shape"]
    attention: Float[np.ndarray, "probes patterns"]
    energies: Float[np.ndarray, "moments probes"]
    steps: Int[np.ndarray, "probes"]


class AttentionMemory:
    """The modern Hopfield network for real values: rows of a table, grey images, activities of a network.

        s <- sum_mu p_mu xi_mu,   p = softmax(beta sim(xi_mu, s))
        sim(xi, s) = -|xi - s|^2 / 2   or   xi . s
        E = -log sum_mu exp(-beta |xi_mu - s|^2 / 2) / beta

    With the product, it is attention with the patterns as keys and values and the state as query, and the energy gains
    max_mu |xi_mu|^2 / 2 + log(M) / beta, with each norm taken as the largest. With a large beta the state ends at a
    single pattern, with a small one at the mean of several. The energy never rises.

    Args:
        beta: The inverse temperature. None: 8 ln(M + 1) / (the mean squared distance of two of the M patterns), with
            which a pattern is found from half of its values.
        similarity: ``"distance"``, which finds the nearest pattern; or ``"product"``, as in attention, for patterns of
            equal length: longer ones attract more.

    Raises:
        InvalidValue: If beta is not above 0 or the similarity is unknown.

    Example:
        >>> memory = AttentionMemory(beta=4.0).store([[3.0, 0.0], [0.0, 3.0]])
        >>> memory.recall([[2.0, 0.5]]).states.round(2)
        array([[3., 0.]], dtype=float32)

    Reference:
        H. Ramsauer et al., 2021, Hopfield networks is all you need, equations 2 and 3 (the product).
        B. Millidge, T. Salvatori, Y. Song, T. Lukasiewicz, R. Bogacz, 2022, Universal Hopfield networks: a general
        framework for single-shot associative memory models, section 4 (the distance).
    """

    def __init__(self, beta: float | None = None, similarity: str = "distance") -> None:
        if beta is not None and not (beta > 0 and np.isfinite(beta)):
            raise InvalidValue(f"AttentionMemory(beta={beta!r}): expected a number above 0.")
        if similarity not in SIMILARITIES:
            raise InvalidValue(
                f"AttentionMemory(similarity={similarity!r}): expected one of {', '.join(SIMILARITIES)}."
            )
        self.beta, self.similarity = beta, similarity
        self._patterns: Float[np.ndarray, "patterns units"] | None = None
        self._shape: tuple[int, ...] = ()

    def __repr__(self) -> str:
        """Show beta and how much is stored."""
        held = "nothing stored" if self._patterns is None else f"{len(self._patterns)} patterns"
        return f"<AttentionMemory(beta={self.beta}): {held}>"

    @property
    def patterns(self) -> Float[np.ndarray, "patterns *shape"]:
        """The stored patterns.

        Raises:
            NotFitted: If none is stored.
        """
        held = self._held("patterns")
        return held.reshape(len(held), *self._shape)

    def store(self, patterns: object) -> Self:
        """Store patterns, ``(patterns, ...)``, beside those that are stored already.

        Raises:
            DataError: If patterns differ in length or have values that are not finite.
            ShapeError: If they do not have the shape of those stored before.
        """
        rows = self._rows(patterns, "AttentionMemory.store", first=self._patterns is None)
        self._patterns = rows if self._patterns is None else np.concatenate([self._patterns, rows])
        return self

    def recall(self, probes: object, steps: int = MOST_STEPS) -> Attended:
        """Let each probe settle.

        Args:
            probes: Initial states, in the shape of the stored patterns.
            steps: The largest number of steps.

        Raises:
            NotFitted: If nothing is stored.
            InvalidValue: If there is no step.
            ShapeError, DataError: If the probes are unlike the stored patterns.
        """
        patterns = self._held("AttentionMemory.recall")
        rows = self._rows(probes, "AttentionMemory.recall")
        if steps < 1:
            raise InvalidValue(f"AttentionMemory.recall(steps={steps!r}): at least one step.")
        states, attention, energies, moved = (
            np.asarray(each)
            for each in _settle(
                jnp.asarray(patterns), jnp.asarray(rows), self._beta(patterns), similarity=self.similarity, most=steps
            )
        )
        ran = int(moved.sum(0).max(initial=0))
        shaped = states.reshape(len(states), *self._shape)
        return Attended(shaped, attention, energies[: ran + 1], moved.sum(0))

    def _beta(self, patterns: Float[np.ndarray, "patterns units"]) -> float:
        if self.beta is not None:
            return self.beta
        spread = 2 * patterns.var(0).sum() * len(patterns) / max(1, len(patterns) - 1)
        if not spread > 0:
            raise DataError("AttentionMemory: all stored patterns are equal; give beta.")
        return float(8 * np.log(len(patterns) + 1) / spread)

    def _held(self, owner: str) -> Float[np.ndarray, "patterns units"]:
        if self._patterns is None:
            raise nothing_stored(owner)
        return self._patterns

    def _rows(self, given: object, owner: str, first: bool = False) -> Float[np.ndarray, "rows units"]:
        values = as_rows(given, owner)
        if first:
            self._shape = values.shape[1:]
        elif values.shape[1:] != self._shape:
            raise ShapeError(f"{owner}: got patterns of shape {values.shape[1:]}; those stored have {self._shape}.")
        return values.reshape(len(values), -1).astype(np.float32)


@partial(jax.jit, static_argnames=("similarity", "most"))
def _settle(
    patterns: Float[Array, "patterns units"],
    rows: Float[Array, "rows units"],
    beta: Float[Array, ""],
    *,
    similarity: str,
    most: int,
) -> tuple[Array, ...]:
    lengths = jnp.sum(patterns * patterns, 1)

    def scores(states: Float[Array, "rows units"]) -> Float[Array, "rows patterns"]:
        # |xi - s|^2 without |s|^2, which all patterns share.
        return beta * (states @ patterns.T - (lengths / 2 if similarity == "distance" else 0.0))

    def energy(states: Float[Array, "rows units"]) -> Float[Array, "rows"]:
        free = jnp.sum(states * states, 1) / 2 - jax.nn.logsumexp(scores(states), axis=1) / beta
        return free if similarity == "distance" else free + jnp.log(float(len(patterns))) / beta + jnp.max(lengths) / 2

    def step(states: Float[Array, "rows units"], _: None) -> tuple[Array, tuple[Array, Array]]:
        new = jax.nn.softmax(scores(states)) @ patterns
        moved = jnp.max(jnp.abs(new - states), 1) > AT_REST * (1 + jnp.max(jnp.abs(new), 1))
        return new, (energy(new), moved)

    states, (energies, moved) = jax.lax.scan(step, rows, None, length=most)
    attention = jax.nn.softmax(scores(states))
    return states, attention, jnp.concatenate([energy(rows)[None], energies]), jnp.cumprod(moved.astype(int), 0)
