"""Reader: from what JAX traced (a jaxpr) to the operations of a program."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal, Var

from .building import ProgramBuilder
from .program import ArrayProgram, ArrayValue, RowCount, Size, Sizes

ReadingRule = Callable[["Reader", JaxprEqn, list[ArrayValue]], "ArrayValue | Sequence[ArrayValue]"]
_RULES: dict[str, ReadingRule] = {}


def rule(*names: str) -> Callable[[ReadingRule], ReadingRule]:
    """Register how primitives of JAX become operations."""

    def register(function: ReadingRule) -> ReadingRule:
        _RULES.update(dict.fromkeys(names, function))
        return function

    return register


class Reader(ProgramBuilder):
    """Reads the equations of a jaxpr into operations.

    Args:
        network: The name of the network, for operations outside all layers.
        numbers: As for :class:`ProgramBuilder`.
    """

    def __init__(self, network: str, numbers: Iterator[int] | None = None) -> None:
        super().__init__(numbers)
        self.network = network
        self.scopes: tuple[str, ...] = ()

    def read(self, jaxpr: Jaxpr, constants: Sequence[object], inputs: Sequence[ArrayValue]) -> list[ArrayValue]:
        """Read a jaxpr and return its outputs."""
        known: dict[Var, ArrayValue] = {}
        known.update(zip(jaxpr.constvars, map(self.given, constants), strict=True))
        known.update(zip(jaxpr.invars, inputs, strict=True))
        around = self.scopes
        for equation in jaxpr.eqns:
            self.scopes = around + tuple(str(equation.source_info.name_stack).split("/"))
            self.layer = place_of(self.scopes, self.network)
            operands = [
                self.constant(_host(each)) if isinstance(each, Literal) else known[each] for each in equation.invars
            ]
            known.update(zip(equation.outvars, self._results(equation, operands), strict=True))
        self.scopes = around
        return [self.constant(_host(each)) if isinstance(each, Literal) else known[each] for each in jaxpr.outvars]

    def given(self, constant: object) -> ArrayValue:
        """Return a value for a constant of a jaxpr, which may be a value already."""
        return constant if isinstance(constant, ArrayValue) else self.constant(_host(constant))

    def inside(
        self, closed: ClosedJaxpr, operands: Sequence[ArrayValue], shapes: Sequence[Sizes], fixed: int
    ) -> tuple[ArrayProgram, list[int]]:
        """Read a jaxpr as a program inside, which has the constants among its first ``fixed`` operands as its own.

        Args:
            closed: The jaxpr.
            operands: What it is given around it.
            shapes: The shape of each operand inside.
            fixed: How many operands stay the same in every call.

        Returns:
            The program, and the places of the operands that are still inputs.
        """
        reader = Reader(self.network, self.numbers)
        reader.scopes = self.scopes
        inputs, kept = [], []
        for place, (operand, shape) in enumerate(zip(operands, shapes, strict=True)):
            if place < fixed and operand in self.constants:
                inputs.append(reader.constant(self.constants[operand]))
            else:
                inputs.append(reader.value(shape, operand.dtype))
                kept.append(place)
        outputs = reader.read(closed.jaxpr, closed.consts, inputs)
        return reader.finish(tuple(inputs[place] for place in kept), tuple(outputs)), kept

    def unsupported(self, equation: JaxprEqn, operands: Sequence[ArrayValue], what: str) -> Sequence[ArrayValue]:
        """Add an operation that the contract does not have; the export names it, unless nothing needs its results."""
        return self.add_several(what, tuple(operands), list(map(form, equation.outvars)), {})

    def _results(self, equation: JaxprEqn, operands: list[ArrayValue]) -> Sequence[ArrayValue]:
        name = equation.primitive.name
        if name not in _RULES:
            return self.unsupported(equation, operands, name)
        found = _RULES[name](self, equation, operands)
        return [found] if isinstance(found, ArrayValue) else found


def form(variable: Any) -> tuple[Sizes, str]:
    """Return shape and dtype of a variable of a jaxpr."""
    return sizes(variable.aval.shape), np.dtype(variable.aval.dtype).name


def sizes(shape: Sequence[object]) -> Sizes:
    """Return a shape of JAX, in which the number of rows is a symbol."""
    return tuple(map(size_of, shape))


def size_of(size: object) -> Size:
    """Return a size of JAX: an integer, or the number of rows times an integer."""
    if isinstance(size, int | np.integer):
        return int(size)
    found = re.fullmatch(r"(?:(\d+)\*)?rows", str(size))
    if found is None:
        raise NotImplementedError(f"an array with {size} elements along an axis")
    return RowCount(int(found[1] or 1))


def place_of(scopes: Sequence[str], network: str) -> str:
    """Return the place of a layer, such as "layer 0.1, Dense", from the names of scopes.

    Example:
        >>> place_of(["0.Residual", "jit(f)", "1.Dense"], "Sequential")
        'layer 0.1, Dense'
    """
    found = [match for scope in scopes if (match := re.fullmatch(r"(\d+)\.(\w+)", scope))]
    return f"layer {'.'.join(each[1] for each in found)}, {found[-1][2]}" if found else network


def _host(literal: Any) -> np.ndarray:
    value = literal.val if isinstance(literal, Literal) else literal
    dtype = form(literal)[1] if isinstance(literal, Literal) else None
    return np.asarray(jax.device_get(value), dtype)
