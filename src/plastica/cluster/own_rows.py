"""Training of networks on a cluster that have rows of their own, such as those of folds with their own encoding."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..model import Model
from ..populations.progress import PopulationProgress
from ..populations.together import CheckedRows, TogetherOptions
from ..training.callbacks import Callback
from ..training.history import History
from ..typing import Document
from .address import address_of
from .apart import divided, sent_options, take_trained, train_parts
from .callbacks import callbacks_document, take_states
from .job import network_at, write_rows
from .shared import job_folder, shared_settings


def train_own_rows(
    models: Sequence[Model],
    checked: Sequence[CheckedRows],
    callbacks: Callable[[int], Sequence[Callback]],
    options: TogetherOptions,
) -> list[History]:
    """Train models with several workers; see :func:`plastica.populations.together.fit_together`."""
    where, run = address_of(options.cluster), options.of_run()
    own = [list(callbacks(place)) for place in range(len(models))]
    settings: Document = {
        "options": sent_options(run),
        "callbacks": [callbacks_document(each) for each in own],
        **shared_settings(run.checkpoint_seconds),
    }
    progress = PopulationProgress(options.verbose, options.epochs)
    progress.begin()
    try:
        with job_folder(options.checkpoint, options.resume) as folder:
            settings["parts"] = divided(folder, len(models), where.workers)
            for place, (model, rows) in enumerate(zip(models, checked, strict=True)):
                model.save(network_at(folder, place))
                write_rows(folder, *rows, place)
            answers = train_parts(folder, where, settings, [progress], options.epochs)
            take_trained(folder, models, answers)
    finally:
        progress.stop()
    for each, answer in zip(own, answers, strict=True):
        take_states(each, answer.states)
    return [each.history for each in answers]
