"""OptunaSearch: a sampler of Optuna proposes the settings, a wave of trials at a time."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeAlias

from ..errors import InvalidValue, MissingExtra
from ..registry import look_up
from .distributions import Choice, Distribution, IntUniform, LogUniform, Uniform
from .space import Space, TrialSettings
from .strategies import Proposals, Strategy
from .trials import SearchTrial

# Classes of Optuna, which may not be installed.
BaseSampler: TypeAlias = Any
BaseDistribution: TypeAlias = Any
SamplerLike: TypeAlias = str | Callable[[int], BaseSampler]

# The classes of Optuna by name; each takes a seed.
SAMPLERS = {
    "tpe": "TPESampler",
    "gp": "GPSampler",
    "cmaes": "CmaEsSampler",
    "qmc": "QMCSampler",
    "nsgaii": "NSGAIISampler",
    "random": "RandomSampler",
}
USUAL_BATCH = 16


@dataclass(frozen=True)
class OptunaSearch(Strategy):
    """Settings proposed by Optuna, which learns from the trials before.

    Use it for a large space and few trials: with more than some dozens, random settings that are trained together are
    usually as good and sooner ready. A wave of trials is asked for at once and trained together, then Optuna is told
    how they did. Requires ``pip install "plastica[optuna]"``.

    Args:
        sampler: ``"tpe"``, ``"gp"``, ``"cmaes"``, ``"qmc"``, ``"nsgaii"`` or ``"random"``; or a function that returns a
            sampler for a seed, ``lambda seed: optuna.samplers.TPESampler(seed=seed, n_startup_trials=20)``.
        batch: The trials of a wave. More are trained in less time each; fewer learn more from each other.

    Raises:
        UnknownName: If there is no such sampler; the message suggests the nearest.
        InvalidValue: If ``batch`` is below 1.
        MissingExtra: When the search begins, if Optuna is not installed.

    Reference:
        T. Akiba, S. Sano, T. Yanase et al. (2019), Optuna: a next-generation hyperparameter optimization framework;
        J. Bergstra, R. Bardenet, Y. Bengio, B. Kegl (2011), Algorithms for hyper-parameter optimization, for TPE.
    """

    sampler: SamplerLike = "tpe"
    batch: int = USUAL_BATCH

    def __post_init__(self) -> None:
        """Check the name and the number."""
        if not callable(self.sampler):
            look_up("sampler", self.sampler, SAMPLERS)
        if isinstance(self.batch, bool) or not isinstance(self.batch, int) or self.batch < 1:
            raise InvalidValue(f"OptunaSearch(batch={self.batch!r}): give a whole number of at least 1.")

    def __repr__(self) -> str:
        """Show the sampler by name, so that a resumed search knows its own."""
        name = self.sampler if isinstance(self.sampler, str) else getattr(self.sampler, "__qualname__", "sampler")
        return f"OptunaSearch(sampler={name!r}, batch={self.batch})"

    @property
    def wave(self) -> int:
        """The trials of a wave."""
        return self.batch

    def check(self, space: Space) -> None:
        """Check that Optuna is installed and takes the space.

        Raises:
            MissingExtra: If it is not installed.
            InvalidValue: If a distribution is none that it has.
        """
        _imported()
        for name in space:
            as_optuna(name, space[name])

    def proposals(self, space: Space, trials: int | None, seed: int) -> OptunaProposals:
        """Return what Optuna proposes."""
        return OptunaProposals(space, self.count(space, trials), self._sampler(seed))

    def _sampler(self, seed: int) -> BaseSampler:
        if not isinstance(self.sampler, str):
            return self.sampler(seed)
        # Trials of a wave that have no value yet count as bad ones, so that the others of the wave lie elsewhere.
        name = self.sampler.strip().lower()
        more = {"constant_liar": True} if name == "tpe" else {}
        with _quiet():
            return getattr(_imported().samplers, SAMPLERS[name])(seed=seed, **more)


class OptunaProposals(Proposals):
    """Asks a study of Optuna for trials, and tells it how they did.

    Args:
        space: The distribution of each setting.
        trials: How many.
        sampler: The sampler.
    """

    def __init__(self, space: Space, trials: int, sampler: BaseSampler) -> None:
        self.space, self.left = space, trials
        self.known = {name: as_optuna(name, space[name]) for name in space}
        with _quiet():
            self.study = _imported().create_study(sampler=sampler)
        self._asked: list[tuple[TrialSettings, Any]] = []

    def ask(self, count: int) -> list[TrialSettings]:
        """Return the settings of the next trials."""
        found: list[TrialSettings] = []
        with _quiet():
            for _ in range(min(count, self.left)):
                trial = self.study.ask(fixed_distributions=dict(self.known))
                found.append({name: from_optuna(self.space[name], trial.params[name]) for name in self.space})
                self._asked.append((found[-1], trial))
        self.left -= len(found)
        return found

    def tell(self, trials: Sequence[SearchTrial], sign: float) -> None:
        """Learn how trials did; Optuna minimizes, so that a higher metric is told with the other sign."""
        states = _imported().trial.TrialState
        with _quiet():
            for each in trials:
                place = next((place for place, (own, _) in enumerate(self._asked) if own == each.settings), None)
                if place is None:
                    self._add(each, sign)
                elif math.isfinite(each.value):
                    self.study.tell(self._asked.pop(place)[1], sign * each.value)
                else:  # counts as bad; a trial that fails would be as if it had not been
                    self.study.tell(self._asked.pop(place)[1], state=states.PRUNED)

    def _add(self, trial: SearchTrial, sign: float) -> None:
        """Add a trial that Optuna did not propose, such as that of the present settings, if it is in the space."""
        if not trial.is_good:
            return
        try:
            params = {name: to_optuna(self.space[name], trial.settings[name]) for name in self.space}
            own = _imported().trial.create_trial(
                params=params, distributions=dict(self.known), value=sign * trial.value
            )
        except (KeyError, ValueError):
            return
        self.study.add_trial(own)


def as_optuna(name: str, given: Distribution) -> BaseDistribution:
    """Return a distribution as one of Optuna; of a choice its numbers, since Optuna takes no values but plain ones.

    Raises:
        InvalidValue: If Optuna has none like it.
    """
    known = _imported().distributions
    if isinstance(given, Choice):
        return known.CategoricalDistribution(tuple(range(len(given.options))))
    if isinstance(given, IntUniform):
        return known.IntDistribution(int(given.low), int(given.high), log=given.log)
    if isinstance(given, Uniform | LogUniform):
        return known.FloatDistribution(given.low, given.high, log=isinstance(given, LogUniform))
    raise InvalidValue(
        f'space: Optuna has no distribution like "{name}" of {given!r}; give Uniform, LogUniform, IntUniform or Choice.'
    )


def from_optuna(given: Distribution, value: Any) -> Any:
    """Return the value of a setting, given what Optuna proposes; floats with four digits, as in other strategies."""
    if isinstance(given, Choice):
        return given.options[value]
    return value if isinstance(value, int) else given.at(given.place_of(value))


def to_optuna(given: Distribution, value: Any) -> Any:
    """Return what Optuna knows a value by.

    Raises:
        ValueError: If a choice does not have it.
    """
    return given.options.index(value) if isinstance(given, Choice) else value


@contextmanager
def _quiet() -> Generator[None, None, None]:
    """Keep Optuna from announcing studies and experimental options, and say which package a sampler lacks."""
    optuna = _imported()
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    except ImportError as missing:
        raise MissingExtra(f"this sampler of Optuna needs another package: {missing}") from missing
    finally:
        optuna.logging.set_verbosity(before)


def _imported() -> Any:
    try:
        return import_module("optuna")
    except ImportError as missing:
        raise MissingExtra(
            "this strategy asks Optuna for settings, which is not installed. Run: "
            'pip install "plastica[optuna]", or take strategy="random".'
        ) from missing
