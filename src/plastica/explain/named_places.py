"""Places of features and outputs, by name or number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import UnknownName
from ..notes import first_few, note
from ..registry import most_similar

MOST_NAMED = 20


def default_names(shape: tuple[int, ...]) -> tuple[str, ...]:
    """Return names for features without: ``x0`` of a row, ``x0,3`` of an image."""
    return tuple(f"x{','.join(map(str, place))}" for place in np.ndindex(*shape))


def place_of(method: str, what: str, wanted: object, names: Sequence[str]) -> int:
    """Return the place of a feature, a column or an output, given by name or number.

    A number that is a name, as where classes are called 1 to 3, is that name.

    Args:
        method: The name of the function that asks, for messages.
        what: "feature", "column", "output", "class" or "option".
        wanted: The name or the number.
        names: The known names.

    Raises:
        UnknownName: If there is none.
    """
    if isinstance(wanted, str | int | np.integer) and str(wanted) in names:
        return list(names).index(str(wanted))
    if isinstance(wanted, int | np.integer) and 0 <= wanted < len(names):
        return int(wanted)
    told = {"method": method, "what": note(f"explain.word_{what}"), "wanted": repr(wanted)}
    near = most_similar(str(wanted), names)
    if near is not None:
        raise UnknownName(note("explain.unknown_near", **told, near=near, known=first_few([*names], MOST_NAMED)))
    raise UnknownName(note("explain.unknown", **told, known=first_few([*names], MOST_NAMED)))
