"""Metrics from counts of correct and wrong predictions: precision, recall, F1 and others."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..losses.class_targets import of_shapes
from ..losses.shapes import matched
from ..typing import Bool, Float, Int, Num
from .mean import Named, ratio
from .metric import Wants

Averaging = Literal["macro", "micro", "weighted"]


class Counts(NamedTuple):
    """Weighted counts for each class or label.

    Attributes:
        hit: Rows of the class that were predicted as such, ``(classes,)``.
        wanted: Rows of the class, ``(classes,)``.
        answered: Rows predicted as the class, ``(classes,)``.
        total: All rows, a scalar.
    """

    hit: np.ndarray
    wanted: np.ndarray
    answered: np.ndarray
    total: np.ndarray


class Counted(Named):
    """A metric from counts, ``(3 classes + 1,)`` sums.

    Sums in float32 count exactly up to 16 million rows of weight 1.
    """

    defined_on: ClassVar[Wants] = "decisions"
    counts: ClassVar[bool] = True
    threshold: float | None

    @property
    def takes_largest(self) -> bool:
        """Whether several outputs without a threshold are classes, of which the largest output is predicted."""
        return True

    def sums(
        self,
        target: Num[Array, "batch *targets"],
        prediction: Float[Array, "batch *outputs"],
        weight: Float[Array, "batch"],
    ) -> Float[Array, "sums"]:
        """Return the hits, the true rows and the predicted rows of each class, and the total weight."""
        wanted, answered = self.memberships(target, prediction)
        rows = jnp.broadcast_to(weight.reshape(-1, *[1] * (wanted.ndim - 1)), (*wanted.shape[:-1], 1))
        rows = rows.reshape(-1, 1).astype(prediction.dtype)
        wanted, answered = (x.reshape(-1, x.shape[-1]).astype(prediction.dtype) for x in (wanted, answered))
        parts = [jnp.sum(x * rows, axis=0) for x in (wanted * answered, wanted, answered)]
        return jnp.concatenate([*parts, jnp.sum(rows)[None]])

    def memberships(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> tuple[Bool[Array, "batch *places classes"], Bool[Array, "batch *places classes"]]:
        """Return the true and the predicted classes of each row, both ``(batch, ..., classes)``."""
        wanted = labels(self.label, target, prediction)
        if prediction.ndim == 1:
            wanted, prediction = wanted[:, None], prediction[:, None]
        if self.threshold is not None or prediction.shape[-1] == 1:
            return wanted, prediction > (0.5 if self.threshold is None else self.threshold)
        if not of_shapes(target, prediction).numbered:
            wanted = _one_hot(jnp.argmax(target, axis=-1), prediction.shape[-1])
        return wanted, _one_hot(jnp.argmax(prediction, axis=-1), prediction.shape[-1])

    def of_sums(self, sums: Float[np.ndarray, "sums"]) -> float:
        """Return the metric from the counts."""
        sums = np.asarray(sums, np.float64)
        hit, wanted, answered = sums[:-1].reshape(3, -1)
        counts = Counts(hit, wanted, answered, sums[-1])
        return self.figure(counts) if counts.total > 0 else float("nan")

    def figure(self, counts: Counts) -> float:
        """Return the metric from the counts of at least one row."""
        raise NotImplementedError


class Averaged(Counted):
    """A metric of each class, averaged over classes."""

    average: Averaging | None

    def __post_init__(self) -> None:
        if self.average not in (None, "macro", "micro", "weighted"):
            raise InvalidValue(
                f'{type(self).__name__}: average={self.average!r}; "macro", "micro", "weighted" or None is expected.'
            )

    def per_class(self, counts: Counts) -> np.ndarray:
        """Return the metric of each class; 0 if it is undefined."""
        raise NotImplementedError

    def figure(self, counts: Counts) -> float:
        """Return the average over classes."""
        if self.average == "micro":
            hit, wanted, answered = (np.sum(x, keepdims=True) for x in counts[:3])
            return float(self.per_class(Counts(hit, wanted, answered, counts.total * len(counts.hit)))[0])
        values = self.per_class(counts)
        if self.average == "weighted":
            return ratio(float(np.sum(values * counts.wanted)), float(np.sum(counts.wanted)))
        # As in scikit-learn, exclusive classes that never occur are left out.
        occurs = np.full(len(values), True) if self.threshold is not None else counts.wanted + counts.answered > 0
        return float(np.mean(values[occurs])) if len(values) > 1 else float(values[0])


class KerasAveraged(Averaged):
    """An averaged metric that, without ``average``, pools all outputs at a threshold, as in Keras."""

    @property
    def takes_largest(self) -> bool:
        """True only if an average over classes is requested."""
        return self.average is not None

    def memberships(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> tuple[Bool[Array, "batch *places classes"], Bool[Array, "batch *places classes"]]:
        """Return the true and the predicted classes of each row."""
        if self.average is not None:
            return super().memberships(target, prediction)
        wanted = labels(self.label, target, prediction)
        answered = prediction > (0.5 if self.threshold is None else self.threshold)
        return wanted[..., None], answered[..., None]


@declaration
class Precision(KerasAveraged):
    """The fraction of rows predicted positive that are positive; 0 if none is predicted positive.

    Args:
        threshold: Outputs above it mean yes. None: 0.5; with ``average``, the class with the largest output is
            predicted.
        average: None pools all outputs, as in Keras. ``"macro"``, ``"weighted"`` (by class size) and ``"micro"`` are
            the averages over classes of scikit-learn.
        name: The key in the history; Keras's by default.

    Shapes: predictions ``(batch, ..., outputs)``; targets the same, or ``(batch, ...)`` class indices.

    Raises:
        InvalidValue: If ``average`` is unknown.

    Example:
        >>> round(Precision().compute([1, 0, 1, 1], [0.9, 0.7, 0.4, 0.8]), 4)  # 2 of 3 rows above 0.5
        0.6667
    """

    default_label: ClassVar[str] = "precision"
    threshold: float | None = None
    average: Averaging | None = None
    name: str | None = None

    def per_class(self, counts: Counts) -> np.ndarray:
        """Return each class's precision."""
        return _shares(counts.hit, counts.answered)


@declaration
class Recall(KerasAveraged):
    """The fraction of positive rows that are predicted positive; 0 if there are no positive rows.

    Args:
        threshold: Outputs above it mean yes. None: 0.5; with ``average``, the class with the largest output is
            predicted.
        average: None pools all outputs, as in Keras. ``"macro"``, ``"weighted"`` (by class size) and ``"micro"`` are
            the averages over classes of scikit-learn.
        name: The key in the history; Keras's by default.

    Shapes: predictions ``(batch, ..., outputs)``; targets the same, or ``(batch, ...)`` class indices.

    Raises:
        InvalidValue: If ``average`` is unknown.

    Example:
        >>> round(Recall(threshold=0.6).compute([1, 0, 1, 1], [0.9, 0.7, 0.4, 0.8]), 4)  # 2 of 3 positive rows
        0.6667
    """

    default_label: ClassVar[str] = "recall"
    threshold: float | None = None
    average: Averaging | None = None
    name: str | None = None

    def per_class(self, counts: Counts) -> np.ndarray:
        """Return each class's recall."""
        return _shares(counts.hit, counts.wanted)


@declaration
class F1Score(Averaged):
    """The harmonic mean of precision and recall.

    Args:
        threshold: Outputs above it mean yes, for each label separately. None: 0.5 for a single output; for several
            outputs, the class with the largest output is predicted.
        average: The average over classes: ``"macro"``, ``"weighted"`` (by class size) or ``"micro"``. None means macro;
            Keras would return one number per class, which a history cannot show.
        name: The key in the history; Keras's by default.

    Shapes: predictions ``(batch, ..., outputs)``; targets the same, or ``(batch, ...)`` class indices.

    Raises:
        InvalidValue: If ``average`` is unknown.

    Example:
        >>> round(F1Score().compute([1, 0, 1, 1], [0.9, 0.7, 0.4, 0.8]), 4)  # precision and recall are 2/3
        0.6667
    """

    default_label: ClassVar[str] = "f1_score"
    threshold: float | None = None
    average: Averaging | None = None
    name: str | None = None

    def per_class(self, counts: Counts) -> np.ndarray:
        """Return each class's F1."""
        return _shares(2.0 * counts.hit, counts.wanted + counts.answered)


@declaration
class Specificity(Averaged):
    """The fraction of negative rows that are predicted negative: the recall of the negative class.

    Args:
        threshold: Outputs above it mean yes, for each label separately. None: 0.5 for a single output; for several
            outputs, the class with the largest output is predicted.
        average: The average over classes: ``"macro"`` (also None), ``"weighted"`` (by class size) or ``"micro"``.
        name: The key in the history.

    Shapes: predictions ``(batch, ..., outputs)``; targets the same, or ``(batch, ...)`` class indices.

    Raises:
        InvalidValue: If ``average`` is unknown.

    Example:
        >>> Specificity().compute([1, 0, 0, 0, 0], [0.9, 0.7, 0.4, 0.3, 0.2])
        0.75
    """

    default_label: ClassVar[str] = "specificity"
    threshold: float | None = None
    average: Averaging | None = None
    name: str | None = None

    def per_class(self, counts: Counts) -> np.ndarray:
        """Return each class's specificity."""
        no = counts.total - counts.wanted
        return _shares(no - (counts.answered - counts.hit), no)


def labels(
    name: str, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
) -> Bool[Array, "batch *outputs"]:
    """Return which outputs are positive in the targets, in the shape of the predictions; class indices become one-hot.

    Raises:
        ShapeError: If the shapes of targets and predictions do not match.
    """
    kind = of_shapes(target, prediction)
    return (kind.spread(name, target, prediction) if kind.numbered else matched(name, target, prediction)) > 0.5


def _one_hot(number: Int[Array, "batch *places"], classes: int) -> Bool[Array, "batch *places classes"]:
    return number[..., None] == jnp.arange(classes, dtype=number.dtype)


def _shares(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
