"""The rows of a table larger than memory: training rows encoded to disk; a sample and the others in memory."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..checks.own_test_rows import joined
from ..checks.prepared import Prepared
from ..data.inputs import with_target
from ..data.splitting import Split
from ..data.streaming_scratch import Scratch
from ..data.streaming_survey import copied
from ..data.table import Table
from ..data.values import with_numbers
from ..errors import DataError
from ..evaluation.imbalance import Feed, feed_for, rare_classes
from ..evaluation.thresholds import say_plan
from ..notes import Note, note
from ..settings import Settings
from .streamed_plan import StreamPlan, Whole, count_missing, with_missing

BASELINE_ROWS = 50_000  # training rows of the baselines


@dataclass(frozen=True, eq=False)
class Encoded:
    """All rows, encoded.

    Args:
        rows: The training rows on disk.
        feed: The weight of each class in training.
        prepared: The rows in memory: a sample of the training set, all of validation and test set.
        whole: The counts of all rows.
    """

    rows: Scratch
    feed: Feed
    prepared: Prepared
    whole: Whole


@dataclass(eq=False)
class PartInMemory:
    """Rows of one set in memory."""

    tables: list[Table] = dataclasses.field(default_factory=list)
    x: list[np.ndarray] = dataclasses.field(default_factory=list)
    y: list[np.ndarray] = dataclasses.field(default_factory=list)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return sum(map(len, self.x))


@contextmanager
def encoded(plan: StreamPlan, settings: Settings, tested: Table | None, path: Path) -> Iterator[Encoded]:
    """Encode all rows; the training rows go to a file at ``path``, which is removed at the end.

    Args:
        plan: The plan from the survey.
        settings: The settings.
        tested: A separate test set, if any.
        path: The file to write.

    Raises:
        DataError: If a value cannot be read, or no rows are left for training.
        FileError: If the file cannot be written.
    """
    sample = _sample(plan, settings)
    feed = feed_for(settings, plan.target, sample.y[0], np.arange(sample.rows))
    weights = None if feed.class_weight is None else [feed.class_weight[k] for k in sorted(feed.class_weight)]
    rows = Scratch(path, plan.encoder.layout.width, plan.outputs, settings.seed, weights)
    try:
        unseen = dict[Note, None]()
        test, held, lacking = _encoded(plan, settings, rows, unseen)
        if tested is not None:
            test = _encoded_test(plan, settings, tested, unseen)
        whole = Whole(rows.written, held.rows, test.rows, with_missing(plan.columns, lacking))
        said = (*plan.notes, *unseen, *_say_rows(settings, whole, sample.rows, plan.bytes))
        prepared = _prepared(plan, settings, sample, held, test, said, tested.source if tested else "")
        yield Encoded(rows, feed, prepared, whole)
    finally:
        rows.remove()


def _say_rows(settings: Settings, whole: Whole, sampled: int, needed: int) -> Iterator[Note]:
    size = f"{needed / 1e9:.1f} GB" if needed > 1e8 else f"{needed / 1e6:.1f} MB"
    yield note("reading.on_disk", rows=whole.train, size=size)
    if settings.baselines and whole.test and sampled < whole.train:
        yield note("reading.baselines_sampled", rows=sampled, all=whole.train)


def _sample(plan: StreamPlan, settings: Settings) -> PartInMemory:
    """Return training rows for the baselines and the class frequencies."""
    table = plan.found.sample.without(settings.dropped)
    parts = plan.splitter.parts(plan.found.sample, table.positions - 1)
    chosen = ~plan.target.missing(table) & (parts == 0)
    rows = np.flatnonzero(chosen)
    if len(rows) > BASELINE_ROWS:
        rows = np.sort(np.random.default_rng(settings.seed).permutation(rows)[:BASELINE_ROWS])
    table = table.take(rows)
    return PartInMemory([table], [plan.encoder.transform(table, [])], [plan.target.encode(table)])


def _encoded(
    plan: StreamPlan, settings: Settings, rows: Scratch, unseen: dict[Note, None]
) -> tuple[PartInMemory, PartInMemory, np.ndarray]:
    """Write the training rows to disk; return validation and test rows, and the missing values per column."""
    test, held = PartInMemory(), PartInMemory()
    start, lacking = 0, np.zeros(len(plan.columns), np.int64)
    for whole in plan.files.tables():
        parts = plan.splitter.parts(whole, np.arange(start, start + whole.height))
        start += whole.height
        table = whole.without(settings.dropped)
        present = ~plan.target.missing(table)
        if not present.all():
            table, parts = table.take(np.flatnonzero(present)), parts[present]
        said: list[Note] = []
        read = with_numbers(table, plan.columns)
        x, y = plan.encoder.transform(read, said), plan.target.encode(table)
        lacking += count_missing(read, plan.columns)
        unseen.update(dict.fromkeys(said[: max(0, 10 - len(unseen))]))
        rows.add(x[parts == 0], y[parts == 0])
        for number, part in ((1, held), (2, test)):
            chosen = np.flatnonzero(parts == number)
            if len(chosen):
                part.tables.append(copied(table, chosen))
                part.x.append(x[chosen])
                part.y.append(y[chosen])
    rows.finish()
    if not rows.written:
        raise DataError(f"{plan.files.name}: no rows are left to train on.")
    return test, held, lacking


def _encoded_test(plan: StreamPlan, settings: Settings, tested: Table, unseen: dict[Note, None]) -> PartInMemory:
    """Return test rows from a separate file, with the columns of the others."""
    said: list[Note] = []
    read = with_target(tested, plan.target, said)
    x, y = plan.encoder.transform(read, said), plan.target.encode(read)
    unseen.update(dict.fromkeys(said))
    own = plan.found.sample.take([])
    used = {*plan.target.names, *(column.name for column in plan.encoder.columns)}
    table = joined(own, read, used)
    columns = {name: values.cast(own.columns[name].dtype, strict=False) for name, values in table.columns.items()}
    return PartInMemory([dataclasses.replace(table, columns=columns).without(settings.dropped)], [x], [y])


def _prepared(
    plan: StreamPlan,
    settings: Settings,
    sample: PartInMemory,
    held: PartInMemory,
    test: PartInMemory,
    said: Sequence[Note],
    tested: str,
) -> Prepared:
    """Return the rows in memory as a prepared table: a sample of the training set, all of validation and test set."""
    parts = (sample, held, test)
    ends = np.cumsum([0, *(part.rows for part in parts)])
    split = Split(*(np.arange(ends[k], ends[k + 1]) for k in range(3)))
    x, y = (np.concatenate([each for part in parts for each in getattr(part, name)]) for name in ("x", "y"))
    rare = rare_classes(plan.target, y)
    planned = say_plan(settings, plan.target, y, rare, held.rows)
    table = _stacked([table for part in parts for table in part.tables], plan.files.name)
    notes = (*said, *planned)
    columns = with_missing(plan.columns, count_missing(with_numbers(table, plan.columns), plan.columns))
    scheme = dataclasses.replace(plan.splitter.scheme, test_file=tested)
    own = len(x) - test.rows if tested else None
    return Prepared(table, columns, plan.target, plan.encoder, split, x, y, False, notes, rare, scheme, own)


def _stacked(tables: Sequence[Table], source: str) -> Table:
    import polars as pl

    names = tables[0].names
    columns = {name: pl.concat([table.columns[name] for table in tables], rechunk=True) for name in names}
    return Table(columns, source, (), np.concatenate([table.positions for table in tables]))
