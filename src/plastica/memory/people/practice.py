"""Effects of practice on declarative memory: spacing, testing, and parameters fitted to a person's own recalls."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...errors import DataError, InvalidValue
from .declarative import DeclarativeMemory
from .human_curves import human_curve

if TYPE_CHECKING:
    import polars

GAPS = (10.0, 60.0, 300.0, 1800.0, 86400.0, 7 * 86400.0)
DAY = 86400.0
STUDY = 300.0  # seconds of a study or test period: H. L. Roediger, J. D. Karpicke, 2006, experiment 2
FREE = ("decay_scale", "decay_intercept", "threshold", "noise")


def spacing_curve(
    memory: DeclarativeMemory | None = None, gaps: Sequence[float] = GAPS, delays: Sequence[float] = (600, DAY, 7 * DAY)
) -> polars.DataFrame:
    """Return how recall depends on the gap between two presentations: the spacing effect.

    Args:
        memory: The model. Default: that of Pavlik and Anderson (2005).
        gaps: Seconds between two presentations.
        delays: Seconds from the second presentation to the test.

    Times of an hour and more are between sessions, and pass at the model's ``between_sessions``.

    Returns:
        A polars data frame with the columns gap, delay (both in seconds), recall, and best: whether no other gap gives
        more at that delay. In people, the best gap grows with the delay (N. J. Cepeda, E. Vul, D. Rohrer, J. T. Wixted,
        H. Pashler, 2008: about 20 % of delays of some weeks, 5 % of a year).

    Raises:
        InvalidValue: If a gap or a delay is not above 0.
    """
    import polars

    memory = memory or DeclarativeMemory()
    if not len(gaps) or not len(delays) or min(*gaps, *delays, np.inf) <= 0:
        raise InvalidValue(f"spacing_curve(gaps={list(gaps)}, delays={list(delays)}): expected seconds above 0.")
    rows = [
        {"gap": float(gap), "delay": float(delay), "recall": memory.recall([0, inner], inner + _passed(memory, delay))}
        for delay in delays
        for gap in gaps
        for inner in [_passed(memory, gap)]
    ]
    table = polars.DataFrame(rows)
    return table.with_columns(best=polars.col("recall") == polars.col("recall").max().over("delay"))


def practice_testing_curve(
    memory: DeclarativeMemory | None = None, test_weight: float = 5.0, delays: Sequence[float] | None = None
) -> polars.DataFrame:
    """Return recall after studying four times and after studying once with three tests, beside that of people.

    A test strengthens only what is recalled, but does so with a trace of the weight ``test_weight``.

    Args:
        memory: The model. Default: that of Pavlik and Anderson (2005).
        test_weight: The strength of the trace of a successful recall compared with that of a study period. From 3 on,
            tests are better after a week, as in people; 5 shows it clearly.
        delays: Minutes from the last period to the final test. Default: those of Roediger and Karpicke (2006), 5 and
            10,080 (a week).

    Returns:
        A polars data frame with the columns minutes, restudied, tested, and those of people where they were measured,
        people_restudied and people_tested.

    Raises:
        InvalidValue: If the weight or a delay is not above 0.

    Reference:
        H. L. Roediger, J. D. Karpicke, 2006, Test-enhanced learning, experiment 2.
        N. Kornell, R. A. Bjork, M. A. Garcia, 2011, Why tests appear to prevent forgetting (tests divide what is
        recalled, which lasts, from what is not).
    """
    import polars

    memory = memory or DeclarativeMemory()
    studied, tested = human_curve("restudied"), human_curve("tested")
    minutes = list(studied.x) if delays is None else [float(each) for each in delays]
    if not test_weight > 0 or not minutes or min(minutes) <= 0:
        raise InvalidValue(
            f"practice_testing_curve(test_weight={test_weight}, delays={minutes}): expected numbers above 0."
        )
    rows: list[dict[str, object]] = []
    for delay in minutes:
        end = 3 * STUDY + _passed(memory, 60 * delay)
        row: dict[str, object] = {
            "minutes": float(delay),
            "restudied": memory.recall(STUDY * np.arange(4), end),
            "tested": _after_tests(memory, test_weight, end),
        }
        for name, curve in (("people_restudied", studied), ("people_tested", tested)):
            found = np.flatnonzero(curve.x == delay)
            row[name] = float(curve.y[found[0]]) if found.size else None
        rows.append(row)
    return polars.DataFrame(rows)


class DeclarativeFit(NamedTuple):
    """A declarative memory fitted to recalls.

    Attributes:
        memory: The model with the parameters of the largest likelihood.
        log_likelihood: The logarithm of the likelihood.
        chance: That of a constant probability, the fraction recalled.
    """

    memory: DeclarativeMemory
    log_likelihood: float
    chance: float


def fit_declarative(
    presentations: Sequence[Sequence[float]],
    tests: Sequence[float],
    recalled: Sequence[float],
    start: DeclarativeMemory | None = None,
    free: Sequence[str] = FREE,
) -> DeclarativeFit:
    """Fit declarative memory to recalls, such as those of a person's flash cards, by the largest likelihood.

    Args:
        presentations: For each test, the times in seconds at which the fact was presented or recalled before.
        tests: The time of each test.
        recalled: 1 for recalled and 0 for not, or the fraction recalled.
        start: Where the search begins. Default: the model of Pavlik and Anderson (2005).
        free: The parameters to fit: ``"decay_scale"``, ``"decay_intercept"``, ``"threshold"``, ``"noise"``.

    Raises:
        InvalidValue: If a parameter is unknown or none is free.
        DataError: If the numbers of presentations, tests and recalls differ, a recall is not from 0 to 1, or there are
            no more tests than free parameters.
    """
    from scipy import optimize

    if not free or any(name not in FREE for name in free):
        raise InvalidValue(f"fit_declarative(free={list(free)!r}): expected some of {', '.join(FREE)}.")
    y = np.asarray(recalled, np.float64)
    if not len(presentations) == len(tests) == len(y):
        raise DataError(
            f"fit_declarative: got {len(presentations)} presentations, {len(tests)} tests and {len(y)} recalls; "
            "expected one of each for each test."
        )
    if len(y) <= len(free) or not ((y >= 0) & (y <= 1)).all():
        raise DataError(f"fit_declarative: expected more than {len(free)} recalls, each from 0 to 1.")
    begin = start or DeclarativeMemory()

    def likelihood(memory: DeclarativeMemory) -> float:
        p = np.array([memory.recall(each, at) for each, at in zip(presentations, tests, strict=True)])
        return _bernoulli(y, p)

    def model(values: Sequence[float]) -> DeclarativeMemory:
        named = dict(zip(free, values, strict=True))
        return dataclasses.replace(begin, **{n: float(v if n == "threshold" else np.exp(v)) for n, v in named.items()})

    first = [getattr(begin, n) if n == "threshold" else np.log(max(getattr(begin, n), 1e-3)) for n in free]
    found = optimize.minimize(
        lambda v: -likelihood(model(v)) / len(y), first, method="L-BFGS-B", bounds=[(-8, 4)] * len(free)
    )
    best = model(found.x)
    return DeclarativeFit(best, likelihood(best), _bernoulli(y, np.full(len(y), y.mean())))


def _bernoulli(y: np.ndarray, p: np.ndarray) -> float:
    p = np.clip(p, 1e-9, 1 - 1e-9)
    return float(np.sum(y * np.log(p) + (1 - y) * np.log(1 - p)))


def _passed(memory: DeclarativeMemory, seconds: float) -> float:
    return memory.elapsed(seconds) if seconds >= 3600 else float(seconds)


def _after_tests(memory: DeclarativeMemory, weight: float, end: float) -> float:
    """Return the probability of recall, over what three tests may have found."""
    total = 0.0
    for outcomes in itertools.product((True, False), repeat=3):
        times, weights, probability = [0.0], [1.0], 1.0
        for place, success in enumerate(outcomes, 1):
            p = memory.recall(times, STUDY * place, weights)
            probability *= p if success else 1 - p
            if success:
                times.append(STUDY * place)
                weights.append(weight)
        total += probability * memory.recall(times, end, weights)
    return total
