"""Look-up of names, with suggestions for unknown ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from inspect import isclass
from typing import TypeVar

from .errors import InvalidValue, UnknownName

T = TypeVar("T")

SEPARATORS = re.compile(r"[\W_]+")


def look_up(kind: str, name: object, known: Mapping[str, T]) -> T:
    """Return the value of ``name`` in ``known``.

    Args:
        kind: The kind of name, for the error message: ``"activation"``.
        name: The name; case and surrounding spaces are ignored.
        known: The known names and their values.

    Raises:
        InvalidValue: If ``name`` is not a string.
        UnknownName: If the name is unknown; the message suggests the nearest name and lists all.
    """
    if not isinstance(name, str):
        raise InvalidValue(f"{kind}={name!r}: expected one of the names {', '.join(sorted(known))}.")
    normal = name.strip().lower()
    if normal in known:
        return known[normal]
    raise UnknownName(f'unknown {kind} "{name}"{nearest(normal, known)} Known: {", ".join(sorted(known))}.')


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return how a message about an unknown name goes on: ``; did you mean "relu"?``, or ``.`` if none is like it.

    Args:
        name: The unknown name.
        known: The known names.
        cutoff: How like the nearest must be, from 0 to 1.
    """
    near = most_similar(name, known, cutoff)
    return "." if near is None else f'; did you mean "{near}"?'


def most_similar(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known name most like another one, whatever their capitals, spaces and punctuation; None for none.

    Args:
        name: The unknown name.
        known: The known names; of two that are equally like it, the first.
        cutoff: How like the nearest must be, from 0 to 1.

    Example:
        >>> most_similar("Bill Length (mm)", ["sex", "bill_length_mm"]), most_similar("age", ["island"])
        ('bill_length_mm', None)
    """
    plain = {_plain(each): each for each in reversed([*known])}
    near = get_close_matches(_plain(name), plain, n=1, cutoff=cutoff)
    return plain[near[0]] if near else None


def _plain(name: str) -> str:
    return SEPARATORS.sub("", name.casefold()) or name


def resolve(
    kind: str, value: object, base: type[T], known: Mapping[str, object], of_function: Callable[..., T], expected: str
) -> T:
    """Return an instance of ``base``, given its name, a class, an instance or a user-defined function.

    Args:
        kind: The kind of value, for error messages: ``"activation"``.
        value: The value as the user passed it.
        base: The class of what is returned.
        known: The known names, with the class, instance or function of each.
        of_function: The class that wraps a user-defined function.
        expected: The accepted values, for the error message.

    Raises:
        UnknownName: If the name is unknown.
        InvalidValue: If the value is of another type.
    """
    if isinstance(value, str):
        value = look_up(kind, value, known)
    if isinstance(value, base):
        return value
    if isclass(value) and issubclass(value, base):
        return value()
    if callable(value):
        return of_function(value)
    raise InvalidValue(f"{kind}={value!r}: expected {expected}.")
