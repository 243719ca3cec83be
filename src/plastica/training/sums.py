"""The sums that a run carries from batch to batch, and the figures made from them: the loss and the metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..metrics import Metric
from ..rules import Batch
from ..rules.local import like_rows


def empty_sums(widths: tuple[int, ...]) -> np.ndarray:
    """Return the sums that an epoch begins with."""
    return np.zeros(2 * (2 + sum(widths)), np.float32)


def metric_widths(metrics: tuple[Metric, ...], target: Any, output: Any) -> tuple[int, ...]:
    """Return how many sums each metric keeps, for a batch of targets and outputs of these shapes."""
    weight = jax.ShapeDtypeStruct(output.shape[:1], output.dtype)
    return tuple(jax.eval_shape(metric.sums, target, output, weight).size for metric in metrics)


def weighted_sums(metric: Metric, output: jax.Array, batch: Batch) -> jax.Array:
    """Return what one batch adds to a metric that goes by the rows' weights, or by those of their steps."""
    if batch.within is None:
        return metric.sums(batch.y, output, batch.weight)
    weight = like_rows(batch.weight, batch.within) * batch.within
    y, output = (part.reshape(-1, *part.shape[weight.ndim :]) for part in (batch.y, output))
    return metric.sums(y, output, weight.reshape(-1))


def added(sums: jax.Array, more: jax.Array) -> jax.Array:
    """Add to running sums without losing what single precision rounds away, which is kept in their second half.

    Millions of rows add to sums thousands of times as large as what one batch adds; without this an epoch's loss is
    off by parts in a thousand.

    Reference:
        W. Kahan (1965), Further remarks on reducing truncation errors; what an addition loses: D. E. Knuth (1969), The
        art of computer programming, volume 2, section 4.2.2, theorem B.
    """
    width = more.shape[0]
    if sums.shape[0] == width:  # of a loop of one's own, that keeps no room
        return sums + more
    total, more = sums[:width], more + sums[width:]
    found = total + more
    took = found - total
    return jnp.concatenate([found, (total - (found - took)) + (more - took)])


def figures(metrics: Sequence[Metric], widths: tuple[int, ...], sums: np.ndarray, prefix: str = "") -> dict[str, float]:
    """Turn summed figures into named ones: the loss, then each metric under its label.

    Args:
        metrics: The metrics, in the order of their sums.
        widths: How many sums each of them keeps.
        sums: What an epoch or an evaluation added up to.
        prefix: Stands before each name: ``"val_"``.
    """
    sums = np.asarray(sums, np.float64)
    if len(sums) > 2 + sum(widths):
        sums = sums.reshape(2, -1).sum(0)
    found = {f"{prefix}loss": float(sums[0] / sums[1]) if sums[1] else float("nan")}
    start = 2
    for metric, width in zip(metrics, widths, strict=True):
        found[prefix + metric.label] = metric.result(sums[start : start + width])
        start += width
    return found
