"""Sign symmetry: the way back shares the signs of the weights and nothing else."""

from __future__ import annotations

from math import sqrt
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue
from ..layers.layer import Context, Layer, Params, State
from ..losses import Objective
from .backprop import Backprop, send_back
from .facts import Facts
from .feedback_alignment import initial_sizes, weights_of, with_weights
from .rule import Batch, Signal, rule_key

_MAGNITUDES = ("uniform", "batch_random")


@declaration
class SignSymmetry(Backprop):
    """Send errors back through weights that have the right signs and magnitudes of no meaning.

    Nearly as good as backprop also in deep networks and convolutions, where feedback alignment falls behind.

        delta^l = (V^(l+1) delta^(l+1)) * f'(z^l)
        V = s sign(W)             magnitude="uniform", the paper's uSF
        V = s M * sign(W)         magnitude="batch_random", the paper's brSF: M from [0, 1), drawn anew in each batch

    The paper has s = 1 and keeps errors in bounds by batch normalization. Here s gives V the root mean square of the
    layer's initial weights (where they start at 0, of Glorot's; for brSF times sqrt 3, since uniform numbers have the
    mean square 1/3), so that it also learns without. The paper's "batch manhattan" step, by the sign of the gradient
    alone, is an optimizer's matter: take ``Lion``.

    Every parameter of two or more axes has such a V; biases and the like stand in the way back as they are.

    Args:
        magnitude: ``"uniform"`` or ``"batch_random"``.

    Raises:
        InvalidValue: For another magnitude.

    Example:
        >>> SignSymmetry(magnitude="batch_random")
        SignSymmetry(magnitude='batch_random')

    Reference:
        Liao, Leibo, Poggio (2016), How important is weight symmetry in backpropagation?, section "Asymmetric
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
                f"SignSymmetry(magnitude={self.magnitude!r}): give one of {', '.join(map(repr, _MAGNITUDES))}."
            )

    def init(self, network: Layer, params: Params, key: jax.Array) -> Any:
        """Return how large each initial weight array is, which V keeps."""
        return tuple(_sizes(params))

    def signal(
        self,
        network: Layer,
        params: Params,
        state: State,
        memory: Any,
        batch: Batch,
        objective: Objective,
        context: Context,
    ) -> Signal:
        back = self.weights_back(params, memory, context)
        record, new_state = network.forward(params, batch.x, state, context, back)
        loss, errors = send_back(network, record, batch, objective)
        return Signal(loss, errors.gradient, record.activity, new_state, memory)

    def weights_back(self, params: Params, memory: Any, context: Context) -> Params:
        """Return the parameters that errors travel back through in this step."""
        signed = [size * jnp.sign(weight) for weight, size in zip(weights_of(params), memory, strict=True)]
        if self.magnitude == "batch_random":
            key = rule_key(context)
            signed = [
                sqrt(3) * random.uniform(random.fold(key, place), weight.shape) * weight
                for place, weight in enumerate(signed)
            ]
        return with_weights(params, signed)


_sizes = jax.jit(initial_sizes)
