"""TableNetwork: a model for a table, trained, evaluated against baselines and saved in one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..checks.prepared import Prepared
from ..data.encoding import TableEncoder
from ..data.inputs import as_table, renamed, truth_of, with_target
from ..data.streaming_files import is_large
from ..data.target import Target
from ..errors import InvalidValue
from ..evaluation.imbalance import feed_for
from ..evaluation.judged import Judged
from ..evaluation.scores import Scores, score
from ..model import Sequential
from ..model.reading import Saved
from ..notebook.html import shown
from ..notes import Note, note
from ..settings import Settings
from ..training import History
from ..training.callbacks import Callback
from .answers import Answers, OnTable, frame_of
from .facts import TableFacts
from .folds import folds_for
from .networks import network_of
from .preparation import digest, prepare
from .selection import TableModel, answers_of
from .serialization import around_network, read_table_model, write_table_model
from .training import training_set
from .views import table_page


@dataclass(frozen=True, eq=False)
class TableNetwork:
    """A trained network, boosted trees or linear model, with everything needed to predict from a table.

    Args:
        model: The network; a linear model is a network without hidden layers.
        encoder: The encoder from columns to features.
        target: The target, which converts outputs to labels or numbers.
        facts: Settings, columns, split, training and results.
        history: The loss and metrics of each epoch; None after loading.
        judged: Test-set predictions of the model and the baselines; None after loading and without a test set.

    Example:
        >>> made = TableNetwork.fit("penguins", "species", Settings(epochs=2))
        >>> made.predict("penguins").labels[:2]
        array(['Adelie', 'Adelie'], dtype=object)
    """

    model: TableModel
    encoder: TableEncoder
    target: Target
    facts: TableFacts
    history: History | None = None
    judged: Judged | None = None

    @classmethod
    def fit(
        cls,
        source: Any,
        target: str | Sequence[str],
        settings: Settings | None = None,
        *,
        test_data: Any = None,
        **options: Any,
    ) -> TableNetwork:
        """Read and encode a table, train a model and evaluate it.

        Args:
            source: Anything that :func:`~plastica.data.reading.read_table` accepts, a table, or a folder of CSV or
                Parquet files. Folders, and files larger than a quarter of the memory, are read in parts.
            target: The column to predict, several columns, or a pattern such as ``Class*``.
            settings: The settings; the defaults suit most tables.
            test_data: A separate test set with the target: anything that ``source`` accepts except a folder. By
                default, the test set is split off from the table or is the file named by ``settings.test``.
            options: As for :meth:`train`.
        """
        chosen = settings or Settings()
        known = [name for name in options if name != "model" or isinstance(options[name], str)]
        if misplaced := [name for name in known if name in Settings.__struct_fields__]:
            name = misplaced[0]
            raise InvalidValue(f"{name} is one of the settings: pass Settings({name}=...) after the target.")
        if is_large(source):
            from .streamed import fit_streaming

            return fit_streaming(source, target, chosen, test_data=test_data, **options)
        tested = None if test_data is None else as_table(test_data)
        return cls.train(prepare(as_table(source), target, chosen, tested), chosen, **options)

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
        """Train and evaluate a network, or the model named by ``settings.model``, on a prepared table.

        Training stops when the validation loss has not improved for ``settings.patience`` epochs; the weights of the
        best epoch are used.

        Args:
            prepared: The split and encoded table, see :func:`prepare`.
            settings: The settings.
            model: A compiled network for these features. Default: created by :func:`network_for`.
            verbose: As in ``Sequential.fit``.
            callbacks: As in ``Sequential.fit``.
            checkpoint: A folder for checkpoints.
            resume: Whether to continue from the newest checkpoint.

        Raises:
            InvalidValue: If a network, callbacks or checkpoints are given for a model that is not a network.
            KeyboardInterrupt: At Ctrl-C. Its attribute ``kept`` is the network trained so far, without evaluation, or
                None if training had not begun.
        """
        from .evaluated import Trained, evaluated, train_and_evaluate

        if settings.model in ("trees", "linear"):
            _refuse_unused(settings, {"model": model, "callbacks": callbacks, "checkpoint": checkpoint})
            return evaluated(prepared, settings, Trained())
        model = network_of(prepared, settings) if model is None else model
        feed = feed_for(settings, prepared.target, prepared.y, prepared.split.train)
        data = training_set(prepared, feed, folds_for(prepared, model, feed, settings.seed))
        options = {"verbose": verbose, "callbacks": callbacks, "checkpoint": checkpoint, "resume": resume}
        return train_and_evaluate(model, data, prepared, settings, options)

    @shown
    def _repr_html_(self) -> str:
        return table_page(self.facts, self.target.names, self.model, self.history)

    @property
    def task(self) -> str:
        """The task: "binary", "multiclass", "multilabel" or "regression"."""
        return self.target.task

    def predict(self, source: Any) -> Answers:
        """Return predictions for the rows of a table, which need not contain the target.

        Raises:
            DataError: If a column is missing or a value is invalid; the message names row and column.
        """
        notes: list[Note] = []
        answers = self.answers(self.encoder.transform(as_table(source), notes))
        names, frame = self.target.names, frame_of(source)
        if self.facts.decision is None:
            return Answers(answers, None, tuple(notes), names, (), frame)
        labels = self.target.decode(self.facts.decision.decide(answers))
        return Answers(labels, answers, tuple(notes), names, self.target.classes, frame)

    def answers(self, x: np.ndarray) -> np.ndarray:
        """Return probabilities of classes or labels, ``(rows, classes)``, or numbers in the unit of the targets.

        Args:
            x: Features as produced by the encoder.
        """
        return answers_of(self.model, x, self.target, self.facts.shift)

    def evaluate(self, source: Any, target: str | None = None) -> tuple[Scores, int, tuple[Note, ...]]:
        """Return the metrics on a table, the number of rows, and notes.

        Args:
            source: A table with the target.
            target: The name of the target column, if it differs from training; only for a single target.

        Raises:
            DataError: If the target or another column is missing, or if a label is unknown.
        """
        found = self.judge_on(source, target)
        return found.scores, len(found.y), found.notes

    def judge_on(self, source: Any, target: str | None = None) -> OnTable:
        """Return targets, predictions and metrics on a table; see :meth:`evaluate`."""
        table = renamed(as_table(source), self.target, target)
        notes: list[Note] = []
        table = with_target(table, self.target, notes)
        x = self.encoder.transform(table, notes)
        if digest(x) == self.facts.rows.digest:
            notes.append(note("deciding.too_good", learned=self._learned_from))
        y, answers = truth_of(self.target, self.target.encode(table)), self.answers(x)
        scores = score(self.task, y, answers, self.facts.decision, self.target.names)
        return OnTable(table.positions, y, answers, scores, tuple(notes))

    @property
    def _learned_from(self) -> int:
        rows = self.facts.rows
        return rows.train + rows.validation * bool(self.facts.training.folds)

    def save(self, path: str | Path) -> Path:
        """Save the model to one file without pickled objects; equal models give identical files."""
        return write_table_model(path, self.model, self.encoder, self.target, self.facts)

    @classmethod
    def load(cls, path: str | Path) -> TableNetwork:
        """Load a model written by :meth:`save`.

        Raises:
            FileError: If the file is missing or damaged, or contains a network without a table's description.
        """
        return cls(*read_table_model(path))

    @classmethod
    def around(cls, saved: Saved, path: str | Path) -> TableNetwork:
        """Return the network for a table around a network that was read from ``path``.

        Raises:
            FileError: If the file is damaged or of another kind.
        """
        return cls(*around_network(saved, path))


def _refuse_unused(settings: Settings, given: dict[str, Any]) -> None:
    for name, value in given.items():
        if value:
            raise InvalidValue(
                f"{name}={value!r} is for networks, but model={settings.model!r} does not train one; leave {name} out."
            )
