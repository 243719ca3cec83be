"""A wave: the trials that are trained together, each on every fold, as members of one run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from numpy.typing import ArrayLike

from ..checks.findings import Finding
from ..cluster.answers import MemberAnswer
from ..cluster.groups import train_group
from ..cluster.rungs import Pauses
from ..model import Model
from ..model.options import Options
from ..populations import fitting
from ..populations.fitting import Callbacks
from ..populations.grid import MemberSettings
from ..populations.group import MemberGroup
from ..populations.results import PopulationHistory
from ..populations.splits import FoldsLike, RowSplit, fold_splits
from ..training import interrupting
from ..training.curves import aligned
from ..training.early_stopping import EarlyStopping
from ..training.run import Hook
from .building import BATCH_SIZE
from .space import TrialSettings
from .trials import SearchTrial, Trials
from .watching import MemberState, TrialWatcher


@dataclass(frozen=True, eq=False)
class WaveOptions:
    """How each trial of a wave is trained: the arguments of ``Population.fit`` beside the rows.

    Attributes:
        run: The options of the run.
        callbacks: Callbacks of each member.
        hooks: What is called while the members are trained.
        sample_weight, class_weight, groups: The weight of rows and of classes; the group of each row.
        validation_split, validation_data: The rows to validate on where there are no folds.
    """

    run: Options
    callbacks: Callbacks = None
    hooks: Sequence[Hook] = ()
    sample_weight: object = None
    class_weight: Mapping[int, float] | None = None
    groups: ArrayLike | None = None
    validation_split: float = 0.0
    validation_data: object = None

    def for_run(self, time_limit: float | None, checkpoint: Path | None, resume: bool) -> WaveOptions:
        """Return the same options for a run with so many seconds, and a checkpoint."""
        return replace(self, run=replace(self.run, time_limit=time_limit, checkpoint=checkpoint, resume=resume))


class Wave:
    """Trials trained side by side.

    Args:
        build: Returns the model of a trial.
        first: The number of the first trial.
        trials: The settings of each.
        folds: As for :class:`~plastica.Population`.

    Attributes:
        models: The model of each member: trial by trial, fold by fold.
        splits: The rows of each fold; None without folds.
        history: What :meth:`fit` found.
        keeps_best: Whether a member keeps the weights of its best epoch rather than those of the last.
    """

    def __init__(
        self,
        build: Callable[[TrialSettings], Model],
        first: int,
        trials: Sequence[TrialSettings],
        folds: FoldsLike | None,
    ) -> None:
        self.build, self.first, self.trials, self.folds = build, first, list(trials), folds
        self.models: list[Model] = []
        self.splits: list[RowSplit] | None = None
        self.history = PopulationHistory([], [], "fold")
        self.keeps_best = False

    @property
    def parts(self) -> int:
        """The number of models of a trial: one for each fold."""
        return 1 if self.splits is None else len(self.splits)

    def fit(self, x: object, y: object, options: WaveOptions, watcher: TrialWatcher | None, before: Trials) -> None:
        """Train the trials.

        Args:
            x, y: Inputs and targets.
            options: How they are trained.
            watcher: What looks at the trials while they are trained.
            before: The trials of earlier waves.
        """
        first = self.build(self.trials[0])
        with interrupting.noted():
            data = fitting.data_for(
                first,
                x,
                y,
                options.sample_weight,
                options.class_weight,
                options.validation_split,
                options.validation_data,
                options.run,
                has_folds=self.folds is not None,
            )
            if self.folds is not None:
                self.splits = fold_splits(self.folds, data.learn.rows, data.classes, options.groups, first.seed)
            self.models = [self.build(trial) for trial in self.trials for _ in range(self.parts)]
            numbers = [None] if self.splits is None else range(self.parts)
            members = [
                MemberSettings(trial, {}, first.seed, part, trial.get(BATCH_SIZE))
                for trial in self.trials
                for part in numbers
            ]
            group = MemberGroup(members, self.models, self.splits, "fold")
            callbacks, hooks = options.callbacks, list(options.hooks)
            own = fitting.own_callbacks(callbacks, 0)
            self.keeps_best = any(isinstance(each, EarlyStopping) and each.restore_best_weights for each in own)
            if watcher is not None:
                watcher.begin(self, before)
            if options.run.cluster is not None:
                pauses = None if watcher is None else pauses_of(watcher)
                self.history = train_group(group, data, callbacks, options.run, hooks, warns=False, pauses=pauses)
                return
            if watcher is not None:
                hooks.append(watcher)
            self.history = fitting.fit(group, data, _with(callbacks, watcher), options.run, hooks, warns=False)

    @property
    def has_epochs(self) -> bool:
        """Whether a member has completed an epoch."""
        return any(history.epoch for history in self.history.histories)

    def members_of_trial(self, place: int) -> range:
        """Return the places of the members of a trial, given its place in the wave."""
        return range(place * self.parts, (place + 1) * self.parts)

    def models_of_trial(self, place: int) -> list[Model]:
        """Return the trained models of a trial."""
        return [self.models[member] for member in self.members_of_trial(place)]

    def results(self, monitor: str) -> list[SearchTrial]:
        """Return how well each trial did."""
        values = self.history.values(monitor) if self.has_epochs else [math.nan] * len(self.models)
        return [self._result(place, monitor, values) for place in range(len(self.trials))]

    def _result(self, place: int, monitor: str, values: Sequence[float]) -> SearchTrial:
        members = self.members_of_trial(place)
        histories = [self.history[member] for member in members]
        own = [values[member] for member in members]
        figures: dict[str, list[float]] = {}
        for member, history in zip(members, histories, strict=True):
            for name, known in aligned(history.history, len(history.epoch)).items():
                if known:
                    figures.setdefault(name, []).append(known[self.history.kept[member]])
        # A fold that failed would make the mean of the others look better than it is.
        mean, spread = _mean_and_spread(own)
        failed = next((self.history.failed[member] for member in members if member in self.history.failed), "")
        return SearchTrial(
            self.first + place,
            self.trials[place],
            mean,
            spread,
            max((len(history.epoch) for history in histories), default=0),
            failed or _ended([history.stopped_by for history in histories]),
            {name: sum(each) / len(each) for name, each in figures.items()},
            tuple(own),
            findings=self._findings(members),
        )

    def _findings(self, members: Sequence[int]) -> tuple[Finding, ...]:
        """Return what was found on the folds of a trial, each once."""
        every = [] if self.history.diagnosis is None else [self.history.diagnosis[member] for member in members]
        found = {(each.code, each.where): each for own in every for each in own}
        return tuple(found.values())


def pauses_of(watcher: TrialWatcher) -> Pauses:
    """Return when trials on workers wait for a watcher, and what it decides then."""

    def given_up(epoch: int, answers: Sequence[MemberAnswer]) -> Mapping[int, str]:
        states = [
            MemberState(each.history, each.kept, each.failed, "" if each.is_paused else each.history.stopped_by)
            for each in answers
        ]
        return watcher.given_up(states, epoch)

    return Pauses(watcher.pauses() or (), given_up)


def _with(callbacks: Callbacks, watcher: TrialWatcher | None) -> Callbacks:
    """Return the callbacks of each member, with those of the watcher."""
    if watcher is None:
        return callbacks
    return lambda place: [*fitting.own_callbacks(callbacks, place), *watcher.callbacks(place)]


def _mean_and_spread(values: Sequence[float]) -> tuple[float, float | None]:
    mean = sum(values) / len(values)
    if len(values) == 1 or not math.isfinite(mean):
        return mean, None
    return mean, math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _ended(reasons: Sequence[str]) -> str:
    """Return why a trial ended, in few words: the most frequent reason of its folds."""
    short = [reason.partition(":")[0] if reason.startswith("EarlyStopping") else reason for reason in reasons]
    return max(dict.fromkeys(short), key=short.count)
