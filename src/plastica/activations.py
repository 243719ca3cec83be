"""Activations a = f(z): what a unit makes of its potential.

Every activation is a declaration, written by name (``"relu"``), by class (``LeakyReLU(0.1)``) or as a
function of one's own. All are elementwise but softmax and log_softmax, stay finite with finite gradients
at potentials of plus and minus 10,000 in float32, and give the numbers of ``keras.activations``.

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
    """Base of all activations.

    Attributes:
        output_range: The smallest and largest activity that can come out, infinite where there is no bound.
    """

    output_range: ClassVar[tuple[float, float]] = (-inf, inf)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return the activity for potentials of any shape, in the potentials' shape and dtype."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The name that stands for this activation: Keras's, or the registered one, or the class's."""
        own = (name for name, known in _registered.items() if type(known) is type(self))
        return _CANONICAL.get(type(self)) or next(own, type(self).__name__)

    def __repr__(self) -> str:
        """Show the name alone where every field has its default: that is how a person writes it."""
        written = super().__repr__()
        return repr(self.name) if written.endswith("()") else written


ActivationLike: TypeAlias = Activation | str | Callable[[Any], Any]


@declaration
class Linear(Activation):
    """The identity, a = z: regression outputs, and layers whose non-linearity comes later."""

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return z."""
        return z


@declaration
class Sigmoid(Activation):
    """The logistic function, a = 1 / (1 + exp(-z)): probabilities of independent events, gates.

    Computed as tanh(z / 2) / 2 + 1/2, which XLA's CPU code runs several times faster. The absolute error
    stays below 2e-7; far below zero the answer is exactly 0, far above exactly 1. Losses work from
    potentials and do not meet this rounding.
    """

    output_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return 1 / (1 + exp(-z))."""
        return _sigmoid(z)


@declaration
class HardSigmoid(Activation):
    """A sigmoid of three straight lines, a = clip(z / 6 + 1/2, 0, 1): gates on small devices."""

    output_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return clip(z / 6 + 1/2, 0, 1)."""
        return jax.nn.relu6(z + 3) / 6


@declaration
class Tanh(Activation):
    """The hyperbolic tangent, a = tanh(z): recurrent layers, and hidden units centred on zero."""

    output_range: ClassVar[tuple[float, float]] = (-1.0, 1.0)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return tanh(z)."""
        return jnp.tanh(z)


@declaration
class ReLU(Activation):
    """The rectifier, a = max(z, 0), with slope 0 at z = 0: the usual choice for hidden layers."""

    output_range: ClassVar[tuple[float, float]] = (0.0, inf)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return max(z, 0)."""
        return jax.nn.relu(z)


@declaration
class PowerReLU(Activation):
    """A rectifier raised to a power, a = max(z, 0)^power: few units of a layer speak, and those loudly.

    For features that were learned by competition, in front of a read-out.

    Args:
        power: 1 is relu; the paper's 4.5 for handwritten digits. With a power below 1 the slope at 0 is infinite.

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
        # The inner where keeps the logarithm of 0 out of the gradient, where 0 * inf would be NaN.
        return jnp.where(positive, jnp.where(positive, z, 1) ** jnp.asarray(self.power, z.dtype), 0)


@declaration
class LeakyReLU(Activation):
    """A rectifier that lets a little through, a = z where z >= 0, else slope * z: when units die.

    Args:
        negative_slope: The slope below zero; Keras's default 0.2.
    """

    negative_slope: float = 0.2

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return z where z >= 0, else negative_slope * z."""
        return jnp.where(z >= 0, z, jnp.asarray(self.negative_slope, z.dtype) * z)


@declaration
class ELU(Activation):
    """The exponential linear unit, a = z where z > 0, else alpha * (exp(z) - 1).

    Args:
        alpha: How far below zero the activity can go; the paper's 1.

    Reference:
        Clevert, Unterthiner, Hochreiter 2016, Fast and accurate deep network learning by exponential linear
        units, equation 15.
    """

    alpha: float = 1.0

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return z where z > 0, else alpha * (exp(z) - 1)."""
        # The inner where keeps exp(+large) out of the gradient, where 0 * inf would be NaN.
        return jnp.where(z > 0, z, jnp.asarray(self.alpha, z.dtype) * jnp.expm1(jnp.where(z > 0, 0, z)))


@declaration
class SELU(Activation):
    """The self-normalising unit, a = 1.0507 * elu(z, 1.6733): deep plain stacks with lecun_normal weights.

    Reference:
        Klambauer, Unterthiner, Mayr, Hochreiter 2017, Self-normalizing neural networks, equation 2.
    """

    output_range: ClassVar[tuple[float, float]] = (-1.7580993408473766, inf)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return 1.0507 * elu(z, 1.6733)."""
        return jax.nn.selu(z)


@declaration
class GELU(Activation):
    """The Gaussian error linear unit, a = z * P(X <= z) for a standard normal X: transformers.

    Args:
        approximate: Whether to take the tanh formula, cheaper and off by up to 5e-4; as in Keras, off.

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
    """The sigmoid linear unit, also swish, a = z * sigmoid(z): a smooth rectifier.

    Reference:
        Elfwing, Uchibe, Doya 2018, Sigmoid-weighted linear units, equation 5.
    """

    output_range: ClassVar[tuple[float, float]] = (-0.2784646, inf)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return z * sigmoid(z)."""
        return z * jax.lax.logistic(z)  # not the fast sigmoid: z would multiply its error


@declaration
class Softplus(Activation):
    """A smooth rectifier, a = log(1 + exp(z)): outputs that must be positive (rates, widths)."""

    output_range: ClassVar[tuple[float, float]] = (0.0, inf)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return log(1 + exp(z))."""
        return _softplus(z)


@declaration
class Softsign(Activation):
    """A slow tanh, a = z / (1 + abs(z)): saturates polynomially instead of exponentially."""

    output_range: ClassVar[tuple[float, float]] = (-1.0, 1.0)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return z / (1 + abs(z))."""
        return jax.nn.soft_sign(z)


@declaration
class Softmax(Activation):
    """Probabilities of exclusive classes, a_i = exp(z_i - m) / sum_j exp(z_j - m) with m = max_j z_j.

    Args:
        axis: The axis that holds the classes; the last, as everywhere here.
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
    """Logarithms of softmax's probabilities, a_i = z_i - m - log sum_j exp(z_j - m).

    Args:
        axis: The axis that holds the classes; the last, as everywhere here.
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
    """A smooth rectifier that dips below zero, a = z * tanh(softplus(z)).

    Reference:
        Misra 2020, Mish: a self regularized non-monotonic activation function, equation 1.
    """

    output_range: ClassVar[tuple[float, float]] = (-0.3088435, inf)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return z * tanh(softplus(z))."""
        # With e = exp(z), tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2): no log, no tanh, several times faster.
        # Where z is positive both sides are divided by exp(2 z), so that nothing overflows.
        positive, e = z >= 0, jnp.exp(-jnp.abs(z))
        numerator = jnp.where(positive, 1 + 2 * e, e * (e + 2))
        return z * (numerator / (numerator + jnp.where(positive, 2 * e * e, 2)))


@declaration
class Heaviside(Activation):
    """The threshold unit, a = 1 where z >= 0, else 0: McCulloch-Pitts neurons and the perceptron.

    A potential exactly at the threshold fires, as in McCulloch and Pitts. The derivative is zero everywhere,
    so gradient rules learn nothing below it; the perceptron and delta rules do not need it.

    Reference:
        McCulloch, Pitts 1943, A logical calculus of the ideas immanent in nervous activity.
    """

    output_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return 1 where z >= 0, else 0."""
        return jnp.where(z >= 0, 1, jnp.where(z < 0, 0, z))  # the last z is NaN: let it be seen


@declaration
class CustomActivation(Activation):
    """A person's own function of the potential.

    Args:
        function: From potentials to activities of the same shape, written in ``jax.numpy``. Two are the same
            activation, and one compiled program, when they hold the same function object: define it once.
    """

    function: Callable[[Any], Any]

    def __post_init__(self) -> None:
        require_function("CustomActivation", self.function, "potential")

    def __call__(self, z: jax.Array) -> jax.Array:
        """Return function(z).

        Raises:
            InvalidValue: When the function is not written in ``jax.numpy``.
        """
        with written_in_jax("activation", self.function, NAMES):
            return self.function(z)

    @property
    def name(self) -> str:
        """The registered name of the function, else the function's own."""
        own = getattr(self.function, "__name__", type(self.function).__name__)
        return self._registered_name() or own

    def __repr__(self) -> str:
        """Show the name; a function's address would differ in every process."""
        return repr(self.name) if self._registered_name() else f"CustomActivation({self.name})"

    def _registered_name(self) -> str | None:
        return next((name for name, known in _registered.items() if known == self), None)


def register(name: str, activation: Activation | Callable[[Any], Any]) -> None:
    """Let a name stand for an activation of one's own, so that ``activation="my_name"`` works.

    A saved network keeps the name only, never the code: register the same name again before loading.
    Registering a name a second time replaces what it stood for, so that a notebook's cell can be run again.

    Args:
        name: A new name; case and surrounding spaces do not matter.
        activation: A function of the potential written in ``jax.numpy``, or an Activation of one's own.

    Raises:
        InvalidValue: When the name is plastica's own, or empty, or there is nothing to call.

    Example:
        >>> register("cube", lambda z: z**3)
        >>> get("cube")
        'cube'
    """
    normal = name.strip().lower()
    if not normal or normal in NAMES:
        raise InvalidValue(f"register: the name {name!r} is {'taken' if normal else 'empty'}; choose another.")
    if not callable(activation):
        raise InvalidValue(f"register: {activation!r} cannot be called; give a function of the potential.")
    _registered[normal] = get(activation)


def get(value: ActivationLike | None) -> Activation:
    """Return the activation that a name, a function, a class, an instance or None (linear) stands for.

    Raises:
        UnknownName: When a name is neither plastica's nor registered.
        InvalidValue: When the value is none of these.
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
    raise InvalidValue(f"activation={value!r}: give a name, an Activation or a function of the potential.")


def _sigmoid(z: jax.Array) -> jax.Array:
    return 0.5 * jnp.tanh(0.5 * z) + 0.5


@jax.custom_jvp
def _softplus(z: jax.Array) -> jax.Array:
    return jnp.maximum(z, 0) + jnp.log1p(jnp.exp(-jnp.abs(z)))


# By itself JAX gives the slope 0 at z = 0, where max and abs have their kinks.
_softplus.defjvps(lambda tangent, softplus, z: tangent * jax.lax.logistic(z))


def _check_axis(activation: Softmax | LogSoftmax) -> None:
    if activation.axis == 0:
        raise InvalidValue(
            f"{type(activation).__name__}: axis is 0, the batch; give the axis of the classes, usually -1."
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

# The first name of a class is its own; later ones are aliases.
_CANONICAL: dict[type[Activation], str] = {cls: name for name, cls in reversed(NAMES.items())}
_registered: dict[str, Activation] = {}
