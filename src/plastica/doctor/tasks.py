"""What a model is to predict, and what it predicts, as classes and numbers: what checks of the fit read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..losses import Loss, LossMeaning, MemberLoss
from ..model import Model
from ..model.inputs import Examples
from ..typing import Float, Num

MOST_ROWS = 2000  # of a part; more change no finding, and take seconds


@dataclass(frozen=True, eq=False)
class TaskRows:
    """Rows with one target each, and the predictions for them.

    Attributes:
        task: "binary", "multiclass", "multilabel" or "regression".
        x: Inputs, ``(rows, ...)``.
        y: Class numbers ``(rows,)``; labels or numbers ``(rows, outputs)``.
        answers: Probabilities ``(rows, classes)``, or numbers ``(rows, outputs)``.
        numbers: The numbers of the rows among those given.
    """

    task: str
    x: np.ndarray
    y: Num[np.ndarray, "rows *outputs"]
    answers: Float[np.ndarray, "rows *outputs"]
    numbers: np.ndarray

    @property
    def classes(self) -> int:
        """The number of classes or labels; 0 for regression."""
        return 0 if self.task == "regression" else self.answers.shape[-1]

    @property
    def decides(self) -> bool:
        """Whether a row belongs to one class."""
        return self.task in ("binary", "multiclass")

    @property
    def predicted(self) -> np.ndarray:
        """The most probable class of each row, ``(rows,)``."""
        return self.answers.argmax(1)

    @property
    def flat(self) -> Float[np.ndarray, "rows features"]:
        """The inputs with one axis of features, standardized."""
        x = self.x.reshape(len(self.x), -1).astype(np.float64)
        spread = x.std(0)
        return (x - x.mean(0)) / np.where(spread > 0, spread, 1.0)

    @property
    def indicators(self) -> Float[np.ndarray, "rows outputs"]:
        """Targets as numbers: an indicator of each class, labels, or the numbers themselves."""
        if self.decides:
            return (self.y[:, None] == np.arange(self.classes)).astype(np.float64)
        return self.y.reshape(len(self.y), -1).astype(np.float64)

    @property
    def score(self) -> float:
        """The accuracy of classes and labels, or R2 of numbers."""
        if self.decides:
            return float((self.predicted == self.y).mean())
        if self.task == "multilabel":
            return float(((self.answers > 0.5) == (self.y > 0.5)).mean())
        spread = ((self.y - self.y.mean(0)) ** 2).sum()
        return float(1 - ((self.y - self.answers) ** 2).sum() / spread) if spread > 0 else 0.0


def task_rows(model: Model, examples: Examples) -> TaskRows | None:
    """Return rows with their targets and predictions; None for several inputs, outputs or targets for every step.

    Args:
        model: The model; if it is not trained, its predictions are 0.
        examples: The rows.
    """
    loss = model.compiled.loss if model.compiled.own is None else None
    x, y = examples.x, examples.y
    if not isinstance(loss, Loss) or not isinstance(x, np.ndarray) or not isinstance(y, np.ndarray):
        return None
    chosen = np.linspace(0, len(x) - 1, min(len(x), MOST_ROWS)).astype(np.int64)
    y = y[chosen]
    if not model.is_trained:  # what an untrained network says is no prediction
        answers = np.zeros((len(chosen), *(size or 1 for size in model.output_shape[1:])))
    else:
        answers = np.asarray(model.predict(x[chosen]), np.float64)
    return read_rows(model, x[chosen], y, answers, chosen)


def read_rows(
    model: Model, x: np.ndarray, y: np.ndarray, answers: Float[np.ndarray, "rows *outputs"], numbers: np.ndarray
) -> TaskRows | None:
    """Return rows with these predictions; None as for :func:`task_rows`, or if a prediction is not finite.

    Args:
        model: The compiled model whose loss says what the outputs mean.
        x, y: The rows.
        answers: What the model, or another of its kind, predicts for them.
        numbers: The numbers of the rows.
    """
    loss = model.compiled.loss if model.compiled.own is None else None
    if isinstance(loss, MemberLoss) and answers.ndim == 3:  # (rows, members, outputs)
        answers = answers.mean(1)
    if not isinstance(loss, Loss) or answers.ndim != 2 or y.ndim > 2 or not np.isfinite(answers).all():
        return None
    found = _told(loss.meaning, y.reshape(len(y), -1), answers)
    return None if found is None else TaskRows(found[0], x, found[1], found[2], numbers)


def _told(meaning: LossMeaning, y: np.ndarray, answers: np.ndarray) -> tuple[str, np.ndarray, np.ndarray] | None:
    """Return the task, the targets and the predictions ``(rows, outputs)`` as :class:`TaskRows` has them."""
    from scipy.special import expit, softmax

    of_classes = meaning.outputs in ("probabilities", "potentials")
    if not meaning.decides:
        return ("regression", y.astype(np.float64), answers) if y.shape == answers.shape else None
    if meaning.exclusive and of_classes:
        labels = y[:, 0] if y.shape[1] == 1 else y.argmax(1)
        return (
            "multiclass",
            labels.astype(np.int64),
            answers if meaning.outputs == "probabilities" else softmax(answers, axis=1),
        )
    shares = answers if meaning.outputs == "probabilities" else expit(answers)
    y = (y > (0 if meaning.targets.signed else 0.5)).astype(np.int64)
    if not of_classes or y.shape != shares.shape:
        return None
    if shares.shape[1] == 1:
        return "binary", y[:, 0], np.concatenate([1 - shares, shares], axis=1)
    return "multilabel", y, shares
