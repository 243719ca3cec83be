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


def empty_sums(metrics: Sequence[Metric], widths: tuple[int, ...]) -> np.ndarray:
    """Return the sums that an epoch begins with.

    First the loss and the number of rows, the sums of the metrics that do not count rows, and those that do; then what
    rounding took from all before the counts. Without widths there is no room for metrics: for a learner whose sums
    nobody reads.
    """
    kept = sum(width for metric, width in zip(metrics, widths, strict=False) if not metric.is_counted)
    return np.zeros(2 + sum(widths) + 2 + kept, np.float32)


def counts_last(metrics: Sequence[Metric]) -> list[int]:
    """Return the places of metrics in the order of their sums: those that count rows come last."""
    return sorted(range(len(metrics)), key=lambda place: metrics[place].is_counted)


def metric_widths(metrics: tuple[Metric, ...], target: Any, output: Any) -> tuple[int, ...]:
    """Return how many sums each metric keeps, for a batch of targets and outputs of these shapes."""
    first = jax.tree.leaves(output)[0]
    weight = jax.ShapeDtypeStruct(first.shape[:1], first.dtype)
    return tuple(jax.eval_shape(metric.sums, target, output, weight).size for metric in metrics)


def plain_sums(metric: Metric, output: jax.Array, batch: Batch, real: jax.Array) -> jax.Array:
    """Return what one batch adds to a metric that counts each row once, whatever it weighs.

    Of an ensemble whose members weigh rows, those members are counted for which the row does not weigh 0.
    """
    if batch.within is None or metric.of_one is metric:
        return metric.sums(batch.y, output, real)
    counted = (batch.within > 0).astype(batch.within.dtype)
    return weighted_sums(metric, output, batch._replace(weight=real, within=counted))


def weighted_sums(metric: Metric, output: jax.Array, batch: Batch) -> jax.Array:
    """Return what one batch adds to a metric that goes by the rows' weights, or by those of their steps."""
    if batch.within is None:
        return metric.sums(batch.y, output, batch.weight)
    weight = like_rows(batch.weight, batch.within) * batch.within
    y = batch.y if metric.of_one is metric else _for_each_member(batch.y, weight.shape[1])
    y, output = (part.reshape(-1, *part.shape[weight.ndim :]) for part in (y, output))
    return metric.of_one.sums(y, output, weight.reshape(-1))


def _for_each_member(y: jax.Array, members: int) -> jax.Array:
    """Return each row's target once for each member of an ensemble, ``(rows, ...)`` to ``(rows, members, ...)``."""
    return jnp.repeat(y[:, None], members, axis=1)


def added(sums: jax.Array, more: jax.Array) -> jax.Array:
    """Add to running sums without losing what single precision rounds away.

    Millions of rows add to sums thousands of times as large as what one batch adds; without this an epoch's loss is
    off by parts in a thousand.

    Args:
        sums: As :func:`empty_sums` lays them out. What rounding takes is kept for as many of the first sums as there
            is room behind them.
        more: What a batch adds.

    Reference:
        W. Kahan (1965), Further remarks on reducing truncation errors; what an addition loses: D. E. Knuth (1969), The
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
    """Turn summed figures into named ones: the loss, then each metric under its label.

    Args:
        metrics: The metrics, in the order of their sums.
        widths: How many sums each of them keeps.
        sums: What an epoch or an evaluation added up to.
        prefix: Stands before each name: ``"val_"``.
    """
    total, lost = np.split(np.array(sums, np.float64), [2 + sum(widths)])
    total[: len(lost)] += lost
    order = counts_last(metrics)
    parts = np.split(total[2:], np.cumsum([widths[place] for place in order]))
    by_place = dict(zip(order, parts[: len(order)], strict=True))
    found = {f"{prefix}loss": float(total[0] / total[1]) if total[1] else float("nan")}
    return found | {prefix + metric.label: metric.result(by_place[place]) for place, metric in enumerate(metrics)}
