"""Permutation importance: by how much the loss grows when the values of a feature are shuffled among the rows."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Unpack

import numpy as np
from numpy.typing import ArrayLike

from ..drawing.pictured import PicturedResult
from ..errors import DataError, InvalidValue, ShapeError
from ..evaluation.permutation import shuffled_losses
from ..language import Texts
from ..model.options import whole
from ..notes import note
from ..typing import Float, Int, Shaped
from .explained import WITHOUT, Explained, ExplainOptions, explained

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

SAY = Texts("explain")
LossName = Literal["squared_error", "absolute_error", "log_loss", "error_rate"]
RowLosses = Callable[[np.ndarray, np.ndarray], np.ndarray]
LEAST = 1e-7  # probabilities are clipped to this in the logarithm


@dataclass(frozen=True, eq=False, repr=False)
class PermutationImportance(PicturedResult):
    """By how much the mean loss grows when a feature is shuffled.

    Attributes:
        increases: The increase of the mean loss in each repetition, ``(repeats, features)``.
        loss: The mean loss of the rows as they are.
        loss_name: The name of the loss.
        feature_names: The name of each feature or group.
    """

    increases: Float[np.ndarray, "repeats features"]
    loss: float
    loss_name: str
    feature_names: tuple[str, ...]

    @property
    def values(self) -> Float[np.ndarray, "features"]:
        """The mean increase over the repetitions."""
        return self.increases.mean(0)

    @property
    def error(self) -> Float[np.ndarray, "features"]:
        """The standard error of the mean over the repetitions."""
        return self.increases.std(0, ddof=1) / np.sqrt(len(self.increases))

    def sentences(self) -> list[str]:
        """Return what it shows, in the current language."""
        name = SAY(f"loss_{self.loss_name}") if f"loss_{self.loss_name}" in SAY else self.loss_name
        told = [SAY("importance", loss=name, value=f"{self.loss:.4g}", count=len(self.increases))]
        best = int(self.values.argmax())
        gap = {"rise": f"{self.values[best]:.4g}", "error": f"{self.error[best]:.2g}"}
        return [*told, SAY("importance_most", feature=self.feature_names[best], **gap)]

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each feature, the most important first: feature, increase, error."""
        import polars as pl

        made = pl.DataFrame({"feature": list(self.feature_names), "increase": self.values, "error": self.error})
        return made.sort("increase", descending=True, maintain_order=True)

    def plot(self, path: str | os.PathLike[str] | None = None, *, most: int = 20) -> Drawing:
        """Draw a bar for each of the most important features, with the repetitions as points.

        Args:
            path: Where to write the figure (``.svg``, ``.png``, ``.pdf``). None only returns it.
            most: The number of features.
        """
        from .effect_pictures import draw_importance

        return draw_importance(self, most).save(path)


def permutation_importance(
    model: object,
    x: object,
    y: ArrayLike,
    *,
    loss: LossName | RowLosses | None = None,
    repeats: int = 10,
    seed: int = 0,
    **options: Unpack[ExplainOptions],
) -> PermutationImportance:
    """Shuffle each feature among the rows, and return by how much the loss grows.

    Use it on rows that were not trained on, to see what the quality of a model rests on. Features that say the same
    make each other look unimportant; put them into one group, which is shuffled as one.

        I_i = mean over permutations of L(y, f(x with feature i permuted)) - L(y, f(x))

    Args:
        model: A plastica model, an estimator with ``predict_proba`` or ``predict``, or a function from rows to answers.
        x: Rows, ``(rows, *shape)``, or a data frame.
        y: Their targets: numbers, or the numbers or names of classes, ``(rows,)``.
        loss: "squared_error", "absolute_error", "log_loss", "error_rate", or a function from targets and answers
            ``(rows, outputs)`` to the loss of each row. Default: the log loss for several outputs, and for one output
            from 0 to 1 with targets 0 and 1; otherwise the squared error.
        repeats: Permutations of each feature; at least 2. All features share them.
        seed: The seed of the permutations.
        options: See :class:`ExplainOptions`; ``output`` is not used.

    Raises:
        ShapeError: If there is not one target for each row.
        InvalidValue: If the loss does not suit the answers.

    Reference:
        L. Breiman (2001), Random forests, section 10. A. Fisher, C. Rudin, F. Dominici (2019), All models are wrong,
        but many are useful, section 3.
    """
    count = whole("repeats", repeats, 2)
    assert count is not None
    asked = explained("permutation_importance", model, x, WITHOUT, options)
    rows = len(asked.x)
    if rows < 2:
        raise DataError(note("explain.shuffle_one"))
    target = np.asarray(y)
    target = target[:, 0] if target.ndim == 2 and target.shape[1] == 1 else target
    if len(target) != rows:
        raise ShapeError(note("explain.shuffle_rows", targets=str(len(target)), rows=str(rows)))
    name, measure = _loss(loss, target, asked)
    base = measure(target, asked.answers).mean()

    def mean_losses(copies: np.ndarray) -> np.ndarray:
        answers = asked.function(copies.reshape(-1, *asked.x.shape[1:])).reshape(len(copies), *asked.answers.shape)
        return np.array([measure(target, each).mean() for each in answers])

    counts = np.bincount(asked.labels, minlength=asked.count)
    groups = np.split(np.argsort(asked.labels, kind="stable"), np.cumsum(counts)[:-1])
    found = shuffled_losses(asked.x, groups, mean_losses, count, seed) - base
    return PermutationImportance(found, float(base), name, asked.names)


def _loss(
    loss: LossName | RowLosses | None, y: Shaped[np.ndarray, "rows *outputs"], asked: Explained
) -> tuple[str, RowLosses]:
    answers = asked.answers
    if callable(loss):
        return getattr(loss, "__name__", "loss"), loss
    if loss is None:
        several = answers.shape[1] > 1 and y.ndim == 1
        between = answers.min() >= 0 and answers.max() <= 1
        binary = answers.shape[1] == 1 and between and set(np.unique(y).tolist()) <= {0, 1}
        loss = "log_loss" if several or binary else "squared_error"
    if loss in ("squared_error", "absolute_error"):
        if y.dtype.kind not in "fiub" or y.reshape(len(y), -1).shape != answers.shape:
            raise InvalidValue(
                note(
                    "explain.shuffle_numbers",
                    loss=repr(loss),
                    outputs=str(answers.shape[1]),
                    shape=str(y.shape),
                    kind=str(y.dtype),
                )
            )
        power = 2 if loss == "squared_error" else 1
        return loss, lambda y, found: (np.abs(y.reshape(found.shape) - found) ** power).mean(1)
    if loss not in ("log_loss", "error_rate"):
        raise InvalidValue(note("explain.shuffle_loss", loss=repr(loss)))
    codes = _codes(y, asked)

    def probability(found: np.ndarray) -> np.ndarray:
        return found if found.shape[1] > 1 else np.concatenate([1 - found, found], 1)

    if loss == "error_rate":
        return loss, lambda _, found: (probability(found).argmax(1) != codes).astype(np.float64)
    if answers.min() < -LEAST or answers.max() > 1 + LEAST:
        raise InvalidValue(note("explain.shuffle_log_loss", low=f"{answers.min():.4g}", high=f"{answers.max():.4g}"))
    return loss, lambda _, found: -np.log(np.clip(probability(found)[np.arange(len(codes)), codes], LEAST, 1))


def _codes(y: Shaped[np.ndarray, "rows *outputs"], asked: Explained) -> Int[np.ndarray, "rows"]:
    """Return the number of the class of each row, which targets give by its name or by its number."""
    if y.ndim != 1:  # one column for each class
        return y.argmax(1)
    is_whole = y.dtype.kind in "iub" or (y.dtype.kind == "f" and bool((y == np.floor(y)).all()))
    numbers = y.astype(np.int64) if is_whole else None
    names = list(asked.function.names or asked.output_names)
    texts = [str(each) for each in y]
    if numbers is not None and not set(texts) <= set(names):
        texts = [str(each) for each in numbers]  # 1.0 is the class 1
    # Classes named by numbers, such as 1 to 3, are names first: as places they would be those of other classes.
    unknown = sorted(set(texts) - set(names))
    if not unknown:
        return np.array([names.index(each) for each in texts])
    if numbers is not None and numbers.min() >= 0 and numbers.max() < max(2, asked.answers.shape[1]):
        return numbers
    raise DataError(note("explain.shuffle_class", label=repr(unknown[0]), known=", ".join(names[:20])))
