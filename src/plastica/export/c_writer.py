"""Models as C99 without allocation, for microcontrollers: a source file and its header."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import MissingExtra
from .c_names import prefix
from .c_source import CSource, c_source
from .c_table import c_table
from .exported import AnswerArrays, Exported
from .loops.statements import sizes, width
from .program import ArrayProgram
from .wording import SAY

_COMMON = ("gcc", "cc", "clang")


def source_of(exported: Exported, path: Path) -> CSource:
    """Return the source of a model, whose names begin with that of the file.

    Args:
        exported: The model, its program for one row.
        path: The source file.
    """
    name = prefix_of(path)
    around = None if exported.table is None else c_table(exported.table, name)
    return c_source(exported.program, name, around, exported.start, header_of(path).name)


def prefix_of(path: Path) -> str:
    """Return the prefix of the names in a source file: that of the file, or one that begins with ``model``.

    Example:
        >>> [prefix_of(Path(each)) for each in ("net.c", "t32.c", "int.c", "2nd try.c")]
        ['net', 't32', 'model_int', 'model_2nd_try']
    """
    return prefix(path.stem)


def header_of(path: Path) -> Path:
    """Return the header of a source file, which has its name."""
    return path.with_suffix(".h")


def files(exported: Exported, path: Path) -> dict[Path, bytes]:
    """Return the content of the source file and of its header.

    Args:
        exported: The model, its program for one row.
        path: The source file; the header is beside it.
    """
    source = source_of(exported, path)
    return {path: source.source.encode(), header_of(path): source.header.encode()}


def compiled(path: Path) -> ctypes.CDLL:
    """Return a source file as a library, compiled by the C compiler of this machine (``CC``, gcc, cc or clang).

    Raises:
        MissingExtra: If there is none.
    """
    compiler = os.environ.get("CC") or next(filter(None, map(shutil.which, _COMMON)), None)
    if compiler is None:
        raise MissingExtra(SAY("no_compiler"))
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "model.so"
        command = [compiler, "-std=c99", "-O2", "-shared", "-fPIC", "-o", str(library), str(path), "-lm"]
        subprocess.run(command, check=True)
        return ctypes.CDLL(str(library))


def opened(path: Path, program: ArrayProgram) -> AnswerArrays:
    """Return a function that answers as a source file that was just written, compiled.

    Raises:
        MissingExtra: If there is no C compiler.
    """
    name = prefix_of(path)
    predict = getattr(compiled(path), f"{name}_predict")
    outputs = [(width(value), value) for value in program.outputs]

    def answer(x: Sequence[np.ndarray]) -> list[np.ndarray]:
        rows = len(x[0])
        given = [
            np.ascontiguousarray(each, value.dtype).reshape(rows, -1)
            for each, value in zip(x, program.inputs, strict=True)
        ]
        found = [np.zeros((rows, size), "int32" if each.dtype == "bool" else each.dtype) for size, each in outputs]
        pointers = [
            [ctypes.c_void_p(row.ctypes.data) for row in (each[k] for each in (*given, *found))] for k in range(rows)
        ]
        for row in pointers:
            predict(*row)
        shapes = [sizes(value.shape)[1:] for _, value in outputs]
        return [each.reshape(rows, *shape) for each, shape in zip(found, shapes, strict=True)]

    return answer
