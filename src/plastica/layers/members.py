"""Ensembles whose members share weights and are computed as one large product."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import activations, initializers
from ..activations import Activation
from ..declaration import declaration, named_field
from ..errors import InvalidValue, ShapeError
from ..initializers import Initializer, RandomNormal
from ..typing import Float
from .kernels.product import add_bias, own_products, product, scale
from .layer import Context, Layer, Params, Shape, State
from .records import Variables


@declaration
class Members(Layer):
    """Repeat the inputs for each member of an ensemble, scaled by the factors of the member: y_k = x * r_k.

    When to use: as the first layer of an ensemble that shares its weights, followed by :class:`MemberDense`. The loss
    is :class:`~plastica.losses.MemberLoss`, the prediction the mean over the members.

    Args:
        members: The number of members.
        initializer: The initializer of r. It must differ between members, otherwise all stay equal.

    Shapes:
        ``(batch, features) -> (batch, members, features)``; scale ``(members, features)``.

    Raises:
        InvalidValue: If ``members`` is below 1.
        ShapeError: If inputs do not have exactly one axis besides the batch.

    Example:
        >>> Members(4).output_shape((8,))
        (4, 8)

    Reference:
        Y. Gorishniy, A. Kotelnikov, A. Babenko, 2025, TabM: advancing tabular deep learning with parameter-efficient
        ensembling, section 3.3 (the only adapter of TabM-mini).
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

    def synapse(
        self, params: Params, x: Float[Array, "batch features"], state: State, context: Context
    ) -> tuple[Float[Array, "batch members features"], State]:
        seen = scale(jnp.tile(x, (1, self.members)), params["scale"].reshape(-1))  # (batch, members * features)
        return seen.reshape(x.shape[0], self.members, x.shape[1]), state  # (batch, members, features)


@declaration
class MemberDense(Layer):
    """A dense layer for the members of an ensemble: z_k = s_k * ((r_k * a_k) W) + b_k.

    All members share W, in one large product; with ``adapters`` each has its own r, s and b. With ``shared=False`` each
    member has its own W, as in the last layer of such an ensemble.

    Args:
        units: The number of units of each member.
        activation: f in a = f(z).
        shared: Whether all members have the same kernel.
        adapters: Whether each member has its own r, s and b besides the shared kernel.
        kernel_initializer: The initializer of W.
        bias_initializer: The initializer of b.

    Shapes:
        ``(batch, members, features) -> (batch, members, units)``; kernel ``(features, units)``, or
        ``(members, features, units)`` if it is not shared; bias ``(units,)``, or ``(members, units)`` if members
        have their own.

    Raises:
        InvalidValue: If ``units`` is below 1, or for adapters without a shared kernel.
        ShapeError: If inputs have no axis of members.

    Example:
        >>> MemberDense(3).output_shape((16, 8))
        (16, 3)

    Reference:
        Y. Wen, D. Tran, J. Ba, 2020, BatchEnsemble, eq. 5.
        Y. Gorishniy, A. Kotelnikov, A. Babenko, 2025, TabM, section 3.
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
            raise InvalidValue(
                "MemberDense(shared=False, adapters=True): members with kernels of their own need no adapters."
            )

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

    def synapse(
        self, params: Params, x: Float[Array, "batch members features"], state: State, context: Context
    ) -> tuple[Float[Array, "batch members units"], State]:
        rows, members, features = x.shape
        if not self.shared:
            potential = own_products(x, params["kernel"])
            return _own(add_bias, potential, params["bias"]), state
        if self.adapters:
            x = _own(scale, x, params["input_scale"])
        # All members as rows of one product: (batch * members, features) @ (features, units)
        potential = product(x.reshape(rows * members, features), params["kernel"])  # (rows * members, units)
        if not self.adapters:
            return add_bias(potential, params["bias"]).reshape(rows, members, self.units), state
        potential = _own(scale, potential.reshape(rows, members, self.units), params["output_scale"])
        return _own(add_bias, potential, params["bias"]), state

    def activate(self, potential: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return self.activation(potential)

    @property
    def output_activation(self) -> Activation | None:
        return self.activation


def _own(
    function: Callable[[Array, Array], Array],
    x: Float[Array, "batch members units"],
    values: Float[Array, "members units"],
) -> Float[Array, "batch members units"]:
    """Give each member its own factor or bias, with members and units as one axis."""
    flat = x.reshape(x.shape[0], -1)  # (batch, members * units)
    return function(flat, values.reshape(-1)).reshape(x.shape)
