"""Activation functions, a = f(z): the output of a unit as a function of its potential (pre-activation).

An activation is given by name (``"relu"``), as an instance (``LeakyReLU(0.1)``) or as a user-defined function. All
except softmax and log_softmax are elementwise. Values and gradients are finite for potentials up to 10,000 in
absolute value in float32, and agree with ``keras.activations``.

Example:
    >>> get("relu"), get("leaky_relu") == LeakyReLU(0.2), LeakyReLU(0.1)
    ('relu', True, LeakyReLU(negative_slope=0.1))
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any, ClassVar, TypeAlias

import jax
import jax.numpy as jnp

from .declaration import Declaration, declaration
from .errors import InvalidValue
from .own_functions import require_function, written_in_jax
from .registry import look_up


class Activation(Declaration):
    """Base class of activations.

    Attributes:
        output_range: The smallest and largest possible output; infinite if unbounded.
    """

    output_range: ClassVar[tuple[float, float]] = (-inf, inf)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return the activation of potentials of any shape, with their shape and dtype."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The name of the activation: as in Keras, as registered, or the class name."""
        own = (name for name, known in _registered.items() if type(known) is type(self))
        return _CANONICAL.get(type(self)) or next(own, type(self).__name__)

    def __repr__(self) -> str:
        """Show only the name if every field has its default value."""
        written = super().__repr__()
        return repr(self.name) if written.endswith("()") else written


ActivationLike: TypeAlias = Activation | str | Callable[[Any], Any]


@declaration
class Linear(Activation):
    """The identity, a = z: for regression outputs and layers followed by a separate nonlinearity."""

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return z."""
        return z


@declaration
class Sigmoid(Activation):
    """The logistic function, a = 1 / (1 + exp(-z)): for probabilities of independent events and gates.

    Computed as tanh(z / 2) / 2 + 1/2, which is several times faster with XLA on CPUs. The absolute error is below
    2e-7; the result is exactly 0 or 1 for potentials of large absolute value. Losses are computed from potentials
    and are not affected by this rounding.
    """

    output_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return 1 / (1 + exp(-z))."""
        return _sigmoid(z)


@declaration
class HardSigmoid(Activation):
    """A piecewise linear sigmoid, a = clip(z / 6 + 1/2, 0, 1): for gates on small devices."""

    output_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return clip(z / 6 + 1/2, 0, 1)."""
        return jax.nn.relu6(z + 3) / 6


@declaration
class Tanh(Activation):
    """The hyperbolic tangent, a = tanh(z): for recurrent layers and zero-centred hidden units."""

    output_range: ClassVar[tuple[float, float]] = (-1.0, 1.0)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return tanh(z)."""
        return jnp.tanh(z)


@declaration
class ReLU(Activation):
    """The rectified linear unit, a = max(z, 0), with derivative 0 at z = 0: the usual choice for hidden layers."""

    output_range: ClassVar[tuple[float, float]] = (0.0, inf)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return max(z, 0)."""
        return jax.nn.relu(z)


@declaration
class PowerReLU(Activation):
    """A rectified linear unit raised to a power, a = max(z, 0)^power: makes activity sparser.

    Use it between a layer trained by competitive learning and a read-out.

    Args:
        power: Default 4.5, used in the paper for handwritten digits; 1 is relu. Must be at least 1: below 1, the
            derivative at 0 is infinite.

    Raises:
        InvalidValue: For a power below 1.

    Reference:
        Krotov, Hopfield 2019, Unsupervised learning by competing hidden units, equation 1.
    """

    power: float = 4.5
    output_range: ClassVar[tuple[float, float]] = (0.0, inf)

    def __post_init__(self) -> None:
        if not self.power >= 1:
            raise InvalidValue(f"PowerReLU(power={self.power!r}): the power must be at least 1.")

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return max(z, 0) to the power."""
        positive = z > 0
        # The inner where keeps log(0) out of the gradient, which would be 0 * inf = NaN.
        return jnp.where(positive, jnp.where(positive, z, 1) ** jnp.asarray(self.power, z.dtype), 0)


@declaration
class LeakyReLU(Activation):
    """A rectifier with a small negative slope, a = z if z >= 0, else slope * z: prevents dead units.

    Args:
        negative_slope: The slope below zero. Default 0.2, as in Keras.
    """

    negative_slope: float = 0.2

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return z where z >= 0, else negative_slope * z."""
        return jnp.where(z >= 0, z, jnp.asarray(self.negative_slope, z.dtype) * z)


@declaration
class ELU(Activation):
    """The exponential linear unit, a = z if z > 0, else alpha * (exp(z) - 1).

    Args:
        alpha: The limit for large negative z is -alpha. Default 1, as in the paper.

    Reference:
        Clevert, Unterthiner, Hochreiter 2016, Fast and accurate deep network learning by exponential linear
        units, equation 15.
    """

    alpha: float = 1.0

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return z where z > 0, else alpha * (exp(z) - 1)."""
        # The inner where keeps exp of large z out of the gradient, which would be 0 * inf = NaN.
        return jnp.where(z > 0, z, jnp.asarray(self.alpha, z.dtype) * jnp.expm1(jnp.where(z > 0, 0, z)))


@declaration
class SELU(Activation):
    """The scaled exponential linear unit, a = 1.0507 * elu(z, 1.6733): for deep networks with lecun_normal weights.

    Reference:
        Klambauer, Unterthiner, Mayr, Hochreiter 2017, Self-normalizing neural networks, equation 2.
    """

    output_range: ClassVar[tuple[float, float]] = (-1.7580993408473766, inf)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return 1.0507 * elu(z, 1.6733)."""
        return jax.nn.selu(z)


@declaration
class GELU(Activation):
    """The Gaussian error linear unit, a = z * P(X <= z) for a standard normal X: used in transformers.

    Args:
        approximate: Whether to use the tanh approximation, which is faster and has an absolute error up to 5e-4.
            Default False, as in Keras.

    Reference:
        Hendrycks, Gimpel 2016, Gaussian error linear units, section 2.
    """

    approximate: bool = False
    output_range: ClassVar[tuple[float, float]] = (-0.1700408, inf)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return z times the standard normal distribution function at z."""
        return jax.nn.gelu(z, approximate=self.approximate)


@declaration
class SiLU(Activation):
    """The sigmoid linear unit (SiLU or swish), a = z * sigmoid(z): a smooth rectifier.

    Reference:
        Elfwing, Uchibe, Doya 2018, Sigmoid-weighted linear units, equation 5.
    """

    output_range: ClassVar[tuple[float, float]] = (-0.2784646, inf)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return z * sigmoid(z)."""
        return z * jax.lax.logistic(z)  # not the fast sigmoid, whose error z would amplify


@declaration
class Softplus(Activation):
    """A smooth rectifier, a = log(1 + exp(z)): for outputs that must be positive, such as rates and widths."""

    output_range: ClassVar[tuple[float, float]] = (0.0, inf)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return log(1 + exp(z))."""
        return _softplus(z)


@declaration
class Softsign(Activation):
    """A function similar to tanh, a = z / (1 + abs(z)), that saturates polynomially instead of exponentially."""

    output_range: ClassVar[tuple[float, float]] = (-1.0, 1.0)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return z / (1 + abs(z))."""
        return jax.nn.soft_sign(z)


@declaration
class Softmax(Activation):
    """Probabilities of mutually exclusive classes, a_i = exp(z_i - m) / sum_j exp(z_j - m) with m = max_j z_j.

    Args:
        axis: The axis of the classes. Default: the last.
    """

    axis: int = -1
    output_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __post_init__(self) -> None:
        _check_axis(self)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return probabilities that sum to 1 along the axis."""
        return jax.nn.softmax(z, axis=self.axis)


@declaration
class LogSoftmax(Activation):
    """The logarithm of softmax, a_i = z_i - m - log sum_j exp(z_j - m).

    Args:
        axis: The axis of the classes. Default: the last.
    """

    axis: int = -1
    output_range: ClassVar[tuple[float, float]] = (-inf, 0.0)

    def __post_init__(self) -> None:
        _check_axis(self)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return log-probabilities."""
        return jax.nn.log_softmax(z, axis=self.axis)


@declaration
class Mish(Activation):
    """A smooth, non-monotonic rectifier, a = z * tanh(softplus(z)).

    Reference:
        Misra 2020, Mish: a self regularized non-monotonic activation function, equation 1.
    """

    output_range: ClassVar[tuple[float, float]] = (-0.3088435, inf)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return z * tanh(softplus(z))."""
        # With e = exp(z), tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2), which is several times faster.
        # For positive z, both sides are divided by exp(2 z) to avoid overflow.
        positive, e = z >= 0, jnp.exp(-jnp.abs(z))
        numerator = jnp.where(positive, 1 + 2 * e, e * (e + 2))
        return z * (numerator / (numerator + jnp.where(positive, 2 * e * e, 2)))


@declaration
class Heaviside(Activation):
    """The threshold (Heaviside) unit, a = 1 if z >= 0, else 0: for McCulloch-Pitts neurons and perceptrons.

    A potential exactly at the threshold fires, as in McCulloch and Pitts. The derivative is zero everywhere, so
    gradient-based rules cannot train the layers below; the perceptron and delta rules do not need the derivative.

    Reference:
        McCulloch, Pitts 1943, A logical calculus of the ideas immanent in nervous activity.
    """

    output_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return 1 where z >= 0, else 0."""
        return jnp.where(z >= 0, 1, jnp.where(z < 0, 0, z))  # the last case is NaN, which is propagated


@declaration
class CustomActivation(Activation):
    """A user-defined activation.

    Args:
        function: A function of the potentials that returns an array of the same shape, written in ``jax.numpy``.
            Two activations are equal, and share a compiled program, if they have the same function object: define
            the function once.
    """

    function: Callable[[Any], Any]

    def __post_init__(self) -> None:
        require_function("CustomActivation", self.function, "potential")

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return function(z).

        Raises:
            InvalidValue: If JAX cannot trace the function, for example because it uses NumPy.
        """
        with written_in_jax("activation", self.function, NAMES):
            return self.function(z)

    @property
    def name(self) -> str:
        """The registered name of the function, or else its ``__name__``."""
        own = getattr(self.function, "__name__", type(self.function).__name__)
        return self._registered_name() or own

    def __repr__(self) -> str:
        """Show the name; the address of a function would differ between processes."""
        return repr(self.name) if self._registered_name() else f"CustomActivation({self.name})"

    def _registered_name(self) -> str | None:
        return next((name for name, known in _registered.items() if known == self), None)


def register(name: str, activation: Activation | Callable[[Any], Any]) -> None:
    """Register a name for a user-defined activation, so that ``activation="my_name"`` works.

    A saved network contains only the name, never the code: register the same name before loading. Registering a name
    again replaces the earlier activation, so that a notebook cell can be rerun.

    Args:
        name: A new name; case and surrounding spaces are ignored.
        activation: A function of the potential written in ``jax.numpy``, or an instance of a subclass of Activation.

    Raises:
        InvalidValue: If the name is empty or that of a built-in activation, or the activation is not callable.

    Example:
        >>> register("cube", lambda z: z**3)
        >>> get("cube")
        'cube'
    """
    normal = name.strip().lower()
    if not normal or normal in NAMES:
        raise InvalidValue(f"register: the name {name!r} is {'taken' if normal else 'empty'}; choose another.")
    if not callable(activation):
        raise InvalidValue(f"register: {activation!r} is not callable; pass a function of the potential.")
    _registered[normal] = get(activation)


def get(value: ActivationLike | None) -> Activation:
    """Return an activation, given its name, a function, a class, an instance or None (linear).

    Raises:
        UnknownName: If the name is neither built in nor registered.
        InvalidValue: If the value is of another type.
    """
    if value is None:
        return Linear()
    if isinstance(value, str):
        known: dict[str, Any] = {**NAMES, **_registered}
        value = look_up("activation", value, known)
    if isinstance(value, Activation):
        return value
    if isinstance(value, type) and issubclass(value, Activation):
        return value()
    if callable(value):
        return CustomActivation(value)
    raise InvalidValue(f"activation={value!r}: expected a name, an Activation or a function of the potential.")


def _sigmoid(z: jax.Array) -> jax.Array:
    return 0.5 * jnp.tanh(0.5 * z) + 0.5


@jax.custom_jvp
def _softplus(z: jax.Array) -> jax.Array:
    return jnp.maximum(z, 0) + jnp.log1p(jnp.exp(-jnp.abs(z)))


# By default, JAX uses the derivative 0 at the kink z = 0 of max and abs.
_softplus.defjvps(lambda tangent, softplus, z: tangent * jax.lax.logistic(z))


def _check_axis(activation: Softmax | LogSoftmax) -> None:
    if activation.axis == 0:
        raise InvalidValue(
            f"{type(activation).__name__}: axis=0 is the batch; pass the axis of the classes, usually -1."
        )


NAMES: dict[str, type[Activation]] = {
    "linear": Linear,
    "sigmoid": Sigmoid,
    "hard_sigmoid": HardSigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "elu": ELU,
    "selu": SELU,
    "gelu": GELU,
    "silu": SiLU,
    "swish": SiLU,
    "softplus": Softplus,
    "softsign": Softsign,
    "softmax": Softmax,
    "log_softmax": LogSoftmax,
    "mish": Mish,
    "heaviside": Heaviside,
}

# The first name of each class is the primary one; later ones are aliases.
_CANONICAL: dict[type[Activation], str] = {cls: name for name, cls in reversed(NAMES.items())}
_registered: dict[str, Activation] = {}
