"""Predictions for the test set, stored as CSV next to the model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..data.formulas import shown, shown_column
from ..data.labelling import Target
from ..data.table import distinct_names
from ..errors import FileError
from ..storage.atomic import reason

if TYPE_CHECKING:
    import polars as pl

    from ..checks.prepared import Prepared
    from .table import TableNetwork

NAME = "held_out.csv"


@dataclass(frozen=True, eq=False)
class HeldOut:
    """The test set of one run.

    Args:
        places: The position of each row in its source.
        y: Class indices or numbers ``(rows,)``; for several targets ``(rows, outputs)``.
        answers: Probabilities of classes or labels ``(rows, classes)``, or numbers like ``y``.
    """

    places: np.ndarray
    y: np.ndarray
    answers: np.ndarray

    def same_rows(self, other: HeldOut) -> bool:
        """Return whether both runs have the same test rows with the same targets."""
        return np.array_equal(self.places, other.places) and np.array_equal(self.y, other.y)


def held_out_csv(network: TableNetwork, prepared: Prepared) -> str:
    """Return a line for each test row: its position, the true value, the prediction, and probabilities."""
    import polars as pl

    judged, target = network.judged, network.target
    if judged is None:
        return ""
    places = pl.Series(prepared.table.position_word, prepared.table.positions[judged.rows])
    answers = judged.answers[judged.own]
    columns = [places, *target_columns(target, judged.y, ""), *target_columns(target, judged.labels(), "predicted ")]
    if target.task != "regression":
        columns += [pl.Series(f"P({label})", answers[:, place]) for place, label in enumerate(target.classes)]
    names, _ = distinct_names([column.name for column in columns])
    safe = [shown_column(column).alias(shown(name)) for column, name in zip(columns, names, strict=True)]
    return pl.DataFrame(safe).write_csv()


def read_held_out(folder: Path, target: Target) -> HeldOut | None:
    """Return the test set of a run, or None if none was stored.

    Raises:
        FileError: If the file cannot be read, or was modified and no longer fits the model.
    """
    import polars as pl

    path = folder / NAME
    try:
        data = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise FileError(f"{path} cannot be read: {reason(error, reading=True)}.") from None
    if not data:
        return None
    count = 1 if target.task in ("binary", "multiclass") else len(target.names)
    try:
        frame = pl.read_csv(data, infer_schema=False)
        cells = frame.get_columns()
        truths, answers = cells[1 : 1 + count], cells[1 + count : 1 + 2 * count]
        if target.task != "regression":
            answers = cells[1 + 2 * count : 1 + 2 * count + len(target.classes)]
        y = _numbers(truths, target) if target.task in ("regression", "multilabel") else _classes(truths[0], target)
        shares = np.stack([cell.cast(pl.Float64).to_numpy() for cell in answers], axis=1)
        places = cells[0].cast(pl.Int64).to_numpy()
    except (pl.exceptions.PolarsError, ValueError, IndexError, KeyError) as problem:
        raise FileError(
            f"{path} does not fit the model next to it ({type(problem).__name__}): it was changed after the run. "
            "Remove it, or compare on a table: --on FILE."
        ) from None
    return HeldOut(places, y, shares[:, 0] if target.task == "regression" and count == 1 else shares)


def target_columns(target: Target, values: np.ndarray, prefix: str) -> list[pl.Series]:
    """Return the true or predicted values of the targets as columns, named with a prefix."""
    import polars as pl

    if target.task in ("binary", "multiclass"):
        return [pl.Series(prefix + target.name, [str(label) for label in target.decode(values)], dtype=pl.String)]
    flat = values.reshape(len(values), -1)
    if target.task == "multilabel":
        flat = flat.astype(np.int64)
    return [pl.Series(prefix + name, flat[:, place]) for place, name in enumerate(target.names)]


def _classes(truth: pl.Series, target: Target) -> np.ndarray:
    known = {str(label): number for number, label in enumerate(target.classes)}  # for older files
    known |= {shown(str(label)): number for number, label in enumerate(target.classes)}
    return np.array([known[label] for label in truth.fill_null("").to_list()])


def _numbers(truths: list[pl.Series], target: Target) -> np.ndarray:
    import polars as pl

    found = np.stack([truth.cast(pl.Float64).to_numpy() for truth in truths], axis=1)
    return found[:, 0] if found.shape[1] == 1 else found
