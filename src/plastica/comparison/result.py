"""Comparison: the results of a comparison of rules, as tables and as a figure."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from ..drawing import checked_ending
from ..errors import FileError, InvalidValue
from ..notebook import html
from ..notebook.html import shown
from ..typing import Document
from .ranking import Ranks, ranks
from .records import RuleRecord, middle
from .text_tables import aligned, markdown, numbers_of
from .wording import FACTS, INSIDE, RESULTS, SAY, facts_of, heads, inside_of, results_of

if TYPE_CHECKING:
    from ..drawing.figure import Drawing
    from .task import Task
    from .terms import Terms

Format = Literal["text", "markdown", "csv", "json"]
FILE = "rules.json"
FORMATS = ("text", "markdown", "csv", "json")


class Comparison(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The results of a comparison of learning rules.

    Attributes:
        task: The task: its name, its kind and the number of rows.
        terms: The conditions that were the same for all rules.
        target: The test loss of the time-to-loss columns; None if there was no finite one.
        target_is: How that loss was chosen.
        records: The results of each rule.
    """

    task: dict[str, str | int]
    terms: Document
    target: float | None
    target_is: str
    records: list[RuleRecord]

    @classmethod
    def of(cls, task: Task, terms: Terms, target: float, records: Sequence[RuleRecord]) -> Comparison:
        """Return the comparison of trained rules."""
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
            target_is=SAY.spoken("en", "target_linear" if terms.target is None else "target_given"),
            records=list(records),
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Comparison:
        """Load a comparison that ``plastica compare-rules`` saved.

        Args:
            path: The folder of the comparison, or its file ``rules.json``.

        Raises:
            FileError: If the file cannot be read or is not a comparison.
        """
        file = Path(path) / FILE if Path(path).is_dir() else Path(path)
        try:
            return msgspec.json.decode(file.read_bytes(), type=cls)
        except OSError as problem:
            raise FileError(f"{file} cannot be read: {problem.strerror or problem}.") from None
        except msgspec.DecodeError as problem:
            raise FileError(f"{file} is not a comparison of rules: {problem}.") from None

    def table(self, form: Format = "text") -> str:
        """Return the results and the requirements of each rule as text.

        Args:
            form: "text", "markdown", "csv" (one line per rule, unrounded numbers) or "json" (everything).

        Raises:
            InvalidValue: For any other format.
        """
        if form not in FORMATS:
            raise InvalidValue(f"table({form!r}): expected one of {', '.join(FORMATS)}.")
        if form == "json":
            return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)
        if form == "csv":
            return self._csv()
        draw = markdown if form == "markdown" else aligned
        tables = [
            draw(self.heads, self.results),
            draw(heads(INSIDE), self.inside),
            self.legend,
            draw(heads(FACTS), self.facts),
        ]
        notes = "\n".join(f"{number}. {note}" for number, note in enumerate(self.notes, 1))
        return "\n\n".join(filter(None, [self.headline, *tables, notes])) + "\n"

    def draw(self, path: str | os.PathLike[str] | None = None) -> Drawing:
        """Draw the test results, angles, times and learning curves of all rules, best first.

        Args:
            path: File to save the figure in; its suffix (``.svg``, ``.png`` or ``.pdf``) determines the format. None
                does not save it.

        Returns:
            A matplotlib figure, which notebooks display, with a method ``save(path)``.

        Raises:
            InvalidValue: For any other suffix.
        """
        from .picture import draw

        if path is not None:
            checked_ending(path)
        return draw(self.ranked, int(self.task["held_out"]), self.target).save(path)

    @property
    def heads(self) -> list[str]:
        """The column headings of the results."""
        return heads(RESULTS, self.equal_epochs)

    @property
    def results(self) -> list[list[str]]:
        """The rows of the results table, best rule first; rules without a rank come last."""
        found = self.ranks
        return [results_of(each, str(found.get(each.name, "-")), self.equal_epochs) for each in self.ranked]

    @property
    def inside(self) -> list[list[str]]:
        """The rows of the table of training results, angles and sparseness."""
        return [inside_of(record) for record in self.ranked if not record.reason]

    @property
    def ranks(self) -> dict[str, Ranks]:
        """The range of ranks of each rule, by name; rules that cannot be ranked are left out."""
        fit = [record for record in self.records if not record.unranked and middle(record.test) is not None]
        return dict(zip((record.name for record in fit), ranks(fit), strict=True))

    @property
    def equal_epochs(self) -> int:
        """The largest number of epochs that all trained rules completed."""
        return min((record.epochs for record in self.records if not record.reason), default=0)

    @property
    def facts(self) -> list[list[str]]:
        """The rows of the table of requirements; numbers in parentheses refer to the notes."""
        notes: list[str] = []
        return [facts_of(record, notes) for record in self.ranked if not record.reason]

    @property
    def notes(self) -> list[str]:
        """The notes below the table of requirements, in the order of their numbers."""
        notes: list[str] = []
        for record in self.ranked:
            if not record.reason:
                facts_of(record, notes)
        return notes

    @property
    def ranked(self) -> list[RuleRecord]:
        """The records by test result, best first, followed by those that cannot be ranked."""
        return sorted(self.records, key=_place)

    @property
    def headline(self) -> str:
        """One sentence on what was compared."""
        task, terms = self.task, self.terms
        variants = sum(bool(record.variant_of) for record in self.records)
        rules = SAY("rules", count=len(self.records) - variants)
        if variants:
            rules = SAY("rules_and_variants", rules=rules, variants=SAY("variants", count=variants))
        return SAY(
            "headline",
            rules=rules,
            name=task["name"],
            kind=SAY.name("kind", str(task["kind"])),
            rows=task["rows"],
            test=task["held_out"],
            layers=terms["layers"],
            batch_size=terms["batch_size"],
            seeds=SAY("seeds", count=len(terms["seeds"])),
            epochs=terms["epochs"],
            limit=SAY("limit", minutes=f"{terms['minutes']:g}") if terms["minutes"] else "",
        )

    @property
    def legend(self) -> str:
        """An explanation of the table."""
        return SAY("legend", steps=self._steps, target=self._target)

    @property
    def _target(self) -> str:
        """Return the target loss and how it was chosen, which files contain in English."""
        if self.target is None:
            return SAY("target_none")
        keys = {SAY.spoken("en", key): key for key in ("target_given", "target_linear")}
        how = SAY(keys[self.target_is]) if self.target_is in keys else self.target_is
        return SAY("target_value", loss=f"{self.target:.4g}", how=how)

    @property
    def _steps(self) -> str:
        """Return the number of steps per epoch as text."""
        steps = {record.name: record.steps for record in self.records if not record.reason}
        if len(counts := set(steps.values())) == 1:
            return SAY("equal_steps", steps=counts.pop())
        return SAY("steps", steps=", ".join(f"{name} {count}" for name, count in steps.items()))

    def to_dict(self) -> Document:
        """Return the comparison as a JSON-serializable dictionary."""
        return msgspec.to_builtins(self)

    def __repr__(self) -> str:
        """Return a summary that names the best rule."""
        best = self.ranked[0]
        return f"<Comparison of {len(self.records)} rules on {self.task['name']}: best {best.name}>"

    @shown
    def _repr_html_(self) -> str:
        return html.block(
            html.paragraph(self.headline),
            html.table(self.heads, self.results),
            html.details(SAY("requirements"), html.table(heads(FACTS), self.facts)),
            html.paragraph(SAY("draw_curves"), soft=True),
        )

    def _csv(self) -> str:
        made = io.StringIO()
        found, epochs = self.ranks, self.equal_epochs
        rows = [numbers_of(record, found.get(record.name), epochs) for record in self.ranked]
        writer = csv.DictWriter(made, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return made.getvalue()


def said_terms(terms: Terms, task: Task) -> Document:
    """Return the conditions as plain values, by which a resumed comparison recognizes its own."""
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


def _place(record: RuleRecord) -> tuple[bool, float]:
    found = middle(record.test)
    return bool(record.unranked), float("inf") if found is None else -found
