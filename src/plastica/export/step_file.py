"""The end of exported Python files for one step in time: a state goes in beside the inputs, and comes out.

Files contain the source of this module from ``start`` on, behind the function ``compute``.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .array_file import as_dtype

# Of the file: the shape and the dtype of one step of each input, the names of the answers, and the first state.
SHAPES: list[list[int]] = []
DTYPES: list[str] = []
OUTPUTS: list[str] = []
START: list[np.ndarray] = []
compute: Callable[..., Any]

StepState = list[np.ndarray]


def start(rows: int = 1) -> StepState:
    """Return the state before the first step of so many sequences side by side."""
    return [np.repeat(each, rows, 0) for each in START]


def step(state: StepState, *inputs: Any) -> tuple[Any, StepState]:
    """Return the answers to one step, several in a dict, and the state after it.

    Args:
        state: From ``start`` or the last ``step``.
        inputs: An array ``(rows, ...)`` for each input.
    """
    if len(inputs) != len(SHAPES):
        raise ValueError(f"{len(inputs)} arrays were given, but the model has {len(SHAPES)} inputs.")
    arrays = [as_dtype(np.asarray(each), dtype) for each, dtype in zip(inputs, DTYPES, strict=True)]
    for array, shape in zip(arrays, SHAPES, strict=True):
        if list(array.shape[1:]) != shape:
            raise ValueError(f"got inputs of shape {array.shape}; expected (rows, {', '.join(map(str, shape))}).")
    if any(len(each) != len(arrays[0]) for each in state):
        raise ValueError(
            f"the state is of {len(state[0])} sequences, the inputs of {len(arrays[0])}: start({len(arrays[0])})."
        )
    with np.errstate(all="ignore"):
        found = compute(*arrays, *state)
    found = found if isinstance(found, tuple) else (found,)
    answers, after = found[: len(OUTPUTS)], list(found[len(OUTPUTS) :])
    return (answers[0] if len(OUTPUTS) == 1 else dict(zip(OUTPUTS, answers, strict=True))), after


def main() -> None:
    """Print the answers to a sequence, line by line as its steps come."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="CSV with the numbers of one step in each line; - for standard input")
    path = parser.parse_args().file
    writer, state, number = csv.writer(sys.stdout, lineterminator="\n"), start(), 0
    try:
        with sys.stdin if path == "-" else Path(path).open(newline="", encoding="utf-8-sig") as file:
            for number, line in enumerate(csv.reader(file), start=1):
                if not line or (number == 1 and not is_number(line[0])):
                    continue
                numbers = np.array([float(cell) for cell in line]).reshape(1, *SHAPES[0])
                answers, state = step(state, numbers)
                parts: Sequence[np.ndarray] = list(answers.values()) if isinstance(answers, dict) else [answers]
                writer.writerow(np.concatenate([part.reshape(-1) for part in parts]).tolist())
                sys.stdout.flush()
    except (OSError, ValueError) as error:
        sys.exit(f"{path}, line {number}: {error}")


def is_number(cell: str) -> bool:
    """Return whether a cell is a number; the header of a file has none."""
    try:
        float(cell)
    except ValueError:
        return False
    return True
