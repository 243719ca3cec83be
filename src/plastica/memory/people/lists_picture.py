"""Pictures of spans, of two lists and of new facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...drawing import COLOURS, INK, MORE_COLOURS, PALE, drawable_language, own_style
from ...language import Texts, using
from .human_curves import MILLER_RANGE, human_curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ...drawing.figure import Drawing
    from .complementary import NewFacts
    from .interference import Interference
    from .spans import DigitSpan

SAY = Texts("people")
WIDTH, HEIGHT = 5.2, 3.4  # inches


def draw_spans(found: DigitSpan) -> Drawing:
    """Draw the fraction of right lists by length; see ``DigitSpan.plot``."""
    from ...drawing.figure import Drawing

    palette = COLOURS + MORE_COLOURS
    with own_style(), using(drawable_language()):
        drawing = Drawing(WIDTH, HEIGHT, layout="constrained")
        axes = drawing.subplots()
        axes.axvspan(*MILLER_RANGE, color=PALE, lw=0, label=SAY("people"))
        for place, own in enumerate(found.table.partition_by("layer", "units", maintain_order=True)):
            name = SAY("layer_units", who=own["layer"][0], units=own["units"][0])
            axes.plot(own["length"], own["correct"], ".-", color=palette[place % len(palette)], lw=1.2, label=name)
        axes.axhline(0.5, color=INK, lw=0.6, ls=":")
        _finish(axes, SAY("list_length"), SAY("lists_right"), 1.02)
    return drawing


def draw_interference(found: Interference) -> Drawing:
    """Draw both lists by trials on the second; see ``Interference.plot``."""
    from ...drawing.figure import Drawing

    people = human_curve("first_list_after_second")
    with own_style(), using(drawable_language()):
        drawing = Drawing(WIDTH, HEIGHT, layout="constrained")
        axes = drawing.subplots()
        for place, name in enumerate(("first", "second", "second_alone")):
            style = ":" if name == "second_alone" else "-"
            colour = COLOURS[1 - min(place, 1)]
            axes.plot(found.table["trial"], found.table[name], style, color=colour, label=SAY(f"list_{name}"))
        axes.plot(people.x, people.y, "o", color=INK, label=SAY("people_first"))
        _finish(axes, SAY("trials_second"), SAY("right"), 1.05)
    return drawing


def draw_new_facts(found: NewFacts) -> Drawing:
    """Draw errors by presentations of the new facts; see ``NewFacts.plot``."""
    from ...drawing.figure import Drawing

    with own_style(), using(drawable_language()):
        drawing = Drawing(WIDTH, HEIGHT, layout="constrained")
        axes = drawing.subplots()
        for training, colour in (("focused", COLOURS[1]), ("interleaved", COLOURS[0])):
            own = found.table.filter(training=training)
            axes.plot(own["epoch"], own["known"], color=colour, label=SAY(f"known_{training}"))
            axes.plot(own["epoch"], own["new"], ":", color=colour, label=SAY(f"new_{training}"))
        _finish(axes, SAY("presentations"), SAY("mean_error"), None)
    return drawing


def _finish(axes: Axes, below: str, beside: str, top: float | None) -> None:
    axes.set(xlabel=below, ylabel=beside)
    axes.set_ylim(0, top)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False)
