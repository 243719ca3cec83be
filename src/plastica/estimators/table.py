"""A network for a table: fitted, judged beside baselines on held-out rows, kept in one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .. import model as models
from ..data.encoding import TableEncoder
from ..data.reading import read_table
from ..data.table import Table, show
from ..data.target import Target
from ..errors import DataError, FileError
from ..model import Sequential
from ..training import EarlyStopping, History
from ..training.callbacks import Callback
from .baselines import baseline_answers
from .facts import Facts, Results, Rows, Training, listed
from .networks import answers_from, network_for
from .preparing import Prepared, digest, prepare
from .scores import Scores, difference, score
from .settings import Settings, batch_size_for

KEY = "table"  # in the model file's extra


class Answers(NamedTuple):
    """What a network says of rows.

    Args:
        labels: A class or a number for each row, in the target's own words or unit.
        probabilities: A column for each class, ``(rows, classes)``; None for numbers.
        notes: What is to be said about the table: unseen categories, surplus columns.
    """

    labels: np.ndarray
    probabilities: np.ndarray | None
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class TableNetwork:
    """A trained network with everything it needs to read a table.

    Args:
        model: The network.
        encoder: What turns columns into features.
        target: What turns answers into labels or numbers.
        facts: How it came about: settings, columns, split, training, results.
        history: The figures of each epoch; None in one that was loaded.

    Example:
        >>> made = TableNetwork.fit("penguins", "species", Settings(epochs=2))
        >>> made.predict("penguins").labels[:2]
        array(['Adelie', 'Adelie'], dtype=object)
    """

    model: Sequential
    encoder: TableEncoder
    target: Target
    facts: Facts
    history: History | None = None

    @classmethod
    def fit(
        cls, source: Any, target: str | Sequence[str], settings: Settings | None = None, **options: Any
    ) -> TableNetwork:
        """Read, prepare, train and judge.

        Args:
            source: Anything :func:`~plastica.data.reading.read_table` takes, or a table already read.
            target: The column to predict, several, or a pattern such as ``Class*``.
            settings: How; the defaults serve most tables.
            options: As for :meth:`train`.
        """
        chosen = settings or Settings()
        return cls.train(prepare(as_table(source), target, chosen), chosen, **options)

    @classmethod
    def train(
        cls,
        prepared: Prepared,
        settings: Settings,
        *,
        model: Sequential | None = None,
        verbose: int | str = 0,
        callbacks: Sequence[Callback] = (),
        checkpoint: str | Path | None = None,
        resume: bool = False,
    ) -> TableNetwork:
        """Train a network on what :func:`prepare` made, and judge it on the held-out rows.

        Training stops when the validation loss has not got better for ``settings.patience`` epochs, and the
        weights of the best epoch are kept.

        Args:
            prepared: The table, dealt and encoded.
            settings: How to train.
            model: A compiled network of one's own for these features; by default :func:`network_for` makes one.
            verbose: As in ``Sequential.fit``.
            callbacks: As in ``Sequential.fit``.
            checkpoint: A folder to keep checkpoints in.
            resume: Go on from the newest checkpoint in it.
        """
        train, held, _, _ = prepared.split
        model = model or network_for(
            prepared.target.task, prepared.target.outputs, prepared.layout, settings, len(train)
        )
        stopping = EarlyStopping("val_loss", patience=settings.patience, restore_best_weights=True)
        size = settings.batch_size or (None if model.optimizer.full_batch else batch_size_for(len(train)))
        history = model.fit(
            prepared.x[train],
            prepared.y[train],
            batch_size=size,
            epochs=settings.epochs,
            verbose=verbose,
            callbacks=[*callbacks, *[stopping] * bool(len(held))],
            validation_data=(prepared.x[held], prepared.y[held]) if len(held) else None,
            time_limit=settings.time_limit,
            checkpoint=checkpoint,
            resume=resume,
        )
        best = stopping.best_epoch + 1 if len(held) else None
        training = Training(len(history.epoch), best, history.stopped_by)
        facts = Facts(
            source=prepared.table.source,
            settings=settings,
            columns=prepared.columns,
            rows=Rows(*map(len, prepared.split[:3]), stratified=prepared.stratified, digest=digest(prepared.x)),
            training=training,
            notes=prepared.notes,
            results=_judge(model, prepared),
        )
        return cls(model, prepared.encoder, prepared.target, facts, history)

    @property
    def task(self) -> str:
        """The task: "binary", "multiclass" or "regression"."""
        return self.target.task

    def predict(self, source: Any) -> Answers:
        """Return answers for the rows of a table; the target's column may be missing in it.

        Raises:
            DataError: A missing column, text in a column of numbers; with row and column.
        """
        notes: list[str] = []
        x = self.encoder.transform(as_table(source), notes)
        answers = answers_of(self.model, x, self.target)
        if self.task == "regression":
            return Answers(answers, None, tuple(notes))
        return Answers(self.target.decode(answers.argmax(1)), answers, tuple(notes))

    def evaluate(self, source: Any, target: str | None = None) -> tuple[Scores, int, tuple[str, ...]]:
        """Return figures on the rows of a table, how many rows those are, and what is to be said.

        Args:
            source: A table with a target.
            target: The target's column, where it has another name here.

        Raises:
            DataError: No target, a label that is none of the classes, a column missing.
        """
        table = renamed(as_table(source), target, self.target.name)
        notes: list[str] = []
        table = _with_target(table, self.target, notes)
        x = self.encoder.transform(table, notes)
        if digest(x) == self.facts.rows.digest:
            notes.append(
                f"these are the rows the network came from; {self.facts.rows.train} of them were trained on, "
                "so the figures flatter it. The results kept with the model are on held-out rows."
            )
        y = truth_of(self.target, self.target.encode(table))
        return score(self.task, y, answers_of(self.model, x, self.target)), table.height, tuple(notes)

    def save(self, path: str | Path) -> Path:
        """Write everything to one file; nothing in it is pickled, and equal networks give equal bytes."""
        self.model.extra[KEY] = {
            "encoder": listed(self.encoder.to_dict()),
            "target": listed(self.target.to_dict()),
            "facts": self.facts.to_dict(),
        }
        return self.model.save(path)

    @classmethod
    def load(cls, path: str | Path) -> TableNetwork:
        """Return what :meth:`save` wrote.

        Raises:
            FileError: The file is missing, damaged, or a network that knows no table.
        """
        model = models.load(path)
        kept = model.extra.get(KEY)
        if not isinstance(kept, dict):
            raise FileError(
                f"{path} holds a network that was not trained from a table: it takes arrays. "
                "Use it in Python: plastica.load(...).predict(x)."
            )
        try:
            encoder = TableEncoder.from_dict(kept.get("encoder"))
            target = Target.from_dict(kept.get("target"))
            facts = Facts.from_dict(kept.get("facts"))
        except DataError as error:
            raise FileError(f"{path} is damaged: {error}") from None
        if model.input_shape != (None, encoder.layout.width) or model.output_shape[-1:] != (target.outputs,):
            raise FileError(f"{path} is damaged: its network does not fit its table's encoding.")
        return cls(model, encoder, target, facts)


def as_table(source: Any) -> Table:
    """Return a table: one that was read already, or read it."""
    return source if isinstance(source, Table) else read_table(source)


def answers_of(model: Sequential, x: np.ndarray, target: Target) -> np.ndarray:
    """Return shares of classes ``(rows, classes)``, or numbers in the target's unit ``(rows,)``."""
    answers = answers_from(model, x, target.task)
    if target.task != "regression":
        return answers
    return target.decode(answers[:, 0] if target.outputs == 1 else answers)


def truth_of(target: Target, y: np.ndarray) -> np.ndarray:
    """Return class numbers as they are, and scaled numbers in the target's unit."""
    return target.decode(y) if target.task == "regression" else y


def renamed(table: Table, name: str | None, wanted: str) -> Table:
    """Return the table with the column ``name`` called ``wanted``.

    Raises:
        DataError: When there is no such column.
    """
    if name is None or name == wanted:
        table.column(wanted)
        return table
    table.column(name)
    columns = {(wanted if own == name else own): values for own, values in table.columns.items() if own != wanted}
    return Table(columns, table.source, table.notes, table.positions, table.position_word, table.separator)


def _with_target(table: Table, target: Target, notes: list[str]) -> Table:
    """Leave rows without a target out, and say so."""
    missing = target.missing(table)
    if missing.all():
        raise DataError(f"the target {show(target.name)} of {table.source} holds no value.")
    if missing.any():
        count = int(missing.sum())
        notes.append(f"{count} {'row' if count == 1 else 'rows'} without a target left out.")
        table = table.take(np.flatnonzero(~missing))
    return table


def _judge(model: Sequential, prepared: Prepared) -> Results | None:
    """Score the network and the baselines on the same held-out rows."""
    train, test, target = prepared.split.train, prepared.split.test, prepared.target
    if not len(test):
        return None
    y = truth_of(target, prepared.y)
    answers = {"network": answers_of(model, prepared.x[test], target)}
    answers |= baseline_answers(target.task, prepared.x[train], y[train], prepared.x[test], len(target.classes))
    scores = {name: score(target.task, y[test], found) for name, found in answers.items()}
    return Results(len(test), scores, difference(target.task, y[test], answers["network"], answers["linear"]))
