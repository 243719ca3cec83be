"""The hidden layers of a network for the forward-forward rule, in which a label adds to the first potential."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jax import Array

from ..layers.chain import Chain
from ..layers.layer import Context, Layer, Params, State
from .chain import learned_places
from .goodness import normalised


class HiddenLinks(NamedTuple):
    """The hidden links of a chain; the first is cut after the synapse to which labels add.

    Attributes:
        links: All links; the last is the readout.
        cut: How many layers of the first link come before its activation.
        states: The state of each link.
        contexts: The options of the pass for each link.
    """

    links: Sequence[Layer]
    cut: int
    states: Sequence[State]
    contexts: Sequence[Context]

    def hear(self, own: Params, x: Array) -> tuple[Array, State]:
        """Return the potential of the first layer with parameters, without a label."""
        head = self.links[0].span(slice(self.cut))
        return head.synapse(own[: self.cut], x, self.states[0][: self.cut], self.contexts[0])

    def speak(self, own: Params, potential: Array) -> tuple[Array, State]:
        """Return the activity of the first link for its potential with a label."""
        first = self.links[0]
        activity, tail = first.children[self.cut - 1].activate(potential), first.span(slice(self.cut, None))
        context = self.contexts[0]._replace(first=self.contexts[0].first + self.cut)
        return tail.apply(own[self.cut :], activity, self.states[0][self.cut :], context)

    def answer(self, place: int, own: Params, below: Array) -> tuple[Array, State]:
        """Return the activity of a later link for the normalized activity below it."""
        return self.links[place].apply(own, below, self.states[place], self.contexts[place])

    def go_on(self, parts: Sequence[Params], potential: Array, heard_state: State) -> tuple[list[Array], list[State]]:
        """Return the activity and the new state of every hidden link, for the potential of the first."""
        activity, spoken_state = self.speak(parts[0], potential)
        activities = [activity]
        states: list[State] = [(*heard_state, *spoken_state)]
        for place in range(1, len(parts)):
            activity, new_state = self.answer(place, parts[place], normalised(activity))
            activities.append(activity)
            states.append(new_state)
        return activities, states


def hidden_links(links: Chain, params: Params, state: State, context: Context) -> HiddenLinks:
    """Return the hidden links of a chain."""
    cut = learned_places(links.links[0], params[links.places[0]])[0] + 1
    return HiddenLinks(links.links, cut, links.split(state), links.contexts(context))
