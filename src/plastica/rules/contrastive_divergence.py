"""Contrastive divergence: learn what tells the data from what the machine dreams up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from .. import random
from ..declaration import declaration, replace
from ..errors import InvalidValue
from ..layers import stacks
from ..layers.boltzmann import VISIBLE
from ..layers.capabilities import PairedUnits
from ..layers.kernels.product import row_products, row_sum
from ..layers.layer import Layer, Params, Record
from ..losses import Objective
from ..schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, BELOW_ONE, require_numbers
from .facts import Facts
from .local import LayerRule, Learned, row_shares, written
from .rule import Batch, Rule


@declaration
class ContrastiveDivergence(LayerRule):
    """Raise what visible and hidden units do together under the data, lower what they do in the machine's own samples.

    For restricted Boltzmann machines: features without targets, and deep belief networks layer by layer
    (:class:`~plastica.rules.Greedy`).

        delta W = learning_rate (<v h'>_data - <v h'>_samples - weight_decay W) + momentum * (delta W before)

    and likewise b with h and c with v, without decay. The samples come from k rounds of Gibbs sampling: v given h,
    h given v. CD-k begins each round of learning at the data; with ``persistent`` the samples are chains that go on
    from step to step, which is nearer to the gradient of the log-likelihood. All units are drawn but the hidden ones
    of the two averages, where probabilities do with less noise.

    The figure is the reconstruction error: the squared distance of a row from the visible units' mean given its hidden
    units, the mean over rows; of hidden units that were drawn where CD-1 learns, so that it stands a little above that
    of evaluation. It falls as the machine learns, but is not what is descended;
    ``pl.boltzmann.log_likelihood`` and ``pl.boltzmann.annealed_importance_sampling`` tell what is.

    Args:
        k: Rounds of sampling; 1 does for features, more is nearer to the likelihood's gradient.
        persistent: Whether the samples go on from step to step (PCD).
        learning_rate: How far a step goes, at first. None takes 0.05, which suits batches of 10 to 100 rows, and 0.2
            with ``persistent``, whose steps have no momentum to lengthen them.
        momentum: Which part of the last step is made again, from the second epoch on. None takes 0.9, and none with
            ``persistent``: chains that lag behind weights in full swing drive them to and fro.
        initial_momentum: The same in the first epoch, while the steps are large.
        weight_decay: How fast kernels forget, 0.0001 to 0.001 in the guide.
        decay: Whether the learning rate falls to 0 over the run, in a straight line as in the paper on PCD. Without,
            the likelihood wanders where it should settle; a run of very few steps may do without.
        gaussian_rate: The part of the learning rate that layers with Gaussian visible units take: one or two orders
            of magnitude less, since nothing bounds their samples.
        chains: How many chains PCD keeps, whatever the batch.
        visible: The visible units of the first layer that the rule names where a person names none; ``"gaussian"``
            takes columns of any scale, ``"binary"`` is better for pictures from 0 to 1.

    Raises:
        InvalidValue: For numbers outside these, or a layer that is no restricted Boltzmann machine.

    Reference:
        Hinton (2002), Training products of experts by minimizing contrastive divergence, equation 14; Tieleman
        (2008), Training restricted Boltzmann machines using approximations to the likelihood gradient, section 2;
        Hinton (2010), A practical guide to training restricted Boltzmann machines, sections 3, 7, 9, 10 and 13.2.
    """

    facts: ClassVar[Facts | None] = Facts(
        "Hinton 2002",
        local=True,
        symmetric_weights=True,
        phases=2,
        global_error=False,
        labels=False,
        notes={
            "local": "A connection stores the product of the values at its two ends from one phase to the next.",
            "symmetric_weights": "No error is propagated back; hidden units act on visible units through the forward "
            "weights.",
        },
    )

    k: int = 1
    persistent: bool = False
    learning_rate: float | None = None
    momentum: float | None = None
    initial_momentum: float = 0.5
    weight_decay: float = 0.0002
    decay: bool = True
    gaussian_rate: float = 0.1
    chains: int = 100
    visible: str = "gaussian"

    def __post_init__(self) -> None:
        for name in ("k", "chains"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"ContrastiveDivergence({name}={getattr(self, name)!r}): {name} must be at least 1.")
        if self.visible not in VISIBLE:
            raise InvalidValue(f'ContrastiveDivergence(visible={self.visible!r}): it is "binary" or "gaussian".')
        wanted = dict.fromkeys(("learning_rate", "gaussian_rate"), ABOVE_ZERO)
        wanted |= dict.fromkeys(("momentum", "initial_momentum"), BELOW_ONE)
        require_numbers(self, {**wanted, "weight_decay": AT_LEAST_ZERO})

    def suited_to(self, x: np.ndarray) -> Rule:
        binary = x.min() >= 0 and x.max() <= 1
        return replace(self, visible="binary" if binary else "gaussian")

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return stacks.boltzmann(units, last, self.visible)

    def require(self, layer: Layer) -> None:
        if layer.offer(PairedUnits) is None:
            raise InvalidValue(
                f"{type(layer).__name__}: ContrastiveDivergence samples visible units from hidden ones; it works on "
                "RestrictedBoltzmann layers. Put such a layer there, or take another rule."
            )

    def check(self, network: Layer, objective: Objective | None) -> None:
        for place, layer in enumerate(network.children):
            paired = layer.offer(PairedUnits)
            if paired is not None and paired.has_binary_inputs:
                _require_probabilities(network.children[:place], place, layer)

    def begin(self, layer: Layer, params: Params, key: jax.Array) -> Any:
        memory: dict[str, Any] = {"step": jax.tree.map(jnp.zeros_like, params)}
        if self.persistent:
            dtype = params["bias"].dtype
            memory["hidden"] = random.bernoulli(key, 0.5, (self.chains, *params["bias"].shape)).astype(dtype)
        return memory

    def learn(self, layer: Any, params: Params, memory: Any, record: Record, batch: Batch, key: jax.Array) -> Learned:
        layer = layer.offer(PairedUnits)
        start_key, chain_key = random.fold(key, 0), random.fold(key, 1)
        share = row_shares(batch, record.input)
        if self.persistent:
            hidden, chain_share = memory["hidden"], jnp.sum(batch.weight) / (batch.size * self.chains)
        else:
            hidden, chain_share = layer.draw_hidden(record.activity, start_key), share
        samples, probability, first_mean = self.sample(layer, params, hidden, chain_key)
        slope = _difference(
            _averages(record.input, record.activity, share), _averages(samples, probability, chain_share)
        )
        slope = {**slope, "kernel": slope["kernel"] - self.weight_decay * params["kernel"]}
        rate, momentum = self.rate_for(layer, batch), self.momentum_at(batch.epoch)
        step = jax.tree.map(
            lambda before, now: (momentum * before + rate * now).astype(now.dtype), memory["step"], slope
        )
        if self.persistent:
            kept = {"step": step, "hidden": layer.draw_hidden(probability, start_key)}
            return Learned(step, kept, _error(record.input, layer.visible_given(params, record.activity), share))
        return Learned(step, {"step": step}, _error(record.input, first_mean, share))

    @property
    def _given_rate(self) -> Any:
        return (0.2 if self.persistent else 0.05) if self.learning_rate is None else self.learning_rate

    def own_rates(self) -> tuple[str, ...]:
        return written(self, "learning_rate", self._given_rate)

    def rate_for(self, layer: PairedUnits, batch: Batch) -> Any:
        """Return how far a layer's step goes now."""
        rate = self._given_rate * (1.0 if layer.has_binary_inputs else self.gaussian_rate)
        return rate * (1 - batch.progress) if self.decay else rate

    def momentum_at(self, epoch: Any) -> Any:
        """Return which part of the last step is made again in an epoch."""
        if self.momentum is None and self.persistent:
            return 0.0
        later = 0.9 if self.momentum is None else self.momentum
        return jnp.where(jnp.asarray(epoch) < _SETTLING, jnp.minimum(self.initial_momentum, later), later)

    def sample(
        self, layer: PairedUnits, params: Params, hidden: jax.Array, key: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Return what k rounds from drawn hidden units lead to: visible units, p(h | v), and v's mean in round one."""

        def again(place: Any, found: Any) -> Any:
            _, probability, first = found
            drawn = layer.draw_hidden(probability, random.fold(key, 2 * place))
            return round_of(place, drawn, first)

        def round_of(place: Any, drawn: jax.Array, first: jax.Array | None) -> Any:
            mean = layer.visible_given(params, drawn)
            visible = layer.draw_visible(mean, random.fold(key, 2 * place + 1))
            return visible, layer.hidden_given(params, visible), mean if first is None else first

        return jax.lax.fori_loop(1, self.k, again, round_of(0, hidden, None))

    def figure(self, layer: Any, params: Params, memory: Any, record: Record, batch: Batch) -> jax.Array:
        mean = layer.offer(PairedUnits).visible_given(params, record.activity)
        return _error(record.input, mean, row_shares(batch, record.input))


# The guide, section 9, begins with 0.5 until the large initial progress has settled down: on digits one epoch.
_SETTLING = 1


def _averages(visible: jax.Array, hidden: jax.Array, share: jax.Array) -> Params:
    hidden = share * hidden
    return {
        "kernel": row_products(visible, hidden),
        "bias": row_sum(hidden),
        "visible_bias": row_sum(share * visible),
    }


def _difference(data: Params, samples: Params) -> Params:
    return jax.tree.map(jnp.subtract, data, samples)


def _error(visible: jax.Array, mean: jax.Array, share: jax.Array) -> jax.Array:
    apart = visible - mean
    return jnp.sum(share * apart * apart)


def _require_probabilities(below: Sequence[Layer], place: int, layer: Layer) -> None:
    """See that the nearest layer below that has a non-linearity answers from 0 to 1.

    Raises:
        InvalidValue: If it does not.
    """
    known = [each.output_activation for each in below if each.output_activation is not None]
    if known:
        low, high = known[-1].output_range
        if low < 0 or high > 1:
            raise InvalidValue(
                f"layer {place}, {layer!r}: the activities below it lie between {low:g} and {high:g}, and its binary "
                'visible units take 0 to 1. Put sigmoid units below it, or give it visible="gaussian".'
            )
