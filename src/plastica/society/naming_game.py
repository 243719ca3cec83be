"""The naming game: members agree on a word without anyone who decides."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue
from ..random import Key
from ..typing import AnyArray
from .dynamics import OpinionDynamics
from .edge_list import EdgeList


@declaration
class NamingGame(OpinionDynamics):
    """A speaker says one of the words it knows; if the hearer knows it, both forget all others, or else it learns it.

    Use it for how conventions form. A speaker without a word invents one. In a complete graph the number of words
    known, at its highest, and the number of meetings until agreement grow as N^1.5. A step has as many meetings as
    members.
    Opinions are which words each member knows, ``(members, words)``.

    Args:
        commitment: The share of members that never learn and say the first word only. From about 10 % on they soon
            turn a society around that agrees on another word.

    Raises:
        InvalidValue: If the share is not from 0 to below 1.

    Example:
        >>> from plastica.society import simulate
        >>> known = simulate(NamingGame(), "complete", steps=100, members=10).final
        >>> known.sum(axis=1).tolist() == [1.0] * 10, bool((known == known[0]).all())
        (True, True)

    Reference:
        Baronchelli, Felici, Loreto, Caglioti and Steels 2006, Sharp transition towards shared vocabularies in
        multi-agent systems; Xie et al. 2011, Social consensus through the influence of committed
        minorities.
    """

    commitment: float = 0.0

    def __post_init__(self) -> None:
        """Check the share."""
        if not 0 <= self.commitment < 1:
            raise InvalidValue(f"NamingGame(commitment={self.commitment}): give a share from 0 to below 1.")

    def begin(self, initial: AnyArray | None, edges: EdgeList, key: Key) -> Array:
        if initial is not None:
            return jnp.asarray(initial, jnp.float32)
        known = jnp.zeros((edges.size, edges.size))
        return jnp.where(self._committed(edges)[:, None], jnp.eye(1, edges.size), known)

    def step(self, state: Array, edges: EdgeList, key: Key) -> Array:
        hearers, speakers = edges.meeting(key, (edges.size,))
        draws = random.uniform(random.fold(key, 2), (edges.size, state.shape[1]))
        committed = self._committed(edges)

        def meet(number: Array, state: Array) -> Array:
            hearer, speaker = hearers[number], speakers[number]
            knows_none = state[speaker].sum() == 0
            own_word = jax.nn.one_hot(speaker, state.shape[1])
            known = jnp.where(knows_none, own_word, state[speaker])
            word = jax.nn.one_hot(jnp.argmax(known * (draws[number] + 1)), state.shape[1])
            success = (state[hearer] * word).sum() > 0
            heard = jnp.where(success, word, jnp.maximum(state[hearer], word))
            said = jnp.where(success, word, known)
            # A member without neighbours meets itself and stays without a word.
            alone = hearer == speaker
            heard = jnp.where(committed[hearer] | alone, state[hearer], heard)
            said = jnp.where(committed[speaker] | alone, state[speaker], said)
            return state.at[hearer].set(heard).at[speaker].set(said)

        return jax.lax.fori_loop(0, edges.size, meet, state)

    def agreed(self, opinions: Array) -> Array:
        return jnp.all(opinions == opinions[0]) & (opinions[0].sum() == 1)

    def _committed(self, edges: EdgeList) -> Array:
        return jnp.asarray(edges.members) < jnp.round(self.commitment * edges.size)
