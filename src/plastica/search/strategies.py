"""Strategies: which settings a search tries, one wave after another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np

from ..errors import InvalidValue
from .space import Space, TrialSettings
from .trials import SearchTrial
from .watching import TrialWatcher

USUAL_TRIALS = 64


class Proposals(ABC):
    """What a strategy proposes, trial after trial.

    A search asks for the settings of a wave of trials, trains them together and tells how they did. Anything with these
    two methods may be the ``strategy`` of a search, and so may an optimizer of another library::

        class Halfway(Proposals):
            def ask(self, count):
                return [{"learning_rate": rate} for rate in self.optimizer.ask(count)]

            def tell(self, trials, sign):
                self.optimizer.tell([(trial.settings["learning_rate"], sign * trial.value) for trial in trials])

    With the same seed it should propose the same settings again: a resumed search asks anew and tells what it knows.
    """

    @abstractmethod
    def ask(self, count: int) -> list[TrialSettings]:
        """Return the settings of the next trials; fewer if there are no more."""

    def tell(self, trials: Sequence[SearchTrial], sign: float) -> None:  # noqa: B027 - most do not learn from trials
        """Learn how trials did.

        Args:
            trials: The trials of a wave; ``value`` is NaN where training failed.
            sign: 1 if a lower value is better, otherwise -1.
        """


@runtime_checkable
class Asked(Protocol):
    """What a search asks for settings; see :class:`Proposals`."""

    def ask(self, count: int, /) -> list[TrialSettings]:
        """Return the settings of the next trials; fewer if there are no more."""
        ...

    def tell(self, trials: Sequence[SearchTrial], sign: float, /) -> None:
        """Learn how trials did."""
        ...


class Strategy(ABC):
    """How a search chooses settings.

    Attributes:
        is_finite: Whether it has a number of trials of its own.
    """

    is_finite: ClassVar[bool] = False

    @property
    def wave(self) -> int:
        """The most trials of a wave; 0 for as many as are trained best together."""
        return 0

    @abstractmethod
    def proposals(self, space: Space, trials: int | None, seed: int) -> Asked:
        """Return what the strategy proposes.

        Args:
            space: The distribution of each setting.
            trials: The number of trials; None for those of the strategy.
            seed: The seed of random choices.
        """

    def watcher(self, epochs: int, monitor: str | None, seed: int, space: Space) -> TrialWatcher | None:
        """Return what looks at the trials while they are trained, if anything does.

        Args:
            epochs: The epochs of a trial.
            monitor: The metric by which trials are compared; None for the validation loss.
            seed: The seed of random choices.
            space: The distribution of each setting.
        """
        return None

    def check(self, space: Space) -> None:  # noqa: B027 - most strategies take any space
        """Check that the strategy can vary these settings."""

    def count(self, space: Space, trials: int | None) -> int:
        """Return the number of trials."""
        return USUAL_TRIALS if trials is None else trials


@dataclass(frozen=True)
class RandomSearch(Strategy):
    """Settings drawn at random.

    Use it first: with the same number of trials it tries more values of each setting than a grid. Trial $n$ depends on
    the seed and $n$ alone, so that more trials begin with the same ones.

    Reference:
        J. Bergstra, Y. Bengio (2012), Random search for hyper-parameter optimization.
    """

    def proposals(self, space: Space, trials: int | None, seed: int) -> Proposals:
        """Return random proposals."""
        return RandomProposals(space, self.count(space, trials), seed)


@dataclass(frozen=True)
class GridSearch(Strategy):
    """Every combination of some values of each setting.

    Use it for one or two settings.

    Args:
        points: How many values of a distribution of numbers; a ``Choice`` has all of its values.

    Raises:
        InvalidValue: If there are fewer than two points.
    """

    points: int = 5
    is_finite: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the number of points."""
        if not isinstance(self.points, int) or self.points < 2:
            raise InvalidValue(f"GridSearch(points={self.points!r}): give a whole number of at least 2.")

    def count(self, space: Space, trials: int | None) -> int:
        """Return the number of combinations.

        Raises:
            InvalidValue: If there are more than ``trials``.
        """
        found = space.count(self.points)
        if trials is not None and trials < found:
            raise InvalidValue(
                f"this grid has {found:,} combinations, but trials={trials}; give more trials, fewer points "
                f'(GridSearch(points={max(2, self.points - 1)})), or strategy="random".'
            )
        return found

    def proposals(self, space: Space, trials: int | None, seed: int) -> Proposals:
        """Return the combinations."""
        self.count(space, trials)
        return GridProposals(space, self.points)


@dataclass(frozen=True)
class GivenProposals(Strategy):
    """What an object of the user's own proposes, until it has no more or the number of trials is reached.

    Args:
        given: Has ``ask(count)`` and ``tell(trials, sign)``.
        batch: The trials of a wave.
    """

    given: Asked
    batch: int = 16

    def __repr__(self) -> str:
        """Show the class of the object, so that a resumed search knows its own."""
        return f"GivenProposals({type(self.given).__qualname__})"

    @property
    def wave(self) -> int:
        """The trials of a wave."""
        return self.batch

    def proposals(self, space: Space, trials: int | None, seed: int) -> Asked:
        """Return the object."""
        return self.given


class RandomProposals(Proposals):
    """Random settings, each determined by the seed and its number.

    Args:
        space: The distribution of each setting.
        trials: How many.
        seed: The seed.
    """

    def __init__(self, space: Space, trials: int, seed: int) -> None:
        self.space, self.trials, self.seed, self.asked = space, trials, seed, 0

    def ask(self, count: int) -> list[TrialSettings]:
        """Return the settings of the next trials."""
        numbers = range(self.asked, min(self.asked + count, self.trials))
        self.asked = numbers.stop
        return [self.space.draw(np.random.default_rng([self.seed, number])) for number in numbers]


class GridProposals(Proposals):
    """The combinations of a grid.

    Args:
        space: The distribution of each setting.
        points: How many values of each.
    """

    def __init__(self, space: Space, points: int) -> None:
        self.left = space.combinations(points)

    def ask(self, count: int) -> list[TrialSettings]:
        """Return the settings of the next trials."""
        return list(islice(self.left, count))
