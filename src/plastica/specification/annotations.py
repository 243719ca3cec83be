"""Checking values against the annotations of fields."""

from __future__ import annotations

from collections.abc import Callable
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

from ..declaration import Declaration


def fits(value: object, hint: object) -> bool:
    """Return whether ``value`` matches the annotation ``hint``.

    The check is strict: True is not a number, a string is not a function, and a declaration never counts as a function.
    Integers are accepted for floats.
    """
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(fits(value, each) for each in args)
    if origin is Literal:
        return any(type(value) is type(each) and value == each for each in args)
    if tuple in (hint, origin):
        return isinstance(value, tuple) and _parts_fit(cast("tuple[object, ...]", value), args)
    if Callable in (hint, origin):
        return callable(value) and not isinstance(value, Declaration)
    return _fits_plain(value, hint)


def say(hint: object) -> str:
    """Return an annotation as text."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return " or ".join(say(each) for each in args)
    if origin is Literal:
        return " or ".join(repr(each) for each in args)
    if origin is tuple:
        return f"list of {' and '.join(say(each) for each in args if each is not Ellipsis) or 'nothing'}"
    if Callable in (hint, origin):
        return "function"
    if hint in (None, NoneType):
        return "None"
    return getattr(hint, "__name__", str(hint))


def _parts_fit(value: tuple[object, ...], args: tuple[object, ...]) -> bool:
    if len(args) == 2 and args[1] is Ellipsis:
        return all(fits(part, args[0]) for part in value)
    return not args or (len(value) == len(args) and all(map(fits, value, args)))


def _fits_plain(value: object, hint: object) -> bool:
    if hint is Any:
        return True
    if hint in (None, NoneType):
        return value is None
    if hint is float:
        return type(value) in (int, float)
    if isinstance(hint, type) and issubclass(hint, Declaration):
        return isinstance(value, hint)
    return type(value) is hint
