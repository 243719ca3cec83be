"""The running sums of an epoch, and the loss and metrics computed from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..errors import InvalidValue
from ..metrics import Metric
from ..rules import Batch
from ..rules.local import like_rows
from ..typing import Float, Num, PyTree

NO_MEANS: Mapping[str, jax.Array] = MappingProxyType({})


class BatchFigures(NamedTuple):
    """The figures of one batch.

    Attributes:
        loss: The mean loss over the batch's rows, a scalar.
        means: Further figures, each a mean over the batch's rows, by the names in ``Program.means``.
        sums: What the batch adds to the sums of the metrics, flat arrays in the order of :func:`counts_last`.
    """

    loss: Float[Array, ""]
    means: Mapping[str, jax.Array] = NO_MEANS
    sums: tuple[jax.Array, ...] = ()


class Watched(Protocol):
    """What has figures: a program."""

    @property
    def means(self) -> tuple[str, ...]:
        """The names of the means beside the loss."""
        ...

    @property
    def watched(self) -> tuple[Metric, ...]:
        """The metrics."""
        ...


def empty_sums(program: Watched, widths: tuple[int, ...]) -> Float[np.ndarray, "sums"]:
    """Return the initial sums of an epoch.

    Their order: the loss, the number of rows and the program's further means, the sums of the metrics that do not count
    rows, the sums of those that do, and the rounding errors of all sums before the counts. Empty ``widths`` omit the
    metrics, for learners whose metrics are not read.
    """
    kept = sum(width for metric, width in zip(program.watched, widths, strict=False) if not metric.is_counted)
    first = 2 + len(program.means)
    return np.zeros(first + sum(widths) + first + kept, np.float32)


def counts_last(metrics: Sequence[Metric]) -> list[int]:
    """Return the indices of the metrics in the order of their sums: those that count rows are last."""
    return sorted(range(len(metrics)), key=lambda place: metrics[place].is_counted)


def metric_widths(metrics: tuple[Metric, ...], target: PyTree, output: PyTree) -> tuple[int, ...]:
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
    metric, y, output, within = metric.picked(batch.y, output, batch.within)
    batch = batch._replace(y=y, within=within)
    if batch.within is None:
        return metric.sums(batch.y, output, batch.weight)
    weight = like_rows(batch.weight, batch.within) * batch.within
    y = batch.y if metric.of_one is metric else _for_each_member(batch.y, weight.shape[1])
    y, output = (part.reshape(-1, *part.shape[weight.ndim :]) for part in (y, output))
    return metric.of_one.sums(y, output, weight.reshape(-1))


def _for_each_member(y: jax.Array, members: int) -> jax.Array:
    """Repeat the targets for each member of an ensemble, ``(rows, ...)`` to ``(rows, members, ...)``."""
    return jnp.repeat(y[:, None], members, axis=1)


def added(sums: Float[Array, "sums"], more: Float[Array, "of_batch"]) -> Float[Array, "sums"]:
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
    # The rounding error of the last addition is added to the batch while both are small, and that of this one is kept
    # for the next. XLA must not simplify found - total to careful; it keeps the order of additions of floats.
    total, careful = sums[:room], more[:room] + sums[width:]
    found = total + careful
    took = found - total
    lost = (total - (found - took)) + (careful - took)
    return jnp.concatenate([found, sums[room:width] + more[room:], lost])


def row_sums(found: BatchFigures, means: Sequence[str], size: Num[Array, ""]) -> Float[Array, "of_batch"]:
    """Return what one batch adds to an epoch's figures: loss, rows, further means, then each metric's sums.

    Args:
        found: The figures of the batch.
        means: The names of the further means that the program declares.
        size: How many of the batch's rows are real.

    Raises:
        InvalidValue: If the program returns other figures than it declares.
    """
    if set(found.means) != set(means):
        raise InvalidValue(
            f"a step or judge returned the figures {_named(found.means)}, but the program's means are "
            f"{_named(means)}. Return each of them in BatchFigures(loss, means={{...}}), and name all of them in means."
        )
    # Means of batches of different sizes do not average to the mean over rows; their sums do.
    further = (jnp.asarray(found.means[name]) * size for name in means)
    return jnp.concatenate([jnp.stack([found.loss * size, size, *further]), *found.sums])


def _named(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def figures(
    program: Watched, widths: tuple[int, ...], sums: Float[np.ndarray, "sums"], prefix: str = ""
) -> dict[str, float]:
    """Return the loss, the further means and the metrics by name, computed from their sums.

    Args:
        program: The program, for its means and metrics.
        widths: The number of sums of each metric.
        sums: The sums of an epoch or an evaluation.
        prefix: The prefix of each name, such as ``"val_"``.
    """
    return FigureReader(program, widths)(sums, prefix)


class FigureReader:
    """Computes figures from sums, epoch after epoch; see :func:`figures`.

    Args:
        program: The program, for its means and metrics.
        widths: The number of sums of each metric.

    Attributes:
        rows: Where the number of rows is among the sums, and what rounding took from it.
    """

    def __init__(self, program: Watched, widths: tuple[int, ...]) -> None:
        metrics, means = program.watched, program.means
        self.first = 2 + len(means)
        self.width = self.first + sum(widths)
        self.rows = [1, self.width + 1]
        self.means = [("loss", 0), *((name, 2 + place) for place, name in enumerate(means))]
        start, slices = self.first, {}
        for place in counts_last(metrics):
            slices[place] = slice(start, start + widths[place])
            start = slices[place].stop
        self.metrics = [(metric, slices[place]) for place, metric in enumerate(metrics)]

    def __call__(self, sums: Float[np.ndarray, "sums"], prefix: str = "") -> dict[str, float]:
        """Return the figures by name."""
        total = np.array(sums[: self.width], np.float64)
        # What rounding took belongs to the sums; only here, in double precision, can it be added without being lost
        # again.
        lost = sums[self.width :]
        total[: len(lost)] += lost
        rows = total[1]
        found = {prefix + name: float(total[place] / rows) if rows else float("nan") for name, place in self.means}
        return found | {prefix + metric.label: metric.result(total[own]) for metric, own in self.metrics}
