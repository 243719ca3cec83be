"""A running search: waves of trials, until there are no more or the time is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from ..errors import InvalidValue, caution
from ..model import Model
from ..populations.splits import FoldsLike, RowSplit
from .space import Space, TrialSettings
from .store import SearchStore
from .strategies import Asked, Strategy
from .trials import SearchTrial, Trials
from .watching import TrialWatcher
from .wave import Wave, WaveOptions

# Trials of a wave: as many as fill the groups of a population, and few enough that the time left is known.
MOST_IN_WAVE = 64
FEWEST_IN_WAVE = 8
ENDLESS = 1 << 20
SHORTEST = 0.01  # seconds: a wave is not begun with less time left


@dataclass(frozen=True)
class SearchPlan:
    """What a search does.

    Attributes:
        build: Returns the model of a trial.
        space: The distribution of each setting.
        strategy: Which settings are tried.
        trials: The number of trials; None for those of the strategy, or as many as the budget allows.
        seed: The seed of random settings.
        folds: As for ``Population``.
        first: Settings that are tried before all others.
        keep: Numbers of trials whose models are kept beside those of the best.
        options: How a trial is trained.
        budget: Seconds for all trials; None for no limit.
    """

    build: Callable[[TrialSettings], Model]
    space: Space
    strategy: Strategy
    trials: int | None
    seed: int
    folds: FoldsLike | None
    first: Sequence[TrialSettings]
    keep: frozenset[int]
    options: WaveOptions
    budget: float | None = None

    @property
    def most(self) -> int:
        """The number of trials at most."""
        if self.trials is None and self.budget is not None and not self.strategy.is_finite:
            return ENDLESS
        return len(self.first) + self.strategy.count(self.space, self.trials)


@dataclass
class SearchRun:
    """The state of a search.

    Attributes:
        plan: What it does.
        monitor: The metric by which trials are compared; None for the validation loss.
        trials: The trials so far.
        models: The models of the best trial, and of those to keep, a model for each fold, by the number of the trial.
        seconds: How long finished waves took.
        splits: The rows of each fold.
        watcher: What looked at the last wave while it was trained.
    """

    plan: SearchPlan
    monitor: str | None = None
    trials: Trials = field(default_factory=lambda: Trials("val_loss"))
    models: dict[int, list[Model]] = field(default_factory=dict)
    seconds: float = 0.0
    splits: list[RowSplit] | None = None
    watcher: TrialWatcher | None = None

    def go(self, x: object, y: object, store: SearchStore | None) -> None:
        """Run wave after wave."""
        asking = Asking(self.plan)
        self._replay(asking, store)
        began = time.perf_counter() - self.seconds
        while settings := asking.ask(self._count(time.perf_counter() - began, store)):
            wave = Wave(self.plan.build, len(self.trials), settings, self.plan.folds)
            left = None if self.plan.budget is None else max(self.plan.budget - (time.perf_counter() - began), 1e-9)
            try:
                self._train(wave, x, y, left, store)
            except KeyboardInterrupt:
                self._take(wave)
                raise
            found = self._take(wave)
            asking.tell(found, self.trials.sign)
            self.seconds = time.perf_counter() - began
            if store is not None:
                store.finish_wave(found, self.trials.monitor, self.seconds, self.models)
            if not self.trials and self.plan.budget is not None:
                self._train_one(settings[0], x, y)

    def _count(self, used: float, store: SearchStore | None) -> int:
        """Return how many trials the next wave has; 0 if the time is up."""
        if store is not None and store.begun:
            return store.begun
        done, budget = len(self.trials), self.plan.budget
        most = min(self.plan.strategy.wave or MOST_IN_WAVE, self.plan.most - done)
        if budget is None:
            return most
        if not done:
            return min(FEWEST_IN_WAVE, most)
        # As many as will be done in the time left, at the pace so far.
        left = budget - used
        return 0 if left < SHORTEST else min(most, max(1, round(left / max(used / done, 1e-6))))

    def _train(self, wave: Wave, x: object, y: object, left: float | None, store: SearchStore | None) -> None:
        folder, resume = (None, False) if store is None else store.wave_folder(len(wave.trials))
        plan = self.plan
        self.watcher = plan.strategy.watcher(plan.options.run.epochs, self.monitor, plan.seed, plan.space)
        wave.fit(x, y, plan.options.for_run(left, folder, resume), self.watcher, self.trials)

    def _take(self, wave: Wave) -> list[SearchTrial]:
        """Record the trials of a wave, and keep the models of the best."""
        if wave.has_epochs:
            self.monitor = wave.history.monitor(self.monitor)
        elif not wave.history.failed:  # interrupted, or the time was up
            return []
        found = wave.results(self.monitor or "val_loss")
        found = found if self.watcher is None else self.watcher.finished(found)
        self.trials = Trials(self.monitor or "val_loss", [*self.trials, *found])
        self.splits = wave.splits
        best = self.trials.good[:1]
        wanted = {each.number for each in best} | self.plan.keep
        new = {each.number: wave.models_of_trial(place) for place, each in enumerate(found) if each.number in wanted}
        self.models = {number: each for number, each in (self.models | new).items() if number in wanted}
        return found

    def _train_one(self, settings: TrialSettings, x: object, y: object) -> None:
        """Train a trial without a limit of time."""
        caution(
            f"the budget of {self.plan.budget:g} s is too short for one epoch of one trial; the first trial was "
            "trained to its end instead."
        )
        wave = Wave(self.plan.build, 0, [settings], self.plan.folds)
        self._train(wave, x, y, None, None)
        self._take(wave)

    def _replay(self, asking: Asking, store: SearchStore | None) -> None:
        """Take the finished waves of an earlier run."""
        if store is None or not store.waves:
            return
        self.monitor, self.seconds = store.monitor, store.seconds
        for wave in store.waves:
            settings = asking.ask(len(wave))
            store.require_same(wave, settings)
            found = [store.trial(*each) for each in zip(wave, count(len(self.trials)), settings, strict=False)]
            self.trials = Trials(str(store.monitor), [*self.trials, *found])
            asking.tell(found, self.trials.sign)
        wanted = {each.number for each in self.trials.good[:1]} | self.plan.keep
        for each in self.trials:
            if each.number in wanted:
                self.models[each.number] = store.models_of(each.number, partial(self.plan.build, each.settings))


class Asking:
    """The trials of a search in order: those to try first, then what the strategy proposes.

    Args:
        plan: The search.
    """

    def __init__(self, plan: SearchPlan) -> None:
        self.first, self.names = list(plan.first), set(plan.space)
        trials = plan.most - len(self.first) if plan.most == ENDLESS else plan.trials
        self.proposals: Asked = plan.strategy.proposals(plan.space, trials, plan.seed)

    def ask(self, count: int) -> list[TrialSettings]:
        """Return the settings of the next trials."""
        found, self.first = self.first[:count], self.first[count:]
        if count <= len(found):
            return found
        proposed = list(self.proposals.ask(count - len(found)))
        for each in proposed:
            if not isinstance(each, dict) or set(each) != self.names:
                raise InvalidValue(
                    f"this strategy proposed {each!r}; ask(count) must return a list of dicts with a value for each of "
                    f"{', '.join(sorted(self.names))}."
                )
        return [*found, *proposed]

    def tell(self, trials: Sequence[SearchTrial], sign: float) -> None:
        """Tell the strategy how trials did."""
        self.proposals.tell(trials, sign)
