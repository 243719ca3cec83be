"""A dyad: the synchrony of two brains or networks, compared with exchanged partners, and who leads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..typing import Float, Int
from .dyad_recording import DyadRecording, check_recording, moving_trials
from .leading import Leader, TwoPersonReport, who_leads
from .synchrony import LEAST, canonical_correlation, canonical_variates, orthonormal_basis, phases

if TYPE_CHECKING:
    from ..drawing.figure import Drawing

ENOUGH_TRIALS = 8  # to compare phases across trials, as Lachaux does
MOST_LAGS = 60
WINDOWS = 10


class BesideChance(NamedTuple):
    """A figure of a pair, and what 95 % of exchanged pairs reach at most."""

    value: float
    chance: float


@dataclass(frozen=True, eq=False, repr=False)
class DyadSynchrony:
    """How far two are in step, and who leads; returned by :func:`dyad_synchrony`.

    Attributes:
        recording: What was measured.
        correlation: The correlation at the same time, mean of trials.
        phase_locking: The phase locking value, mean of trials.
        canonical: The first canonical correlation of their states; None without states.
        correlations: All canonical correlations.
        variates: The mixtures of the states of both that correlate most, ``(2, trials, times)``.
        lags: Lags in samples; above 0 the second follows, ``(lags,)``.
        cross_correlation: The correlation at each lag, mean of trials, ``(lags,)``.
        locking_over_time: The phase locking value at each time: across trials if there are at least 8, otherwise in
            windows of a tenth of the times, ``(times,)``.
        locking_by_chance: What 95 % of exchanged pairs reach at each time, ``(times,)``.
        phase_difference: The phase of the second less that of the first, ``(trials, times)``, from -pi to pi.
        reports: Who leads in each trial.
    """

    recording: DyadRecording
    correlation: BesideChance
    phase_locking: BesideChance
    canonical: BesideChance | None
    correlations: Float[np.ndarray, "components"]
    variates: Float[np.ndarray, "2 trials times"] | None
    lags: Int[np.ndarray, "lags"]
    cross_correlation: Float[np.ndarray, "lags"]
    locking_over_time: Float[np.ndarray, "times"]
    locking_by_chance: Float[np.ndarray, "times"]
    phase_difference: Float[np.ndarray, "trials times"]
    reports: tuple[TwoPersonReport, ...]

    def __repr__(self) -> str:
        """Show how far they are in step, and who leads."""
        locking = self.phase_locking
        return (
            f"<DyadSynchrony: {len(self.reports)} trials, phase locking {locking.value:.2f} (by chance "
            f"{locking.chance:.2f}), leader {self.leader} at lag {self.lag}>"
        )

    @property
    def leaders(self) -> Counter[Leader]:
        """In how many trials the first, the second, both or neither lead."""
        return Counter(report.leader for report in self.reports)

    @property
    def leader(self) -> Leader:
        """Who leads in most trials."""
        return self.leaders.most_common(1)[0][0]

    @property
    def lag(self) -> int:
        """By how many samples the second follows the first where the correlation is highest; below 0 it is ahead."""
        return int(self.lags[np.abs(self.cross_correlation).argmax()])

    @property
    def transfer(self) -> tuple[float, float]:
        """The transfer entropy in bits from the first to the second, and back; mean of trials."""
        forth, back = np.mean([report.transfer for report in self.reports], 0)
        return float(forth), float(back)

    @property
    def granger(self) -> tuple[float, float]:
        """Geweke's measure of Granger causality from the first to the second, and back; mean of trials."""
        forth, back = np.mean([[each.transfer for each in report.granger] for report in self.reports], 0)
        return float(forth), float(back)

    def plot(self, path: str | Path | None = None) -> Drawing:
        """Draw signals, synchrony over time, phases, cross-correlation and states.

        Args:
            path: A file to save it to, ``.svg``, ``.png`` or ``.pdf``.
        """
        from .dyad_picture import draw_dyad

        return draw_dyad(self).save(path)


def dyad_synchrony(
    recording: DyadRecording,
    *,
    band: tuple[float, float] | None = None,
    lags: int = 2,
    surrogates: int = 100,
    seed: int = 0,
) -> DyadSynchrony:
    """Measure the synchrony of two, and who leads.

    Use it for two networks that act together (``joint_action(...).recording()``, ``play(...).recording()``) and for
    recordings of two people. What exchanged partners share comes from the task and not from the interaction: every
    figure stands beside that of pairs from different trials, or of signals shifted in time where there is one trial.

    Args:
        recording: The signals of both.
        band: The lowest and the highest frequency whose phases count; None: all.
        lags: The past values that count for Granger causality.
        surrogates: How many sets of exchanged pairs.
        seed: The seed of the exchange.

    Raises:
        ShapeError: If signals or states do not have the same trials and times, or there are too few times.
        InvalidValue: If a signal is not finite, the band is invalid, or one of them stands still in all trials.

    Example:
        >>> t = np.arange(200) / 20
        >>> found = dyad_synchrony(DyadRecording(np.sin(t)[None], np.sin(t - 0.3)[None]), surrogates=10)
        >>> round(found.phase_locking.value, 1), found.lag
        (1.0, 6)

    Reference:
        Lachaux, Rodriguez, Martinerie and Varela 1999, Measuring phase synchrony in brain signals; Burgess 2013, On the
        interpretation of synchronization in EEG hyperscanning studies, on exchanged partners.
    """
    check_recording(recording)
    recording = moving_trials(recording)
    first, second = recording.first, recording.second
    of_first, of_second = (phases(each, band, recording.rate) for each in (first, second))
    both = _states(recording)
    sets = list(_exchanged(len(first), first.shape[1], max(surrogates, 1), np.random.default_rng(seed)))

    def beside(value: float, chances: list[float]) -> BesideChance:
        return BesideChance(value, float(np.quantile(chances, 0.95)))

    locked = [_locking(of_first, _exchange(of_second, each)) for each in sets]
    canonical, correlations, variates = None, np.zeros(0), None
    if both is not None:
        correlations = canonical_correlation(*map(_flat, both))
        canonical = beside(float(correlations[0]), _exchanged_correlations(*both, sets))
        variates = np.stack([each.reshape(first.shape) for each in canonical_variates(*map(_flat, both))])
    lag_numbers, cross = _cross_correlation(first, second)
    return DyadSynchrony(
        recording,
        beside(_correlation(first, second), [_correlation(first, _exchange(second, each)) for each in sets]),
        beside(_locking(of_first, of_second), locked),
        canonical,
        correlations,
        variates,
        lag_numbers,
        cross,
        _over_time(of_second - of_first),
        np.quantile([_over_time(_exchange(of_second, each) - of_first) for each in sets], 0.95, axis=0),
        np.angle(np.exp(1j * (of_second - of_first))),
        tuple(who_leads(x, y, lags=lags, surrogates=20, seed=seed) for x, y in zip(first, second, strict=True)),
    )


class _Exchange(NamedTuple):
    """A pseudo-pair: by how many trials and times the second is moved."""

    trials: int
    times: int


def _exchanged(trials: int, times: int, count: int, draws: np.random.Generator) -> Iterator[_Exchange]:
    """Yield exchanges of partners; in a recording of few trials also moved in time."""
    for _ in range(count):
        moved = int(draws.integers(1, trials)) if trials > 1 else 0
        few = trials < ENOUGH_TRIALS
        yield _Exchange(moved, int(draws.integers(times // 4, times - times // 4 + 1)) if few else 0)


def _exchange(signals: np.ndarray, by: _Exchange) -> np.ndarray:
    return np.roll(signals, (by.trials, by.times), (0, 1))


def _exchanged_correlations(first: np.ndarray, second: np.ndarray, sets: list[_Exchange]) -> list[float]:
    """Return the highest canonical correlation of each set of exchanged states, ``(trials, times, units)``.

    An exchange reorders the rows of a basis and changes nothing else, so that both bases are found once.
    """
    one, other = (orthonormal_basis(_flat(each)) for each in (first, second))
    other = other.reshape(*second.shape[:2], -1)  # (trials, times, components)
    products = (one.T @ _flat(_exchange(other, each)) for each in sets)
    return [min(float(np.linalg.svd(each, compute_uv=False)[0]), 1.0) for each in products]


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    return float((_standard(first) * _standard(second)).mean())


def _locking(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(np.exp(1j * (first - second)).mean(1)).mean())


def _over_time(difference: Float[np.ndarray, "trials times"]) -> Float[np.ndarray, "times"]:
    turned = np.exp(1j * difference)
    if len(turned) >= ENOUGH_TRIALS:
        return np.abs(turned.mean(0))
    width = max(LEAST, turned.shape[1] // WINDOWS)
    ones = np.convolve(np.ones(turned.shape[1]), np.ones(width), "same")
    return np.mean([np.abs(np.convolve(each, np.ones(width), "same") / ones) for each in turned], 0)


def _cross_correlation(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return lags, and the correlation of the times that overlap at each."""
    times = first.shape[1]
    most = min(times // 4, MOST_LAGS)

    def at(lag: int) -> float:
        if lag < 0:
            return _correlation(first[:, -lag:], second[:, : times + lag])
        return _correlation(first[:, : times - lag], second[:, lag:])

    lags = np.arange(-most, most + 1)
    return lags, np.array([at(lag) for lag in lags.tolist()])


def _standard(signals: np.ndarray) -> np.ndarray:
    apart = signals - signals.mean(1, keepdims=True)
    return apart / np.maximum(apart.std(1, keepdims=True), 1e-12)


def _states(recording: DyadRecording) -> tuple[np.ndarray, np.ndarray] | None:
    if recording.first_states is None or recording.second_states is None:
        return None
    both = recording.first_states, recording.second_states
    return both if all(np.ptp(_flat(each), axis=0).any() for each in both) else None


def _flat(states: np.ndarray) -> np.ndarray:
    return states.reshape(-1, states.shape[-1])
