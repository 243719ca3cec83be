"""Comparison: what was found, as a table and as a picture."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ..errors import InvalidValue
from .records import Record, middle, spread
from .wording import FACTS, FIGURES, facts_of, figures_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .task import Task
    from .terms import Terms

Format = Literal["text", "markdown", "csv", "json"]
FORMATS = ("text", "markdown", "csv", "json")


class Comparison(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Learning rules side by side.

    Attributes:
        task: What was learned: its name, its kind, and how many rows.
        terms: What was the same for all rules.
        target: The held-out loss whose time was taken; None where none was finite.
        target_is: What that loss is.
        records: How each rule did.
    """

    task: dict[str, str | int]
    terms: dict[str, Any]
    target: float | None
    target_is: str
    records: list[Record]

    @classmethod
    def of(cls, task: Task, terms: Terms, target: float, records: Sequence[Record]) -> Comparison:
        """Put together what the trials found."""
        given = "as given"
        linear = "what a network without hidden layers reaches by backprop in as many epochs, 20 at most"
        return cls(
            task={
                "name": task.name,
                "kind": task.kind,
                "rows": len(task.x),
                "held_out": len(task.x_test),
                "features": int(task.x[0].size),
            },
            terms=said_terms(terms, task),
            target=target if target == target else None,  # noqa: PLR0124 - NaN alone differs from itself
            target_is=linear if terms.target is None else given,
            records=list(records),
        )

    def table(self, form: Format = "text") -> str:
        """Return the figures and what each rule asks for, as text.

        Args:
            form: "text", "markdown", "csv" (one line a rule, numbers) or "json" (everything).

        Raises:
            InvalidValue: For another form.
        """
        if form not in FORMATS:
            raise InvalidValue(f"table({form!r}): wanted one of {', '.join(FORMATS)}.")
        if form == "json":
            return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)
        if form == "csv":
            return self._csv()
        draw = _markdown if form == "markdown" else _aligned
        return "\n\n".join([self.headline, draw(FIGURES, self.figures), self.legend, draw(FACTS, self.facts)]) + "\n"

    def draw(self, path: str | os.PathLike[str] | None = None) -> Figure:
        """Draw the curves, the seeds, the angles and the seconds.

        Args:
            path: Where to save the picture; the ending says as what (``.svg``, ``.png``, ``.pdf``).

        Returns:
            A matplotlib figure, which a notebook shows.
        """
        from ..training.curves import to_svg
        from .picture import draw, save

        figure = draw(self)
        vars(figure)["_repr_svg_"] = partial(to_svg, figure)
        if path is not None:
            save(figure, path)
        return figure

    @property
    def figures(self) -> list[list[str]]:
        """The figures of each rule as words, the best first."""
        return [figures_of(record) for record in self.ranked]

    @property
    def facts(self) -> list[list[str]]:
        """What each rule asks for, as words."""
        return [facts_of(record) for record in self.ranked if not record.reason]

    @property
    def ranked(self) -> list[Record]:
        """The records, the best on held-out rows first."""
        return sorted(self.records, key=_place)

    @property
    def headline(self) -> str:
        """What was compared."""
        task, terms = self.task, self.terms
        limit = f", {terms['minutes']:g} minutes in all" if terms["minutes"] else ""
        seeds = len(terms["seeds"])
        return (
            f"{task['name']}: {task['kind']}, {task['rows']} rows to learn from, {task['held_out']} held out. Hidden "
            f"layers {terms['layers']}, batches of {terms['batch_size']}, {seeds} seed{'s' * (seeds > 1)}, "
            f"{terms['epochs']} epochs at most{limit}."
        )

    @property
    def legend(self) -> str:
        """How to read the table."""
        target = "no finite loss" if self.target is None else f"{self.target:.4g}, {self.target_is}"
        return (
            "Mean ± standard deviation over the seeds. Training figures are of as many training rows as there are "
            f"held-out ones. The loss: {target}. Seconds are of one network, without compiling. Angles in degrees "
            "between the rule's direction and the true gradient, from the first layer to the last. Sparseness after "
            "Treves and Rolls and the share of silent units, for each hidden layer."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values that go to JSON."""
        return msgspec.to_builtins(self)

    def __repr__(self) -> str:
        """Show the best rule."""
        best = self.ranked[0]
        return f"<Comparison of {len(self.records)} rules on {self.task['name']}: best {best.name}>"

    def _csv(self) -> str:
        made = io.StringIO()
        rows = [_numbers(record) for record in self.ranked]
        writer = csv.DictWriter(made, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return made.getvalue()


def said_terms(terms: Terms, task: Task) -> dict[str, Any]:
    """Return the terms as plain values, by which two comparisons can be told apart."""
    layers = terms.layers
    shown = ", ".join(map(repr, layers)) if isinstance(layers, Sequence) else repr(layers)
    return {
        "layers": shown or "none",
        "epochs": terms.epochs,
        "minutes": terms.minutes,
        "batch_size": terms.batch_size_on(task),
        "seeds": list(terms.seeds),
        "target": terms.target,
        "optimizers": repr(terms.optimizers),
        "learning_rates": dict(terms.learning_rates or {}),
    }


def _place(record: Record) -> float:
    found = middle(record.test)
    return float("inf") if found is None else -found


def _numbers(record: Record) -> dict[str, Any]:
    facts = record.facts or {}
    names = ("local", "symmetric_weights", "phases", "global_error", "labels", "source")
    return {
        "rule": record.name,
        "figure": record.figure,
        "held_out": middle(record.test),
        "held_out_deviation": spread(record.test),
        "held_out_loss": middle(record.test_losses),
        "training": middle(record.train),
        "training_deviation": spread(record.train),
        "seeds": len(record.seeds),
        "not_finite": len(record.failed),
        "epochs": record.epochs,
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
    }


def _joined(values: Sequence[float | None] | None) -> str:
    return " ".join("-" if value is None else f"{value:.4g}" for value in values or ())


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return "\n".join([line(heads), "|" + "---|" * len(heads), *map(line, rows)])


def _aligned(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    whole = [row for row in rows if not row[1].startswith("not trained")]
    widths = [max(len(row[place]) for row in [heads, *whole]) for place in range(len(heads))]
    widths[0] = max(len(row[0]) for row in [heads, *rows])

    def line(cells: Sequence[str]) -> str:
        return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()

    return "\n".join([line(heads), *map(line, rows)])
