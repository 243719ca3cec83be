"""Findings of the split: validation rows that were trained on, and rows from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..checks.findings import Finding, observed, percent
from ..checks.leaks import MANY_TWINS, TWINS, VARIED
from ..evaluation.intervals import delong
from ..typing import Float
from .sources import MEASURED, TWO_SAMPLES
from .tasks import TaskRows

TOLD_APART, FAR_APART = 0.65, 0.8  # area under the ROC curve of the classifier that tells the parts apart
FEWEST = 60
LEAF = 5


def part_findings(learn: TaskRows, held_out: TaskRows, names: tuple[str, ...]) -> Iterator[Finding]:
    """Find validation rows that are training rows, and inputs whose distribution has moved.

    Args:
        learn: Training rows.
        held_out: Validation rows.
        names: The names of the columns; empty if they have none.
    """
    yield from _twins(learn, held_out)
    yield from _drift(learn, held_out, names)


def _twins(learn: TaskRows, held_out: TaskRows) -> Iterator[Finding]:
    """Find validation rows that are equal to a training row in every number."""
    flat = learn.x.reshape(len(learn.x), -1)
    if max(len(np.unique(column)) for column in flat.T[:100]) <= VARIED:
        return  # rows of few distinct values are equal by chance
    seen = {row.tobytes() for row in flat}
    twins = np.array([row.tobytes() in seen for row in held_out.x.reshape(len(held_out.x), -1).astype(flat.dtype)])
    share = float(twins.mean())
    if share >= TWINS:
        yield observed(
            "copied_rows",
            "serious" if share >= MANY_TWINS else "warning",
            where=f"validation row {held_out.numbers[int(twins.argmax())]}",
            value=share,
            threshold=TWINS,
            source=MEASURED,
            remedy="x, places = np.unique(x, axis=0, return_index=True)",
            share=percent(share),
            rows=int(twins.sum()),
        )


def _drift(learn: TaskRows, held_out: TaskRows, names: tuple[str, ...]) -> Iterator[Finding]:
    """Find that a classifier can tell training from validation rows (a two-sample test)."""
    count = min(len(learn.x), len(held_out.x))
    if count < FEWEST:
        return
    x = np.concatenate([learn.x.reshape(len(learn.x), -1), held_out.x.reshape(len(held_out.x), -1)]).astype(np.float64)
    part = np.arange(len(x)) >= len(learn.x)
    order = np.random.default_rng(0).permutation(len(x))
    fitted, judged = order[::2], order[1::2]
    found = delong(part[judged], _telling(x, part, fitted, judged))
    if found.value < TOLD_APART or found.low is None or found.low < (0.5 + TOLD_APART) / 2:
        return
    gaps = [_gap(column[~part], column[part]) for column in x.T[:1000]]
    place = int(np.argmax(gaps))
    yield observed(
        "drift",
        "serious" if found.value >= FAR_APART else "warning",
        where=names[place] if names else f"column {place}",
        value=found.value,
        threshold=TOLD_APART,
        source=TWO_SAMPLES,
        remedy="order = np.random.default_rng(0).permutation(len(x))",
        auc=f"{found.value:.3f}",
        low=f"{found.low:.3f}",
        limit=f"{TOLD_APART:g}",
    )


def _telling(
    x: Float[np.ndarray, "rows features"], part: np.ndarray, fitted: np.ndarray, judged: np.ndarray
) -> Float[np.ndarray, "judged"]:
    """Return how much each row looks like a validation row: the mean of a small forest and a line, by their ranks."""
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(50, max_depth=6, min_samples_leaf=LEAF, random_state=0, class_weight="balanced")
    return model.fit(x[fitted], part[fitted]).predict_proba(x[judged])[:, 1]


def _gap(one: Float[np.ndarray, "rows"], other: Float[np.ndarray, "others"]) -> float:
    """Return the largest difference of two empirical distributions (Kolmogorov-Smirnov)."""
    both = np.sort(np.concatenate([one, other]))
    shares = [np.searchsorted(np.sort(each), both, side="right") / len(each) for each in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())
