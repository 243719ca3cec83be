"""A search for the settings of a network for a table: folds inside the training set, judged on the validation set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np

from ..checks.partition import groups_of
from ..checks.prepared import Prepared
from ..data.folds import deal
from ..errors import InvalidValue, UnknownName
from ..model import Model, Sequential
from ..registry import nearest
from ..settings import Settings, batch_size_for
from ..tables.networks import monitor_of, network_of, recipe_for
from ..tables.preparation import strata
from ..tables.training import early_stopping
from ..training.run import Hook
from .distributions import Choice, LogUniform, Uniform
from .halving import SuccessiveHalving
from .names import strategy_of
from .search import Search
from .strategies import Strategy
from .trials import Trials
from .verdict import BeyondDefault, beyond_default

# Settings that a search may vary; the others say what is learned, from what, or by which loss trials are compared.
VARIED = ("learning_rate", "weight_decay", "dropout", "layers", "batch_size", "optimizer", "members")
OF_LOSS = ("loss", "label_smoothing", "class_weight", "network", "strategy")
FEWEST_ROWS = 10  # in a fold
USUAL_FOLDS = 3  # of few rows 2
# Sizes are few, since each combination of sizes is a program of its own.
SPACE: dict[str, object] = {
    "learning_rate": LogUniform(3e-4, 2e-2),
    "weight_decay": LogUniform(1e-5, 0.1),
    "dropout": Uniform(0.01, 0.5),
    "layers": Choice([(64,), (128, 128)]),
}


@dataclass(frozen=True, eq=False)
class TableSearch:
    """A search for the settings of a network for a table.

    Attributes:
        prepared: The split and encoded table.
        settings: The settings that do not vary.
        search: The search; its first trial is the default.
        folds: The number of folds of the training set.
    """

    prepared: Prepared
    settings: Settings
    search: Search
    folds: int

    @property
    def winner(self) -> Settings:
        """The settings of the best trial."""
        best = self.search.trials.best()
        return self.settings if best.number == 0 else with_settings(self.settings, best.settings)

    def fit(
        self,
        budget: float | str | None = None,
        checkpoint: str | Path | None = None,
        resume: bool = False,
        hooks: Sequence[Hook] = (),
        doctor: bool = False,
        cluster: str | None = None,
    ) -> Trials:
        """Run the search; see :meth:`Search.fit`."""
        prepared, settings, train = self.prepared, self.settings, self.prepared.split.train
        return self.search.fit(
            prepared.x[train],
            prepared.y[train],
            batch_size=settings.batch_size or batch_size_for(len(train)),
            epochs=settings.epochs,
            verbose=0,
            callbacks=early_stopping(network_of(prepared, settings), settings.patience),
            budget=budget,
            checkpoint=checkpoint,
            resume=resume,
            hooks=hooks,
            doctor=doctor,
            cluster=cluster,
        )

    @property
    def models(self) -> tuple[list[Model], list[Model]]:
        """The models of the best trial and of the default, one for each fold."""
        return self.search.models_of(self.search.trials.best().number), self.search.models_of(0)

    def beyond_default(self) -> BeyondDefault:
        """Compare the best trial with the default on the validation set, which the search has not seen."""
        return beyond_default(self.prepared, *self.models)


def table_search(
    prepared: Prepared,
    settings: Settings,
    space: Mapping[str, object] | None = None,
    *,
    strategy: str | Strategy = "halving",
    trials: int | None = None,
    folds: int = USUAL_FOLDS,
) -> TableSearch:
    """Return a search for the settings of a network for a table, before its first trial.

    Trials are trained and compared on folds of the training set. The validation set judges the winner afterwards, and
    the test set is not used.

    Args:
        prepared: The split and encoded table.
        settings: The settings that do not vary; the default to beat.
        space: Distributions by the name of a setting. Default: ``SPACE``.
        strategy, trials: As for :class:`Search`.
        folds: The number of folds.

    Raises:
        UnknownName: If a name is no setting of a network; the message suggests the nearest.
        InvalidValue: If a setting does not take its values, there is no validation set, or too few rows for the folds.
    """
    if not len(prepared.split.validation):
        raise InvalidValue("the winner of a search is compared with the default on the validation set: set it above 0.")
    chosen = dict(space or SPACE)
    check_names(chosen)
    if settings.linear_part or "linear_part" in chosen:
        raise InvalidValue("linear_part is not searched: a search trains without its start. Leave linear_part out.")

    def build(**own: object) -> Sequential:
        return network_of(prepared, with_settings(settings, own))

    parts = folds_of(prepared, folds, settings.seed)
    # The default is what the others are to beat, so that it is trained to its end.
    known = strategy_of(strategy)
    search = Search(
        build,
        chosen,
        strategy=replace(known, spared=1) if isinstance(known, SuccessiveHalving) else known,
        trials=trials,
        seed=settings.seed,
        folds=parts,
        monitor=monitor_of(network_of(prepared, settings)),
        first=[{name: default_of(prepared, settings, name) for name in chosen}],
    )
    return TableSearch(prepared, settings, search, len(parts))


def with_settings(settings: Settings, own: Mapping[str, object]) -> Settings:
    """Return the settings with those of a trial."""
    return msgspec.structs.replace(settings, **own)


def default_of(prepared: Prepared, settings: Settings, name: str) -> object:
    """Return the value that a setting has if it is not varied."""
    given = getattr(settings, name)
    if given is not None:
        return given
    recipe = recipe_for(prepared.target.task)
    if name == "batch_size":
        return batch_size_for(len(prepared.split.train))
    known = {"learning_rate": recipe.learning_rate, "weight_decay": recipe.weight_decay, "dropout": recipe.dropout}
    known |= {"layers": recipe.units, "members": recipe.members}
    return known.get(name)


def check_names(space: Mapping[str, object]) -> None:
    """Check that each name is a setting that a search may vary.

    Raises:
        UnknownName: If it is not; the message suggests the nearest.
    """
    for name in space:
        if name not in VARIED:
            hint = nearest(name, VARIED)
            why = " It changes the loss by which trials are compared." if name in OF_LOSS else ""
            raise UnknownName(f'"{name}" is no setting that a search can vary{hint}{why} Known: {", ".join(VARIED)}.')


def folds_of(prepared: Prepared, folds: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the folds of the training set, divided as the table is: at random, by group or by time.

    Args:
        prepared: The table.
        folds: How many; the usual number becomes 2 where there are few rows.
        seed: The seed of the folds.

    Returns:
        Pairs of training and validation rows, as places in the training set.

    Raises:
        InvalidValue: If there are fewer than 2, or more than the training set has rows or groups for.
    """
    if folds < 2:
        raise InvalidValue(f"folds={folds}: give at least 2.")
    train, scheme = prepared.split.train, prepared.scheme
    rows = len(train)
    count = max(2, min(folds, rows // FEWEST_ROWS))
    if count < folds and folds > USUAL_FOLDS:
        raise InvalidValue(
            f"folds={folds} of {rows} training rows: a fold needs at least {FEWEST_ROWS} rows; give at most {count}."
        )
    if scheme.split in ("time", "order"):
        order = np.arange(rows) if scheme.series is None else np.argsort(scheme.series.stamps[train], kind="stable")
        edges = np.linspace(0, rows, count + 2).astype(int)[1:]
        return [(order[:start], order[start:stop]) for start, stop in pairwise(edges)]
    if scheme.split == "group":
        _, groups = np.unique(groups_of(prepared.table, scheme.by)[train], return_inverse=True)
        numbers = deal(int(groups.max()) + 1, count, None, seed)[groups]
    else:
        labels = None if prepared.target.task == "regression" else strata(prepared.y[train])
        numbers = deal(rows, count, labels, seed)
    return [(np.flatnonzero(numbers != fold), np.flatnonzero(numbers == fold)) for fold in range(count)]
