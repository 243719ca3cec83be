"""Greedy layer-wise training: one layer after another, then the whole network."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..declaration import declaration, replace
from ..errors import InvalidValue
from ..layers.layer import Context, Layer, Params, Record, State
from ..losses import Objective
from ..random import Key
from ..typing import Float, Memory, PyTree
from .facts import Facts, together
from .local import LayerRule, read_out
from .rule import Batch, Rule, Signal, rule_key


@declaration
class Greedy(Rule):
    """Greedy layer-wise training: train one layer after another by a rule for single layers, then use another rule.

    When to use: for deep belief networks, and for features that are learned from inputs alone before a readout is
    trained.

    Each layer except the last one with parameters follows ``rule`` for ``epochs`` epochs, on the activities of the
    layers below it, which no longer change. Meanwhile the last one learns as a readout from the gradient of the loss.
    After that ``then`` trains the network; with None the layers stay as they are and only the readout continues to
    learn. Without a loss in ``compile``, the last layer follows ``rule`` as well, and the loss in the history is the
    sum of the measures of all layers.

    Epochs count from the first one after ``compile``, even if the network was trained before. They start at 0 for each
    layer, and again for ``then``: whatever a rule does in its first epochs, or with rates that decrease over a run, it
    does for each layer.

    Args:
        rule: The rule of each layer.
        epochs: The epochs of each layer.
        then: The rule that trains the network afterwards; None for the readout alone.

    Raises:
        InvalidValue: If ``epochs`` is below 1.

    Example:
        >>> from plastica.rules import Backprop, ContrastiveDivergence
        >>> Greedy(ContrastiveDivergence(), epochs=3, then=Backprop())
        Greedy(rule=ContrastiveDivergence(), epochs=3, then=Backprop())

    Reference:
        G. E. Hinton, S. Osindero, Y.-W. Teh, 2006, A fast learning algorithm for deep belief nets, section 4 (the
        layers).
        G. E. Hinton, R. R. Salakhutdinov, 2006, Reducing the dimensionality of data with neural networks (backprop
        after them).
    """

    rule: LayerRule
    epochs: int = 5
    then: Rule | None = None

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise InvalidValue(f"Greedy(epochs={self.epochs!r}): expected at least 1 epoch for each layer.")

    @property
    def facts(self) -> Facts | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The combined requirements of both rules."""
        first, after = self.rule.facts, None if self.then is None else self.then.facts
        if first is None or after is None:
            return first
        return together("Hinton, Salakhutdinov 2006", first, after)

    @property
    def needs_loss(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether the rule that follows needs a loss."""
        return self.then is not None and self.then.needs_loss

    @property
    def answers_forward(self) -> bool:
        """Whether predictions are those of the forward pass once ``then`` has trained the network."""
        return self.then is None or self.then.answers_forward

    @property
    def epochs_each(self) -> int | None:
        """The epochs of each layer."""
        return self.epochs

    def paced(self, epochs: int, layers: int) -> Rule:
        each = max(1, epochs // layers)
        return self if self.epochs <= each else replace(self, epochs=each)

    def suited_to(self, x: np.ndarray) -> Rule:
        return replace(self, rule=self.rule.suited_to(x))

    def own_rates(self) -> tuple[str, ...]:
        return (*self.rule.own_rates(), *(() if self.then is None else self.then.own_rates()))

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return self.rule.layers_for(units, last)

    def check(self, network: Layer, objective: Objective | None) -> None:
        self.rule.check(network, objective)
        if self.then is not None:
            self.then.check(network, objective)

    def init(self, network: Layer, params: Params, key: Key) -> Memory:
        after = () if self.then is None else self.then.init(network, params, key)
        # The number of the first epoch; -1 until the first step, because it is only known then.
        return {"layers": self.rule.init(network, params, key), "then": after, "first": np.full((), -1, np.int32)}

    def signal(
        self,
        network: Layer,
        params: Params,
        state: State,
        memory: Memory,
        batch: Batch,
        objective: Objective | None,
        context: Context,
    ) -> Signal:
        places = self.rule.places(network, params, objective)
        # A network may have been trained before; its layers take turns from the first epoch of this rule on.
        first = jnp.where(memory["first"] < 0, batch.epoch, memory["first"]).astype(jnp.int32)
        memory, batch = {**memory, "first": first}, batch._replace(epoch=batch.epoch - first)
        layers, epoch = memory["layers"], jnp.asarray(batch.epoch)
        nothing = jax.tree.map(jnp.zeros_like, params)

        def read(record: Record, figures: dict[int, Array]) -> tuple[Float[Array, ""], Params | None]:
            if objective is not None:
                return read_out(network, params, record, batch, objective)
            others = (self.figure_at(p, network, params, layers, record, batch) for p in places if p not in figures)
            return sum((*figures.values(), *others), jnp.zeros(())), None

        def train_layer(number: int, place: int) -> Callable[[], Signal]:
            def train() -> Signal:
                record, new_state = network.forward(params, batch.x, state, context)
                # Each layer sees its own epochs as a whole run, so that rates that fall over a run do so for each
                # layer.
                own = batch._replace(epoch=epoch - number * self.epochs, progress=self.progress_of_layer(batch))
                found = self.rule.learn_at(place, network, params, layers, record, own, rule_key(context))
                loss, direction = read(record, {place: found.figure})
                kept = {**memory, "layers": (*layers[:place], found.memory, *layers[place + 1 :])}
                change = (*nothing[:place], found.change, *nothing[place + 1 :])
                return Signal(loss, direction, record.activity, new_state, kept, change)

            return train

        def go_on() -> Signal:
            if self.then is None:
                record, new_state = network.forward(params, batch.x, state, context)
                return Signal(*read(record, {}), record.activity, new_state, memory, nothing)
            own = batch._replace(epoch=epoch - len(places) * self.epochs)
            found = self.then.signal(network, params, state, memory["then"], own, objective, context)
            # All branches of switch must answer in one structure: zeros stand for a direction or a change that a rule
            # does not have.
            direction = nothing if found.direction is None and objective is not None else found.direction
            change = nothing if found.change is None else found.change
            return found._replace(memory={**memory, "then": found.memory}, direction=direction, change=change)

        # The phase is data, so one compiled program serves all epochs.
        phase = jnp.minimum(epoch // self.epochs, len(places))
        return jax.lax.switch(phase, [*(train_layer(*each) for each in enumerate(places)), go_on])

    def progress_of_layer(self, batch: Batch) -> Float[Array, ""]:
        """Return the completed fraction of the epochs of the current layer."""
        return (jnp.asarray(batch.epoch) % self.epochs / self.epochs).astype(batch.weight.dtype)

    def figure_at(
        self, place: int, network: Layer, params: Params, layers: Memory, record: Record, batch: Batch
    ) -> Float[Array, ""]:
        """Return the measure of fit of a layer for a batch without learning from it."""
        return self.rule.figure(network.children[place], params[place], layers[place], record.children[place], batch)

    def respond(self, network: Layer, params: Params, state: State, memory: Memory, x: PyTree) -> tuple[PyTree, PyTree]:
        if self.then is None:
            return self.rule.respond(network, params, state, memory["layers"], x)
        return self.then.respond(network, params, state, memory["then"], x)

    def judge(
        self, network: Layer, params: Params, state: State, memory: Memory, batch: Batch, objective: Objective | None
    ) -> tuple[Float[Array, ""], PyTree]:
        if self.then is None:
            return self.rule.judge(network, params, state, memory["layers"], batch, objective)
        return self.then.judge(network, params, state, memory["then"], batch, objective)
