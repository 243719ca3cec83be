"""A network, cut behind one of its layers: the activity there, and how answers depend on it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..errors import InvalidValue, UnknownName
from ..layers import Ensemble
from ..layers import Sequential as Chain
from ..layers.chain import cut
from ..layers.layer import INFERENCE, Layer
from ..model import Model
from ..model.examples import take_inputs
from ..notes import note
from ..training.batches import ANSWER_ROWS, filled
from ..typing import Float, Num, Params, State


class CutNetwork(NamedTuple):
    """A network, cut behind one of its layers.

    Attributes:
        links: Up to that layer, and the rest.
        params, state: Their parameters and state.
        layer: The number of the layer and its class, for messages and tables.
    """

    links: tuple[Layer, ...]
    params: tuple[Params, ...]
    state: tuple[State, ...]
    layer: str


def opened(model: Model) -> Model:
    """Return a network in which an ensemble of copies is replaced by the layers of its first copy.

    Copies are computed as one layer, so that nothing inside of them could be seen.
    """
    network = model.network
    if not model.built or not any(isinstance(child, Ensemble) for child in network.children):
        return model
    layers: list[object] = []
    params: list[Params] = []
    state: list[State] = []
    for child, own, carried in zip(network.children, cast("Sequence[Params]", model.params), model.state, strict=True):
        if isinstance(child, Ensemble):
            first = [jax.tree.map(lambda array: array[0], tree) for tree in (own, carried)]
            layers += child.layers
            params += child.by_layer(first[0])
            state += child.by_layer(first[1])
        else:
            layers.append(child)
            params.append(own)
            state.append(carried)
    made = Model(Chain(tuple(layers)), seed=model.seed)  # pyright: ignore[reportArgumentType]
    made.build(model.input_shape)
    made.replace_weights(tuple(params), tuple(state))
    return made


def chain_of(method: str, model: object) -> Model:
    """Return a built model whose layers follow each other; InvalidValue if it is none."""
    if not isinstance(model, Model) or model.network.flow != "chain" or not model.network.children:
        raise InvalidValue(note("explain.chain_wanted", method=method))
    if not model.built:
        raise InvalidValue(note("explain.no_weights_yet", method=method))
    return model


def cut_behind(method: str, model: object, layer: int | str | None) -> CutNetwork:
    """Return a network cut behind a layer; of an ensemble the first copy.

    Args:
        method: The name of the method, for messages.
        model: The model.
        layer: Its number, negative from the end, its name or its class; of several the last one. Default: the last
            layer but one with units of its own, whose activity the output layer reads.

    Raises:
        InvalidValue: If the layers do not follow each other, or nothing follows the layer.
        UnknownName: If there is no such layer.
    """
    own = opened(chain_of(method, model))
    children = own.network.children
    called = [f"{number} {type(each).__name__}" for number, each in enumerate(children)]
    if layer is None:
        weighted = [number for number in range(len(children)) if jax.tree.leaves(own.params[number])]
        place = (weighted[-1] if weighted else len(children) - 1) - 1
        if place < 0:
            raise InvalidValue(note("explain.no_hidden_layer", method=method, known=", ".join(called)))
    else:
        number = layer + len(children) * (layer < 0) if isinstance(layer, int) else layer
        same = [
            at for at, each in enumerate(children) if number in (at, type(each).__name__, getattr(each, "name", None))
        ]
        if not same:
            raise UnknownName(note("explain.no_layer", method=method, layer=repr(layer), known=", ".join(called)))
        place = same[-1]
    if place + 1 >= len(children):
        raise InvalidValue(note("explain.nothing_follows", method=method, layer=str(called[place])))
    return _cut(own, place, called[place])


def up_to_potential(method: str, model: object) -> CutNetwork:
    """Return a network as a whole, with nothing behind it: its potential is that of its last layer."""
    own = chain_of(method, model)
    children = own.network.children
    chain = cut(own.network, [slice(0, len(children))])
    _, params, state, _ = own.answering()
    return CutNetwork(chain.links, chain.split(params), chain.split(state), f"{len(children) - 1} output")


def before_last(method: str, model: object) -> CutNetwork:
    """Return a network, of an ensemble the first copy, cut before its last layer with weights."""
    own = opened(chain_of(method, model))
    weighted = [number for number in range(len(own.network.children)) if jax.tree.leaves(own.params[number])]
    if not weighted:
        raise InvalidValue(note("explain.no_layer_with_weights", method=method))
    return _cut(own, weighted[-1] - 1, type(own.network.children[weighted[-1]]).__name__)


def _cut(own: Model, place: int, called: str) -> CutNetwork:
    children = own.network.children
    chain = cut(own.network, [slice(0, place + 1), slice(place + 1, len(children))])
    _, params, state, _ = own.answering()
    return CutNetwork(chain.links, chain.split(params), chain.split(state), called)


def activity(model: Model, network: CutNetwork, x: object, what: str) -> Float[np.ndarray, "rows *units"]:
    """Return the activity of the layer for rows."""
    rows = cast(np.ndarray, take_inputs(model, x, what))
    # As predictions are: in parts of one size, so that the last bit of a row does not depend on the rows beside it.
    parts = [filled(rows[start : start + ANSWER_ROWS], ANSWER_ROWS) for start in range(0, len(rows), ANSWER_ROWS)]
    own = network.params[0], network.state[0]
    found = [np.asarray(_activity(part, *own, front=network.links[0]), np.float64) for part in parts]
    return np.concatenate(found)[: len(rows)]


@partial(jax.jit, static_argnames="front")
def _activity(
    x: Num[Array, "rows *shape"], params: Params, state: State, *, front: Layer
) -> Float[Array, "rows *units"]:
    return front.apply(params, front.cast_inputs(jnp.asarray(x)), state, INFERENCE)[0]
