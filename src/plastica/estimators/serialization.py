"""Saving and loading of estimators, and predictions as data frames of the type of the input."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import msgspec
import numpy as np
from sklearn.base import is_classifier

from ..data.encoding import TableEncoder
from ..declaration import Declaration
from ..errors import FileError, InvalidValue, PlasticaError
from ..evaluation.decisions import Decision, usual_decision
from ..layers import Sequential as Network
from ..model import Sequential, reading, saving
from ..model import kinds as file_kinds
from ..optimizers import Optimizer
from ..rules import Rule
from ..specification import from_spec, to_spec
from ..tables.facts import listed
from ..training import History
from ..typing import Document, NativeFrame
from .parameters import ClassifierParameters, EstimatorParameters

E = TypeVar("E")
UNKEPT = ("callbacks",)
SCALAR = None | bool | int | float | str
ClassLabel: TypeAlias = bool | int | float | str
PlainParameter: TypeAlias = "SCALAR | list[PlainParameter]"


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The contents of a file for an estimator, in addition to its network.

    Args:
        kind: The name of its class.
        params: Its plain parameters.
        declared: Its parameters that are declarations: an optimizer, a rule.
        network: The hidden layers, "whole" if a network was given, or None.
        class_weight: Pairs of class and weight.
        kinds: Pairs of column and kind, or None.
        encoder: The encoder of columns; None with ``encode=False``.
        numbers_only, columns, names: The form of the inputs.
        task, outputs, targets: The task and the targets.
        classes, class_type: The classes and their NumPy type.
        decision: The decision from probabilities to predictions; None in older files.
        shift: The factor by which each class was overrepresented in training; empty for none.
        mean, scale: Statistics of the targets of a regression.
        losses, scores, figures, epochs: The course of training.
    """

    kind: str
    params: dict[str, object]
    declared: dict[str, Document] = {}
    network: str | Document | None = None
    class_weight: tuple[tuple[ClassLabel, float], ...] | None = None
    kinds: tuple[tuple[str, str], ...] | None = None
    encoder: Document | None = None
    numbers_only: bool = True
    columns: int = 1
    names: tuple[str, ...] | None = None
    task: str = "regression"
    outputs: int = 1
    targets: tuple[str, ...] = ()
    classes: tuple[ClassLabel, ...] = ()
    class_type: str = ""
    decision: Decision | None = None
    shift: tuple[float, ...] = ()
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    losses: tuple[float, ...] = ()
    scores: tuple[float | None, ...] | None = None
    figures: dict[str, tuple[float | None, ...]] = {}
    epochs: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Check the fields, since a file may be damaged or from elsewhere."""
        numbers = self.task == "regression"
        if len(self.classes) != (0 if numbers else self.outputs):
            raise ValueError(f"{len(self.classes)} classes for {self.outputs} outputs")
        if self.decision is not None and not self.decision.fits(self.task, len(self.classes)):
            raise ValueError("a decision that does not fit the classes")
        if len(self.shift) not in (0, len(self.classes)) or not all(0 < each < math.inf for each in self.shift):
            raise ValueError("the classes' shift must be a number above 0 for each class")
        if len(self.mean) != len(self.scale) or len(self.mean) != (self.outputs if numbers else 0):
            raise ValueError(f"{len(self.mean)} means and {len(self.scale)} scales for {self.outputs} outputs")


def names_of(y: object) -> list[str] | None:
    """Return the names of a series or a data frame, or None."""
    import narwhals as nw
    from narwhals import dependencies

    if dependencies.is_into_dataframe(y):
        return [str(name) for name in nw.from_native(y, eager_only=True).columns]
    if dependencies.is_into_series(y):
        name = nw.from_native(y, series_only=True).name
        return [str(name)] if name not in (None, "") else None
    return None


def as_frame(values: np.ndarray, X: object, names: Sequence[str]) -> NativeFrame:
    """Return predictions as a data frame of the type of ``X``, with its index.

    Raises:
        InvalidValue: If ``X`` is not a data frame.
    """
    import narwhals as nw
    from narwhals import dependencies

    if not dependencies.is_into_dataframe(X):
        raise InvalidValue(
            f"X is {type(X).__name__}; this method needs a frame. Use predict or predict_proba, which return arrays."
        )
    given = nw.from_native(X, eager_only=True)
    columns = values.reshape(len(values), -1).T
    made = nw.from_dict(dict(zip(names, map(_plain, columns), strict=True)), backend=given.implementation).to_native()
    index = nw.maybe_get_index(given)
    return made if index is None else made.set_axis(index, axis=0)


def save(estimator: EstimatorParameters, path: str | Path) -> Path:
    """Save an estimator to one file, without callbacks and a RandomState.

    Raises:
        InvalidValue: If classes or parameters cannot be saved.
    """
    params = estimator.get_params(deep=False)
    chosen, network, weight = params.pop("rule"), params.pop("network"), params.pop("class_weight", None)
    params["rule"], kinds = chosen, params.pop("kinds")
    declared = {name: to_spec(value) for name, value in params.items() if isinstance(value, Declaration)}
    if isinstance(network, Sequential):
        kept: str | Document | None = "whole"
    elif isinstance(network, str):
        kept, params["network"] = None, network
    else:
        kept = to_spec(Network(tuple(network)))
    history = estimator.history_
    classes = getattr(estimator, "classes_", np.array([]))
    if classes.dtype.kind not in "biufUO":
        raise InvalidValue(f"classes of type {classes.dtype} cannot be saved; convert them to text or numbers.")
    facts = Kept(
        kind=type(estimator).__name__,
        params={
            name: _value(name, value) for name, value in params.items() if name not in declared and name not in UNKEPT
        },
        declared=declared,
        network=kept,
        class_weight=_pairs(weight),
        kinds=None if kinds is None else tuple(kinds.items()),
        encoder=None if estimator.encoder_ is None else listed(estimator.encoder_.to_dict()),
        numbers_only=estimator.numbers_only_,
        columns=estimator.n_features_in_,
        names=tuple(map(str, estimator.feature_names_in_)) if hasattr(estimator, "feature_names_in_") else None,
        task=estimator.task_,
        outputs=estimator.n_outputs_,
        targets=tuple(estimator.target_names_),
        classes=tuple(classes.tolist()),
        class_type="object" if classes.dtype.kind == "O" else classes.dtype.str,
        decision=estimator.decision_ if isinstance(estimator, ClassifierParameters) else None,
        shift=estimator.shift_ if isinstance(estimator, ClassifierParameters) else (),
        mean=tuple(getattr(estimator, "target_mean_", np.array([])).tolist()),
        scale=tuple(getattr(estimator, "target_scale_", np.array([])).tolist()),
        losses=tuple(estimator.loss_curve_),
        scores=None if estimator.validation_scores_ is None else tuple(map(_finite, estimator.validation_scores_)),
        figures={name: tuple(map(_finite, values)) for name, values in history.history.items()},
        epochs=tuple(history.epoch),
    )
    return saving.save(estimator.model_, path, {file_kinds.ESTIMATOR: listed(facts)})


def load(cls: type[E], path: str | Path, custom: Mapping[str, Any] | None = None) -> E:
    """Load an estimator written by :func:`save`.

    Raises:
        FileError: If the file is missing or damaged, or contains another kind of estimator.
    """
    return around(cls, reading.read_network(path, custom or {}), path, custom or {})


def around(cls: type[E], saved: reading.Saved, path: str | Path, custom: Mapping[str, Any]) -> E:
    """Return the estimator for a network that was read from ``path``.

    Raises:
        FileError: If the file contains something else or is damaged.
    """
    kind = file_kinds.kind_of(saved.around)
    if kind != cls.__name__:
        raise FileError(f"{path} contains a {kind}, not a {cls.__name__}. {file_kinds.opened_by(kind)}")
    if not isinstance(saved.model, Sequential):
        raise FileError(f"{path} is damaged: its network is a {type(saved.model.network).__name__}, not a Sequential.")
    try:
        return _rebuilt(cls, msgspec.convert(saved.around[file_kinds.ESTIMATOR], Kept), saved.model, custom)
    except (PlasticaError, msgspec.ValidationError, TypeError, ValueError, KeyError, OverflowError) as error:
        raise FileError(f"{path} is damaged: it does not describe a {cls.__name__} ({error}).") from None


def _rebuilt(cls: type[E], kept: Kept, model: Sequential, custom: Mapping[str, Any]) -> E:
    kinds: dict[str, Any] = {"optimizer": Optimizer, "rule": Rule}
    params = {name: tuple(value) if isinstance(value, list) else value for name, value in kept.params.items()}
    params |= {name: from_spec(spec, custom, kinds[name]) for name, spec in kept.declared.items()}
    if kept.network == "whole":
        params["network"] = Sequential(model.layers)
        params["network"].set_compiled(model.compiled)
    elif isinstance(kept.network, dict):
        params["network"] = list(from_spec(kept.network, custom, Network).layers)
    if kept.class_weight is not None:
        params["class_weight"] = dict(kept.class_weight)
    if kept.kinds is not None:
        params["kinds"] = dict(kept.kinds)
    made: Any = cls(**params)
    if is_classifier(made) is (kept.task == "regression"):
        raise ValueError(f"its task is {kept.task}")
    encoder = None if kept.encoder is None else TableEncoder.from_dict(kept.encoder)
    width = kept.columns if encoder is None else encoder.layout.width
    if model.input_shape != (None, width):
        raise FileError("its network does not fit its encoding")
    made.model_, made.encoder_, made.numbers_only_ = model, encoder, kept.numbers_only
    made.n_features_in_, made.n_outputs_, made.task_ = kept.columns, kept.outputs, kept.task
    made.target_names_ = list(kept.targets)
    if kept.names is not None:
        made.feature_names_in_ = np.array(kept.names, dtype=object)
    if kept.task != "regression":
        made.classes_, made.shift_ = _classes(kept), kept.shift
        made.decision_ = kept.decision or usual_decision(kept.task, len(kept.classes))
    if kept.task == "regression":
        made.target_mean_, made.target_scale_ = np.array(kept.mean), np.array(kept.scale)
    made.loss_curve_, made.validation_scores_ = list(kept.losses), _numbers(kept.scores)
    made.best_loss_ = min(kept.losses) if kept.losses else None
    made.best_validation_score_ = max(made.validation_scores_) if made.validation_scores_ else None
    made.n_iter_ = len(kept.losses)
    made.history_ = History()
    figures = {name: _numbers(values) for name, values in kept.figures.items()}
    made.history_.set_state({"history": figures, "epoch": list(kept.epochs), "seconds": 0.0})
    return made


def _classes(kept: Kept) -> np.ndarray:
    kind = np.dtype(kept.class_type)
    if kind.kind not in "biufUO":
        raise ValueError(f"classes of type {kept.class_type}")
    return np.array(kept.classes, dtype="U" if kind.kind == "U" else kind)  # a forged length could allocate memory


def _value(name: str, value: object) -> PlainParameter:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, list | tuple | np.ndarray):
        return [_value(name, part) for part in value]
    if name == "random_state" and not isinstance(value, int):
        return None
    if not isinstance(value, SCALAR):
        raise InvalidValue(f"{name}={value!r} cannot be saved; expected a number, text, True, False or None.")
    return value


def _pairs(weight: object) -> tuple[tuple[ClassLabel, float], ...] | None:
    if not isinstance(weight, Mapping):
        return None
    return tuple((np.asarray(label).item(), float(value)) for label, value in weight.items())


def _plain(column: np.ndarray) -> list[object] | np.ndarray:
    return column.tolist() if column.dtype.kind in "OU" else np.ascontiguousarray(column)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _numbers(values: Sequence[float | None] | None) -> list[float] | None:
    return None if values is None else [math.nan if value is None else value for value in values]
