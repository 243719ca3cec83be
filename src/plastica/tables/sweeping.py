"""Sweeps of plain networks for a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ..checks.prepared import Prepared
from ..errors import InvalidValue
from ..layers import Dropout
from ..model import Sequential
from ..populations import Sweep, sweep
from ..settings import Settings, batch_size_for
from .networks import network_of


def sweep_table(
    prepared: Prepared,
    settings: Settings,
    axis: str,
    values: Sequence[object] | None = None,
    seeds: int = 5,
    monitor: str | None = None,
    verbose: int | str = 0,
    doctor: bool = False,
    cluster: str | None = None,
) -> Sweep:
    """Train networks for a table that differ in one setting and in their seeds, and compare them on the validation set.

    Args:
        prepared: The split and encoded table.
        settings: The settings; the network is the plain one, ``network="mlp"``.
        axis: What differs, by a name of :data:`~plastica.populations.axes.AXES`.
        values: Its values. Default: the usual ones.
        seeds: How many networks are trained with each value.
        monitor: The metric. Default: the validation loss.
        verbose, doctor, cluster: As for :meth:`Population.fit`.

    Raises:
        InvalidValue: If the validation set is empty, or a value is not one of the axis.
    """
    train, validation = prepared.split.train, prepared.split.validation
    if not len(validation):
        raise InvalidValue("validation=0 leaves no rows to compare networks on; use a fraction such as 0.2.")
    settings = msgspec.structs.replace(settings, network="mlp")
    model = network_of(prepared, settings)
    if axis == "dropout":
        model = with_dropout(model)
    given: dict[str, Any] = {"over": axis, "epochs": settings.epochs}
    if values is not None:
        given[axis] = list(values)
    elif axis == "epochs":
        given["epochs"] = [each for each in (1, 2, 4, 8, 16, 32, 64, 128, 256) if each <= settings.epochs]
    return sweep(
        model,
        prepared.x[train],
        prepared.y[train],
        seeds=seeds,
        monitor=monitor,
        validation_data=(prepared.x[validation], prepared.y[validation]),
        batch_size=settings.batch_size or batch_size_for(len(train)),
        verbose=verbose,
        fit={"doctor": doctor, "cluster": cluster},
        **given,
    )


def with_dropout(model: Sequential) -> Sequential:
    """Return a model with dropout behind each hidden layer, compiled like another.

    Example:
        >>> from plastica import Dense
        >>> model = Sequential([Dense(4, "relu"), Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> [type(layer).__name__ for layer in with_dropout(model).layers]
        ['Dense', 'Dropout', 'Dense']
    """
    *hidden, _ = (place for place, layer in enumerate(model.layers) if getattr(layer, "units", None) is not None)
    if not hidden:
        raise InvalidValue("dropout: this network has no hidden layer; give --layers with some units.")
    made = Sequential(name=model.name, seed=model.seed)
    for place, layer in enumerate(model.layers):
        made.add(layer)
        if place in hidden:
            made.add(Dropout(0.0))
    made.set_compiled(model.compiled)
    return made
