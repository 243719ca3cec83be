"""The result of learning a stream: the accuracy matrix of each seed, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..evaluation.intervals import Figure
from ..evaluation.over_folds import over_folds
from ..model import Model
from ..typing import Float
from . import measures

if TYPE_CHECKING:
    import os

    import polars

    from ..drawing.figure import Drawing

MEASURES = ("average_accuracy", "learning_accuracy", "forgetting", "backward_transfer", "forward_transfer")


@dataclass(frozen=True)
class ContinualResult:
    """What :func:`learn` returns.

    The measures are means over seeds, each a ``Figure`` with ``value`` and, from two seeds on, the ends ``low`` and
    ``high`` of its 95 % interval by Student's t distribution.

    Attributes:
        strategy: The name of the strategy.
        scenario: The scenario of the stream.
        names: The names of the experiences.
        score: ``"accuracy"``, or ``"r2"`` for numbers.
        seeds: The seed of each run.
        matrices: The score on experience j after learning experience i, ``(seeds, experiences, experiences)``.
        baselines: The scores with initial weights, ``(seeds, experiences)``.
        models: The trained network of each seed.
        seconds: How long it took.
    """

    strategy: str
    scenario: str
    names: tuple[str, ...]
    score: str
    seeds: tuple[int, ...]
    matrices: Float[np.ndarray, "seeds learned tested"]
    baselines: Float[np.ndarray, "seeds tested"]
    models: tuple[Model, ...]
    seconds: float

    @property
    def matrix(self) -> Float[np.ndarray, "learned tested"]:
        """The mean over seeds of the accuracy matrix."""
        return self.matrices.mean(0)

    @property
    def average_accuracy(self) -> Figure:
        """The mean score on all experiences at the end; see :func:`average_accuracy`."""
        return self._over_seeds(measures.average_accuracy)

    @property
    def learning_accuracy(self) -> Figure:
        """The mean score on each experience right after it was learned; see :func:`learning_accuracy`."""
        return self._over_seeds(measures.learning_accuracy)

    @property
    def forgetting(self) -> Figure:
        """How far scores fell from their best; see :func:`forgetting`."""
        return self._over_seeds(measures.forgetting)

    @property
    def backward_transfer(self) -> Figure:
        """What later experiences did to earlier ones; see :func:`backward_transfer`."""
        return self._over_seeds(measures.backward_transfer)

    @property
    def forward_transfer(self) -> Figure:
        """What earlier experiences did for later ones; see :func:`forward_transfer`."""
        pairs = zip(self.matrices, self.baselines, strict=True)
        return over_folds([measures.forward_transfer(*pair) for pair in pairs], 0.0)

    def table(self) -> polars.DataFrame:
        """Return the scores, a row for each seed, each experience learned and each one tested."""
        import polars

        seeds, learned, tested = np.indices(self.matrices.shape).reshape(3, -1)
        return polars.DataFrame(
            {
                "strategy": [self.strategy] * len(seeds),
                "seed": np.asarray(self.seeds)[seeds],
                "after": np.asarray(self.names)[learned],
                "experience": np.asarray(self.names)[tested],
                self.score: self.matrices.ravel(),
            }
        )

    def summary(self) -> dict[str, Figure]:
        """Return all measures by name."""
        return {name: getattr(self, name) for name in MEASURES}

    def plot(self, path: str | os.PathLike[str] | None = None) -> Drawing:
        """Draw the accuracy matrix, and the score on each experience from one to the next.

        Args:
            path: A file for the picture: .svg, .png or .pdf.
        """
        from .picture import draw_result

        return draw_result(self).save(path)

    def __repr__(self) -> str:
        """Show the average score and the forgetting."""
        return (
            f"<{self.strategy}, {len(self.names)} experiences, {len(self.seeds)} seed{'s' * (len(self.seeds) > 1)}: "
            f"average {self.score} {self.average_accuracy.value:.3f}, forgetting {self.forgetting.value:.3f}>"
        )

    def _over_seeds(self, measure: Callable[[object], float]) -> Figure:
        # The interval of independent runs is that of folds that share no training rows.
        return over_folds([measure(matrix) for matrix in self.matrices], 0.0)
