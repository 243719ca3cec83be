"""From a program to the loops that compute it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..program import ArrayProgram, Operation
from ..quantization import narrow
from . import looping, moving, products, reducing
from .dialect import Dialect
from .memory import Buffer, plan
from .places import ArrayPlace
from .statements import Statements

WRITE: Mapping[str, Callable[[Statements, Operation], None]] = {
    "reshape": moving.write_reshape,
    "transpose": moving.write_transpose,
    "broadcast": moving.write_broadcast,
    "reverse": moving.write_reverse,
    "slice": moving.write_slice,
    "concatenate": moving.write_concatenate,
    "pad": moving.write_pad,
    "take": moving.write_take,
    "iota": moving.write_iota,
    "dynamic_slice": moving.write_dynamic_slice,
    "scatter": moving.write_scatter,
    "scatter_add": moving.write_scatter,
    **dict.fromkeys((f"reduce_{each}" for each in ("sum", "max", "min", "prod", "and", "or")), reducing.write_reduce),
    **dict.fromkeys((f"cum{each}" for each in ("sum", "prod", "max", "min")), reducing.write_running),
    "argmax": reducing.write_place_of_largest,
    "argmin": reducing.write_place_of_largest,
    "sort": reducing.write_sort,
    "matmul": products.write_matmul,
    "convolution": products.write_convolution,
    "window_max": products.write_window,
    "window_sum": products.write_window,
    "scan": looping.write_scan,
    "while": looping.write_while,
    "choose": looping.write_choose,
}


@dataclass(frozen=True, slots=True)
class LoopCode:
    """A program as loops.

    Attributes:
        lines: The statements, indented by one level.
        tables: The constants that they read, by name.
        buffers: The arrays between, each with its place in the memory of its kind.
        floats, wholes: How many floats and whole numbers this memory holds.
    """

    lines: Sequence[str]
    tables: Mapping[str, np.ndarray]
    buffers: Sequence[Buffer]
    floats: int
    wholes: int


def write_loops(program: ArrayProgram, dialect: Dialect, inputs: Sequence[str], outputs: Sequence[str]) -> LoopCode:
    """Return the loops that compute a program for a fixed number of rows.

    Args:
        program: The program.
        dialect: The language.
        inputs: The names of the arrays that are given.
        outputs: The names of the arrays to be filled.
    """
    to = Statements(dialect, WRITE)
    for value, name in zip(program.inputs, inputs, strict=True):
        to.bind(value, ArrayPlace(name))
    to.program(program)
    for value, name in zip(program.outputs, outputs, strict=True):
        to.copy(value, ArrayPlace(name))
    buffers = list(to.buffers.values())
    floats = plan(each for each in buffers if not each.whole)
    wholes = plan(each for each in buffers if each.whole)
    # An array may have been placed and then only reshaped.
    named = set(re.findall(r"\bw\d+(?:_[a-z]+)?\b", "\n".join(to.lines)))
    tables = {name: narrow(array) for name, array in to.tables.items() if name in named}
    return LoopCode(to.lines, tables, buffers, floats, wholes)
