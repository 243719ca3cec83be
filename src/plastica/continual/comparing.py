"""Strategies side by side on one stream."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import InvalidValue
from ..model import Model
from ..model.options import BATCH_SIZE
from ..training.run import Hook
from .experiences import ContinualStream
from .names import label_of, strategy_named
from .results import MEASURES, ContinualResult
from .runs import Told
from .strategy import ContinualStrategy
from .training import learn

if TYPE_CHECKING:
    import polars

    from ..drawing.figure import Drawing


@dataclass(frozen=True)
class ContinualComparison:
    """What :func:`compare` returns.

    Attributes:
        results: The result of each strategy, by its name.
    """

    results: Mapping[str, ContinualResult]

    def __getitem__(self, name: str) -> ContinualResult:
        """Return the result of a strategy."""
        return self.results[name]

    def __iter__(self) -> Iterator[ContinualResult]:
        """Go through the results."""
        return iter(self.results.values())

    @property
    def best(self) -> ContinualResult:
        """The result with the highest average score, apart from joint training, which sees all rows at once."""
        own = [each for name, each in self.results.items() if name != "joint"] or list(self)
        return max(own, key=lambda each: each.average_accuracy.value)

    def table(self) -> polars.DataFrame:
        """Return a row for each strategy: measures, the ends of their intervals, seconds."""
        import polars

        rows: list[dict[str, object]] = []
        for result in self:
            row: dict[str, object] = {"strategy": result.strategy}
            for name, figure in result.summary().items():
                row |= {name: figure.value, f"{name}_low": figure.low, f"{name}_high": figure.high}
            rows.append(row | {"seconds": result.seconds})
        return polars.DataFrame(rows)

    def plot(self, path: str | os.PathLike[str] | None = None) -> Drawing:
        """Draw the mean score so far after each experience, and the score at the end on each, for all strategies.

        Args:
            path: A file for the picture: .svg, .png or .pdf.
        """
        from .picture import draw_comparison

        return draw_comparison(self).save(path)

    def __repr__(self) -> str:
        """Show the measures as a table."""
        width = max(map(len, self.results))
        lines = [
            f"{'strategy':<{width}}  {'average':>8} {'learned':>8} {'forgotten':>9} {'backward':>8} {'forward':>8}"
        ]
        for name, result in self.results.items():
            values = [result.summary()[each].value for each in MEASURES]
            cells = " ".join(f"{value:>{size}.3f}" for value, size in zip(values, (8, 8, 9, 8, 8), strict=True))
            lines.append(f"{name:<{width}}  {cells}")
        return "\n".join(lines)


def compare(
    model: Model,
    stream: ContinualStream,
    strategies: Sequence[str | ContinualStrategy] = ("naive", "ewc", "si", "replay", "joint"),
    *,
    seeds: int | Sequence[int] = 1,
    epochs: int = 1,
    batch_size: int = BATCH_SIZE,
    reset_optimizer: bool = False,
    verbose: int = 0,
    on_experience: Told | None = None,
    hooks: Sequence[Hook] = (),
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
) -> ContinualComparison:
    """Learn a stream under several strategies, from the same seeds.

    When to use: to choose a strategy; with ``"naive"`` as the lower bound and ``"joint"`` as the upper one.

    Args:
        model, stream, seeds, epochs, batch_size, reset_optimizer, verbose, on_experience, hooks: As for :func:`learn`.
        checkpoint, resume: As for :func:`learn`; each strategy and seed has a file of its own in the folder.
        strategies: Names, see :func:`strategy_named`, or strategies.

    Raises:
        InvalidValue: If there is no strategy, or one twice; and as for :func:`learn`.
    """
    labels = [label_of(strategy) if isinstance(strategy, str | ContinualStrategy) else "" for strategy in strategies]
    if not labels or len(set(labels)) < len(labels):
        raise InvalidValue(f"strategies={list(strategies)}: expected different strategies, at least one.")
    for strategy in strategies:
        strategy_named(strategy)  # all are known before the first is trained
    found = {}
    for label, strategy in zip(labels, strategies, strict=True):
        found[label] = learn(
            model, stream, strategy, seeds=seeds, epochs=epochs, batch_size=batch_size,
            reset_optimizer=reset_optimizer, verbose=verbose, on_experience=on_experience, hooks=hooks,
            checkpoint=checkpoint, resume=resume,
        )  # fmt: skip
    return ContinualComparison(found)
