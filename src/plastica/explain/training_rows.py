"""Which training rows an answer owes itself to: TracIn, influence functions, and the nearest rows in a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from ..ensembles.copying import copy_of
from ..errors import InvalidValue
from ..model import Model
from ..model.options import whole
from ..notes import note
from ..training.cache import keep_compiled_programs
from ..typing import Float, Int
from .hidden_layers import activity, before_last, cut_behind
from .loss_gradients import gradient_products, last_layer_products, rows_of, trained

if TYPE_CHECKING:
    import polars as pl

MOST_SHOWN = 3


@dataclass(frozen=True, eq=False)
class RowInfluence:
    """How much each training row helped or harmed the answers for some rows.

    Attributes:
        values: ``(rows, training rows)``: above 0 if the training row lowers the loss of the row, below 0 if it raises
            it.
        method: The name of the method.
        meaning: What a value is.
    """

    values: Float[np.ndarray, "rows training"]
    method: str
    meaning: str

    def helpful(self, row: int = 0, most: int = 5) -> pl.DataFrame:
        """Return the training rows that lower the loss of a row most: ``training_row``, ``influence``."""
        return self._ranked(row, most, -1)

    def harmful(self, row: int = 0, most: int = 5) -> pl.DataFrame:
        """Return the training rows that raise the loss of a row most; wrong labels are often among them."""
        return self._ranked(row, most, 1)

    def _ranked(self, row: int, most: int, sign: int) -> pl.DataFrame:
        import polars as pl

        if not 0 <= row < len(self.values):
            raise InvalidValue(note("explain.influence_row", row=str(row), last=str(len(self.values) - 1)))
        own = self.values[row]
        order = np.argsort(sign * own, kind="stable")[: max(0, most)]
        return pl.DataFrame({"training_row": order, "influence": own[order]})

    def __repr__(self) -> str:
        rows, training = self.values.shape
        told = [f"{self.method} of {training:,} training rows on {rows:,} rows: {self.meaning}"]
        for row in range(min(rows, MOST_SHOWN)):
            ends = [self.helpful(row, MOST_SHOWN), self.harmful(row, MOST_SHOWN)]
            texts = [", ".join(f"{place} ({value:.3g})" for place, value in each.rows()) for each in ends]
            told.append(f"row {row}: most helpful {texts[0]}; most harmful {texts[1]}")
        return "\n".join(told)


def tracin(
    model: object,
    x: object,
    y: object,
    training_x: object,
    training_y: object,
    *,
    weights: Sequence[Mapping[str, np.ndarray]] | None = None,
    learning_rate: float | Sequence[float] = 1.0,
) -> RowInfluence:
    """Return by how much steps on each training row lowered the loss of each row, to first order (TracIn).

    Use it for any network that is trained by gradients, to find what an answer was learned from, and wrong labels. With
    the weights w_k at some checkpoints and learning rates eta_k,

        influence(z, z') = sum_k eta_k grad l(w_k, z) . grad l(w_k, z').

    Args:
        model: A compiled plastica model.
        x, y: Rows and their targets, whose loss is looked at.
        training_x, training_y: The training rows.
        weights: Weights during training: ``snapshots.weights`` of a callback ``pl.ensembles.Snapshots(every=5)``.
            Default: the present ones. Early checkpoints, at which the loss still falls, tell most.
        learning_rate: That at each checkpoint, or of all. Default: 1; a common factor does not change the order.

    Returns:
        The influence of each training row on each row, in units of the loss.

    Raises:
        InvalidValue: If the model is not compiled with a loss, or weights and learning rates differ in number.

    Reference:
        G. Pruthi, F. Liu, S. Kale, M. Sundararajan (2020), Estimating training data influence by tracing gradient
        descent, equation 1 (TracInCP).
    """
    own = trained("tracin", model)
    rows, training = rows_of(own, x, y, "tracin: "), rows_of(own, training_x, training_y, "tracin: training_")
    given = [own.snapshot()] if weights is None else list(weights)
    if not given:
        raise InvalidValue(note("explain.tracin_weights"))
    rates = np.ravel(np.asarray(learning_rate, np.float64))
    if len(rates) not in (1, len(given)) or not (np.isfinite(rates).all() and (rates > 0).all()):
        raise InvalidValue(note("explain.tracin_rate", rate=str(learning_rate), checkpoints=str(len(given))))
    keep_compiled_programs()
    values = np.zeros((len(rows.y), len(training.y)))
    for each, rate in zip(given, np.broadcast_to(rates, len(given)), strict=True):
        values += rate * gradient_products(copy_of(own, each), rows, training)
    return RowInfluence(values, "tracin", "fall of the loss by steps on a training row, to first order")


def last_layer_influence(
    model: object, x: object, y: object, training_x: object, training_y: object, *, damping: float = 1e-3
) -> RowInfluence:
    """Return by how much the loss of each row would rise if a training row were left out, by the last layer alone.

    Use it where the layers before are good as they are, and for models with one layer, such as logistic regression,
    for which it is exact to first order. With L the mean loss of the n training rows,

        influence(z, z') = 1/n grad l(z) . H^-1 grad l(z'),    H = d^2 L / dw^2 + damping,

    where w are the weights of the last layer alone.

    Args:
        model, x, y, training_x, training_y: As for :func:`tracin`; the layers must follow each other.
        damping: What is added to the diagonal of H: the factor of an L2 penalty of the last layer, penalty / 2 |w|^2,
            or a small number that makes H invertible.

    Returns:
        The influence of each training row on each row, in units of the loss.

    Raises:
        InvalidValue: If the damping is negative, the last layer has more than 4,000 weights, or H has no inverse.

    Reference:
        P. W. Koh, P. Liang (2017), Understanding black-box predictions via influence functions, equation 2.
    """
    if not 0 <= damping < np.inf:
        raise InvalidValue(note("explain.influence_damping", damping=str(damping)))
    own = trained("last_layer_influence", model)
    network = before_last("last_layer_influence", own)
    rows = rows_of(own, x, y, "last_layer_influence: ")
    training = rows_of(own, training_x, training_y, "last_layer_influence: training_")
    keep_compiled_programs()
    values = last_layer_products(own, network, rows, training, damping)
    return RowInfluence(
        values, "last_layer_influence", "rise of the loss if a training row were left out of the last layer's training"
    )


@dataclass(frozen=True, eq=False)
class NearestRows:
    """The training rows that are most like some rows in the activity of a layer.

    Attributes:
        numbers: Those of the training rows, the nearest first, ``(rows, nearest)``.
        distances: How far each is, in the activity of the layer.
        layer: The number and the class of the layer.
    """

    numbers: Int[np.ndarray, "rows nearest"]
    distances: Float[np.ndarray, "rows nearest"]
    layer: str

    def __repr__(self) -> str:
        told = [f"nearest training rows in the activity of layer {self.layer} (distance)"]
        for row in range(min(len(self.numbers), MOST_SHOWN)):
            pairs = zip(self.numbers[row], self.distances[row], strict=True)
            told.append(f"row {row}: {', '.join(f'{place} ({far:.3g})' for place, far in pairs)}")
        return "\n".join(told)


def nearest_rows(
    model: object,
    x: object,
    training_x: object,
    *,
    layer: int | str | None = None,
    most: int = 5,
    metric: Literal["euclidean", "cosine"] = "euclidean",
) -> NearestRows:
    """Return the training rows whose activity in a layer is most like that for each row.

    Use it to show examples that the network treats alike, and whether a row is unlike all that it was trained with.

    Args:
        model: A plastica model whose layers follow each other.
        x: The rows.
        training_x: The training rows.
        layer: The number, name or class of the layer. Default: the last hidden one, whose activity the output layer
            reads.
        most: The number of training rows for each row.
        metric: "euclidean", or "cosine" to compare directions alone.

    Raises:
        InvalidValue: If there are fewer training rows, or no such metric.
        UnknownName: If there is no such layer.

    Reference:
        N. Papernot, P. McDaniel (2018), Deep k-nearest neighbors, section 3.
    """
    from sklearn.neighbors import NearestNeighbors

    if metric not in ("euclidean", "cosine"):
        raise InvalidValue(note("explain.nearest_metric", metric=repr(metric)))
    count = whole("most", most, 1)
    assert count is not None
    network = cut_behind("nearest_rows", model, layer)
    own = cast(Model, model)
    training = activity(own, network, training_x, "nearest_rows: training_x")
    if len(training) < count:
        raise InvalidValue(note("explain.nearest_most", most=str(count), rows=str(len(training))))
    rows = activity(own, network, x, "nearest_rows: x")
    search = NearestNeighbors(n_neighbors=count, metric=metric).fit(training.reshape(len(training), -1))
    distances, numbers = search.kneighbors(rows.reshape(len(rows), -1))
    return NearestRows(np.asarray(numbers), np.asarray(distances), network.layer)
