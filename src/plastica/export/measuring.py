"""How exact and how fast an exported file is, beside the model that it was made of."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..errors import DataError, PlasticaError
from ..notes import told
from ..tables.base import BaseTableNetwork
from ..typing import Document
from .drawn_columns import drawn_columns
from .exported import AnswerArrays, ColumnAnswers, Exported
from .numpy_writer import opened_module
from .quantization import is_quantized
from .raw_columns import RawColumns, features_of, labelled
from .targets import TARGETS, ExportedFiles
from .wording import SAY

if TYPE_CHECKING:
    from .forecasts import SeriesExport

ROWS = 100  # drawn, if none are given
_SECONDS = 0.3  # of calls for a time


class Measured(NamedTuple):
    """How exact and how fast a file is.

    Attributes:
        rows: The number of rows, or of steps of all series, that were compared.
        drawn: Whether they were drawn at random.
        difference: The largest difference of an output from plastica's; relative to the largest if that is above 1.
        microseconds: The median time of one row, or of one forecast, in this process.
        beside: The same of plastica, and of onnxruntime if it is installed.
    """

    rows: int
    drawn: bool
    difference: float
    microseconds: float
    beside: dict[str, float]


class CheckRows(NamedTuple):
    """Rows to compare with.

    Attributes:
        inputs: An array for each input of the program; features for the model of a table.
        columns: The raw columns of a table, or of newer rows of series; None for a model of arrays.
        expected: What plastica answers, where it is known already: the forecasts after each newer step.
    """

    inputs: list[np.ndarray]
    columns: RawColumns | None = None
    expected: list[np.ndarray] | None = None


def measure(written: ExportedFiles, rows: CheckRows | None = None) -> Measured:
    """Compare a file with the model that it was made of.

    Args:
        written: What was written.
        rows: The rows. Default: drawn at random.

    Raises:
        MissingExtra: If what runs the file is not installed.
    """
    if written.exported.series is not None:
        return _of_forecast(written, written.exported.series, rows)
    model, own = written.exported, written.exported.answer
    assert own is not None
    chosen = drawn_rows(written) if rows is None else rows
    x = chosen.inputs
    one = [each[:1] for each in x]
    found, microseconds = _answered(written, chosen)
    differences = [_difference(*each) for each in zip(found, chosen.expected or own(x), strict=True)]
    beside = {"plastica": time_of_call(lambda: own(one))}
    if written.target != "onnx" and (session := _onnxruntime(model, written.paths[0])) is not None:
        beside["onnxruntime"] = time_of_call(lambda: session(one))
    return Measured(len(x[0]), rows is None, max(differences), microseconds, beside)


def _of_forecast(written: ExportedFiles, series: SeriesExport, rows: CheckRows | None) -> Measured:
    """Compare the next steps after training, or after newer rows, with those of plastica."""
    newer = None if rows is None else rows.columns
    forecast = opened_module(written.paths[0]).predict
    expected = series.forecast(newer)
    try:
        found = forecast(newer)
    except ValueError as error:
        raise DataError(SAY("bad_newer", why=told(error))) from None
    values = [name for name, column in expected.items() if column.dtype.kind == "f"]
    differences = [_difference(found[name], expected[name]) for name in values]
    beside = {"plastica": time_of_call(lambda: series.forecast(newer))}
    return Measured(len(found[values[0]]), False, max(differences), time_of_call(lambda: forecast(newer)), beside)


def drawn_rows(written: ExportedFiles) -> CheckRows:
    """Return random rows for a file."""
    model = written.exported
    if written.columns and model.table is not None:
        return rows_of(model.table, drawn_columns(model.table, ROWS))
    assert model.draw is not None
    return CheckRows(model.draw(ROWS))


def rows_of(table: Document, columns: RawColumns) -> CheckRows:
    """Return rows of raw columns with their features."""
    features = [features_of(columns, specs) for specs in table["inputs"]]
    return CheckRows([np.array(each, np.float64).T.astype(np.float32) for each in features], columns)


def _answered(written: ExportedFiles, rows: CheckRows) -> tuple[list[np.ndarray], float]:
    """Return what a file answers, and the time of one row."""
    if written.columns and rows.columns is not None:
        answer = _opened_table(written)
        first = {name: cells[:1] for name, cells in rows.columns.items()}
        return [answer(rows.columns)[0]], time_of_call(lambda: answer(first))
    opened = TARGETS[written.target].writer.opened(written.paths[0], written.exported.program)
    one = [each[:1] for each in rows.inputs]
    return opened(rows.inputs), time_of_call(lambda: opened(one))


def _opened_table(written: ExportedFiles) -> ColumnAnswers:
    table = written.exported.table
    assert table is not None
    return TARGETS[written.target].writer.opened_table(written.paths[0], table)


def _difference(found: np.ndarray, expected: np.ndarray) -> float:
    largest = max(1.0, float(np.abs(expected).max(initial=0)))
    return float(np.abs(found - expected).max(initial=0)) / largest


def same_labels(written: ExportedFiles, network: BaseTableNetwork, table: object, rows: CheckRows) -> int:
    """Return for how many rows of a table the file predicts the class that plastica predicts.

    Args:
        written: What was written.
        network: The model for a table that it was made of.
        table: The table.
        rows: Its rows, from :func:`check_rows`.
    """
    described = written.exported.table
    assert described is not None
    if written.columns and rows.columns is not None:
        found = _opened_table(written)(rows.columns)[1]
    else:
        opened = TARGETS[written.target].writer.opened(written.paths[0], written.exported.program)
        found = labelled(opened(rows.inputs)[0].tolist(), described["answers"])
    expected = np.asarray(network.predict(table).labels, object).reshape(len(found), -1).tolist()
    return sum(own == other for own, other in zip(found, expected, strict=True))


def time_of_call(call: Callable[[], object]) -> float:
    """Return the median time of a call in microseconds, without the first."""
    call()
    times: list[float] = []
    end = time.perf_counter() + _SECONDS
    while time.perf_counter() < end or len(times) < 3:
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return float(np.median(times)) * 1e6


def _onnxruntime(model: Exported, path: Path) -> AnswerArrays | None:
    """Return what onnxruntime answers for the model, if it and onnx are installed and can."""
    if is_quantized(model.program):  # it has no convolution of whole numbers in 32 bits
        return None
    try:
        from . import onnx_writer

        return onnx_writer.session(next(iter(onnx_writer.files(model, path, features=True).values())))
    except (PlasticaError, ImportError):
        return None


def check_rows(exported: Exported, path: str | Path) -> CheckRows:
    """Return the rows of a file: a table, or .npy with an array for each row.

    Raises:
        DataError: If the file does not have the inputs of the model.
    """
    if exported.forecast is not None:
        inputs, expected = exported.forecast.after(path)
        return CheckRows(inputs, expected=expected)
    try:
        if exported.series is not None:
            from ..data.inputs import as_table

            return CheckRows([], {name: values.to_list() for name, values in as_table(path).columns.items()})
        if exported.table is not None:
            from ..data.inputs import as_table

            columns = {name: values.to_list() for name, values in as_table(path).columns.items()}
            return rows_of(exported.table, columns)
    except (PlasticaError, ValueError) as error:
        raise DataError(SAY("bad_check", path=str(path), why=told(error))) from None
    return CheckRows([_array_rows(exported, path)])


def _array_rows(exported: Exported, path: str | Path) -> np.ndarray:
    """Return the rows of an .npy file for the one input of a program."""
    from ..storage.array_files import read_arrays

    found = read_arrays(path)
    (value,) = exported.program.inputs
    shape = tuple(int(size) for size in value.shape[1:])  # pyright: ignore[reportArgumentType]
    if "" not in found:
        raise DataError(SAY("check_archive", path=str(path), names=", ".join(found)))
    rows = found[""]
    if not rows.ndim or rows.size != len(rows) * math.prod(shape) or rows.dtype.kind not in "fiub":
        raise DataError(
            SAY("check_shape", path=str(path), shape=str(rows.shape), dtype=str(rows.dtype), rows=str(shape))
        )
    return rows.astype(value.dtype).reshape(len(rows), *shape)
