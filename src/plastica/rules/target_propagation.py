"""Difference target propagation: targets propagate back through learned inverses; every layer learns its own."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue
from ..layers.chain import Chain
from ..layers.layer import Context, Layer, Params, Record, Shape, State
from ..losses import Objective
from ..optimizers import Adam, Optimizer
from ..random import Key
from ..schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, require_numbers
from ..typing import Float, Memory, PyTree
from .backprop import send_back, warn_of_steps
from .chain import chain
from .facts import RECURRENT, Facts
from .feedback_alignment import tanh_layers
from .local import require_steps_by_batch, row_shares, written
from .rule import Batch, Rule, Signal, rule_key

_UNKNOWN_SIZE = (
    "TargetPropagation: layer {place}, {layer}: the size of its activity, which an inverse must restore, is not known "
    "yet. State the shape of one input: Input(shape=...) first, or input_shape= in the first layer."
)


@declaration
class TargetPropagation(Rule):
    """Difference target propagation: each layer learns a target that is sent down through learned inverses.

    When to use: to study learning without derivatives of the layers above. Only the target of the last hidden layer
    comes from a gradient. The rule is made for tanh units, whose activities are bounded.

        target_(L-1) = h_(L-1) - target_rate dC/dh_(L-1)
        target_(l-1) = h_(l-1) - g_l(h_l) + g_l(target_l)
        each hidden layer minimizes |f_l(h_(l-1)) - target_l|^2, the last one the loss
        each inverse minimizes |g_l(f_l(h_(l-1) + noise)) - (h_(l-1) + noise)|^2

    In the difference of the two inverses the error of g_l cancels, so the target is the activity itself once the layer
    above has reached its target. The network is cut into links with one learned layer each; f_l is a link and h_l its
    activity. g_l is an affine function followed by the activation of the link below, with an optimizer of its own. C is
    the loss of one row.

    Args:
        target_rate: The distance of the target of the last hidden layer from its activity, in units of the gradient of
            each row. With one half, the last hidden layer follows its true gradient, and so do all if inverses are
            transposes.
        noise: The standard deviation of the noise for training the inverses; 0.36 in the authors' code.
        inverse_optimizer: The optimizer of the inverses.

    Raises:
        InvalidValue: For numbers outside their range, an optimizer that needs all rows at once, a network that is not a
            sequence of layers, or one with sizes that are unknown before training.

    Example:
        >>> TargetPropagation(noise=0.1)
        TargetPropagation(noise=0.1)

    Reference:
        D.-H. Lee, S. Zhang, A. Fischer, Y. Bengio, 2015, Difference target propagation, algorithm 1 and eq. 15.
    """

    facts: ClassVar[Facts | None] = Facts(
        "Lee, Zhang, Fischer, Bengio 2015",
        local=True,
        symmetric_weights="for the last hidden layer",
        phases=3,
        global_error=False,
        notes={
            "local": RECURRENT,
            "symmetric_weights": "The target of the last hidden layer comes from the gradient, through the transposed "
            "weights of the last layer; all other targets come through learned inverses.",
        },
    )

    target_rate: float = 0.5
    noise: float = 0.3
    inverse_optimizer: Optimizer = Adam()

    def __post_init__(self) -> None:
        require_numbers(self, {"target_rate": ABOVE_ZERO, "noise": AT_LEAST_ZERO})
        require_steps_by_batch(self, "inverse_optimizer")

    def check(self, network: Layer, objective: Objective | None) -> None:
        warn_of_steps(network, below=False)

    def init(self, network: Layer, params: Params, key: Key) -> Memory:
        """Return the inverses of all links except the first and the last, and the state of their optimizer."""
        sizes = [prod(shape) for shape in hidden_shapes(chain(network, params), params)]
        inverses = _draw(tuple(sizes), key)
        return {"inverses": inverses, "optimizer": self.inverse_optimizer.init(inverses)}

    def signal(
        self,
        network: Layer,
        params: Params,
        state: State,
        memory: Memory,
        batch: Batch,
        objective: Objective,
        context: Context,
    ) -> Signal:
        record, new_state = network.forward(params, batch.x, state, context)
        links = chain(network, params)
        *hidden, last = links.records(record)
        loss, top = send_back(links.links[-1], last, batch, objective)
        # The gradient of each row, not of the mean: a target is a place for the activity of a row, whatever the others
        # are.
        targets = self.targets(links, hidden, memory["inverses"], by_row(batch, top.input_delta))
        gradients = [
            link.backward(own, 2 * row_shares(batch, target) * (own.activity - target)).gradient
            for link, own, target in zip(links.links[:-1], hidden, targets, strict=True)
        ]
        new_memory = self.learn_inverses(links, params, state, hidden, memory, batch, context)
        return Signal(loss, links.join([*gradients, top.gradient]), record.activity, new_state, new_memory)

    def targets(
        self, links: Chain, hidden: Sequence[Record], inverses: PyTree, gradient: Float[Array, "batch *shape"]
    ) -> list[Array]:
        """Return the target of each hidden link, from first to last.

        Args:
            links: The network.
            hidden: The records of all links except the last.
            inverses: The inverses of the second hidden link and those above it.
            gradient: dC/dh at the last hidden link, for each row.
        """
        if not hidden:
            return []
        found = [hidden[-1].activity - self.target_rate * gradient]
        for place in reversed(range(1, len(hidden))):
            below, above = hidden[place - 1].activity, hidden[place].activity
            link, inverse = links.links[place - 1], inverses[place - 1]
            # The difference cancels what the inverse gets wrong at the present activity; where the target is the
            # activity, so it is below (eq. 15).
            given_back = invert(link, inverse, found[0], below.shape) - invert(link, inverse, above, below.shape)
            found.insert(0, below + given_back)
        return found

    def learn_inverses(
        self,
        links: Chain,
        params: Params,
        state: State,
        hidden: Sequence[Record],
        memory: Memory,
        batch: Batch,
        context: Context,
    ) -> Memory:
        """Return the memory after a step of the inverses on noisy activities."""
        if len(hidden) < 2:
            return memory
        key = rule_key(context)
        pairs = []
        for place, (own, carried) in enumerate(zip(links.split(params), links.split(state), strict=True)):
            # The first link needs no inverse, since nothing below it has a target, and the last none, since its target
            # is the gradient's.
            if not 0 < place < len(hidden):
                continue
            below, apart = hidden[place - 1].activity, random.fold(key, place)
            noisy = below + self.noise * random.normal(random.fold(apart, 0), below.shape).astype(below.dtype)
            # The link itself computes what its inverse is trained on, with a key of its own: dropout draws anew for the
            # noisy pass.
            above, _ = links.links[place].apply(own, noisy, carried, context._replace(key=random.fold(apart, 1)))
            pairs.append((noisy, above))

        def mismatch(inverses: PyTree) -> Float[Array, ""]:
            total = jnp.zeros(())
            for link, inverse, (noisy, above) in zip(links.links, inverses, pairs, strict=False):
                apart = invert(link, inverse, above, noisy.shape) - noisy
                total += jnp.sum(row_shares(batch, apart) * apart * apart)
            return total

        # Through the inverses alone: the pairs are constants here, so that no link learns to please its inverse.
        gradient = jax.grad(mismatch)(memory["inverses"])
        inverses, kept = self.inverse_optimizer.update(gradient, memory["optimizer"], memory["inverses"])
        return {"inverses": inverses, "optimizer": kept}

    def own_rates(self) -> tuple[str, ...]:
        return written(self, "inverse_optimizer")

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return tanh_layers(units, last)


def invert(
    below: Layer, inverse: Params, above: Float[Array, "batch *above"], shape: Sequence[int]
) -> Float[Array, "batch *below"]:
    """Return the activity of the link below that an inverse computes from the activity above."""
    # (batch, above) to (batch, below), in the shape of the activity below
    potential = above.reshape(above.shape[0], -1) @ inverse["kernel"] + inverse["bias"]  # (batch, numbers below)
    return below.activate(potential.reshape(shape))


def by_row(batch: Batch, delta: Float[Array, "batch *shape"]) -> Float[Array, "batch *shape"]:
    """Return the gradient of the loss of each row, from that of the weighted mean; 0 for rows of weight 0."""
    share = row_shares(batch, delta)
    # Both branches of where are computed, and the gradient of a division by 0 would be NaN in spite of it.
    return jnp.where(share == 0, 0.0, delta / jnp.where(share == 0, 1.0, share))


def hidden_shapes(links: Chain, params: Params) -> list[Shape]:
    """Return the shape of the activity of each link except the last, as far as inverses need it.

    Raises:
        InvalidValue: If a shape follows neither from the parameters nor from a given input shape.
    """
    hidden = links.links[:-1]
    if len(hidden) < 2:
        return []
    shape, found = hidden[0].children[0].declared_shape, []
    for link, place, own in zip(hidden, links.places, links.split(params), strict=False):
        for layer, weights in zip(link.children, own, strict=True):
            if shape is None and layer.linear_units and weights["kernel"].ndim == 2:
                shape = (weights["kernel"].shape[0],)  # the weights of units show the number of features below them
            shape = None if shape is None else layer.output_shape(shape)
        if shape is None:
            raise InvalidValue(_UNKNOWN_SIZE.format(place=place.stop - 1, layer=link.children[-1]))
        found.append(shape)
    return found


def _draw(sizes: tuple[int, ...], key: Key) -> tuple[Params, ...]:
    """Return inverses from each size to the one before: Glorot's variance, biases of 0."""
    return tuple(
        {
            "kernel": (2 / (above + below)) ** 0.5 * random.normal(random.fold(key, place), (above, below)),
            "bias": jnp.zeros(below),
        }
        for place, (below, above) in enumerate(pairwise(sizes))
    )


_draw = jax.jit(_draw, static_argnums=0)
