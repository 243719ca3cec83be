"""Policies of several seeds and learning rates, trained in one program, and what they get while they learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Unpack, cast

import numpy as np

from ..errors import InvalidValue
from ..model import Model
from ..populations import Population
from ..populations.fitting import PopulationRun
from ..training.history import History
from ..training.interrupting import Interrupted
from ..typing import Float
from .policies import rate_of, require_rate
from .policy_gradient import PolicyGradient, episodes

if TYPE_CHECKING:
    import polars

    from ..drawing.figure import Drawing


STRETCHES = 50  # about so many points has a curve


class ReturnCurves(NamedTuple):
    """What policies got in the episodes of each stretch of learning.

    Attributes:
        episodes: The number of episodes played before the end of each stretch.
        returns: The mean sum of rewards of an episode, ``(members, stretches)``; NaN after a member diverged.
        lengths: The mean number of steps of an episode, likewise.
        rates: The learning rate of each member; NaN for a schedule, and for a rule that has none.
        seeds: The seed of each member.
        best: That of the best policy, where it is known.
        models: The trained policies.
    """

    episodes: np.ndarray
    returns: Float[np.ndarray, "members stretches"]
    lengths: Float[np.ndarray, "members stretches"]
    rates: tuple[float, ...]
    seeds: tuple[int, ...]
    best: float | None
    models: list[Model]

    @property
    def last(self) -> Float[np.ndarray, "members"]:
        """The mean sum of rewards of each member in the last tenth of its episodes, at least one stretch."""
        return self.returns[:, -max(1, self.returns.shape[1] // 10) :].mean(1)

    @property
    def best_member(self) -> int:
        """The place of the member that gets most in the end."""
        return int(np.where(np.isnan(self.last), -np.inf, self.last).argmax())

    def to_frame(self) -> polars.DataFrame:
        """Return a polars data frame with a row for each member and stretch."""
        import polars

        members, stretches = self.returns.shape
        return polars.DataFrame(
            {
                "learning_rate": np.repeat(self.rates, stretches),
                "seed": np.repeat(self.seeds, stretches),
                "episodes": np.tile(self.episodes, members),
                "reward": self.returns.ravel(),
                "steps": self.lengths.ravel(),
            }
        )

    def draw(self) -> Drawing:
        """Draw the mean over seeds for each learning rate, and single seeds behind it."""
        from .pictures import draw_return_curves

        return draw_return_curves(self)


def train_policies(
    program: PolicyGradient,
    *,
    number: int = 2048,
    side_by_side: int = 32,
    learning_rates: Sequence[float] | None = None,
    seeds: int | Sequence[int] = 3,
    verbose: int | str = 0,
    **options: Unpack[PopulationRun],
) -> ReturnCurves:
    """Train policies of several seeds and learning rates side by side, and return their curves.

    Args:
        program: The policy and its environment.
        number: How many episodes each plays.
        side_by_side: How many of them at once, after which weights change.
        learning_rates: Learning rates to compare. Default: that of the program.
        seeds: How many seeds, or the seeds.
        verbose: Whether to show progress, as for ``fit``.
        options: Of :meth:`Population.fit`, such as ``checkpoint`` and ``resume``.

    Raises:
        InvalidValue: If a number is below 1, or learning rates are given for a rule that has none.
        KeyboardInterrupt: At Ctrl-C. Its attribute ``kept`` has the curves and policies so far; it is None before the
            end of the first stretch.

    Example:
        >>> from plastica.rewards import Bandit, usual_policy
        >>> found = train_policies(usual_policy(Bandit((0.0, 1.0))), number=512, seeds=2)
        >>> bool(found.last.min() > 0.8), found.returns.shape, found.best
        (True, (2, 16), 1.0)
    """
    if number < 1 or side_by_side < 1:
        raise InvalidValue(f"train_policies(number={number}, side_by_side={side_by_side}): expected 1 episode or more.")
    updates = -(-number // side_by_side)
    each = max(1, updates // STRETCHES)
    root = "optimizer" if program.rule.needs_loss else "rule"
    place = f"{root}.learning_rate"
    if learning_rates is not None and not program.rule.needs_loss:
        require_rate(program.rule)
    grid = {} if learning_rates is None else {place: list(learning_rates)}
    population = Population(Model(program), grid, seeds=seeds)
    rows, epochs = episodes(each * side_by_side), -(-updates // each)
    try:
        population.fit(rows, batch_size=side_by_side, epochs=epochs, verbose=verbose, **options)
    except Interrupted as stop:
        begun = any(each.epoch for each in population.history.histories)
        stop.kept = _curves(program, population, place, len(rows)) if begun else None
        raise
    return _curves(program, population, place, len(rows))


def _curves(program: PolicyGradient, population: Population, place: str, stretch: int) -> ReturnCurves:
    """Return what the policies of a population got, in stretches of so many episodes."""
    own = rate_of(program.optimizer if program.rule.needs_loss else program.rule)
    returns, lengths = (_by_stretch(population.history.histories, name) for name in ("reward", "steps"))
    return ReturnCurves(
        np.arange(1, returns.shape[1] + 1) * stretch,
        returns,
        lengths,
        tuple(
            cast(float, member.values.get(place, float("nan") if own is None else own)) for member in population.members
        ),
        tuple(member.seed for member in population.members),
        program.environment.best_reward,
        population.models,
    )


def _by_stretch(histories: Sequence[History], name: str) -> Float[np.ndarray, "members stretches"]:
    """Return a figure of each member; NaN after a member met a number that is not finite and stopped."""
    longest = max(len(each.epoch) for each in histories)
    found = [each.history.get(name, []) for each in histories]
    return np.array([values + [np.nan] * (longest - len(values)) for values in found])
