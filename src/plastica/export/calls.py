"""Rules for primitives that contain other programs: calls, which are inlined, choices and loops."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn

from .program import ArrayValue
from .reading import Reader, form, rule

# Where the number of the platform would be: layers choose a formula for the CPU.
_PLATFORM = -1


@rule(
    "jit", "pjit", "closed_call", "core_call", "remat", "checkpoint", "custom_jvp_call", "custom_vjp_call", "custom_lin"
)
def _call(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> list[ArrayValue]:
    inner = equation.params.get("jaxpr") or equation.params["call_jaxpr"]
    jaxpr, constants = (inner.jaxpr, inner.consts) if hasattr(inner, "consts") else (inner, ())
    return reader.read(jaxpr, constants, inputs)


@rule("call_hi_primitive")
def _expand(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> list[ArrayValue]:
    # Newer versions of JAX write some functions, such as searchsorted, as one primitive that knows its formula.
    avals: list[Any] = [each.aval for each in equation.invars]
    given = [jax.ShapeDtypeStruct(each.shape, each.dtype) for each in avals]
    closed = jax.make_jaxpr(equation.params["_prim"].expand)(*given)
    return reader.read(closed.jaxpr, closed.consts, inputs)


@rule("platform_index")
def _platform(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    return reader.constant(np.asarray(_PLATFORM, "int32"))


@rule("cond")
def _choose(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> Sequence[ArrayValue]:
    which, *operands = inputs
    branches: tuple[ClosedJaxpr, ...] = equation.params["branches"]
    known = reader.constants.get(which)
    if known is not None:
        # All formulas for a platform compute the same: the shortest is the plainest.
        own = min(branches, key=_length) if known == _PLATFORM else branches[min(max(int(known), 0), len(branches) - 1)]
        return reader.read(own.jaxpr, own.consts, operands)
    shapes = [each.shape for each in operands]
    programs = tuple(reader.inside(branch, operands, shapes, 0)[0] for branch in branches)
    return reader.add_several("choose", tuple(inputs), list(map(form, equation.outvars)), {"branches": programs})


def _length(closed: ClosedJaxpr) -> int:
    return sum(1 for _ in equations(closed.jaxpr))


def equations(jaxpr: Jaxpr) -> Iterable[JaxprEqn]:
    """Yield the equations of a jaxpr, with those inside of others."""
    for equation in jaxpr.eqns:
        yield equation
        for value in equation.params.values():
            for inner in value if isinstance(value, tuple | list) else (value,):
                own: Any = getattr(inner, "jaxpr", inner)
                if hasattr(own, "eqns"):
                    yield from equations(own)


@rule("scan")
def _scan(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> Sequence[ArrayValue]:
    params = equation.params
    fixed, carried = _counts(equation)
    length = params["length"]
    if length == 0 or not isinstance(length, int):
        return reader.unsupported(equation, inputs, f"a scan of {length} steps")
    shapes = [each.shape if place < fixed + carried else each.shape[1:] for place, each in enumerate(inputs)]
    body, kept = reader.inside(params["jaxpr"], inputs, shapes, fixed)
    parameters = {
        "body": body,
        "length": length,
        "reverse": bool(params["reverse"]),
        "fixed": sum(place < fixed for place in kept),
        "carried": carried,
    }
    return reader.add_several(
        "scan", tuple(inputs[place] for place in kept), list(map(form, equation.outvars)), parameters
    )


def _counts(equation: JaxprEqn) -> tuple[int, int]:
    """Return how many operands of a scan stay, and how many are carried.

    Versions of JAX name these counts differently, so they are read off the shapes: inside, sequences have an axis less.
    """
    body = equation.params["jaxpr"].jaxpr
    taken, made = _less(equation.invars, body.invars), _less(equation.outvars, body.outvars)
    carried = len(equation.outvars) - made
    return len(equation.invars) - carried - taken, carried


def _less(outside: Sequence[Any], inside: Sequence[Any]) -> int:
    """Return how many variables have an axis less inside."""
    pairs = zip(outside, inside, strict=True)
    return sum(len(own.aval.shape) > len(inner.aval.shape) for own, inner in pairs)


@rule("while")
def _while(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> Sequence[ArrayValue]:
    params = equation.params
    condition_fixed, body_fixed = params["cond_nconsts"], params["body_nconsts"]
    of_condition, of_body = inputs[:condition_fixed], inputs[condition_fixed : condition_fixed + body_fixed]
    start = inputs[condition_fixed + body_fixed :]
    programs, kept = [], []
    for name, own in (("cond_jaxpr", of_condition), ("body_jaxpr", of_body)):
        operands = [*own, *start]
        program, places = reader.inside(params[name], operands, [each.shape for each in operands], len(own))
        programs.append(program)
        kept.append([own[place] for place in places if place < len(own)])
    parameters = {
        "condition": programs[0],
        "body": programs[1],
        "condition_fixed": len(kept[0]),
        "body_fixed": len(kept[1]),
    }
    operands = (*kept[0], *kept[1], *start)
    return reader.add_several("while", operands, list(map(form, equation.outvars)), parameters)
