"""Loops of programs inside: over the steps of sequences, until a condition is false, and choices."""

from __future__ import annotations

from collections.abc import Sequence

from ..program import ArrayValue, Operation
from .places import ArrayPlace, shifted
from .statements import Statements, width


def write_scan(to: Statements, operation: Operation) -> None:
    """Write a loop over the steps of sequences, in which values are carried."""
    body = operation.inner("body")
    fixed, carried, length = (operation.whole(name) for name in ("fixed", "carried", "length"))
    given = [to.place(each) for each in operation.inputs]
    kept = _initial(to, operation.outputs[:carried], operation.inputs[fixed : fixed + carried])
    results = [to.new(value) for value in operation.outputs[carried:]]
    with to.repeated(), to.loop(f"t{to.number()}", length, down=bool(operation.parameters["reverse"])) as step:
        sequences = [
            place.further(shifted(step, width(value), 0))
            for value, place in zip(body.inputs[fixed + carried :], given[fixed + carried :], strict=True)
        ]
        _bind(to, body.inputs, [*given[:fixed], *kept, *sequences])
        for value, whole in zip(body.inputs[fixed + carried :], operation.inputs[fixed + carried :], strict=True):
            to.walk(value, whole, step)
        to.program(body)
        for value, place in zip(body.outputs[carried:], results, strict=True):
            to.copy(value, place.further(shifted(step, width(value), 0)))
        _carry(to, body.outputs[:carried], kept)


def write_while(to: Statements, operation: Operation) -> None:
    """Write a loop until a condition is false."""
    condition, body = (operation.inner(name) for name in ("condition", "body"))
    first, second = (operation.whole(name) for name in ("condition_fixed", "body_fixed"))
    given = [to.place(each) for each in operation.inputs[: first + second]]
    kept = _initial(to, operation.outputs, operation.inputs[first + second :])
    with to.repeated(), to.block("for (;;) {"):
        _bind(to, condition.inputs, [*given[:first], *kept])
        to.program(condition)
        to.line(f"if (!({to.at(condition.outputs[0], [])})) {{ break; }}")
        _bind(to, body.inputs, [*given[first:], *kept])
        to.program(body)
        _carry(to, body.outputs, kept)


def write_choose(to: Statements, operation: Operation) -> None:
    """Write one of several programs, by a number that is moved into range."""
    number, *operands = operation.inputs
    branches = operation.programs
    places = [to.place(each) for each in operands]
    results = [to.new(value) for value in operation.outputs]
    name = f"choice{to.number()}"
    with to.block():
        to.line(to.dialect.local(name, "int32", to.at(number, [])))
        for place, branch in enumerate(branches):
            # Too small a number chooses the first program, and too large a one the last.
            tests = [f"{name} > {place - 1}"] * (place > 0) + [f"{name} < {place + 1}"] * (place < len(branches) - 1)
            with to.block(f"if ({' && '.join(tests) or '1'}) {{"):
                _bind(to, branch.inputs, places)
                to.program(branch)
                for value, target in zip(branch.outputs, results, strict=True):
                    to.copy(value, target)


def _initial(to: Statements, results: Sequence[ArrayValue], values: Sequence[ArrayValue]) -> list[ArrayPlace]:
    """Write the initial values where the carried ones are kept, which are the results at last."""
    kept = [to.new(value) for value in results]
    for value, place in zip(values, kept, strict=True):
        to.copy(value, place)
    return kept


def _bind(to: Statements, values: Sequence[ArrayValue], places: Sequence[ArrayPlace]) -> None:
    for value, place in zip(values, places, strict=True):
        to.bind(value, place)


def _carry(to: Statements, values: Sequence[ArrayValue], kept: Sequence[ArrayPlace]) -> None:
    """Write new values over the carried ones; a value that another one overwrites first is copied before."""
    sources: list[tuple[ArrayValue, ArrayPlace]] = []
    for value, place in zip(values, kept, strict=True):
        if not to.is_number(value) and to.place(value) == place:
            continue
        if not to.is_number(value) and to.place(value) in kept:
            saved = to.scratch(value, f"v{value.number}_{to.number()}")
            to.copy(value, saved)
            to.bind(value, saved)
        sources.append((value, place))
    for value, place in sources:
        to.copy(value, place)
