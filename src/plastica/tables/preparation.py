"""From a table to arrays: the target, the kinds of columns, the split, and the encoding."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec
import numpy as np

from ..checks.own_test_rows import joined
from ..checks.partition import RowCounts, Scheme, partition, with_file, without_groups
from ..checks.prepared import Prepared
from ..data.columns import Column, infer_columns
from ..data.encoding import TableEncoder
from ..data.inputs import with_target
from ..data.reading import read_table
from ..data.splitting import Split
from ..data.table import Table, show
from ..data.target import Target, choose_target, target_names
from ..errors import InvalidValue
from ..evaluation.imbalance import check_fits, rare_classes
from ..evaluation.naive import say_naive
from ..evaluation.thresholds import say_plan
from ..notes import Note, note
from ..settings import Settings


def prepare(table: Table, target: str | Sequence[str], settings: Settings, tested: Table | None = None) -> Prepared:
    """Infer the target and the columns, split the rows, and encode them.

    The *kind* of a column (a number with a decimal comma, a date) is inferred from all rows; its *statistics* (means,
    scales, categories) are computed from the training set only.

    Args:
        table: The table as read.
        target: The column to predict, several columns, or a pattern such as ``Class*``.
        settings: The settings.
        tested: A separate test set. Default: read from ``settings.test`` if that is a file, otherwise split off from
            the table.

    Raises:
        DataError: If there is no such column, no usable column, or too few rows.
        FileError: If the file of test rows cannot be read.
        InvalidValue: If a target is among the dropped columns, or no row is left for training.
    """
    if tested is None and settings.test_file is not None:
        tested = read_table(settings.test_file)
    for name in [target] if isinstance(target, str) else target:
        if name in settings.dropped:
            raise InvalidValue(f"{show(name)} is the target and cannot be dropped too.")
    kept = table.without(settings.dropped)
    chosen, kept, said = choose_target(kept, target_names(kept, target), settings.task, settings.declared)
    check_fits(settings, chosen)
    columns = infer_columns(kept, skip=chosen.names, declared=settings.declared)
    labels = None if chosen.task == "regression" else strata(chosen.encode(kept))
    parts, scheme = _split(table, kept, columns, chosen, settings if tested is None else _untested(settings), labels)
    columns = tuple(without_groups(column, scheme) for column in columns)
    train = kept.take(parts.train)
    chosen = chosen.fitted(train)
    encoder = TableEncoder.fit(train, columns, ignored=(*chosen.names, *settings.dropped))
    notes = [*table.notes, *said, *_of_classes(parts.notes, chosen)]
    x, y, own = encoder.transform(kept, notes), chosen.encode(kept), None
    if tested is not None:
        own, tested = kept.height, with_target(tested, chosen, notes)
        kept = joined(kept, tested, {*chosen.names, *(column.name for column in encoder.columns)})
        x, y = np.concatenate([x, encoder.transform(tested, notes)]), np.concatenate([y, chosen.encode(tested)])
        parts = parts._replace(test=np.arange(own, kept.height))
        scheme = with_file(scheme, tested.source, kept)
    if scheme.series is not None and len(parts.test) and settings.baselines:
        notes.append(say_naive(scheme.series))
    rare = rare_classes(chosen, y)
    notes += say_plan(settings, chosen, y, rare, len(parts.validation))
    described = encoder.described(columns)
    return Prepared(
        kept, described, chosen, encoder, parts, x, y, scheme.stratified, tuple(notes), rare, scheme, own, columns,
        settings.folds,
    )  # fmt: skip


def _split(
    table: Table,
    kept: Table,
    columns: tuple[Column, ...],
    target: Target,
    settings: Settings,
    labels: np.ndarray | None,
) -> tuple[Split, Scheme]:
    """Split the rows; dropped columns may still determine the split."""
    if not settings.dropped:
        return partition(kept, columns, target, settings, labels)
    whole = table.take(np.flatnonzero(~target.missing(table)))
    dropped = infer_columns(whole.without(name for name in whole.names if name not in settings.dropped))
    return partition(whole, (*columns, *dropped), target, settings, labels)


def _untested(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, test=0.0)


def strata(y: np.ndarray) -> np.ndarray:
    """Return the strata of a random split: the class, or the rarest of several labels (-1 for none).

    Stratifying by the rarest label preserves its share in each set; frequent labels keep theirs without it.
    """
    if y.ndim == 1:
        return y
    order = np.argsort(y.sum(0), kind="stable")
    rarest = order[y[:, order].argmax(1)]
    return np.where(y.any(1), rarest, -1)


def digest(x: np.ndarray) -> str:
    """Return a digest that identifies the features and their order."""
    return hashlib.sha256(np.ascontiguousarray(x).data).hexdigest()


def rows_of(prepared: Prepared) -> RowCounts:
    """Return the sizes of the training, validation and test set, and the method of the split."""
    scheme = prepared.scheme
    return RowCounts(
        *map(len, prepared.split[:3]),
        stratified=prepared.stratified,
        digest=digest(prepared.x[: prepared.own]),
        split=scheme.split,
        by=scheme.by,
        first_test=scheme.first_test,
        test_file=scheme.test_file,
    )


def _of_classes(notes: tuple[Note, ...], target: Target) -> tuple[Note, ...]:
    """Return the notes of the split with class labels instead of indices."""
    names: dict[str, str | Note] = {repr(str(number)): show(label) for number, label in enumerate(target.classes)}
    names[repr("-1")] = note("words.rows_without_label")
    return tuple(_named(each, names) for each in notes)


def _named(told: Note, names: dict[str, str | Note]) -> Note:
    classes = told.data.get("classes")
    values = classes.data.get("values") if isinstance(classes, Note) else None
    if not isinstance(classes, Note) or not isinstance(values, list):
        return told
    values = [names.get(str(each), each) for each in values]
    return note(told.key, **told.data | {"classes": note(classes.key, values=values)})
