"""The picture of attention: a grid for each head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..drawing import INK, drawable_language, own_style
from ..language import Texts, using

if TYPE_CHECKING:
    from ..drawing.figure import Drawing
    from .attention import AttentionMaps

SAY = Texts("explain")
PANEL = 2.2  # inches


def draw_attention(found: AttentionMaps, row: int, most: int) -> Drawing:
    """Draw the attention weights of one row; see ``AttentionMaps.plot``."""
    from ..drawing.figure import Drawing

    weights = found.weights[row][:most]
    with own_style(), using(drawable_language()):
        drawing = Drawing(PANEL * len(weights) + 0.9, PANEL + 0.6, layout="constrained")
        limit = float(weights.max()) or 1.0
        for head, each in enumerate(weights):
            axes = drawing.add_subplot(1, len(weights), head + 1)
            seen = axes.imshow(each, cmap="Blues", vmin=0, vmax=limit, aspect="auto")
            axes.set_title(SAY("attention_head", head=head), loc="left", fontsize=10, color=INK)
            axes.set_xlabel(SAY("attention_read"), fontsize=9, color=INK)
            if head == 0:
                axes.set_ylabel(SAY("attention_reading"), fontsize=9, color=INK)
            axes.tick_params(labelsize=8, colors=INK, length=0)
            if head == len(weights) - 1:
                drawing.colorbar(seen, ax=axes, shrink=0.8)
        return drawing
