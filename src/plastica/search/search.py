"""Search: which settings of a model are best, and which of them matter."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..cluster.address import address_of
from ..errors import InvalidValue, NotFitted
from ..model import Model
from ..model.options import Options
from ..populations.fitting import with_doctors
from ..populations.splits import FoldsLike
from ..training.callbacks import Callback
from ..training.run import Hook, as_hooks
from ..training.stopping import duration
from .building import Builder
from .importance import importance_of
from .names import strategy_of
from .running import SearchPlan, SearchRun
from .space import Space, TrialSettings
from .store import SearchStore, digest_of
from .strategies import Asked, Strategy
from .trials import Trials
from .wave import WaveOptions

if TYPE_CHECKING:
    import polars
    from numpy.typing import ArrayLike

    from ..drawing.figure import Drawing

USUAL_SPLIT = 0.2


class Search:
    """A search for good settings of a model: learning rate, dropout, units, optimizer, batch size.

    Trials that differ only in floats are trained together in one compiled program, others in a program for each kind:
    64 trials take little longer than a few.

    Usage::

        model = Sequential([Dense(32, activation="relu"), Dropout(0.2), Dense(1)])
        model.compile("adam", "mse")
        search = Search(
            model,
            {"learning_rate": LogUniform(1e-4, 1e-1), "dropout": Uniform(0, 0.5), "layers.0.units": [16, 32, 64]},
            trials=64,
            folds=5,
        )
        search.fit(x, y, epochs=50)
        search.leaderboard()

    Args:
        model: A compiled model, which is not trained itself; or a function that returns a compiled model for the
            settings of a trial, ``def build(units, learning_rate): ...``.
        space: Distributions, lists or single values by name. The names of a model's settings are those of
            :class:`Population`; ``batch_size`` is that of ``fit``. For a function they are its arguments.
        strategy: ``"random"``, ``"grid"``, ``"halving"``, ``"pbt"`` or ``"optuna"``, or one of their declarations; or
            an object of your own with ``ask(count)`` and ``tell(trials, sign)``.
        trials: How many trials. Default: 64; all combinations of a grid; with a budget, as many as the time allows.
        seed: The seed of random settings. Weights are drawn from the seed of the model, the same for all trials, so
            that luck with them does not decide.
        folds: Validate each trial on every fold, as for :class:`Population`. Default: on validation data.
        monitor: The metric by which trials are compared. Default: the validation loss.
        first: Settings to try before all others, such as the present ones.

    Attributes:
        trials: All trials, in the order in which they were tried.
        seconds: How long the search took.

    Raises:
        UnknownName: If a name stands for no field of the model; the message suggests the nearest.
        InvalidValue: If the space is empty, or a setting does not take its values.

    Example:
        >>> from plastica import Dense, LogUniform, Sequential
        >>> import numpy as np
        >>> model = Sequential([Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.linspace(-1, 1, 40)[:, None]
        >>> search = Search(model, {"learning_rate": LogUniform(1e-4, 1.0)}, trials=8)
        >>> trials = search.fit(x, 2 * x, epochs=10, verbose=0)
        >>> len(trials), 0.01 < search.best_settings["learning_rate"] < 1
        (8, True)

    Reference:
        J. Bergstra, Y. Bengio (2012), Random search for hyper-parameter optimization.
    """

    def __init__(
        self,
        model: Model | Callable[..., Model],
        space: Mapping[str, object],
        *,
        strategy: str | Strategy | Asked = "random",
        trials: int | None = None,
        seed: int = 0,
        folds: FoldsLike | None = None,
        monitor: str | None = None,
        first: Sequence[Mapping[str, object]] = (),
    ) -> None:
        if trials is not None and (isinstance(trials, bool) or not isinstance(trials, int) or trials < 1):
            raise InvalidValue(f"Search(trials={trials!r}): give a whole number of at least 1.")
        self.model, self.build = model, Builder(model)
        self.space, self.strategy = Space(space), strategy_of(strategy)
        self.number_of_trials, self.seed, self.folds, self.monitor = trials, seed, folds, monitor
        self.first: list[TrialSettings] = [dict(each) for each in first]
        self.strategy.count(self.space, trials)
        self.strategy.check(self.space)
        self.space.check(
            self.build,
            {} if isinstance(model, Model) else {name: each.at(0.5) for name, each in self.space.distributions.items()},
        )
        self._run: SearchRun | None = None

    def __repr__(self) -> str:
        """Show the number of trials and the best settings."""
        if self._run is None or not self.trials.good:
            return f"<Search: {', '.join(self.space)}; not trained>"
        best = self.trials.best()
        return (
            f"<Search: {len(self.trials)} trials; {self.trials.monitor} is best ({best.value:.4g}) at {best.words()}>"
        )

    def fit(
        self,
        x: object,
        y: object = None,
        batch_size: int | None = None,
        epochs: int = 10,
        verbose: int | str = "auto",
        callbacks: Sequence[Callback] | Callback | Callable[[int], Sequence[Callback]] | None = None,
        validation_split: float | None = None,
        validation_data: object = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: object = None,
        *,
        groups: ArrayLike | None = None,
        budget: float | str | None = None,
        checkpoint: str | Path | None = None,
        resume: bool = False,
        checkpoint_seconds: float = 10.0,
        hooks: Sequence[Hook] | Hook = (),
        doctor: object = False,
        cluster: str | None = None,
    ) -> Trials:
        """Try settings until there are no more, or the time is up.

        Ctrl-C ends the search; what was found stays.

        Args:
            x, y: Inputs and targets, ``(rows, ...)``, in memory; as for :meth:`Model.fit`.
            batch_size, epochs, verbose, callbacks, shuffle, class_weight, sample_weight: As for ``Population.fit``.
            validation_split, validation_data: As for :meth:`Model.fit`. Default: a fifth of the rows, unless there are
                folds or validation data.
            groups: The group of each row, for folds that keep groups together.
            budget: The time for all trials: seconds, or a text such as ``"5m"``. The trials under way when it is over
                are compared by their last complete epoch.
            checkpoint: A folder for finished trials and for checkpoints of those under way.
            resume: Whether to continue the search of the folder.
            checkpoint_seconds, hooks: As for :meth:`Model.fit`.
            doctor: As for :meth:`Population.fit`; ``trials.diagnosis`` says which settings are ill.
            cluster: Where workers run that train the trials of a wave, as for :func:`plastica.cluster.fit`: for trials
                that take longer than the start of a worker, some seconds at each rung. Not with ``strategy="pbt"``.

        Returns:
            The trials.

        Raises:
            DataError, ShapeError, InvalidValue: If the data are invalid.
        """
        if cluster is not None:
            self._require_apart(cluster, epochs)
        limit = None if budget is None else duration(budget)
        split = validation_split
        if split is None:
            split = 0.0 if self.folds is not None or validation_data is not None else USUAL_SPLIT
        run = Options(
            batch_size, epochs, verbose, shuffle, 0, None, None, None, None, False, checkpoint_seconds,
            cluster=cluster,
        )  # fmt: skip
        options = WaveOptions(
            run,
            with_doctors(callbacks, doctor),
            as_hooks(hooks),
            sample_weight,
            class_weight,
            groups,
            split,
            validation_data,
        )
        plan = SearchPlan(
            self.build, self.space, self.strategy, self.number_of_trials, self.seed, self.folds, self.first,
            frozenset(range(len(self.first))), options, limit,
        )  # fmt: skip
        store = (
            None
            if checkpoint is None
            else SearchStore(checkpoint, self._fingerprint(run, x, y), resume, is_apart=cluster is not None)
        )
        self._run = SearchRun(plan, self.monitor)
        self._run.go(x, y, store)
        return self.trials

    @property
    def trials(self) -> Trials:
        """All trials."""
        return self._trained().trials

    @property
    def seconds(self) -> float:
        """How long the search took."""
        return self._trained().seconds

    @property
    def best_settings(self) -> TrialSettings:
        """The settings of the best trial."""
        return dict(self.trials.best().settings)

    def best(self) -> Model:
        """Return the trained model of the best trial; of several folds, that with the best value.

        Raises:
            NotFitted: Before :meth:`fit`, or if no trial has a finite value.
        """
        trial = self.trials.best()
        places = range(len(trial.values))
        return self.models_of(trial.number)[min(places, key=lambda place: self.trials.sign * trial.values[place])]

    def models_of(self, trial: int) -> list[Model]:
        """Return the trained models of the best trial, or of one given in ``first``: a model for each fold.

        Raises:
            InvalidValue: If the models of this trial were not kept.
        """
        models = self._trained().models
        if trial not in models:
            raise InvalidValue(
                f"the models of trial {trial} were not kept; those of {', '.join(map(str, sorted(models)))} were."
            )
        return models[trial]

    def typical(self) -> Model:
        """Return a new model with settings from the middle of the space, as a trial would train it."""
        return self.build({name: self.space[name].at(0.5) for name in self.space})

    def leaderboard(self) -> polars.DataFrame:
        """Return a polars data frame with a row for each trial, the best first.

        The columns are the rank, the number of the trial, the settings, the metric with its standard deviation over
        folds, further metrics, the number of epochs, and why training ended.
        """
        return self.trials.leaderboard()

    to_frame = leaderboard

    def importance(self) -> polars.DataFrame:
        """Return a polars data frame of how much each setting matters, the most important first.

        The column ``importance`` is the share of the variance of the metric over the space that a setting explains
        alone; what is missing to 1 is explained by combinations.

        Raises:
            InvalidValue: If there are fewer than four trials with a finite value.
        """
        import polars

        found = importance_of(self.space, self.trials)
        columns = {"setting": "name", "importance": "share", "spread": "spread"}
        return polars.DataFrame({column: [getattr(each, name) for each in found] for column, name in columns.items()})

    def draw(self, path: str | os.PathLike[str] | None = None) -> Drawing:
        """Draw each trial as a line through its settings to the metric: parallel coordinates.

        Args:
            path: Where to write the figure; the suffix determines the format (``.svg``, ``.png``, ``.pdf``).

        Returns:
            A matplotlib figure, displayed in notebooks, with ``save(path)``.
        """
        from .picture import draw

        return draw(self.space, self.trials, path)

    def _require_apart(self, cluster: str, epochs: int) -> None:
        """Check that the trials of this search can be trained by workers.

        Raises:
            InvalidValue: If they take over each other's weights, or the address is none.
        """
        address_of(cluster)
        watcher = self.strategy.watcher(epochs, self.monitor, self.seed, self.space)
        if watcher is not None and watcher.pauses() is None:
            raise InvalidValue(
                f"Search.fit(cluster={cluster!r}): the trials of {type(self.strategy).__name__} take over each other's "
                'weights, which workers do not exchange; take strategy="halving", or leave cluster out.'
            )

    def _trained(self) -> SearchRun:
        if self._run is None:
            raise NotFitted("this search has no trials yet; call fit(x, y) first.")
        return self._run

    def _fingerprint(self, run: Options, *data: object) -> dict[str, str]:
        given = self.build.given
        return {
            "the model": repr((given.network, given.compiled) if isinstance(given, Model) else given.__qualname__),
            "the space": repr((self.space, self.strategy, self.number_of_trials, self.seed, self.first)),
            "the options of fit": repr({name: getattr(run, name) for name in ("batch_size", "epochs", "shuffle")}),
            "the data": digest_of(*data),
        }
