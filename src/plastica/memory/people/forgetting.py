"""Forgetting curves: people's, laws fitted to them, and the strength of a memory in ACT-R."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...errors import DataError, InvalidValue
from ...typing import Float

if TYPE_CHECKING:
    import polars

# H. Ebbinghaus, 1885, Über das Gedächtnis, section 28: savings in relearning lists of 13 nonsense syllables.
EBBINGHAUS_MINUTES = (20.0, 64.0, 526.0, 1440.0, 2 * 1440.0, 6 * 1440.0, 31 * 1440.0)
EBBINGHAUS_SAVINGS = (0.582, 0.442, 0.358, 0.337, 0.278, 0.254, 0.211)

Times = Float[np.ndarray, "times"]


class Law(NamedTuple):
    """A law of forgetting with two parameters.

    Attributes:
        formula: The equation, with t for the time.
        value: Returns retention at times for parameters a and b.
        line: Returns the times and retentions on axes on which the law is a straight line, from which a fit starts.
        back: Returns a and b from the intercept and the slope of that line.
        in_unit: Returns a and b for times t from those for times t / unit.
    """

    formula: str
    value: Callable[[Times, float, float], Times]
    line: Callable[[Times, Times], tuple[Times, Times]]
    back: Callable[[float, float], tuple[float, float]]
    in_unit: Callable[[float, float, float], tuple[float, float]]


LAWS = {
    "exponential": Law(
        "a exp(-b t)",
        lambda t, a, b: a * np.exp(-b * t),
        lambda t, r: (t, np.log(np.maximum(r, 1e-6))),
        lambda intercept, slope: (float(np.exp(intercept)), -slope),
        lambda a, b, unit: (a, b / unit),
    ),
    "power": Law(
        "a t^-b",
        lambda t, a, b: a * t**-b,
        lambda t, r: (np.log(t), np.log(np.maximum(r, 1e-6))),
        lambda intercept, slope: (float(np.exp(intercept)), -slope),
        lambda a, b, unit: (a * unit**b, b),
    ),
    "logarithmic": Law(
        "a - b ln t",
        lambda t, a, b: a - b * np.log(t),
        lambda t, r: (np.log(t), r),
        lambda intercept, slope: (intercept, -slope),
        lambda a, b, unit: (a + b * float(np.log(unit)), b),
    ),
}


class ForgettingFit(NamedTuple):
    """A law fitted to a forgetting curve.

    Attributes:
        law: The name of the law.
        a, b: Its parameters, with times in the unit of the data.
        error: The root mean squared error of the fit.
        held_out_error: The root mean squared error at times that the fit has not seen, each left out in turn.
    """

    law: str
    a: float
    b: float
    error: float
    held_out_error: float

    def retention(self, times: object) -> Times:
        """Return the retention that the law gives at times."""
        return LAWS[self.law].value(np.asarray(times, np.float64), self.a, self.b)


def fit_forgetting(
    times: object = EBBINGHAUS_MINUTES, retention: object = EBBINGHAUS_SAVINGS, laws: Sequence[str] = tuple(LAWS)
) -> dict[str, ForgettingFit]:
    """Fit laws of forgetting by least squares, and compare them on times that they have not seen; the best first.

    Args:
        times: Times since learning, above 0. Default: those of Ebbinghaus, in minutes.
        retention: What is retained at each, such as savings or the fraction recalled. Default: Ebbinghaus's savings.
        laws: ``"exponential"``, a exp(-b t); ``"power"``, a t^-b; ``"logarithmic"``, a - b ln t.

    Raises:
        InvalidValue: If a law is unknown.
        DataError: If there are fewer than four times, a time is not above 0, or the numbers differ.

    Example:
        >>> list(fit_forgetting())
        ['power', 'logarithmic', 'exponential']

    Reference:
        H. Ebbinghaus, 1885, Über das Gedächtnis.
        J. T. Wixted, E. B. Ebbesen, 1991, On the form of forgetting.
        J. M. J. Murre, J. Dros, 2015, Replication and analysis of Ebbinghaus' forgetting curve.
    """
    if unknown := [name for name in laws if name not in LAWS]:
        raise InvalidValue(f"fit_forgetting: unknown law {unknown[0]!r}; expected some of {', '.join(LAWS)}.")
    t, r = _curve(times, retention)
    found = [_fitted(name, t, r) for name in laws]
    return {fit.law: fit for fit in sorted(found, key=lambda fit: fit.held_out_error)}


def forgetting_table(fits: dict[str, ForgettingFit]) -> polars.DataFrame:
    """Return a polars data frame with a row for each law: law, formula, a, b, error, held_out_error."""
    import polars

    return polars.DataFrame(
        [{"law": name, "formula": LAWS[name].formula, **fit._asdict()} for name, fit in fits.items()]
    )


def base_level_activation(ages: object, decay: float = 0.5) -> float:
    """Return the base-level activation of a memory in ACT-R, B = ln sum_j t_j^-d.

    Args:
        ages: The times since each presentation, t_j, above 0, in seconds.
        decay: d; 0.5 is the value that ACT-R fixes.

    Raises:
        DataError: If an age is not above 0.

    Reference:
        J. R. Anderson, L. J. Schooler, 1991, Reflections of the environment in memory, equation 1.
    """
    t = np.asarray(ages, np.float64).ravel()
    if not t.size or not (np.isfinite(t).all() and (t > 0).all()):
        raise DataError("base_level_activation: expected the times since each presentation, all above 0.")
    return float(np.log(np.sum(t**-decay)))


def recall_probability(activation: float, threshold: float = 0.0, noise: float = 0.4) -> float:
    """Return the probability of retrieving a memory in ACT-R, 1 / (1 + exp((threshold - activation) / noise)).

    Args:
        activation: The activation, such as that of :func:`base_level_activation`.
        threshold: The activation at which half is retrieved.
        noise: The scale of the logistic noise, above 0.

    Raises:
        InvalidValue: If the noise is not above 0.

    Reference:
        J. R. Anderson et al., 2004, An integrated theory of the mind, equation 5.
    """
    if not noise > 0:
        raise InvalidValue(f"recall_probability(noise={noise}): expected a number above 0.")
    return float(1 / (1 + np.exp((threshold - activation) / noise)))


def _curve(times: object, retention: object) -> tuple[Times, Times]:
    t, r = (np.asarray(each, np.float64).ravel() for each in (times, retention))
    if len(t) != len(r):
        raise DataError(f"fit_forgetting: got {len(t)} times and {len(r)} retentions; they are pairs.")
    if len(t) < 4:
        raise DataError(f"fit_forgetting: got {len(t)} times; a law with two parameters is compared on at least four.")
    if not (np.isfinite(t).all() and np.isfinite(r).all() and (t > 0).all()):
        raise DataError("fit_forgetting: times must be above 0, and all numbers finite.")
    return t, r


def _fitted(name: str, t: Times, r: Times) -> ForgettingFit:
    a, b = _least_squares(LAWS[name], t, r)
    apart = [
        r[place] - _predicted(LAWS[name], np.delete(t, place), np.delete(r, place), t[place]) for place in range(len(t))
    ]
    error = np.sqrt(np.mean((LAWS[name].value(t, a, b) - r) ** 2))
    return ForgettingFit(name, a, b, float(error), float(np.sqrt(np.mean(np.square(apart)))))


def _predicted(law: Law, t: Times, r: Times, new: Times) -> Times:
    a, b = _least_squares(law, t, r)
    return law.value(new, a, b)


def _least_squares(law: Law, t: Times, r: Times) -> tuple[float, float]:
    """Return a and b with the least sum of squares, from a straight line as the start."""
    from scipy import optimize

    unit = float(np.exp(np.log(t).mean()))  # a common unit of time, for parameters of similar size
    slope, intercept = np.polyfit(*law.line(t / unit, r), 1)
    found = optimize.least_squares(
        lambda p: law.value(t / unit, p[0], p[1]) - r, law.back(float(intercept), float(slope))
    )
    return law.in_unit(float(found.x[0]), float(found.x[1]), unit)
