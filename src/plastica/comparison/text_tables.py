"""Tables of a comparison as text: aligned, as Markdown, and unrounded for CSV."""

from __future__ import annotations

from collections.abc import Sequence

from ..typing import Document
from .ranking import Ranks
from .records import RuleRecord, middle, spread
from .wording import SAY, remarks


def numbers_of(record: RuleRecord, rank: Ranks | None, epochs: int) -> Document:
    """Return the unrounded numbers of a rule, by the names of columns.

    Args:
        record: The results of the rule.
        rank: Its range of ranks; None if it cannot be ranked.
        epochs: The number of epochs that all rules completed.
    """
    facts = record.facts or {}
    names = ("local", "symmetric_weights", "phases", "global_error", "labels", "source")
    return {
        "rule": record.name,
        "variant_of": record.variant_of,
        "best_rank": rank and rank.best,
        "worst_rank": rank and rank.worst,
        "figure": record.figure,
        "test": middle(record.test),
        "test_deviation": spread(record.test),
        "test_row_error": record.row_error,
        "test_loss": middle(record.test_losses),
        "equal_epochs": epochs,
        "test_after_equal_epochs": middle(record.after(epochs)),
        "training": middle(record.train),
        "training_deviation": spread(record.train),
        "seeds": len(record.seeds),
        "not_finite": len(record.failed),
        "epochs": record.epochs,
        "steps_an_epoch": record.steps,
        "seconds_in_all": round(record.spent, 3),
        "seconds_an_epoch": round(record.epoch_seconds, 6),
        "compile_seconds": round(record.compile_seconds, 3),
        "reached_by": sum(epoch is not None for epoch in record.reached),
        "epochs_to_loss": middle(record.reached),
        "seconds_to_loss": middle(record.seconds_to_target),
        "angles_begin": _joined(record.angles_begin),
        "angles_end": _joined(record.angles_end),
        "sparseness": _joined(record.sparseness),
        "silent": _joined(record.silent),
        **{name: facts.get(name) for name in names},
        "reason": record.reason,
        "remarks": "; ".join(remarks(record)),
    }


def _joined(values: Sequence[float | None] | None) -> str:
    return " ".join("-" if value is None else f"{value:.4g}" for value in values or ())


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of Markdown."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return "\n".join([line(heads), "|" + "---|" * len(heads), *map(line, rows)])


def aligned(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table whose columns are aligned by spaces."""
    not_trained = SAY("not_trained", reason="")
    whole = [row for row in rows if not row[2:3] or not row[2].startswith(not_trained)]
    last = len(heads) - 1  # remarks may be long, and no column follows them
    widths = [max(len(row[place]) for row in [heads, *whole]) if place < last else 0 for place in range(len(heads))]
    widths[0] = max(len(row[0]) for row in [heads, *rows])

    def line(cells: Sequence[str]) -> str:
        return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()

    return "\n".join([line(heads), *map(line, rows)])
