"""Tuning curves and selectivity of units or recorded neurons, and recordings from a file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...errors import DataError, FileError, InvalidValue, ShapeError
from ...storage.atomic import reason
from ...typing import Float, Int, Shaped
from ..text_rows import rows_of_words

if TYPE_CHECKING:
    import polars

    from ...drawing.figure import Drawing

MOST_DRAWN = 12  # tuning curves of one picture


class TuningCurves(NamedTuple):
    """How units respond to the values of a stimulus.

    Attributes:
        values: The values of the stimulus, in ascending order: numbers, or names.
        means: The mean response of each unit to each value.
        errors: Their standard errors; NaN for values with a single presentation.
        counts: How often each value was presented.
        selectivity: For each unit, (max - mean of the others) / (max + mean of the others) of its means, 0 if it
            responds equally to all values and 1 if to one only; NaN if it never responds, or if means are negative.
        explained: The share of the variance of each unit that the stimulus explains, eta squared, 0 to 1.
    """

    values: Shaped[np.ndarray, "values"]
    means: Float[np.ndarray, "values units"]
    errors: Float[np.ndarray, "values units"]
    counts: Int[np.ndarray, "values"]
    selectivity: Float[np.ndarray, "units"]
    explained: Float[np.ndarray, "units"]

    @property
    def preferred(self) -> Shaped[np.ndarray, "units"]:
        """The value to which each unit responds most."""
        return self.values[self.means.argmax(0)]

    @property
    def table(self) -> polars.DataFrame:
        """A polars data frame with a row for each unit: unit, preferred, selectivity and explained."""
        import polars

        return polars.DataFrame(
            {
                "unit": np.arange(self.means.shape[1]),
                "preferred": self.preferred,
                "selectivity": self.selectivity,
                "explained": self.explained,
            }
        )

    def plot(self, path: str | os.PathLike[str] | None = None, most: int = MOST_DRAWN) -> Drawing:
        """Draw the tuning curves of the units that the stimulus explains best, and the selectivity of all.

        Args:
            path: The file to write, ``.svg``, ``.png`` or ``.pdf``. Default: none.
            most: The number of units drawn.
        """
        from .representation_picture import draw_tuning

        return draw_tuning(self, most).save(path)


def tuning_curves(activities: object, stimulus: object) -> TuningCurves:
    """Return the mean response of each unit to each value of a stimulus.

    Args:
        activities: ``(stimuli, units)``, activities of a layer or recordings of neurons, a row for each presentation;
            further axes count as units.
        stimulus: The value shown at each presentation: numbers such as angles, classes, or names.

    Raises:
        ShapeError: If there is not one value for each row.
        DataError: If an activity is not finite or fewer than two values were shown.

    Example:
        >>> found = tuning_curves([[1.0, 0.0], [3.0, 0.0], [0.0, 2.0]], ["a", "a", "b"])
        >>> found.means.tolist(), found.preferred.tolist(), found.selectivity.tolist()
        ([[2.0, 0.0], [0.0, 2.0]], ['a', 'b'], [1.0, 1.0])

    Reference:
        D. H. Hubel, T. N. Wiesel, 1962 (tuning). D. J. Freedman, J. A. Assad, 2006; A. S. Morcos et al., 2018, On the
        importance of single directions for generalization, equation 1 (selectivity).
    """
    rows = np.asarray(activities, np.float64)
    shown = np.asarray(stimulus)
    if rows.ndim < 2 or not rows.size or shown.shape != rows.shape[:1]:
        raise ShapeError(
            f"tuning_curves: got activities of shape {rows.shape} and stimuli of shape {shown.shape}; expected "
            "(stimuli, units) and a value for each stimulus."
        )
    if not np.isfinite(rows).all():
        row = np.argwhere(~np.isfinite(rows))[0][0]
        raise DataError(f"tuning_curves: the activities for stimulus {row} are not finite.")
    rows = rows.reshape(len(rows), -1)
    values, which = np.unique(shown, return_inverse=True)
    if len(values) < 2:
        raise DataError(f"tuning_curves: only the stimulus {shown[0]!r} was shown; tuning needs at least two.")
    counts = np.bincount(which)
    means = np.stack([rows[which == each].mean(0) for each in range(len(values))])
    within = np.stack([((rows[which == each] - means[each]) ** 2).sum(0) for each in range(len(values))])
    with np.errstate(invalid="ignore", divide="ignore"):
        errors = np.sqrt(within / (counts - 1)[:, None] / counts[:, None])
        total = ((rows - rows.mean(0)) ** 2).sum(0)
        explained = np.where(total > 0, 1 - within.sum(0) / total, 0.0)
        best = means.max(0)
        others = (means.sum(0) - best) / (len(values) - 1)
        selectivity = np.where((means >= 0).all(0) & (best > 0), (best - others) / (best + others), np.nan)
    return TuningCurves(values, means, np.where(counts[:, None] > 1, errors, np.nan), counts, selectivity, explained)


def direction_selectivity(curves: TuningCurves, period: float = 360.0) -> Float[np.ndarray, "units"]:
    """Return how strongly units prefer an angle: the length of the mean resultant vector, 1 - circular variance.

        L = |sum_k r_k exp(2 pi i theta_k / period)| / sum_k r_k

    Args:
        curves: Tuning curves for angles.
        period: The angle after which stimuli repeat, in the unit of the values: 360 for directions, 180 for
            orientations.

    Raises:
        InvalidValue: If the values are no numbers or the period is not above 0.

    Reference:
        D. L. Ringach, R. M. Shapley, M. J. Hawken, 2002, Orientation selectivity in macaque V1, equation 1.
    """
    if curves.values.dtype.kind not in "iuf" or not period > 0:
        raise InvalidValue(f"direction_selectivity(period={period}): expected angles as numbers and a period above 0.")
    turns = np.exp(2j * np.pi * curves.values / period)
    total = curves.means.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, np.abs(turns @ curves.means) / total, np.nan)


def read_recordings(path: str | os.PathLike[str]) -> Float[np.ndarray, "stimuli units"]:
    """Read a person's own recordings: a matrix of stimuli by neurons.

    Args:
        path: A text file with a row for each stimulus and a number for each neuron, separated by commas, semicolons,
            tabs or spaces, with or without a first row of names; or an ``.npy`` file.

    Raises:
        FileError: If the file cannot be read.
        DataError: If rows differ in length, or a value is no finite number.
    """
    name = os.fspath(path)
    if name.endswith(".npy"):
        return _matrix(name, _array(name))
    rows: list[list[float]] = []
    for number, words in rows_of_words(path):
        try:
            rows.append([float(word) for word in words])
        except ValueError:
            if number == 1:
                continue
            raise DataError(f"{name}, row {number}: expected numbers only, one for each neuron.") from None
        if len(rows[-1]) != len(rows[0]):
            raise DataError(f"{name}, row {number}: {len(rows[-1])} numbers; the rows before have {len(rows[0])}.")
    return _matrix(name, np.asarray(rows, np.float64))


def _array(name: str) -> Float[np.ndarray, "*shape"]:
    try:
        return np.asarray(np.load(name, allow_pickle=False), np.float64)
    except OSError as error:
        raise FileError(f"{name} cannot be read: {reason(error, reading=True)}.") from None
    except ValueError as error:
        raise FileError(f"{name} cannot be read: {error}.") from None


def _matrix(name: str, values: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "stimuli units"]:
    if values.ndim != 2 or not values.size:
        raise DataError(f"{name}: an array of shape {values.shape}; expected (stimuli, neurons).")
    if not np.isfinite(values).all():
        raise DataError(f"{name}, stimulus {np.argwhere(~np.isfinite(values))[0][0]}: a value is not finite.")
    return values
