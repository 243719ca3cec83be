"""Grad-CAM: where in an image a convolutional network sees a class."""

from __future__ import annotations

from functools import partial
from typing import Any, Unpack

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..errors import InvalidValue, UnknownName
from ..layers.chain import cut
from ..layers.layer import INFERENCE, Layer
from ..model import Model
from ..notes import note
from ..training.cache import keep_compiled_programs
from ..typing import Float, Int, Num, Params, State
from .answering import checked
from .attribution import Attribution, attribution, repeatable
from .explained import WITHOUT, ExplainOptions, explained, with_shape
from .named_places import default_names

AT_ONCE = 32  # images


@repeatable
def grad_cam(
    model: object, x: object, *, layer: int | str | None = None, **options: Unpack[ExplainOptions]
) -> Attribution:
    """Return a map of where in each image a convolutional network sees each class.

    Use it for the coarse place of an object. With A the activity of a convolutional layer and z_c the potential of
    class c (before softmax),

        L_c = relu(sum_k a_k A_k),    a_k = mean over places of dz_c / dA_k,

    enlarged to the size of the image. Values are at least 0, in units of the potential, and do not add up to it.

    Args:
        model: A plastica model whose layers follow each other.
        x: Images, ``(rows, height, width, channels)``.
        layer: The number or the class of the layer, such as "Conv2D"; of several the last one. Default: the last layer
            whose activity is an image.
        options: See :class:`ExplainOptions`; groups and link are not used.

    Returns:
        The maps, ``(rows, height, width, outputs)``.

    Raises:
        InvalidValue: If the model is not a sequence of layers, or no layer's activity is an image.
        UnknownName: If there is no such layer.

    Reference:
        R. Selvaraju, M. Cogswell, A. Das, R. Vedantam, D. Parikh, D. Batra (2017), Grad-CAM: visual explanations from
        deep networks via gradient-based localization, equations 1 and 2.
    """
    asked = explained("grad_cam", model, x, WITHOUT, {**options, "groups": None, "link": "identity"})
    network = asked.function.model
    if not isinstance(network, Model) or network.network.flow != "chain" or not network.network.children:
        raise InvalidValue(note("explain.cam_model"))
    if asked.x.ndim != 4:
        raise InvalidValue(note("explain.cam_shape", shape=str(asked.x.shape)))
    place = _place(network, asked.x, layer)
    chain = cut(network.network, [slice(0, place + 1), slice(place + 1, len(network.network.children))])
    if not chain.links[1].children:
        raise InvalidValue(note("explain.cam_last"))
    keep_compiled_programs()
    _, params, state, _ = network.answering()
    maps = _maps(asked.x, chain.split(params), chain.split(state), asked.outputs, links=chain.links, at_once=AT_ONCE)
    size = asked.x.shape[1:3]
    values = checked(np.asarray(maps, np.float64)).reshape(len(asked.x), -1, len(asked.outputs))
    flat = with_shape(asked, default_names(size), size)
    return attribution(flat, "grad_cam", values, np.zeros(1), len(asked.x), additive=False)


@partial(jax.jit, static_argnames=("links", "at_once"))
def _maps(
    x: Num[Array, "rows height width channels"],
    params: tuple[Params, ...],
    state: tuple[State, ...],
    outputs: Int[Array, "outputs"],
    *,
    links: tuple[Layer, ...],
    at_once: int,
) -> Float[Array, "rows height width outputs"]:
    front, back = links

    def of_image(image: Array) -> Array:
        activity, _ = front.apply(params[0], front.cast_inputs(image[None]), state[0], INFERENCE)

        def potential(seen: Array) -> Array:
            return back.synapse(params[1], seen, state[1], INFERENCE)[0].reshape(-1)[outputs]

        gradient = jax.jacrev(potential)(activity)[:, 0]  # (outputs, height, width, channels)
        weights = gradient.mean((1, 2))  # (outputs, channels)
        found = jax.nn.relu(jnp.einsum("oc,hwc->hwo", weights, activity[0]))
        return jax.image.resize(found, (*image.shape[:2], found.shape[-1]), "bilinear")

    return jax.lax.map(of_image, jnp.asarray(x), batch_size=at_once)


def _place(model: Model, x: Num[np.ndarray, "rows height width channels"], layer: int | str | None) -> int:
    """Return the number of the layer whose activity is mapped."""
    layers = list(model.network.children)
    shape: Any = x.shape[1:]
    images = []
    for number, each in enumerate(layers):
        shape = each.output_shape(shape)
        if len(shape) == 3:
            images.append(number)
    known = ", ".join(f"{number} {type(layers[number]).__name__}" for number in images)
    if not images:
        raise InvalidValue(note("explain.cam_none"))
    if layer is None:
        return images[-1]
    wanted = [number for number in images if layer in (number, type(layers[number]).__name__)]
    if not wanted:
        raise UnknownName(note("explain.cam_layer", layer=repr(layer), known=str(known)))
    return wanted[-1]
