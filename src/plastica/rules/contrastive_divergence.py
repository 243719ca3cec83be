"""Contrastive divergence: learn the difference between the data and samples from the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import random
from ..declaration import declaration, replace
from ..errors import InvalidValue
from ..layers import stacks
from ..layers.boltzmann import VISIBLE
from ..layers.capabilities import PairedUnits
from ..layers.kernels.product import row_products, row_sum
from ..layers.layer import Layer, Params, Record
from ..losses import Objective
from ..random import Key
from ..schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, BELOW_ONE, require_numbers
from ..typing import Float, Int, Memory, by_name
from .facts import Facts
from .local import LayerRule, Learned, row_shares, written
from .rule import Batch, Rule


@declaration
class ContrastiveDivergence(LayerRule):
    """Contrastive divergence: increase correlations of visible and hidden units in the data, decrease those in samples.

    When to use: for restricted Boltzmann machines, that is, features without targets, and for deep belief networks
    layer by layer (:class:`~plastica.rules.Greedy`).

        delta W = learning_rate (<v h'>_data - <v h'>_samples - weight_decay W) + momentum * (previous delta W)

    and likewise for b with h and c with v, without decay. The samples come from k rounds of Gibbs sampling: v given h,
    h given v. CD-k starts each step at the data. With ``persistent``, the samples are Markov chains that continue from
    step to step, which is closer to the gradient of the log-likelihood. All units are sampled except the hidden ones in
    the two averages, where probabilities have less noise.

    The loss in the history is the reconstruction error: the squared distance of a row from the mean of the visible
    units given its hidden units, the mean over the rows. In training with CD the hidden units are sampled, so it is
    slightly larger than in evaluation. It decreases during training but is not the quantity that is minimized; for that
    see ``pl.boltzmann.log_likelihood`` and ``pl.boltzmann.annealed_importance_sampling``.

    Args:
        k: The number of rounds of sampling. 1 suffices for features; more is closer to the gradient of the likelihood.
        persistent: Whether the chains continue from step to step (PCD).
        learning_rate: The learning rate at the start. None: 0.05, which suits batches of 10 to 100 rows, or 0.2 with
            ``persistent``, which uses no momentum.
        momentum: The momentum from the second epoch on. None: 0.9, or 0 with ``persistent``, because chains that lag
            behind fast weights make them oscillate.
        initial_momentum: The momentum in the first epoch, while steps are large.
        weight_decay: The decay of kernels; 0.0001 to 0.001 in the guide.
        decay: Whether the learning rate decreases linearly to 0 over the run, as in the paper on PCD. Otherwise the
            likelihood fluctuates instead of converging; runs with very few steps can do without.
        gaussian_rate: A factor of the learning rate for layers with Gaussian visible units: one or two orders of
            magnitude less, because their samples are unbounded.
        chains: The number of chains of PCD, for any batch size.
        visible: The visible units of the first layer, if the layers are made by the rule. ``"gaussian"`` suits columns
            of any scale, ``"binary"`` images from 0 to 1.

    Raises:
        InvalidValue: For numbers outside their range, or a layer that is not a restricted Boltzmann machine.

    Example:
        >>> ContrastiveDivergence(k=5)
        ContrastiveDivergence(k=5)

    Reference:
        G. E. Hinton, 2002, Training products of experts by minimizing contrastive divergence, eq. 14.
        T. Tieleman, 2008, Training restricted Boltzmann machines using approximations to the likelihood gradient,
        section 2.
        G. E. Hinton, 2010, A practical guide to training restricted Boltzmann machines, sections 3, 7, 9, 10 and 13.2.
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
                raise InvalidValue(f"ContrastiveDivergence({name}={getattr(self, name)!r}): expected at least 1.")
        if self.visible not in VISIBLE:
            raise InvalidValue(f'ContrastiveDivergence(visible={self.visible!r}): expected "binary" or "gaussian".')
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
                "RestrictedBoltzmann layers. Use such a layer here, or another rule."
            )

    def check(self, network: Layer, objective: Objective | None) -> None:
        for place, layer in enumerate(network.children):
            paired = layer.offer(PairedUnits)
            if paired is not None and paired.has_binary_inputs:
                _require_probabilities(network.children[:place], place, layer)

    def begin(self, layer: Layer, params: Params, key: Key) -> Memory:
        """Return the previous step, initially 0, and with ``persistent`` the hidden units of the chains."""
        memory: Memory = {"step": jax.tree.map(jnp.zeros_like, params)}
        if self.persistent:
            dtype = params["bias"].dtype
            memory["hidden"] = random.bernoulli(key, 0.5, (self.chains, *params["bias"].shape)).astype(dtype)
        return memory

    def learn(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch, key: Key) -> Learned:
        paired = _paired(layer)
        start_key, chain_key = random.fold(key, 0), random.fold(key, 1)
        # Persistent chains are no rows of the batch: all together they weigh as much as its rows do.
        share = row_shares(batch, record.input)
        if self.persistent:
            hidden, chain_share = memory["hidden"], jnp.sum(batch.weight) / (batch.size * self.chains)
        else:
            hidden, chain_share = paired.draw_hidden(record.activity, start_key), share
        samples, probability, first_mean = self.sample(paired, params, hidden, chain_key)
        slope = _difference(
            _averages(record.input, record.activity, share), _averages(samples, probability, chain_share)
        )
        slope = {**by_name(slope), "kernel": slope["kernel"] - self.weight_decay * params["kernel"]}
        # Ascent: the slope points to higher likelihood, so that the step is added and not subtracted.
        rate, momentum = self.rate_for(paired, batch), self.momentum_at(batch.epoch)
        step = jax.tree.map(
            lambda before, now: (momentum * before + rate * now).astype(now.dtype), memory["step"], slope
        )
        if self.persistent:
            kept = {"step": step, "hidden": paired.draw_hidden(probability, start_key)}
            return Learned(step, kept, _error(record.input, paired.visible_given(params, record.activity), share))
        return Learned(step, {"step": step}, _error(record.input, first_mean, share))

    @property
    def _given_rate(self) -> float:
        return (0.2 if self.persistent else 0.05) if self.learning_rate is None else self.learning_rate

    def own_rates(self) -> tuple[str, ...]:
        return written(self, "learning_rate", self._given_rate)

    def rate_for(self, layer: PairedUnits, batch: Batch) -> Float[Array, ""] | float:
        """Return the current learning rate for a layer."""
        rate = self._given_rate * (1.0 if layer.has_binary_inputs else self.gaussian_rate)
        return rate * (1 - batch.progress) if self.decay else rate

    def momentum_at(self, epoch: Int[Array, ""] | int) -> Float[Array, ""] | float:
        """Return the momentum in an epoch."""
        if self.momentum is None and self.persistent:
            return 0.0
        later = 0.9 if self.momentum is None else self.momentum
        return jnp.where(jnp.asarray(epoch) < _SETTLING, jnp.minimum(self.initial_momentum, later), later)

    def sample(
        self, layer: PairedUnits, params: Params, hidden: Float[Array, "samples hidden"], key: Key
    ) -> tuple[Float[Array, "samples visible"], Float[Array, "samples hidden"], Float[Array, "samples visible"]]:
        """Return the results of k rounds from sampled hidden units: v, p(h | v), and the mean of v in round one."""

        def again(place: Array, found: Round) -> Round:
            _, probability, first = found
            drawn = layer.draw_hidden(probability, random.fold(key, 2 * place))
            return round_of(place, drawn, first)

        def round_of(place: Array | int, drawn: Array, first: Array | None) -> Round:
            mean = layer.visible_given(params, drawn)
            # Even numbers draw hidden units and odd ones visible units, so that no two draws of a chain share their
            # random numbers.
            visible = layer.draw_visible(mean, random.fold(key, 2 * place + 1))
            return visible, layer.hidden_given(params, visible), mean if first is None else first

        return jax.lax.fori_loop(1, self.k, again, round_of(0, hidden, None))

    def figure(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch) -> Float[Array, ""]:
        mean = _paired(layer).visible_given(params, record.activity)
        return _error(record.input, mean, row_shares(batch, record.input))


# The guide, section 9, uses a momentum of 0.5 until the large initial progress has settled: on digits, one epoch.
_SETTLING = 1

# Visible units, probabilities of hidden units, and the mean of the visible units in the first round.
Round = tuple[Array, Array, Array]


def _paired(layer: Layer) -> PairedUnits:
    paired = layer.offer(PairedUnits)
    assert paired is not None  # see require
    return paired


def _averages(
    visible: Float[Array, "samples visible"], hidden: Float[Array, "samples hidden"], share: Float[Array, "*share"]
) -> Params:
    hidden = share * hidden
    return {
        "kernel": row_products(visible, hidden),
        "bias": row_sum(hidden),
        "visible_bias": row_sum(share * visible),
    }


def _difference(data: Params, samples: Params) -> Params:
    return jax.tree.map(jnp.subtract, data, samples)


def _error(
    visible: Float[Array, "batch visible"], mean: Float[Array, "batch visible"], share: Float[Array, "batch 1"]
) -> Float[Array, ""]:
    apart = visible - mean
    return jnp.sum(share * apart * apart)


def _require_probabilities(below: Sequence[Layer], place: int, layer: Layer) -> None:
    """Check that the nearest activation below a layer has values from 0 to 1.

    Raises:
        InvalidValue: If not.
    """
    known = [each.output_activation for each in below if each.output_activation is not None]
    if known:
        low, high = known[-1].output_range
        if low < 0 or high > 1:
            raise InvalidValue(
                f"layer {place}, {layer!r}: the activities below it are between {low:g} and {high:g}, but its binary "
                'visible units need 0 to 1. Use sigmoid units below it, or set visible="gaussian".'
            )
