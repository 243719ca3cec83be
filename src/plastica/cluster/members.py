"""Training of a population on a cluster: each worker trains some of its members."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from numpy.typing import ArrayLike

from ..populations import Population
from ..populations.fitting import Callbacks
from ..populations.results import PopulationHistory
from .address import address_of
from .callbacks import callbacks_document


def fit_population(
    population: Population,
    x: object,
    y: object = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: int | str = "auto",
    callbacks: Callbacks = None,
    validation_split: float = 0.0,
    validation_data: object = None,
    shuffle: bool = True,
    class_weight: Mapping[int, float] | None = None,
    sample_weight: object = None,
    *,
    cluster: str,
    groups: ArrayLike | None = None,
    until: Mapping[str, object] | None = None,
    time_limit: float | str | None = None,
    max_steps: int | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    checkpoint_seconds: float = 10.0,
    doctor: object = False,
) -> PopulationHistory:
    """Train the members of a population with several workers, each of which trains some of them.

    When to use: for grids, seeds, folds and ensembles. Workers exchange nothing during training, so that many pay even
    for the smallest networks. A worker that is lost is started again from its last checkpoint; the others go on.

    Args:
        population: The population; it is trained as if by :meth:`Population.fit`, up to rounding.
        x, y, batch_size, epochs, verbose, validation_split, validation_data: As for :meth:`Population.fit`.
        shuffle, class_weight, sample_weight, groups: As for :meth:`Population.fit`.
        until, time_limit, max_steps, doctor: As for :meth:`Population.fit`.
        callbacks: As for :meth:`Population.fit`, but ``EarlyStopping`` and doctors only: others are code, which is not
            sent.
        cluster, checkpoint, resume, checkpoint_seconds: As for :func:`fit`. A run that goes on keeps the parts into
            which its members were divided, whatever the number of workers is now.

    Raises:
        InvalidValue, DataError, ShapeError, WorkerFailed, MissingExtra: As for :func:`fit`.

    Example:
        >>> import numpy as np, plastica as pl
        >>> model = pl.Sequential([pl.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> population = pl.Population(model, seeds=4)
        >>> x = np.ones((8, 2))
        >>> history = pl.cluster.fit_population(population, x, x[:, 0], cluster="local:2")  # doctest: +SKIP
    """
    address_of(cluster)  # an error before anything is prepared
    if not callable(callbacks):
        callbacks_document(callbacks)
    return population.fit(
        x, y, batch_size, epochs, verbose, callbacks, validation_split, validation_data, shuffle, class_weight,
        sample_weight, groups=groups, until=until, time_limit=time_limit, max_steps=max_steps, checkpoint=checkpoint,
        resume=resume, checkpoint_seconds=checkpoint_seconds, doctor=doctor, cluster=cluster,
    )  # fmt: skip
