"""Names that stand for things, and what to say when a name is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypeVar

from .errors import InvalidValue, UnknownName

T = TypeVar("T")


def look_up(kind: str, name: str, known: Mapping[str, T]) -> T:
    """Return what ``name`` stands for.

    Args:
        kind: What is looked up, as the error names it: ``"activation"``.
        name: The name a person gave; case and surrounding spaces do not matter.
        known: Names and what they stand for.

    Raises:
        InvalidValue: When it is no text.
        UnknownName: With the nearest known name and the whole list.
    """
    if not isinstance(name, str):
        raise InvalidValue(f"{kind}={name!r}: a name is expected, one of {', '.join(sorted(known))}.")
    normal = name.strip().lower()
    if normal in known:
        return known[normal]
    near = get_close_matches(normal, known, n=1)
    hint = f'; did you mean "{near[0]}"?' if near else "."
    raise UnknownName(f'unknown {kind} "{name}"{hint} Known: {", ".join(sorted(known))}.')
