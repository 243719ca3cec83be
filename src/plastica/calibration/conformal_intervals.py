"""Intervals that contain the true number with a known probability."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..errors import DataError, InvalidValue, ShapeError
from ..typing import Float
from .checking import as_column, fitted
from .quantile import check_coverage, conformal_quantile


class ConformalIntervals:
    """Intervals around predicted numbers that contain the true one in 90 % of rows.

    The promise holds for any model and any data, as long as the rows of ``fit`` and those that are predicted are
    exchangeable (drawn alike); rows of a series are not. Three kinds of predictions are taken:

    - one number a row: all intervals are equally wide, the quantile of |y - prediction|;
    - one number and a ``spread``, such as the standard deviation of an ensemble: the width follows the spread, the
      quantile of |y - prediction| / spread (Lei et al. 2018, section 5.2);
    - two numbers, a lower and an upper quantile, as networks with the pinball loss predict: both are moved by the
      quantile of max(low - y, y - high) (conformalized quantile regression, Romano et al. 2019, equation 6).

    Args:
        coverage: The probability with which an interval contains the true number.

    Attributes:
        threshold: The quantile of the scores. None before :meth:`fit`.

    Raises:
        InvalidValue: If the coverage is not between 0 and 1.

    Example:
        >>> intervals = ConformalIntervals(0.8).fit([1.0, 2.0, 3.0, 4.0], [1.1, 1.8, 3.3, 4.4])
        >>> intervals.predict([10.0]).round(2).tolist()
        [[9.6, 10.4]]

    Reference:
        J. Lei, M. G'Sell, A. Rinaldo, R. Tibshirani, L. Wasserman (2018), Distribution-free predictive inference for
        regression, algorithm 2. Y. Romano, E. Patterson, E. Candès (2019), Conformalized quantile regression.
    """

    def __init__(self, coverage: float = 0.9) -> None:
        self.coverage = check_coverage("ConformalIntervals", coverage)
        self.threshold: float | None = None
        self._kind = ""

    def __repr__(self) -> str:
        return f"ConformalIntervals({self.coverage})"

    def fit(self, predictions: ArrayLike, y: ArrayLike, spread: ArrayLike | None = None) -> ConformalIntervals:
        """Find the threshold on rows that the model was not trained on.

        Args:
            predictions: ``(rows,)``, or ``(rows, 2)`` for a lower and an upper quantile.
            y: The true numbers, ``(rows,)``.
            spread: How uncertain each prediction is, ``(rows,)``, above 0; the scale does not matter.

        Raises:
            ShapeError, DataError: If they do not fit each other or are not finite.
        """
        low, high, scale = self._ends("ConformalIntervals.fit", predictions, spread)
        found = as_column("ConformalIntervals.fit", y, len(low))
        scores = np.maximum(low - found, found - high) / scale
        self.threshold = conformal_quantile("ConformalIntervals", scores, self.coverage)
        self._kind = _kind_of(predictions, spread)
        return self

    def predict(self, predictions: ArrayLike, spread: ArrayLike | None = None) -> Float[np.ndarray, "rows 2"]:
        """Return the lower and the upper end of each interval.

        Raises:
            NotFitted: Before :meth:`fit`.
            InvalidValue: If predictions are of another kind than in :meth:`fit`.
        """
        threshold = fitted("ConformalIntervals", self.threshold)
        kind = _kind_of(predictions, spread)
        if kind != self._kind:
            raise InvalidValue(f"ConformalIntervals.predict: {kind}; it was fitted with {self._kind}.")
        low, high, scale = self._ends("ConformalIntervals.predict", predictions, spread)
        low, high = low - threshold * scale, high + threshold * scale
        # Quantiles moved towards each other may cross; the interval is then empty, and both ends are put between them.
        crossed = low > high
        middle: np.ndarray = np.add(low, high, where=crossed, out=np.zeros_like(low)) / 2
        return np.stack([np.where(crossed, middle, low), np.where(crossed, middle, high)], axis=1)

    def _ends(
        self, owner: str, predictions: ArrayLike, spread: ArrayLike | None
    ) -> tuple[Float[np.ndarray, "rows"], Float[np.ndarray, "rows"], Float[np.ndarray, "rows"]]:
        given = np.asarray(predictions, np.float64)
        if given.ndim == 2 and given.shape[1] == 1:
            given = given[:, 0]
        if given.ndim not in (1, 2) or not len(given) or (given.ndim == 2 and given.shape[1] != 2):
            raise ShapeError(
                f"{owner}: predictions of shape {np.shape(predictions)}; expected (rows,), or (rows, 2) for a lower "
                "and an upper quantile."
            )
        if not np.isfinite(given).all():
            raise DataError(f"{owner}: predictions are not finite.")
        low, high = (given, given) if given.ndim == 1 else given.T
        scale = np.ones(len(low)) if spread is None else as_column(owner, spread, len(low))
        if scale.min() <= 0:
            raise DataError(f"{owner}: spread reaches down to {scale.min():.4g}; expected numbers above 0.")
        return low, high, scale


def _kind_of(predictions: ArrayLike, spread: ArrayLike | None) -> str:
    shape = np.shape(predictions)
    if len(shape) == 2 and shape[1] == 2:
        return "two quantiles a row" if spread is None else "two quantiles a row and a spread"
    return "one number a row" if spread is None else "one number a row and a spread"
