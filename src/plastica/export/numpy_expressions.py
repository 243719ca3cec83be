"""Expressions in Python for single operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from .program import ArrayValue, Operation
from .reference import FUNCTIONS

INFIX = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "and": "&",
    "or": "|",
    "xor": "^",
    "matmul": "@",
    "shift_left": "<<",
    "shift_right_logical": ">>",
}
REDUCTIONS = {"sum": "sum", "max": "max", "min": "min", "prod": "prod", "and": "all", "or": "any"}
NumpyNames = Mapping[ArrayValue, str]


def written(operation: Operation, names: NumpyNames) -> str:
    """Return the expression of an operation other than a loop."""
    name = operation.name
    if name in INFIX or (name == "div" and operation.output.dtype == "float32"):
        return f" {INFIX.get(name, '/')} ".join(names[each] for each in operation.inputs)
    if name.startswith("reduce_"):
        return _reduction(operation, names)
    return _FORMS.get(name, _call)(operation, names)


def function_of(operation: Operation) -> str | None:
    """Return the name of the function of :mod:`.reference` that the expression of an operation calls, if any."""
    name = operation.name
    simple = name in INFIX or name in _FORMS or name.startswith("reduce_")
    if simple or (name == "div" and operation.output.dtype == "float32") or isinstance(FUNCTIONS[name], np.ufunc):
        return None
    return FUNCTIONS[name].__name__


def _call(operation: Operation, names: NumpyNames) -> str:
    parameters = [f"{name}={plain(value)}" for name, value in operation.parameters.items()]
    function = FUNCTIONS[operation.name]
    module = "np." if isinstance(function, np.ufunc) else ""
    operands = [typed(names, each) for each in operation.inputs]
    return f"{module}{function.__name__}({', '.join([*operands, *parameters])})"


def _reduction(operation: Operation, names: NumpyNames) -> str:
    axes = operation.entries("axes")
    method = REDUCTIONS[operation.name.removeprefix("reduce_")]
    # NumPy adds up small integers in larger ones.
    exact = method in ("sum", "prod") and operation.output.dtype != "float32"
    dtype = f', dtype="{operation.output.dtype}"' if exact else ""
    return f"{names[operation.inputs[0]]}.{method}({axes[0] if len(axes) == 1 else axes}{dtype})"


def _sliced(operation: Operation, names: NumpyNames) -> str:
    parts = (operation.entries(name) for name in ("start", "stop", "step"))
    found: list[str] = []
    for start, stop, step, size in zip(*parts, operation.inputs[0].shape, strict=True):
        found.append(f"{start or ''}:{'' if stop == size else stop}" + (f":{step}" if step != 1 else ""))
    while len(found) > 1 and found[-1] == ":":
        found.pop()
    return f"{names[operation.inputs[0]]}[{', '.join(found)}]"


def _prefix(sign: str) -> Callable[[Operation, NumpyNames], str]:
    return lambda operation, names: f"{sign}{names[operation.inputs[0]]}"


def _method(name: str) -> Callable[[Operation, NumpyNames], str]:
    def write(operation: Operation, names: NumpyNames) -> str:
        return f"{whole(names, operation.inputs[0])}.{name}({plain(next(iter(operation.parameters.values())))})"

    return write


def _function(name: str) -> Callable[[Operation, NumpyNames], str]:
    def write(operation: Operation, names: NumpyNames) -> str:
        parts = [typed(names, operation.inputs[0]), *(names[each] for each in operation.inputs[1:])]
        return f"{name}({', '.join([*parts, *map(plain, operation.parameters.values())])})"

    return write


def _where(operation: Operation, names: NumpyNames) -> str:
    test, yes, no = operation.inputs
    return f"np.where({names[test]}, {typed(names, yes)}, {typed(names, no)})"


def _concatenation(operation: Operation, names: NumpyNames) -> str:
    parts = ", ".join(names[each] for each in operation.inputs)
    return f"np.concatenate([{parts}], {operation.parameters['axis']})"


_FORMS: dict[str, Callable[[Operation, NumpyNames], str]] = {
    "neg": _prefix("-"),
    "not": _prefix("~"),
    "where": _where,
    "reshape": _method("reshape"),
    "transpose": _method("transpose"),
    "convert": _method("astype"),
    "slice": _sliced,
    "broadcast": _function("np.broadcast_to"),
    "take": _function("np.take"),
    "reverse": _function("np.flip"),
    "concatenate": _concatenation,
}


def typed(names: NumpyNames, value: ArrayValue) -> str:
    """Return a value; a number with its dtype, where Python's number would become a double."""
    if value.shape:
        return names[value]
    return f"np.{'bool_' if value.dtype == 'bool' else value.dtype}({names[value]})"


def whole(names: NumpyNames, value: ArrayValue) -> str:
    """Return a value as an array, also if it is a number."""
    return names[value] if value.shape else f'np.asarray({names[value]}, "{value.dtype}")'


def number(array: np.ndarray) -> str:
    """Return an array of shape ``()`` as a number."""
    if array.dtype.kind != "f":
        return str(array.item())
    return str(array[()]) if np.isfinite(array) else f"float('{array[()]}')"


def plain(value: object) -> str:
    """Return a parameter as Python code."""
    if isinstance(value, np.ndarray):
        return f"[{', '.join(map(plain, value))}]" if value.ndim else number(value)
    if isinstance(value, np.generic):
        return number(np.asarray(value))
    if isinstance(value, tuple):
        parts: Sequence[object] = value
        return f"({', '.join(map(plain, parts))}{',' * (len(parts) == 1)})"
    return f'"{value}"' if isinstance(value, str) else repr(value)
