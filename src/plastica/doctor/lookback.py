"""Findings of sequences: how many steps a network sees, and how many it should."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..checks.findings import Finding, observed
from ..layers.recurrent_base import Recurrent
from ..layers.walk import walk
from ..model import Model
from ..typing import Float
from .fits import BETTER, forest
from .sources import DEFINITION, MEASURED
from .tasks import TaskRows

SEASON, ALIKE = 0.4, 0.85  # autocorrelation of a season that matters; of the best, that counts as about as good
FEWEST = 20  # rows to fit a forest on


def lookback_findings(model: Model, rows: TaskRows) -> Iterator[Finding]:
    """Find sequences of one step, and windows of a series that end before its season does.

    Args:
        model: The model.
        rows: Training rows.
    """
    path = next((path for path, layer, _ in walk(model.network) if isinstance(layer, Recurrent)), "")
    if not path or rows.x.ndim < 3:
        return
    steps = rows.x.shape[1]
    if steps == 1:
        yield observed(
            "one_step",
            "warning",
            where=path,
            value=1.0,
            threshold=2.0,
            source=DEFINITION,
            remedy="x = x.reshape(rows, steps, features)",
        )
        return
    season = _season(rows.y[:, 0]) if rows.task == "regression" else 0
    if season > steps and (gain := _gain_of_season(rows, season)) > 0:
        yield observed(
            "short_lookback",
            "warning",
            where=path,
            value=float(steps),
            threshold=float(season),
            source=MEASURED,
            certainty="likely",
            remedy=f"steps = {season}",
            steps=steps,
            season=season,
            gain=f"{gain:.2f}",
        )


def _gain_of_season(rows: TaskRows, season: int) -> float:
    """Return by how much R2 a forest is better that also reads the value a season earlier; 0 if not by enough.

    The window may show what matters of the season, as that of a short season inside a long one.

    Args:
        rows: Rows in the order of time, with one number as the target.
        season: The season in rows.
    """
    y, windows = rows.y[season:, 0], rows.x[season:].reshape(len(rows.x) - season, -1)
    longer, half = np.column_stack([windows, rows.y[:-season, 0]]), len(y) // 2
    if half < FEWEST or not y.var() > 0:
        return 0.0
    halves = (slice(half), slice(half, None)), (slice(half, None), slice(half))
    known, more = (
        np.mean([np.square(y[new] - forest(rows).fit(x[old], y[old]).predict(x[new])).mean() for old, new in halves])
        for x in (windows, longer)
    )
    gain = float((known - more) / y.var())
    return gain if gain > BETTER else 0.0


def _season(y: Float[np.ndarray, "rows"]) -> int:
    """Return the lag at which a series repeats itself; 0 if it does not, or rows are in no order."""
    count = len(y) // 3
    centred = y - y.mean()
    whole = float(centred @ centred)
    if count < 4 or not whole > 0:
        return 0
    values = np.array([centred[lag:] @ centred[: len(y) - lag] / whole for lag in range(count)])
    if values[1] < SEASON:
        return 0
    below = np.flatnonzero(values < 0)  # a season begins after the series has turned once
    if not len(below):
        return 0
    after = values[below[0] :]
    # The first lag that is about as good as the best: a series also repeats itself after several seasons.
    peaks = np.flatnonzero(after >= ALIKE * after.max())
    start = int(peaks[0])
    end = start + int(np.argmin(np.append(after[start:] >= ALIKE * after.max(), False)))
    lag = int(below[0]) + start + int(after[start:end].argmax())
    return lag if values[lag] > SEASON else 0
