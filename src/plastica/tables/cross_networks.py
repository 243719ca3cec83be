"""The networks of all folds, trained side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from ..checks.prepared import Prepared
from ..evaluation.imbalance import feed_for
from ..model import Sequential
from ..populations.together import OwnRows, TogetherOptions, fit_together
from ..settings import Settings, batch_size_for
from .cross_rows import CrossRows
from .evaluated import Trained
from .facts import Training
from .folds import copies_of, folds_for
from .linear_part import start_linear_part
from .networks import network_of
from .training import TrainingSet, early_stopping, training_set


def train_fold_networks(
    parts: Sequence[CrossRows], tables: Sequence[Prepared], settings: Settings, options: TogetherOptions
) -> list[Trained]:
    """Return the trained network of each fold.

    Networks whose encodings have the same shape are computed in one program. A rare category that is missing from the
    training rows of a fold may give that fold another shape, and then a program of its own.

    Args:
        parts: The rows of each fold.
        tables: The table as encoded for it.
        settings: The settings.
        options: The options of the run.
    """
    models, sets = _networks(parts, tables, settings)
    stopping = [
        None if data.validation is None else early_stopping(model, settings.patience)
        for model, data in zip(models, sets, strict=True)
    ]
    if options.batch_size is None and not models[0].optimizer.full_batch:
        size = batch_size_for(max(data.rows for data in sets))  # the same for all folds, so that they go in step
        options = replace(options, batch_size=size)
    histories = fit_together(
        models,
        [OwnRows(data.x, data.y, data.weight, data.validation, data.class_weight, data.sampling) for data in sets],
        lambda place: [each] if (each := stopping[place]) is not None else [],
        options,
    )
    found = []
    for model, data, stop, history in zip(models, sets, stopping, histories, strict=True):
        best = None if stop is None else stop.best_epoch + 1
        folds = 0 if data.folds is None else copies_of(model)
        training = Training(len(history.epoch), best, history.stopped_by, folds)
        found.append(Trained(model, training, history, data.shift, data.folds))
    return found


def _networks(
    parts: Sequence[CrossRows], tables: Sequence[Prepared], settings: Settings
) -> tuple[list[Sequential], list[TrainingSet]]:
    models, sets = [], []
    for part, prepared in zip(parts, tables, strict=True):
        own = msgspec.structs.replace(settings, seed=part.seed)
        model = network_of(prepared, own)
        feed = feed_for(own, prepared.target, prepared.y, prepared.split.train)
        models.append(model)
        folds = folds_for(prepared, model, feed, part.seed)
        if own.linear_part:
            start_linear_part(model, prepared, folds)
        sets.append(training_set(prepared, feed, folds))
    return models, sets
