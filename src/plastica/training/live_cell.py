"""The live display in notebooks: a progress bar, the metrics and the learning curves below the cell."""

from __future__ import annotations

import math
import time

from markupsafe import Markup

from ..language import WORDS
from ..notebook import html
from ..notebook.display import CellOutput
from .charts import charts
from .live import Pace, Standing

DRAW_EVERY = 0.25  # seconds; each update is sent to the browser
SHARE = 0.02  # of the training time may be spent on drawing


class LiveCell:
    """Draws the progress below the cell of a notebook, at most four times a second; the curves remain at the end.

    Args:
        cell: The output of the cell.
        may_stop: Whether the run may end before its last epoch, so that the time left is an upper bound.
    """

    def __init__(self, cell: CellOutput, may_stop: bool = False) -> None:
        self._cell, self._may_stop = cell, may_stop
        self._standing: Standing | None = None
        self._pace = Pace(may_stop)
        self._curves: dict[str, list[float]] = {}
        self._first = self._epochs = 0
        self._drawn, self._wait = 0.0, DRAW_EVERY

    def start(self) -> None:
        """Draw for the first time."""
        self._pace = Pace(self._may_stop)
        words = WORDS("compiling")
        self._cell.show(html.block(html.paragraph(f"{words} ...", soft=True)), words)

    def show(self, standing: Standing, now: float) -> None:
        """Set the progress, add a finished epoch to the curves, and redraw if the last drawing is old enough."""
        if standing.epoch > (self._standing.epoch if self._standing else 0) and not standing.batch:
            self._take_in(standing)
        self._standing = standing
        self._pace.measure(now, standing.done)
        if now - self._drawn >= self._wait:
            self._draw(standing)

    def write(self, line: str) -> None:
        """Do nothing: metrics and curves already show what the line of an epoch contains."""

    def stop(self) -> None:
        """Draw for the last time, without the progress bar."""
        if self._standing is None:
            self._cell.show(html.block(), "")
        else:
            self._draw(self._standing, ended=True)

    def _take_in(self, standing: Standing) -> None:
        if not self._epochs:
            self._first = standing.epoch
        self._epochs += 1
        for name, value in standing.logs.items():
            # A metric that begins later than the others has a gap in front.
            known = self._curves.setdefault(name, [math.nan] * (self._epochs - 1))
            known.append(float(value))

    def _draw(self, at: Standing, ended: bool = False) -> None:
        began = time.perf_counter()
        page = html.block(
            Markup("") if ended else self._bar(at),
            html.paragraph(" · ".join(at.figures)),
            html.side_by_side(charts(self._curves, self._first)),
        )
        self._cell.show(page, " - ".join([at.count, *at.figures]))
        self._drawn = time.perf_counter()
        self._wait = max(DRAW_EVERY, (self._drawn - began) / SHARE)

    def _bar(self, at: Standing) -> Markup:
        steps = [WORDS("steps_of", made=at.batch, all=at.batches)] if at.batch and at.batches else []
        bar = Markup('<span class="bar"><i style="width:{:.1f}%"></i></span>').format(100 * at.share)
        words = " · ".join([self._pace.time(at), *steps])
        return Markup('<p><b>{}</b> {} <span class="soft">{}</span></p>').format(at.count, bar, words)
