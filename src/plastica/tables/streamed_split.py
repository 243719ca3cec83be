"""Splitting rows that are read in parts: the set of each row is determined independently of the others."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..checks.partition import Scheme, SplitKind, clock_for, unlearned, values_of
from ..data.clock import Clock
from ..data.columns import Column
from ..data.series import find_series
from ..data.splitting import split_in_order
from ..data.streaming_survey import PART, Survey, chances
from ..data.table import Table, show
from ..data.target import Target
from ..data.values import as_text
from ..errors import DataError
from ..notes import Note, note
from ..settings import LAST, Settings

TRAIN, VALIDATION, TEST = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Splitter:
    """Assigns each row to training, validation or test set, independently of the other rows.

    Args:
        how: The method, as in :class:`Scheme`.
        seed: The seed.
        shares: The shares of test and validation set.
        clock: The columns that give the time of each row; None to use row numbers.
        cuts: The first time stamps of the test set and of the validation set.
        group: The column whose values are not divided among sets.
    """

    how: SplitKind
    seed: int
    shares: tuple[float, float]
    clock: Clock | None = None
    cuts: tuple[float, float] = (np.inf, np.inf)
    group: str = ""

    def parts(self, table: Table, numbers: np.ndarray) -> np.ndarray:
        """Return for each row 0 for training, 1 for validation, 2 for test.

        Args:
            table: Rows, including dropped columns.
            numbers: Their numbers, counted from 0 through all files.
        """
        if self.how in ("time", "order"):
            stamps = numbers if self.clock is None else self.clock.read(table)
            made = np.where(stamps >= self.cuts[0], TEST, np.where(stamps >= self.cuts[1], VALIDATION, TRAIN))
            if np.isfinite(self.cuts[1]) or not self.shares[1]:
                return made
            dealt = chances(numbers, self.seed, PART) < self.shares[1]  # a random validation set
            return np.where((made == TRAIN) & dealt, VALIDATION, made)
        found = chances(_hashes(table, self.group) if self.group else numbers, self.seed, PART)
        return np.where(found < self.shares[0], TEST, np.where(found < sum(self.shares), VALIDATION, TRAIN))

    @property
    def scheme(self) -> Scheme:
        """The method of the split, for display."""
        by = self.group or (self.clock.name if self.clock else "")
        first = self.clock.show(self.cuts[0]) if self.clock and np.isfinite(self.cuts[0]) else ""
        return Scheme(self.how, by, first)


def splitter_for(
    found: Survey, columns: Sequence[Column], target: Target, settings: Settings, shares: tuple[float, float]
) -> tuple[Splitter, tuple[Note, ...]]:
    """Return the splitter for all rows, determined from a sample, and notes.

    Args:
        found: The survey of all rows.
        columns: The descriptions of the columns, including dropped ones.
        target: The target.
        settings: The settings.
        shares: The shares of test and validation set.

    Raises:
        DataError, InvalidValue: As for :func:`~plastica.checks.partition.partition`.
    """
    how, _, name = settings.split.partition(":")
    usual = Splitter("random", settings.seed, shares)
    sample = found.sample.take(np.flatnonzero(~target.missing(found.sample)))
    if how == "group":
        made = replace(usual, how="group", group=name)
        _check_groups(made, sample)
        return made, (note("splitting.groups", by=show(name)),)
    if how == "time" or settings.test == LAST:
        clock = clock_for(sample, columns, settings)
        if clock is None:
            return _by_number(usual, found.rows, random=how == "random"), (note("splitting.no_date_column_files"),)
        made = _by_stamp(usual, clock, clock.read(sample), random=how == "random")
        return made, _say(made, sample.height)
    series = find_series(sample, columns, values_of(target, sample)) if how == "auto" else None
    if series is None:
        return usual, ()
    labels = target.encode(sample) if target.task in ("binary", "multiclass") else None
    if why := unlearned(target, labels, split_in_order(series.stamps, shares[1], shares[0])):
        return usual, (note("splitting.series_still_random", why=why),)
    made = _by_stamp(usual, series.clock, series.stamps)
    return made, _say(made, sample.height)


def _by_stamp(usual: Splitter, clock: Clock, stamps: np.ndarray, random: bool = False) -> Splitter:
    test, validation = usual.shares
    parts = split_in_order(stamps, 0 if random else validation, test)
    cuts = [float(stamps[rows].min()) if len(rows) else np.inf for rows in (parts.test, parts.validation)]
    return replace(usual, how="time", clock=clock, cuts=(cuts[0], cuts[1]))


def _by_number(usual: Splitter, rows: int, random: bool) -> Splitter:
    test, validation = usual.shares
    first = rows - round(rows * test)
    return replace(usual, how="order", cuts=(first, np.inf if random else first - round(rows * validation)))


def _say(made: Splitter, sampled: int) -> tuple[Note, ...]:
    scheme = made.scheme
    said = [note("splitting.time_sampled", by=show(scheme.by), rows=sampled)]
    if scheme.first_test:
        said += [note("splitting.test_from", first=scheme.first_test), note("splitting.no_naive")]
    return tuple(said)


def _check_groups(made: Splitter, sample: Table) -> None:
    """Check that the random assignment gives each set at least one group."""
    parts = made.parts(sample, sample.positions - 1)
    for share, number, name in ((*made.shares[:1], TEST, "test"), (made.shares[1], VALIDATION, "validation")):
        if share and not (parts == number).any():
            raise DataError(
                f"the random split by the values of {show(made.group)} leaves the {name} set empty. Use another seed "
                "or a larger share, or read all rows at once (stream=False)."
            )
    if not (parts == TRAIN).any():
        raise DataError(
            f"the random split by the values of {show(made.group)} leaves the training set empty. Use another seed or "
            "smaller shares."
        )


def _hashes(table: Table, column: str) -> np.ndarray:
    """Return a hash of each row's value that is the same in all files and on all machines."""
    texts, places = np.unique(as_text(table.column(column)).fill_null("").to_numpy().astype(str), return_inverse=True)
    digests = [hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts.tolist()]
    return np.array([int.from_bytes(each) for each in digests], np.uint64)[places.ravel()]
