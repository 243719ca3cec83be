"""The picture of a comparison: curves, seeds, angles, seconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..drawing import own_style
from .records import Record, middle

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

    from ..drawing.figure import Drawing
    from .result import Comparison

# M. Okabe, K. Ito (2008), Color universal design: told apart by every kind of colour vision. Beyond seven rules the
# colours come again with other lines.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#222222")
LINES: tuple[Any, ...] = ("-", (0, (4, 1.5)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)))
INK, PALE = "#333333", "#DDDDDD"
MOST_ANGLES = 4  # layers with a colour of their own
WORST = 10  # times the loss to reach: a rule that runs away would flatten all others


def draw(found: Comparison) -> Drawing:
    """Return a figure of four panels, the rules in the order of their held-out figures."""
    from ..drawing.figure import Drawing

    records = [record for record in found.ranked if not record.reason and record.epochs]
    height = 3.1 + 0.19 * len(records)
    with own_style():
        figure = Drawing(10, 2 + height, layout="constrained")
        (curves, seeds), (angles, seconds) = figure.subplots(2, 2, height_ratios=(2.6, max(1.6, 0.19 * len(records))))
        styles = {
            record.name: (COLOURS[place % len(COLOURS)], LINES[place // len(COLOURS) % len(LINES)])
            for place, record in enumerate(records)
        }
        _curves(curves, found, records, styles)
        _seeds(seeds, records, styles, int(found.task["held_out"]))
        _angles(angles, records)
        _seconds(seconds, records, styles)
    return figure


def _curves(axes: Axes, found: Comparison, records: Sequence[Record], styles: dict[str, Any]) -> None:
    from matplotlib.ticker import MaxNLocator

    lowest = 1e-12
    for record in records:
        colour, line = styles[record.name]
        means = [middle(values) for values in zip(*record.test_loss, strict=True)]
        numbers = [float("nan") if value is None else max(value, lowest) for value in means]
        marker = "o" if len(numbers) <= 15 else None
        axes.plot(range(1, len(numbers) + 1), numbers, color=colour, ls=line, lw=1.4, marker=marker, ms=2.5)
    if found.target is not None:
        axes.axhline(found.target, color="#888888", lw=0.8, ls=":")
        where = ("axes fraction", "data")
        axes.annotate(
            "the loss to reach", (1, found.target), (0, 2), where, "offset points", fontsize=6.5, color=INK, ha="right"
        )
    if records:
        _logarithmic(axes, axes.yaxis)
        if found.target is not None:
            axes.set_ylim(top=min(axes.get_ylim()[1], WORST * found.target))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    _dress(axes, "held-out loss, mean over the seeds", "epoch")
    axes.grid(axis="y", color=PALE, lw=0.6)


def _seeds(axes: Axes, records: Sequence[Record], styles: dict[str, Any], held_out: int) -> None:
    """Draw errors of classes on a logarithmic axis, on which one in a hundred is not two; none are half an error."""
    classes = bool(records) and records[0].figure == "accuracy"
    for place, record in enumerate(records):
        colour, line = styles[record.name]
        found = [value for value in record.test if value is not None]
        values = [100 * max(1 - value, 0.5 / held_out) if classes else value for value in found]
        # The label carries the line that the curves have, as a legend would.
        axes.plot([-0.05, -0.01], [place, place], color=colour, ls=line, lw=1.4, clip_on=False,
                  transform=axes.get_yaxis_transform())  # fmt: skip
        if not values:
            continue
        axes.plot(values, [place] * len(values), "o", ms=4, color=colour, alpha=0.6, mew=0)
        mean = sum(values) / len(values)
        axes.plot([mean, mean], [place - 0.3, place + 0.3], color=colour, lw=1.6)
    if classes:
        _logarithmic(axes, axes.xaxis)
    _rules(axes, records, pad=22)
    _dress(axes, "each seed, and the mean", "held-out errors, %" if classes else "held-out R2")


def _angles(axes: Axes, records: Sequence[Record]) -> None:
    shown: dict[str, str] = {}
    for place, record in enumerate(records):
        after, before = record.angles_end or [], record.angles_begin or []
        for layer, angles in enumerate(zip(before, after, strict=False)):
            last = layer == len(after) - 1
            if layer >= MOST_ANGLES and not last:
                continue
            colour = INK if last else COLOURS[layer]
            shown["last layer" if last else f"layer {layer + 1}"] = colour
            height = place + 0.22 * (layer - (len(after) - 1) / 2)  # apart, where all are at 0 degrees
            for angle, fill in zip(angles, ("white", colour), strict=True):
                if angle is not None:
                    axes.plot(angle, height, "o", ms=3.6, mfc=fill, mec=colour, mew=0.8)
    axes.axvline(90, color="#888888", lw=0.8, ls=":")
    for word in sorted(shown, key=lambda word: (word == "last layer", word)):
        axes.plot([], [], "o", ms=4, color=shown[word], label=word)
    if shown:
        axes.plot([], [], "o", ms=4, mfc="white", mec=INK, label="before training")
        _legend(axes, len(shown) + 1)
    axes.set_xlim(-3, max(95, axes.get_xlim()[1]))
    _rules(axes, records)
    _dress(axes, "", "degrees between the rule's direction and the gradient")


def _seconds(axes: Axes, records: Sequence[Record], styles: dict[str, Any]) -> None:
    for place, record in enumerate(records):
        colour = styles[record.name][0]
        axes.plot(record.epoch_seconds, place, "|", ms=7, mew=1.6, color=colour)
        reached = middle(record.seconds_to_target)
        if reached is not None:
            axes.plot(reached, place, "o", ms=4, color=colour, mew=0)
    axes.plot([], [], "|", ms=7, mew=1.6, color=INK, label="an epoch")
    axes.plot([], [], "o", ms=4, mew=0, color=INK, label="to the loss")
    _legend(axes, 2)
    if records:
        _logarithmic(axes, axes.xaxis)
    _rules(axes, records)
    _dress(axes, "", "seconds of one network, without compiling")


def _legend(axes: Axes, columns: int) -> None:
    axes.legend(frameon=False, fontsize=6.5, ncols=columns, loc="lower left", bbox_to_anchor=(0, 1.0), borderpad=0)


def _logarithmic(axes: Axes, axis: Axis) -> None:
    from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

    (axes.set_yscale if axis is axes.yaxis else axes.set_xscale)("log")
    low, high = axis.get_data_interval()
    steps = (1.0, 2.0, 5.0) if high / max(low, 1e-12) < 100 else (1.0,)
    axis.set_major_locator(LogLocator(subs=steps, numticks=12))
    axis.set_major_formatter(FormatStrFormatter("%g"))
    axis.set_minor_formatter(NullFormatter())


def _rules(axes: Axes, records: Sequence[Record], pad: float = 4) -> None:
    axes.set_yticks(range(len(records)), [record.name for record in records], fontsize=7)
    axes.tick_params(axis="y", pad=pad)
    axes.set_ylim(len(records) - 0.4, -0.6)
    axes.grid(axis="x", color=PALE, lw=0.6)


def _dress(axes: Axes, title: str, label: str) -> None:
    axes.set_title(title, loc="left", fontsize=9, color=INK)
    axes.set_xlabel(label, fontsize=8, color=INK)
    axes.tick_params(colors=INK, length=0, which="both")
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(PALE)
