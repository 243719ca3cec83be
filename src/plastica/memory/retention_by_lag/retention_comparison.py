"""Memories beside each other: how much of a sequence each keeps, by lag."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...errors import InvalidValue
from ...typing import Float
from .memory_by_lag import Retention, retention
from .retention_kinds import KINDS, named_systems
from .state_reading import Remembering, sensitivity_by_lag
from .symbol_information import SymbolInformation, information_by_lag

if TYPE_CHECKING:
    import polars

    from ...drawing.figure import Drawing


class RetentionComparison(NamedTuple):
    """How much memories keep, by their names.

    Attributes:
        retention: What a linear readout explains of noise at each lag.
        sensitivity: How strongly the state depends on the input at each lag.
        symbols: How many bits of random symbols a classifier reads at each lag.
    """

    retention: Mapping[str, Retention]
    sensitivity: Mapping[str, Float[np.ndarray, "lags"]]
    symbols: Mapping[str, SymbolInformation]

    def to_frame(self) -> polars.DataFrame:
        """Return a polars data frame with a row for each memory.

        Its columns are memory, units, capacity (the sum of what is explained), half_life (the first lag of which less
        than half is explained; null beyond the last), bits (of symbols, summed over lags), and slope (by what the
        sensitivity falls per step, a mean over lags; 1 for none).
        """
        import polars

        rows = [
            {
                "memory": name,
                "units": found.units,
                "capacity": found.capacity,
                "half_life": found.half_life if np.isfinite(found.half_life) else None,
                "bits": float(self.symbols[name].bits.sum()),
                "slope": _slope(self.sensitivity[name]),
            }
            for name, found in self.retention.items()
        ]
        return polars.DataFrame(rows, schema_overrides={"half_life": polars.Float64})

    def plot(self, path: str | os.PathLike[str] | None = None) -> Drawing:
        """Draw the three curves of each memory.

        Args:
            path: A file ending in ``.svg``, ``.png`` or ``.pdf``. None writes none.
        """
        from .retention_picture import draw_retention

        return draw_retention(self).save(path)


def compare_retention(
    systems: str | Sequence[str] | Mapping[str, Remembering] = tuple(KINDS),
    lags: int = 40,
    *,
    units: int = 32,
    steps: int = 2000,
    symbols: int = 2,
    seed: int = 0,
) -> RetentionComparison:
    """Measure what memories keep of their inputs: networks, synapses and attractors on the same noise.

    Args:
        systems: Names of kinds: ``"delay_line"``, ``"simple_rnn"``, ``"lstm"``, ``"gru"``, ``"echo_state"``,
            ``"linear_recurrent"``, ``"attention"`` over the last 40 steps, ``"hopfield"``, ``"short_term_plasticity"``,
            ``"synaptic_working_memory"``, ``"ring_attractor"``; networks have initial weights. Or a mapping from names
            to systems of your own: trained models, objects with ``states(inputs)``, or functions from inputs
            ``(time, 1)`` to states ``(time, units)``.
        lags: The largest lag, in steps.
        units: The number of units of kinds that have any number.
        steps: The number of steps that count.
        symbols: The number of symbols whose information is measured.
        seed: The random seed of weights, noise and symbols.

    Raises:
        UnknownName: If a kind is not known.
        InvalidValue: If there is no system, or there are too few steps for the lags.
        ShapeError, DataError: If states are not (time, units) and finite.

    Example:
        >>> found = compare_retention(["delay_line", "hopfield"], lags=5, units=4, steps=400)
        >>> round(found.retention["delay_line"].capacity, 1)
        4.0
    """
    if units < 1:
        raise InvalidValue(f"compare_retention(units={units}): at least one.")
    kept: dict[str, Retention] = {}
    sensitivity: dict[str, Float[np.ndarray, "lags"]] = {}
    bits: dict[str, SymbolInformation] = {}
    for name, system in named_systems(systems, units, seed).items():
        kept[name] = retention(system, lags, steps=steps, seed=seed)
        sensitivity[name] = sensitivity_by_lag(system, lags, seed=seed)
        bits[name] = information_by_lag(system, lags, symbols=symbols, steps=steps, seed=seed)
    return RetentionComparison(kept, sensitivity, bits)


def _slope(sensitivity: Float[np.ndarray, "lags"]) -> float | None:
    """Return the factor per step of a fitted exponential; None where fewer than two lags are above rounding errors."""
    lags = np.flatnonzero(sensitivity > 1e-6 * max(float(sensitivity.max(initial=0)), 1e-30))
    if len(lags) < 2:
        return None
    return float(np.exp(np.polyfit(lags, np.log(sensitivity[lags]), 1)[0]))
