"""The learning curves of a comparison: one small panel per rule, all on the same scale."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING

from ..drawing import COLOURS, FAINT, INK, SOFT
from ..language import current
from .records import RuleRecord, middle
from .sheet import MARGIN, PAGE, SMALL, TEXT, Sheet, dress, letters, logarithmic
from .wording import SAY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WORST = 10.0  # times the target loss; a diverging rule would flatten the curves of all others
LEAST = 1e-12
COLUMNS, LEFT, GAP = 4, 0.42, 0.16
WIDTH = (PAGE - MARGIN - LEFT - GAP * (COLUMNS - 1)) / COLUMNS
HEIGHT, LINE, HEAD, FOOT = 0.72, 0.14, 0.2, 0.45  # inches: panel, line of a title, space above and below
REFERENCE = "backprop"
LOGARITHMIC = 3.0  # ratio of most to fewest epochs above which the axis is logarithmic


def curves_height(records: Sequence[RuleRecord]) -> float:
    """Return the height of the curves in inches."""
    return HEAD + sum(_title_height(row) + HEIGHT for row in _rows(records)) + FOOT if records else 0.0


def draw_curves(sheet: Sheet, top: float, records: Sequence[RuleRecord], target: float | None) -> None:
    """Draw the mean test loss after each epoch, one panel per rule, with the curve of backprop for reference.

    Args:
        sheet: The sheet to draw on.
        top: Position of the upper edge in inches.
        records: The trained rules, in the order of the panels.
        target: The target loss; None for none.
    """
    if not records:
        return
    losses = {record.name: [middle(values) for values in zip(*record.test_loss, strict=True)] for record in records}
    beside = REFERENCE if REFERENCE in losses else records[0].name
    _say(sheet, top, beside, target, len(records) > 1)
    low, high = _limits(list(losses.values()), target)
    counts = [record.epochs for record in records]
    top += HEAD
    for place, record in enumerate(records):
        row, column = divmod(place, COLUMNS)
        if column == 0:
            top += _title_height(_rows(records)[row]) + HEIGHT * bool(row)
        axes = sheet.axes(LEFT + column * (WIDTH + GAP), top, WIDTH, HEIGHT)
        axes.set(xlim=(1, max(*counts, 2)), ylim=(low, high))
        if target is not None:
            axes.axhline(target, color=SOFT, lw=0.8, ls=":")
        if record.name != beside:
            _line(axes, losses[beside], FAINT, 1.2)
        _line(axes, losses[record.name], COLOURS[0], 1.6)
        _mark_runaway(axes, losses[record.name], high)
        _scales(axes, counts, column == 0, place + COLUMNS >= len(records))
        axes.set_title(_wrapped(record.name), loc="left", fontsize=SMALL, color=INK, pad=3, linespacing=1.0)


def _say(sheet: Sheet, top: float, beside: str, target: float | None, several: bool) -> None:
    sheet.text(MARGIN, top, SAY("figure.curves"), TEXT + 0.5, bold=True)
    words = [SAY("figure.grey", rule=beside)] * several
    words += [SAY("figure.dotted", loss=f"{target or 0:.3g}")] * (target is not None)
    sheet.text(MARGIN + 3.75, top + 0.01, ("，" if current() == "zh" else ", ").join(words), SMALL)


def _limits(losses: Sequence[Sequence[float | None]], target: float | None) -> tuple[float, float]:
    known = [max(value, LEAST) for values in losses for value in values if value is not None] or [1.0]
    ends = [values[-1] for values in losses if values and values[-1] is not None]
    usual = target or median([end for end in ends if end is not None] or [1.0])
    low, high = min(known), min(max(known), WORST * max(usual, LEAST))
    return low / 1.15, max(high, low * 1.5) * 1.1


def _line(axes: Axes, values: Sequence[float | None], colour: str, width: float) -> None:
    numbers = [float("nan") if value is None else max(value, LEAST) for value in values]
    axes.plot(range(1, len(numbers) + 1), numbers, color=colour, lw=width, solid_capstyle="round")
    axes.plot(len(numbers), numbers[-1], "o", ms=3, color=colour, mew=0)


def _mark_runaway(axes: Axes, values: Sequence[float | None], high: float) -> None:
    """Mark a curve that leaves the panel or becomes NaN or infinite."""
    beyond = [(value, epoch) for epoch, value in enumerate(values, 1) if value is not None and value > high]
    lost = next((epoch for epoch, value in enumerate(values, 1) if value is None), None)
    words = [SAY("figure.up_to", value=f"{value:.2g}") for value, _ in sorted(beyond)[-1:]]
    words += [SAY("figure.not_finite_from", epoch=lost)] * (lost is not None)
    if beyond:
        axes.plot(beyond[0][1], high, "^", ms=4.5, color=COLOURS[1], mew=0, clip_on=False)
    if words:
        axes.text(0.97, 0.9, "\n".join(words), transform=axes.transAxes, ha="right", va="top", fontsize=SMALL,
                  color=COLOURS[1])  # fmt: skip


def _scales(axes: Axes, counts: Sequence[int], first: bool, lowest: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    logarithmic(axes, axes.yaxis, 4)
    if max(counts) > LOGARITHMIC * min(counts):
        logarithmic(axes, axes.xaxis)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True, prune="lower"))
    dress(axes, "both")
    axes.tick_params(labelleft=first, labelbottom=lowest, pad=2)
    if lowest:
        axes.set_xlabel(SAY("figure.epoch"), fontsize=SMALL, color=INK, labelpad=1)


def _wrapped(name: str) -> str:
    """Wrap a name that is wider than its panel at an underscore."""
    if letters(name, SMALL) <= WIDTH:
        return name
    most = int(WIDTH / letters("m", SMALL))
    end = name.rfind("_", 0, most) + 1 or most
    rest = name[end:]
    return f"{name[:end]}\n{rest if len(rest) <= most else rest[: most - 1] + '…'}"


def _rows(records: Sequence[RuleRecord]) -> list[Sequence[RuleRecord]]:
    return [records[place : place + COLUMNS] for place in range(0, len(records), COLUMNS)]


def _title_height(row: Sequence[RuleRecord]) -> float:
    lines = max(_wrapped(record.name).count("\n") for record in row) + 1
    return LINE * lines + 0.1
