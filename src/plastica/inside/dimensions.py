"""How many dimensions the activity of layers has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError
from ..memory.representations.representation import participation_ratio
from ..model import Model
from ..model.options import whole
from ..typing import Float
from .activities import MOST_ROWS, activities_of, spaced_rows
from .look import SAY, InsideView, model_with_layers

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

SHARE = 0.9  # of the variance


@dataclass(frozen=True, eq=False, repr=False)
class LayerDimensions(InsideView):
    """How many dimensions the activity of each layer uses.

    Attributes:
        layers: The input, and the path of each layer.
        widths: The numbers in the activity of each.
        participation: The participation ratio of each; NaN if the activity is the same for all rows.
        components: How many principal components have 90 % of the variance of each; 0 likewise.
        variances: The share of the variance of each principal component, by layer.
    """

    layers: tuple[str, ...]
    widths: tuple[int, ...]
    participation: Float[np.ndarray, "layers"]
    components: tuple[int, ...]
    variances: tuple[Float[np.ndarray, "components"], ...]

    def sentences(self) -> list[str]:
        known = np.nan_to_num(self.participation, nan=np.inf)
        least = int(known.argmin())
        told = {"layer": self.layers[least], "width": f"{self.widths[least]:,}"}
        return [SAY("dimensions_least", dimensions=f"{self.participation[least]:.3g}", **told)]

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each layer: layer, width, participation ratio, components for 90 % of the variance."""
        import polars as pl

        return pl.DataFrame(
            {
                "layer": list(self.layers),
                "width": list(self.widths),
                "dimensions": self.participation,
                "components": list(self.components),
            }
        )

    def drawing(self) -> Drawing:
        from .spectrum_picture import draw_dimensions

        return draw_dimensions(self)


def activity_dimensions(model: Model, x: object, *, rows: int = MOST_ROWS) -> LayerDimensions:
    """Return how many dimensions the activity of each layer uses.

    Use it to see where a network spreads its inputs and where it folds them together: trained classifiers often widen
    and then narrow to about as many dimensions as there are classes, less one.

        PR = (sum_i lambda_i)^2 / sum_i lambda_i^2

    with the eigenvalues lambda of the covariance of the activity. All numbers of a layer count, also those of steps and
    pixels; layers of more than 1,000 are projected at random, which hardly changes the ratio.

    Args:
        model: A plastica model.
        x: Rows, ``(rows, *shape)``; some hundred.
        rows: The largest number of rows, spaced evenly. The ratio cannot exceed it.

    Raises:
        ShapeError: If there are fewer than three rows.

    Reference:
        P. Gao, E. Trautmann, B. Yu, G. Santhanam, S. Ryu, K. Shenoy, S. Ganguli (2017), A theory of multineuronal
        dimensionality, dynamics and measurement. A. Ansuini, A. Laio, J. Macke, D. Zoccolan (2019), Intrinsic dimension
        of data representations in deep neural networks (the hunchback shape over layers).
    """
    given, most = model_with_layers("activity_dimensions", model), whole("rows", rows, 3)
    assert most is not None
    found = activities_of(given, spaced_rows(x, most), with_input=True)
    ratios, components, variances = [], [], []
    for activity in found.values():
        flat = activity.reshape(len(activity), -1).astype(np.float64)
        try:
            ratios.append(participation_ratio(flat))
        except DataError:  # a layer that answers all rows alike
            ratios.append(np.nan)
            components.append(0)
            variances.append(np.zeros(1))
            continue
        shares = np.linalg.svd(flat - flat.mean(0), compute_uv=False) ** 2
        shares /= shares.sum()
        components.append(int(np.searchsorted(shares.cumsum(), SHARE) + 1))
        variances.append(shares)
    widths = tuple(int(np.prod(each.shape[1:])) for each in found.values())
    return LayerDimensions(tuple(found), widths, np.array(ratios), tuple(components), tuple(variances))
