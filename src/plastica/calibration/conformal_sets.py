"""Sets of classes that contain the true one with a known probability."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidValue, ShapeError
from ..typing import Bool, Float
from .checking import as_classes, as_probabilities, fitted
from .quantile import check_coverage, conformal_quantile

Score = Literal["aps", "lac"]


class ConformalSets:
    """For each row the classes that cannot be excluded, so that the true one is among them in 90 % of rows.

    The promise holds for any model and any data, as long as the rows of ``fit`` and those that are predicted are
    exchangeable (drawn alike); it is over all rows, not for each kind of row. A row that is hard to tell has several
    classes; a row unlike any class may have none with ``"lac"``.

    Args:
        coverage: The probability with which a set contains the true class.
        score: How strange a class is for a row. ``"aps"``: the probability of all classes above it, and of a random
            share of its own (Romano, Sesia, Candès 2020); the default, since hard rows get larger sets. ``"lac"``: one
            minus its probability (Sadinle, Lei, Wasserman 2019); it has the smallest sets on average.
        by_class: Whether the coverage holds for the rows of each class, not only over all rows; a class needs rows
            enough for it.
        seed: The random seed of ``"aps"``, whose coverage is exact only with a random share.

    Attributes:
        thresholds: The largest score that a set accepts, for each class ``(classes,)``. None before :meth:`fit`.

    Raises:
        InvalidValue: If the coverage is not between 0 and 1, or there is no such score.

    Example:
        >>> held_out = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.4, 0.6]])
        >>> sets = ConformalSets(0.8, score="lac").fit(held_out, [0, 0, 0, 0])  # accepts what has at least 0.4
        >>> sets.predict([[0.55, 0.45], [0.95, 0.05]]).tolist()
        [[True, True], [True, False]]

    Reference:
        Y. Romano, M. Sesia, E. Candès (2020), Classification with valid and adaptive coverage, algorithm 1.
    """

    def __init__(self, coverage: float = 0.9, *, score: Score = "aps", by_class: bool = False, seed: int = 0) -> None:
        if score not in ("aps", "lac"):
            raise InvalidValue(f'ConformalSets(score={score!r}): expected "aps" or "lac".')
        self.coverage = check_coverage("ConformalSets", coverage)
        self.score, self.by_class, self.seed = score, by_class, seed
        self.thresholds: Float[np.ndarray, "classes"] | None = None

    def __repr__(self) -> str:
        return f"ConformalSets({self.coverage}, score={self.score!r}, by_class={self.by_class})"

    def fit(self, probabilities: ArrayLike, y: ArrayLike) -> ConformalSets:
        """Find the thresholds on rows that the model was not trained on.

        Args:
            probabilities: ``(rows, classes)``, or ``(rows,)`` for the probability of yes.
            y: Class numbers, ``(rows,)``.

        Raises:
            ShapeError, DataError: If they do not fit each other or are not probabilities and class numbers.
        """
        shares = as_probabilities("ConformalSets.fit", probabilities)
        classes = as_classes("ConformalSets.fit", y, *shares.shape)
        own = self._scores(shares, draw=0)[np.arange(len(shares)), classes]
        count = shares.shape[1]
        if self.by_class:
            groups = [(f"ConformalSets, class {each}", own[classes == each]) for each in range(count)]
        else:
            groups = [("ConformalSets", own)]
        found = [conformal_quantile(owner, scores, self.coverage) for owner, scores in groups]
        self.thresholds = np.broadcast_to(np.array(found), count)
        return self

    def predict(self, probabilities: ArrayLike) -> Bool[np.ndarray, "rows classes"]:
        """Return which classes are in the set of each row.

        Raises:
            NotFitted: Before :meth:`fit`.
            ShapeError: If there are not as many classes as in :meth:`fit`.
        """
        thresholds = fitted("ConformalSets", self.thresholds)
        shares = as_probabilities("ConformalSets.predict", probabilities)
        if shares.shape[1] != len(thresholds):
            raise ShapeError(
                f"ConformalSets.predict: {shares.shape[1]} classes; it was fitted with {len(thresholds)} classes."
            )
        return self._scores(shares, draw=1) <= thresholds

    def _scores(self, shares: Float[np.ndarray, "rows classes"], draw: int) -> Float[np.ndarray, "rows classes"]:
        if self.score == "lac":
            return 1 - shares
        # The random share makes the score of the true class uniform, so that the coverage is exact and not only at
        # least the wanted one. ``fit`` and ``predict`` draw apart, as their rows are different ones.
        order = np.argsort(-shares, axis=1, kind="stable")
        ranked = np.take_along_axis(shares, order, 1)
        above = np.cumsum(ranked, axis=1) - ranked
        share = np.random.default_rng([self.seed, draw]).random((len(shares), 1))
        scores = np.empty_like(shares)
        np.put_along_axis(scores, order, above + share * ranked, axis=1)
        return scores
