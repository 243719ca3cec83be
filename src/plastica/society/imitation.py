"""Exchanges of answers: members learn what others say, by whom they choose and when they ask."""

from __future__ import annotations

from typing import Literal

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..random import Key
from ..typing import Float, PyTree
from .dynamics import check_share
from .graph import SocialGraph
from .meeting import Exchange, Meeting, chosen
from .speaker import Speaker

Whom = Literal["all", "successful", "trusted"]
When = Literal["always", "uncertain"]
CHOICES = {"whom": ("all", "successful", "trusted"), "when": ("always", "uncertain")}


@declaration
class Imitation(Exchange):
    """Each learns to answer as its neighbours do on average (mutual distillation).

    Use it for learners that talk instead of copying each other's brains: networks may begin and learn differently. The
    fields are the social learning strategies of people: whom to copy, and when.

    Equation: ``steps`` steps of gradient descent on the cross-entropy (for amounts: half the squared error) between the
    own answers and sum_j a_ij t_j p_j / sum_j a_ij t_j, over the topics of the meeting.

    Args:
        whom: "all" neighbours; the "successful" ones more, by the score they claim; or those that are "trusted", by
            the score of what they said in the past.
        when: "always", or only where the own answer is "uncertain": its probability is below ``certainty``.
        conformity: The power of majorities: 1 takes opinions by their shares, above 1 the majority counts more than its
            share (conformist transmission).
        focus: How much score counts for ``whom``: t_j = exp(focus * score_j).
        certainty: The probability from which on a member does not ask.
        forgetting: The share of past trust that a meeting replaces, above 0.
        steps: Steps of gradient descent in a meeting.
        learning_rate: Their size.

    Raises:
        InvalidValue: If a name is unknown or a number out of range.

    Example:
        >>> Imitation(whom="trusted", when="uncertain")
        Imitation(whom='trusted', when='uncertain')

    Reference:
        Zhang, Xiang, Hospedales and Lu 2018, Deep mutual learning, for two networks and the Kullback-Leibler
        divergence, which has the gradient of the cross-entropy; Anil et al. 2018, Large scale distributed neural
        network training through online distillation; Laland 2004, Social learning strategies; Boyd and Richerson 1985,
        Culture and the evolutionary process, on conformist transmission.
    """

    shares = "answers"

    whom: Whom = "all"
    when: When = "always"
    conformity: float = 1.0
    focus: float = 20.0
    certainty: float = 0.8
    forgetting: float = 0.2
    steps: int = 10
    learning_rate: float = 0.1

    def __post_init__(self) -> None:
        """Check the fields."""
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise InvalidValue(f"Imitation({name}={getattr(self, name)!r}): expected {' or '.join(known)}.")
        check_share("Imitation", "certainty", self.certainty)
        check_share("Imitation", "forgetting", self.forgetting, positive=True)
        check_lesson("Imitation", self.steps, self.learning_rate)
        if self.conformity <= 0 or self.focus < 0:
            raise InvalidValue(
                f"Imitation(conformity={self.conformity}, focus={self.focus}): conformity is above 0, focus at least 0."
            )

    def begin(self, graph: SocialGraph) -> tuple[Array, Array]:
        """Return the trust in each member, and how many meetings it comes from."""
        return jnp.zeros(len(graph)), jnp.zeros(())

    def meet(
        self, speaker: Speaker, meeting: Meeting, memory: tuple[Array, Array], key: Key
    ) -> tuple[PyTree, tuple[Array, Array]]:
        trust, meetings = memory
        share = jnp.maximum(self.forgetting, 1 / (meetings + 1))  # the mean of the first meetings
        trust = (1 - share) * trust + share * meeting.success
        edges = meeting.edges
        if self.whom != "all":
            score = trust if self.whom == "trusted" else meeting.payoff
            # The factor that is common to all cancels; without it a score far below 0 would leave nobody.
            factor = jnp.exp(self.focus * (jnp.clip(score, -1.0, 1.0) - jnp.clip(score, -1.0, 1.0).max()))
            edges = edges._replace(weights=jnp.asarray(edges.weights) * factor[jnp.asarray(edges.senders)])
        strength = edges.strength()
        heard = edges.weighted(meeting.answers) / jnp.where(strength > 0, strength, 1)[:, None, None]
        wanted = speaker.sharpened(heard, self.conformity)
        asks = jnp.ones(wanted.shape[:2])
        if self.when == "uncertain":
            asks = (speaker.confidence(meeting.own) < self.certainty).astype(wanted.dtype)
        own = meeting.of_learners
        made = taught(speaker, meeting, own(wanted), own(asks), self.steps, self.learning_rate)
        return chosen(own(strength) > 0, made, meeting.weights), (trust, meetings + 1)


@declaration
class Teaching(Exchange):
    """Each learns from the neighbour with the best score, if it is better, easy topics before hard ones.

    Use it for teachers and pupils: a topic is easy if the teacher is sure of it. The share of topics that are taught
    grows from ``start`` in the first meeting to all in the last.

    Args:
        start: The share of the topics with which teaching begins, above 0.
        steps: Steps of gradient descent in a meeting.
        learning_rate: Their size.

    Raises:
        InvalidValue: If a number is out of range.

    Example:
        >>> Teaching(start=0.5)
        Teaching(start=0.5)

    Reference:
        Bengio, Louradour, Collobert and Weston 2009, Curriculum learning; Hinton, Vinyals and Dean 2015, Distilling the
        knowledge in a neural network.
    """

    shares = "answers"

    start: float = 0.3
    steps: int = 10
    learning_rate: float = 0.1

    def __post_init__(self) -> None:
        """Check the numbers."""
        check_share("Teaching", "start", self.start, positive=True)
        check_lesson("Teaching", self.steps, self.learning_rate)

    def meet(self, speaker: Speaker, meeting: Meeting, memory: tuple[()], key: Key) -> tuple[PyTree, tuple[()]]:
        edges = meeting.edges
        senders, receivers = jnp.asarray(edges.senders), jnp.asarray(edges.receivers)
        claimed = jnp.where(jnp.asarray(edges.weights) > 0, meeting.payoff[senders], -jnp.inf)
        best = jax.ops.segment_max(claimed, receivers, edges.size, indices_are_sorted=True)
        is_best = (claimed == best[receivers]) & jnp.isfinite(claimed)
        # Of teachers who are equally good, the first.
        teacher = jax.ops.segment_min(jnp.where(is_best, senders, edges.size), receivers, edges.size)
        pupil = (best > meeting.payoff) & (teacher < edges.size)
        teacher = jnp.clip(teacher, 0, edges.size - 1)
        sure = speaker.confidence(meeting.answers)[teacher]
        rank = jnp.argsort(jnp.argsort(-sure, axis=1), axis=1) / sure.shape[1]
        taught_now = (rank < self.start + (1 - self.start) * meeting.progress).astype(sure.dtype)
        own, wanted = meeting.of_learners, meeting.answers[teacher]
        made = taught(speaker, meeting, own(wanted), own(taught_now), self.steps, self.learning_rate)
        return chosen(own(pupil), made, meeting.weights), memory


def taught(
    speaker: Speaker,
    meeting: Meeting,
    wanted: Float[Array, "learners rows outputs"],
    weight: Float[Array, "learners rows"],
    steps: int,
    rate: Array | float,
) -> PyTree:
    """Return learners after some steps of gradient descent towards answers to the topics."""

    def pupil(params: PyTree, state: PyTree, wanted: Array, weight: Array) -> PyTree:
        def loss(params: PyTree) -> Array:
            apart = speaker.difference(speaker.answer(params, state, meeting.topics), wanted)
            return (weight * apart).sum() / jnp.maximum(weight.sum(), 1.0)

        def step(_: Array, params: PyTree) -> PyTree:
            return jax.tree.map(lambda w, slope: w - rate * slope, params, jax.grad(loss)(params))

        return jax.lax.fori_loop(0, steps, step, params)

    params, state = meeting.weights
    return jax.vmap(pupil)(params, state, wanted, weight), state


def check_lesson(owner: str, steps: int, rate: float) -> None:
    """Check the steps of gradient descent in a meeting.

    Raises:
        InvalidValue: If there are none, or their size is not above 0.
    """
    if isinstance(steps, bool) or steps < 1 or not rate > 0:
        raise InvalidValue(
            f"{owner}(steps={steps}, learning_rate={rate}): give at least one step, and a learning rate above 0."
        )
