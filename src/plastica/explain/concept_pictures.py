"""The picture of concepts: their scores beside those of random ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..drawing import FAINT, INK, PALE, POSITIVE, SOFT, drawable_language, own_style
from ..language import Texts, using
from .picture import cut

if TYPE_CHECKING:
    from ..drawing.figure import Drawing
    from .concepts import ConceptScores

SAY = Texts("explain")
WIDTH, ROW, AROUND = 5.6, 0.3, 1.1  # inches


def draw_concepts(found: ConceptScores) -> Drawing:
    """Draw the scores of concepts; see ``ConceptScores.plot``."""
    from ..drawing.figure import Drawing

    pairs = [(place, number) for place in range(len(found.concepts)) for number in range(len(found.output_names))]
    with own_style(), using(drawable_language()):
        drawing = Drawing(WIDTH, AROUND + ROW * len(pairs), layout="constrained")
        axes = drawing.add_subplot(1, 1, 1)
        for at, (place, number) in enumerate(pairs):
            scores, chance = found.scores[place, number], found.random_scores[number]
            significant = found.is_significant[place, number]
            axes.barh(at - 0.12, scores.mean(), 0.44, color=POSITIVE if significant else FAINT)
            for own, height, colour in ((scores, at - 0.12, INK), (chance, at + 0.24, SOFT)):
                ends = np.clip(own.mean() + np.array([-1, 1]) * own.std(ddof=1), 0, 1)
                axes.plot(ends, [height, height], color=colour, lw=1.2, solid_capstyle="butt")
            axes.plot(chance.mean(), at + 0.24, "o", color=SOFT, ms=3.5)
        one = len(found.output_names) == 1
        names = [
            cut(found.concepts[place] if one else f"{found.concepts[place]}: {found.output_names[number]}")
            for place, number in pairs
        ]
        axes.set_yticks(np.arange(len(pairs)), names)
        axes.set_ylim(len(pairs) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.set_xlabel(SAY("concepts"), fontsize=9, color=INK)
        axes.set_title(SAY("concept_layer", layer=found.layer), loc="left", fontsize=10, color=INK)
        axes.tick_params(labelsize=8, colors=INK, length=0)
        axes.grid(axis="x", color=PALE, linewidth=0.7)
        axes.set_axisbelow(True)
        for spine in axes.spines.values():
            spine.set_visible(False)
        return drawing
