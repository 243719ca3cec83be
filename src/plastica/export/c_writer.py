"""C99 without allocation, for microcontrollers: one source file and its header."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod

import numpy as np

from ..errors import InvalidValue
from ..version import __version__
from .loops import write_loops
from .loops.c import HELPERS, TYPES, C
from .loops.memory import Buffer
from .program import Program, Value

_KEYWORDS = re.compile(
    "auto|break|case|char|const|continue|default|do|double|else|enum|extern|float|for|goto|if|inline|int|long|main|"
    "register|restrict|return|short|signed|sizeof|static|struct|switch|typedef|union|unsigned|void|volatile|while"
)
# Names of the statements, with or without a number.
_TAKEN = re.compile(r"([vwitkjfcp]|at|choice|moved|value|total|best|free|floats|wholes|larger|smaller|sign)\d*")


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


def c_source(program: Program, name: str) -> CSource:
    """Return a program for one row as C99 that allocates nothing.

    Args:
        program: A program for one row.
        name: The prefix of names, an identifier of C.

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
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or _KEYWORDS.fullmatch(name):
        raise InvalidValue(
            f"name={name!r}: names in C begin with a letter and have letters, digits and _ only, such as 'model'."
        )
    inputs, outputs = _parameters(program.input_names), _parameters(program.output_names)
    written = write_loops(program, C(), inputs, outputs)
    given = [f"const {TYPES[value.dtype]} *{one}" for value, one in zip(program.inputs, inputs, strict=True)]
    filled = [f"{TYPES[value.dtype]} *{one}" for value, one in zip(program.outputs, outputs, strict=True)]
    signature = f"void {name}_predict({', '.join([*given, *filled])})"
    memory = [("float", "floats", written.floats), ("int32_t", "wholes", written.wholes)]
    pointers = [_pointer(each) for each in sorted(written.buffers, key=lambda each: each.whole)]
    parts = [
        f"/* Written by plastica {__version__}. */",
        f'#include "{name}.h"\n\n#include <math.h>\n',
        HELPERS,
        *(_table(each, array) for each, array in written.tables.items()),
        *(f"static {kind} {each}[{size}];" for kind, each, size in memory if size),
        f"\n{signature} {{",
        *pointers,
        *written.lines,
        "}",
        _MAIN.format(name=name, NAME=name.upper()) if len(inputs) == len(outputs) == 1 else "",
    ]
    flash = sum(4 * array.size for array in written.tables.values())
    return CSource(
        _header(program, name, signature, inputs, outputs),
        "\n".join(parts).rstrip() + "\n",
        flash,
        4 * (written.floats + written.wholes),
    )


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


def _header(program: Program, name: str, signature: str, inputs: list[str], outputs: list[str]) -> str:
    guard = f"{name.upper()}_H"
    lines = [
        f"/* Written by plastica {__version__}. */",
        f"#ifndef {guard}",
        f"#define {guard}",
        "",
        "#include <stdint.h>",
    ]
    for role, values, names in (("input", program.inputs, inputs), ("output", program.outputs, outputs)):
        for value, one in zip(values, names, strict=True):
            word = role if len(values) == 1 else f"{role}_{one}"
            lines += [
                f"\n/* {one}: shape {_shown(value)}. */",
                f"#define {name.upper()}_{word.upper()}_SIZE {prod(_sizes(value))}",
                f"typedef {TYPES[value.dtype]} {name}_{word};",
            ]
    lines += [
        "\n/* Answers one row. Two threads may not call it at once: the memory between layers is static. */",
        f"{signature};",
        f"\n#endif /* {guard} */\n",
    ]
    return "\n".join(lines)


def _table(name: str, array: np.ndarray) -> str:
    dtype = str(array.dtype)
    spelled = C()
    numbers = [spelled.number(each, dtype) for each in array.ravel().tolist()] or ["0"]
    rows = [", ".join(numbers[start : start + 8]) for start in range(0, len(numbers), 8)]
    return f"static const {TYPES[dtype]} {name}[{len(numbers)}] = {{\n    " + ",\n    ".join(rows) + "\n};"


def _parameters(names: tuple[str, ...]) -> list[str]:
    """Return names of parameters in C: other characters become _, and clashes a number."""
    found: list[str] = []
    for each in names:
        name = re.sub(r"\W", "_", each, flags=re.ASCII) or "x"
        if name[0].isdigit() or _KEYWORDS.fullmatch(name) or _TAKEN.fullmatch(name):
            name = f"_{name}"
        found.append(name if name not in found else f"{name}_{len(found)}")
    return found


def _sizes(value: Value) -> list[int]:
    return [size for size in value.shape if isinstance(size, int)]


def _shown(value: Value) -> str:
    return " x ".join(map(str, _sizes(value)[1:])) or "1"
