"""A network whose weights move in a random subspace only."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.flatten_util import ravel_pytree

from ..activations import Activation
from ..declaration import declaration
from ..layers.freezing import kept_of_frozen
from ..layers.layer import Context, Layer, Params, Shape, State
from ..layers.records import Variables
from ..typing import Float, by_name

MOST_DENSE = 200_000  # numbers of a projection that are kept; beyond, it is computed by fast transforms
DENSE, DRAWN = "projection", ("signs", "order", "normals")
START, CARRIED = "start", "carried"


@declaration
class InSubspace(Layer):
    """A layer whose weights are those of another one plus a random linear map of a few numbers.

        w = w_0 + s P v

    Only v is trained. The columns of P are orthonormal if P is small, and otherwise those of a Fastfood transform,
    which are nearly so and take little memory. Numbers of v beyond ``dimensions`` stay 0, so that subspaces of several
    dimensions are members of one population. The scale s = sqrt(weights / dimensions) makes a step of an optimizer that
    scales steps itself, such as Adam, as long as it is among all weights. Penalties of the layer do not count.

    Args:
        layer: The layer or network.
        most: The length of v, and the largest number of dimensions.
        dimensions: The dimensions of the subspace.

    Reference:
        C. Li, H. Farkhoor, R. Liu, J. Yosinski (2018), Measuring the intrinsic dimension of objective landscapes,
        equation 2 and section S7. Q. Le, T. Sarlos, A. Smola (2013), Fastfood, equation 6.
    """

    layer: Layer
    most: int
    dimensions: float

    @property
    def takes_integers(self) -> bool | tuple[bool, ...]:
        return self.layer.takes_integers

    @property
    def reads(self) -> int | None:
        return self.layer.reads

    @property
    def output_activation(self) -> Activation | None:
        return self.layer.output_activation

    @property
    def cost_names(self) -> tuple[str, ...]:
        return ()

    def output_shape(self, shape: Shape) -> Shape:
        return self.layer.output_shape(shape)

    def check_input(self, x: np.ndarray) -> None:
        self.layer.check_input(x)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        found = self.layer.init(rng, shape)
        size = sum(int(np.size(leaf)) for leaf in jax.tree.leaves(found.params))
        held = {START: found.params, CARRIED: found.state, **_projection(rng, size, self.most)}
        return Variables({"subspace": np.zeros(self.most, np.float32)}, cast("State", held))

    def adapted(self, x: np.ndarray, state: State) -> State:
        held = by_name(state)
        return cast("State", {**held, CARRIED: self.layer.adapted(x, held[CARRIED])})

    def synapse(
        self, params: Params, x: Float[Array, "batch *shape"], state: State, context: Context
    ) -> tuple[Float[Array, "batch *outputs"], State]:
        held = by_name(state)
        potential, carried = self.layer.synapse(self.weights(params, state), x, held[CARRIED], context)
        return potential, cast("State", {**held, CARRIED: carried})

    def activate(self, potential: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return self.layer.activate(potential)

    def weights(self, params: Params, state: State) -> Params:
        """Return the weights of the layer at a place in the subspace; those of frozen layers stay."""
        held = by_name(state)
        start, rebuilt = ravel_pytree(held[START])
        place = by_name(params)["subspace"]
        place = jnp.where(jnp.arange(self.most) < self.dimensions, place, 0)
        scale = jnp.sqrt(start.size / jnp.maximum(self.dimensions, 1))
        moved = rebuilt(start + (scale * projected(held, place, start.size)).astype(start.dtype))
        return kept_of_frozen(self.layer, held[START], moved)


def projected(held: Mapping[str, Array], place: Float[Array, "most"], size: int) -> Float[Array, "size"]:
    """Return P v: the direction of all weights for a place in the subspace.

    Args:
        held: The arrays of :func:`_projection`.
        place: v.
        size: The number of weights.
    """
    if DENSE in held:
        return held[DENSE] @ place
    signs, order, normals = (held[name] for name in DRAWN)
    padded = jnp.pad(place, (0, signs.shape[1] - place.size))
    mixed = jnp.take_along_axis(_hadamard(signs * padded), order, axis=1)
    return _hadamard(normals * mixed).ravel()[:size]


def _projection(rng: np.random.Generator, size: int, most: int) -> dict[str, np.ndarray]:
    """Draw a projection: a matrix with orthonormal columns, or what a Fastfood transform is made of.

    The transform is a block H G Π H B for each n weights, n the next power of 2 at or above ``most``, with B random
    signs, Π a permutation, G normal numbers and H the orthonormal Hadamard matrix.
    """
    if size * most <= MOST_DENSE:
        return {DENSE: np.linalg.qr(rng.standard_normal((size, most)))[0].astype(np.float32)}
    width = 2 ** math.ceil(math.log2(most))
    blocks = -(-size // width)
    normals = rng.standard_normal((blocks, width))
    # Every column of block b has the squared norm mean(G_b ** 2); that of all blocks together becomes 1.
    normals /= np.sqrt((normals**2).mean(1).sum() * size / (blocks * width))
    order = rng.permuted(np.tile(np.arange(width, dtype=np.int32), (blocks, 1)), axis=1)
    drawn = rng.choice(np.array([-1, 1], np.float32), (blocks, width)), order, normals.astype(np.float32)
    return dict(zip(DRAWN, drawn, strict=True))


def _hadamard(rows: Float[Array, "blocks width"]) -> Float[Array, "blocks width"]:
    """Return rows times the orthonormal Hadamard matrix, in as many steps as the width is doubled."""
    blocks, width = rows.shape
    half = 1
    while half < width:
        pairs = rows.reshape(blocks, width // (2 * half), 2, half)
        rows = jnp.stack([pairs[:, :, 0] + pairs[:, :, 1], pairs[:, :, 0] - pairs[:, :, 1]], axis=2)
        rows = rows.reshape(blocks, width)
        half *= 2
    return rows / math.sqrt(width)
