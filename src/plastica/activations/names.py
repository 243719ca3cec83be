"""Activations by name, and those that users write."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..own_functions import require_function, written_in_jax
from ..registry import resolve
from ..typing import Float
from . import bounded, probabilities, rectifiers, smooth, sparse
from .activation import Activation, registered

ActivationLike: TypeAlias = Activation | str | Callable[[Array], Array]

BUILT_IN: tuple[type[Activation], ...] = (
    smooth.Linear,
    bounded.Sigmoid,
    bounded.HardSigmoid,
    bounded.SparseSigmoid,
    bounded.LogSigmoid,
    bounded.Tanh,
    bounded.HardTanh,
    bounded.Softsign,
    bounded.Heaviside,
    rectifiers.ReLU,
    rectifiers.ReLU6,
    rectifiers.LeakyReLU,
    rectifiers.ELU,
    rectifiers.CELU,
    rectifiers.SELU,
    smooth.GELU,
    smooth.SiLU,
    smooth.HardSiLU,
    smooth.Mish,
    smooth.Softplus,
    smooth.SparsePlus,
    smooth.Squareplus,
    smooth.Exponential,
    sparse.Threshold,
    sparse.HardShrink,
    sparse.SoftShrink,
    sparse.TanhShrink,
    probabilities.Softmax,
    probabilities.LogSoftmax,
    probabilities.Sparsemax,
)
NAMES: dict[str, type[Activation]] = {name: cls for cls in BUILT_IN for name in cls.known_as}


@declaration
class CustomActivation(Activation):
    """A user-defined activation.

    Args:
        function: A function of the potentials that returns an array of the same shape, written in ``jax.numpy``.
            Two activations are equal, and share a compiled program, if they have the same function object: define
            the function once.
    """

    function: Callable[[Array], Array]

    def __post_init__(self) -> None:
        require_function("CustomActivation", self.function, "potential")

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
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
        return next((name for name, known in registered.items() if known == self), None)


def register(name: str, activation: Activation | Callable[[Array], Array]) -> None:
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
    registered[normal] = get(activation)


def get(value: ActivationLike | None) -> Activation:
    """Return an activation, given its name, a function, a class, an instance or None (linear).

    Raises:
        UnknownName: If the name is neither built in nor registered.
        InvalidValue: If the value is of another type.
    """
    if value is None:
        return smooth.Linear()
    expected = "a name, an Activation or a function of the potential"
    return resolve("activation", value, Activation, {**NAMES, **registered}, CustomActivation, expected)
