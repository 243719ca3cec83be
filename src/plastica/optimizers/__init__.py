"""Optimizers: from a direction for each parameter to a step."""

from __future__ import annotations

from typing import Any

from ..errors import InvalidValue
from ..registry import look_up
from .adam import Adam, AdamW
from .optimizer import Optimizer
from .sgd import SGD

OptimizerLike = Optimizer | str

NAMES: dict[str, type[Optimizer]] = {"adam": Adam, "adamw": AdamW, "sgd": SGD}


def get(value: Any) -> Optimizer:
    """Return an optimizer: an instance as it is, a name with its defaults."""
    if isinstance(value, Optimizer):
        return value
    if isinstance(value, str):
        return look_up("optimizer", value, NAMES)()
    raise InvalidValue(f"optimizer={value!r}: an optimizer is a name or an Optimizer, such as Adam(1e-3).")


__all__ = ["NAMES", "SGD", "Adam", "AdamW", "Optimizer", "OptimizerLike", "get"]
