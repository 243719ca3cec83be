"""Figures from counts of right and wrong answers: precision, recall, F1 and their like."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..declaration import declaration
from ..errors import InvalidValue
from ..losses.class_targets import of_shapes
from ..losses.shapes import matched
from .mean import Named, ratio
from .metric import Wants

Averaging = Literal["macro", "micro", "weighted"]


class Counts(NamedTuple):
    """Weighted counts of each class or label.

    Attributes:
        hit: Rows of the class that were answered so, ``(classes,)``.
        wanted: Rows of the class.
        answered: Rows answered so.
        total: All rows, a scalar.
    """

    hit: np.ndarray
    wanted: np.ndarray
    answered: np.ndarray
    total: np.ndarray


class Counted(Named):
    """A figure from counts, ``(3 classes + 1,)`` sums.

    Float32 sums count exactly up to 16 million rows of weight 1.
    """

    defined_on: ClassVar[Wants] = "decisions"
    counts: ClassVar[bool] = True
    threshold: float | None

    @property
    def takes_largest(self) -> bool:
        """Whether several outputs without a threshold are taken as classes, of which the largest is answered."""
        return True

    def sums(self, target: jax.Array, prediction: jax.Array, weight: jax.Array) -> jax.Array:
        """Return each class's hits, rows wanted and rows answered, and the total weight."""
        wanted, answered = self.memberships(target, prediction)
        rows = jnp.broadcast_to(weight.reshape(-1, *[1] * (wanted.ndim - 1)), (*wanted.shape[:-1], 1))
        rows = rows.reshape(-1, 1).astype(prediction.dtype)
        wanted, answered = (x.reshape(-1, x.shape[-1]).astype(prediction.dtype) for x in (wanted, answered))
        parts = [jnp.sum(x * rows, axis=0) for x in (wanted * answered, wanted, answered)]
        return jnp.concatenate([*parts, jnp.sum(rows)[None]])

    def memberships(self, target: jax.Array, prediction: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return each row's classes as wanted and as answered, both ``(batch, ..., classes)``."""
        wanted = labels(self.label, target, prediction)
        if prediction.ndim == 1:
            wanted, prediction = wanted[:, None], prediction[:, None]
        if self.threshold is not None or prediction.shape[-1] == 1:
            return wanted, prediction > (0.5 if self.threshold is None else self.threshold)
        if not of_shapes(target, prediction).numbered:
            wanted = _one_hot(jnp.argmax(target, axis=-1), prediction.shape[-1])
        return wanted, _one_hot(jnp.argmax(prediction, axis=-1), prediction.shape[-1])

    def result(self, sums: np.ndarray) -> float:
        """Return the figure from the counts."""
        sums = np.asarray(sums, np.float64)
        hit, wanted, answered = sums[:-1].reshape(3, -1)
        counts = Counts(hit, wanted, answered, sums[-1])
        return self.figure(counts) if counts.total > 0 else float("nan")

    def figure(self, counts: Counts) -> float:
        """Return the figure from the counts of at least one row."""
        raise NotImplementedError


class Averaged(Counted):
    """A figure of each class, averaged over classes."""

    average: Averaging | None

    def __post_init__(self) -> None:
        if self.average not in (None, "macro", "micro", "weighted"):
            raise InvalidValue(
                f'{type(self).__name__}: average={self.average!r}; "macro", "micro", "weighted" or None is expected.'
            )

    def per_class(self, counts: Counts) -> np.ndarray:
        """Return the figure of each class; 0 where it is not defined."""
        raise NotImplementedError

    def figure(self, counts: Counts) -> float:
        """Return the average over classes."""
        if self.average == "micro":
            hit, wanted, answered = (np.sum(x, keepdims=True) for x in counts[:3])
            return float(self.per_class(Counts(hit, wanted, answered, counts.total * len(counts.hit)))[0])
        values = self.per_class(counts)
        if self.average == "weighted":
            return ratio(float(np.sum(values * counts.wanted)), float(np.sum(counts.wanted)))
        # As in scikit-learn: of classes that exclude each other, those that never occur are left out.
        occurs = np.full(len(values), True) if self.threshold is not None else counts.wanted + counts.answered > 0
        return float(np.mean(values[occurs])) if len(values) > 1 else float(values[0])


class KerasAveraged(Averaged):
    """An averaged figure that without ``average`` pools every output at a threshold, as Keras's do."""

    @property
    def takes_largest(self) -> bool:
        """Only where classes are averaged."""
        return self.average is not None

    def memberships(self, target: jax.Array, prediction: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return which classes each row belongs to and which were answered."""
        if self.average is not None:
            return super().memberships(target, prediction)
        wanted = labels(self.label, target, prediction)
        answered = prediction > (0.5 if self.threshold is None else self.threshold)
        return wanted[..., None], answered[..., None]


@declaration
class Precision(KerasAveraged):
    """Of the rows answered yes, the share that is right; 0 where none is answered yes.

    Args:
        threshold: Above it an output means yes. None: 0.5, and with ``average`` the largest output's class.
        average: None pools all outputs, as Keras does; ``"macro"``, ``"weighted"`` (by the classes' sizes)
            and ``"micro"`` are scikit-learn's averages over classes.
        name: The key in the history; Keras's by default.

    Shapes: predictions ``(batch, ..., outputs)``; targets alike, or ``(batch, ...)`` class numbers.
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
    """Of the rows that are yes, the share answered so; 0 where there is none.

    Args:
        threshold: Above it an output means yes. None: 0.5, and with ``average`` the largest output's class.
        average: None pools all outputs, as Keras does; ``"macro"``, ``"weighted"`` (by the classes' sizes)
            and ``"micro"`` are scikit-learn's averages over classes.
        name: The key in the history; Keras's by default.

    Shapes: predictions ``(batch, ..., outputs)``; targets alike, or ``(batch, ...)`` class numbers.
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
        threshold: Above it an output means yes, each label by itself. None: 0.5 for one output, and for
            several the largest output's class.
        average: Over classes: ``"macro"``, ``"weighted"`` (by the classes' sizes) or ``"micro"``. None is
            macro (Keras returns one number a class, which no history shows).
        name: The key in the history; Keras's by default.

    Shapes: predictions ``(batch, ..., outputs)``; targets alike, or ``(batch, ...)`` class numbers.
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
    """Of the rows that are no, the share answered so: the recall of the other side.

    Args:
        threshold: Above it an output means yes, each label by itself. None: 0.5 for one output, and for
            several the largest output's class.
        average: Over classes: ``"macro"`` (also None), ``"weighted"`` (by the classes' sizes) or ``"micro"``.
        name: The key in the history.

    Shapes: predictions ``(batch, ..., outputs)``; targets alike, or ``(batch, ...)`` class numbers.
    """

    default_label: ClassVar[str] = "specificity"
    threshold: float | None = None
    average: Averaging | None = None
    name: str | None = None

    def per_class(self, counts: Counts) -> np.ndarray:
        """Return each class's specificity."""
        no = counts.total - counts.wanted
        return _shares(no - (counts.answered - counts.hit), no)


def labels(name: str, target: jax.Array, prediction: jax.Array) -> jax.Array:
    """Return which outputs are yes by the target, in the predictions' shape; class numbers become one-hot.

    Raises:
        ShapeError: If targets do not fit predictions.
    """
    kind = of_shapes(target, prediction)
    return (kind.spread(name, target, prediction) if kind.numbered else matched(name, target, prediction)) > 0.5


def _one_hot(number: jax.Array, classes: int) -> jax.Array:
    return number[..., None] == jnp.arange(classes, dtype=number.dtype)


def _shares(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
