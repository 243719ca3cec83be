"""Construction of an estimator's network from its parameters."""

from __future__ import annotations

import dataclasses
import math
import numbers
from collections.abc import Mapping
from typing import TypeGuard

import msgspec
import numpy as np

from .. import activations, layers
from ..data.encoding import FeatureLayout
from ..errors import InvalidValue, ShapeError
from ..model import Sequential
from ..model.compiling import Compiled
from ..optimizers import Optimizer
from ..schedules import Schedule
from ..settings import Settings
from ..tables.networks import PLAIN_UNITS, network_for, recipe_for
from .class_decision import check_choices
from .parameters import ClassifierParameters, EstimatorParameters

# Parameters of estimators that accept more than the setting of the same name, or are converted
OWN_MEANING = ("class_weight", "kinds", "threshold")
ENDS = {"binary": "sigmoid", "multiclass": "softmax", "multilabel": "sigmoid"}


def check_parameters(estimator: EstimatorParameters) -> Settings:
    """Return validated settings from an estimator's parameters.

    Raises:
        InvalidValue: If a parameter is invalid.
        UnknownName: If a name is unknown.
    """
    name = type(estimator).__name__
    early, share = estimator.early_stopping, estimator.validation_fraction
    if early not in (True, False, "auto"):
        raise InvalidValue(f'{name}(early_stopping={early!r}): expected True, False or "auto".')
    if not _is_number(share) or not 0 < share < 1:
        raise InvalidValue(f"{name}(validation_fraction={share!r}): expected a share between 0 and 1, such as 0.1.")
    if not _is_number(estimator.tol) or not estimator.tol >= 0:
        raise InvalidValue(f"{name}(tol={estimator.tol!r}): expected a number of at least 0.")
    for flag in ("encode", "warm_start"):
        if not isinstance(getattr(estimator, flag), bool | np.bool_):
            raise InvalidValue(f"{name}({flag}={getattr(estimator, flag)!r}): expected True or False.")
    for whole in ("epochs", "batch_size", "n_iter_no_change", "members"):
        value = getattr(estimator, whole)
        may_be_none = whole in ("batch_size", "members")
        if not (may_be_none and value is None) and (not _is_whole(value) or value < 1):
            raise InvalidValue(f"{name}({whole}={value!r}): expected a whole number of at least 1.")
    for positive in ("learning_rate", "time_limit"):
        value = getattr(estimator, positive)
        if value is not None and not (_is_number(value) and value > 0):
            raise InvalidValue(f"{name}({positive}={value!r}): expected None or a number above 0.")
    for share, below in (("dropout", 1), ("weight_decay", math.inf)):
        value = getattr(estimator, share)
        if value is not None and not (_is_number(value) and 0 <= value < below):
            raise InvalidValue(f"{name}({share}={value!r}): expected None or a number from 0 to below {below}.")
    if isinstance(estimator, ClassifierParameters):
        check_choices(name, estimator.class_weight, estimator.threshold)
    return settings_of(estimator)


def settings_of(estimator: EstimatorParameters, seed: int = 0) -> Settings:
    """Return the parameters as settings, except instances of networks, optimizers and rules."""
    name = type(estimator).__name__
    same = set(Settings.__struct_fields__).intersection(estimator.get_params(deep=False)).difference(OWN_MEANING)
    given = {key: getattr(estimator, key) for key in same}
    if not isinstance(given["network"], str):
        given["network"] = "mlp"
    if isinstance(given["optimizer"], Optimizer):
        given["optimizer"] = None
    if not isinstance(given["rule"], str):
        given["rule"] = "backprop"
    given["kinds"] = _kinds(name, estimator)
    units = given["layers"]
    if units is None:
        return Settings(**given, seed=seed, patience=int(estimator.n_iter_no_change))
    if isinstance(units, str) or not isinstance(units, tuple | list | np.ndarray) or not all(map(_is_whole, units)):
        raise InvalidValue(f"{name}(layers={units!r}): expected the units of each hidden layer, such as (64, 64).")
    given["layers"] = tuple(int(each) for each in units)
    return Settings(**given, seed=seed, patience=int(estimator.n_iter_no_change))


def _kinds(name: str, estimator: EstimatorParameters) -> Mapping[str, str]:
    kinds = {} if estimator.kinds is None else estimator.kinds
    if not isinstance(kinds, Mapping):
        raise InvalidValue(
            f"{name}(kinds={kinds!r}): expected a dict from column to kind, such as {{'store': 'category'}}."
        )
    if not estimator.encode and (kinds or len(estimator.missing_words)):
        raise InvalidValue(f"{name}(encode=False) uses the numbers as they are; leave out kinds and missing_words.")
    return kinds


def build(
    estimator: EstimatorParameters,
    task: str,
    outputs: int,
    layout: FeatureLayout,
    seed: int,
    rows: np.ndarray | None = None,
) -> Sequential:
    """Return the compiled network.

    Args:
        estimator: The estimator.
        task, outputs: As for :func:`~plastica.tables.networks.network_for`.
        layout: The layout of the features.
        seed: The random seed.
        rows: Features of the training rows.

    Raises:
        ShapeError: If the output of the user's network does not fit the targets.
        InvalidValue: If it does not output probabilities, or is not a network.
    """
    settings, given = settings_of(estimator, seed), estimator.network
    if given == "mlp" and estimator.dropout:
        given = _thinned(PLAIN_UNITS if settings.layers is None else settings.layers, estimator.dropout)
    if isinstance(given, str):
        recipe = recipe_for(task)
        recipe = recipe if estimator.dropout is None else recipe._replace(dropout=float(estimator.dropout))
        rule = None if isinstance(estimator.rule, str) else estimator.rule
        return _with_choices(network_for(task, outputs, layout, settings, recipe, rule, rows), estimator)
    plain = network_for(task, outputs, layout, _plain(settings))
    if isinstance(given, Sequential):
        return _with_choices(_complete(given, plain, estimator, task, outputs, layout, seed), estimator)
    if not isinstance(given, list | tuple) or not all(isinstance(layer, layers.Layer) for layer in given):
        raise InvalidValue(
            f"{type(estimator).__name__}(network={given!r}): expected a name, a list of hidden layers or a Sequential."
        )
    model = Sequential([plain.layers[0], *given, plain.layers[-1]], seed=seed)
    model.set_compiled(plain.compiled)
    return _with_choices(model, estimator)


def recompiled(model: Sequential, estimator: EstimatorParameters, steady: bool) -> Compiled:
    """Return the model's compile arguments; ``steady`` requires a constant learning rate."""
    compiled = model.compiled
    optimizer = compiled.optimizer
    if steady and isinstance(optimizer.learning_rate, Schedule):
        kind = type(optimizer)
        rate = estimator.learning_rate or kind().learning_rate
        optimizer = dataclasses.replace(optimizer, learning_rate=rate)
    return dataclasses.replace(compiled, optimizer=optimizer)


def _thinned(units: tuple[int, ...], dropout: float) -> list[layers.Layer]:
    hidden = [[layers.Dense(each, activation="relu"), layers.Dropout(float(dropout))] for each in units]
    return [layer for pair in hidden for layer in pair]


def _plain(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, network="mlp", layers=(), members=None)


def _complete(
    given: Sequential,
    plain: Sequential,
    estimator: EstimatorParameters,
    task: str,
    outputs: int,
    layout: FeatureLayout,
    seed: int,
) -> Sequential:
    """Return an untrained copy of a network, compiled if the original is."""
    model = Sequential(given.layers, seed=seed)
    model.build((None, layout.width))
    wanted = [outputs, 2] if task == "binary" else [outputs]
    units = model.output_shape[1:]
    if units not in [(each,) for each in wanted]:
        raise ShapeError(
            f"{type(estimator).__name__}(network=...): the network has {units} outputs; the targets need "
            f"{' or '.join(map(str, wanted))}. Change its last layer, or pass only the hidden layers as a list."
        )
    end = "softmax" if units == (2,) and task == "binary" else ENDS.get(task)
    if end and model.network.output_activation != activations.get(end):
        raise InvalidValue(
            f"{type(estimator).__name__}(network=...): the network must end in {end}, so that it outputs "
            f'probabilities: Dense({units[0]}, activation="{end}").'
        )
    compiled = given.compiled if given.is_compiled else plain.compiled
    if end == "softmax" and task == "binary" and not given.is_compiled:
        model.compile(compiled.optimizer, "sparse_categorical_crossentropy", ["accuracy"], rule=compiled.rule)
        return model
    model.set_compiled(compiled)
    return model


def _with_choices(model: Sequential, estimator: EstimatorParameters) -> Sequential:
    """Apply the user's optimizer, weight decay and rule, and add the metric that scikit-learn scores by."""
    compiled = model.compiled
    optimizer = estimator.optimizer if isinstance(estimator.optimizer, Optimizer) else compiled.optimizer
    if estimator.weight_decay is not None:
        optimizer = dataclasses.replace(optimizer, weight_decay=float(estimator.weight_decay))
    rule = compiled.rule if isinstance(estimator.rule, str) else estimator.rule
    shown, weighted = (
        ["r2" if metric == "mae" else metric for metric in group]
        for group in (compiled.metrics, compiled.weighted_metrics)
    )
    model.compile(optimizer, compiled.loss, shown, weighted_metrics=weighted, rule=rule)
    return model


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)
