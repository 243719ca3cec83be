"""Type checks of fields and arguments against their annotations."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Mapping
from inspect import isclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

from .errors import InvalidValue

F = TypeVar("F", bound=Callable[..., object])

_WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    str: "a text",
    NoneType: "None",
    Path: "a path",
}


def as_declared(value: object, hint: object) -> object:
    """Normalize a value: lists become tuples, NumPy integers become Python integers; others are unchanged."""
    if isinstance(value, list) and is_plain(hint):
        return tuple(as_declared(part, hint) for part in cast("list[object]", value))
    if isinstance(value, np.integer) and is_plain(hint):
        return int(cast("int", value))
    return cast("object", value)


def first_fault(owner: str, values: Mapping[str, object], hints: Mapping[str, object], one: bool = False) -> str:
    """Return an error message for the first value that does not match its annotation; "" if all match.

    Only numbers, booleans, strings, tuples of these and declarations are checked. Fields that also accept names or
    functions are checked where these are looked up.

    Args:
        owner: The name of the class.
        values: The values by field.
        hints: The annotations by field.
        one: Whether numbers must be scalars; otherwise arrays are accepted too, as in a population.
    """
    for name, value in values.items():
        hint = hints[name]
        many = one and isinstance(value, np.ndarray) and value.ndim > 0
        given = cast("object", value)
        if is_plain(hint) and (many or not _fits(given, hint)):
            return f"{owner}({name}={_short(given)}): {name} must be {_say(hint)}{_advice(given, hint)}."
    return ""


def is_plain(hint: object) -> bool:
    """Return whether an annotation consists of numbers, booleans, strings, tuples of these, and declarations."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return all(map(is_plain, args)) and any(each in _WORDS or get_origin(each) is tuple for each in args)
    if origin is tuple:
        return all(is_plain(each) for each in args if each is not Ellipsis)
    if origin is Literal or os.PathLike in (hint, origin):
        return True
    return cast("type", hint) in _WORDS or (
        isclass(hint) and hint.__module__.partition(".")[0] == __name__.partition(".")[0]
    )


def _fits(value: object, hint: object) -> bool:
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, each) for each in args)
    if origin is tuple:
        return isinstance(value, tuple) and _parts_fit(cast("tuple[object, ...]", value), args)
    if origin is Literal:
        return any(type(value) is type(each) for each in args)  # the class itself checks which one
    if origin is os.PathLike:
        return isinstance(value, os.PathLike)
    judge = _JUDGES.get(hint)
    return isinstance(value, cast(type, hint)) if judge is None else judge(value)


def _parts_fit(value: tuple[object, ...], args: tuple[object, ...]) -> bool:
    if args[-1:] == (Ellipsis,):
        return all(_fits(part, args[0]) for part in value)
    return len(value) == len(args) and all(map(_fits, value, args))


def _is_whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    """Return whether a value is valid for a traced field: a number, or an array of numbers in a population."""
    if isinstance(value, bool | np.bool_ | str | bytes) or value is None:
        return False
    return isinstance(value, int | float | np.number) or getattr(value, "dtype", np.dtype(object)).kind in "fiu"


_JUDGES: dict[object, Callable[[object], bool]] = {
    int: _is_whole,
    float: _is_number,
    bool: lambda value: isinstance(value, bool | np.bool_),
    Path: lambda value: isinstance(value, str | os.PathLike),
}


_SEVERAL = {"a whole number": "whole numbers", "a number": "numbers", "a text": "texts", "a path": "paths"}


def _say(hint: object) -> str:
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return " or ".join(_say(each) for each in args)
    if origin is tuple:
        parts = list(dict.fromkeys(_say(_without_none(each)) for each in args if each is not Ellipsis))
        return f"a list of {' and '.join(_SEVERAL.get(part, part) for part in parts)}"
    if origin is Literal:
        return " or ".join(map(repr, args))
    if origin is os.PathLike:
        return "a path"
    return _WORDS.get(cast("type", hint)) or f"a {cast(type, hint).__name__}"


def _without_none(hint: object) -> object:
    """Return what may stand in a place of a list other than None, which needs no mention."""
    others = [each for each in get_args(hint) if each is not NoneType]
    return others[0] if get_origin(hint) in (Union, UnionType) and len(others) == 1 else hint


def _advice(value: object, hint: object) -> str:
    lists = [each for each in (hint, *get_args(hint)) if get_origin(each) is tuple]
    if isinstance(value, int) and not isinstance(value, bool) and lists and _fits((value,), lists[0]):
        return f"; write ({value},)"
    if isinstance(value, str | float) and _fits(1, hint):
        number = _read(value)
        return "" if number is None else f"; write {number}"
    return f"; got a {type(value).__name__}" if not isinstance(value, str | float | int | NoneType | tuple) else ""


def _read(value: str | float) -> int | None:
    try:
        number = float(value)
        return int(number) if number == int(number) else None
    except (ValueError, OverflowError):
        return None


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def judged(function: F) -> F:
    """Decorate a method, such as the ``__init__`` of a callback, so that the types of its arguments are checked.

    ``verbose`` also accepts True and False, as in Keras.
    """
    hints = get_type_hints(function)
    if "verbose" in hints:
        hints["verbose"] = hints["verbose"] | bool
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(self: object, *given: object, **named: object) -> object:
        values = dict(signature.bind(self, *given, **named).arguments)
        plain = {name: value for name, value in values.items() if name in hints}
        if fault := first_fault(type(self).__name__, plain, hints):
            raise InvalidValue(fault)
        return function(self, *given, **named)

    return call  # pyright: ignore[reportReturnType]
