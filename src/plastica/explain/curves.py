"""How answers depend on one feature over all rows: partial dependence, individual curves, accumulated local effects."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

import numpy as np
from numpy.typing import ArrayLike

from ..drawing.pictured import PicturedResult
from ..errors import DataError, InvalidValue, ShapeError
from ..model.options import whole
from ..typing import Float
from .explained import WITHOUT, Explained, ExplainOptions, explained
from .named_places import place_of

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

EDGES = (0.01, 0.99)  # quantiles; the most extreme values are not representative


@dataclass(frozen=True, eq=False, repr=False)
class FeatureEffect(PicturedResult):
    """How the answers depend on one feature.

    Attributes:
        feature: Its name.
        grid: Values of the feature, ``(points,)``.
        mean: The effect at each: the mean answer for partial dependence, the accumulated change of the answer, around a
            mean of 0, for accumulated local effects; ``(points, outputs)``.
        error: Its standard error due to the number of rows, ``(points, outputs)``.
        curves: The answer for each row, ``(rows, points, outputs)``; None for accumulated local effects.
        output_names: The name of each output.
        method: "partial dependence" or "accumulated local effects".
    """

    feature: str
    grid: Float[np.ndarray, "points"]
    mean: Float[np.ndarray, "points outputs"]
    error: Float[np.ndarray, "points outputs"]
    curves: Float[np.ndarray, "rows points outputs"] | None
    output_names: tuple[str, ...]
    method: str

    def sentences(self) -> list[str]:
        """Return what it shows, in the current language."""
        rise = np.ptp(self.mean, 0)
        told = ", ".join(f"{name} {each:.4g}" for name, each in zip(self.output_names, rise, strict=True))
        return [f"{self.method} of {self.feature} from {self.grid[0]:.4g} to {self.grid[-1]:.4g}; range: {told}"]

    @property
    def heterogeneity(self) -> Float[np.ndarray, "outputs"] | None:
        """The standard deviation over rows of the curves, each around its mean, averaged over the grid.

        Near 0, all rows depend on the feature alike; large values are interactions, which the mean hides. None for
        accumulated local effects.
        """
        if self.curves is None:
            return None
        return (self.curves - self.curves.mean(1, keepdims=True)).std(0).mean(0)

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each output and point: output, value of the feature, effect, standard error."""
        import polars as pl

        points, outputs = self.mean.shape
        return pl.DataFrame(
            {
                "output": np.repeat(self.output_names, points).tolist(),
                self.feature: np.tile(self.grid, outputs),
                "effect": self.mean.T.ravel(),
                "error": self.error.T.ravel(),
            }
        )

    def plot(
        self, path: str | os.PathLike[str] | None = None, *, output: int = 0, most: int = 50, centered: bool = False
    ) -> Drawing:
        """Draw the effect with a band of two standard errors, and the curves of some rows.

        Args:
            path: Where to write the figure (``.svg``, ``.png``, ``.pdf``). None only returns it.
            output: The number of the output.
            most: The largest number of curves.
            centered: Whether all curves begin at 0, which shows how they differ in shape.
        """
        from .effect_pictures import draw_effect

        if not 0 <= output < len(self.output_names):
            raise InvalidValue(f"plot: output={output}; there are outputs 0 to {len(self.output_names) - 1}.")
        return draw_effect(self, output, most, centered).save(path)


def partial_dependence(
    model: object,
    x: object,
    feature: int | str,
    *,
    grid: int | ArrayLike = 30,
    **options: Unpack[ExplainOptions],
) -> FeatureEffect:
    """Set a feature to each of several values in all rows, and return the mean answer and that of each row.

    Use it where features are not strongly correlated; otherwise rows are made that do not occur, and
    :func:`accumulated_local_effects` is safer. The curves of single rows (individual conditional expectation) show
    whether the mean hides rows that depend on the feature in opposite ways.

        PD(z) = 1/n sum_i f(x_i with feature = z)

    Args:
        model: A plastica model, an estimator with ``predict_proba`` or ``predict``, or a function from rows to answers.
        x: Rows, ``(rows, features)``, or a data frame of numbers: some hundred of the training rows.
        feature: Its number or name.
        grid: Values of the feature, or how many quantiles from 1 % to 99 % of it.
        options: See :class:`ExplainOptions`; groups are not used.

    Raises:
        UnknownName: If there is no such feature.
        DataError: If the feature is constant or not a number.

    Example:
        >>> import numpy as np, plastica as pl
        >>> found = pl.explain.partial_dependence(lambda x: 2 * x[:, 0] + x[:, 1], np.eye(2), 0, grid=[0.0, 1.0])
        >>> found.mean[:, 0].tolist()
        [0.5, 2.5]

    Reference:
        J. Friedman (2001), Greedy function approximation, section 8.2. A. Goldstein, A. Kapelner, J. Bleich, E. Pitkin
        (2015), Peeking inside the black box: individual conditional expectation.
    """
    asked, place, name = _asked("partial_dependence", model, x, feature, options)
    values = _numbers(asked, place, name)
    at = _grid(values, grid, name)
    found = np.stack([_with(asked, place, np.full(len(asked.x), each)) for each in at], 1)
    error = found.std(0, ddof=1) / np.sqrt(len(found)) if len(found) > 1 else np.zeros(found.shape[1:])
    return FeatureEffect(name, at, found.mean(0), error, found, asked.output_names, "partial dependence")


def accumulated_local_effects(
    model: object, x: object, feature: int | str, *, bins: int = 20, **options: Unpack[ExplainOptions]
) -> FeatureEffect:
    """Accumulate the mean change of the answer while a feature moves within a small bin, over the bins.

    Use it for correlated features: each row is moved only to the ends of its own bin, so that no rows are made that do
    not occur, and the effect of other features is not mixed in.

        ALE(z_K) = sum_{k <= K} 1/n_k sum_{i in bin k} (f(z_k, rest_i) - f(z_{k-1}, rest_i)) - constant

    Args:
        model, x, feature: As for :func:`partial_dependence`.
        bins: The largest number of bins, each with about as many rows.
        options: See :class:`ExplainOptions`; groups are not used.

    Returns:
        The effects at the edges of the bins; their mean over the rows is 0.

    Raises:
        UnknownName: If there is no such feature.
        DataError: If the feature is constant or not a number.

    Example:
        >>> import numpy as np, plastica as pl
        >>> x = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
        >>> found = pl.explain.accumulated_local_effects(lambda x: 3 * x[:, 0] + x[:, 1], x, 0)
        >>> np.diff(found.mean[:, 0]) / np.diff(found.grid)
        array([3., 3.])

    Reference:
        D. Apley, J. Zhu (2020), Visualizing the effects of predictor variables in black box supervised learning models,
        equations 15 and 16.
    """
    count = whole("bins", bins, 1)
    assert count is not None
    asked, place, name = _asked("accumulated_local_effects", model, x, feature, options)
    values = _numbers(asked, place, name)
    edges = np.unique(np.quantile(values, np.linspace(0, 1, count + 1), method="inverted_cdf"))
    own = np.clip(np.searchsorted(edges, values, side="left"), 1, len(edges) - 1)
    change = _with(asked, place, edges[own]) - _with(asked, place, edges[own - 1])
    rows = np.bincount(own, minlength=len(edges))[1:]
    mean = np.stack([change[own == k].mean(0) for k in range(1, len(edges))])
    spread = np.stack([change[own == k].var(0) / max(1, (own == k).sum() - 1) for k in range(1, len(edges))])
    effect = np.concatenate([np.zeros((1, mean.shape[1])), mean.cumsum(0)])
    # Each bin counts by its rows, with the mean of its two ends.
    centre = ((effect[1:] + effect[:-1]) / 2 * rows[:, None]).sum(0) / rows.sum()
    error = np.sqrt(np.concatenate([np.zeros((1, mean.shape[1])), spread.cumsum(0)]))
    return FeatureEffect(name, edges, effect - centre, error, None, asked.output_names, "accumulated local effects")


def _asked(
    method: str, model: object, x: object, feature: int | str, options: ExplainOptions
) -> tuple[Explained, int, str]:
    """Return what is asked, and the number and name of the feature."""
    asked = explained(method, model, x, WITHOUT, {**options, "groups": None})
    if asked.x.ndim != 2:
        raise ShapeError(f"{method}: x has shape {asked.x.shape}; expected (rows, features).")
    place = place_of(method, "feature", feature, asked.names)
    return asked, place, asked.names[place]


def _numbers(asked: Explained, place: int, name: str) -> Float[np.ndarray, "rows"]:
    try:
        values = asked.x[:, place].astype(np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{name!r} contains {asked.x[0, place]!r}; curves are for columns of numbers.") from None
    if np.ptp(values) == 0:
        raise DataError(f"{name!r} is {values[0]:.4g} in all {len(values)} rows; a constant feature has no curve.")
    return values


def _grid(values: Float[np.ndarray, "rows"], grid: int | ArrayLike, name: str) -> Float[np.ndarray, "points"]:
    if isinstance(grid, int | np.integer):
        if grid < 2:
            raise InvalidValue(f"partial_dependence: grid={grid}; expected at least 2 points, or values.")
        return np.unique(np.quantile(values, np.linspace(*EDGES, int(grid)), method="nearest"))
    found = np.asarray(grid, np.float64)
    if found.ndim != 1 or not len(found) or not np.isfinite(found).all():
        raise InvalidValue(f"partial_dependence: grid={grid!r}; expected numbers of {name!r}.")
    return found


def _with(asked: Explained, place: int, values: Float[np.ndarray, "rows"]) -> Float[np.ndarray, "rows outputs"]:
    """Return the answers if a feature has other values."""
    made = asked.x.copy()
    made[:, place] = values
    return asked.function(made)[:, asked.outputs]
