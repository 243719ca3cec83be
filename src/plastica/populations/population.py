"""Population: many networks of one declaration that differ in settings, seeds or rows, trained together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidValue, NotFitted
from ..model import Model
from ..model.options import Options
from ..training import interrupting
from ..training.callbacks import Callback
from ..training.devices import DevicesLike
from ..training.run import Hook
from . import examination, fitting, results
from .diagnosis import PopulationDiagnosis
from .grid import MemberSettings, members_of, seeds_of
from .group import MemberGroup
from .predictions import Predictions, predictions_of
from .preparing import prepared
from .results import PopulationHistory
from .splits import FoldsLike, RandomRows, RowsLike, RowSplit, check_folds, fold_splits, is_count, parts_of, row_subsets

if TYPE_CHECKING:
    import polars


class Population:
    """Many networks of one declaration, trained side by side.

    Use it for a grid of settings, for several seeds, for cross-validation, or for all of them at once: the members are
    every combination. Each learns what :meth:`Model.fit` would teach it alone, up to rounding, but one compiled program
    computes all members that differ only in floats, seeds and rows. Members of other sizes or activations are computed
    by a program for each kind.

    Usage::

        model = Sequential([Dense(32, activation="relu"), Dropout(0.2), Dense(1)])
        model.compile("adam", "mse")
        population = Population(model, learning_rate=[0.1, 0.01, 0.001], dropout=[0.0, 0.2], seeds=5, folds=4)
        population.fit(x, y, epochs=50)
        population.ranking()

    Args:
        model: The compiled model that members are made from; it is not trained itself. Members begin with weights drawn
            from their seeds.
        grid: Values by the name of a field: ``{"layers.1.rate": [0.1, 0.5], "optimizer.learning_rate": [0.01]}``. A
            list of dicts gives the settings of the members one by one instead of every combination. Places are the
            fields of the network, and below ``optimizer``, ``rule`` and ``loss`` those of ``compile``.
        seeds: How many seeds, from the model's own on, or the seeds. Default: the model's.
        folds: Train each member on the rows outside of a fold and validate it on those inside: a number of folds
            (stratified by class), a splitter of scikit-learn, or pairs of row numbers.
        rows: Train each member on some of the rows: a list of row numbers or masks, or numbers such as
            ``[100, 200, 400]`` for so many random rows, with each class's share. The smaller sets of a seed are part of
            its larger ones.
        settings: Values by the last part of a place: ``learning_rate=[0.1, 0.01]``, ``dropout=0.5``.

    Attributes:
        members: The settings of each member; known before :meth:`fit` unless a splitter decides on the folds.

    Raises:
        UnknownName: If a name stands for no field; the message suggests the nearest.
        InvalidValue: If a grid is empty, a name stands for several fields, or folds or seeds are invalid.
        NotFitted: If the model is not compiled.

    Example:
        >>> import numpy as np
        >>> from plastica import Dense, Sequential
        >>> model = Sequential([Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> population = Population(model, learning_rate=[0.1, 0.01], seeds=3)
        >>> x = np.linspace(0, 1, 20)[:, None]
        >>> history = population.fit(x, 2 * x, epochs=5, verbose=0)
        >>> len(population), population.predict(x).mean.shape
        (6, (20, 1))
    """

    def __init__(
        self,
        model: Model,
        grid: Mapping[str, object] | Sequence[Mapping[str, object]] | None = None,
        *,
        seeds: int | Sequence[int] | None = None,
        folds: FoldsLike | None = None,
        rows: Sequence[RowsLike] | None = None,
        **settings: object,
    ) -> None:
        if not isinstance(model, Model):
            raise InvalidValue(f"Population({model!r}): give a compiled model, such as a Sequential.")
        if settings and grid is not None and not isinstance(grid, Mapping):
            raise InvalidValue(
                f"Population(grid=[...], {next(iter(settings))}=...): a list gives the settings of members one by one; "
                "put all of them there."
            )
        if folds is not None and rows is not None:
            raise InvalidValue("Population(folds=..., rows=...): folds already say which rows a member trains on.")
        check_folds(folds)
        if rows is not None and not len(rows):
            raise InvalidValue("Population(rows=[]): give at least one part of the rows.")
        if rows is not None and len({is_count(each) for each in rows}) > 1:
            raise InvalidValue("Population(rows=...): give either numbers of rows, or row numbers and masks.")
        self.model, self.folds = model, folds
        self.rows: list[RowsLike] | None = (
            None if rows is None else [RandomRows(int(each)) if is_count(each) else each for each in rows]
        )
        self.grid = grid if grid is not None and not isinstance(grid, Mapping) else {**(grid or {}), **settings}
        self.seeds = seeds_of(seeds, model.seed)
        self.members: list[MemberSettings] = self._settings_for(parts_of(folds, self.rows))
        self.models: list[Model] = []
        self.splits: list[RowSplit] | None = None
        self.history = PopulationHistory([], [], self.part_name)

    @property
    def part_name(self) -> str:
        """What the parts of the rows are called in tables; empty if their size is among the settings."""
        if self._draws_rows:
            return ""
        return "rows" if self.folds is None else "fold"

    @property
    def _draws_rows(self) -> bool:
        return self.rows is not None and all(isinstance(each, RandomRows) for each in self.rows)

    def __len__(self) -> int:
        """Return the number of members."""
        return len(self.members)

    def __getitem__(self, place: int) -> Model:
        """Return a member: a model with its own settings and weights."""
        return self._trained()[place]

    def __iter__(self) -> Iterator[Model]:
        """Iterate over the members."""
        return iter(self._trained())

    def __repr__(self) -> str:
        """Show the number of members and in what they differ."""
        names = list(dict.fromkeys(name for member in self.members for name in member.chosen))
        parts = [*names, *(["seed"] if len(self.seeds) > 1 else [])]
        parts += [self.part_name] if self.part_name and (self.folds is not None or self.rows is not None) else []
        return f"<Population: {len(self)} members that differ in {', '.join(parts) or 'nothing'}>"

    def fit(
        self,
        x: object,
        y: object = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Sequence[Callback] | Callback | Callable[[int], Sequence[Callback]] | None = None,
        validation_split: float = 0.0,
        validation_data: object = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: object = None,
        *,
        groups: ArrayLike | None = None,
        until: object = None,
        time_limit: float | str | None = None,
        max_steps: int | None = None,
        checkpoint: str | Path | None = None,
        resume: bool = False,
        checkpoint_seconds: float = 10.0,
        hooks: Sequence[Hook] | Hook = (),
        doctor: object = False,
        devices: DevicesLike = None,
        cluster: str | None = None,
    ) -> PopulationHistory:
        """Train all members; called again, they train on.

        A member that meets a rule of ``until`` or whose ``EarlyStopping`` ends it stays as it is while the others go
        on. One that meets a number that is not finite goes back to its last good weights and stays there; a warning
        names it.

        Args:
            x, y: Inputs and targets, ``(rows, ...)``, in memory; as for :meth:`Model.fit`.
            batch_size, epochs, shuffle, class_weight, sample_weight: As for :meth:`Model.fit`.
            verbose: 0 for no output, otherwise a live line in a terminal and a line at the end.
            callbacks: Callbacks, of which each member gets a copy; or a function that returns those of a member, given
                its number.
            validation_split, validation_data: As for :meth:`Model.fit`, the same for all members; not with folds.
            groups: The group of each row, ``(rows,)``, for a splitter of scikit-learn that keeps groups together.
            until, time_limit, max_steps: As for :meth:`Model.fit`, for each member.
            checkpoint, resume, checkpoint_seconds: As for :meth:`Model.fit`; one checkpoint has all members.
            hooks: As for :meth:`Model.fit`; ``run.members`` are all members.
            doctor: As for :meth:`Model.fit`: each member has a doctor, and together they take as little of the time as
                one does. ``history.diagnosis`` says which members are ill, and which settings these have.
            devices: The devices to divide the members among: ``"all"``, a number, or a list from ``jax.devices()``. The
                result is that of one device, bit for bit on a CPU. Default: the first device.
            cluster: Where workers run among which the members are divided, as for :func:`plastica.cluster.fit`. Hooks
                are then not possible, and of callbacks ``EarlyStopping`` and doctors.

        Returns:
            The history of all members.

        Raises:
            DataError, ShapeError, InvalidValue: If the data are invalid, or there are more folds than rows, or than
                rows of a class.
        """
        options = Options(
            batch_size, epochs, verbose, shuffle, 0, until, time_limit, max_steps, checkpoint, resume,
            checkpoint_seconds, devices=devices, cluster=cluster,
        )  # fmt: skip
        with interrupting.noted():
            data = prepared(self, x, y, sample_weight, class_weight, validation_split, validation_data, options, groups)
            group = MemberGroup(self.members, self.models, self.splits, self.part_name)
            callbacks = fitting.with_doctors(callbacks, doctor)
            self.history = fitting.fit(group, data, callbacks, options, hooks)
        return self.history

    def evaluate(
        self, x: object, y: object = None, batch_size: int | None = None, sample_weight: object = None
    ) -> polars.DataFrame:
        """Return a polars data frame of the loss and the metrics of each member on given data, a row each.

        Args:
            x, y, batch_size, sample_weight: As for :meth:`Model.evaluate`.
        """
        given = {"batch_size": batch_size, "sample_weight": sample_weight, "verbose": 0, "return_dict": True}
        return results.frame(self.columns(), [model.evaluate(x, y, **given) for model in self])

    def predict(self, x: object, batch_size: int | None = None) -> Predictions:
        """Return the predictions of all members, their mean and their spread.

        Args:
            x: Inputs, ``(rows, ...)``.
            batch_size: As for :meth:`Model.predict`.
        """
        return predictions_of(list(self), x, batch_size)

    def best(self, monitor: str | None = None) -> Model:
        """Return the best model of the best settings.

        Settings are compared by the mean of their members over seeds and folds, so that luck with one of them does not
        decide. Of the best settings, the member with the best value is returned.

        Args:
            monitor: The metric. Default: the validation loss, or the loss without validation.

        Raises:
            UnknownName: If there is no such metric.
            NotFitted: Before :meth:`fit`, or if no member has a finite value.
        """
        self._trained()
        return self.models[results.best_place(self.history, monitor)]

    def ranking(self, monitor: str | None = None) -> polars.DataFrame:
        """Return a polars data frame with a row for each combination of settings, the best first.

        The columns are the settings, the number of members with a finite value, the number that failed, and the mean,
        standard deviation, lowest and highest of their values.

        Args:
            monitor: As for :meth:`best`.
        """
        self._trained()
        return results.ranking(self.history, monitor)

    def to_frame(self) -> polars.DataFrame:
        """Return a polars data frame with a row for each member: settings, epochs, last figures, why it stopped."""
        self._trained()
        return results.members(self.history)

    def diagnose(
        self,
        x: object,
        y: object = None,
        *,
        validation_data: object = None,
        batch_size: int | None = None,
        names: Sequence[str] = (),
    ) -> PopulationDiagnosis:
        """Return what is wrong with which members, and which settings these have.

        Each member is examined on the rows that it was trained on, and those held out from it; see
        :meth:`Model.diagnose`. A member takes about as long as a model. Nothing is trained or changed.

        Args:
            x, y: The rows given to :meth:`fit`.
            validation_data: As for :meth:`fit`; not used with folds.
            batch_size, names: As for :meth:`Model.diagnose`.

        Returns:
            A table of findings, each with the members that have it; ``found[place]`` is the diagnosis of one member,
            ``by_setting()`` counts the ill ones by setting.

        Raises:
            NotFitted: Before :meth:`fit`.
            DataError, ShapeError, InvalidValue: If the data do not suit the members.
        """
        return examination.diagnose(self, x, y, validation_data, batch_size, names)

    def columns(self) -> list[dict[str, object]]:
        """Return the settings of each member as the columns of a table."""
        return [member.columns(self.part_name) for member in self.members]

    def split_rows(self, rows: int, classes: np.ndarray | None = None, groups: ArrayLike | None = None) -> None:
        """Decide which rows each member trains on, as :meth:`fit` does, from their number, classes and groups."""
        if self.folds is not None:
            self.splits = fold_splits(self.folds, rows, classes, groups, self.model.seed)
        elif groups is not None:
            raise InvalidValue("fit(groups=...): groups are for folds; give Population(folds=GroupKFold(5)).")
        elif self.rows is not None:
            self.splits = row_subsets(self.rows, rows, classes, self.seeds)
        drawn = self.splits is not None and self.folds is not None
        members = self._settings_for([{}] * len(self.splits or []) if drawn else parts_of(None, self.rows))
        if self.models and len(members) != len(self.models):
            raise InvalidValue(
                f"these data give {len(members)} members, but {len(self.models)} were trained before. Make another "
                "Population for other folds."
            )
        self.members = members

    def _settings_for(self, parts: Sequence[Mapping[str, object]] | None) -> list[MemberSettings]:
        return members_of(self.model, self.grid, self.seeds, parts, self._draws_rows)

    def first(self) -> Model:
        """Return the first member, trained or not."""
        return self.models[0] if self.models else fitting.model_of(self.model, self.members[0])

    def _trained(self) -> list[Model]:
        if not self.models:
            raise NotFitted("the members of this population have no weights yet; call fit(x, y) first.")
        return self.models
