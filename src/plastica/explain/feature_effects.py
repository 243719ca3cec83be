"""The effect of one feature on the answers, over all rows."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..drawing.pictured import PicturedResult
from ..errors import InvalidValue
from ..language import Texts
from ..notes import note
from ..typing import Float

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

SAY = Texts("explain")
MOST_TOLD = 3  # outputs with a sentence of their own
EffectMethod = Literal["partial dependence", "accumulated local effects"]


@dataclass(frozen=True, eq=False, repr=False)
class FeatureEffect(PicturedResult):
    """How the answers depend on one feature.

    Attributes:
        feature: Its name.
        grid: Values of the feature, ``(points,)``; of a date in seconds since 1970, of a category 0, 1, 2 ...
        mean: The effect at each: the mean answer for partial dependence, the accumulated change of the answer, around a
            mean of 0, for accumulated local effects; ``(points, outputs)``.
        error: Its standard error due to the number of rows, ``(points, outputs)``.
        curves: The answer for each row, ``(rows, points, outputs)``; None for accumulated local effects.
        output_names: The name of each output.
        method: "partial dependence" or "accumulated local effects".
        labels: The values as they are written, for dates and categories; none for numbers.
        is_category: Whether the values have no order, so that no line connects them.
    """

    feature: str
    grid: Float[np.ndarray, "points"]
    mean: Float[np.ndarray, "points outputs"]
    error: Float[np.ndarray, "points outputs"]
    curves: Float[np.ndarray, "rows points outputs"] | None
    output_names: tuple[str, ...]
    method: EffectMethod
    labels: tuple[str, ...] = ()
    is_category: bool = False

    @property
    def heterogeneity(self) -> Float[np.ndarray, "outputs"] | None:
        """The standard deviation over rows of the curves, each around its mean, averaged over the grid.

        Near 0, all rows depend on the feature alike; large values are interactions, which the mean hides. None for
        accumulated local effects.
        """
        if self.curves is None:
            return None
        return (self.curves - self.curves.mean(1, keepdims=True)).std(0).mean(0)

    def sentences(self) -> list[str]:
        """Return what it shows, in the current language: of the outputs with the largest effect."""
        key = "effect_mean" if self.curves is not None else "effect_local"
        told: list[str] = []
        for place in np.argsort(-np.ptp(self.mean, 0), kind="stable")[:MOST_TOLD].tolist():
            low, high = int(self.mean[:, place].argmin()), int(self.mean[:, place].argmax())
            ends = {"low": f"{self.mean[low, place]:.4g}", "high": f"{self.mean[high, place]:.4g}"}
            where = {"at_low": self.value(low), "at_high": self.value(high)}
            told.append(SAY(key, output=self.output_names[place], feature=self.feature, **ends, **where))
        return told

    def value(self, place: int) -> str:
        """Return a value of the grid as text."""
        return self.labels[place] if self.labels else f"{self.grid[place]:.4g}"

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each output and point: output, value of the feature, effect, error (its standard error)."""
        import polars as pl

        points, outputs = self.mean.shape
        values = list(self.labels) if self.labels else self.grid.tolist()
        return pl.DataFrame(
            {
                "output": np.repeat(self.output_names, points).tolist(),
                "value": values * outputs,
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
            raise InvalidValue(note("explain.plot_output", output=str(output), last=str(len(self.output_names) - 1)))
        return draw_effect(self, output, most, centered).save(path)
