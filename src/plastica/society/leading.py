"""Who leads, who follows: Granger causality, transfer entropy, and a report on two signals."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidValue
from ..language import Texts
from ..typing import Float
from .synchrony import checked_pair, phase_locking_value

SAY = Texts("society")
Leader = Literal["first", "second", "both", "neither"]
LEFT = 1e-9  # of the variance: a signal that its own past predicts as well leaves nothing for another to predict


class Granger(NamedTuple):
    """Whether the past of a signal helps to predict another beyond its own past.

    Attributes:
        statistic: The F statistic.
        p_value: Its probability if the past of the other does not help.
        transfer: The logarithm of how far the variance of the error falls (Geweke's measure), at least 0.
    """

    statistic: float
    p_value: float
    transfer: float


def granger(source: ArrayLike, target: ArrayLike, lags: int = 2) -> Granger:
    """Return whether the past of one signal helps to predict another.

    Use it for linear influence between two recordings. It says who helps to predict, not what causes: a third that
    drives both with different delays looks the same.

    Equation: F = ((S_own - S_both) / p) / (S_both / (n - 2 p - 1)), with sums of squares S of the errors of
    autoregressions of the target on p lags of its own, and of both.

    Args:
        source, target: The signals, ``(times,)``.
        lags: The number p of past values.

    Raises:
        ShapeError, InvalidValue: If the signals are invalid, or too short for the lags.

    Example:
        >>> x = np.random.default_rng(0).normal(size=300)
        >>> y = np.roll(x, 1) + 0.5 * np.random.default_rng(1).normal(size=300)
        >>> granger(x, y).p_value < 0.001 < granger(y, x).p_value
        True

    Reference:
        Granger 1969, Investigating causal relations by econometric models and cross-spectral methods; Geweke 1982,
        Measurement of linear dependence and feedback between multiple time series.
    """
    from scipy import stats

    one, other = checked_pair(source, target, 1)
    rest = _checked_lags(len(one), lags)
    now = other[lags:]
    own, both = _past(other, lags), np.concatenate([_past(other, lags), _past(one, lags)], 1)
    without, with_ = (_error(each, now) for each in (own, both))
    if without <= LEFT * np.square(now - now.mean()).sum():
        return Granger(0.0, 1.0, 0.0)
    statistic = max(without - with_, 0.0) / lags / max(with_ / rest, 1e-300)
    transfer = max(float(np.log(max(without, 1e-300) / max(with_, 1e-300))), 0.0)
    return Granger(float(statistic), float(stats.f.sf(statistic, lags, rest)), transfer)


def transfer_entropy(source: ArrayLike, target: ArrayLike, *, states: int = 2) -> float:
    """Return how many bits the last value of one signal tells of the next of another beyond its own last.

    Use it for influence that is not linear. Signals with more different values than ``states`` are divided into that
    many classes of equal size. The bias of short signals is taken off (Miller and Madow), so that it may be below 0.

    Equation: sum p(y', y, x) log2 (p(y' | y, x) / p(y' | y)).

    Args:
        source, target: The signals, ``(times,)``.
        states: The number of classes.

    Raises:
        ShapeError, InvalidValue: If the signals are invalid, or there are fewer than two classes.

    Example:
        >>> coin = np.random.default_rng(0).integers(0, 2, 5000)
        >>> round(transfer_entropy(coin, np.roll(coin, 1)), 2), abs(round(transfer_entropy(np.roll(coin, 1), coin), 2))
        (1.0, 0.0)

    Reference:
        Schreiber 2000, Measuring information transfer; Miller 1955, Note on the bias of information
        estimates.
    """
    if states < 2:
        raise InvalidValue(f"transfer_entropy(states={states}): give at least 2.")
    one, other = (_classes(each, states) for each in checked_pair(source, target, 1))
    return _transfer(one, other, states)


class TwoPersonReport(NamedTuple):
    """How two signals go together, and who leads; returned by :func:`who_leads`.

    Attributes:
        leader: "first", "second", "both" or "neither".
        correlation: Their correlation at the same time.
        lag: By how many times the second follows the first at the highest correlation; below 0 if it is ahead.
        phase_locking: Their phase locking value.
        granger: Granger causality from the first to the second, and back.
        transfer: Transfer entropy in bits from the first to the second, and back.
        chance: The transfer entropies that 95 % of pairs reach by chance at most, in which one was shifted in time.
    """

    leader: Leader
    correlation: float
    lag: int
    phase_locking: float
    granger: tuple[Granger, Granger]
    transfer: tuple[float, float]
    chance: tuple[float, float]

    def __str__(self) -> str:
        """Return the report as text in the current language."""
        forth, back = self.granger
        lines = [
            SAY(f"leads_{self.leader}"),
            SAY(
                "leads_correlation", value=f"{self.correlation:.2f}", lag=self.lag, locking=f"{self.phase_locking:.2f}"
            ),
            SAY("leads_granger", forth=_p(forth.p_value), back=_p(back.p_value)),
            SAY(
                "leads_transfer",
                forth=f"{self.transfer[0]:.3f}",
                back=f"{self.transfer[1]:.3f}",
                chance=f"{max(self.chance):.3f}",
            ),
        ]
        return "\n".join(lines)


def who_leads(
    first: ArrayLike, second: ArrayLike, *, lags: int = 2, surrogates: int = 100, seed: int = 0
) -> TwoPersonReport:
    """Report on two signals: how they go together, and who leads.

    A direction counts if Granger's test finds it at 1 %, half of 2 % for two directions (Bonferroni). Transfer entropy
    and lag are given beside it.

    Args:
        first, second: The signals, ``(times,)``.
        lags: The past values that count.
        surrogates: How many shifts in time say what transfer entropy is by chance.
        seed: The seed of the shifts.

    Raises:
        ShapeError, InvalidValue: If the signals are invalid, or too short.

    Example:
        >>> x = np.random.default_rng(0).normal(size=400)
        >>> y = np.roll(x, 2) + 0.5 * np.random.default_rng(1).normal(size=400)
        >>> found = who_leads(x, y)
        >>> found.leader, found.lag
        ('first', 2)
    """
    one, other = checked_pair(first, second, 1)
    found = granger(one, other, lags), granger(other, one, lags)
    leads, follows = (each.p_value < 0.01 for each in found)
    leader: Leader = "both" if leads and follows else "first" if leads else "second" if follows else "neither"
    shifts = np.random.default_rng(seed).integers(len(one) // 4, len(one) - len(one) // 4 + 1, max(surrogates, 1))
    classes = [_classes(each, 2) for each in (one, other)]  # a shift in time changes no value and so no class
    chance = [
        float(np.quantile([_transfer(np.roll(a, shift), b, 2) for shift in shifts], 0.95))
        for a, b in (classes, classes[::-1])
    ]
    transfer = transfer_entropy(one, other), transfer_entropy(other, one)
    correlation = float(np.corrcoef(one, other)[0, 1])
    return TwoPersonReport(
        leader, correlation, _lag(one, other), phase_locking_value(one, other), found, transfer, (chance[0], chance[1])
    )


def _lag(one: np.ndarray, other: np.ndarray) -> int:
    """Return by how many times the second follows at the highest absolute correlation, up to a quarter of the times."""
    most = len(one) // 4
    scaled = [(each - each.mean()) / each.std() for each in (one, other)]
    full = np.correlate(scaled[1], scaled[0], "full")[len(one) - 1 - most : len(one) + most]
    return int(np.abs(full).argmax()) - most


def _checked_lags(times: int, lags: int) -> int:
    if isinstance(lags, bool) or not isinstance(lags, int | np.integer) or lags < 1:
        raise InvalidValue(f"lags={lags!r}: give a whole number of at least 1.")
    rest = times - lags - 2 * lags - 1
    if rest < 1:
        raise InvalidValue(f"lags={lags}: {times} times are too few; give at least {3 * lags + 2}, or fewer lags.")
    return rest


def _past(signal: np.ndarray, lags: int) -> Float[np.ndarray, "times lags"]:
    return np.stack([signal[lags - lag : len(signal) - lag] for lag in range(1, lags + 1)], 1)


def _error(past: np.ndarray, now: np.ndarray) -> float:
    terms = np.concatenate([np.ones((len(past), 1)), past], 1)
    fitted = terms @ np.linalg.lstsq(terms, now, rcond=None)[0]
    return float(((now - fitted) ** 2).sum())


def _classes(signal: np.ndarray, states: int) -> np.ndarray:
    if len(np.unique(signal)) <= states:
        return np.unique(signal, return_inverse=True)[1]
    return np.searchsorted(np.quantile(signal, np.arange(1, states) / states), signal, side="right")


def _transfer(source: np.ndarray, target: np.ndarray, states: int) -> float:
    """Return the transfer entropy in bits between signals of classes from 0 to ``states - 1``."""
    after, before, past = target[1:], target[:-1], source[:-1]
    pairs = after * states + before, before * states + past
    one_way, both, alone, all_ = (_entropy(each) for each in (*pairs, before, pairs[0] * states + past))
    return one_way + both - alone - all_


def _entropy(values: np.ndarray) -> float:
    """Return the entropy in bits of values, corrected for the number of different ones."""
    _, counts = np.unique(values, return_counts=True)
    share = counts / counts.sum()
    return float(-(share * np.log2(share)).sum() + (len(counts) - 1) / (2 * counts.sum() * np.log(2)))


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"
