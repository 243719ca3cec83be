"""Diagnosis: what was found wrong with a model, its training and its data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ..checks.findings import ORDER, Finding, noted
from ..lazy import deferred
from ..notebook import html
from ..notebook.html import shown
from ..notes import TEXTS, Note, note
from ..typing import Document


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What was found wrong with a model, its training and its data; empty if nothing was.

    In a terminal and in a notebook it is a table with what was found, where, how sure it is and what to try;
    ``to_dict`` and ``to_json`` return the same for programs.

    Attributes:
        findings: What was found, the most serious first.
        unjudged: What could not be judged, and why: a sentence each.
        measures: The numbers behind the findings, by name: what was measured in each layer, chance, the learning rate.
        given: The model and the data, for :meth:`try_remedies`.
        choices: Why this activation, loss, optimizer and size, a sentence each, and what the usual choice is.

    Example:
        >>> import numpy as np, plastica as pl
        >>> x = np.random.default_rng(0).normal(size=(64, 3)) * 1000
        >>> model = pl.Sequential([pl.Dense(8, "tanh"), pl.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> found = model.diagnose(x, x[:, 0] / 1000)
        >>> "saturated_units" in found.codes, found.findings[0].severity
        (True, 'serious')
    """

    findings: tuple[Finding, ...]
    unjudged: tuple[Note, ...] = ()
    measures: Mapping[str, object] = field(default_factory=dict, repr=False)
    given: Mapping[str, Any] = field(default_factory=dict, repr=False)
    choices: tuple[Note, ...] = field(default=(), repr=False)

    @classmethod
    def of(
        cls,
        findings: Sequence[Finding],
        unjudged: Sequence[Note] = (),
        measures: Mapping[str, object] | None = None,
        given: Mapping[str, Any] | None = None,
        choices: Sequence[Note] = (),
    ) -> Diagnosis:
        """Return a diagnosis with the most serious findings first."""
        ordered = tuple(sorted(findings, key=lambda each: ORDER[each.severity]))
        return cls(ordered, tuple(unjudged), measures or {}, given or {}, tuple(choices))

    @property
    def codes(self) -> tuple[str, ...]:
        """The names of the findings, the most serious first."""
        return tuple(each.code for each in self.findings)

    @property
    def is_healthy(self) -> bool:
        """Whether nothing was found that affects the results; notes do not."""
        return all(each.severity == "note" for each in self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __getitem__(self, code: str) -> Finding:
        for each in self.findings:
            if each.code == code:
                return each
        raise KeyError(f"{code!r} was not found; there are: {', '.join(self.codes) or 'none'}.")

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """Return the diagnosis as lines of text in the current language."""
        word = note("doctor.healthy").said() if not self.findings else ""
        found = [word] if word else [line for each in self.findings for line in finding_lines(each)]
        return found + [note("doctor.unjudged", why=each).said() for each in self.unjudged]

    @shown
    def _repr_html_(self) -> str:
        heads = [note(f"doctor.head_{name}").said() for name in ("severity", "where", "finding", "sure", "remedy")]
        rows = [
            (
                word_of("severity", each.severity),
                each.where,
                noted(each).said(),
                word_of("sure", each.certainty),
                each.remedy,
            )
            for each in self.findings
        ]
        title = html.heading(note("doctor.title").said(), note("doctor.count", count=len(rows)).said())
        said = [html.paragraph(note("doctor.unjudged", why=each).said(), soft=True) for each in self.unjudged]
        healthy = html.paragraph(note("doctor.healthy").said())
        chosen = [html.paragraph(each.said(), soft=True) for each in self.choices]
        return html.block(title, html.table(heads, rows) if rows else healthy, *said, *chosen)

    def to_dict(self) -> Document:
        """Return everything as JSON-serializable values."""
        return {
            "findings": [msgspec.to_builtins(each) for each in self.findings],
            "unjudged": [str(each) for each in self.unjudged],
            "choices": [str(each) for each in self.choices],
            "measures": msgspec.to_builtins(self.measures),
        }

    def to_json(self) -> str:
        """Return :meth:`to_dict` as a string."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def try_remedies(self, **options: Any) -> Any:
        """Train the model again with each remedy, and return which helped by how much.

        See :func:`plastica.doctor.try_remedies` for the options.
        """
        return deferred("plastica.doctor", "try_remedies", self, **options)()


def finding_lines(found: Finding) -> list[str]:
    """Return a finding as lines of text in the current language: what was found, and what to try."""
    head = f"{word_of('severity', found.severity)}: {noted(found).said()}"
    head += "" if found.certainty == "certain" else f" ({word_of('sure', found.certainty)})"
    return [head, f"    {note('doctor.try', remedy=found.remedy).said()}"] if found.remedy else [head]


def word_of(kind: str, name: str) -> str:
    """Return a severity or a certainty in the current language."""
    key = f"doctor.{kind}_{name}"
    return note(key).said() if key in TEXTS else name
