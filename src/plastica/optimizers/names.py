"""Look-up of optimizers by name."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias, cast

from ..errors import InvalidValue
from ..lazy import deferred
from ..registry import look_up
from .multi import by_part
from .optimizer import Optimizer

if TYPE_CHECKING:
    import optax

# As text, since optax takes a tenth of a second to import.
OneOptimizer: TypeAlias = "Optimizer | str | optax.GradientTransformation"
OptimizerLike: TypeAlias = "OneOptimizer | Mapping[str | None, OneOptimizer]"

_CLASSES = {
    "adadelta": "Adadelta",
    "adagrad": "Adagrad",
    "adam": "Adam",
    "adamax": "Adamax",
    "adamw": "AdamW",
    "lamb": "Lamb",
    "lbfgs": "LBFGS",
    "lion": "Lion",
    "nadam": "Nadam",
    "rmsprop": "RMSprop",
    "sgd": "SGD",
}

# A name stands for an optimizer with its defaults.
NAMES: dict[str, Callable[[], Optimizer]] = {
    name: deferred(__name__.rpartition(".")[0], cls) for name, cls in _CLASSES.items()
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
        return by_part(cast("Mapping[object, object]", value), get)
    if "optax" in sys.modules:  # otherwise the value cannot come from there
        from .foreign import Optax, is_transformation

        if is_transformation(value):
            return Optax(transformation=value)
    raise InvalidValue(
        f"optimizer {value!r}: an optimizer is a name such as 'adam', an instance such as Adam(1e-3), an "
        "optax transformation, or a dict of these by the names of layers."
    )
