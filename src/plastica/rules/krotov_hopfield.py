"""Krotov and Hopfield's rule: the winner learns, and one of the runners-up unlearns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from ..activations import PowerReLU
from ..declaration import declaration
from ..errors import InvalidValue
from ..initializers import RandomNormal
from ..layers import stacks
from ..layers.kernels.product import row_sum
from ..layers.layer import INFERENCE, Layer, Params, Record
from ..random import Key
from ..schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, require_numbers
from ..typing import Float, Memory, by_name
from .competitive import require_all_inputs
from .facts import Facts
from .local import LayerRule, Learned, only_kernel, require_units, widest
from .rule import Batch

# Avoids 0 / 0 if all changes of a batch are 0; the constant is that of the authors' code.
_PRECISION = 1e-30


@declaration
class KrotovHopfield(LayerRule):
    """Krotov and Hopfield's rule: the unit with the largest current learns the input, the k-th largest unlearns it.

    When to use: for many features that are learned without labels and read out afterwards. Unlearning keeps units from
    becoming alike.

        I_j = sum_i sign(W_ij) |W_ij|^(p-1) v_i
        g_j = 1 for the largest I, -delta for the k-th largest, 0 for all others
        D_ij = sum over the batch of g_j (radius^p v_i - I_j W_ij)
        W_ij <- W_ij + learning_rate (1 - progress) D_ij / max |D|

    The weights of a unit that learns converge to the length (sum_i |W_ij|^p)^(1/p) = radius. The progress is that of
    the run, or with :class:`~plastica.rules.Greedy` that of the epochs of the layer. The loss in the history is the
    mean relative deviation of the lengths from the radius.

    Units should start with weights of both signs and longer than the radius, as from ``layers_for``: a long unit wins,
    learns, becomes shorter, and leaves the next inputs to others. Of units that start short, a few win everything and
    the others never learn; units with only positive weights all become alike.

    Args:
        learning_rate: The largest change of a weight in the first step. 0.05 suits about ten epochs; the authors use
            0.02 for a thousand.
        p: The norm of the lengths, a whole number of at least 2. Default 3, as in the paper for handwritten digits.
        k: The rank of the unit that unlearns, at least 2. Default 7, as in the paper.
        delta: The strength of unlearning. Default 0.4, as in the paper.
        radius: The length of the weights of each unit.

    Raises:
        InvalidValue: For numbers outside their range, or for layers with fewer than k units.

    Example:
        >>> KrotovHopfield(k=2, delta=0.3)
        KrotovHopfield(k=2, delta=0.3)

    Reference:
        D. Krotov, J. J. Hopfield, 2019, Unsupervised learning by competing hidden units, eq. 3 and 8 to 10.
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
        start = RandomNormal(stddev=0.5)  # with the authors' 1.0, lengths shrink far more slowly
        # One hidden layer, as in the paper. Its activation is a power of the potential, so inputs are normalized:
        # otherwise long ones would give enormous activities.
        return stacks.normalized(widest(units), last, PowerReLU(), use_bias=False, kernel_initializer=start)

    def require(self, layer: Layer) -> None:
        require_units(self, layer)

    def learn(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch, key: Key) -> Learned:
        kernel = params["kernel"]
        current = self.currents(layer, params, record)
        g = self.competition(layer, current) * batch.weight.reshape(-1, *([1] * (current.ndim - 1)))
        # A sum whose bits do not depend on threads, and that XLA does not compute together with the change.
        forgetting = row_sum(g * current) * kernel
        change = self.radius**self.p * record.pull_synapse(g)[0]["kernel"] - forgetting
        largest = jnp.maximum(jnp.max(jnp.abs(change)), _PRECISION)
        step = self.learning_rate * (1 - batch.progress) * change / largest
        return Learned(only_kernel(params, step), memory, self.figure(layer, params, memory, record, batch))

    def figure(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch) -> Float[Array, ""]:
        kernel = params["kernel"]
        lengths = jnp.sum(jnp.abs(kernel) ** self.p, tuple(range(kernel.ndim - 1))) ** (1 / self.p)
        return jnp.mean(jnp.abs(lengths / self.radius - 1))

    def currents(self, layer: Layer, params: Params, record: Record) -> Float[Array, "batch *places units"]:
        """Return I, the input current of each unit in the competition, in the shape of the potential."""
        require_all_inputs(layer)
        kernel = params["kernel"]
        weights = {name: jnp.zeros_like(array) for name, array in by_name(params).items()}
        weights["kernel"] = kernel * jnp.abs(kernel) ** (self.p - 2)
        return layer.synapse(weights, record.input, {}, INFERENCE)[0]

    def competition(
        self, layer: Layer, current: Float[Array, "batch *places units"]
    ) -> Float[Array, "batch *places units"]:
        """Return g: 1 for the winner, -delta for the k-th, 0 for all others.

        Raises:
            InvalidValue: If there are fewer than k units.
        """
        units = current.shape[-1]
        if units < self.k:
            raise InvalidValue(
                f"{type(layer).__name__} of {units} units: with KrotovHopfield(k={self.k}) the unit of rank {self.k} "
                "unlearns. Use more units, or a smaller k."
            )
        ranking = jax.lax.top_k(current, self.k)[1]
        # Without the barrier XLA sees that only two ranks are used and sorts all units, which is 40 times slower.
        ranking = jax.lax.optimization_barrier(ranking)
        place = jnp.arange(units)
        learns, unlearns = place == ranking[..., :1], place == ranking[..., -1:]
        return jnp.where(learns, 1.0, jnp.where(unlearns, -self.delta, 0.0)).astype(current.dtype)
