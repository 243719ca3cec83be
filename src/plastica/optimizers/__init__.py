"""Optimizers: they turn the direction of a rule into a step. Names, defaults and values are those of Keras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import optax

from ..errors import InvalidValue
from ..registry import look_up
from .adadelta import Adadelta
from .adagrad import Adagrad
from .adam import Adam, AdamW
from .adamax import Adamax
from .foreign import Optax
from .lamb import Lamb
from .lbfgs import LBFGS
from .lion import Lion
from .multi import MultiOptimizer, by_part
from .nadam import Nadam
from .optimizer import Optimizer
from .rmsprop import RMSprop
from .sgd import SGD

OneOptimizer = Optimizer | str | optax.GradientTransformation
OptimizerLike = OneOptimizer | Mapping[str | None, OneOptimizer]

NAMES: dict[str, type[Optimizer]] = {
    "adadelta": Adadelta,
    "adagrad": Adagrad,
    "adam": Adam,
    "adamax": Adamax,
    "adamw": AdamW,
    "lamb": Lamb,
    "lbfgs": LBFGS,
    "lion": Lion,
    "nadam": Nadam,
    "rmsprop": RMSprop,
    "sgd": SGD,
}


def get(value: object) -> Optimizer:
    """Return an optimizer for a name, an instance, an optax transformation, or a dict of them by part of the network.

    Raises:
        UnknownName: For an unknown name.
        InvalidValue: For any other value.

    Example:
        >>> get("adam")
        Adam()
    """
    if isinstance(value, Optimizer):
        return value
    if isinstance(value, str):
        return look_up("optimizer", value, NAMES)()
    if isinstance(value, Mapping):
        return by_part(cast("Mapping[Any, Any]", value), get)
    if isinstance(value, optax.GradientTransformation):
        return Optax(transformation=value)
    raise InvalidValue(
        f"optimizer {value!r}: an optimizer is a name such as 'adam', an instance such as Adam(1e-3), an "
        "optax transformation, or a dict of these by the names of layers."
    )


__all__ = [
    "LBFGS",
    "NAMES",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lamb",
    "Lion",
    "MultiOptimizer",
    "Nadam",
    "Optax",
    "Optimizer",
    "OptimizerLike",
    "RMSprop",
    "get",
]
