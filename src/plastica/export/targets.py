"""Targets: what a model can be written as. A new writer is a module with two functions, and a line in ``TARGETS``.

* ``files(exported, path, **options)`` returns the complete content of each file by its path, in memory.
* ``opened(path, program)`` returns a function that answers as a written file does, for checks: from an array for each
  input of the program to one for each output. It takes any number of rows, also where the file takes one at a time.
* ``opened_table(path, table)``, of targets with ``columns``, returns one from raw columns to outputs and predictions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

import numpy as np

from ..errors import InvalidValue
from ..registry import look_up
from ..storage.atomic import as_path, replace_file
from ..typing import Document
from .exported import AnswerArrays, ColumnAnswers, Exported, InputShape, exported
from .program import ArrayProgram
from .quantization import quantized
from .wording import SAY


class FileWriter(Protocol):
    """What the module of a target has."""

    files: Callable[..., dict[Path, bytes]]
    opened: Callable[[Path, ArrayProgram], AnswerArrays]
    opened_table: Callable[[Path, Document], ColumnAnswers]  # of targets with ``columns`` only


class ExportTarget(NamedTuple):
    """A kind of file.

    Attributes:
        ending: The ending of its name.
        module: The module that writes it.
        rows: The number of rows for which it answers at once; None for any.
        columns: Whether the file of a table's model is checked with raw columns, by ``opened_table``.
        reads_series: Whether the file of a forecaster reads series with their time stamps.
    """

    ending: str
    module: str
    rows: int | None = None
    columns: bool = False
    reads_series: bool = False

    @property
    def writer(self) -> FileWriter:
        """The module, imported when it is needed."""
        return cast(FileWriter, import_module(f".{self.module}", __package__))


TARGETS = {
    "numpy": ExportTarget(".py", "numpy_writer", reads_series=True),
    "onnx": ExportTarget(".onnx", "onnx_writer", columns=True),
    "c": ExportTarget(".c", "c_writer", rows=1),
    "html": ExportTarget(".html", "html_writer", rows=1),
}

OPTIONS = {"beside": "numpy", "features": "onnx"}  # what each is for


class ExportedFiles(NamedTuple):
    """What was written.

    Attributes:
        target: The name of the target.
        paths: The files, the main one first.
        size: Their size in bytes.
        exported: The model.
        columns: Whether it is checked with raw columns.
    """

    target: str
    paths: tuple[Path, ...]
    size: int
    exported: Exported
    columns: bool = False


def write(
    model: object,
    path: str | Path,
    to: str | None = None,
    *,
    input_shape: InputShape | None = None,
    int8: Sequence[np.ndarray] | None = None,
    step: bool = False,
    **options: Any,
) -> ExportedFiles:
    """Write a model as a file for a place without JAX, or without Python.

    All is computed before anything is written; existing files are replaced when the new ones are complete.

    Args:
        model: A model, a model for a table, an estimator or a forecaster; ``pl.load`` opens the file of one.
        path: The file.
        to: The target: "numpy" for one Python file that needs NumPy only, "onnx", "c" for C99 that allocates nothing,
            with a header beside, "html" for one page that answers in the browser. Default: by the ending of ``path``.
        input_shape: The shape of one input, where the model leaves a size open.
        int8: Calibration rows, an array for each input of the program: products are computed in whole numbers, with
            weights of 8 bits; see :mod:`.quantization`. Not for ONNX.
        step: One step in time instead of whole inputs, for networks that answer step by step: what they remember goes
            in beside the inputs and comes out beside the answers; see :mod:`.stepping`. Not for HTML.
        options: Of the target: ``beside=True`` puts the weights of a Python file into a second file;
            ``features=True`` lets the ONNX file of a table's model take encoded features instead of raw columns.

    Raises:
        InvalidValue: If the model cannot be exported, or the target is unknown.
        UnknownName: If there is no such option.
        MissingExtra: If a package is missing that the target needs.
        FileError: If a file cannot be written.

    Example:
        >>> import tempfile, plastica as pl
        >>> model = pl.Sequential([pl.Dense(2, "softmax", input_dim=3)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     written = pl.export.write(model, f"{folder}/model.py")
        >>> written.target
        'numpy'
    """
    target = as_path(path)
    name = name_of(to, target)
    for each, value in options.items():
        if look_up("option", each, OPTIONS) != name and value:
            raise InvalidValue(SAY(each))
    chosen = TARGETS[name]
    if step and name == "html":
        raise InvalidValue(SAY("step_target"))
    found = exported(model, rows=chosen.rows, input_shape=input_shape, step=step, reads_series=chosen.reads_series)
    if int8 is not None:
        if found.series is not None or found.forecast is not None:
            raise InvalidValue(SAY("forecast_int8"))
        if name == "onnx":
            raise InvalidValue(SAY("onnx_int8"))
        found = replace(found, program=quantized(found.program, int8))
    files = chosen.writer.files(found, target, **{key: value for key, value in options.items() if value})
    for each, content in files.items():
        replace_file(each, [content])
    columns = chosen.columns and found.table is not None and not options.get("features")
    return ExportedFiles(name, tuple(files), sum(map(len, files.values())), found, columns)


def name_of(to: str | None, path: Path) -> str:
    """Return the name of the target, by the ending of the file if none is given.

    Raises:
        InvalidValue: If there is no such target.
    """
    known = ", ".join(TARGETS)
    if to is None:
        found = [name for name, target in TARGETS.items() if target.ending == path.suffix.lower()]
        if not found:
            endings = ", ".join(target.ending for target in TARGETS.values())
            raise InvalidValue(SAY("no_target", path=str(path), endings=endings))
        return found[0]
    if to not in TARGETS:
        raise InvalidValue(SAY("unknown_target", given=repr(to), known=known))
    return to
