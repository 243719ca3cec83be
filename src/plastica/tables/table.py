"""TableNetwork: a model for a table, trained, evaluated against baselines and saved in one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, Unpack

from ..checks.prepared import Prepared
from ..data.inputs import as_table
from ..data.streaming_files import is_large
from ..errors import InvalidValue
from ..evaluation.imbalance import feed_for
from ..model import Sequential
from ..notes import note
from ..settings import Settings
from ..training.callbacks import Callback
from ..training.devices import DevicesLike
from .base import BaseTableNetwork
from .crossing import crossed
from .evaluated import Trained, evaluated, train_and_evaluate
from .folds import folds_for
from .linear_part import start_linear_part
from .networks import network_of
from .preparation import prepare
from .streamed_training import train_on_files
from .training import FitOptions, TrainOptions, training_set


@dataclass(frozen=True, eq=False)
class TableNetwork(BaseTableNetwork):
    """A trained network, boosted trees or linear model, with everything needed to predict from a table.

    Args:
        model: The network; a linear model is a network without hidden layers.
        encoder: The encoder from columns to features.
        target: The target, which converts outputs to labels or numbers.
        facts: Settings, columns, split, training and results.
        history: The loss and metrics of each epoch; None after loading.
        judged: Test-set predictions of the model and the baselines, or out-of-fold predictions; None after loading
            and without either.
        members: The models of the folds, whose predictions are averaged; empty for a single model. ``model`` and
            ``encoder`` are then those of the first fold.
        out_of_fold: The rows of each fold and the predictions for them; empty after loading and without folds.

    Example:
        >>> made = TableNetwork.fit("penguins", "species", Settings(epochs=2))
        >>> made.predict("penguins").labels[:2]
        array(['Adelie', 'Adelie'], dtype=object)
    """

    @classmethod
    def fit(
        cls,
        source: object,
        target: str | Sequence[str],
        settings: Settings | None = None,
        *,
        test_data: object = None,
        **options: Unpack[TrainOptions],
    ) -> Self:
        """Read and encode a table, train a model and evaluate it.

        Args:
            source: Anything that :func:`~plastica.data.reading.read_table` accepts, a table, or a folder of CSV or
                Parquet files. Folders, and files larger than a quarter of the memory, are read in parts.
            target: The column to predict, several columns, or a pattern such as ``Class*``.
            settings: The settings; the defaults suit most tables.
            test_data: A separate test set with the target: anything that ``source`` accepts except a folder. By
                default, the test set is split off from the table or is the file named by ``settings.test``.
            options: As for :meth:`train`.
        """
        chosen = settings or Settings()
        known = [name for name in options if name != "model" or isinstance(options.get("model"), str)]
        if misplaced := [name for name in known if name in Settings.__struct_fields__]:
            name = misplaced[0]
            raise InvalidValue(f"{name} is one of the settings: pass Settings({name}=...) after the target.")
        if is_large(source):
            given: dict[str, Any] = dict(options)
            if given.pop("devices", None) is not None or given.pop("cluster", None) is not None:
                raise InvalidValue(note("plan.in_memory"))
            return train_on_files(cls, source, target, chosen, test_data=test_data, **given)[0]
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
        devices: DevicesLike = None,
        cluster: str | None = None,
    ) -> Self:
        """Train and evaluate a network, or the model named by ``settings.model``, on a prepared table.

        Training stops when the validation loss has not improved for ``settings.patience`` epochs; the weights of the
        best epoch are used. With ``settings.folds``, the model is evaluated by cross-validation, see
        :class:`~plastica.evaluation.cross_scores.CrossScores` for the result in ``facts.cross_validation``.

        Args:
            prepared: The split and encoded table, see :func:`prepare`.
            settings: The settings.
            model: A compiled network for these features. Default: created by :func:`network_for`.
            verbose: As in ``Sequential.fit``.
            callbacks: As in ``Sequential.fit``.
            checkpoint: A folder for checkpoints.
            resume: Whether to continue from the newest checkpoint.
            devices: The devices to compute on; as for ``Sequential.fit``.
            cluster: The workers that train, as for :func:`plastica.cluster.fit`; with folds, they train
                those, and the final network is trained here.

        Raises:
            InvalidValue: If a network, callbacks or checkpoints are given for a model that is not a network, or folds
                do not fit the rows.
            KeyboardInterrupt: At Ctrl-C. Its attribute ``kept`` is the network trained so far, without evaluation, or
                None if training had not begun.
        """
        if settings.model in ("trees", "linear"):
            unused = {"devices": devices, "cluster": cluster}
            _refuse_unused(settings, {"model": model, "callbacks": callbacks, "checkpoint": checkpoint, **unused})
        options: FitOptions = {"verbose": verbose, "callbacks": callbacks, "checkpoint": checkpoint, "resume": resume}
        if settings.folds is not None:
            if devices is not None:
                raise InvalidValue(note("plan.folds_on_one_device", folds=settings.folds))
            if model is not None:
                raise InvalidValue(
                    f"model={model!r} with folds={settings.folds}: each fold makes a network for its own encoding. Use "
                    "Settings(layers=...), or pl.cross_validate for a network of yours."
                )
            options = {**options, "cluster": cluster}
            return crossed(cls, prepared, settings, options, lambda own, given: cls.train(prepared, own, **given))
        options = {**options, "devices": devices, "cluster": cluster}
        if settings.model in ("trees", "linear"):
            return evaluated(cls, prepared, settings, Trained())
        model = network_of(prepared, settings) if model is None else model
        feed = feed_for(settings, prepared.target, prepared.y, prepared.split.train)
        folds = folds_for(prepared, model, feed, settings.seed)
        if settings.linear_part:
            start_linear_part(model, prepared, folds)
        data = training_set(prepared, feed, folds)
        return train_and_evaluate(cls, model, data, prepared, settings, options)


def _refuse_unused(settings: Settings, given: Mapping[str, object]) -> None:
    for name, value in given.items():
        if value:
            raise InvalidValue(
                f"{name}={value!r} is for networks, but model={settings.model!r} does not train one; leave {name} out."
            )
