"""Successive halving: all trials begin, and after a few epochs only the best go on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..errors import InvalidValue
from ..training.run import Run
from .space import Space
from .strategies import RandomSearch
from .trials import SearchTrial
from .watching import MemberState, TrialWatcher, WatchedWave, states_of

GIVEN_UP = "given up"


@dataclass(frozen=True)
class SuccessiveHalving(RandomSearch):
    r"""Random settings, most of which are given up after a few epochs.

    Use it for long training: it tries several times as many settings in the same time as random search. At each rung of
    $r \eta^k$ epochs, a trial goes on if it is among the best $1/\eta$ of all trials that have been there, those of
    earlier waves included.

    Args:
        factor: $\eta$: one of so many goes on. 3 loses few trials that learn slowly; 4 is faster.
        lowest: $r$: the epochs before the first rung. Default: the number for which two to three rungs fit.
        spared: How many of the first trials are never given up, such as the default that the others are to beat.

    Raises:
        InvalidValue: If the factor is below 2, or ``lowest`` below 1.

    Example:
        >>> SuccessiveHalving(factor=3).rungs(81), SuccessiveHalving(factor=2, lowest=1).rungs(6)
        ([3, 9, 27], [1, 2, 4])

    Reference:
        L. Li, K. Jamieson, A. Rostamizadeh et al. (2020), A system for massively parallel hyperparameter tuning
        (ASHA), algorithm 2; K. Jamieson, A. Talwalkar (2016), Non-stochastic best arm identification.
    """

    factor: int = 3
    lowest: int | None = None
    spared: int = 0

    def __post_init__(self) -> None:
        """Check the factor and the epochs."""
        for name, value, least in (("factor", self.factor, 2), ("lowest", self.lowest, 1), ("spared", self.spared, 0)):
            if value is not None and (not isinstance(value, int) or value < least):
                raise InvalidValue(f"SuccessiveHalving({name}={value!r}): give a whole number of at least {least}.")

    def rungs(self, epochs: int) -> list[int]:
        """Return the epochs at which trials are given up."""
        lowest = self.lowest
        if lowest is None:
            # A tenth of the epochs or less, but not so few that nothing has been learned.
            lowest = max(1, round(epochs / self.factor**3))
        powers = (lowest * self.factor**power for power in range(64))
        return [epoch for epoch in powers if epoch < epochs][:64]

    def watcher(self, epochs: int, monitor: str | None, seed: int, space: Space) -> HalvingWatcher:
        """Return what gives trials up."""
        return HalvingWatcher(self.rungs(epochs), self.factor, monitor, self.spared)


class HalvingWatcher(TrialWatcher):
    """Stops trials at the rungs.

    Args:
        rungs: The epochs.
        factor: One of so many goes on.
        monitor: The metric.
        spared: How many of the first trials are never given up.
    """

    def __init__(self, rungs: Sequence[int], factor: int, monitor: str | None, spared: int) -> None:
        super().__init__(monitor)
        self.rungs, self.factor, self.spared = list(rungs), factor, spared
        self.before: list[list[float]] = []  # scores of earlier waves at each rung

    def begin(self, wave: WatchedWave, before: Sequence[SearchTrial]) -> None:
        """Remember what earlier waves reached."""
        super().begin(wave, before)
        reached = [
            [each.rungs[place] for each in before if len(each.rungs) > place] for place in range(len(self.rungs))
        ]
        self.before = [[self.sign * value for value in values] for values in reached]

    def look(self, run: Run, epoch: int) -> None:
        """Stop all trials but the best at a rung."""
        if epoch in self.rungs:
            for member, reason in self.given_up(states_of(run), epoch).items():
                run.members[member].trainee.stop(reason)

    def pauses(self) -> list[int]:
        """Return the rungs."""
        return self.rungs

    def given_up(self, states: Sequence[MemberState], epoch: int) -> dict[int, str]:
        """Return the members of all trials but the best at a rung, unless they have ended."""
        assert self.wave is not None
        rung = self.rungs.index(epoch)
        scores, alive = self.scores(states), self._alive(states)
        here = [scores[place] for place in alive]
        goes_on = promoted(here, self.before[rung], self.factor)
        worse = [place for place, stays in zip(alive, goes_on, strict=True) if not stays]
        return {
            member: f"{GIVEN_UP} after {epoch} epochs"
            for place in worse
            if place + self.wave.first >= self.spared
            for member in self._members(place)
            if not states[member].ended
        }

    def finished(self, trials: Sequence[SearchTrial]) -> list[SearchTrial]:
        """Return trials with what they had reached at each rung."""
        assert self.wave is not None
        found = []
        for place, trial in enumerate(trials):
            curves = [self.wave.history[member].history.get(self.monitor, []) for member in self._members(place)]
            reached = [rung for rung in self.rungs if all(curves) and rung <= trial.epochs]
            values = [sum(self._at(curve[:rung]) for curve in curves) / len(curves) for rung in reached]
            found.append(replace(trial, rungs=tuple(values)))
        return found

    def _members(self, place: int) -> range:
        assert self.wave is not None
        return self.wave.members_of_trial(place)

    def _at(self, curve: Sequence[float]) -> float:
        """Return the value of the weights that a member has after these epochs."""
        assert self.wave is not None
        return curve[-1] if not self.wave.keeps_best else self.sign * min(self.sign * value for value in curve)

    def _alive(self, states: Sequence[MemberState]) -> list[int]:
        """Return the trials, by their place, that have not been given up."""
        assert self.wave is not None
        reasons = [states[self._members(place)[0]].ended for place in range(len(self.wave.trials))]
        return [place for place, reason in enumerate(reasons) if not reason.startswith(GIVEN_UP)]


def promoted(scores: Sequence[float], before: Sequence[float], factor: int) -> list[bool]:
    """Return which trials go on: those among the best ``1/factor`` of all, and the best if there were none before.

    Args:
        scores: How bad each trial is; lower is better.
        before: Those of earlier trials at the same rung.
        factor: One of so many goes on.

    Example:
        >>> promoted([3.0, 1.0, 2.0], [], 3), promoted([3.0, 1.0], [0.5, 0.6, 0.7, 2.0], 3)
        ([False, True, False], [False, False])
    """
    count = max((len(scores) + len(before)) // factor, 0 if before else 1)
    order = sorted(range(len(scores)), key=scores.__getitem__)
    ranks = {place: rank + sum(other < scores[place] for other in before) for rank, place in enumerate(order)}
    return [ranks[place] < count and math.isfinite(score) for place, score in enumerate(scores)]
