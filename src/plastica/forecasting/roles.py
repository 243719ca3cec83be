"""The role of each column of a table of series: time, series, targets, covariates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ..data.clock import Clock, find_clocks, named_clock, number_clock
from ..data.columns import Column, infer_columns
from ..data.dates import with_zones
from ..data.number_clocks import rising_column
from ..data.numbers import clean
from ..data.series import make_series
from ..data.table import Table, show
from ..data.values import as_text, read_booleans, read_numbers
from ..errors import DataError, InvalidValue, caution
from ..notes import Note, note, sentence_of
from .grouping import regular_group
from .public_holidays import check_country

MOST_MISSING = 0.05  # of the rows may have no time stamp
TELLING = 0.9  # two columns of dates with this share of each other's distinct stamps could both be the time
NUMERIC = ("number", "boolean")
WORDS = ("category", "text")
MOST_WORDS = 30  # of a covariate, the most frequent; others count as none of them


class Roles(NamedTuple):
    """The columns of a table and their roles.

    Attributes:
        clock: The columns that give the time of each row.
        stamps: The time stamp of each row, NaN where it is missing, ``(rows,)``.
        group: The column that distinguishes series; empty for a single one.
        targets: The columns to forecast.
        past: Columns whose values are known until now only.
        known: Columns whose future values are known: a weather forecast, opening hours, a price.
        categories: The covariates whose values are words, with these words; each word has a column of 0 and 1.
        country: The country whose public holidays are known; none if empty.
        notes: What was decided.
    """

    clock: Clock
    stamps: np.ndarray
    group: str
    targets: tuple[str, ...]
    past: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    categories: tuple[tuple[str, tuple[str, ...]], ...] = ()
    country: str = ""
    notes: tuple[Note, ...] = ()

    def indicators(self, name: str) -> tuple[str, ...]:
        """Return the names of the columns of numbers that stand for a column: itself, or one for each word."""
        words = dict(self.categories).get(name)
        return (name,) if words is None else tuple(f"{name}={word}" for word in words)

    @property
    def past_columns(self) -> tuple[str, ...]:
        """The columns of numbers that stand for past covariates."""
        return tuple(each for name in self.past for each in self.indicators(name))

    @property
    def known_columns(self) -> tuple[str, ...]:
        """The columns of numbers that stand for known covariates."""
        return tuple(each for name in self.known for each in self.indicators(name))

    @property
    def value_columns(self) -> tuple[str, ...]:
        """The columns of numbers of a panel: targets, past and known covariates."""
        return (*self.targets, *self.past_columns, *self.known_columns)


def find_roles(
    table: Table,
    time: str | None = None,
    target: Sequence[str] = (),
    group: str | None = None,
    past: Sequence[str] = (),
    known: Sequence[str] = (),
    country: str = "",
) -> Roles:
    """Return the role of each column; what is not given is inferred.

    Raises:
        DataError: If no column, or more than one, can be the time or the target; or a column does not exist or has no
            numbers.
        InvalidValue: If a column has two roles.
    """
    named = [*target, *past, *known, *([group] if group else [])]
    for name in named:
        table.column(name)
    if twice := [name for place, name in enumerate(named) if name in named[:place] or name == time]:
        raise InvalidValue(note("forecast_errors.two_roles", column=show(twice[0])))
    columns = infer_columns(table)
    clock, stamps = _clock(table, columns, time, named)
    if country:
        check_country(country)
        if not clock.is_calendar:
            raise InvalidValue(note("forecast_errors.no_dates", country=repr(country), column=show(clock.name)))
    own = {column.name for column in clock.columns}
    targets = tuple(target) or (_target(table, columns, own | set(named)),)
    found = "" if group is None else group
    notes: list[Note] = [*_mixed_zones(table, clock)]
    if group is None:
        values = np.stack([read_numbers(table, _numeric(table, columns, name)) for name in targets], axis=1)
        able = [each for each in columns if each.name not in named and each.name not in (*targets, *own)]
        found = make_series(table, able, clock, stamps, values).key or regular_group(table, able, stamps)
        if found:
            notes.append(note("forecasting.grouped", column=show(found)))
    categories = _categories(table, columns, (*past, *known), notes)
    return Roles(clock, stamps, found, targets, tuple(past), tuple(known), categories, country, tuple(notes))


def read_values(table: Table, roles: Roles) -> np.ndarray:
    """Return the values of targets and covariates, NaN where missing, ``(rows, columns)``.

    Raises:
        DataError: If a column has other values than numbers or yes and no.
    """
    columns, words = infer_columns(table), dict(roles.categories)
    read: list[np.ndarray] = []
    for name in (*roles.targets, *roles.past, *roles.known):
        table.column(name)  # or an error that lists the columns there are
        if name in words:
            read += _indicators(table, name, words[name])
        else:
            read.append(_read(table, _numeric(table, columns, name)))
    return np.stack(read, axis=1)


def _categories(
    table: Table, columns: Sequence[Column], names: Sequence[str], notes: list[Note]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the words of covariates that are no numbers, the most frequent first; add notes on them."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for name in names:
        if not _has_words(table, next(column for column in columns if column.name == name)):
            continue
        counts = as_text(table.column(name)).drop_nulls().value_counts(sort=True, name="count")
        words = tuple(sorted(counts[name].to_list()[:MOST_WORDS]))
        notes.append(note("forecasting.words", column=show(name), count=len(words)))
        if len(counts) > MOST_WORDS:
            notes.append(note("forecasting.rare_words", column=show(name), count=len(counts) - MOST_WORDS))
        found.append((name, words))
    return tuple(found)


def _has_words(table: Table, column: Column) -> bool:
    """Return whether a column has words; one that is constant or the same as another one may have numbers too."""
    if column.kind in WORDS:
        return True
    if column.kind in NUMERIC:
        return False
    try:
        read_numbers(table, Column(column.name, "number", format=column.format))
    except DataError:
        return True
    return False


def _indicators(table: Table, name: str, words: Sequence[str]) -> list[np.ndarray]:
    """Return a column of 0 and 1 for each word; all are 0 for other words, and missing where there is none."""
    texts = as_text(table.column(name))
    gone = texts.is_null().to_numpy()
    strange = sorted(set(texts.drop_nulls().unique().to_list()) - set(words))
    if strange and len(words) < MOST_WORDS:
        told = {"source": table.source, "value": show(strange[0]), "column": show(name)}
        caution(note("forecast_errors.strange_word", **told))
    return [np.where(gone, np.nan, (texts == word).fill_null(False).to_numpy().astype(float)) for word in words]


def _read(table: Table, column: Column) -> np.ndarray:
    return read_booleans(table, column) if column.kind == "boolean" else read_numbers(table, column)


def _numeric(table: Table, columns: Sequence[Column], name: str) -> Column:
    """Return the description of a column of numbers, which may be constant or the same as another one."""
    found = next(column for column in columns if column.name == name)
    if found.kind in NUMERIC:
        return found
    plain = Column(name, "number", format=found.format)
    try:
        read_numbers(table, plain)
    except DataError as problem:
        raise DataError(note("forecast_errors.no_numbers", column=show(name), why=sentence_of(problem))) from None
    return plain


def _clock(table: Table, columns: Sequence[Column], time: str | None, named: Sequence[str]) -> tuple[Clock, np.ndarray]:
    if time is not None:
        clock = named_clock(table, time, columns)
        return clock, clock.read(table)
    able = [column for column in columns if column.name not in named]
    found = find_clocks(table, able)
    if not found and (rising := rising_column(table, able)):
        clock = number_clock(table, rising.name)
        return clock, clock.read(table)
    if not found:
        raise DataError(note("forecast_errors.no_time", source=table.source, listed=list(map(show, table.names[:20]))))
    clock, stamps = found[0]
    for other, its in found[1:]:
        if {column.name for column in other.columns} & {column.name for column in clock.columns}:
            continue
        distinct, others = len(np.unique(stamps)), len(np.unique(its))
        agree = np.nanmean(np.abs(stamps - its) <= 86_400) > TELLING
        if others >= TELLING * distinct and not agree:
            both = {"one": show(clock.name), "other": show(other.name), "name": repr(clock.name)}
            raise DataError(note("forecast_errors.two_times", source=table.source, **both))
    return clock, stamps


def _mixed_zones(table: Table, clock: Clock) -> Iterator[Note]:
    """Yield a note if some time stamps have an offset from UTC and others have none."""
    for part, column in zip(clock.parts, clock.columns, strict=True):
        values = table.column(column.name)
        if part == "date" and str(values.dtype) == "String":
            texts = clean(as_text(values)).drop_nulls()
            count = int(with_zones(texts).sum())
            if 0 < count < len(texts):
                yield note("forecasting.mixed_zones", count=count)


def _target(table: Table, columns: Sequence[Column], taken: set[str]) -> str:
    able = [column.name for column in columns if column.kind in NUMERIC and column.name not in taken]
    if len(able) == 1:
        return able[0]
    if not able:
        constant = [column for column in columns if column.kind == "constant" and column.name not in taken]
        if constant:
            column = show(constant[0].name)
            raise DataError(note("forecast_errors.constant_target", source=table.source, column=column))
        raise DataError(note("forecast_errors.no_target", source=table.source, taken=list(map(show, taken))))
    told = {"source": table.source, "number": len(able)}
    raise DataError(note("forecast_errors.several_targets", **told, listed=list(map(show, able[:20]))))
