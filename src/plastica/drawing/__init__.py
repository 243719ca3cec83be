"""Shared parts of all figures: colours, the matplotlib style of plastica, file formats."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from ..errors import InvalidValue
from ..language import current

INK, SOFT, FAINT, PALE, PAPER = "#222222", "#666666", "#BBBBBB", "#DDDDDD", "#FFFFFF"
# M. Okabe, K. Ito (2008), Color universal design, then P. Tol's muted scheme (2021) for more than eight:
# distinguishable with all types of colour vision
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#777777")
MORE_COLOURS = ("#332288", "#882255", "#44AA99", "#999933", "#AA4499", "#117733", "#88CCEE", "#DDCC77")
POSITIVE, NEGATIVE = COLOURS[:2]
DPI = 200
# An option of an artist of matplotlib, such as its colour, its width or its font: each is of a type of its own.
ArtistOption: TypeAlias = Any
# Settings that make equal figures equal byte for byte
UNDATED: dict[str, dict[str, None]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None},
    "png": {},
}
STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans", "sans-serif"],  # the first, included in matplotlib, is used to measure texts
    "svg.fonttype": "none",  # text remains text, which can be searched, copied and edited
    "svg.hashsalt": "plastica",
    "pdf.fonttype": 42,
}
# Files of fonts with Chinese characters that are common on Linux, Windows and macOS, by the beginnings of their names
CHINESE_FONTS = (
    "NotoSansCJK-", "NotoSansCJKsc-", "NotoSansSC-", "SourceHanSansSC-", "SourceHanSansCN-", "wqy-microhei",
    "wqy-zenhei", "DroidSansFallback", "msyh", "simhei", "PingFang", "Hiragino Sans GB", "STHeiti", "Arial Unicode",
)  # fmt: skip


@contextmanager
def quiet_matplotlib() -> Iterator[None]:
    """Suppress log messages of matplotlib below the level of errors."""
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def load_matplotlib() -> None:
    """Import the required parts of matplotlib; call it before any other import of matplotlib.

    If its folders are not writable, matplotlib uses temporary ones and logs a paragraph about it in each process, which
    is suppressed, since users can do nothing about it.
    """
    with quiet_matplotlib():
        import matplotlib.figure
        import matplotlib.font_manager  # noqa: F401


@contextmanager
def own_style() -> Iterator[None]:
    """Use the style of plastica instead of the user's settings of matplotlib, which are restored at the end."""
    load_matplotlib()
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        if current() == "zh" and (font := chinese_font()):
            first, *others = STYLE["font.family"]
            mpl.rcParams["font.family"] = [first, font, *others]
        with quiet_matplotlib():  # about Chinese fonts without a bold face
            yield


def drawable_language() -> str:
    """Return the current language, or English if no installed font has its characters."""
    return current() if current() != "zh" or chinese_font() else "en"


@cache
def chinese_font() -> str | None:
    """Return the name of an installed font with Chinese characters, or None."""
    load_matplotlib()
    from matplotlib.font_manager import findSystemFonts, fontManager

    # The list of names in matplotlib's cache may be older than the fonts, so their files are searched.
    paths = {Path(path).name: path for path in findSystemFonts()}
    for start in CHINESE_FONTS:
        if files := [paths[name] for name in sorted(paths) if name.startswith(start)]:
            known = len(fontManager.ttflist)
            for file in files:
                fontManager.addfont(file)
            names = [font.name for font in fontManager.ttflist[known:] if "Mono" not in font.name]
            return next((name for name in names if name.endswith("SC")), names[0])
    return None


def checked_ending(path: str | os.PathLike[str]) -> str:
    """Return the image format for the suffix of a file.

    Raises:
        InvalidValue: If the suffix is not that of an image format.
    """
    ending = Path(path).suffix.lower().removeprefix(".")
    if ending not in UNDATED:
        said = f'pictures cannot be saved as ".{ending}"' if ending else "the name has no suffix"
        raise InvalidValue(f"draw({os.fspath(path)!r}): {said}; expected .svg, .png or .pdf.")
    return ending
