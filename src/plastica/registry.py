"""Look-up of names, with suggestions for unknown ones."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypeVar

from .errors import InvalidValue, UnknownName

T = TypeVar("T")


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
    near = get_close_matches(normal, known, n=1)
    hint = f'; did you mean "{near[0]}"?' if near else "."
    raise UnknownName(f'unknown {kind} "{name}"{hint} Known: {", ".join(sorted(known))}.')
