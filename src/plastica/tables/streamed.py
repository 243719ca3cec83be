"""A network for a table larger than memory: surveyed, encoded to disk, trained block by block, judged as any other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ..checks.own_test_rows import joined
from ..checks.prepared import Prepared
from ..data.inputs import as_table, with_target
from ..data.splitting import Split
from ..data.streaming_files import Files, open_files
from ..data.streaming_scratch import Scratch, check_room
from ..data.streaming_survey import copied
from ..data.table import Table
from ..data.values import with_numbers
from ..errors import DataError, InvalidValue
from ..evaluation.imbalance import Feed, feed_for, rare_classes
from ..evaluation.thresholds import say_plan
from ..model import Sequential
from ..notes import Note, note
from ..settings import Settings, batch_size_for
from ..training import EarlyStopping
from ..training.callbacks import Callback
from ..training.interrupting import Interrupted
from .facts import Training
from .networks import monitor_of, network_for
from .scratch_file import folder_for, scratch_file
from .streamed_plan import StreamPlan, Whole, count_missing, make_plan, with_missing
from .streamed_scores import evaluate_chunks, predict_chunks
from .table import TableNetwork, judged_network, with_model_so_far

__all__ = ["evaluate_chunks", "fit_streaming", "predict_chunks", "train_streaming"]

BASELINE_ROWS = 50_000  # that the baselines learn from


@dataclass(eq=False)
class PartInMemory:
    """Rows of one part that stay in memory."""

    tables: list[Table] = dataclasses.field(default_factory=list)
    x: list[np.ndarray] = dataclasses.field(default_factory=list)
    y: list[np.ndarray] = dataclasses.field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many there are."""
        return sum(map(len, self.x))


def fit_streaming(
    source: str | Path | Files, target: str | Sequence[str], settings: Settings | None = None, **options: Any
) -> TableNetwork:
    """Train as :func:`train_streaming` does, with the same options, and return the network alone."""
    return train_streaming(source, target, settings, **options)[0]


def train_streaming(
    source: str | Path | Files,
    target: str | Sequence[str],
    settings: Settings | None = None,
    *,
    verbose: int | str = 0,
    callbacks: Sequence[Callback] = (),
    model: Sequential | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    scratch: str | Path | None = None,
    test_data: Any = None,
    told: Callable[[Prepared, Sequential, Whole], None] = lambda prepared, model, whole: None,
) -> tuple[TableNetwork, Prepared]:
    """Train a network on a file or folder that does not fit in memory, and judge it on held-out rows.

    The rows are read twice: once to see what the columns are, once to encode them into a scratch file, which
    every epoch reads. Memory stays bounded whatever the number of rows.

    Args:
        source: A CSV or TSV file (also gzipped), a Parquet file, a folder of either, or what
            :func:`~plastica.data.streaming_files.open_files` returns.
        target: The column to predict, several, or a pattern such as ``Class*``.
        settings: How; the defaults serve most tables.
        verbose, callbacks, model, checkpoint, resume: As for :meth:`TableNetwork.train`.
        scratch: The folder for the scratch file, which is removed at the end; by default the checkpoints' parent,
            or the system's folder for temporary files.
        test_data: Test rows of their own, which are in memory; by default they are a part of the rows, or
            ``settings.test`` names a file.
        told: Called once before training, with the rows in memory, the network, and what all rows are.

    Returns:
        The network, and the rows that are in memory: a sample of the training rows, all of validation and test.

    Raises:
        FileError, DataError: What cannot be read or learned from, with file, row and column; too little disk.
        InvalidValue: A setting that needs all rows in memory.
    """
    chosen = settings or Settings()
    if chosen.resample is not None:
        raise InvalidValue(
            f"resample={chosen.resample!r} needs all rows in memory, but these are read in chunks. Use "
            "class_weight='balanced', which serves the same purpose."
        )
    if chosen.model != "network":
        raise InvalidValue(
            f"model={chosen.model!r} needs all rows in memory, but these are read in chunks; only networks can be "
            "trained this way. Leave out model, or train on a sample of the rows."
        )
    tested = _tested(test_data if test_data is not None else chosen.test_file)
    plan = make_plan(
        source if isinstance(source, Files) else open_files(source),
        target,
        chosen if tested is None else msgspec.structs.replace(chosen, test=0.0),
    )
    targets = plan.target.outputs if plan.target.task == "multilabel" else len(plan.target.names)
    needed = 4 * (plan.encoder.layout.width + targets) * plan.found.rows
    folder = folder_for(scratch, checkpoint)
    check_room(folder, needed)
    fitting = {"verbose": verbose, "callbacks": callbacks, "checkpoint": checkpoint, "resume": resume}
    with scratch_file(folder, checkpoint) as path:
        sample = _sample(plan, chosen)
        feed = feed_for(chosen, plan.target, sample.y[0], np.arange(sample.rows))
        weights = None if feed.class_weight is None else [feed.class_weight[k] for k in sorted(feed.class_weight)]
        rows = Scratch(path, plan.encoder.layout.width, targets, chosen.seed, weights)
        try:
            unseen = dict[Note, None]()
            test, held, lacking = _encoded(plan, chosen, rows, unseen)
            if tested is not None:
                test = _encoded_test(plan, chosen, tested, unseen)
            whole = Whole(rows.written, held.rows, test.rows, with_missing(plan.columns, lacking))
            said = (*plan.notes, *unseen, *_say_rows(chosen, whole, sample.rows, needed))
            prepared = _prepared(plan, chosen, sample, held, test, said, tested.source if tested else "")
            network = model or network_for(
                plan.target.task,
                plan.target.outputs,
                prepared.layout,
                chosen,
                rows=prepared.x[prepared.split.train],
            )
            told(prepared, network, whole)
            return _trained(network, prepared, chosen, rows, feed, fitting, whole), prepared
        finally:
            rows.remove()


def _say_rows(settings: Settings, whole: Whole, sampled: int, needed: int) -> Iterator[Note]:
    size = f"{needed / 1e9:.1f} GB" if needed > 1e8 else f"{needed / 1e6:.1f} MB"
    yield note("reading.on_disk", rows=whole.train, size=size)
    if settings.baselines and whole.test and sampled < whole.train:
        yield note("reading.baselines_sampled", rows=sampled, all=whole.train)


def _sample(plan: StreamPlan, settings: Settings) -> PartInMemory:
    """Return training rows for the baselines and the classes' shares."""
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
    """Write the training rows to disk; return those held out, and how many values each column lacks."""
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


def _tested(source: Any) -> Table | None:
    return None if source is None else as_table(source)


def _encoded_test(plan: StreamPlan, settings: Settings, tested: Table, unseen: dict[Note, None]) -> PartInMemory:
    """Return test rows that have a file of their own, with the columns of the others."""
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
    """Return the rows that are in memory as any table's: a sample of training, all of validation and test."""
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


def _trained(
    model: Sequential,
    prepared: Prepared,
    settings: Settings,
    rows: Scratch,
    feed: Feed,
    fitting: dict[str, Any],
    whole: Whole,
) -> TableNetwork:
    held = prepared.split.validation
    stopping = EarlyStopping(monitor_of(model), patience=settings.patience, restore_best_weights=True)
    x, y = prepared.x[held], prepared.y[held]
    weighed = (np.array(feed.shift, np.float32)[y],) if feed.shift else ()
    told: dict[str, Any] = {**fitting, "callbacks": [*fitting["callbacks"], *[stopping] * bool(len(held))]}
    try:
        history = model.fit(
            rows,
            batch_size=settings.batch_size or batch_size_for(rows.written),
            epochs=settings.epochs,
            validation_data=(x, y, *weighed) if len(held) else None,
            time_limit=settings.time_limit,
            **told,
        )
    except Interrupted as stop:
        raise with_model_so_far(stop, model, prepared, settings, feed.shift) from None
    best = stopping.best_epoch + 1 if len(held) else None
    training = Training(len(history.epoch), best, history.stopped_by)
    made = judged_network(model, prepared, settings, feed.shift, training, history)
    counts = msgspec.structs.replace(made.facts.rows, train=whole.train, validation=whole.validation, test=whole.test)
    return dataclasses.replace(made, facts=msgspec.structs.replace(made.facts, rows=counts, columns=whole.columns))
