"""Detection of a header in the first row of a text."""

from __future__ import annotations

from .numbers import looks_numeric
from .words import is_missing


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


def _are_years(cells: list[str]) -> bool:
    """Return whether some cells are names and the others are consecutive years: ``city,2019,2020``."""
    years = [int(cell) for cell in cells if cell.isdecimal() and len(cell) == 4]
    others = [cell for cell in cells if not (cell.isdecimal() and len(cell) == 4)]
    named = bool(others) and not any(looks_numeric(cell) or is_missing(cell) for cell in others)
    return named and len(years) > 1 and years == list(range(years[0], years[0] + len(years)))
