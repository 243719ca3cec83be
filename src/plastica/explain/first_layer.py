"""Coalitions of a network that begins with a dense layer, whose products are computed once for all rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.tree_util import Partial

from ..layers import Dense, Input
from ..layers.chain import cut
from ..layers.layer import INFERENCE, Layer
from ..rules import Backprop
from ..typing import Bool, Float, Int, Params, State
from .answering import LINKS
from .explained import Explained


class DenseFirst(NamedTuple):
    """A network, cut behind its first dense layer.

    Attributes:
        links: Up to that layer, and the rest.
        params, state: Their parameters and state.
        link: From answers to what is explained.
    """

    links: tuple[Layer, ...]
    params: tuple[Params, ...]
    state: tuple[State, ...]
    link: Callable[[Array], Array]


def dense_first(asked: Explained) -> DenseFirst | None:
    """Return the network cut behind its first layer; None if that is not dense, or the network answers otherwise."""
    model = asked.function.model
    if model is None or model.network.flow != "chain" or asked.x.ndim != 2 or asked.x.dtype != np.float32:
        return None
    answering, params, state, _ = model.answering()
    children = model.network.children
    place = next((number for number, each in enumerate(children) if not isinstance(each, Input)), len(children))
    if type(getattr(answering, "rule", None)) is not Backprop or place + 1 >= len(children):
        return None
    if type(children[place]) is not Dense or model.network.cast_inputs(jnp.zeros(1)).dtype != jnp.float32:
        return None
    chain = cut(model.network, [slice(0, place + 1), slice(place + 1, len(children))])
    link = Partial(LINKS[asked.function.link])
    return DenseFirst(chain.links, chain.split(params), chain.split(state), link)


@partial(jax.jit, static_argnames="links")
def mixed_behind(
    params: tuple[Params, ...],
    state: tuple[State, ...],
    link: Callable[[Array], Array],
    x: Float[Array, "rows features"],
    background: Float[Array, "background features"],
    masks: Bool[Array, "chunks size features"],
    outputs: Int[Array, "outputs"],
    *,
    links: tuple[Layer, ...],
) -> Float[Array, "rows chunks size outputs"]:
    """Return the mean answers of coalitions: z = W x_S + W b_rest + c, whose second term all rows share."""
    front, rest = links

    def potential(inputs: Array) -> Array:
        return front.synapse(params[0], inputs, state[0], INFERENCE)[0]

    nothing = potential(jnp.zeros_like(x[:1]))

    def of_chunk(mask: Array) -> Array:
        behind = jnp.where(mask[:, None], 0, background)  # (size, background, features)
        shared = potential(behind.reshape(-1, behind.shape[-1])).reshape(*behind.shape[:2], -1)

        def of_row(row: Array) -> Array:
            own = potential(jnp.where(mask, row, 0)) - nothing  # (size, units)
            activity = front.activate(shared + own[:, None]).reshape(-1, own.shape[-1])
            answers = link(rest.apply(params[1], activity, state[1], INFERENCE)[0].reshape(len(activity), -1))
            return answers[:, outputs].reshape(*behind.shape[:2], -1).mean(1)

        return jax.lax.map(of_row, x)

    return jnp.moveaxis(jax.lax.map(of_chunk, masks), 0, 1)
