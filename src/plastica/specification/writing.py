"""Conversion of declarations to dictionaries."""

from __future__ import annotations

import math
from collections.abc import Callable
from inspect import isclass
from typing import cast

import jax
import numpy as np

from ..declaration import Declaration
from ..errors import InvalidValue
from ..typing import Document
from .annotations import fits, say
from .names import DEEPEST, FLOAT, MOST_PARTS, OWN, fields_of, is_declared, registered_functions, type_name


def to_spec(declared: Declaration) -> Document:
    """Return a declaration as dictionaries, lists, strings and numbers.

    A user-defined function is stored by name, ``{"custom": "swish"}``, and passed again when loading.

    Raises:
        InvalidValue: If something cannot be stored in a file: a lambda, a population, an array.
    """
    return _Writer().declaration(declared, type(declared).__name__, DEEPEST)


class _Writer:
    """Converts a declaration to its specification."""

    def __init__(self) -> None:
        self.functions: dict[str, Callable[..., object]] = {}
        self.left = MOST_PARTS

    def declaration(self, declared: Declaration, path: str, depth: int) -> Document:
        cls = type(declared)
        if not is_declared(cls):
            raise InvalidValue(f"{path}: {cls.__name__} cannot be saved; put @declaration above its class.")
        spec: Document = {"type": type_name(cls)}
        for name, hint in fields_of(cls).items():
            value = getattr(declared, name)
            spec[name] = self.value(value, f"{path}.{name}", depth - 1)
            if not fits(_host(value), hint):
                raise InvalidValue(f"{path}.{name} cannot be saved: it holds {value!r}; expected {say(hint)}.")
        return spec

    def value(self, value: object, path: str, depth: int) -> object:
        self.left -= 1
        if depth < 0 or self.left < 0:
            raise InvalidValue(f"{path[:80]}: deeper than {DEEPEST} levels or more than {MOST_PARTS:,} parts.")
        value = _host(value)
        if isinstance(value, Declaration):
            return self.declaration(value, path, depth)
        if isinstance(value, tuple):
            return [
                self.value(part, f"{path}[{index}]", depth - 1)
                for index, part in enumerate(cast("tuple[object, ...]", value))
            ]
        if isinstance(value, float):
            return value if math.isfinite(value) else {FLOAT: str(value)}
        if value is None or isinstance(value, bool | int | str):
            return value
        if callable(value) and not isclass(value):
            return {OWN: self.function(value, path)}
        raise InvalidValue(f"{path} cannot be saved: it holds {type(value).__name__}, which no file can carry.")

    def function(self, function: Callable[..., object], path: str) -> str:
        given = (name for name, known in registered_functions.items() if known is function)
        name = next(given, None) or getattr(function, "__name__", "")
        if not name.isidentifier():
            raise InvalidValue(
                f"{path} cannot be saved: a file keeps a function by its name, and this one has none "
                f"({name or function!r}). Write it as: def my_function(...)"
            )
        if self.functions.setdefault(name, function) is not function:
            raise InvalidValue(f"{path} cannot be saved: two functions are both called {name!r}; rename one.")
        return name


def _host(value: object) -> object:
    """Return NumPy and JAX numbers as Python numbers, also in tuples; arrays are unchanged."""
    if isinstance(value, np.generic | np.ndarray | jax.Array):
        return cast(object, value.item()) if value.ndim == 0 else cast(object, value)
    return tuple(_host(part) for part in cast("tuple[object, ...]", value)) if isinstance(value, tuple) else value
