"""The scales of series and covariates, learned from the training span alone."""

from __future__ import annotations

import msgspec
import numpy as np

from ..errors import DataError
from ..typing import Float
from .imputation import best_lag
from .panel import Panel


class Scales(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mean and the standard deviation of each series, and how its holes are filled.

    Args:
        means, deviations: Of each target of each series, series by series.
        lags: The lag that fills the holes of each, as of :func:`~.imputation.filled`.
        covariate_means, covariate_deviations: Of each covariate, over all series.
    """

    means: tuple[float, ...]
    deviations: tuple[float, ...]
    lags: tuple[int, ...]
    covariate_means: tuple[float, ...]
    covariate_deviations: tuple[float, ...]

    def __post_init__(self) -> None:
        """Check the fields, since a file may be damaged or from elsewhere."""
        scales = (*self.deviations, *self.covariate_deviations)
        sizes = {len(self.means), len(self.deviations), len(self.lags)}
        if len(sizes) > 1 or len(self.covariate_means) != len(self.covariate_deviations):
            raise ValueError("a mean without a standard deviation")
        if not all(np.isfinite(each) and each > 0 for each in scales) or not all(lag > 0 for lag in self.lags):
            raise ValueError("standard deviations and lags must be above 0")


def learn_scales(panel: Panel) -> Scales:
    """Return the scales of a panel that ends with the training span; each series has a value.

    Raises:
        DataError: If all series are constant.
    """
    targets = len(panel.roles.targets)
    channels = [
        (f"{panel.names[number]} {panel.roles.targets[place]}".strip(), panel.values[span, place])
        for number, span in panel.spans()
        for place in range(targets)
    ]
    if all(np.nanstd(values) == 0 for _, values in channels):
        name, values = channels[0]
        value = values[np.isfinite(values)][0]
        raise DataError(f"the series {name!r} is {value:g} throughout the training span: there is nothing to learn.")
    rest = panel.values[:, targets:]
    return Scales(
        tuple(float(np.nanmean(values)) for _, values in channels),
        tuple(_deviation(values) for _, values in channels),
        tuple(best_lag(values, panel.frequency.seasons) for _, values in channels),
        tuple(0.0 if np.isnan(column).all() else float(np.nanmean(column)) for column in rest.T),
        tuple(_deviation(column) for column in rest.T),
    )


def _deviation(values: Float[np.ndarray, " time"]) -> float:
    found = float(np.nanstd(values)) if np.isfinite(values).any() else 0.0
    return found if found > 1e-12 * abs(float(np.nanmean(values)) if found else 0.0) and found > 0 else 1.0
