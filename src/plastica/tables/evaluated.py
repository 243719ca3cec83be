"""From a trained network to an evaluated model for a table."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple, TypeVar

import msgspec

from ..checks.prepared import Prepared
from ..evaluation.results import judge
from ..model import Sequential
from ..notes import Note
from ..settings import Settings
from ..training import History
from ..training.interrupting import Interrupted
from .ahead import PredictionsAhead
from .base import BaseTableNetwork
from .facts import TableFacts, Training
from .folds import Folds, copies_of
from .preparation import rows_of
from .selection import choose_model
from .training import FitOptions, TrainingSet, early_stopping, train_network

Made = TypeVar("Made", bound=BaseTableNetwork)

INTERRUPTED = "interrupted; the model trained so far is the attribute `kept` of this exception"


class Trained(NamedTuple):
    """A network after training, or none.

    Attributes:
        network: The network; None if none was trained.
        training: A summary of training.
        history: The loss and metrics of each epoch.
        shift: The ratio of each class's weight in training to its weight in the table.
        folds: The folds of the members, if any.
    """

    network: Sequential | None = None
    training: Training = Training(0, None, "")
    history: History | None = None
    shift: tuple[float, ...] = ()
    folds: Folds | None = None


def train_and_evaluate(
    kind: type[Made],
    model: Sequential,
    data: TrainingSet,
    prepared: Prepared,
    settings: Settings,
    options: FitOptions,
) -> Made:
    """Train a network, choose the model and its decision rule, and evaluate it.

    Args:
        kind: The class of the result.
        model: The compiled network.
        data: What it learns from, in memory or on disk.
        prepared: The rows in memory, split and encoded.
        settings: The settings.
        options: As for ``Sequential.fit``.

    Raises:
        KeyboardInterrupt: At Ctrl-C. Its attribute ``kept`` is the network trained so far, without evaluation, or
            None if training had not begun.
    """
    stopping = None if data.validation is None else early_stopping(model, settings.patience)
    ahead = PredictionsAhead(model, prepared)
    try:
        history = train_network(
            model, data, settings.epochs, settings.batch_size, stopping, settings.time_limit, [ahead], **options
        )
        ahead.wait()
    except Interrupted as stop:
        raise _with_model_so_far(kind, stop, model, prepared, settings, data.shift) from None
    best = None if stopping is None else stopping.best_epoch + 1
    folds = 0 if data.folds is None else copies_of(model)
    training = Training(len(history.epoch), best, history.stopped_by, folds)
    return evaluated(kind, prepared, settings, Trained(model, training, history, data.shift, data.folds))


def evaluated(kind: type[Made], prepared: Prepared, settings: Settings, trained: Trained) -> Made:
    """Choose the model and its decision rule, and evaluate it.

    Args:
        kind: The class of the result.
        prepared: The split and encoded table.
        settings: The settings.
        trained: The trained network, if any.
    """
    notes: list[Note] = []
    try:
        chosen = choose_model(prepared, settings, trained.network, trained.shift, notes, trained.folds)
        results, judged = judge(prepared, chosen.answers, chosen.decisions, chosen.own)
    except KeyboardInterrupt:
        if trained.network is None or not len(prepared.split.test):
            raise
        raise Interrupted(INTERRUPTED, _unevaluated(kind, prepared, settings, trained)) from None
    kept = trained if chosen.own == "network" else Trained()
    facts = TableFacts(
        source=prepared.table.source,
        settings=settings,
        columns=prepared.columns,
        rows=rows_of(prepared),
        training=kept.training,
        notes=(*prepared.notes, *notes),
        results=results,
        decision=chosen.decisions.get(chosen.own),
        shift=chosen.shift,
        model=chosen.own,
    )
    return kind(chosen.model, prepared.encoder, prepared.target, facts, kept.history, judged)


def _with_model_so_far(
    kind: type[BaseTableNetwork],
    stop: Interrupted,
    model: Sequential,
    prepared: Prepared,
    settings: Settings,
    shift: tuple[float, ...],
) -> Interrupted:
    """Return an interruption that carries the network trained so far, without evaluation."""
    history = model.history
    if history is None or not model.is_trained or int(model.learner.step) == 0:
        return stop
    training = Training(len(history.epoch), None, history.stopped_by)
    return Interrupted(INTERRUPTED, _unevaluated(kind, prepared, settings, Trained(model, training, history, shift)))


def _unevaluated(kind: type[Made], prepared: Prepared, settings: Settings, trained: Trained) -> Made:
    """Return the network without evaluation and baselines."""
    without = replace(prepared, split=prepared.split._replace(test=prepared.split.test[:0]))
    alone = msgspec.structs.replace(settings, model="network", baselines=())
    return evaluated(kind, without, alone, trained._replace(folds=None))
