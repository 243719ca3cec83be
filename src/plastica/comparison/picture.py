"""The figure of a comparison: a row and a learning curve for each rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..drawing import COLOURS, INK, SOFT, drawable_language, own_style
from ..language import using
from .curves import curves_height, draw_curves
from .records import RuleRecord, middle
from .sheet import MARGIN, PAGE, SMALL, TEXT, Sheet, letters, logarithmic
from .wording import SAY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..drawing.figure import Drawing

ROW, HEAD, FOOT = 0.2, 0.5, 0.45  # inches: height of a row, space above and below the rows
NUMBERS, BETWEEN = 0.46, 0.2  # inches: width of the column of means, space between panels
SHARES = (0.3, 0.4, 0.3)  # widths of the three panels
LONGEST = 36  # characters of a name
MOST_ANGLES = 4  # layers with their own colour
LEAST_R2 = -0.5  # a diverging rule has a far lower R2, which would compress the scale for all others
BAND = "#F4F4F4"


def draw(records: Sequence[RuleRecord], held_out: int, target: float | None) -> Drawing:
    """Return a figure of page width: results, angles, times and the learning curve of each rule.

    Texts are in the current language, or in English if no installed font has its characters.

    Args:
        records: The rules, best first.
        held_out: The number of rows in the test set.
        target: The test result that the curves mark; None marks none.
    """
    trained = [record for record in records if not record.reason and record.epochs]
    rows = ROW * len(records)
    with using(drawable_language()), own_style():
        sheet = Sheet(HEAD + rows + FOOT + curves_height(trained))
        left = MARGIN + max((letters(_shortened(record.name), TEXT) for record in records), default=0.0) + 0.08
        room = PAGE - 2 * MARGIN - left - NUMBERS - 2 * BETWEEN
        widths = [share * room for share in SHARES]
        figures = sheet.axes(left, HEAD, widths[0], rows)
        left += widths[0] + NUMBERS + BETWEEN
        angles = sheet.axes(left, HEAD, widths[1], rows)
        seconds = sheet.axes(left + widths[1] + BETWEEN, HEAD, widths[2], rows)
        for place in range(1, len(records), 2):
            sheet.band(HEAD + ROW * place, ROW, BAND)
        _figures(figures, records, held_out)
        _angles(angles, records)
        _seconds(seconds, records)
        figures.set_yticks(range(len(records)), [_shortened(record.name) for record in records], fontsize=TEXT)
        for label, record in zip(figures.get_yticklabels(), records, strict=True):
            label.set_color(SOFT if record.reason or record.unranked else INK)
        draw_curves(sheet, HEAD + rows + FOOT, trained, target)
    return sheet.figure


def _figures(axes: Axes, records: Sequence[RuleRecord], test_rows: int) -> None:
    """Draw the test results: error rates on a logarithmic axis (0 is drawn as half an error), R2 on a linear one."""
    classes = bool(records) and records[0].figure == "accuracy"
    for place, record in enumerate(records):
        figures = [value for value in record.test if value is not None]
        values = [100 * max(1 - value, 0.5 / test_rows) if classes else value for value in figures]
        if not values:
            key, colour = ("not_trained", SOFT) if record.reason else ("not_finite", COLOURS[1])
            axes.text(
                0.02,
                place,
                SAY(f"figure.{key}"),
                transform=axes.get_yaxis_transform(),
                va="center",
                fontsize=SMALL,
                color=colour,
            )
            continue
        mean = sum(values) / len(values)
        inside = [value for value in values if classes or value >= LEAST_R2]
        axes.plot(inside, [place] * len(inside), "o", ms=4.2, color=COLOURS[0], alpha=0.5, mew=0)
        if classes or mean >= LEAST_R2:
            axes.plot([mean, mean], [place - 0.3, place + 0.3], color=COLOURS[0], lw=1.6)
        if len(inside) < len(values):
            axes.plot(LEAST_R2, place, "<", ms=4.5, color=COLOURS[1], mew=0, clip_on=False)
        axes.annotate(_number(mean, classes), (1, place), (NUMBERS * 72 - 4, 0), ("axes fraction", "data"),
                      "offset points", ha="right", va="center", fontsize=SMALL, color=INK)  # fmt: skip
    if classes:
        logarithmic(axes, axes.xaxis)
    elif any(value is not None and value < LEAST_R2 for record in records for value in record.test):
        axes.set_xlim(left=LEAST_R2 - 0.04)
    _dress(axes, len(records), SAY("figure.error" if classes else "figure.r2"))
    _legend(axes, [("o", SAY("figure.seed"), COLOURS[0]), ("|", SAY("figure.mean"), COLOURS[0])])


def _number(mean: float, classes: bool) -> str:
    if classes:
        return f"{mean:.2f}" if mean < 10 else f"{mean:.1f}"
    return f"{mean:.3f}" if mean >= LEAST_R2 else f"{mean:.1g}"


def _angles(axes: Axes, records: Sequence[RuleRecord]) -> None:
    shown: dict[str, str] = {}
    for place, record in enumerate(records):
        after, before = record.angles_end or [], record.angles_begin or []
        for layer, angles in enumerate(zip(before, after, strict=False)):
            last = layer == len(after) - 1
            if layer >= MOST_ANGLES and not last:
                continue
            colour = INK if last else COLOURS[layer]
            shown[SAY("figure.last") if last else SAY("figure.layer", number=layer + 1)] = colour
            height = place + 0.22 * (layer - (len(after) - 1) / 2)  # offset, so that equal angles remain visible
            for angle, fill in zip(angles, ("white", colour), strict=True):
                if angle is not None:
                    axes.plot(angle, height, "o", ms=3.4, mfc=fill, mec=colour, mew=0.8)
    axes.axvline(90, color="#888888", lw=0.8, ls=":")
    axes.set_xlim(-4, max(96, axes.get_xlim()[1]))
    axes.set_xticks([0, 30, 60, 90])
    _dress(axes, len(records), SAY("figure.angle"))
    kinds = [("o", word, shown[word]) for word in sorted(shown, key=lambda word: (word == SAY("figure.last"), word))]
    _legend(axes, [*kinds, ("o", SAY("figure.before"), "")] if shown else [])


def _seconds(axes: Axes, records: Sequence[RuleRecord]) -> None:
    for place, record in enumerate(records):
        if not record.epochs:
            continue
        axes.plot(record.epoch_seconds, place, "|", ms=7, mew=1.6, color=COLOURS[0])
        reached = middle(record.seconds_to_target)
        if reached is not None:
            axes.plot(reached, place, "o", ms=4.2, color=COLOURS[0], mew=0)
    if any(record.epochs for record in records):
        logarithmic(axes, axes.xaxis, 4)
    _dress(axes, len(records), SAY("figure.seconds"))
    _legend(axes, [("|", SAY("figure.epoch_seconds"), COLOURS[0]), ("o", SAY("figure.target_seconds"), COLOURS[0])])


def _legend(axes: Axes, kinds: Sequence[tuple[str, str, str]]) -> None:
    """Draw the legend above the panel; marks without a colour are hollow."""
    for mark, word, colour in kinds:
        look = {"mfc": colour or "white", "mec": colour or INK, "mew": 1.6 if mark == "|" else 0.8}
        axes.plot([], [], mark, ms=6 if mark == "|" else 4, label=word, **look)
    if kinds:
        axes.legend(
            frameon=False, fontsize=SMALL, ncols=len(kinds), loc="lower left", bbox_to_anchor=(0, 1), borderpad=0,
            borderaxespad=0.2, handletextpad=0.1, handlelength=1.1, columnspacing=0.7, labelcolor=INK,
        )  # fmt: skip


def _dress(axes: Axes, rows: int, title: str) -> None:
    from .sheet import dress

    axes.annotate(
        title, (0, 1), (0, 19), "axes fraction", "offset points", fontsize=TEXT + 0.5, weight="bold", color=INK
    )
    axes.set_yticks([])
    axes.set_ylim(rows - 0.5, -0.5)
    dress(axes, "x")
    axes.patch.set_visible(False)


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
