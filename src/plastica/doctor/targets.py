"""Findings of targets that do not suit the loss, or the last activation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..activations import Softmax
from ..checks.findings import Finding, Severity, observed, percent
from ..losses import Loss
from ..model import Model
from .sources import DEFINITION

TOLERANCE = 1e-3  # of sums of float32


def target_findings(model: Model, y: object) -> Iterator[Finding]:
    """Find probabilities that do not sum to 1, several labels a row behind softmax, and numbers between two classes.

    Args:
        model: The compiled model.
        y: The training targets.
    """
    loss = model.compiled.loss if model.compiled.own is None else None
    if not isinstance(loss, Loss) or not isinstance(y, np.ndarray) or not y.size or y.dtype.kind not in "fiub":
        return
    columns = y.shape[-1] if y.ndim > 1 else 1
    softmax = isinstance(model.network.output_activation, Softmax)
    if loss.meaning.targets.binary:
        if softmax and columns > 1:
            yield from _competing(y)
        accuracy = any("acc" in _named(metric).lower() for metric in model.compiled.metrics)
        yield from _between(y, "warning" if accuracy else "note")
    elif loss.meaning.exclusive and not loss.meaning.targets.numbered and columns > 1:
        sums = y.sum(-1, dtype=np.float64)
        off = np.abs(sums - 1) > TOLERANCE
        if off.any() and np.isin(y, (0, 1)).all():
            yield from _competing(y)
        elif off.any():
            yield from _sums(sums, float(off.mean()))


def _competing(y: np.ndarray) -> Iterator[Finding]:
    share = float((y.sum(-1) != 1).mean())
    if share:
        yield observed(
            "competing_labels",
            "serious",
            value=share,
            threshold=0.0,
            source=DEFINITION,
            remedy='Dense(units, "sigmoid"), loss="binary_crossentropy"',
            share=percent(share),
        )


def _sums(sums: np.ndarray, share: float) -> Iterator[Finding]:
    yield observed(
        "target_sums",
        "warning",
        value=float(sums[np.abs(sums - 1).argmax()]),
        threshold=1.0,
        source=DEFINITION,
        remedy="y = y / y.sum(-1, keepdims=True)",
        share=percent(share),
        low=f"{sums.min():.3g}",
        high=f"{sums.max():.3g}",
    )


def _named(metric: object) -> str:
    return metric if isinstance(metric, str) else getattr(metric, "name", type(metric).__name__)


def _between(y: np.ndarray, severity: Severity) -> Iterator[Finding]:
    share = float(((y > 0) & (y < 1)).mean())
    if share:
        yield observed(
            "numbers_between_classes",
            severity,
            value=share,
            threshold=0.0,
            source=DEFINITION,
            remedy='metrics=["mae"]',
            share=percent(share),
        )
