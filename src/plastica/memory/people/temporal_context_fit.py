"""The temporal context model fitted to recalls, by the largest likelihood."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...errors import InvalidValue
from ...typing import Float
from .free_recall import FreeRecall
from .temporal_context import RANGES, TemporalContextModel


class TemporalContextFit(NamedTuple):
    """A temporal context model fitted to recalls.

    Attributes:
        model: The model with the parameters of the largest likelihood.
        log_likelihood: The logarithm of the likelihood.
        recalled: The number of recalled words that it is of.
        chance: The log-likelihood if each word not yet recalled were equally likely, with the same ends of recall.
    """

    model: TemporalContextModel
    log_likelihood: float
    recalled: int
    chance: float


def fit_temporal_context(
    recalls: FreeRecall, start: TemporalContextModel | None = None, free: Sequence[str] = tuple(RANGES)
) -> TemporalContextFit:
    """Fit the temporal context model to recalls of people or of networks, by the largest likelihood.

    Args:
        recalls: The recalls, as from ``read_free_recall``.
        start: Where the search begins; it also gives the parameters that are not fitted. Default: the model's defaults.
        free: The parameters to fit.

    Raises:
        InvalidValue: If a parameter is unknown or none is free.

    Example:
        >>> planted = TemporalContextModel(encoding_drift=0.5)
        >>> found = fit_temporal_context(planted.simulate(10, 200), free=["encoding_drift"])
        >>> abs(found.model.encoding_drift - 0.5) < 0.1
        True

    Reference:
        J. E. Kragel, N. W. Morton, S. M. Polyn, 2015 (the likelihood of recall sequences).
    """
    from scipy import optimize

    if not free or any(name not in RANGES for name in free):
        raise InvalidValue(f"fit_temporal_context(free={list(free)!r}): expected some of {', '.join(RANGES)}.")
    start = start or TemporalContextModel()
    begin = np.array([_unbounded(name, getattr(start, name)) for name in free])

    def error(values: Float[np.ndarray, "parameters"]) -> float:
        return -_with(start, free, values).log_likelihood(recalls) / len(recalls.recalls)

    found = optimize.minimize(error, begin, method="L-BFGS-B", bounds=[(-8.0, 8.0)] * len(free))
    model = _with(start, free, found.x)
    _, counts = recalls.sequences()
    chance = dataclasses.replace(model, temperature=1e9).log_likelihood(recalls)
    return TemporalContextFit(model, model.log_likelihood(recalls), int(counts.sum()), chance)


def _unbounded(name: str, value: float) -> float:
    if RANGES[name][1] == 1.0:
        value = min(max(value, 1e-3), 1 - 1e-3)
        return float(np.log(value / (1 - value)))
    return float(np.log(max(value, 1e-3)))


def _with(
    model: TemporalContextModel, free: Sequence[str], values: Float[np.ndarray, "parameters"]
) -> TemporalContextModel:
    bounded = {
        name: float(1 / (1 + np.exp(-value)) if RANGES[name][1] == 1.0 else np.exp(value))
        for name, value in zip(free, values, strict=True)
    }
    return dataclasses.replace(model, **bounded)
