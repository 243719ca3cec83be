"""Output about a table: its target, its columns, the split of its rows and the findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..checks.partition import say_scheme
from ..data.columns import Column
from ..data.target import Target
from ..language import current
from ..notes import Note, sentences
from ..tables.cross_rows import scheme_of
from ..tables.streamed_plan import Whole
from .fold_words import say_dealt
from .output import Output, brief, note
from .wording import SAY, finding_in_words, listed

if TYPE_CHECKING:
    from ..checks.findings import Finding
    from ..checks.partition import RowCounts, Scheme
    from ..checks.prepared import Prepared
    from ..settings import Settings

MOST_COLUMNS = 40
MOST_VALUES = 4
MOST_TARGETS = 6
MOST_NAMED = 3
KINDS = ("number", "boolean", "category", "date", "text")  # of the columns used
COVERED = {  # notes repeated by a finding
    "deciding.rare_class": "imbalance",
    "deciding.rare_classes": "imbalance",
    "deciding.rare_labels": "rare_labels",
}


def say_notes(notes: Sequence[Note], findings: Sequence[Finding] = ()) -> None:
    """Print notes, except those that a finding repeats."""
    found = {finding.code for finding in findings if finding.severity != "note"}
    for line in notes:
        if COVERED.get(line.key) not in found:
            note(line.said())


def say_prepared(output: Output, prepared: Prepared, settings: Settings, whole: Whole | None = None) -> None:
    """Print what was inferred from the table and how it is split; ``whole`` has the totals of files read in parts."""
    table, target = prepared.table, prepared.target
    train, validation, test, _ = prepared.split
    parts = whole or Whole(len(train), len(validation), len(test), prepared.columns)
    rows = parts.train + parts.validation + parts.test
    say_table(output, table.source, rows, len(table.columns), target, parts.columns, settings.drop)
    if settings.folds is None:
        say_parts(output, parts.train, parts.validation, parts.test, prepared.scheme, settings.seed)
    else:
        how = scheme_of(prepared, settings)
        how = "stratified" if how == "random" and target.task != "regression" else how
        say_dealt(output, settings, how, prepared.scheme.by, parts.train + parts.validation, parts.test)
    for finding in prepared.findings:
        if finding.severity != "note":
            output.fact(finding.severity, finding_in_words(finding))


def say_table(
    output: Output,
    source: str,
    rows: int,
    width: int,
    target: Target,
    columns: tuple[Column, ...],
    dropped: Sequence[str],
) -> None:
    """Print the table, its target and its columns: one line, or a table if verbose."""
    counts = {"rows": SAY("rows", count=rows), "columns": SAY("columns", count=width)}
    output.fact("table", SAY("table", source=source, **counts))
    output.fact("target", say_target(target))
    if dropped:
        output.fact("dropped", listed([brief(name) for name in dropped]))
    if output.verbose:
        say_columns(output, columns)
    else:
        output.fact("columns", summary_of(columns))


def say_parts(output: Output, train: int, validation: int, test: int, scheme: Scheme | RowCounts, seed: int) -> None:
    """Print the sizes of the training, validation and test sets."""
    sizes = {"train": f"{train:,}", "validation": f"{validation:,}", "test": f"{test:,}"}
    output.fact("rows", SAY("parts", **sizes, scheme=say_scheme(scheme).said(), seed=seed))


def say_target(target: Target) -> str:
    """Describe the target."""
    if len(target.names) > 1:
        more = " ..." if len(target.names) > MOST_TARGETS else ""
        names = listed([brief(name) for name in target.names[:MOST_TARGETS]]) + more
        return SAY("target_labels" if target.classes else "target_numbers", names=names, count=len(target.names))
    name = brief(target.name)
    if target.task == "regression":
        return SAY("target_number", name=name, mean=f"{target.mean:.5g}", scale=f"{target.scale:.5g}")
    labels = listed([brief(str(label)) for label in target.classes[:10]]) + (" ..." if len(target.classes) > 10 else "")
    return SAY("target_classes", name=name, count=len(target.classes), labels=labels)


def summary_of(columns: Sequence[Column]) -> str:
    """Summarize the columns in one line: the number of each kind, missing values, columns not used."""
    counts = Counter(column.kind for column in columns if column.used)
    parts = [SAY(f"count_kind_{kind}", count=counts[kind]) for kind in KINDS if counts[kind]]
    said = [listed(parts)] if parts else []
    if gaps := [column.name for column in columns if column.used and column.missing]:
        said.append(SAY("some_missing", columns=_few(gaps)))
    if unused := [column.name for column in columns if not column.used]:
        said.append(SAY("left_out", columns=_few(unused)))
    return ("；" if current() == "zh" else "; ").join(said)


def _few(names: list[str]) -> str:
    if len(names) > MOST_NAMED + 1:
        return SAY("columns", count=len(names))
    return listed([brief(name, 30) for name in names])


def say_columns(output: Output, columns: tuple[Column, ...]) -> None:
    """Print a table of the columns."""
    output.say()
    heads = [SAY(f"head_{name}") for name in ("column", "kind", "missing", "values")]
    rows = [
        (brief(each.name), SAY.name("kind", each.kind), f"{each.missing:,}" if each.missing else "", _what(each))
        for each in columns[:MOST_COLUMNS]
    ]
    output.table(heads, rows)
    if len(columns) > MOST_COLUMNS:
        used = sum(column.used for column in columns)
        output.say(SAY("more_columns", count=len(columns) - MOST_COLUMNS, used=used, all=len(columns)))
    output.say()


def _what(column: Column) -> str:
    note = sentences(column.notes, current())
    if not column.used:
        return note
    if column.kind == "number" and column.lowest is not None:
        edges = {"low": f"{column.lowest:.5g}", "high": f"{column.highest:.5g}", "mean": f"{column.mean:.4g}"}
        said = SAY("range", **edges)
    elif column.kind == "text" and note:
        return note
    else:
        shown = sorted(column.categories[:MOST_VALUES]) if column.kind != "date" else []
        said = SAY("different", count=column.distinct)
        if shown:
            values = listed([brief(each) for each in shown]) + (" ..." if column.distinct > MOST_VALUES else "")
            said = SAY("named_values", count=said, values=values)
    return SAY("and_then", one=said, other=note) if note else said
