"""The plan of a network for a table: what training it will take."""

from __future__ import annotations

from ..checks.prepared import Prepared
from ..errors import InvalidValue
from ..evaluation.imbalance import feed_for
from ..model.planning import RunPlan
from ..notes import note
from ..settings import Settings, batch_size_for
from ..training.devices import DevicesLike
from .folds import folds_for
from .networks import network_of
from .training import training_set


def plan_for(prepared: Prepared, settings: Settings, devices: DevicesLike = None, seconds: float = 1.0) -> RunPlan:
    """Return what training a network for a prepared table will take; see :meth:`plastica.Model.plan`.

    Args:
        prepared: The table.
        settings: The settings.
        devices: The devices to compute on.
        seconds: How long to measure.

    Raises:
        InvalidValue: If the settings ask for a model that is not a network, or for folds.
    """
    if settings.model in ("trees", "linear"):
        raise InvalidValue(note("plan.no_network", model=settings.model))
    if settings.folds is not None:
        raise InvalidValue(note("plan.folds", folds=settings.folds))
    model = network_of(prepared, settings)
    feed = feed_for(settings, prepared.target, prepared.y, prepared.split.train)
    data = training_set(prepared, feed, folds_for(prepared, model, feed, settings.seed))
    batch_size = settings.batch_size
    if batch_size is None and not model.optimizer.full_batch:
        batch_size = batch_size_for(data.rows)
    return model.plan(
        data.x,
        data.y,
        batch_size,
        settings.epochs,
        validation_data=data.validation,
        sample_weight=data.weight,
        devices=devices,
        seconds=seconds,
    )
