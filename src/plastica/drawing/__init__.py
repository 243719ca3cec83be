"""What all pictures share: colours, plastica's style for matplotlib, file endings."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import InvalidValue

INK, SOFT, FAINT, PALE, PAPER = "#222222", "#666666", "#BBBBBB", "#DDDDDD", "#FFFFFF"
# M. Okabe, K. Ito (2008), Color universal design, then P. Tol's muted scheme (2021) for more than eight: told apart
# by every kind of colour vision
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#777777")
MORE_COLOURS = ("#332288", "#882255", "#44AA99", "#999933", "#AA4499", "#117733", "#88CCEE", "#DDCC77")
POSITIVE, NEGATIVE = COLOURS[:2]
DPI = 200
# What keeps equal pictures equal, byte for byte
UNDATED: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None},
    "png": {},
}
STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans", "sans-serif"],  # measured in the first, which matplotlib brings along
    "svg.fonttype": "none",  # text stays text: it can be searched, copied and edited
    "svg.hashsalt": "plastica",
    "pdf.fonttype": 42,
}


def load_matplotlib() -> None:
    """Import what pictures need of matplotlib; call it before any other import of it.

    Where its folders cannot be written matplotlib takes temporary ones, by itself, and logs a paragraph on that in
    each process. Nobody who asked for a report can do anything with it.
    """
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        import matplotlib.figure
        import matplotlib.font_manager  # noqa: F401
    finally:
        logger.setLevel(level)


@contextmanager
def own_style() -> Iterator[None]:
    """Draw in plastica's style, whatever a person set matplotlib to, and leave those settings as they were."""
    load_matplotlib()
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


def checked_ending(path: str | os.PathLike[str]) -> str:
    """Return the format that a file's ending stands for.

    Raises:
        InvalidValue: For an ending that stands for no picture.
    """
    ending = Path(path).suffix.lower().removeprefix(".")
    if ending not in UNDATED:
        said = f'the ending ".{ending}" stands for no picture that can be drawn' if ending else "it has no ending"
        raise InvalidValue(f"draw({os.fspath(path)!r}): {said}; end the name with .svg, .png or .pdf.")
    return ending
