"""Nested cross-validation: a search chooses on the training rows of each outer fold alone."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, TypedDict, runtime_checkable

import numpy as np

from ..errors import InvalidValue
from ..model import Model
from ..training.history import History
from ..typing import PyTree, SettingValue
from .cross_parts import CrossFold
from .fitting import Callbacks
from .places import varied
from .population import Population


@runtime_checkable
class SettingsSearch(Protocol):
    """What chooses among settings of a model: a :class:`Population`, or a search of your own."""

    model: Any  # the model, or a function that makes those of the search

    def fit(self, x: object, y: object = None, **given: Any) -> object:
        """Try the settings on these rows."""
        ...

    def best(self) -> Model:
        """Return the model of the best settings."""
        ...


@runtime_checkable
class MakesModels(Protocol):
    """A search whose models a function makes."""

    def typical(self) -> Model:
        """Return one of the models that it would train, compiled."""
        ...


class InnerFit(TypedDict):
    """Arguments of ``cross_validate`` that the search on an outer fold gets too."""

    batch_size: int | None
    epochs: int
    callbacks: Callbacks
    validation_split: float
    class_weight: Mapping[int, float] | None


class ChosenModel(NamedTuple):
    """What a search chose on the training rows of an outer fold.

    Attributes:
        model: The network with the chosen settings, trained on all these rows.
        settings: The settings, where the search says them.
        history: The history of this training.
    """

    model: Model
    settings: dict[str, SettingValue]
    history: History


def require_search(given: object) -> SettingsSearch:
    """Return a search that was not used yet.

    Raises:
        InvalidValue: If it is none, was trained before, or would choose by the training loss.
    """
    if not isinstance(given, SettingsSearch):
        raise InvalidValue(
            f"cross_validate({given!r}): give a compiled model, or a search with fit(x, y) and best(), such as "
            "Population(model, learning_rate=[0.1, 0.01], folds=3)."
        )
    if isinstance(given, Population) and given.models:
        raise InvalidValue(
            "cross_validate: this population was trained before, on rows that the outer folds hold out; give a new one."
        )
    return given


def model_for(search: SettingsSearch) -> Model:
    """Return a model of a search: the one that it varies, or one that it would train.

    Raises:
        InvalidValue: If its models are made by a function that only it knows.
    """
    if isinstance(search.model, Model):
        return search.model
    if not isinstance(search, MakesModels):
        raise InvalidValue(
            "cross_validate: this search makes its models with a function; give it a method typical() that returns one "
            "of them, or a search over a compiled model."
        )
    return search.typical()


def chosen_on(
    search: SettingsSearch,
    part: CrossFold,
    x: object,
    y: object,
    sample_weight: object,
    groups: object,
    given: InnerFit,
) -> ChosenModel:
    """Return what a search chooses on the training rows of an outer fold.

    Args:
        search: The search; a copy of it is used.
        part: The outer fold.
        x, y, sample_weight, groups: As given by the user, for all rows.
        given: Further arguments of ``fit``.

    Raises:
        InvalidValue: If rows cannot be taken from the inputs or targets.
    """
    own = copy.deepcopy(search)
    own_x, own_y = _of_rows("x", x, part.train), _of_rows("y", y, part.train)
    weight = _of_rows("sample_weight", sample_weight, part.train)
    inside = {name: value for name, value in given.items() if value is not None and value != 0.0}
    if getattr(own, "folds", None) is not None:
        inside.pop("validation_split", None)
        inside |= {} if groups is None else {"groups": _of_rows("groups", groups, part.train)}
    own.fit(own_x, own_y, sample_weight=weight, verbose=0, **inside)
    best = own.best()
    epochs: int = best.epochs_trained or given["epochs"]
    settings: dict[str, SettingValue] = dict(getattr(own, "best_settings", {}))
    final = varied(best, {}, part.seed)
    history = final.fit(
        own_x,
        own_y,
        batch_size=settings.get("batch_size", given["batch_size"]),
        epochs=epochs,
        class_weight=given["class_weight"],
        sample_weight=weight,
        verbose=0,
    )
    return ChosenModel(final, settings, history)


def _of_rows(name: str, given: PyTree, rows: np.ndarray) -> PyTree:
    """Return some rows of what the user gave: an array, a frame, a list of numbers, or several of them."""
    if given is None:
        return None
    if isinstance(given, dict):
        return {key: _of_rows(name, each, rows) for key, each in given.items()}
    if isinstance(given, tuple):
        return tuple(_of_rows(name, each, rows) for each in given)
    try:
        return np.asarray(given)[rows]
    except (IndexError, ValueError):
        raise InvalidValue(f"{name}: rows cannot be taken from a {type(given).__name__}; give arrays.") from None
