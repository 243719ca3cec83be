"""What rules are compared on: rows to learn from, rows to be judged on, and what kind of answer is wanted."""

from __future__ import annotations

import hashlib
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.arrays import to_array
from ..data.splitting import split
from ..errors import DataError, FileError, InvalidValue, PlasticaWarning

if TYPE_CHECKING:
    from ..checks.prepared import Prepared

MOST_LIKE_CLASSES = 20  # so few different whole numbers are more likely classes
IN_NPZ = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True, eq=False)
class Task:
    """Rows to learn from and rows to be judged on.

    Attributes:
        name: What it is called.
        kind: "binary", "multiclass", "multilabel" or "regression".
        outputs: How many classes, labels or numbers are answered; 1 for "binary".
        x, y: Training rows; targets are class numbers, labels of 0 and 1, or standardised numbers.
        x_test, y_test: Rows that nothing is learned from.
    """

    name: str
    kind: str
    outputs: int
    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray

    @property
    def figure(self) -> str:
        """The figure by which rules are judged: the share of right answers, or R2 for numbers."""
        return "r2" if self.kind == "regression" else "accuracy"

    @property
    def digest(self) -> str:
        """What tells whether two tasks hold the same numbers."""
        found = hashlib.sha256()
        for part in (self.x, self.y, self.x_test, self.y_test):
            found.update(f"{part.dtype}{part.shape}".encode())
            found.update(np.ascontiguousarray(part).data)
        return found.hexdigest()

    @property
    def flat(self) -> Task:
        """The same with the numbers of each row in one line."""
        flat = (part.reshape(len(part), -1) for part in (self.x, self.x_test))
        x, x_test = flat
        return Task(self.name, self.kind, self.outputs, x, self.y, x_test, self.y_test)


def task_of_arrays(
    x: Any, y: Any, held_out: tuple[Any, Any] | None = None, test: float = 0.2, seed: int = 0, name: str = "arrays"
) -> Task:
    """Return the task that arrays stand for: arrays of whole-number types and texts are classes, others numbers.

    Args:
        x: Inputs, ``(rows, ...)``.
        y: Class numbers or names ``(rows,)``, one column a class with a single 1 in each row, or numbers.
        held_out: Rows to be judged on; None deals them from the others.
        test: Their share (or number) where they are dealt.
        seed: How they are dealt.
        name: What the task is called.

    Raises:
        DataError: For rows without targets, NaN, or a class among the rows to judge on that training lacks.
    """
    inputs, targets = to_array(x, "x"), _plain(y)
    _same_rows(inputs, targets, "")
    if held_out is None:
        labels = None if _are_numbers(targets) else np.unique(_names(targets), return_inverse=True)[1]
        parts = split(len(inputs), 0, test, labels, seed)
        if not len(parts.test):
            raise InvalidValue(f"test={test!r} leaves no rows to evaluate the rules on; give a share such as 0.2.")
        inputs, others = inputs[parts.train], inputs[parts.test]
        targets, truth = targets[parts.train], targets[parts.test]
    else:
        others, truth = to_array(held_out[0], "validation_data x"), _plain(held_out[1])
        _same_rows(others, truth, "validation_data ")
    if _are_numbers(targets):
        _say_if_like_classes(targets)
        mean, scale = targets.mean(0), np.where(targets.std(0) > 0, targets.std(0), 1.0)
        scaled = [((part - mean) / scale).astype(np.float32) for part in (targets, truth)]
        return Task(name, "regression", int(np.prod(targets.shape[1:])), inputs, scaled[0], others, scaled[1])
    known, y_train = np.unique(_names(targets), return_inverse=True)
    if len(known) < 2:
        raise DataError(f"y contains only one class, {known[0]}; there is nothing to classify.")
    names = _names(truth)
    y_test = np.minimum(np.searchsorted(known, names), len(known) - 1)
    if (known[y_test] != names).any():
        strange = names[known[y_test] != names][0]
        raise DataError(f"the held-out rows contain the class {strange}, which no training row has.")
    kind, outputs = ("binary", 1) if len(known) == 2 else ("multiclass", len(known))
    return Task(name, kind, outputs, inputs, y_train.astype(np.float32), others, y_test.astype(np.float32))


def task_of_npz(path: str | Path) -> Task:
    """Return the task in a file of NumPy's arrays ``x_train, y_train, x_test, y_test``.

    Images of bytes are scaled to 0 to 1, and every input becomes one line of numbers.

    Raises:
        FileError: The file is missing or is none of NumPy's.
        DataError: An array is missing, or holds objects.
    """
    try:
        with np.load(path, allow_pickle=False) as found:
            missing = [name for name in IN_NPZ if name not in found.files]
            if missing:
                raise DataError(
                    f"{path} contains {', '.join(found.files) or 'nothing'}; expected the arrays {', '.join(IN_NPZ)}."
                )
            parts = [found[name] for name in IN_NPZ]
    except (OSError, zipfile.BadZipFile) as problem:
        raise FileError(f"{path} cannot be read: {problem}.") from None
    except (ValueError, AttributeError) as problem:
        raise DataError(f"{path} contains something other than numbers and text: {problem}.") from None
    x, y, x_test, y_test = parts
    scaled = [part.astype(np.float32) / 255 if part.dtype == np.uint8 else part for part in (x, x_test)]
    return task_of_arrays(scaled[0], y, (scaled[1], y_test), name=Path(path).name).flat


def task_of_table(prepared: Prepared) -> Task:
    """Return the task in a table that was dealt and encoded; what is encoded by code becomes a column a code."""
    train, held = prepared.split.train, prepared.split.test
    x = _opened(prepared.x, prepared.layout.codes)
    y = prepared.y.astype(np.float32)
    target = prepared.target
    if not len(held):
        raise InvalidValue("there are no held-out rows to evaluate the rules on; give --test a share such as 0.2.")
    return Task(prepared.table.source, target.task, target.outputs, x[train], y[train], x[held], y[held])


def _opened(x: np.ndarray, codes: tuple[tuple[int, int], ...]) -> np.ndarray:
    rest = np.delete(x, [place for place, _ in codes], axis=1)
    opened = [x[:, place, None] == np.arange(count) for place, count in codes]
    return np.concatenate([rest, *opened], axis=1).astype(np.float32)


def _plain(y: Any) -> np.ndarray:
    targets = np.asarray(y)
    if targets.ndim == 2 and targets.shape[1] == 1:
        return targets[:, 0]
    if targets.ndim == 2 and _one_hot(targets):
        return targets.argmax(1)
    return targets


def _one_hot(y: np.ndarray) -> bool:
    if y.dtype.kind not in "iufb" or y.shape[1] < 2:
        return False
    return bool(np.isin(y, (0, 1)).all() and (y.sum(1) == 1).all())


def _are_numbers(y: np.ndarray) -> bool:
    return y.dtype.kind == "f"


def _say_if_like_classes(y: np.ndarray) -> None:
    if len(found := np.unique(y)) <= MOST_LIKE_CLASSES and (found == np.floor(found)).all():
        warnings.warn(
            f"y contains {len(found)} whole numbers of the type {y.dtype}, which count as numbers here, not as "
            "classes. For classes give y.astype(int).",
            PlasticaWarning,
            stacklevel=4,  # the line that called compare_rules
        )


def _names(y: np.ndarray) -> np.ndarray:
    if y.ndim != 1:
        raise DataError(
            f"y has shape {y.shape}; expected one class per row, or one column per class with a single 1 in each row."
        )
    return y.astype(str) if y.dtype.kind == "O" else y


def _same_rows(x: np.ndarray, y: np.ndarray, owner: str) -> None:
    if y.ndim == 0 or len(x) != len(y):
        raise DataError(
            f"{owner}x has {len(x)} rows and {owner}y {y.size if y.ndim == 0 else len(y)}; the numbers "
            "of rows must be the same."
        )
    if _are_numbers(y) and not np.isfinite(y).all():
        raise DataError(f"{owner}y contains a number that is not finite.")
