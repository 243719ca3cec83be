"""The running sums of an epoch, and the loss and metrics computed from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..metrics import Metric
from ..rules import Batch
from ..rules.local import like_rows


def empty_sums(metrics: Sequence[Metric], widths: tuple[int, ...]) -> np.ndarray:
    """Return the initial sums of an epoch.

    Their order: the loss and the number of rows, the sums of the metrics that do not count rows, the sums of those that
    do, and the rounding errors of all sums before the counts. Empty ``widths`` omit the metrics, for learners whose
    metrics are not read.
    """
    kept = sum(width for metric, width in zip(metrics, widths, strict=False) if not metric.is_counted)
    return np.zeros(2 + sum(widths) + 2 + kept, np.float32)


def counts_last(metrics: Sequence[Metric]) -> list[int]:
    """Return the indices of the metrics in the order of their sums: those that count rows are last."""
    return sorted(range(len(metrics)), key=lambda place: metrics[place].is_counted)


def metric_widths(metrics: tuple[Metric, ...], target: Any, output: Any) -> tuple[int, ...]:
    """Return the number of sums of each metric, for targets and outputs of these shapes."""
    first = jax.tree.leaves(output)[0]
    weight = jax.ShapeDtypeStruct(first.shape[:1], first.dtype)
    return tuple(jax.eval_shape(metric.sums, target, output, weight).size for metric in metrics)


def plain_sums(metric: Metric, output: jax.Array, batch: Batch, real: jax.Array) -> jax.Array:
    """Return the sums of one batch for a metric that counts each row once, whatever its weight.

    For an ensemble with weights per member, only the members in which the row has a weight other than 0 are counted.
    """
    if batch.within is None or metric.of_one is metric:
        return metric.sums(batch.y, output, real)
    counted = (batch.within > 0).astype(batch.within.dtype)
    return weighted_sums(metric, output, batch._replace(weight=real, within=counted))


def weighted_sums(metric: Metric, output: jax.Array, batch: Batch) -> jax.Array:
    """Return the sums of one batch for a metric weighted by rows, or by the time steps of rows."""
    if batch.within is None:
        return metric.sums(batch.y, output, batch.weight)
    weight = like_rows(batch.weight, batch.within) * batch.within
    y = batch.y if metric.of_one is metric else _for_each_member(batch.y, weight.shape[1])
    y, output = (part.reshape(-1, *part.shape[weight.ndim :]) for part in (y, output))
    return metric.of_one.sums(y, output, weight.reshape(-1))


def _for_each_member(y: jax.Array, members: int) -> jax.Array:
    """Repeat the targets for each member of an ensemble, ``(rows, ...)`` to ``(rows, members, ...)``."""
    return jnp.repeat(y[:, None], members, axis=1)


def added(sums: jax.Array, more: jax.Array) -> jax.Array:
    """Add to running sums with compensation for rounding in single precision.

    The sums over millions of rows are thousands of times as large as what one batch adds; without compensation, the
    relative error of the loss of an epoch reaches a few parts in a thousand.

    Args:
        sums: The running sums in the order of :func:`empty_sums`. Rounding errors are stored for as many of the first
            sums as there are entries after the counts.
        more: The sums of a batch.

    Reference:
        W. Kahan (1965), Further remarks on reducing truncation errors; the error of a sum: D. E. Knuth (1969), The
        art of computer programming, volume 2, section 4.2.2, theorem B.
    """
    width, more = more.shape[0], more.astype(sums.dtype)
    room = sums.shape[0] - width
    total, careful = sums[:room], more[:room] + sums[width:]
    found = total + careful
    took = found - total
    lost = (total - (found - took)) + (careful - took)
    return jnp.concatenate([found, sums[room:width] + more[room:], lost])


def figures(metrics: Sequence[Metric], widths: tuple[int, ...], sums: np.ndarray, prefix: str = "") -> dict[str, float]:
    """Return the loss and the metrics by name, computed from their sums.

    Args:
        metrics: The metrics, in the order of their sums.
        widths: The number of sums of each metric.
        sums: The sums of an epoch or an evaluation.
        prefix: The prefix of each name, such as ``"val_"``.
    """
    total, lost = np.split(np.array(sums, np.float64), [2 + sum(widths)])
    total[: len(lost)] += lost
    order = counts_last(metrics)
    parts = np.split(total[2:], np.cumsum([widths[place] for place in order]))
    by_place = dict(zip(order, parts[: len(order)], strict=True))
    found = {f"{prefix}loss": float(total[0] / total[1]) if total[1] else float("nan")}
    return found | {prefix + metric.label: metric.result(by_place[place]) for place, metric in enumerate(metrics)}
