"""The end of exported Python files for models of arrays: predictions, and the command line.

Files contain the source of this module from ``predict`` on, behind the function ``compute``.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

# Of the file: the shape and the dtype of one row of each input, and the names of the outputs.
SHAPES: list[list[int]] = []
DTYPES: list[str] = []
OUTPUTS: list[str] = []
compute: Callable[..., Any]


def predict(*inputs: Any) -> Any:
    """Return the answers for rows of inputs, an array ``(rows, ...)`` for each input; several in a dict."""
    if len(inputs) != len(SHAPES):
        raise ValueError(f"{len(inputs)} arrays were given, but the model has {len(SHAPES)} inputs.")
    arrays = [as_dtype(np.asarray(each), dtype) for each, dtype in zip(inputs, DTYPES, strict=True)]
    for array, shape in zip(arrays, SHAPES, strict=True):
        if list(array.shape[1:]) != shape:
            raise ValueError(f"got inputs of shape {array.shape}; expected (rows, {', '.join(map(str, shape))}).")
    with np.errstate(all="ignore"):
        found = compute(*arrays)
    return found if len(OUTPUTS) == 1 else dict(zip(OUTPUTS, found, strict=True))


def as_dtype(array: np.ndarray, dtype: str) -> np.ndarray:
    """Return an array in the dtype of an input."""
    if dtype == "int32" and array.dtype.kind == "f" and (array != np.rint(array)).any():
        raise ValueError("this input takes whole numbers, such as the numbers of words.")
    return array.astype(dtype)


def main() -> None:
    """Print the answers for the rows of a file: CSV with the numbers of a row in one line, or .npy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="CSV with the numbers of one row in each line, or .npy")
    path = parser.parse_args().file
    try:
        rows = np.load(path) if path.endswith(".npy") else read_rows(path)
        found = predict(rows.reshape(len(rows), *SHAPES[0]))
    except (OSError, ValueError) as error:
        sys.exit(f"{path}: {error}")
    parts = found.values() if isinstance(found, dict) else [found]
    csv.writer(sys.stdout, lineterminator="\n").writerows(
        np.concatenate([part.reshape(len(part), -1) for part in parts], 1).tolist()
    )


def read_rows(path: str) -> np.ndarray:
    """Return the numbers of a CSV file; a first line that has none is skipped."""
    with Path(path).open(newline="", encoding="utf-8-sig") as file:
        lines = [line for line in csv.reader(file) if line]
    try:
        float(lines[0][0])
    except (ValueError, IndexError):
        lines = lines[1:]
    return np.array([[float(cell) for cell in line] for line in lines], np.float32)
