"""Losses: the functions that training minimizes. Names and values are those of Keras."""

from .binary import BinaryCrossentropy, BinaryFocalCrossentropy
from .categorical import (
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    KLDivergence,
    SparseCategoricalCrossentropy,
    SparseCategoricalFocalCrossentropy,
)
from .custom import CustomLoss
from .hinge import CategoricalHinge, Hinge, SquaredHinge
from .loss import Loss
from .meaning import Meaning as LossMeaning
from .members import MemberLoss
from .names import NAMES, LossLike, get, name_of
from .objective import Objective, place
from .outputs import OutputLosses, OutputsObjective, place_outputs
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
from .strategies import OneVsOne, OneVsRest, classes_of, pairs_of

__all__ = [
    "NAMES",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "CustomLoss",
    "HalfSquaredError",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "LossLike",
    "LossMeaning",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "MemberLoss",
    "Objective",
    "OneVsOne",
    "OneVsRest",
    "OutputLosses",
    "OutputsObjective",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SparseCategoricalFocalCrossentropy",
    "SquaredHinge",
    "classes_of",
    "get",
    "name_of",
    "pairs_of",
    "place",
    "place_outputs",
]
