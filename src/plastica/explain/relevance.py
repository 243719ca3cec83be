"""Layer-wise relevance propagation: the potential of an output, divided layer by layer among its inputs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Unpack

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..errors import InvalidValue
from ..layers.layer import INFERENCE, Layer
from ..model import Model
from ..notes import note
from ..training.cache import keep_compiled_programs
from ..typing import Float, Int, Num, Params, State
from .answering import checked
from .attribution import Attribution, attribution, repeatable
from .explained import WITHOUT, ExplainOptions, explained

AT_ONCE = 32  # rows
EPSILON = 0.01


@repeatable
def layerwise_relevance(
    model: object, x: object, *, epsilon: float = EPSILON, **options: Unpack[ExplainOptions]
) -> Attribution:
    """Divide the potential of an output backwards among the units of each layer, down to the inputs.

    Use it for convolutional and dense networks, also deep ones, whose gradients are noisy. With z_j = sum_i a_i w_ij +
    b_j,

        R_i = a_i sum_j w_ij R_j / (z_j + e sign(z_j)),

    from R = z of the output before its activation. Biases keep their share, and ``epsilon`` takes a part of what weak
    units pass on, so that the values need not add up. For a network of relu units without biases and ``epsilon=0`` it
    is :func:`gradient_times_input` of the potential.

    Args:
        model: A plastica model whose layers follow each other. A layer with layers inside is one link, across which
            relevance is divided by its derivative.
        x: The rows to explain, ``(rows, *shape)``.
        epsilon: e, as a share of the mean absolute potential of each layer for the row.
        options: See :class:`ExplainOptions`; link is not used.

    Returns:
        The values, ``(rows, *shape, outputs)``, in units of the potential, which ``answers`` has too.

    Raises:
        InvalidValue: If the model is not a sequence of layers, reads codes, or epsilon is negative.

    Reference:
        S. Bach, A. Binder, G. Montavon, F. Klauschen, K.-R. Mueller, W. Samek (2015), On pixel-wise explanations for
        non-linear classifier decisions by layer-wise relevance propagation, equation 58.
    """
    if not 0 <= epsilon < np.inf:
        raise InvalidValue(note("explain.lrp_epsilon", epsilon=str(epsilon), usual=str(EPSILON)))
    asked = explained("layerwise_relevance", model, x, WITHOUT, {**options, "link": "identity"})
    own = asked.function.model
    if not isinstance(own, Model) or own.network.flow != "chain" or not own.network.children:
        raise InvalidValue(note("explain.lrp_model"))
    asked.function.differentiable("layerwise_relevance", asked.x)
    keep_compiled_programs()
    _, params, state, _ = own.answering()
    rows = asked.x.astype(np.float32)
    found, potentials = _relevance(
        rows, params, state, asked.outputs, np.float32(epsilon), network=own.network, at_once=AT_ONCE
    )
    flat = checked(np.asarray(found, np.float64)).reshape(len(rows), -1, len(asked.outputs))
    values = asked.by_group(flat)
    asked = replace(asked, answers=np.asarray(potentials, np.float64))
    return attribution(asked, "layerwise_relevance", values, np.zeros(1), len(rows), additive=False)


@partial(jax.jit, static_argnames=("network", "at_once"))
def _relevance(
    x: Num[Array, "rows *shape"],
    params: Params,
    state: State,
    outputs: Int[Array, "outputs"],
    epsilon: Float[Array, ""],
    *,
    network: Layer,
    at_once: int,
) -> tuple[Float[Array, "rows *shape outputs"], Float[Array, "rows outputs"]]:
    layers = network.children

    def of_row(row: Array) -> tuple[Array, Array]:
        activity, links = row[None], []
        for place, layer in enumerate(layers):

            def synapse(seen: Array, layer: Layer = layer, place: int = place) -> Array:
                return layer.synapse(params[place], seen, state[place], INFERENCE)[0]

            potential, pull = jax.vjp(synapse, activity)
            links.append((activity, potential, pull))
            activity = layer.activate(potential)
        last = links[-1][1].reshape(-1)
        start = (jnp.eye(len(last))[outputs] * last).reshape(-1, *links[-1][1].shape)

        def back(relevance: Array) -> Array:
            for seen, potential, pull in reversed(links):
                least = epsilon * jnp.abs(potential).mean() + 1e-12
                sign = jnp.where(potential < 0, -1.0, 1.0)
                (share,) = pull(relevance / (potential + least * sign))
                relevance = seen * share
            return relevance[0]

        return jnp.moveaxis(jax.vmap(back)(start), 0, -1), last[outputs]

    return jax.lax.map(of_row, network.cast_inputs(x), batch_size=at_once)
