"""A network for a table: fitted, judged beside baselines on held-out rows, kept in one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..data.encoding import TableEncoder
from ..data.streaming_files import is_large
from ..data.target import Target
from ..errors import DataError, FileError, InvalidValue
from ..model import Sequential, kinds, saving
from ..training import EarlyStopping, History
from ..training.callbacks import Callback
from ..training.interrupting import Interrupted
from .answers import Answers, OnTable, frame_of
from .asking import as_table, renamed, truth_of, with_target
from .deciding import choose_decision
from .facts import Facts, Training, listed
from .imbalance import Feed, corrected, feed_for
from .judging import Judged, judge
from .networks import answers_from, monitor_of, network_for, units_of
from .preparing import Prepared, digest, prepare, rows_of
from .scores import Scores, score
from .settings import Settings, batch_size_for

FORMAT = 2  # of the description beside the network in a file
INTERRUPTED = "interrupted; what was trained so far is in this exception's attribute `kept`"


@dataclass(frozen=True, eq=False)
class TableNetwork:
    """A trained network with everything it needs to read a table.

    Args:
        model: The network.
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

    model: Sequential
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
        if misplaced := [name for name in options if name in Settings.__struct_fields__]:
            name = misplaced[0]
            raise InvalidValue(f"{name} is one of the settings: give Settings({name}=...) after the target.")
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

        Raises:
            KeyboardInterrupt: At Ctrl-C. Its attribute ``kept`` is the network as far as it was trained, not judged;
                None where nothing was learned.
        """
        train, held, _, _ = prepared.split
        model = model or network_for(prepared.target.task, prepared.target.outputs, prepared.layout, settings)
        feed = feed_for(settings, prepared.target, prepared.y, train)
        stopping = EarlyStopping(monitor_of(model), patience=settings.patience, restore_best_weights=True)
        size = settings.batch_size or (None if model.optimizer.full_batch else batch_size_for(len(feed.rows)))
        try:
            history = model.fit(
                prepared.x[feed.rows],
                prepared.y[feed.rows],
                batch_size=size,
                epochs=settings.epochs,
                verbose=verbose,
                callbacks=[*callbacks, *[stopping] * bool(len(held))],
                validation_data=_validation(prepared, feed) if len(held) else None,
                class_weight=feed.class_weight,
                sampling=feed.sampling,
                time_limit=settings.time_limit,
                checkpoint=checkpoint,
                resume=resume,
            )
        except Interrupted as stop:
            raise with_model_so_far(stop, model, prepared, settings, feed) from None
        best = stopping.best_epoch + 1 if len(held) else None
        training = Training(len(history.epoch), best, history.stopped_by)
        return judged_network(model, prepared, settings, feed, training, history)

    @property
    def task(self) -> str:
        """The task: "binary", "multiclass", "multilabel" or "regression"."""
        return self.target.task

    def predict(self, source: Any) -> Answers:
        """Return answers for the rows of a table; the target's column may be missing in it.

        Raises:
            DataError: A missing column, text in a column of numbers; with row and column.
        """
        notes: list[str] = []
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

    def evaluate(self, source: Any, target: str | None = None) -> tuple[Scores, int, tuple[str, ...]]:
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
        notes: list[str] = []
        table = with_target(table, self.target, notes)
        x = self.encoder.transform(table, notes)
        if digest(x) == self.facts.rows.digest:
            notes.append(
                f"these are the rows the network came from; {self.facts.rows.train} of them were trained on, "
                "so the figures flatter it. The results kept with the model are on held-out rows."
            )
        y, answers = truth_of(self.target, self.target.encode(table)), self.answers(x)
        scores = score(self.task, y, answers, self.facts.decision, self.target.names)
        return OnTable(table.positions, y, answers, scores, tuple(notes))

    def save(self, path: str | Path) -> Path:
        """Write everything to one file; nothing in it is pickled, and equal networks give equal bytes."""
        description = {
            "format": FORMAT,
            "encoder": listed(self.encoder.to_dict()),
            "target": listed(self.target.to_dict()),
            "facts": self.facts.to_dict(),
        }
        return saving.save(self.model, path, {kinds.TABLE: description})

    @classmethod
    def load(cls, path: str | Path) -> TableNetwork:
        """Return what :meth:`save` wrote.

        Raises:
            FileError: The file is missing, damaged, or a network that knows no table.
        """
        return cls.around(saving.read_network(path), path)

    @classmethod
    def around(cls, model: Sequential, path: str | Path) -> TableNetwork:
        """Return the network for a table around a network that was read from ``path``.

        Raises:
            FileError: The file holds something else, or is damaged.
        """
        kind = kinds.kind_of(model.extra)
        if kind != kinds.TABLE_NETWORK:
            raise FileError(
                f"{path} holds a {kind}, which was not trained from a table by plastica train: it takes arrays or "
                f"frames in Python. {kinds.opened_by(kind)}"
            )
        kept = model.extra.pop(kinds.TABLE)
        if kept.get("format") != FORMAT:
            raise FileError(
                f"{path} was written by another version of plastica: its table has format {kept.get('format', 1)}, "
                f"this version reads {FORMAT}. Train it again, or use the version it was written by."
            )
        try:
            encoder = TableEncoder.from_dict(kept.get("encoder"))
            target = Target.from_dict(kept.get("target"))
            facts = Facts.from_dict(kept.get("facts"))
        except DataError as error:
            raise FileError(f"{path} is damaged: {error}") from None
        if model.input_shape != (None, encoder.layout.width) or model.output_shape[-1] != units_of(
            target.task, target.outputs, facts.settings
        ):
            raise FileError(f"{path} is damaged: its network does not fit its table's encoding.")
        if not _decides(facts, target):
            raise FileError(f"{path} is damaged: its decision does not fit its classes.")
        return cls(model, encoder, target, facts)


def answers_of(model: Sequential, x: np.ndarray, target: Target, shift: tuple[float, ...] = ()) -> np.ndarray:
    """Return shares of classes or labels ``(rows, classes)``, or numbers in the targets' units.

    Args:
        model: The network.
        x: Features.
        target: What is predicted.
        shift: How many times more than in the table each class counted in training.
    """
    answers = answers_from(model, x, target.task)
    if target.task != "regression":
        return corrected(answers, shift)
    return target.decode(answers[:, 0] if target.outputs == 1 else answers)


def _decides(facts: Facts, target: Target) -> bool:
    """Whether the kept decision and shift are those of so many classes."""
    if target.task == "regression":
        return facts.decision is None and not facts.shift
    count = len(target.classes)
    return facts.decision is not None and facts.decision.fits(target.task, count) and len(facts.shift) in (0, count)


def _validation(prepared: Prepared, feed: Feed) -> tuple[np.ndarray, ...]:
    """The validation rows, each class counting as it does in training, so that both losses mean the same."""
    held = prepared.split.validation
    x, y = prepared.x[held], prepared.y[held]
    return (x, y, np.array(feed.shift, np.float32)[y]) if feed.shift else (x, y)


def judged_network(
    model: Sequential, prepared: Prepared, settings: Settings, feed: Feed, training: Training, history: History
) -> TableNetwork:
    """Choose how the trained network decides, and judge it."""
    held, test, target = prepared.split.validation, prepared.split.test, prepared.target
    rows = np.concatenate([held, test])
    answers = np.zeros((0, len(target.classes) or target.outputs))
    if len(rows):
        answers = answers_of(model, prepared.x[rows], target, feed.shift)
    decision = None
    if target.task != "regression":
        decision = choose_decision(settings, target, prepared.rare, feed.shift, prepared.y[held], answers[: len(held)])
    notes: list[str] = []
    results, judged, interrupted = None, None, False
    try:
        results, judged = judge(prepared, settings, answers[len(held) :], decision, notes)
    except KeyboardInterrupt:
        interrupted = True
    facts = Facts(
        source=prepared.table.source,
        settings=settings,
        columns=prepared.columns,
        rows=rows_of(prepared),
        training=training,
        notes=(*prepared.notes, *notes),
        results=results,
        decision=decision,
        shift=feed.shift,
    )
    made = TableNetwork(model, prepared.encoder, target, facts, history, judged)
    if interrupted:
        raise Interrupted(INTERRUPTED, made)
    return made


def with_model_so_far(
    stop: Interrupted, model: Sequential, prepared: Prepared, settings: Settings, feed: Feed
) -> Interrupted:
    """Return an interruption of the training with the network as far as it was trained, not judged."""
    history = model.history
    if history is None or not model.is_trained or int(model.learner.step) == 0:
        return stop
    nothing = prepared.split.test[:0]
    unjudged = replace(prepared, split=prepared.split._replace(test=nothing))
    training = Training(len(history.epoch), None, history.stopped_by)
    return Interrupted(INTERRUPTED, judged_network(model, unjudged, settings, feed, training, history))
