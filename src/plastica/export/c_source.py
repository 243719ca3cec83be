"""A program as C99 that allocates nothing, with what surrounds it for the model of a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from ..version import __version__
from .c_names import check_prefix, identifiers
from .c_step import c_step
from .c_table import CTable
from .loops import write_loops
from .loops.c import HELPERS, TYPES, C
from .loops.memory import Buffer
from .loops.statements import sizes
from .program import ArrayProgram, ArrayValue


@dataclass(frozen=True, slots=True)
class CSource:
    """A model in C.

    Attributes:
        header: The text of the header.
        source: The text of the source file.
        flash: The bytes of constants, weights among them; the code comes on top.
        ram: The bytes of static memory; the stack comes on top, a few hundred bytes.
    """

    header: str
    source: str
    flash: int
    ram: int


def c_source(
    program: ArrayProgram,
    name: str,
    around: CTable | None = None,
    start: Sequence[np.ndarray] | None = None,
    header: str = "",
) -> CSource:
    """Return a program for one row as C99 that allocates nothing.

    Args:
        program: A program for one row.
        name: The prefix of names, an identifier of C.
        around: What surrounds it, for the model of a table.
        start: For one step in time, each state before the first one.
        header: The file of the header, which the source includes. Default: the prefix and ``.h``.

    Raises:
        InvalidValue: If ``name`` is not an identifier of C.

    Example:
        >>> import plastica as pl
        >>> from plastica.export import program_of
        >>> model = pl.Sequential([pl.Dense(2, "relu", input_dim=3)])
        >>> model.build()
        >>> c_source(program_of(model, rows=1), "tiny").ram
        16
    """
    check_prefix(name)
    names = identifiers([*program.input_names, *program.output_names])
    inputs, outputs = names[: len(program.inputs)], names[len(program.inputs) :]
    written = write_loops(program, C(), inputs, outputs)
    given = [f"const {TYPES[value.dtype]} *{one}" for value, one in zip(program.inputs, inputs, strict=True)]
    filled = [f"{TYPES[value.dtype]} *{one}" for value, one in zip(program.outputs, outputs, strict=True)]
    signature = f"void {name}_predict({', '.join([*given, *filled])})"
    memory = [("float", "floats", written.floats), ("int32_t", "wholes", written.wholes)]
    pointers = [_pointer(each) for each in sorted(written.buffers, key=lambda each: each.whole)]
    stepping = None if start is None else c_step(program, name, start)
    parts = [
        f"/* Written by plastica {__version__}. */",
        f'#include "{header or name + ".h"}"\n\n#include <math.h>',
        *(["#include <string.h>"] if around else []),
        "",
        *(helper for each, helper in HELPERS.items() if any(f"{each}(" in line for line in written.lines)),
        *(_table(each, array) for each, array in written.tables.items()),
        *(f"static {kind} {each}[{size}];" for kind, each, size in memory if size),
        f"\n{signature} {{",
        *pointers,
        *(
            f"    (void){each};"
            for each in inputs
            if not any(re.search(rf"\b{each}\b", line) for line in written.lines)
        ),
        *written.lines,
        "}\n",
        *(around.defined if around else []),
        *(stepping.defined if stepping else []),
        _MAIN.format(name=name, NAME=name.upper()) if len(inputs) == len(outputs) == 1 else "",
    ]
    extra = [*(around.declared if around else []), *(stepping.declared if stepping else [])]
    declared = _header(program, name, signature, (inputs, outputs), extra)
    flash = sum(array.size * (4 if array.dtype == bool else array.itemsize) for array in written.tables.values())
    flash += around.flash if around else 0
    features = sum(prod(sizes(value.shape)) for value in program.inputs) if around else 0
    ram = 4 * (written.floats + written.wholes + features) + (stepping.ram if stepping else 0)
    return CSource(declared, "\n".join(parts).rstrip() + "\n", flash, ram)


# A program that reads rows of numbers and prints answers, to compare them.
_MAIN = """
#ifdef {NAME}_MAIN
/* Reads rows of numbers from the standard input and prints the answer to each. */
#include <stdio.h>

int main(void) {{
    static {name}_input x[{NAME}_INPUT_SIZE];
    static {name}_output y[{NAME}_OUTPUT_SIZE];
    for (;;) {{
        for (int i = 0; i < {NAME}_INPUT_SIZE; i++) {{
            double number;
            int found = scanf("%lf", &number);
            if (found != 1) {{ return i > 0 || found == 0; }}
            x[i] = ({name}_input)number;
        }}
        {name}_predict(x, y);
        for (int i = 0; i < {NAME}_OUTPUT_SIZE; i++) {{
            printf("%.9g%c", (double)y[i], i + 1 < {NAME}_OUTPUT_SIZE ? ' ' : '\\n');
        }}
    }}
}}
#endif"""


def _pointer(buffer: Buffer) -> str:
    kind = TYPES[buffer.dtype]
    memory = "wholes" if buffer.whole else "floats"
    seen = f"({kind} *){memory}" if kind == "uint32_t" else memory
    return f"    {kind} *const {buffer.name} = {seen} + {buffer.offset};"


def _header(
    program: ArrayProgram, name: str, signature: str, names: tuple[list[str], list[str]], extra: Sequence[str]
) -> str:
    guard = f"{name.upper()}_H"
    lines = [
        f"/* Written by plastica {__version__}. */",
        f"#ifndef {guard}",
        f"#define {guard}",
        "",
        "#include <stdint.h>",
        '\n#ifdef __cplusplus\nextern "C" {\n#endif',
    ]
    for role, values, own in (("input", program.inputs, names[0]), ("output", program.outputs, names[1])):
        for value, one in zip(values, own, strict=True):
            word = role if len(values) == 1 else f"{role}_{one}"
            lines += [
                f"\n/* {one}: shape {_shown(value)}. */",
                f"#define {name.upper()}_{word.upper()}_SIZE {prod(sizes(value.shape))}",
                f"typedef {TYPES[value.dtype]} {name}_{word};",
            ]
    lines += [
        "\n/* Answers one row. Two threads may not call it at once: the memory between layers is static. */",
        f"{signature};",
        *(["", *extra] if extra else []),
        "\n#ifdef __cplusplus\n}\n#endif",
        f"\n#endif /* {guard} */\n",
    ]
    return "\n".join(lines)


def _table(name: str, array: np.ndarray) -> str:
    dtype = str(array.dtype)
    spelled = C()
    numbers = [spelled.number(each, dtype) for each in array.ravel().tolist()] or ["0"]
    rows = [", ".join(numbers[start : start + 8]) for start in range(0, len(numbers), 8)]
    return f"static const {TYPES[dtype]} {name}[{len(numbers)}] = {{\n    " + ",\n    ".join(rows) + "\n};"


def _shown(value: ArrayValue) -> str:
    return " x ".join(map(str, sizes(value.shape)[1:])) or "1"
