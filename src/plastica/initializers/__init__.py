"""Weight initializers.

Names, defaults, fans and the correction for truncation are those of Keras. Values are drawn by NumPy on the host,
since each eager jax.random call would be compiled separately.

Example:
    >>> import numpy as np
    >>> get("he_normal")(np.random.default_rng(0), (784, 32)).shape
    (784, 32)
"""

from __future__ import annotations

from .constant import Constant, Identity, Ones, Zeros
from .distributions import RandomNormal, RandomUniform, TruncatedNormal
from .fan_scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
    fans,
)
from .initializer import Initializer, Undrawn
from .names import NAMES, CustomInitializer, InitializerLike, get
from .orthogonal import Orthogonal

__all__ = [
    "NAMES",
    "Constant",
    "CustomInitializer",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "InitializerLike",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "Undrawn",
    "VarianceScaling",
    "Zeros",
    "fans",
    "get",
]
