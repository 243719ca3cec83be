"""Detection of a header in the first row of a text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from .numbers import looks_numeric
from .words import is_missing

AMOUNT = re.compile(r"^\s*[^\w\s]{0,2}\s?[0-9]")  # 19M, (5), $3, 2024-01-31
MOST_TITLES = 20  # lines above the header


def is_header(first: list[str], below: list[list[str]]) -> bool:
    """Return whether the first row is a header: text above numbers that does not recur below."""
    if [cell.strip() for cell in first] == [str(number) for number in range(len(first))] and len(first) > 1:
        return True  # column names as in pandas
    below = [cells for cells in below if len(cells) == len(first)]
    if not below:
        return not all(looks_numeric(cell) for cell in first)
    name_like, data_like, again, texts = 0, 0, 0, 0
    for number, cell in enumerate(first):
        values = [cells[number].strip() for cells in below if not is_missing(cells[number])]
        if not values or is_missing(cell):
            continue
        if sum(map(looks_numeric, values)) > 0.8 * len(values):
            name_like, data_like = name_like + (not looks_numeric(cell)), data_like + looks_numeric(cell)
        else:
            again, texts = again + (cell.strip() in values), texts + 1
    if name_like or data_like:
        return name_like >= data_like or _are_years([cell.strip() for cell in first])
    return 2 * again <= texts


def header_place(rows: list[list[str]]) -> int:
    """Return the place of the header below title lines; 0 if the table begins with its first row.

    Titles and notes on the source have other numbers of cells than the table, or a single one. The header has a name
    for each column, and there are numbers below it.

    Example:
        >>> header_place([["Sales of 2025"], ["city", "sales"], ["Bonn", "5"], ["Ulm", "3"]])
        1
    """
    widths = Counter(len(cells) for cells in rows)
    usual = max(widths, key=lambda width: (widths[width], width))
    if usual == 1:
        return 0
    for place in range(1, min(MOST_TITLES, len(rows) - 2)):
        if not _is_title(rows[place - 1], usual):
            continue
        below = rows[place:]
        named = len(below[0]) == usual and not any(is_missing(cell) for cell in below[0])
        if named and len(below[1]) == usual and stand_over_numbers(below, AMOUNT.match):
            return place
    return 0


def _is_title(cells: list[str], usual: int) -> bool:
    return len(cells) != usual or sum(not is_missing(cell) for cell in cells) <= 1


def stand_over_numbers(rows: list[list[str]], is_number: Callable[[str], object] = looks_numeric) -> bool:
    """Return whether the first row has no numbers and some column below it has only numbers and missing values."""
    if any(map(is_number, rows[0])):
        return False
    columns = zip(*(cells for cells in rows[1:] if len(cells) == len(rows[0])), strict=True)
    present = ([cell for cell in cells if not is_missing(cell)] for cells in columns)
    return any(cells and all(map(is_number, cells)) for cells in present)


def _are_years(cells: list[str]) -> bool:
    """Return whether some cells are names and the others are consecutive years: ``city,2019,2020``."""
    years = [int(cell) for cell in cells if cell.isdecimal() and len(cell) == 4]
    others = [cell for cell in cells if not (cell.isdecimal() and len(cell) == 4)]
    named = bool(others) and not any(looks_numeric(cell) or is_missing(cell) for cell in others)
    return named and len(years) > 1 and years == list(range(years[0], years[0] + len(years)))
