"""The data on which rules are compared: training set, test set and kind of task."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..data.arrays import to_array
from ..data.splitting import split
from ..errors import DataError, InvalidValue, PlasticaWarning
from ..storage.array_files import read_arrays

if TYPE_CHECKING:
    from ..checks.prepared import Prepared

MOST_LIKE_CLASSES = 20  # up to this many distinct integers are probably classes
IN_NPZ = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True, eq=False)
class Task:
    """A training set and a test set.

    Attributes:
        name: The name shown in tables.
        kind: "binary", "multiclass", "multilabel" or "regression".
        outputs: The number of classes, labels or numbers to predict; 1 for "binary".
        x, y: The training set. Targets are class indices, labels of 0 and 1, or standardized numbers.
        x_test, y_test: The test set, from which nothing is learned.
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
        """The main metric: accuracy, or R2 for a regression."""
        return "r2" if self.kind == "regression" else "accuracy"

    @property
    def digest(self) -> str:
        """A hash of all values, by which a resumed comparison recognizes its data."""
        found = hashlib.sha256()
        for part in (self.x, self.y, self.x_test, self.y_test):
            found.update(f"{part.dtype}{part.shape}".encode())
            found.update(np.ascontiguousarray(part).data)
        return found.hexdigest()

    @property
    def flat(self) -> Task:
        """The same task with each input flattened to a vector."""
        flat = (part.reshape(len(part), -1) for part in (self.x, self.x_test))
        x, x_test = flat
        return Task(self.name, self.kind, self.outputs, x, self.y, x_test, self.y_test)


def task_of_arrays(
    x: object,
    y: object,
    test_set: tuple[object, object] | None = None,
    test: float = 0.2,
    seed: int = 0,
    name: str = "arrays",
) -> Task:
    """Return the task for arrays: targets of an integer type and strings are classes, floats a regression.

    Args:
        x: Inputs, ``(rows, ...)``.
        y: Classes ``(rows,)``, one-hot classes ``(rows, classes)``, or numbers ``(rows, ...)``.
        test_set: The test set ``(x, y)``. None splits it off ``x`` and ``y``.
        test: The fraction (or number) of rows in the test set, if it is split off.
        seed: Random seed of the split.
        name: The name of the task.

    Raises:
        DataError: If x and y differ in length, if a target is not finite, or if the test set contains a class that
            the training set lacks.
        InvalidValue: If the test set is empty.
    """
    inputs, targets = to_array(x, "x"), _plain(y)
    _same_rows(inputs, targets, "")
    if test_set is None:
        labels = None if _are_numbers(targets) else np.unique(_names(targets), return_inverse=True)[1]
        parts = split(len(inputs), 0, test, labels, seed)
        if not len(parts.test):
            raise InvalidValue(f"test={test!r} leaves no rows in the test set; use a fraction such as 0.2.")
        inputs, others = inputs[parts.train], inputs[parts.test]
        targets, truth = targets[parts.train], targets[parts.test]
    else:
        others, truth = to_array(test_set[0], "validation_data x"), _plain(test_set[1])
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
        raise DataError(f"the test set contains the class {strange}, which no training row has.")
    kind, outputs = ("binary", 1) if len(known) == 2 else ("multiclass", len(known))
    return Task(name, kind, outputs, inputs, y_train.astype(np.float32), others, y_test.astype(np.float32))


def task_of_npz(path: str | Path) -> Task:
    """Return the task in an ``.npz`` file with the arrays ``x_train, y_train, x_test, y_test``.

    Images of bytes are scaled to the range 0 to 1, and each input is flattened to a vector.

    Raises:
        FileError: If the file is missing, is not an ``.npz`` file or contains objects.
        DataError: If an array is missing.
    """
    found = read_arrays(path)
    if not all(name in found for name in IN_NPZ):
        names = ", ".join(filter(None, found)) or ("one array without a name" if found else "nothing")
        raise DataError(f"{path} contains {names}; expected the arrays {', '.join(IN_NPZ)}.")
    x, y, x_test, y_test = (found[name] for name in IN_NPZ)
    scaled = [part.astype(np.float32) / 255 if part.dtype == np.uint8 else part for part in (x, x_test)]
    return task_of_arrays(scaled[0], y, (scaled[1], y_test), name=Path(path).name).flat


def task_of_table(prepared: Prepared) -> Task:
    """Return the task for a prepared table; category codes are one-hot encoded."""
    train, test = prepared.split.train, prepared.split.test
    x = _opened(prepared.x, prepared.layout.codes)
    y = prepared.y.astype(np.float32)
    target = prepared.target
    if not len(test):
        raise InvalidValue("the test set has no rows; use --test with a fraction such as 0.2.")
    return Task(prepared.table.source, target.task, target.outputs, x[train], y[train], x[test], y[test])


def _opened(x: np.ndarray, codes: tuple[tuple[int, int], ...]) -> np.ndarray:
    rest = np.delete(x, [place for place, _ in codes], axis=1)
    opened = [x[:, place, None] == np.arange(count) for place, count in codes]
    return np.concatenate([rest, *opened], axis=1).astype(np.float32)


def _plain(y: object) -> np.ndarray:
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
            f"y contains only {len(found)} distinct values, all whole numbers, but its type {y.dtype} makes this a "
            "regression. For classes, pass y.astype(int).",
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
