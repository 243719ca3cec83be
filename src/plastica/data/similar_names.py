"""The name that was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

SEPARATORS = re.compile(r"[\W_]+")


def most_similar(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like another one, whatever their capitals, spaces and punctuation; None for none.

    Example:
        >>> most_similar("Bill Length (mm)", ["sex", "bill_length_mm"]), most_similar("age", ["island"])
        ('bill_length_mm', None)
    """
    plain = {_plain(each): each for each in reversed([*known])}
    near = get_close_matches(_plain(name), plain, n=1)
    return plain[near[0]] if near else None


def _plain(name: str) -> str:
    return SEPARATORS.sub("", name.casefold()) or name
