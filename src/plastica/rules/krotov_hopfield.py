"""Krotov and Hopfield's rule: the winner learns, one of the next best unlearns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from ..activations import PowerReLU
from ..declaration import declaration
from ..errors import InvalidValue
from ..initializers import RandomNormal
from ..layers import stacks
from ..layers.layer import INFERENCE, Layer, Params, Record
from ..schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, require_numbers
from .competitive import require_all_inputs
from .facts import Facts
from .local import LayerRule, Learned, only_kernel, require_units, widest
from .rule import Batch

# Where all of a batch's changes are 0, nothing is divided by 0; the authors' own constant.
_PRECISION = 1e-30


@declaration
class KrotovHopfield(LayerRule):
    """Let the unit that an input drives most learn it, and the k-th of the ranking unlearn it.

    For many features of the inputs that no label has shaped, to be read out afterwards. The second part keeps units
    from becoming alike.

        I_j = sum_i sign(W_ij) |W_ij|^(p-1) v_i
        g_j = 1 for the largest I, -delta for the k-th largest, 0 for all others
        D_ij = sum over the batch of g_j (radius^p v_i - I_j W_ij)
        W_ij <- W_ij + learning_rate (1 - progress) D_ij / max |D|

    A unit that learns comes to the length (sum_i |W_ij|^p)^(1/p) = radius. The progress is the run's, or under
    :class:`~plastica.rules.Greedy` that of the layer's own epochs. The figure is by how much of the radius the units'
    lengths still miss it, in the mean.

    Units should start longer than the radius and with weights of both signs, as ``layers_for`` has them: a long one is
    driven most, learns, shrinks and leaves the next input to another. Of units that start short, a few win all and the
    others never learn; of those with positive weights alone, all become alike.

    Args:
        learning_rate: The largest change of a weight in the first step. 0.05 for some ten epochs; the authors take 0.02
            for a thousand.
        p: How lengths are measured, a whole number of at least 2; the paper's 3 for handwritten digits.
        k: Which of the ranking unlearns, from 2 on; the paper's 7.
        delta: How strongly it unlearns; the paper's 0.4.
        radius: The length that units come to.

    Raises:
        InvalidValue: For numbers outside their range, or for layers of fewer than k units.

    Reference:
        Krotov, Hopfield (2019), Unsupervised learning by competing hidden units, equations 3 and 8 to 10.
    """

    facts: ClassVar[Facts | None] = Facts(
        "Krotov, Hopfield 2019",
        local="except for a maximum over all synapses",
        symmetric_weights=False,
        phases=1,
        global_error=False,
        labels=False,
        notes={
            "local": "Each step is divided by the largest change among all synapses of the layer; all units know the "
            "ranking of units."
        },
    )

    learning_rate: float = 0.05
    p: int = 3
    k: int = 7
    delta: float = 0.4
    radius: float = 1.0

    def __post_init__(self) -> None:
        require_numbers(self, {"learning_rate": ABOVE_ZERO, "delta": AT_LEAST_ZERO, "radius": ABOVE_ZERO})
        for name in ("p", "k"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 2:
                raise InvalidValue(f"KrotovHopfield({name}={value!r}): {name} must be a whole number of at least 2.")

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        start = RandomNormal(stddev=0.5)  # the authors' 1.0 takes far longer to come to the radius
        # The authors' network has one hidden layer. The power of a potential that grows with the input's length would
        # leave all bounds.
        return stacks.normalized(widest(units), last, PowerReLU(), use_bias=False, kernel_initializer=start)

    def require(self, layer: Layer) -> None:
        require_units(self, layer)

    def learn(self, layer: Layer, params: Params, memory: Any, record: Record, batch: Batch, key: jax.Array) -> Learned:
        kernel = params["kernel"]
        current = self.currents(layer, params, record)
        g = self.competition(layer, current) * batch.weight.reshape(-1, *([1] * (current.ndim - 1)))
        forgetting = jnp.sum(g * current, tuple(range(current.ndim - 1))) * kernel
        change = self.radius**self.p * record.pull_synapse(g)[0]["kernel"] - forgetting
        largest = jnp.maximum(jnp.max(jnp.abs(change)), _PRECISION)
        step = self.learning_rate * (1 - batch.progress) * change / largest
        return Learned(only_kernel(params, step), memory, self.figure(layer, params, memory, record, batch))

    def figure(self, layer: Layer, params: Params, memory: Any, record: Record, batch: Batch) -> jax.Array:
        kernel = params["kernel"]
        lengths = jnp.sum(jnp.abs(kernel) ** self.p, tuple(range(kernel.ndim - 1))) ** (1 / self.p)
        return jnp.mean(jnp.abs(lengths / self.radius - 1))

    def currents(self, layer: Layer, params: Params, record: Record) -> jax.Array:
        """Return I, what drives each unit in the competition, shaped like the potential."""
        require_all_inputs(layer)
        kernel = params["kernel"]
        weights = {name: jnp.zeros_like(array) for name, array in params.items()}
        weights["kernel"] = kernel * jnp.abs(kernel) ** (self.p - 2)
        return layer.synapse(weights, record.input, {}, INFERENCE)[0]

    def competition(self, layer: Layer, current: jax.Array) -> jax.Array:
        """Return g: 1 for the winner, -delta for the k-th, 0 for all others.

        Raises:
            InvalidValue: For fewer than k units.
        """
        units = current.shape[-1]
        if units < self.k:
            raise InvalidValue(
                f"{type(layer).__name__} of {units} units: KrotovHopfield(k={self.k}) lets the {self.k}th of a ranking "
                "unlearn. Take more units, or a smaller k."
            )
        ranking = jax.lax.top_k(current, self.k)[1]
        # Behind the barrier XLA sees no more that two places are wanted: it would sort all units, forty times slower.
        ranking = jax.lax.optimization_barrier(ranking)
        place = jnp.arange(units)
        learns, unlearns = place == ranking[..., :1], place == ranking[..., -1:]
        return jnp.where(learns, 1.0, jnp.where(unlearns, -self.delta, 0.0)).astype(current.dtype)
