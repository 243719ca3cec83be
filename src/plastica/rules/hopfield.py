"""Storage of patterns in a Hopfield network, as a learning rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..layers import stacks
from ..layers.capabilities import Attractors
from ..layers.layer import Layer, Params, Record
from ..random import Key
from ..typing import Float, Memory
from .facts import Facts
from .local import LayerRule, Learned, row_shares
from .pattern_storage import STORAGE, Weights, hebbian, projection, storkey, without_diagonal
from .rule import Batch


@declaration
class HopfieldStorage(LayerRule):
    """Storage of the training rows as stable states of a :class:`~plastica.layers.Hopfield` layer.

    When to use: to complete or correct patterns of two values. One epoch stores every row, whatever the batch size, and
    ``predict`` recalls. Hebb's rule and the projection do not depend on the order of rows, Storkey's does.

        hebbian         W <- W + x x' / N                                        w_ii = 0
        storkey         w_ij <- w_ij + (x_i x_j - x_i h_ji - h_ij x_j) / N       h_ij = sum over k not i, j of w_ik x_k
        pseudo_inverse  P <- P + r r' / |r|^2, r = x - P x;  W = P without its diagonal

    for each row x of -1 and 1, with N units. Hebb's rule holds up to 0.138 N random patterns with some 1.5 % of wrong
    units, Storkey's more, and the projection up to N / 2 without an error. In further epochs the projection stays as it
    is, Hebb's weights grow in proportion and hold the same states, and Storkey's change. Rows with the sample weight 0
    are not stored; other weights make no difference.

    The loss in the history is the fraction of units that would not stay as they are in the rows of a batch, after it is
    stored.

    Args:
        storage: ``"hebbian"``, ``"storkey"`` or ``"pseudo_inverse"``.

    Raises:
        InvalidValue: If the storage is unknown; when training begins, for layers whose units do not settle.

    Example:
        >>> HopfieldStorage("storkey")
        HopfieldStorage(storage='storkey')

    Reference:
        J. J. Hopfield, 1982, Neural networks and physical systems with emergent collective computational abilities,
        equation 2.
        L. Personnaz, I. Guyon, G. Dreyfus, 1985, Information storage and retrieval in spin-glass like neural networks.
        A. Storkey, 1997, Increasing the capacity of a Hopfield network without sacrificing functionality.
    """

    facts: ClassVar[Facts | None] = Facts(
        "Hopfield 1982",
        local=True,
        symmetric_weights=True,
        phases=1,
        global_error=False,
        labels=False,
        notes={
            "local": "Of the ways to store, the projection is not local: a unit knows the weights of all others.",
            "symmetric_weights": "A connection works in both directions, or two connections change identically.",
        },
    )

    unranked: ClassVar[str] = "it stores rows and learns no features for the read-out"

    storage: str = "hebbian"

    def __post_init__(self) -> None:
        if self.storage not in STORAGE:
            raise InvalidValue(f"HopfieldStorage(storage={self.storage!r}): expected one of {', '.join(STORAGE)}.")

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return stacks.attractors(last)  # a unit for each input, whatever the sizes

    def require(self, layer: Layer) -> None:
        if layer.offer(Attractors) is None:
            raise InvalidValue(
                f"{type(layer).__name__}: HopfieldStorage works on layers whose units settle in patterns. Use "
                "Hopfield(), or another rule."
            )

    def begin(self, layer: Layer, params: Params, key: Key) -> Memory:
        """Return the projection on the stored patterns, at first none; ``()`` for rules that need the weights only."""
        return jnp.zeros_like(params["kernel"]) if self.storage == "pseudo_inverse" else ()

    def learn(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch, key: Key) -> Learned:
        signs = _signs(layer, record)
        stored = jnp.where(batch.weight[:, None] > 0, signs, 0)
        kernel: Weights = params["kernel"]
        if self.storage == "pseudo_inverse":
            memory = projection(stored, memory)
            new = without_diagonal(memory)
        else:
            new = storkey(stored, kernel) if self.storage == "storkey" else kernel + hebbian(stored)
        return Learned({"kernel": new - kernel}, memory, _unstable(new, signs, batch))

    def figure(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch) -> Float[Array, ""]:
        return _unstable(params["kernel"], _signs(layer, record), batch)


def _signs(layer: Layer, record: Record) -> Float[Array, "batch units"]:
    units = layer.offer(Attractors)
    assert units is not None  # see require
    return units.signs(record.input)


def _unstable(kernel: Weights, signs: Float[Array, "batch units"], batch: Batch) -> Float[Array, ""]:
    """Return the fraction of units whose field points the other way; a field of 0 leaves them as they are."""
    wrong = jnp.mean((signs * (signs @ kernel) < 0).astype(signs.dtype), 1)
    return jnp.sum(row_shares(batch, wrong) * wrong)
