"""Reading sheets of Excel and OpenDocument workbooks with python-calamine (the extra ``plastica[excel]``)."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ..errors import DataError, FileError, MissingExtra
from ..notes import Note, note
from .frames import from_memory
from .headers import header_place, is_header
from .opening import SHARE, free_memory
from .table import Table, distinct_names, show

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

CellValue: TypeAlias = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta
SNIFFED_ROWS = 200
EXACT = 2**53


def read_excel(data: bytes, name: str, sheet: str | None = None, header: bool | None = None) -> Table:
    """Read one sheet of a workbook; formulas are read as their saved values.

    Args:
        data: The contents of the file.
        name: The name in error messages.
        sheet: The name of the sheet, or its number from 1; None uses the first sheet that is not empty.
        header: Whether the first row contains names; None detects it from the rows.

    Raises:
        MissingExtra: If python-calamine is not installed.
        DataError: If there is no such sheet, or it is empty.
        FileError: If the workbook is damaged, has a password, or does not fit into memory.
    """
    try:
        from python_calamine import CalamineWorkbook
    except ImportError:
        raise MissingExtra(
            f"{name} is an Excel workbook. To read it, install one small package: python -m pip install "
            "'plastica[excel]'. Or save the sheet as CSV."
        ) from None
    _check_size(data, name)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = {
            each: book.get_sheet_by_name(each).to_python(skip_empty_area=False) for each in _wanted(book, name, sheet)
        }
    except DataError:
        raise
    except Exception as problem:  # calamine raises different exceptions for different kinds of damage
        raise FileError(
            f"{name} cannot be read as an Excel workbook: {show(str(problem), 120)}. Is it protected by a password? "
            "Save the sheet as CSV."
        ) from None
    found = {each: rows for each, rows in sheets.items() if any(any(cell != "" for cell in row) for row in rows)}
    if not found:
        raise DataError(f"{name} is empty: there are no rows in {'any' if sheet is None else 'this'} sheet.")
    chosen = next(iter(found))
    notes: list[Note] = []
    if len(book.sheet_names) > 1 and sheet is None:
        notes.append(note("reading.sheet", sheet=show(chosen), count=len(book.sheet_names)))
    made = _table(found[chosen], name, header)
    return replace(made, notes=(*notes, *made.notes))


def _wanted(book: CalamineWorkbook, name: str, sheet: str | None) -> list[str]:
    names = list(book.sheet_names)
    if sheet is None:
        return names
    if sheet in names:
        return [sheet]
    if sheet.isdecimal() and 1 <= int(sheet) <= len(names):
        return [names[int(sheet) - 1]]
    raise DataError(f"{name} has no sheet {show(sheet)}. Its sheets: {', '.join(map(show, names))}.")


def _check_size(data: bytes, name: str) -> None:
    """Check that the unpacked workbook fits into memory; cells take several times the size of their text."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = sum(each.file_size for each in archive.infolist())
    if size > SHARE * free_memory() / 4:
        raise FileError(f"{name} expands to {size / 1e9:.1f} GB, more than fits in memory. Save the sheet as CSV.")


def _table(rows: list[list[CellValue]], name: str, header: bool | None) -> Table:
    numbered = [(number, row) for number, row in enumerate(rows, start=1) if any(cell != "" for cell in row)]
    width = max(max(place for place, cell in enumerate(row) if cell != "") for _, row in numbered) + 1
    padded = [row[:width] + [""] * (width - len(row)) for _, row in numbered]
    texts = [[str(_plain(cell)) for cell in row] for row in padded[: SNIFFED_ROWS + 1]]
    notes: list[Note] = []
    if header is not False and (place := header_place(texts)):
        title = next(cell for cell in texts[0] if cell)
        notes.append(note("reading.titles", line=str(numbered[place][0]), title=show(title)))
        texts, padded, numbered = texts[place:], padded[place:], numbered[place:]
    first, *below = padded
    if header is None:
        header = is_header(texts[0], texts[1:])
        if not header:
            notes.append(note("reading.no_header_row", count=width))
    names, renamed = distinct_names(texts[0] if header else [f"column_{place}" for place in range(1, width + 1)])
    if not header:
        below = [first, *below]
    if not below:
        raise DataError(f"{name} has a header and no rows below it.")
    columns = {each: _column([row[place] for row in below]) for place, each in enumerate(names)}
    made = from_memory(columns)
    lines = [number for number, _ in numbered][len(numbered) - len(below) :]
    return replace(made, source=name, notes=tuple(notes + renamed), positions=np.array(lines), position_word="row")


def _column(given: list[CellValue]) -> list[CellValue | None]:
    cells = [None if cell == "" else cell for cell in given]
    kinds: set[type] = {type(cell) for cell in cells if cell is not None}
    if kinds == {dt.date, dt.datetime}:
        return [_at_midnight(cell) for cell in cells]
    return cells if len(kinds) == 1 else [_plain(cell) for cell in cells]


def _at_midnight(cell: CellValue | None) -> CellValue | None:
    return dt.datetime(cell.year, cell.month, cell.day) if type(cell) is dt.date else cell


def _plain(cell: CellValue | None) -> CellValue | None:
    """Return an integer for a number without a fraction, since workbooks store all numbers as floats."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() and abs(cell) < EXACT else cell
