"""Meeting and Exchange: what members see of each other between epochs, and what they make of it."""

from __future__ import annotations

from itertools import accumulate
from typing import Any, ClassVar, Literal, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import Declaration
from ..random import Key
from ..training.program import Learner
from ..typing import AnyArray, Bool, Float, Int, PyTree
from .edge_list import EdgeList
from .graph import SocialGraph
from .speaker import Speaker

# What an exchange carries from meeting to meeting; each has a kind of its own.
ExchangeMemory: TypeAlias = Any
# What members hand over.
SharedThing = Literal["nothing", "answers", "weights"]


class Meeting(NamedTuple):
    """One meeting of all members.

    Attributes:
        edges: Who listens to whom in this meeting; the edges to stubborn members and those of absent ones weigh 0.
        weights: Parameters and state of each learner, and the moments of its optimizer if the exchange wants them.
        said: The same, as members say that they are: liars turn theirs around.
        topics: The inputs that are talked about, the same for all, ``(rows, ...)``.
        answers: The answers to the topics as members say them, ``(members, rows, outputs)``.
        own: The answers of each to itself.
        payoff: The score that each claims to have on the questions with known answers, ``(members,)``.
        success: The score of what each said to them.
        progress: The completed share of the meetings, from 0 to 1.
        learners: The numbers of the members whose weights are there; None for all. Members with different networks have
            a meeting for each network, in which all members speak.
    """

    edges: EdgeList
    weights: PyTree
    said: PyTree
    topics: PyTree
    answers: Float[Array, "members rows outputs"]
    own: Float[Array, "members rows outputs"]
    payoff: Float[Array, "members"]
    success: Float[Array, "members"]
    progress: Float[Array, ""]
    learners: Int[AnyArray, "learners"] | None = None

    def of_learners(self, values: Array) -> Array:
        """Return what belongs to the members whose weights are there."""
        return values if self.learners is None else values[self.learners]


class Exchange(Declaration):
    """Base class of what members do when they meet. Write a subclass under ``@declaration`` for one of your own.

    ``meet`` runs inside a compiled program. A member without neighbours must come back as it was, bit for bit. Members
    with different networks exchange answers only; ``meet`` is then called for each network with the same memory and
    key, and must return the same memory each time.

    Attributes:
        shares: What members hand over.
        same_start: Whether members usually begin with the same weights: averages of networks that began differently
            are worse than either.
        undirected: Whether the exchange is defined on undirected graphs only.
    """

    shares: ClassVar[SharedThing] = "nothing"
    same_start: ClassVar[bool] = False
    undirected: ClassVar[bool] = False

    @property
    def shares_moments(self) -> bool:
        """Whether members hand over the moments of their optimizers beside their weights. Default: no."""
        return False

    def begin(self, graph: SocialGraph) -> ExchangeMemory:
        """Return what is carried from meeting to meeting. Default: nothing."""
        return ()

    def meet(
        self, speaker: Speaker, meeting: Meeting, memory: ExchangeMemory, key: Key
    ) -> tuple[PyTree, ExchangeMemory]:
        """Return the new parameters and states of all members, and the new memory."""
        return meeting.weights, memory


def shared_arrays(learner: Learner, with_moments: bool) -> tuple[PyTree, ...]:
    """Return what an exchange may change of learners: parameters, state, and if it shares them, moments."""
    return (learner.params, learner.state, *((learner.optimizer,) if with_moments else ()))


def with_shared_arrays(learner: Learner, arrays: tuple[PyTree, ...]) -> Learner:
    """Return learners with what :func:`shared_arrays` returned, changed."""
    params, state, *moments = arrays
    return learner._replace(params=params, state=state, optimizer=moments[0] if moments else learner.optimizer)


def chosen(who: Bool[Array, "members"], new: PyTree, old: PyTree) -> PyTree:
    """Return the arrays of a tree of members, new where ``who``, the others bit for bit as they were."""
    return jax.tree.map(lambda one, other: jnp.where(who.reshape(-1, *[1] * (one.ndim - 1)), one, other), new, old)


def flattened(weights: PyTree) -> tuple[Float[Array, "members numbers"], Any]:
    """Return the floats of a tree of members as a matrix, and what makes a tree of such a matrix again."""
    leaves, structure = jax.tree.flatten(weights)
    floats = [jnp.issubdtype(leaf.dtype, jnp.floating) for leaf in leaves]
    parts = [leaf.reshape(leaf.shape[0], -1) for leaf, own in zip(leaves, floats, strict=True) if own]
    sizes = [part.shape[1] for part in parts]

    def rebuilt(matrix: Array) -> PyTree:
        pieces = iter(jnp.split(matrix, list(accumulate(sizes))[:-1], axis=1))
        made = [next(pieces).reshape(leaf.shape) if own else leaf for leaf, own in zip(leaves, floats, strict=True)]
        return jax.tree.unflatten(structure, made)

    return jnp.concatenate(parts, 1), rebuilt
