"""How exact and how fast an exported file is, beside the model that it was made of."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import DataError, PlasticaError
from ..tables.base import BaseTableNetwork
from .exported import AnswerArrays, Exported
from .raw_columns import features_of, labelled
from .targets import TARGETS, ExportedFiles
from .wording import SAY

ROWS = 100  # drawn, if none are given
_SECONDS = 0.3  # of calls for a time


class Measured(NamedTuple):
    """How exact and how fast a file is.

    Attributes:
        rows: The number of rows that were compared.
        drawn: Whether they were drawn at random.
        difference: The largest difference of an output from plastica's; relative to the largest if that is above 1.
        microseconds: The median time of one row, in this process.
        beside: The same of plastica, and of onnxruntime if it is installed.
    """

    rows: int
    drawn: bool
    difference: float
    microseconds: float
    beside: dict[str, float]


def measure(written: ExportedFiles, inputs: Sequence[np.ndarray] | None = None) -> Measured:
    """Compare a file with the model that it was made of.

    Args:
        written: What was written.
        inputs: An array for each input of the program; features for the model of a table. Default: drawn at random.

    Raises:
        MissingExtra: If what runs the file is not installed.
    """
    model = written.exported
    assert model.answer is not None and model.draw is not None
    x = model.draw(ROWS) if inputs is None else inputs
    answer = TARGETS[written.target].writer.opened(written.paths[0], model.program)
    expected, found = model.answer(x), answer(x)
    differences = [_difference(own, other) for own, other in zip(found, expected, strict=True)]
    one = [each[:1] for each in x]
    beside = {"plastica": _microseconds(model.answer, one)}
    if written.target != "onnx" and (session := _onnxruntime(model, written.paths[0])) is not None:
        beside["onnxruntime"] = _microseconds(session, one)
    return Measured(len(x[0]), inputs is None, max(differences), _microseconds(answer, one), beside)


def _difference(found: np.ndarray, expected: np.ndarray) -> float:
    largest = max(1.0, float(np.abs(expected).max(initial=0)))
    return float(np.abs(found - expected).max(initial=0)) / largest


def same_labels(written: ExportedFiles, network: BaseTableNetwork, table: object, inputs: Sequence[np.ndarray]) -> int:
    """Return for how many rows of a table the file predicts the class that plastica predicts.

    Args:
        written: What was written.
        network: The model for a table that it was made of.
        table: The table.
        inputs: Its rows as the file read them, from :func:`check_inputs`.
    """
    described = written.exported.table
    assert described is not None
    outputs = TARGETS[written.target].writer.opened(written.paths[0], written.exported.program)(inputs)[0]
    expected = np.asarray(network.predict(table).labels, object).reshape(len(outputs), -1).tolist()
    return sum(
        own == other for own, other in zip(labelled(outputs.tolist(), described["answers"]), expected, strict=True)
    )


def _microseconds(answer: AnswerArrays, x: Sequence[np.ndarray]) -> float:
    """Return the median time of a call, without the first."""
    answer(x)
    times: list[float] = []
    end = time.perf_counter() + _SECONDS
    while time.perf_counter() < end or len(times) < 3:
        begin = time.perf_counter()
        answer(x)
        times.append(time.perf_counter() - begin)
    return float(np.median(times)) * 1e6


def _onnxruntime(model: Exported, path: Path) -> AnswerArrays | None:
    """Return what onnxruntime answers for the model, if it and onnx are installed and can."""
    try:
        from . import onnx_writer

        return onnx_writer.session(next(iter(onnx_writer.files(model, path.with_suffix(".onnx")).values())))
    except (PlasticaError, ImportError):
        return None


def check_inputs(exported: Exported, path: str | Path) -> list[np.ndarray]:
    """Return the inputs of the program for the rows of a file: a table, or .npy with an array for each row.

    Raises:
        DataError: If the file does not have the inputs of the model.
    """
    try:
        if exported.table is not None:
            from ..data.inputs import as_table

            columns = {name: values.to_list() for name, values in as_table(path).columns.items()}
            features = [features_of(columns, specs) for specs in exported.table["inputs"]]
            return [np.array(each, np.float64).T.astype(np.float32) for each in features]
        (value,) = exported.program.inputs
        rows = np.load(path, allow_pickle=False).astype(value.dtype)
        return [rows.reshape(len(rows), *value.shape[1:])]  # pyright: ignore[reportArgumentType]
    except (ValueError, OSError) as error:
        raise DataError(SAY("bad_check", path=str(path), why=str(error))) from None
