"""Weight initializers.

Names, defaults, fans and the correction for truncation are those of Keras. Values are drawn by NumPy on the host,
since each eager jax.random call would be compiled separately.

Example:
    >>> import numpy as np
    >>> get("he_normal")(np.random.default_rng(0), (784, 32)).shape
    (784, 32)
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod, sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from .declaration import Declaration, declaration
from .errors import InvalidValue, ShapeError
from .own_functions import require_function
from .random import Shape
from .registry import resolve

# The standard deviation of a standard normal distribution truncated at -2 and 2.
_TRUNCATED_STDDEV = 0.87962566103423978
_MODES = ("fan_in", "fan_out", "fan_avg")
_DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")


class Undrawn(np.random.Generator):
    """A replacement for the random generator that creates parameters of the right shape without using memory.

    When a file is read, its arrays are compared with the shapes that its network declares. Drawing the parameters
    first would allow a file of 3 KB to exhaust the memory.

    Args:
        elements: The maximum total number of elements.
    """

    def __init__(self, elements: int) -> None:
        super().__init__(np.random.PCG64(0))
        self.left = elements

    def blank(self, shape: Shape) -> np.ndarray:
        """Return an array of zeros of ``shape`` with stride 0.

        Raises:
            ShapeError: If the total number of elements exceeds the maximum.
        """
        self.left -= prod(shape)
        if self.left < 0:
            raise ShapeError(f"it declares an array of shape {tuple(shape)}, but all arrays in the file are smaller.")
        return np.broadcast_to(np.float32(0), shape)


class Initializer(Declaration):
    """Base class of initializers; subclasses define ``draw``."""

    def __call__(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return initial values of ``shape``, float32.

        Args:
            rng: The random generator; the same state gives the same values.
            shape: The shape of the parameter. The last two axes of a kernel are its inputs and outputs, the axes
                before them its receptive field.
        """
        return rng.blank(shape) if isinstance(rng, Undrawn) else self.draw(rng, shape)

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return initial values; called by ``__call__``."""
        raise NotImplementedError


InitializerLike: TypeAlias = Initializer | str | Callable[[np.random.Generator, Shape], ArrayLike]


@declaration
class Zeros(Initializer):
    """Zeros: for biases."""

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return zeros."""
        return np.zeros(shape, np.float32)


@declaration
class Ones(Initializer):
    """Ones: for scale factors."""

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return ones."""
        return np.ones(shape, np.float32)


@declaration
class Constant(Initializer):
    """A constant value.

    Args:
        value: The value. Default 0, as in Keras.
    """

    value: float = 0.0

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return an array filled with the value."""
        return np.full(shape, self.value, np.float32)


@declaration
class RandomNormal(Initializer):
    """A normal distribution.

    Args:
        mean: The mean. Default 0, as in Keras.
        stddev: The standard deviation. Default 0.05, as in Keras.
    """

    mean: float = 0.0
    stddev: float = 0.05

    def __post_init__(self) -> None:
        _check_not_negative(self, "stddev", self.stddev)

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return normal values."""
        return _scaled(rng.standard_normal(shape, np.float32), self.stddev, self.mean)


@declaration
class RandomUniform(Initializer):
    """A uniform distribution.

    Args:
        minval: The lower bound. Default -0.05, as in Keras.
        maxval: The upper bound. Default 0.05, as in Keras.
    """

    minval: float = -0.05
    maxval: float = 0.05

    def __post_init__(self) -> None:
        if not self.minval <= self.maxval:
            raise InvalidValue(f"RandomUniform: minval={self.minval} is above maxval={self.maxval}; swap them.")

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return uniform values."""
        return _scaled(rng.random(shape, np.float32), self.maxval - self.minval, self.minval)


@declaration
class TruncatedNormal(Initializer):
    """A truncated normal distribution: values beyond two standard deviations are redrawn.

    Args:
        mean: The mean. Default 0, as in Keras.
        stddev: The standard deviation before truncation. Default 0.05, as in Keras.
    """

    mean: float = 0.0
    stddev: float = 0.05

    def __post_init__(self) -> None:
        _check_not_negative(self, "stddev", self.stddev)

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return normal values within two standard deviations."""
        return _scaled(_truncated(rng, shape), self.stddev, self.mean)


@declaration
class VarianceScaling(Initializer):
    """Random values with variance scale / fan, which keeps the variance of activities constant across layers.

    Args:
        scale: The variance times the fan. Default 1, as in Keras.
        mode: The fan: ``"fan_in"``, ``"fan_out"``, or ``"fan_avg"`` for their mean.
        distribution: ``"truncated_normal"`` (corrected, so that the variance after truncation is scale / fan),
            ``"untruncated_normal"`` or ``"uniform"``.

    Reference:
        Glorot, Bengio 2010, Understanding the difficulty of training deep feedforward neural networks,
        equation 16; He, Zhang, Ren, Sun 2015, Delving deep into rectifiers, equation 10.
    """

    scale: float = 1.0
    mode: str = "fan_in"
    distribution: str = "truncated_normal"

    def __post_init__(self) -> None:
        if not self.scale > 0:
            raise InvalidValue(f"VarianceScaling: scale is {self.scale}; it must be above 0.")
        _check_choice(self, "mode", self.mode, _MODES)
        _check_choice(self, "distribution", self.distribution, _DISTRIBUTIONS)

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return values with variance scale / fan."""
        return _variance_scaling(rng, shape, self.scale, self.mode, self.distribution)


@declaration
class GlorotUniform(Initializer):
    """Uniform between ±sqrt(6 / (fan_in + fan_out)): the default for kernels, as in Keras."""

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return uniform values with variance 2 / (fan_in + fan_out)."""
        return _variance_scaling(rng, shape, 1.0, "fan_avg", "uniform")


@declaration
class GlorotNormal(Initializer):
    """Truncated normal with variance 2 / (fan_in + fan_out): for sigmoid and tanh units."""

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return truncated normal values with variance 2 / (fan_in + fan_out)."""
        return _variance_scaling(rng, shape, 1.0, "fan_avg", "truncated_normal")


@declaration
class HeUniform(Initializer):
    """Uniform between ±sqrt(6 / fan_in): for rectifiers."""

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return uniform values with variance 2 / fan_in."""
        return _variance_scaling(rng, shape, 2.0, "fan_in", "uniform")


@declaration
class HeNormal(Initializer):
    """Truncated normal with variance 2 / fan_in: for rectifiers."""

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return truncated normal values with variance 2 / fan_in."""
        return _variance_scaling(rng, shape, 2.0, "fan_in", "truncated_normal")


@declaration
class LecunUniform(Initializer):
    """Uniform between ±sqrt(3 / fan_in)."""

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return uniform values with variance 1 / fan_in."""
        return _variance_scaling(rng, shape, 1.0, "fan_in", "uniform")


@declaration
class LecunNormal(Initializer):
    """Truncated normal with variance 1 / fan_in: for selu units."""

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return truncated normal values with variance 1 / fan_in."""
        return _variance_scaling(rng, shape, 1.0, "fan_in", "truncated_normal")


@declaration
class Orthogonal(Initializer):
    """A random matrix with orthonormal rows or columns, whichever are fewer: for recurrent kernels.

    All axes but the last are treated as one.

    Args:
        gain: A factor for the matrix. Default 1, as in Keras.

    Reference:
        Saxe, McClelland, Ganguli 2014, Exact solutions to the nonlinear dynamics of learning in deep linear
        neural networks.
    """

    gain: float = 1.0

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return an orthogonal matrix times the gain.

        Raises:
            ShapeError: If there are fewer than two axes.
        """
        if len(shape) < 2:
            raise ShapeError(f"Orthogonal: got the shape {shape}; it needs at least two axes.")
        rows, columns = prod(shape[:-1]), shape[-1]
        normal = rng.standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(normal)
        # The signs of the columns depend on the QR algorithm; with a positive diagonal of r, q is uniform (Haar).
        q = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)
        return (self.gain * (q if rows >= columns else q.T)).reshape(shape).astype(np.float32)


@declaration
class Identity(Initializer):
    """The identity matrix, padded with zeros if not square: for linear recurrent units.

    Args:
        gain: A factor for the matrix. Default 1, as in Keras.
    """

    gain: float = 1.0

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return the identity times the gain.

        Raises:
            ShapeError: If there are not exactly two axes.
        """
        if len(shape) != 2:
            raise ShapeError(f"Identity: got the shape {shape}; it needs exactly two axes.")
        return np.float32(self.gain) * np.eye(*shape, dtype=np.float32)


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


def fans(shape: Shape) -> tuple[int, int]:
    """Return fan_in and fan_out of a kernel of ``shape``.

    Example:
        >>> fans((3, 3, 16, 32))
        (144, 288)
    """
    if len(shape) < 2:
        return prod(shape), prod(shape)
    field = prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


def _variance_scaling(rng: np.random.Generator, shape: Shape, scale: float, mode: str, distribution: str) -> np.ndarray:
    fan_in, fan_out = fans(shape)
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    stddev = sqrt(scale / max(1.0, fan))
    if distribution == "uniform":
        limit = sqrt(3.0) * stddev
        return _scaled(rng.random(shape, np.float32), 2 * limit, -limit)
    if distribution == "untruncated_normal":
        return _scaled(rng.standard_normal(shape, np.float32), stddev, 0.0)
    return _scaled(_truncated(rng, shape), stddev / _TRUNCATED_STDDEV, 0.0)


def _truncated(rng: np.random.Generator, shape: Shape) -> np.ndarray:
    values = rng.standard_normal(prod(shape), np.float32)
    outside = np.flatnonzero(np.abs(values) > 2)
    while outside.size:
        values[outside] = rng.standard_normal(outside.size, np.float32)
        outside = outside[np.abs(values[outside]) > 2]
    return values.reshape(shape)


def _scaled(values: np.ndarray, factor: float, shift: float) -> np.ndarray:
    values *= np.float32(factor)
    values += np.float32(shift)
    return values


def _check_not_negative(declared: Initializer, field: str, value: float) -> None:
    if not value >= 0:
        raise InvalidValue(f"{type(declared).__name__}: {field} is {value}; it cannot be negative.")


def _check_choice(declared: Initializer, field: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InvalidValue(f"{type(declared).__name__}: {field} is {value!r}; expected one of {', '.join(known)}.")


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
