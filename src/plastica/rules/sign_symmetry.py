"""Sign symmetry: errors propagate back through weights that share only the signs of the forward weights."""

from __future__ import annotations

from math import sqrt
from typing import ClassVar

import jax
import jax.numpy as jnp

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue
from ..layers.costs import costs_of
from ..layers.layer import Context, Layer, Params, State
from ..losses import Objective
from ..random import Key
from ..typing import Memory
from .backprop import Backprop, send_back
from .facts import Facts
from .feedback_alignment import initial_sizes, weights_of, with_weights
from .rule import Batch, Signal, rule_key

_MAGNITUDES = ("uniform", "batch_random")


@declaration
class SignSymmetry(Backprop):
    """Sign symmetry: propagate errors back through weights with the correct signs but other magnitudes.

    When to use: to study how much symmetry learning needs. It is nearly as good as backprop, also in deep networks and
    convolutions, where feedback alignment falls behind.

        delta^l = (V^(l+1) delta^(l+1)) * f'(z^l)
        V = s sign(W)             magnitude="uniform", the paper's uSF
        V = s M * sign(W)         magnitude="batch_random", the paper's brSF: M from [0, 1), new in each batch

    The paper uses s = 1 and bounds the errors by batch normalization. Here s gives V the root mean square of the
    initial weights of the layer (of Glorot's if they start at 0; for brSF times sqrt(3), because uniform numbers have a
    mean square of 1/3), so the rule also works without normalization. For the paper's "batch manhattan" steps, which
    use only the sign of the gradient, use the optimizer ``Lion``.

    Every parameter with two or more axes has such a V; biases and other vectors are used as they are.

    Args:
        magnitude: ``"uniform"`` or ``"batch_random"``.

    Raises:
        InvalidValue: For another magnitude.

    Example:
        >>> SignSymmetry(magnitude="batch_random")
        SignSymmetry(magnitude='batch_random')

    Reference:
        Q. Liao, J. Z. Leibo, T. Poggio, 2016, How important is weight symmetry in backpropagation?, section "Asymmetric
        backpropagations", the strategies uSF and brSF.
    """

    facts: ClassVar[Facts | None] = Facts(
        "Liao, Leibo, Poggio 2016",
        local=False,
        symmetric_weights="signs only",
        phases=2,
        global_error=False,
        notes={
            "local": "Feedback weights copy the signs of other connections' weights.",
            "symmetric_weights": "Feedback weights share the signs of the forward weights but have their own "
            "magnitudes.",
        },
    )

    magnitude: str = "uniform"

    def __post_init__(self) -> None:
        if self.magnitude not in _MAGNITUDES:
            raise InvalidValue(
                f"SignSymmetry(magnitude={self.magnitude!r}): expected one of {', '.join(map(repr, _MAGNITUDES))}."
            )

    def init(self, network: Layer, params: Params, key: Key) -> Memory:
        """Return the root mean square of each initial weight array, which V keeps."""
        return tuple(_sizes(params))

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
        back = self.weights_back(params, memory, context)
        record, new_state = network.forward(params, batch.x, state, context, back)
        loss, errors = send_back(network, record, batch, objective)
        return Signal(loss, errors.gradient, record.activity, new_state, memory, costs=costs_of(record))

    def weights_back(self, params: Params, memory: Memory, context: Context) -> Params:
        """Return the parameters that propagate errors back in this step."""
        # Signs are those of the present weights, sizes those of the initial ones: a weight that changes its sign turns
        # its error around, but does not make it larger.
        signed = [size * jnp.sign(weight) for weight, size in zip(weights_of(params), memory, strict=True)]
        if self.magnitude == "batch_random":
            key = rule_key(context)
            signed = [
                # sqrt(3) keeps the root mean square: that of numbers uniform in 0 to 1 is 1 / sqrt(3).
                sqrt(3) * random.uniform(random.fold(key, place), weight.shape) * weight
                for place, weight in enumerate(signed)
            ]
        return with_weights(params, signed)


_sizes = jax.jit(initial_sizes)
