"""The base class of activations."""

from __future__ import annotations

from math import inf
from typing import ClassVar

from jax import Array

from ..declaration import Declaration
from ..errors import InvalidValue
from ..typing import Float


class Activation(Declaration):
    """Base class of activations.

    Attributes:
        known_as: The names of the activation in Keras, the usual one first.
        output_range: The smallest and largest possible output; infinite if unbounded.
        keeps_zero: Whether f(0) = 0 and no unit's activation depends on another's, so that units with no weights
            change nothing.
    """

    known_as: ClassVar[tuple[str, ...]] = ()
    output_range: ClassVar[tuple[float, float]] = (-inf, inf)
    keeps_zero: ClassVar[bool] = False

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return the activation of potentials of any shape, with their shape and dtype."""
        raise NotImplementedError

    def inverse(self, a: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return potentials z with f(z) = a.

        Raises:
            InvalidValue: If the activation has none here.
        """
        raise InvalidValue(f"the activation {self!r} has no inverse; softmax, sigmoid and linear have one.")

    @property
    def has_inverse(self) -> bool:
        """Whether :meth:`inverse` is defined."""
        return type(self).inverse is not Activation.inverse

    @property
    def name(self) -> str:
        """The name of the activation: as in Keras, as registered, or the class name."""
        own = (name for name, known in registered.items() if type(known) is type(self))
        names = vars(type(self)).get("known_as", ())  # not those of a class that this one is derived from
        return next(iter(names), None) or next(own, type(self).__name__)

    def __repr__(self) -> str:
        """Show only the name if every field has its default value."""
        written = super().__repr__()
        return repr(self.name) if written.endswith("()") else written


registered: dict[str, Activation] = {}
