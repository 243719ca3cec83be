"""Look-up of losses by name."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from collections.abc import Callable
from typing import cast

from jax import Array

from ..errors import InvalidValue, UnknownName
from ..registry import look_up
from .binary import BinaryCrossentropy, BinaryFocalCrossentropy
from .categorical import (
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    SparseCategoricalCrossentropy,
    SparseCategoricalFocalCrossentropy,
)
from .circle import Circle
from .ctc import CTC
from .custom import CustomLoss
from .divergence import KLDivergence
from .functions import DECLARED
from .generalized import CategoricalGeneralizedCrossEntropy
from .hinge import CategoricalHinge, Hinge, SquaredHinge
from .loss import Loss
from .overlap import Dice, Tversky
from .poisson import Poisson
from .regression import (
    CosineSimilarity,
    HalfSquaredError,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
)

LossLike = Loss | str | Callable[..., Array]

NAMES: dict[str, type[Loss]] = {
    "mean_squared_error": MeanSquaredError,
    "half_squared_error": HalfSquaredError,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_absolute_percentage_error": MeanAbsolutePercentageError,
    "mean_squared_logarithmic_error": MeanSquaredLogarithmicError,
    "huber": Huber,
    "log_cosh": LogCosh,
    "cosine_similarity": CosineSimilarity,
    "binary_crossentropy": BinaryCrossentropy,
    "binary_focal_crossentropy": BinaryFocalCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "categorical_focal_crossentropy": CategoricalFocalCrossentropy,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "sparse_categorical_focal_crossentropy": SparseCategoricalFocalCrossentropy,
    "kl_divergence": KLDivergence,
    "poisson": Poisson,
    "hinge": Hinge,
    "squared_hinge": SquaredHinge,
    "categorical_hinge": CategoricalHinge,
    "mse": MeanSquaredError,
    "mae": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "msle": MeanSquaredLogarithmicError,
    "bce": BinaryCrossentropy,
    "kld": KLDivergence,
    "logcosh": LogCosh,
}

# Losses of batches, of sequences and of outputs and targets of other shapes.
FURTHER_NAMES: dict[str, type[Loss]] = {
    "dice": Dice,
    "tversky": Tversky,
    "circle": Circle,
    "ctc": CTC,
    "categorical_generalized_cross_entropy": CategoricalGeneralizedCrossEntropy,
}

_ALL = NAMES | FURTHER_NAMES
_WHICH = ("crossentropy", "cross_entropy", "cross-entropy", "ce", "log_loss", "logloss")
_CLASSES = {cls.__name__: cls for cls in _ALL.values()}


def get(value: LossLike) -> Loss:
    """Return a loss, given its name, an instance or a function.

    Args:
        value: A name as in Keras (``"mse"``, ``"MeanSquaredError"``), a loss, or a function
            (target, prediction) that returns one value for each row or element.

    Raises:
        UnknownName: If the name is unknown.
        InvalidValue: If the value is of another type.

    Example:
        >>> get("mse")
        MeanSquaredError()
    """
    if isinstance(value, Loss):
        return value
    if isinstance(value, str) and value.strip().lower() in _WHICH:
        raise UnknownName(
            f'loss="{value}": which cross-entropy depends on the targets. For class numbers 0, 1, 2 ... use '
            '"sparse_categorical_crossentropy"; for one column per class, "categorical_crossentropy"; for two '
            "classes or "
            'several labels per row, "binary_crossentropy".'
        )
    if isinstance(value, str):
        return _CLASSES[value]() if value in _CLASSES else look_up("loss", value, _ALL)()
    if isinstance(value, type) and issubclass(value, Loss):
        return value()
    function = cast("Callable[..., Array]", value)
    if callable(function):
        return DECLARED[function]() if function in DECLARED else CustomLoss(function)
    raise InvalidValue(f'loss={value!r}; expected a name such as "mse", a loss such as Huber(), or a function.')


def name_of(loss: Loss) -> str:
    """Return the name of a loss in the history."""
    if isinstance(loss, CustomLoss):
        return getattr(loss.function, "__name__", "custom_loss")
    return next((name for name, cls in _ALL.items() if cls is type(loss)), type(loss).__name__)
