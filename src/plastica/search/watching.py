"""Watchers: what looks at the trials of a wave while they are trained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from ..model import Model
from ..populations.fitting import kept_epoch
from ..populations.results import PopulationHistory
from ..training.callbacks import Callback, Needs
from ..training.curves import aligned
from ..training.history import History
from ..training.member import Member
from ..training.run import Run
from .space import TrialSettings
from .trials import SearchTrial, sign_of


class WatchedWave(Protocol):
    """What a watcher needs to know of the trials that are trained together; see :class:`~plastica.search.wave.Wave`.

    Attributes:
        first: The number of the first trial.
        trials: The settings of each.
        models: The model of each member: trial by trial, fold by fold.
        history: What the run found.
        keeps_best: Whether a member keeps the weights of its best epoch rather than those of the last.
    """

    first: int
    trials: list[TrialSettings]
    models: list[Model]
    history: PopulationHistory
    keeps_best: bool

    @property
    def parts(self) -> int:
        """The number of models of a trial: one for each fold."""
        ...

    def members_of_trial(self, place: int) -> range:
        """Return the places of the members of a trial, given its place in the wave."""
        ...


class MemberState(NamedTuple):
    """Where a member of a wave stands.

    Attributes:
        history: Its history so far.
        kept: The index of the epoch whose weights it would have if it ended now.
        failed: What was not finite; empty if nothing was.
        ended: Why it ended; empty while it goes on.
    """

    history: History
    kept: int
    failed: str
    ended: str


def states_of(run: Run) -> list[MemberState]:
    """Return where the members of a run stand."""
    return [_state_of(member) for member in run.members]


def _state_of(member: Member) -> MemberState:
    history = next(callback for callback in member.callbacks if isinstance(callback, History))
    ended = (member.trainee.stop_reason or "stopped") if member.is_done else ""
    return MemberState(history, kept_epoch(member), member.failed, ended)


class TrialWatcher:
    """Looks at the trials of a wave after each epoch; a hook of its run.

    Args:
        monitor: The metric by which trials are compared; None for the validation loss.
    """

    def __init__(self, monitor: str | None) -> None:
        self.monitor = monitor or "val_loss"
        self.sign = sign_of(self.monitor)
        self.wave: WatchedWave | None = None

    def begin(self, wave: WatchedWave, before: Sequence[SearchTrial]) -> None:
        """Prepare for a wave whose models are made.

        Args:
            wave: The wave.
            before: The trials of earlier waves.
        """
        self.wave = wave

    def callbacks(self, member: int) -> list[Callback]:
        """Return callbacks of a member, whose state is part of checkpoints."""
        return [EachEpoch()]

    def look(self, run: Run, epoch: int) -> None:
        """Look at the members after so many epochs."""

    def finished(self, trials: Sequence[SearchTrial]) -> list[SearchTrial]:
        """Return the trials of the wave with what was seen of them."""
        return list(trials)

    def __call__(self, run: Run) -> None:
        """Look at the end of each epoch."""
        epoch, rest = divmod(run.step, run.batches)
        if not rest and epoch:
            self.look(run, epoch)

    def pauses(self) -> list[int] | None:
        """Return after how many epochs trials wait for a decision on which go on; None if one changes another."""
        return []

    def given_up(self, states: Sequence[MemberState], epoch: int) -> dict[int, str]:
        """Return the members that are given up after so many epochs, with the reason."""
        return {}

    def scores(self, states: Sequence[MemberState]) -> list[float]:
        """Return how bad each trial of the wave is at present: lower is better, infinity if a fold failed."""
        assert self.wave is not None
        found = []
        for place in range(len(self.wave.trials)):
            values = [self._value(states[member]) for member in self.wave.members_of_trial(place)]
            mean = self.sign * sum(values) / len(values)
            found.append(mean if math.isfinite(mean) else math.inf)
        return found

    def _value(self, state: MemberState) -> float:
        history = state.history
        known = aligned({self.monitor: history.history.get(self.monitor, [])}, len(history.epoch))[self.monitor]
        return math.nan if state.failed or not known else known[state.kept]


class EachEpoch(Callback):
    """Ends a call of the program after each epoch."""

    needs: Needs = "epoch"
