"""Detectors of drift: has the mean of a stream of numbers changed?"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

from ..errors import DataError, InvalidValue


class DriftDetector(ABC):
    """Base class of detectors, which take a number at a time, such as 1 for a wrong answer and 0 for a right one.

    ``update(value)`` returns whether drift was found with this value; the detector then begins anew by itself.

    Attributes:
        seen: The number of values since it began.
        recent: How many of the last values are believed to be after the change, once drift was found.
        rose: Whether the mean rose at the last drift.
    """

    def __init__(self) -> None:
        self.seen, self.recent, self.rose = 0, 0, True

    def update(self, value: float) -> bool:
        """Take a value; return whether drift was found.

        Raises:
            DataError: If the value is not finite.
        """
        number = float(value)
        if not math.isfinite(number):
            raise DataError(f"{type(self).__name__}.update({value!r}): expected a finite number.")
        self.seen += 1
        return self._take(number)

    @abstractmethod
    def _take(self, value: float) -> bool:
        """Take a finite value."""

    @abstractmethod
    def reset(self) -> None:
        """Forget all values."""


class ADWIN(DriftDetector):
    r"""Adaptive windowing: keeps as many of the last values as have one mean.

    When to use: as a first choice for values from 0 to 1. It has one parameter with a meaning, forgets by itself what
    is out of date, and finds falls as well as rises.

    Of a window W of n values, for every cut into an older part of :math:`n_0` and a newer one of :math:`n_1` values,
    the older part is dropped if

    .. math:: |\hat\mu_0 - \hat\mu_1| > \sqrt{\frac{2}{m} \sigma_W^2 \ln\frac{2}{\delta'}}
        + \frac{2}{3m} \ln\frac{2}{\delta'}, \quad \frac{1}{m} = \frac{1}{n_0} + \frac{1}{n_1},
        \quad \delta' = \frac{\delta}{\ln n}

    The window is kept as sums of 1, 2, 4, 8 ... values, so that memory is logarithmic in its length.

    Args:
        delta: The confidence :math:`\delta`; 0.002 in the authors' experiments. Smaller gives fewer false alarms.
        clock: How many values pass between two checks.
        buckets: How many sums of each size are kept; 5 in the paper.
        least: The least number of values on each side of a cut.

    Raises:
        InvalidValue: If delta is not between 0 and 1, or a number is below 1.
        DataError: If a value is not from 0 to 1.

    Example:
        >>> detector = ADWIN()
        >>> found = [row for row in range(600) if detector.update(0.0 if row < 300 else 1.0)]
        >>> 300 < found[0] < 340
        True

    Reference:
        A. Bifet, R. Gavaldà (2007), Learning from time-changing data with adaptive windowing, section 3.
    """

    def __init__(self, delta: float = 0.002, clock: int = 32, buckets: int = 5, least: int = 5) -> None:
        if not 0 < delta < 1 or clock < 1 or buckets < 1 or least < 1:
            raise InvalidValue(
                f"ADWIN(delta={delta}, clock={clock}, buckets={buckets}, least={least}): expected a delta between 0 "
                "and 1, and numbers of at least 1."
            )
        super().__init__()
        self.delta, self.clock, self.buckets, self.least = delta, clock, buckets, least
        self.reset()

    def reset(self) -> None:
        # rows[k]: sums of 2^k values and of their squares, the newest first.
        self._rows: list[list[tuple[float, float]]] = [[]]
        self._sum = self._squares = 0.0
        self.width, self.seen = 0, 0

    @property
    def mean(self) -> float:
        """The mean of the window."""
        return self._sum / self.width if self.width else math.nan

    @property
    def variance(self) -> float:
        """The variance of the window."""
        return max(self._squares / self.width - self.mean**2, 0.0) if self.width else math.nan

    def _take(self, value: float) -> bool:
        if not 0 <= value <= 1:
            raise DataError(f"ADWIN.update({value}): its bound is for values from 0 to 1; scale them.")
        self._rows[0].insert(0, (value, value * value))
        self._sum, self._squares, self.width = self._sum + value, self._squares + value * value, self.width + 1
        self._compress()
        if self.seen % self.clock or self.width < 2 * self.least:
            return False
        found = False
        while self._cut():
            found = True
        self.recent = self.width
        return found

    def _compress(self) -> None:
        """Join the two oldest sums of a size that has too many."""
        for size, row in enumerate(self._rows):
            if len(row) <= self.buckets:
                return
            (a, b), (c, d) = row.pop(), row.pop()
            if size + 1 == len(self._rows):
                self._rows.append([])
            self._rows[size + 1].insert(0, (a + c, b + d))

    def _cut(self) -> bool:
        """Drop the oldest sum if two parts of the window differ; return whether it was."""
        if self.width < 2 * self.least:
            return False
        spread, sure = self.variance, math.log(2 * math.log(self.width) / self.delta)
        old_count, old_sum = 0, 0.0
        for size in range(len(self._rows) - 1, -1, -1):
            for total, _ in reversed(self._rows[size]):
                old_count, old_sum = old_count + 2**size, old_sum + total
                new_count = self.width - old_count
                if new_count < self.least:
                    return False
                if old_count < self.least:
                    continue
                gap = (self._sum - old_sum) / new_count - old_sum / old_count
                both = self._over_m(old_count, new_count)
                if abs(gap) > math.sqrt(2 * both * spread * sure) + 2 / 3 * both * sure:
                    self.rose = gap > 0
                    self._drop_oldest()
                    return True
        return False

    def _over_m(self, old_count: int, new_count: int) -> float:
        # River and MOA take least - 1 off both counts, and so may find a change one check later.
        return 1 / old_count + 1 / new_count

    def _drop_oldest(self) -> None:
        while not self._rows[-1]:
            self._rows.pop()
        size = len(self._rows) - 1
        total, squares = self._rows[-1].pop()
        self._sum, self._squares, self.width = self._sum - total, self._squares - squares, self.width - 2**size
        while len(self._rows) > 1 and not self._rows[-1]:
            self._rows.pop()


class PageHinkley(DriftDetector):
    r"""The Page-Hinkley test: a cumulative sum of how far values are above their mean.

    When to use: for values of any scale, of which a rise matters, such as losses.

    .. math:: m_t = \sum_{i \le t} (x_i - \bar x_i - \delta), \qquad \text{drift if } m_t - \min_{i \le t} m_i > \lambda

    Args:
        delta: The rise :math:`\delta` of the mean that is tolerated.
        threshold: The constant :math:`\lambda`; larger gives fewer false alarms and finds drift later.
        least: The number of values before which nothing is found.

    Raises:
        InvalidValue: If a number is out of range.

    Example:
        >>> detector = PageHinkley(threshold=10)
        >>> found = [row for row in range(600) if detector.update(0.0 if row < 300 else 1.0)]
        >>> 300 < found[0] < 320
        True

    Reference:
        E. S. Page (1954), Continuous inspection schemes; J. Gama, R. Sebastião, P. P. Rodrigues (2013), On evaluating
        stream learning algorithms, section 5.
    """

    def __init__(self, delta: float = 0.05, threshold: float = 20.0, least: int = 30) -> None:
        if delta < 0 or threshold <= 0 or least < 1:
            raise InvalidValue(
                f"PageHinkley(delta={delta}, threshold={threshold}, least={least}): expected a delta of at least 0, a "
                "threshold above 0, and at least 1 value."
            )
        super().__init__()
        self.delta, self.threshold, self.least = delta, threshold, least
        self.reset()

    def reset(self) -> None:
        self._mean = self._total = self._lowest = 0.0
        self._lowest_at, self.seen = 0, 0

    def _take(self, value: float) -> bool:
        self._mean += (value - self._mean) / self.seen
        self._total += value - self._mean - self.delta
        if self._total <= self._lowest:
            self._lowest, self._lowest_at = self._total, self.seen
        if self.seen < self.least or self._total - self._lowest <= self.threshold:
            return False
        recent = self.seen - self._lowest_at
        self.reset()
        self.recent = recent
        return True


class DDM(DriftDetector):
    r"""The drift detection method: the error rate of a learner should not rise above its lowest value.

    When to use: for errors of 0 or 1. With the error rate :math:`p_t` of t values and :math:`s_t = \sqrt{p_t (1 - p_t)
    / t}`, drift is found if :math:`p_t + s_t > p_{min} + k_d s_{min}`, and a warning given above :math:`k_w`; the
    lowest values are those where :math:`p + s` was lowest. It has false alarms where the error rate is constant, since
    it compares with a minimum; larger :math:`k_d` has fewer.

    Args:
        warn: The constant :math:`k_w`; 2 in the paper.
        drift: The constant :math:`k_d`; 3 in the paper.
        least: The number of values before which nothing is found; 30 in the paper.

    Raises:
        InvalidValue: If a number is out of range.
        DataError: If a value is not from 0 to 1.

    Example:
        >>> detector = DDM()
        >>> found = [row for row in range(600) if detector.update(float(row % 10 == 0 if row < 300 else row % 2))]
        >>> 300 < found[0] < 350
        True

    Reference:
        J. Gama, P. Medas, G. Castillo, P. Rodrigues (2004), Learning with drift detection, section 3.
    """

    def __init__(self, warn: float = 2.0, drift: float = 3.0, least: int = 30) -> None:
        if not 0 < warn <= drift or least < 1:
            raise InvalidValue(
                f"DDM(warn={warn}, drift={drift}, least={least}): expected 0 < warn <= drift, least >= 1."
            )
        super().__init__()
        self.warn, self.drift, self.least = warn, drift, least
        self.reset()

    def reset(self) -> None:
        self._rate, self._lowest, self._spread = 0.0, math.inf, math.inf
        self._warned_at: int | None = None
        self.seen = 0

    @property
    def warns(self) -> bool:
        """Whether the error rate is above the level of warning."""
        return self._warned_at is not None

    def _take(self, value: float) -> bool:
        if not 0 <= value <= 1:
            raise DataError(f"DDM.update({value}): expected an error of 0 or 1.")
        self._rate += (value - self._rate) / self.seen
        spread = math.sqrt(self._rate * (1 - self._rate) / self.seen)
        if self.seen < self.least:
            return False
        if self._rate + spread <= self._lowest + self._spread:
            self._lowest, self._spread = self._rate, spread
        reached = self._rate + spread
        if reached <= self._lowest + self.warn * self._spread:
            self._warned_at = None
        elif self._warned_at is None:
            self._warned_at = self.seen
        if reached <= self._lowest + self.drift * self._spread:
            return False
        recent = self.seen - (self.seen if self._warned_at is None else self._warned_at) + 1
        self.reset()
        self.recent = recent
        return True
