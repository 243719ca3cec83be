"""Conversion of class weights to sample weights."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral

import numpy as np

from ..errors import InvalidValue
from ..losses import Loss
from .base import BaseModel
from .inputs import Examples


def weighed(model: BaseModel, examples: Examples, class_weight: Mapping[int, float] | None) -> Examples:
    """Return examples with the weights of their classes for the loss of a model; see :func:`weigh_classes`."""
    return weigh_classes(examples, class_weight, model.compiled.loss, model.output_shape_for(examples.x))


def weigh_classes(
    examples: Examples, class_weight: Mapping[int, float] | None, loss: Loss | None, output_shape: tuple[int, ...]
) -> Examples:
    """Return the examples with each target weighted by its class, as in Keras.

    Args:
        examples: Inputs and targets; sample weights are multiplied by the class weights.
        class_weight: The weight of each class, by its number.
        loss: The loss, which determines how classes are encoded in the targets.
        output_shape: The shape of the output for one row.

    Returns:
        The examples with a weight for each row, ``(rows,)``, or, if each step or pixel has a target,
        ``(rows, ...)``.

    Raises:
        InvalidValue: If a class has no weight or cannot occur, if a weight is negative or not a number, or if the
            targets are not classes.
    """
    if class_weight is None:
        return examples
    if isinstance(examples.y, tuple):
        raise InvalidValue("class_weight: this network has several outputs. Use sample_weight or loss_weights instead.")
    if examples.y.size == 0 or loss is None:
        raise InvalidValue(
            "class_weight was given, but this network is trained without targets. Use sample_weight instead."
        )
    weights = _checked(class_weight)
    answered, shape = loss.for_one_answer(output_shape)
    classes, possible = answered.meaning.targets.classes(examples.y, shape[-1] if shape else 1)
    _require_known(weights, classes, possible)
    found, places = np.unique(classes, return_inverse=True)
    weight = np.array([weights[int(number)] for number in found], np.float32)[places].reshape(classes.shape)
    if examples.weight is not None:
        # Either may be of rows and the other of steps; (rows, 1) broadcasts over (rows, steps).
        axes = max(weight.ndim, examples.weight.ndim)
        weight, own = (each.reshape(*each.shape, *[1] * (axes - each.ndim)) for each in (weight, examples.weight))
        weight = weight * own
    return examples._replace(weight=weight)


def _checked(given: object) -> dict[int, float]:
    if not isinstance(given, Mapping) or not given:
        raise InvalidValue(f"class_weight={given!r}: give a dictionary of weights, such as {{0: 1.0, 1: 5.0}}.")
    for number, weight in given.items():
        if isinstance(number, bool | np.bool_) or not isinstance(number, Integral):
            raise InvalidValue(
                f"class_weight has the key {number!r} of type {type(number).__name__}; the keys are class numbers: "
                "{0: 1.0, 1: 5.0}."
            )
        if isinstance(weight, bool) or not isinstance(weight, int | float | np.number) or not 0 <= weight < np.inf:
            raise InvalidValue(f"class_weight has {weight!r} for class {number!r}; a number of at least 0 is expected.")
    return {int(number): float(weight) for number, weight in given.items()}


def _require_known(weights: Mapping[int, float], classes: np.ndarray, possible: set[int]) -> None:
    occurring = np.unique(classes).tolist()
    missing = [number for number in occurring if number not in weights]
    if missing:
        raise InvalidValue(
            f"class_weight has no weight for class {missing[0]}; it has {sorted(weights)}. "
            "Give every class in y a weight."
        )
    surplus = sorted(set(weights) - possible - set(occurring))
    if surplus:
        raise InvalidValue(
            f"class_weight has a weight for class {surplus[0]}, which cannot occur: the classes here are "
            f"{_listed(possible)}. Leave it out."
        )


def _listed(numbers: set[int]) -> str:
    shown = sorted(numbers)
    return ", ".join(map(str, shown)) if len(shown) <= 6 else f"{shown[0]} to {shown[-1]}"
