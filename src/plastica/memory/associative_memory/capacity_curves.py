"""How many random patterns a Hopfield network holds, and how damaged a probe may be: experiments in one program."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ... import random
from ...errors import InvalidValue
from ...layers.kernels.attractors import ASYNCHRONOUS, QUADRATIC, settle
from ...random import Key
from ...rules.pattern_storage import STORAGE
from ...typing import Float, Int

if TYPE_CHECKING:
    import polars

T = TypeVar("T", str, int)

LOADS = (0.05, 0.1, 0.138, 0.15, 0.18, 0.25)
OVERLAPS = (0.2, 0.4, 0.6, 0.8, 1.0)
RECALLED = 0.95  # overlap from which a pattern counts as recalled; at capacity it is 0.967 (Amit et al. 1985)
MOST_SWEEPS = 100


class _Trial(NamedTuple):
    """A network, or a stack of them.

    Attributes:
        key: The random key.
        patterns: The number of patterns.
        start: The overlap of probes with them.
    """

    key: Key
    patterns: Int[Array | np.ndarray, "*trials"]
    start: Float[Array | np.ndarray, "*trials"]


def capacity(
    storage: str | Sequence[str] = ("hebbian", "storkey", "pseudo_inverse"),
    units: int | Sequence[int] = 500,
    loads: Sequence[float] = LOADS,
    *,
    seeds: int = 5,
    seed: int = 0,
) -> polars.DataFrame:
    """Measure how well Hopfield networks recall random patterns, by storage rule, size and load.

    Patterns are undamaged when recall starts, so that the errors are those of the stable states next to them.

    Args:
        storage: Storage rules.
        units: Numbers of units, N.
        loads: Numbers of patterns divided by N.
        seeds: The number of networks for each, each with its own patterns, all in one program.
        seed: The first random seed.

    Returns:
        A polars data frame with the columns storage, units, load, patterns, bit_error (mean over networks of the
        fraction of wrong units), bit_error_std (its standard deviation) and recalled (the fraction of patterns with an
        overlap above 0.95).

    Raises:
        InvalidValue: If a rule is unknown, a load gives no pattern or more than N, or there is no seed.

    Reference:
        D. J. Amit, H. Gutfreund, H. Sompolinsky, 1987, Statistical mechanics of neural networks near saturation: errors
        of 1.6 % at the critical load of 0.138 in large networks with Hebb's rule.
    """
    import polars

    rows = [
        row
        for name in _several(storage)
        for size in _several(units)
        for row in _rows(name, size, [(load, 1.0) for load in loads], seeds, seed)
    ]
    return polars.DataFrame(rows).drop("start")


def basins(
    storage: str | Sequence[str] = ("hebbian", "storkey", "pseudo_inverse"),
    units: int = 500,
    loads: Sequence[float] = (0.05, 0.1),
    overlaps: Sequence[float] = OVERLAPS,
    *,
    seeds: int = 5,
    seed: int = 0,
) -> polars.DataFrame:
    """Measure basins of attraction: how often a pattern is recalled from a probe with a given overlap.

    Args:
        storage: Storage rules.
        units: The number of units, N.
        loads: Numbers of patterns divided by N.
        overlaps: Overlaps of probes with their pattern: 1 for the pattern itself, 0.6 for one in which 20 % of units
            are flipped, 0 for a random state.
        seeds: The number of networks for each.
        seed: The first random seed.

    Returns:
        A polars data frame with the columns of :func:`capacity` and start, the overlap of probes.

    Raises:
        InvalidValue: As for :func:`capacity`, or if an overlap is outside 0 to 1.
    """
    import polars

    if outside := [each for each in overlaps if not 0 <= each <= 1]:
        raise InvalidValue(f"basins(overlaps=...): got {outside[0]}; expected numbers from 0 to 1.")
    conditions = [(load, start) for load in loads for start in overlaps]
    rows = [row for name in _several(storage) for row in _rows(name, units, conditions, seeds, seed)]
    return polars.DataFrame(rows)


def _several(given: T | Sequence[T]) -> Sequence[T]:
    return [given] if isinstance(given, str | int) else given  # pyright: ignore[reportReturnType]


def _count(units: int, load: float) -> int:
    """Return the number of patterns for a load.

    Raises:
        InvalidValue: If there is none, or more than a network can hold.
    """
    patterns = round(load * units)
    if not 1 <= patterns <= units:
        raise InvalidValue(f"a load of {load:g} is {patterns} patterns for {units} units; expected 1 to {units}.")
    return patterns


def _rows(
    storage: str, units: int, conditions: Sequence[tuple[float, float]], seeds: int, seed: int
) -> list[dict[str, str | float]]:
    """Return a row for each load and overlap of probes, from one program for all of them."""
    if storage not in STORAGE:
        raise InvalidValue(f"storage={storage!r}: expected one of {', '.join(STORAGE)}.")
    if seeds < 1:
        raise InvalidValue(f"seeds={seeds!r}: at least one.")
    counts = [_count(units, load) for load, _ in conditions]
    keys = np.stack([random.seed_key(seed + place) for place in range(seeds)])
    trials = _Trial(
        np.tile(keys, (len(conditions), 1)),
        np.repeat(np.asarray(counts, np.int32), seeds),
        np.repeat(np.asarray([start for _, start in conditions], np.float32), seeds),
    )
    found = _networks(trials, storage=storage, units=units, most=max(counts, default=1))
    errors, recalled = (np.asarray(each).reshape(len(conditions), seeds) for each in found)
    return [
        {
            "storage": storage,
            "units": units,
            "load": load,
            "patterns": count,
            "start": start,
            "bit_error": float(wrong.mean()),
            "bit_error_std": float(wrong.std(ddof=min(1, seeds - 1))),
            "recalled": float(again.mean()),
        }
        for (load, start), count, wrong, again in zip(conditions, counts, errors, recalled, strict=True)
    ]


@partial(jax.jit, static_argnames=("storage", "units", "most"))
def _networks(trials: _Trial, *, storage: str, units: int, most: int) -> tuple[Float[Array, "trials"], ...]:
    def one(trial: _Trial) -> tuple[Float[Array, ""], Float[Array, ""]]:
        # Patterns beyond the number of a trial are zeros, which change no weight and stay at rest.
        own = (jnp.arange(most) < trial.patterns)[:, None]
        stored = own * jnp.where(random.bernoulli(random.fold(trial.key, 0), 0.5, (most, units)), 1.0, -1.0)
        # An overlap m is a share (1 - m) / 2 of flipped units.
        flipped = random.uniform(random.fold(trial.key, 1), (most, units)) < (1 - trial.start) / 2
        settled = settle(
            QUADRATIC,
            STORAGE[storage](stored),
            jnp.where(flipped, -stored, stored),
            random.fold(trial.key, 2),
            0.0,
            update=ASYNCHRONOUS,
            most=MOST_SWEEPS,
            stochastic=False,
        )
        wrong = jnp.mean(settled.states != stored, 1)
        errors = jnp.sum(wrong) / trial.patterns
        return errors, jnp.sum(own[:, 0] & (wrong < (1 - RECALLED) / 2)) / trial.patterns

    return jax.lax.map(one, trials)
