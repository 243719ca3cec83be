"""Many networks in one: members that share their weights and differ by little, computed as one large product."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from .. import activations, initializers
from ..activations import Activation
from ..declaration import declaration, named_field
from ..errors import InvalidValue, ShapeError
from ..initializers import Initializer, RandomNormal
from .kernels.product import add_bias, own_products, product, scale
from .layer import Context, Layer, Params, Shape, State, Variables


@declaration
class Members(Layer):
    """Let several members of an ensemble see the inputs, each scaled by factors of its own: y_k = x * r_k.

    The beginning of a packed ensemble; :class:`MemberDense` goes on from here. Its loss is
    :class:`~plastica.losses.MemberLoss`, its answer the mean over the members.

    Args:
        members: How many.
        initializer: How r starts; it must differ from member to member, else all members are one.

    Shapes:
        ``(batch, features) -> (batch, members, features)``; scale ``(members, features)``.

    Raises:
        InvalidValue: For members below 1.
        ShapeError: For inputs with more than one axis beside the batch.

    Example:
        >>> Members(4).output_shape((8,))
        (4, 8)

    Reference:
        Gorishniy, Kotelnikov, Babenko (2025), TabM: advancing tabular deep learning with parameter-efficient
        ensembling, section 3.3: the only adapter of TabM-mini.
    """

    members: int
    initializer: Initializer = named_field(default=RandomNormal(stddev=1.0), converter=initializers.get)

    def __post_init__(self) -> None:
        if self.members < 1:
            raise InvalidValue(f"Members({self.members}): members must be a whole number of at least 1.")

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ShapeError(f"Members({self.members}): got inputs of shape {shape}; it works on one axis of features.")
        return (self.members, *shape)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        return Variables({"scale": self.initializer(rng, self.output_shape(shape))}, {})

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        seen = scale(jnp.tile(x, (1, self.members)), params["scale"].reshape(-1))
        return seen.reshape(x.shape[0], self.members, x.shape[1]), state


@declaration
class MemberDense(Layer):
    """A dense layer for the members of an ensemble: z_k = s_k * ((r_k * a_k) W) + b_k.

    All members go through the same W as one large product; with ``adapters`` each has its own r, s and b. With
    ``shared=False`` each member has a W of its own, as the last layer of a packed ensemble wants it.

    Args:
        units: How many units each member has.
        activation: f in a = f(z).
        shared: Whether all members have the same kernel.
        adapters: Whether each member has its own r, s and b beside the shared kernel.
        kernel_initializer: How W starts.
        bias_initializer: How b starts.

    Shapes:
        ``(batch, members, features) -> (batch, members, units)``; kernel ``(features, units)``, or
        ``(members, features, units)`` where it is not shared; bias ``(units,)``, or ``(members, units)`` where
        members have their own.

    Raises:
        InvalidValue: For units below 1, or adapters without a shared kernel.
        ShapeError: For inputs without an axis of members.

    Example:
        >>> MemberDense(3).output_shape((16, 8))
        (16, 3)

    Reference:
        Wen, Tran, Ba (2020), BatchEnsemble, equation 5; Gorishniy, Kotelnikov, Babenko (2025), TabM, section 3.
    """

    units: int
    activation: Activation = named_field(default="linear", converter=activations.get)
    shared: bool = True
    adapters: bool = False
    kernel_initializer: Initializer = named_field(default="glorot_uniform", converter=initializers.get)
    bias_initializer: Initializer = named_field(default="zeros", converter=initializers.get)

    def __post_init__(self) -> None:
        if self.units < 1:
            raise InvalidValue(f"MemberDense(units={self.units!r}): units must be a whole number of at least 1.")
        if self.adapters and not self.shared:
            raise InvalidValue("MemberDense(shared=False, adapters=True): a kernel of one's own needs no adapters.")

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 2:
            raise ShapeError(
                f"MemberDense({self.units}): got inputs of shape {shape}; it works on (members, features). "
                "Put Members(16) before it."
            )
        return (shape[0], self.units)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        members, units = self.output_shape(shape)
        draw = self.kernel_initializer
        kernels = [draw(rng, (shape[-1], units)) for _ in range(1 if self.shared else members)]
        own = self.adapters or not self.shared
        params = {
            "kernel": kernels[0] if self.shared else np.stack(kernels),
            "bias": self.bias_initializer(rng, (members, units) if own else (units,)),
        }
        if self.adapters:
            ones = initializers.Ones()
            params |= {"input_scale": ones(rng, shape), "output_scale": ones(rng, (members, units))}
        return Variables(params, {})

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        rows, members, features = x.shape
        if not self.shared:
            potential = own_products(x, params["kernel"])
            return _own(add_bias, potential, params["bias"]), state
        if self.adapters:
            x = _own(scale, x, params["input_scale"])
        potential = product(x.reshape(rows * members, features), params["kernel"])
        if not self.adapters:
            return add_bias(potential, params["bias"]).reshape(rows, members, self.units), state
        potential = _own(scale, potential.reshape(rows, members, self.units), params["output_scale"])
        return _own(add_bias, potential, params["bias"]), state

    def activate(self, potential: jax.Array) -> jax.Array:
        return self.activation(potential)

    @property
    def output_activation(self) -> Activation | None:
        return self.activation


def _own(function: object, x: jax.Array, values: jax.Array) -> jax.Array:
    """Give each member its own factor or bias: members and units as one axis."""
    return function(x.reshape(x.shape[0], -1), values.reshape(-1)).reshape(x.shape)  # pyright: ignore
