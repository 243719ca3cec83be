"""What a model for a table has, trained or loaded: predictions, metrics and its file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np

from ..data.encoding import TableEncoder
from ..data.inputs import as_table, renamed, truth_of, with_target
from ..data.table import Table
from ..data.target import Target
from ..evaluation.cross_scores import FoldAnswers
from ..evaluation.judged import Judged
from ..evaluation.scores import Scores, score
from ..model.reading import Saved
from ..notebook.html import shown
from ..notes import Note, note
from ..training import History
from .answers import Answers, OnTable, frame_of
from .cross_rows import CrossRows
from .facts import TableFacts
from .preparation import digest
from .selection import TableModel, answers_of
from .serialization import around_network, read_table_model, write_table_model
from .views import table_page


@dataclass(frozen=True, eq=False)
class BaseTableNetwork:
    """A model for a table without the methods that train it.

    Training makes models of a class that it is given, so that it does not import the class whose methods call it.

    Args:
        model, encoder, target, facts, history, judged, members, out_of_fold: As for :class:`TableNetwork`.
    """

    model: TableModel
    encoder: TableEncoder
    target: Target
    facts: TableFacts
    history: History | None = None
    judged: Judged | None = None
    members: tuple[BaseTableNetwork, ...] = ()
    out_of_fold: tuple[tuple[CrossRows, FoldAnswers], ...] = field(default=(), repr=False)

    @shown
    def _repr_html_(self) -> str:
        return table_page(self.facts, self.target.names, self.model, self.history)

    @property
    def task(self) -> str:
        """The task: "binary", "multiclass", "multilabel" or "regression"."""
        return self.target.task

    def predict(self, source: object) -> Answers:
        """Return predictions for the rows of a table, which need not contain the target.

        Raises:
            DataError: If a column is missing or a value is invalid; the message names row and column.
        """
        notes: list[Note] = []
        answers = self.answers_on(as_table(source), notes)
        names, frame = self.target.names, frame_of(source)
        if self.facts.decision is None:
            return Answers(answers, None, tuple(notes), names, (), frame)
        labels = self.target.decode(self.facts.decision.decide(answers))
        return Answers(labels, answers, tuple(notes), names, self.target.classes, frame)

    def answers_on(self, table: Table, notes: list[Note]) -> np.ndarray:
        """Return probabilities or numbers for the rows of a table: the mean over the networks of folds, if kept.

        Args:
            table: The table.
            notes: A list that receives notes on the table.
        """
        if not self.members:
            return self.answers(self.encoder.transform(table, notes))
        said: list[Note] = []
        answers = np.mean([member.answers_on(table, said) for member in self.members], axis=0)
        notes.extend(each for place, each in enumerate(said) if each not in said[:place])
        return answers

    def answers(self, x: np.ndarray) -> np.ndarray:
        """Return probabilities of classes or labels, ``(rows, classes)``, or numbers in the unit of the targets.

        Args:
            x: Features as produced by the encoder.
        """
        return answers_of(self.model, x, self.target, self.facts.shift)

    def evaluate(self, source: object, target: str | None = None) -> tuple[Scores, int, tuple[Note, ...]]:
        """Return the metrics on a table, the number of rows, and notes.

        Args:
            source: A table with the target.
            target: The name of the target column, if it differs from training; only for a single target.

        Raises:
            DataError: If the target or another column is missing, or if a label is unknown.
        """
        found = self.judge_on(source, target)
        return found.scores, len(found.y), found.notes

    def judge_on(self, source: object, target: str | None = None) -> OnTable:
        """Return targets, predictions and metrics on a table; see :meth:`evaluate`."""
        table = renamed(as_table(source), self.target, target)
        notes: list[Note] = []
        table = with_target(table, self.target, notes)
        if digest(self.encoder.transform(table, [])) in self._digests:
            key = "too_good" if self.facts.cross_validation is None else "too_good_folds"
            notes.append(note(f"deciding.{key}", learned=self._learned_from))
        y, answers = truth_of(self.target, self.target.encode(table)), self.answers_on(table, notes)
        scores = score(self.task, y, answers, self.facts.decision, self.target.names)
        return OnTable(table.positions, y, answers, scores, tuple(notes))

    @property
    def _digests(self) -> set[str]:
        return {self.facts.rows.digest, *(member.facts.rows.digest for member in self.members)}

    @property
    def _learned_from(self) -> int:
        rows = self.facts.rows
        return rows.train + rows.validation * bool(self.facts.training.folds or self.members)

    def save(self, path: str | Path) -> Path:
        """Save the model to one file without pickled objects; equal models give identical files."""
        own = (self.model, self.encoder, self.target, self.facts)
        return write_table_model(path, own, [(m.model, m.encoder, m.target, m.facts) for m in self.members])

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Load a model written by :meth:`save`.

        Raises:
            FileError: If the file is missing or damaged, or contains a network without a table's description.
        """
        own, members = read_table_model(path)
        return cls(*own, members=tuple(cls(*each) for each in members))

    @classmethod
    def around(cls, saved: Saved, path: str | Path) -> Self:
        """Return the network for a table around a network that was read from ``path``.

        Raises:
            FileError: If the file is damaged or of another kind.
        """
        return cls(*around_network(saved, path))
