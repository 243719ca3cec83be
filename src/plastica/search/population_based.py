"""Population-based training: trials that do badly go on from the weights of better ones, with changed settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import jax
import numpy as np

from ..errors import InvalidValue
from ..training.callbacks import Callback, CallbackState, Needs
from ..training.program import Program
from ..training.run import Run
from .distributions import LogUniform, Uniform
from .space import Space, TrialSettings
from .strategies import RandomSearch
from .trials import SearchTrial
from .watching import TrialWatcher, states_of

USUAL_POPULATION = 16


@dataclass(frozen=True)
class PopulationBasedTraining(RandomSearch):
    """Settings that change while networks learn.

    Use it for long training in which good settings change with time, as learning rates do. All trials begin with random
    settings. After every ``interval`` epochs, each of the worst ones takes over the weights and the state of the
    optimizer of one of the best (exploit), and its settings, each multiplied by one of the factors or drawn anew
    (explore). Only settings that are floats of the compiled program can change.

    Args:
        interval: The epochs between two changes. Default: a tenth of all.
        fraction: The fraction of the trials that are the worst, and that are the best.
        factors: A setting is multiplied by one of these.
        resample: How often a setting is drawn anew instead.

    Raises:
        InvalidValue: If a number is out of its range.

    Reference:
        M. Jaderberg, V. Dalibard, S. Osindero et al. (2017), Population based training of neural networks.
    """

    interval: int | None = None
    fraction: float = 0.25
    factors: tuple[float, float] = (0.8, 1.25)
    resample: float = 0.1

    def __post_init__(self) -> None:
        """Check the numbers."""
        if self.interval is not None and (not isinstance(self.interval, int) or self.interval < 1):
            raise InvalidValue(
                f"PopulationBasedTraining(interval={self.interval!r}): give a whole number of at least 1."
            )
        if not 0 < self.fraction <= 0.5:
            raise InvalidValue(f"PopulationBasedTraining(fraction={self.fraction!r}): give a fraction up to 0.5.")
        if not 0 <= self.resample <= 1 or not all(factor > 0 for factor in self.factors):
            raise InvalidValue("PopulationBasedTraining: resample is a probability, and factors are above 0.")

    def count(self, space: Space, trials: int | None) -> int:
        """Return the number of trials."""
        return USUAL_POPULATION if trials is None else trials

    def check(self, space: Space) -> None:
        """Check that all settings are floats.

        Raises:
            InvalidValue: If one is not; it names the setting.
        """
        for name in space:
            if not isinstance(space[name], Uniform | LogUniform):
                raise InvalidValue(
                    f'space: "{name}" of {space[name]!r} cannot change while a network learns; population-based '
                    'training takes Uniform and LogUniform. Leave it out, or take strategy="halving".'
                )

    def watcher(self, epochs: int, monitor: str | None, seed: int, space: Space) -> Exploiting:
        """Return what changes the trials."""
        return Exploiting(self, self.interval or max(1, epochs // 10), epochs, monitor, seed, space)


class Exploiting(TrialWatcher):
    """Copies good trials over bad ones, and changes their settings.

    Args:
        strategy: The fraction and the factors.
        interval: The epochs between two changes.
        epochs: The epochs of a trial; there is no change after the last.
        monitor: The metric.
        seed: The seed of random choices.
        space: The distribution of each setting.
    """

    def __init__(
        self,
        strategy: PopulationBasedTraining,
        interval: int,
        epochs: int,
        monitor: str | None,
        seed: int,
        space: Space,
    ) -> None:
        super().__init__(monitor)
        self.strategy, self.interval, self.epochs, self.seed, self.space = strategy, interval, epochs, seed, space
        self.kept: dict[int, PresentSettings] = {}
        self._places: dict[str, list[int]] | None = None

    def callbacks(self, member: int) -> list[Callback]:
        """Return what keeps the settings of a member."""
        self.kept[member] = PresentSettings(self)
        return [self.kept[member]]

    def pauses(self) -> None:
        """Say that trials take over each other's weights."""

    def look(self, run: Run, epoch: int) -> None:
        """Change the trials after each interval."""
        assert self.wave is not None
        if epoch % self.interval or epoch >= self.epochs:
            return
        scores, parts = self.scores(states_of(run)), self.wave.members_of_trial
        going = [place for place in range(len(scores)) if not any(run.members[each].is_done for each in parts(place))]
        order = sorted(going, key=scores.__getitem__)
        count = min(max(1, int(self.strategy.fraction * len(order))), len(order) // 2)
        rng = np.random.default_rng([self.seed, self.wave.first, epoch])
        for loser in order[len(order) - count :]:
            winner = order[int(rng.integers(count))]
            settings = self._explored(self.kept[parts(winner)[0]].settings(self.wave.trials[winner]), rng)
            for own, other in zip(parts(loser), parts(winner), strict=True):
                run.members[own].trainee.learner = run.members[other].trainee.learner
                self.kept[own].change(settings)

    def finished(self, trials: Sequence[SearchTrial]) -> list[SearchTrial]:
        """Return the trials with the settings they have in the end."""
        assert self.wave is not None
        firsts = [self.kept[self.wave.members_of_trial(place)[0]] for place in range(len(trials))]
        return [
            replace(trial, changed=first.settings(trial.settings)) for trial, first in zip(trials, firsts, strict=True)
        ]

    def places(self) -> dict[str, list[int]]:
        """Return where the value of each setting is among the floats of a program.

        Raises:
            InvalidValue: If it is nowhere: the function that builds the models computes something else from it.
        """
        assert self.wave is not None
        if self._places is None:
            leaves = [jax.tree.leaves(model.program) for model in self.wave.models]
            trials = [trial for trial in self.wave.trials for _ in range(self.wave.parts)]
            found: dict[str, list[int]] = {}
            for name in self.space:
                pairs = list(zip(leaves, trials, strict=True))
                found[name] = [
                    place
                    for place in range(len(leaves[0]))
                    if all(isinstance(own[place], float) and own[place] == trial[name] for own, trial in pairs)
                ]
                if not found[name]:
                    raise InvalidValue(
                        f'space: "{name}" is no float of the compiled program, so that it cannot change while a '
                        'network learns. Leave it out, or take strategy="halving".'
                    )
            self._places = found
        return self._places

    def program_with(self, program: Program, settings: TrialSettings) -> Program:
        """Return a program with other values of the settings."""
        leaves, structure = jax.tree.flatten(program)
        for name, places in self.places().items():
            for place in places:
                leaves[place] = float(settings[name])
        return jax.tree.unflatten(structure, leaves)

    def _explored(self, settings: TrialSettings, rng: np.random.Generator) -> TrialSettings:
        """Return changed settings."""
        found: TrialSettings = {}
        for name, value in settings.items():
            factor = self.strategy.factors[int(rng.integers(2))]
            drawn = self.space[name].draw(rng)
            found[name] = drawn if rng.random() < self.strategy.resample else self.space[name].scaled(value, factor)
        return found


class PresentSettings(Callback):
    """The settings that a member has at present, if they changed; part of its checkpoint.

    Args:
        watcher: What changes them.
    """

    needs: Needs = "epoch"

    def __init__(self, watcher: Exploiting) -> None:
        self.watcher = watcher
        self.changed: TrialSettings = {}

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Find the settings in the program before any of them changes."""
        self.watcher.places()

    def settings(self, begun: TrialSettings) -> TrialSettings:
        """Return the present settings, given those at the beginning."""
        return dict(self.changed or begun)

    def change(self, settings: TrialSettings) -> None:
        """Change the settings of the member."""
        self.changed = dict(settings)
        self.model.program = self.watcher.program_with(self.model.program, settings)

    def get_state(self) -> CallbackState:
        """Return the present settings."""
        return {"changed": dict(self.changed)}

    def set_state(self, state: CallbackState) -> None:
        """Restore the settings."""
        if state["changed"]:
            self.change(dict(state["changed"]))
