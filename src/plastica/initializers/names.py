"""Initializers by name, and those that users write."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from ..declaration import declaration
from ..errors import ShapeError
from ..own_functions import require_function
from ..random import Shape
from ..registry import resolve
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
)
from .initializer import Initializer
from .orthogonal import Orthogonal

InitializerLike: TypeAlias = Initializer | str | Callable[[np.random.Generator, Shape], ArrayLike]

NAMES: dict[str, type[Initializer]] = {
    "zeros": Zeros,
    "ones": Ones,
    "constant": Constant,
    "random_normal": RandomNormal,
    "normal": RandomNormal,
    "random_uniform": RandomUniform,
    "uniform": RandomUniform,
    "truncated_normal": TruncatedNormal,
    "variance_scaling": VarianceScaling,
    "glorot_uniform": GlorotUniform,
    "glorot_normal": GlorotNormal,
    "he_uniform": HeUniform,
    "he_normal": HeNormal,
    "lecun_uniform": LecunUniform,
    "lecun_normal": LecunNormal,
    "orthogonal": Orthogonal,
    "identity": Identity,
}


@declaration
class CustomInitializer(Initializer):
    """A user-defined initializer.

    Args:
        function: A function of ``(rng, shape)``, a NumPy generator and a shape, that returns an array of that shape.
    """

    function: Callable[[np.random.Generator, Shape], ArrayLike]

    def __post_init__(self) -> None:
        require_function("CustomInitializer", self.function, "rng", "shape")

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return function(rng, shape) as float32.

        Raises:
            ShapeError: If the function returns another shape.
        """
        values = np.asarray(self.function(rng, shape), np.float32)
        if values.shape != tuple(shape):
            raise ShapeError(
                f"initializer {self.function!r} returned an array of shape {values.shape}; expected {tuple(shape)}."
            )
        return values


def get(value: InitializerLike) -> Initializer:
    """Return an initializer, given its name, a function, a class or an instance.

    Raises:
        UnknownName: If the name is unknown.
        InvalidValue: If the value is of another type.
    """
    expected = "a name, an Initializer or a function of (rng, shape)"
    return resolve("initializer", value, Initializer, NAMES, CustomInitializer, expected)
