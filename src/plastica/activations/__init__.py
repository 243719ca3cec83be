"""Activation functions, a = f(z): the output of a unit as a function of its potential (pre-activation).

An activation is given by name (``"relu"``), as an instance (``LeakyReLU(0.1)``) or as a user-defined function. All
except softmax, log_softmax and sparsemax are elementwise. Values and gradients are finite for potentials up to 10,000
in absolute value in float32 (except of exponential), and agree with ``keras.activations``.

Example:
    >>> get("relu"), get("leaky_relu") == LeakyReLU(0.2), LeakyReLU(0.1)
    ('relu', True, LeakyReLU(negative_slope=0.1))
"""

from __future__ import annotations

from .activation import Activation
from .bounded import HardSigmoid, HardTanh, Heaviside, LogSigmoid, Sigmoid, Softsign, SparseSigmoid, Tanh
from .names import NAMES, ActivationLike, CustomActivation, get, register
from .probabilities import LogSoftmax, Softmax, Sparsemax
from .rectifiers import CELU, ELU, SELU, GeneralReLU, LeakyReLU, PowerReLU, ReLU, ReLU6
from .smooth import GELU, Exponential, HardSiLU, Linear, Mish, SiLU, Softplus, SparsePlus, Squareplus
from .sparse import HardShrink, SoftShrink, TanhShrink, Threshold

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "NAMES",
    "SELU",
    "Activation",
    "ActivationLike",
    "CustomActivation",
    "Exponential",
    "GeneralReLU",
    "HardShrink",
    "HardSiLU",
    "HardSigmoid",
    "HardTanh",
    "Heaviside",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PowerReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "SoftShrink",
    "Softmax",
    "Softplus",
    "Softsign",
    "SparsePlus",
    "SparseSigmoid",
    "Sparsemax",
    "Squareplus",
    "Tanh",
    "TanhShrink",
    "Threshold",
    "get",
    "register",
]
