"""A model for a table: fitted, judged beside others on held-out rows, kept in one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ..data.encoding import TableEncoder
from ..data.streaming_files import is_large
from ..data.target import Target
from ..errors import InvalidValue
from ..model import Sequential
from ..model.saving import Saved
from ..notebook.html import shown
from ..notes import Note, note
from ..training import EarlyStopping, History
from ..training.callbacks import Callback
from ..training.interrupting import Interrupted
from .answers import Answers, OnTable, frame_of
from .asking import as_table, renamed, truth_of, with_target
from .choosing import Model, answers_of, choose_model
from .facts import Facts, Training
from .folds import Folds, copies_of, folds_for
from .imbalance import Feed, feed_for
from .judging import Judged, judge
from .networks import monitor_of, network_for
from .preparing import Prepared, digest, prepare, rows_of
from .scores import Scores, score
from .settings import Settings, batch_size_for
from .table_file import around_network, read_table_model, write_table_model
from .views import table_page

INTERRUPTED = "interrupted; the model trained so far is the attribute `kept` of this exception"


@dataclass(frozen=True, eq=False)
class TableNetwork:
    """A trained network, or boosted trees or a linear model in its place, with all it needs to read a table.

    Args:
        model: The network; a linear model is one without hidden layers.
        encoder: What turns columns into features.
        target: What turns answers into labels or numbers.
        facts: How it came about: settings, columns, split, training, results.
        history: The figures of each epoch; None in one that was loaded.
        judged: What it and the baselines answered for the held-out rows; None in one that was loaded, and where no
            row was held out.

    Example:
        >>> made = TableNetwork.fit("penguins", "species", Settings(epochs=2))
        >>> made.predict("penguins").labels[:2]
        array(['Adelie', 'Adelie'], dtype=object)
    """

    model: Model
    encoder: TableEncoder
    target: Target
    facts: Facts
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
        """Read, prepare, train and judge.

        Args:
            source: Anything :func:`~plastica.data.reading.read_table` takes, or a table already read; also a folder
                of CSV or Parquet files. Folders, and files beyond a quarter of the memory, are read in parts.
            target: The column to predict, several, or a pattern such as ``Class*``.
            settings: How; the defaults serve most tables.
            test_data: Test rows of their own, with the target: a frame, or anything else that ``source`` may be but
                for a folder. By default test rows are a part of the table, or ``settings.test`` names a file.
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
        """Train a network on what :func:`prepare` made, or what ``settings.model`` names, and judge it.

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

        Raises:
            InvalidValue: A network, callbacks or checkpoints for a model that is none.
            KeyboardInterrupt: At Ctrl-C. Its attribute ``kept`` is the network as far as it was trained, not judged;
                None where nothing was learned.
        """
        if settings.model in ("trees", "linear"):
            _refuse_unused(settings, {"model": model, "callbacks": callbacks, "checkpoint": checkpoint})
            return judged_network(None, prepared, settings, (), Training(0, None, ""), None)
        train, held, _, _ = prepared.split
        if model is None:
            task, outputs = prepared.target.task, prepared.target.outputs
            model = network_for(task, outputs, prepared.layout, settings, rows=prepared.x[train])
        feed = feed_for(settings, prepared.target, prepared.y, train)
        stopping = EarlyStopping(monitor_of(model), patience=settings.patience, restore_best_weights=True)
        folds = folds_for(prepared, model, feed, settings.seed)
        rows = feed.rows if folds is None else folds.rows
        size = settings.batch_size or (None if model.optimizer.full_batch else batch_size_for(len(rows)))
        try:
            history = model.fit(
                prepared.x[rows],
                prepared.y[rows],
                batch_size=size,
                epochs=settings.epochs,
                verbose=verbose,
                callbacks=[*callbacks, *[stopping] * bool(len(held))],
                sample_weight=None if folds is None else folds.training_weight,
                validation_data=_validation(prepared, feed, folds) if len(held) else None,
                class_weight=feed.class_weight,
                sampling=feed.sampling,
                time_limit=settings.time_limit,
                checkpoint=checkpoint,
                resume=resume,
            )
        except Interrupted as stop:
            raise with_model_so_far(stop, model, prepared, settings, feed.shift) from None
        best = stopping.best_epoch + 1 if len(held) else None
        training = Training(len(history.epoch), best, history.stopped_by, 0 if folds is None else copies_of(model))
        return judged_network(model, prepared, settings, feed.shift, training, history, folds)

    @shown
    def _repr_html_(self) -> str:
        return table_page(self.facts, self.target.names, self.model, self.history)

    @property
    def task(self) -> str:
        """The task: "binary", "multiclass", "multilabel" or "regression"."""
        return self.target.task

    def predict(self, source: Any) -> Answers:
        """Return answers for the rows of a table; the target's column may be missing in it.

        Raises:
            DataError: A missing column, text in a column of numbers; with row and column.
        """
        notes: list[Note] = []
        answers = self.answers(self.encoder.transform(as_table(source), notes))
        names, frame = self.target.names, frame_of(source)
        if self.facts.decision is None:
            return Answers(answers, None, tuple(notes), names, (), frame)
        labels = self.target.decode(self.facts.decision.decide(answers))
        return Answers(labels, answers, tuple(notes), names, self.target.classes, frame)

    def answers(self, x: np.ndarray) -> np.ndarray:
        """Return shares of classes or labels ``(rows, classes)``, or numbers in the targets' units.

        Args:
            x: Features, as the encoder makes them.
        """
        return answers_of(self.model, x, self.target, self.facts.shift)

    def evaluate(self, source: Any, target: str | None = None) -> tuple[Scores, int, tuple[Note, ...]]:
        """Return figures on the rows of a table, how many rows those are, and what is to be said.

        Args:
            source: A table with a target.
            target: The target's column, where it has another name here; only where there is one target.

        Raises:
            DataError: No target, a label that is none of the classes, a column missing.
        """
        found = self.judge_on(source, target)
        return found.scores, len(found.y), found.notes

    def judge_on(self, source: Any, target: str | None = None) -> OnTable:
        """Return the truth, the answers and the figures on the rows of a table; as :meth:`evaluate`."""
        table = as_table(source)
        if len(self.target.names) == 1:
            table = renamed(table, target, self.target.name)
        elif target not in (None, self.target.name):
            raise InvalidValue(f"target={target!r}: the {len(self.target.names)} targets keep their names.")
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
        """Write everything to one file; nothing in it is pickled, and equal networks give equal bytes."""
        return write_table_model(path, self.model, self.encoder, self.target, self.facts)

    @classmethod
    def load(cls, path: str | Path) -> TableNetwork:
        """Return what :meth:`save` wrote.

        Raises:
            FileError: The file is missing, damaged, or a network that knows no table.
        """
        return cls(*read_table_model(path))

    @classmethod
    def around(cls, saved: Saved, path: str | Path) -> TableNetwork:
        """Return the network for a table around a network that was read from ``path``.

        Raises:
            FileError: The file holds something else, or is damaged.
        """
        return cls(*around_network(saved, path))


def _refuse_unused(settings: Settings, given: dict[str, Any]) -> None:
    for name, value in given.items():
        if value:
            raise InvalidValue(
                f"{name}={value!r} is for networks, but model={settings.model!r} does not train one; leave {name} out."
            )


def _validation(prepared: Prepared, feed: Feed, folds: Folds | None) -> tuple[np.ndarray, ...]:
    """The validation rows, each class counting as it does in training, so that both losses mean the same."""
    held = prepared.split.validation if folds is None else folds.rows
    x, y = prepared.x[held], prepared.y[held]
    shift = np.array(feed.shift, np.float32)[y] if feed.shift else None
    if folds is None:
        return (x, y) if shift is None else (x, y, shift)
    return x, y, folds.validation_weight if shift is None else folds.validation_weight * shift[:, None]


def judged_network(
    network: Sequential | None,
    prepared: Prepared,
    settings: Settings,
    shift: tuple[float, ...],
    training: Training,
    history: History | None,
    folds: Folds | None = None,
) -> TableNetwork:
    """Choose which model is kept and how it decides, and judge it.

    Args:
        network: The trained network; None where none was trained.
        prepared: The table, dealt and encoded.
        settings: How a person wants it.
        shift: How many times more than in the table each class counted in training.
        training: How training went.
        history: The figures of each epoch.
        folds: Those of the network's members, where they have some.
    """
    notes: list[Note] = []
    try:
        chosen = choose_model(prepared, settings, network, shift, notes, folds)
        results, judged = judge(prepared, chosen.answers, chosen.decisions, chosen.own)
    except KeyboardInterrupt:
        if network is None or not len(prepared.split.test):
            raise
        raise Interrupted(INTERRUPTED, _unjudged(network, prepared, settings, shift, training, history)) from None
    trained = chosen.own == "network"
    facts = Facts(
        source=prepared.table.source,
        settings=settings,
        columns=prepared.columns,
        rows=rows_of(prepared),
        training=training if trained else Training(0, None, ""),
        notes=(*prepared.notes, *notes),
        results=results,
        decision=chosen.decisions.get(chosen.own),
        shift=chosen.shift,
        model=chosen.own,
    )
    return TableNetwork(chosen.model, prepared.encoder, prepared.target, facts, history if trained else None, judged)


def with_model_so_far(
    stop: Interrupted, model: Sequential, prepared: Prepared, settings: Settings, shift: tuple[float, ...]
) -> Interrupted:
    """Return an interruption of the training with the network as far as it was trained, not judged."""
    history = model.history
    if history is None or not model.is_trained or int(model.learner.step) == 0:
        return stop
    training = Training(len(history.epoch), None, history.stopped_by)
    return Interrupted(INTERRUPTED, _unjudged(model, prepared, settings, shift, training, history))


def _unjudged(
    network: Sequential,
    prepared: Prepared,
    settings: Settings,
    shift: tuple[float, ...],
    training: Training,
    history: History | None,
) -> TableNetwork:
    """Return the network as it is, with no other model fitted beside it."""
    without = replace(prepared, split=prepared.split._replace(test=prepared.split.test[:0]))
    alone = msgspec.structs.replace(settings, model="network", baselines=())
    return judged_network(network, without, alone, shift, training, history)
