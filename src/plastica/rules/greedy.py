"""Greedy: one layer after another, then all together."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..declaration import declaration, replace
from ..errors import InvalidValue
from ..layers.layer import Context, Layer, Params, Record, State
from ..losses import Objective
from .facts import Facts, together
from .local import LayerRule, read_out
from .rule import Batch, Rule, Signal, rule_key


@declaration
class Greedy(Rule):
    """Train one layer after another by a rule of one layer, then go on by another rule.

    For deep belief networks, and for features that are learned from inputs alone before anything is read out.

    Each layer but the last that learns follows ``rule`` for ``epochs`` epochs on the activities of those below it,
    which no longer change; the last one learns to read out by the gradient of the loss all the while. After that
    ``then`` trains the network; None leaves the layers as they are and only the read-out learns on. Compiled without
    a loss, the last layer follows ``rule`` as well, and what is shown as the loss is the sum of all layers' figures.

    Epochs count from the first one after ``compile``, whatever the network learned before. Each layer's count from 0
    for it, and so do those of ``then``: what a rule does in its first epochs, or with rates that fall over a run, it
    does for each layer.

    Args:
        rule: What each layer follows.
        epochs: How many epochs each layer has.
        then: What trains the network afterwards; None for the read-out alone.

    Raises:
        InvalidValue: For less than one epoch.

    Reference:
        Hinton, Osindero, Teh (2006), A fast learning algorithm for deep belief nets, section 4, for the layers; Hinton,
        Salakhutdinov (2006), Reducing the dimensionality of data with neural networks, for backprop that tunes them.
    """

    rule: LayerRule
    epochs: int = 5
    then: Rule | None = None

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise InvalidValue(f"Greedy(epochs={self.epochs!r}): each layer needs at least 1 epoch.")

    @property
    def facts(self) -> Facts | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What both rules ask together."""
        first, after = self.rule.facts, None if self.then is None else self.then.facts
        if first is None or after is None:
            return first
        return together("Hinton, Salakhutdinov 2006", first, after)

    @property
    def needs_loss(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether what comes after the layers needs one."""
        return self.then is not None and self.then.needs_loss

    @property
    def answers_forward(self) -> bool:
        """Whether the network answers by its forward pass when ``then`` has trained it."""
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

    def layers_for(self, units: Any, last: Layer) -> list[Layer]:
        return self.rule.layers_for(units, last)

    def check(self, network: Layer, objective: Objective | None) -> None:
        self.rule.check(network, objective)
        if self.then is not None:
            self.then.check(network, objective)

    def init(self, network: Layer, params: Params, key: jax.Array) -> Any:
        after = () if self.then is None else self.then.init(network, params, key)
        # Before the first step nobody knows in which of the network's epochs it will be.
        return {"layers": self.rule.init(network, params, key), "then": after, "first": np.full((), -1, np.int32)}

    def signal(
        self,
        network: Layer,
        params: Params,
        state: State,
        memory: Any,
        batch: Batch,
        objective: Any,
        context: Context,
    ) -> Signal:
        places = self.rule.places(network, params, objective)
        first = jnp.where(memory["first"] < 0, batch.epoch, memory["first"]).astype(jnp.int32)
        memory, batch = {**memory, "first": first}, batch._replace(epoch=batch.epoch - first)
        layers, epoch = memory["layers"], jnp.asarray(batch.epoch)
        nothing = jax.tree.map(jnp.zeros_like, params)

        def read(record: Record, figures: dict[int, jax.Array]) -> tuple[jax.Array, Params]:
            if objective is not None:
                return read_out(network, params, record, batch, objective)
            others = (self.figure_at(p, network, params, layers, record, batch) for p in places if p not in figures)
            return sum((*figures.values(), *others), jnp.zeros(())), None

        def train_layer(number: int, place: int) -> Any:
            def train() -> Signal:
                record, new_state = network.forward(params, batch.x, state, context)
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
            direction = nothing if found.direction is None and objective is not None else found.direction
            change = nothing if found.change is None else found.change
            return found._replace(memory={**memory, "then": found.memory}, direction=direction, change=change)

        phase = jnp.minimum(epoch // self.epochs, len(places))
        return jax.lax.switch(phase, [*(train_layer(*each) for each in enumerate(places)), go_on])

    def progress_of_layer(self, batch: Batch) -> jax.Array:
        """Return which part of the present layer's own epochs lies behind, for rates that fall over them."""
        return (jnp.asarray(batch.epoch) % self.epochs / self.epochs).astype(batch.weight.dtype)

    def figure_at(
        self, place: int, network: Layer, params: Params, layers: Any, record: Record, batch: Batch
    ) -> jax.Array:
        """Return how well the layer at a place fits a batch that it does not learn from."""
        return self.rule.figure(network.children[place], params[place], layers[place], record.children[place], batch)

    def respond(
        self, network: Layer, params: Params, state: State, memory: Any, x: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        if self.then is None:
            return self.rule.respond(network, params, state, memory["layers"], x)
        return self.then.respond(network, params, state, memory["then"], x)

    def judge(
        self, network: Layer, params: Params, state: State, memory: Any, batch: Batch, objective: Any
    ) -> tuple[jax.Array, jax.Array]:
        if self.then is None:
            return self.rule.judge(network, params, state, memory["layers"], batch, objective)
        return self.then.judge(network, params, state, memory["then"], batch, objective)
