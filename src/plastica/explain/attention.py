"""Attention maps: which steps a step of a series or a text reads from, by layer and head."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..drawing.pictured import PicturedResult
from ..errors import InvalidValue, UnknownName
from ..language import Texts
from ..model import Model
from ..notes import note
from ..typing import Float

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

SAY = Texts("explain")
DETAIL = "attention weights"
MOST_SHOWN = 10  # steps


@dataclass(frozen=True, eq=False, repr=False)
class AttentionMaps(PicturedResult):
    """Which steps each step reads from.

    Attributes:
        weights: ``(rows, heads, steps, other steps)``; those of a step add up to 1.
        layer: The path of the layer.
    """

    weights: Float[np.ndarray, "rows heads steps others"]
    layer: str

    @property
    def received(self) -> Float[np.ndarray, "rows others"]:
        """The mean weight that each step receives, over heads and reading steps: where the layer looks."""
        return self.weights.mean((1, 2))

    @property
    def entropy(self) -> Float[np.ndarray, "rows heads steps"]:
        """The entropy of the weights in bits: 0 if a step reads from one other, log2 n if from all n alike."""
        known = np.where(self.weights > 0, self.weights, 1)
        return np.maximum(-(known * np.log2(known)).sum(-1), 0)

    def sentences(self) -> list[str]:
        """Return what it shows, in the current language."""
        rows, heads, steps, others = self.weights.shape
        size = {"rows": f"{rows:,}", "heads": heads, "steps": steps, "others": others}
        bits = {"entropy": f"{self.entropy.mean():.2f}", "most": f"{np.log2(others):.2f}"}
        return [SAY("attention", layer=self.layer, **size, **bits)]

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each row of the input and step that is read: row, step, received (its mean weight)."""
        import polars as pl

        rows, steps = np.indices(self.received.shape).reshape(2, -1)
        return pl.DataFrame({"row": rows, "step": steps, "received": self.received.ravel().astype(float)})

    def summary(self) -> pl.DataFrame:
        """Return the steps that are read most: their mean weight over all rows."""
        mean = self.to_frame().group_by("step", maintain_order=True).mean().select("step", "received")
        return mean.sort("received", descending=True, maintain_order=True).head(MOST_SHOWN)

    def plot(self, path: str | os.PathLike[str] | None = None, *, row: int = 0, heads: int = 4) -> Drawing:
        """Draw the weights of one row: a grid for each head, a row of it for each reading step.

        Args:
            path: Where to write the figure (``.svg``, ``.png``, ``.pdf``). None only returns it.
            row: Which row.
            heads: The largest number of heads.

        Raises:
            InvalidValue: If there is no such row.
        """
        from .attention_pictures import draw_attention

        if not 0 <= row < len(self.weights):
            raise InvalidValue(note("explain.plot_row", row=str(row), last=str(len(self.weights) - 1)))
        return draw_attention(self, row, max(1, heads)).save(path)


def attention_maps(model: object, x: object, *, layer: int | str | None = None) -> AttentionMaps:
    """Return the attention weights of a layer for each row.

    Use it to see which steps of a series a network with attention reads. Weights say what was read, not what mattered:
    a step may be read and change nothing; compare with :func:`occlusion` of the steps. The gates of
    recurrent layers are in ``model.plot_gates(x)``.

    Args:
        model: A plastica model.
        x: Rows, ``(rows, steps, features)`` or codes ``(rows, steps)``.
        layer: The number or the path of the layer, as in ``model.trace(x)``. Default: the last with attention.

    Raises:
        InvalidValue: If the model is not plastica's, or no layer shows attention weights.
        UnknownName: If there is no such layer, or it shows none.

    Reference:
        A. Vaswani et al. (2017), Attention is all you need, equation 1. S. Jain, B. Wallace (2019), Attention is not
        explanation.
    """
    if not isinstance(model, Model):
        raise InvalidValue(note("explain.attention_model", kind=type(model).__name__))
    found = {place: each for place, each in enumerate(model.trace(x)) if DETAIL in each.details}
    known = ", ".join(each.path for each in found.values())
    if not found:
        raise InvalidValue(note("explain.attention_none"))
    if layer is None:
        chosen = list(found.values())[-1]
    else:
        same = [each for place, each in found.items() if layer in (place, each.path, each.path.rpartition(", ")[2])]
        if not same:
            raise UnknownName(note("explain.attention_layer", layer=repr(layer), known=str(known)))
        chosen = same[0]
    weights = np.asarray(chosen.details[DETAIL], np.float64)
    return AttentionMaps(weights if weights.ndim == 4 else weights[:, None], chosen.path)
