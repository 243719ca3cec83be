"""One step in time in C: what is remembered is a struct, which ``NAME_start`` fills and ``NAME_step`` changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .c_names import identifiers
from .loops.c import TYPES, C
from .loops.statements import width
from .program import ArrayProgram


@dataclass(frozen=True, slots=True)
class CStep:
    """What surrounds one step.

    Attributes:
        declared: Lines of the header.
        defined: Lines of the source file.
        ram: The bytes of static memory.
    """

    declared: Sequence[str]
    defined: Sequence[str]
    ram: int


def c_step(program: ArrayProgram, name: str, start: Sequence[np.ndarray]) -> CStep:
    """Return the functions ``NAME_start`` and ``NAME_step``.

    Args:
        program: One step, whose last inputs and outputs are the states; for one row.
        name: The prefix of names.
        start: Each state before the first step.
    """
    names = identifiers([*program.input_names, *program.output_names])
    count, given = len(start), len(program.inputs) - len(start)
    inputs, outputs = names[:given], names[len(program.inputs) : len(names) - count]
    states = list(zip(names[given : given + count], program.inputs[given:], start, strict=True))
    arguments = [
        *(f"const {TYPES[value.dtype]} *{each}" for each, value in zip(inputs, program.inputs, strict=False)),
        *(f"{TYPES[value.dtype]} *{each}" for each, value in zip(outputs, program.outputs, strict=False)),
    ]
    step = f"void {name}_step({', '.join([f'{name}_state *state', *arguments])})"
    begin = f"void {name}_start({name}_state *state)"
    declared = [
        "/* What is remembered of a sequence. */",
        "typedef struct {",
        *(f"    {TYPES[value.dtype]} {each}[{width(value)}];" for each, value, _ in states),
        *([] if states else ["    char nothing;"]),
        f"}} {name}_state;",
        "\n/* Begins a sequence. */",
        f"{begin};",
        "\n/* Answers one step of a sequence, and remembers it. */",
        f"{step};",
    ]
    passed = [
        *inputs,
        *(f"before.{each}" for each, _, _ in states),
        *outputs,
        *(f"state->{each}" for each, _, _ in states),
    ]
    defined = [
        f"{begin} {{",
        *(line for each, _, array in states for line in _filled(each, array)),
        *([] if states else ["    state->nothing = 0;"]),
        "}\n",
        f"{step} {{",
        f"    static {name}_state before;",
        "    before = *state;",
        f"    {name}_predict({', '.join(passed)});",
        "}",
    ]
    return CStep(declared, defined, 4 * sum(width(value) for _, value, _ in states))


def _filled(name: str, array: np.ndarray) -> list[str]:
    """Return the statements that fill a state."""
    spelled, dtype, numbers = C(), str(array.dtype), array.ravel().tolist()
    if len({*numbers}) == 1:
        loop = f"for (int k = 0; k < {len(numbers)}; k++)"
        return [f"    {loop} {{ state->{name}[k] = {spelled.number(numbers[0], dtype)}; }}"]
    return [f"    state->{name}[{k}] = {spelled.number(each, dtype)};" for k, each in enumerate(numbers)]
