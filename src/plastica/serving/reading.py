"""The rows of a request as a table, and rows that are none."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.decoding import decode
from ..data.delimited import parse
from ..data.frames import from_memory
from ..data.table import Table, show
from ..data.unseen import seen
from ..data.values import MOST_EXACT
from ..errors import DataError
from ..notes import Note, note, sentence_of
from ..registry import most_similar
from .bodies import WANTED, json_values
from .exchange import BadRow, Refused, Request

if TYPE_CHECKING:
    import polars as pl

SOURCE = "the request"
MOST_MEANT = 5  # columns that are named in a question
ABSENT = "a value or null"  # what is wanted of a column that a row lacks
# The letter of each type of which a column may have only values, or null, to be read together with other requests.
LETTERS: dict[type, str] = {int: "n", float: "n", bool: "b", str: "s"}


@dataclass(eq=False)
class GivenRows:
    """The rows of a request that are rows, in one of two forms.

    Args:
        rows: The number of rows in the request.
        numbers: The number in the request, from 1, of each row that can be read.
        bad: The rows that are not objects or lack a column.
        table: The rows as a table; None if ``columns`` has them.
        columns: Their values by column, all of one type, so that rows of several requests can form one table.
        types: A letter for the type of each of these columns.
        ascii: Whether the body has ASCII characters only, so that no cell can contain invisible ones.
    """

    rows: int
    numbers: np.ndarray
    bad: list[BadRow] = field(default_factory=list)
    table: Table | None = None
    columns: dict[str, list[Any]] = field(default_factory=dict)
    types: str = ""
    ascii: bool = False


def read(request: Request, used: Mapping[str, str], order: Sequence[str] = ()) -> GivenRows:
    """Return the rows of a request.

    Args:
        request: The request.
        used: The columns that the model needs, and the kind of each.
        order: The names of the values of a row that is an array; empty if rows are objects.

    Raises:
        Refused: If the body is not a table, or lacks a column in all rows.
    """
    if request.media == "csv":
        return _read_csv(request, used)
    values = json_values(request.body, request.media)
    rows = [values] if isinstance(values, dict) else values
    if not isinstance(rows, list):
        raise Refused(400, "not_rows", note("serving.not_rows", given=_named(rows), wanted=WANTED))
    if not rows:
        raise Refused(400, "no_rows", note("serving.no_rows", wanted=WANTED))
    if order:
        rows = _as_objects(rows, order)
    _refuse_lacking([row for row in rows if isinstance(row, dict)], used)
    problems = [_problem(number, row, used) for number, row in enumerate(rows, start=1)]
    bad = [each for each in problems if each is not None]
    good = [row for row, problem in zip(rows, problems, strict=True) if problem is None]
    numbers = np.array([number for number, problem in enumerate(problems, start=1) if problem is None], np.int64)
    given = GivenRows(len(rows), numbers, bad)
    if not good:
        return given
    columns = {name: [row[name] for row in good] for name in used}
    types = [_letter(values, used[name]) for name, values in columns.items()]
    if all(types) and not request.notes:
        given.columns, given.types = columns, "".join(types)
        given.ascii = request.body.isascii() and b"\\u" not in request.body
        return given
    if request.notes:
        columns |= {name: [row.get(name) for row in good] for name in dict.fromkeys(chain(*good)) if name not in used}
    given.table = replace(seen(from_memory(columns)), source=SOURCE, positions=numbers, position_word="row")
    return given


def _as_objects(rows: list[Any], order: Sequence[str]) -> list[Any]:
    """Return rows that are arrays as objects; one row may come without an array around it."""
    if not any(isinstance(row, list | dict) for row in rows):
        rows = [rows]
    for number, row in enumerate(rows, start=1):
        if isinstance(row, list) and len(row) != len(order):
            names = ", ".join(order)[:200]
            told = note("serving.row_length", row=str(number), length=len(row), wanted=len(order), names=names)
            raise Refused(422, "bad_rows", told)
    return [dict(zip(order, row, strict=True)) if isinstance(row, list) else row for row in rows]


def joined(givens: Sequence[GivenRows]) -> tuple[Table, np.ndarray]:
    """Return the rows of requests with columns of the same types as one table, and the request of each row."""
    owners = np.repeat(np.arange(len(givens)), [len(each.numbers) for each in givens])
    first = givens[0]
    if first.table is not None:
        return first.table, owners
    columns = {
        name: _series(name, letter, list(chain.from_iterable(each.columns[name] for each in givens)))
        for name, letter in zip(first.columns, first.types, strict=True)
    }
    numbers = np.concatenate([each.numbers for each in givens])
    table = Table(columns, SOURCE, (), numbers)
    return table if all(each.ascii for each in givens) else seen(table), owners


def _series(name: str, letter: str, values: list[Any]) -> pl.Series:
    import polars as pl

    return pl.Series(name, values, dtype={"n": pl.Float64, "b": pl.Boolean, "s": pl.String}[letter], strict=False)


def _letter(values: list[Any], kind: str) -> str:
    """Return the letter of the type of a column's values; "" if the whole column decides how they are read."""
    found = {LETTERS.get(each) for each in set(map(type, values)) - {type(None)}}
    if not found:
        return "n" if kind == "number" else "b" if kind == "boolean" else "s"
    letter = found.pop()
    if found or letter is None or (letter == "s" and kind == "number"):
        return ""  # "1.037" may be refused for the other numbers of its column
    if letter == "n" and any(value is not None and abs(value) >= MOST_EXACT for value in values):
        return ""  # integers that doubles round stay integers
    return letter


def _read_csv(request: Request, used: Collection[str]) -> GivenRows:
    try:
        text, _ = decode(request.body, SOURCE, request.charset or None)
        table = parse(text, SOURCE, header=True)
    except DataError as error:
        raise Refused(400, "not_csv", _of_request(sentence_of(error))) from None
    needed = {show(name): name for name in used}
    twice = [needed[name] for each in table.notes if (name := str(each.data.get("given"))) in needed]
    if twice:
        raise Refused(400, "repeated_column", note("serving.repeated_column", column=show(twice[0])))
    _refuse_lacking([dict.fromkeys(table.names)], used)
    return GivenRows(table.height, np.arange(1, table.height + 1), table=table)


def _of_request(said: Note | str) -> Note | str:
    """Return what is wrong with a table, which is the request, in both languages."""
    if isinstance(said, str) or "source" not in said.data:
        return said
    return note(said.key, **{**said.data, "source": note("serving.the_request")})


def _refuse_lacking(rows: Sequence[Mapping[str, object]], used: Collection[str]) -> None:
    """Raise an error for columns that no row has."""
    present = dict.fromkeys(chain(*rows))
    lacking = [name for name in used if name not in present]
    if lacking and rows:
        key = "serving.lacks_several" if len(lacking) > 1 else "serving.lacks"
        told = note(key, column=show(lacking[0]), count=len(lacking) - 1, near=_meant(lacking, present, used))
        raise Refused(422, "missing_column", told, missing_columns=tuple(lacking))


def _problem(number: int, row: object, used: Mapping[str, str]) -> BadRow | None:
    """Return why something is no row; None for a row with all columns and values that a cell can have."""
    if not isinstance(row, dict):
        return BadRow(number, note("serving.no_object", row=str(number), given=_named(row)))
    for name in used:
        if name not in row:
            told = note("serving.row_lacks", row=str(number), column=show(name), near=_meant([name], row, used))
            return BadRow(number, told, name, None, ABSENT)
        value = row[name]
        if isinstance(value, dict | list):
            told = note("serving.no_value", row=str(number), column=show(name), value=_named(value))
            return BadRow(number, told, name, None, "a text, a number, true, false or null")
        if isinstance(value, bool) and used[name] == "number":
            place, number_word = note("words.row", number=str(number)), note("serving.a_number")
            told = note("serving.bad_cell", place=place, column=show(name), value=_named(value), wanted=number_word)
            return BadRow(number, told, name, value, "a number")
    return None


def _meant(lacking: Sequence[str], present: Collection[str], used: Collection[str]) -> Note | str:
    """Return a question for columns that were sent under a similar name, which is not that of another column."""
    others = [name for name in present if name not in used]
    found = {name: most_similar(name, others) for name in lacking[:MOST_MEANT]}
    pairs: list[str | Note] = [
        note("serving.meant_by", column=show(name), name=show(near)) for name, near in found.items() if near is not None
    ]
    return note("serving.near", pairs=pairs) if pairs else ""


def _named(value: object) -> Note | str:
    if isinstance(value, dict | list):
        return note("serving.an_object" if isinstance(value, dict) else "serving.an_array")
    return json.dumps(value) if value is None or isinstance(value, bool) else show(value)
