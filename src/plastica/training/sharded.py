"""The calls of one network computed on several devices: each batch is divided among them, or large arrays are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import cast

import jax
import numpy as np
from jax import Array
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from ..data.gathered import Staged
from ..errors import InvalidValue
from ..typing import AnyArray, PyTree
from .compiled import compiled_for
from .devices import DATA, MODEL
from .loop import Chunk
from .member import Call
from .program import Learner
from .rows import Plan, Rows, is_staged

# Smaller arrays are on every device: their parts would take longer to collect than to compute.
FEWEST_DIVIDED = 1 << 16  # numbers in an array


class Sharded:
    """Computes the calls of one network on a mesh of devices.

    Each device computes a part of every batch with all weights, and the compiler adds up what they have in common, so
    that any rule, layer and metric computes what it computes on one device, up to rounding. Along the axis ``model``,
    large arrays (kernels, embeddings, and their moments) are divided by their last axis that can be divided evenly.

    Args:
        mesh: The devices.
    """

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        self.parts = mesh.shape.get(DATA, 1)
        self._everywhere = NamedSharding(mesh, PartitionSpec())
        self._learner: tuple[Learner, Learner] | None = None
        self._rows: tuple[Rows, Rows] | None = None
        self._validation: tuple[Rows | None, Rows | None] = None, None
        self._table: tuple[AnyArray, Array] | None = None

    def __call__(self, calls: Mapping[int, Call], meanwhile: Callable[[], None]) -> dict[int, Chunk]:
        """Compute the calls, by the place of the member among all."""
        found: dict[int, Chunk] = {}
        for place, call in calls.items():
            program, arguments = self.arranged(call)
            chunk = program(*arguments)
            outside = chunk if MODEL in self.mesh.shape else cast(Chunk, jax.tree.map(_on_one_device, chunk))
            self._learner, found[place] = (outside.learner, chunk.learner), outside
        meanwhile()
        return found

    def arranged(self, call: Call) -> tuple[Callable[..., Chunk], tuple[PyTree, ...]]:
        """Return the program of a call and its arguments, placed on the devices.

        Raises:
            InvalidValue: If the batches of a stateful network cannot be divided evenly.
        """
        network = call.program.network
        plan = call.plan.for_program()
        if network.remembers and plan.table.shape[-1] % self.parts:
            raise InvalidValue(
                f"fit(devices=...): this network is stateful, and its batches of {plan.table.shape[-1]} rows cannot be "
                f"divided evenly among {self.parts} devices; choose a batch_size that is a multiple of {self.parts}."
            )
        inside = self._placed_learner(call.learner)
        leaves, structure = jax.tree.flatten(jax.tree.map(lambda leaf: leaf.sharding, inside))
        program = _program(compiled_for(network).advance, self._everywhere, tuple(leaves), structure)
        data = self._placed_rows(call.rows), self._placed_validation(call.validation), self._placed_plan(plan)
        return program, (call.program, call.key, inside, *data)

    def _placed_learner(self, learner: Learner) -> Learner:
        # Identity and not equality: what callbacks did not replace is still on the devices from the call before.
        if self._learner is not None and self._learner[0] is learner:
            return self._learner[1]
        return jax.tree.map(lambda leaf: self.put(leaf, self._parts_of(leaf)), learner)

    def _parts_of(self, leaf: AnyArray) -> PartitionSpec:
        parts = self.mesh.shape.get(MODEL, 1)
        shape = np.shape(leaf)
        if parts == 1 or len(shape) < 2 or np.size(leaf) < FEWEST_DIVIDED:
            return PartitionSpec()
        divisible = [axis for axis, size in enumerate(shape) if size % parts == 0]
        return PartitionSpec(*[None] * divisible[-1], MODEL) if divisible else PartitionSpec()

    def _placed_rows(self, rows: Rows) -> Rows:
        if self._rows is None or self._rows[0] is not rows:
            # Every device has all rows, and gathers those of its part of each batch.
            self._rows = rows, jax.tree.map(lambda leaf: self.put(leaf, PartitionSpec()), rows)
        return self._rows[1]

    def _placed_validation(self, rows: Rows | None) -> Rows | None:
        if rows is None:
            return None
        if self._validation[0] is not rows:
            self._validation = rows, jax.tree.map(self._placed_chunks, rows, is_leaf=is_staged)
        return self._validation[1]

    def _placed_chunks(self, part: AnyArray | Staged) -> PyTree:
        """Place ``(chunks, size, ...)`` with each chunk divided among the devices."""
        if isinstance(part, Staged):
            return jax.tree.map(lambda leaf: self.put(leaf, PartitionSpec()), part)
        divided = part.shape[1] % self.parts == 0
        return self.put(part, PartitionSpec(None, DATA) if divided and DATA in self.mesh.shape else PartitionSpec())

    def _placed_plan(self, plan: Plan) -> Plan:
        if self._table is None or self._table[0] is not plan.table:
            # Rows that fill up the last part come after those that fill up a short batch, and weigh nothing either.
            table = np.asarray(plan.table)
            room = -(-table.shape[-1] // self.parts) * self.parts
            table = np.concatenate([table, np.repeat(table[..., -1:], room - table.shape[-1], -1)], -1)
            where = PartitionSpec(None, None, DATA) if DATA in self.mesh.shape else PartitionSpec()
            self._table = plan.table, self.put(table, where)
        return plan._replace(table=self._table[1])

    def put(self, leaf: AnyArray, where: PartitionSpec) -> Array:
        """Place an array on the devices, of which other processes may hold some."""
        sharding = NamedSharding(self.mesh, where)
        if sharding.is_fully_addressable:
            return jax.device_put(leaf, sharding)
        host = np.asarray(leaf)
        return jax.make_array_from_callback(host.shape, sharding, lambda part: host[part])


@cache
def _program(
    advance: Callable[..., Chunk], everywhere: NamedSharding, leaves: tuple[NamedSharding, ...], structure: PyTree
) -> Callable[..., Chunk]:
    """Return the program of a run whose result lies where its arguments do, so that no call compiles it again."""
    learner = jax.tree.unflatten(structure, leaves)
    where: PyTree = Chunk(learner, *cast("list[Array]", [everywhere] * (len(Chunk._fields) - 1)))
    return jax.jit(cast("PyTree", advance).__wrapped__, out_shardings=where)


def _on_one_device(leaf: Array) -> Array:
    """Return what every device has from the first of them, without a copy."""
    return leaf.addressable_shards[0].data


def brought_home(learner: Learner) -> Learner:
    """Return a learner on the default device, wherever it was trained."""

    def home(leaf: AnyArray) -> Array:
        sharding = leaf.sharding if isinstance(leaf, jax.Array) else None
        if isinstance(sharding, NamedSharding) and not sharding.is_fully_addressable:
            whole = NamedSharding(sharding.mesh, PartitionSpec())
            leaf = jax.jit(lambda parts: parts, out_shardings=whole)(leaf)
        return jax.device_put(np.asarray(leaf))

    return jax.tree.map(home, learner)
