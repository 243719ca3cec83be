"""The calls of one network trained by local steps: each device trains on its own rows, and weights are averaged."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import Mesh, PartitionSpec

from .. import random
from ..data.gathered import Staged
from ..errors import InvalidValue
from ..random import Key
from ..typing import AnyArray, Int, PyTree
from .compiled import compiled_for
from .devices import DATA
from .loop import Chunk, held_out_sums
from .member import Call
from .program import Learner, Program
from .rows import Plan, Rows, is_staged
from .sharded import Sharded

SMALL = 1 << 16  # numbers; to copy larger arrays into one takes longer than to send them on their own


class LocalSteps(Sharded):
    """Computes the calls of one network on devices that train apart, and average their weights at the end of a call.

    Each device makes its steps on its own share of every epoch's rows, in batches of its own; nothing is sent in
    between. At the end of a call, weights, moments and running statistics are averaged, and sums of metrics are added
    up; the validation is computed with the average.

    Args:
        mesh: The devices.

    Reference:
        S. U. Stich (2019), Local SGD converges fast and communicates little, algorithm 1.
    """

    def __init__(self, mesh: Mesh) -> None:
        super().__init__(mesh)
        self._dealt: tuple[AnyArray, Array, Array] | None = None

    def arranged(self, call: Call) -> tuple[Callable[..., Chunk], tuple[PyTree, ...]]:
        """Return the program of a call and its arguments, placed on the devices.

        Raises:
            InvalidValue: If the network is stateful, or there are fewer rows in an epoch than devices need.
        """
        if call.program.network.remembers:
            raise InvalidValue(
                "fit(average_every=...): this network is stateful, and its memory follows the order of the rows; leave "
                "average_every out."
            )
        rows, held_out = self._placed_rows(call.rows), self._placed_validation(call.validation)
        table, real, plan = self._dealt_plan(call.plan)
        divided = held_out is not None and all(_is_divided(part, self.parts) for part in _parts_of(call.validation))
        program = _program(compiled_for(call.program.network).advance, self.mesh, divided)
        place = plan._replace(table=cast(Array, None), real=cast(Array, None))
        return program, (
            call.program, call.key, self._placed_learner(call.learner), rows, held_out, table, real, place,
        )  # fmt: skip

    def _dealt_plan(self, plan: Plan) -> tuple[Array, Array, Plan]:
        """Return the batches of each device, how many rows of each are real, and the plan."""
        batches = int(plan.table.shape[1] if plan.batches is None else plan.batches)
        if self._dealt is None or self._dealt[0] is not plan.table:
            table, real = self._dealt_rows(np.asarray(plan.table), np.asarray(plan.real)[:batches])
            where = PartitionSpec(DATA)
            self._dealt = plan.table, self.put(table, where), self.put(real, where)
        return self._dealt[1], self._dealt[2], plan._replace(span=tuple(plan.span), batches=np.int32(batches))

    def _dealt_rows(self, table: np.ndarray, real: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # Rows that are read window by window are dealt window by window; within an epoch, a window has one batch fewer
        # than it says, so that it does not complete the epoch.
        count = np.count_nonzero(real)
        own, sizes = dealt(table, real[:count], self.parts)
        if table.shape[1] == count:
            return own, sizes
        # The same room for all windows, which then share one program.
        room = (0, max(table.shape[1] - own.shape[2], 0))
        own = np.pad(own, ((0, 0), (0, 0), room, (0, -(-table.shape[2] // self.parts) - own.shape[3])), mode="edge")
        return own, np.pad(sizes, ((0, 0), room))


def dealt(
    table: Int[np.ndarray, "epochs batches size"], real: Int[np.ndarray, "batches_of_an_epoch"], parts: int
) -> tuple[Int[np.ndarray, "parts epochs room share"], Int[np.ndarray, "parts room"]]:
    """Deal the rows of each epoch to several devices: each row to one of them, in as many batches for each.

    Args:
        table: Row numbers.
        real: How many rows of each batch are real.
        parts: How many devices there are.

    Raises:
        InvalidValue: If a device would have batches without a row.

    Example:
        >>> table, real = dealt(np.arange(8, dtype=np.int32).reshape(1, 2, 4), np.array([4, 3]), 2)
        >>> table[0, 0].tolist(), real.tolist()
        ([[0, 2], [4, 6]], [[2, 2], [2, 1]])
        >>> table[1, 0].tolist()
        [[1, 3], [5, 5]]
    """
    batches, rows = len(real), int(real.sum())
    if rows // parts < batches:
        raise InvalidValue(
            f"fit(average_every=...): an epoch of {rows} rows in {batches} batches leaves some of {parts} devices "
            "without a row in a batch; choose a larger batch_size or fewer devices."
        )
    is_real = np.arange(table.shape[2]) < real[:, None]
    orders = np.stack([each[:batches][is_real] for each in table])  # (epochs, rows)
    most = -(-rows // parts)  # rows of a device
    share = -(-most // batches)
    made = np.zeros((parts, len(table), max(batches, 2), share), np.int32)
    sizes = np.zeros((parts, max(batches, 2)), np.int32)
    for part in range(parts):
        own = orders[:, part::parts]
        for batch, columns in enumerate(np.array_split(np.arange(own.shape[1]), batches)):
            # Fillers repeat the last row, and weigh nothing.
            filled = np.append(columns, np.repeat(columns[-1:], share - len(columns)))
            made[part, :, batch] = own[:, filled]
            sizes[part, batch] = len(columns)
    return made, sizes


@cache
def _program(advance: Callable[..., Chunk], mesh: Mesh, divided: bool) -> Callable[..., Chunk]:
    """Return the program of a call, in which devices exchange something only at its end."""
    parts = mesh.shape[DATA]

    def local(
        program: Program, key: Key, learner: Learner, rows: Rows, held_out: Rows | None, table: Array, real: Array,
        plan: Plan,
    ) -> Chunk:  # fmt: skip
        own_key = random.fold(jnp.asarray(key), jax.lax.axis_index(DATA))
        own = learner._replace(sums=learner.sums / parts)  # of what was summed before, each adds up its part
        chunk = cast("PyTree", advance).__wrapped__(
            program, own_key, own, rows, None, plan._replace(table=table[0], real=real[0])
        )
        made = _averaged(chunk.learner._replace(sums=jnp.zeros_like(learner.sums)))
        sums, train = _in_one(lambda each: jax.lax.psum(each, DATA), (chunk.learner.sums, chunk.train))
        made = made._replace(sums=sums)
        validation = jnp.zeros_like(train)
        if held_out is not None:
            # A call ends with an epoch at the latest, whose number is the one before where the run now stands.
            def judge() -> Array:
                found = held_out_sums(program, made, held_out)
                return jax.lax.psum(found, DATA) if divided else found

            complete = (chunk.batch == 0) & (chunk.epoch > plan.span[0])
            found = jax.lax.cond(complete, judge, lambda: jnp.zeros_like(made.sums))
            validation = jax.lax.dynamic_update_index_in_dim(validation, found, plan.span[0], 0)
        ends = chunk.finite.astype(jnp.int32), chunk.loss_finite.astype(jnp.int32), chunk.epoch, chunk.batch
        finite, loss_finite, epoch, batch = _in_one(lambda each: jax.lax.pmin(each, DATA), ends)
        return Chunk(made, train, validation, finite > 0, loss_finite > 0, epoch, batch)

    same, apart = PartitionSpec(), PartitionSpec(DATA)
    judged = PartitionSpec(None, DATA) if divided else same
    return jax.jit(
        jax.shard_map(
            local,
            mesh=mesh,
            in_specs=(same, same, same, same, judged, apart, apart, same),
            out_specs=same,
            check_vma=False,
        )
    )


def _parts_of(rows: Rows | None) -> list[AnyArray | Staged]:
    return jax.tree.leaves(rows, is_leaf=is_staged)


def _is_divided(part: AnyArray | Staged, parts: int) -> bool:
    """Return whether :meth:`Sharded._placed_chunks` divides a part of the validation rows."""
    return not isinstance(part, Staged) and part.shape[1] % parts == 0


def _averaged(learner: Learner) -> Learner:
    """Return the means over devices; counters are the same on all of them."""
    leaves, structure = jax.tree.flatten(learner)
    floats = {place: leaf for place, leaf in enumerate(leaves) if jnp.issubdtype(leaf.dtype, jnp.floating)}
    means = _in_one(lambda each: jax.lax.pmean(each, DATA), floats)
    return jax.tree.unflatten(structure, [means.get(place, leaf) for place, leaf in enumerate(leaves)])


def _in_one(reduce: Callable[[Array], Array], tree: PyTree) -> PyTree:
    """Reduce arrays elementwise over devices, small ones of one dtype as one array.

    On CPUs, each array is sent on its own, after the one before has come.
    """
    leaves, structure = jax.tree.flatten(tree)
    small: dict[str, list[int]] = {}
    for place, leaf in enumerate(leaves):
        if leaf.size < SMALL:
            small.setdefault(str(leaf.dtype), []).append(place)
        else:
            leaves[place] = reduce(leaf)
    for places in small.values():
        whole = reduce(jnp.concatenate([leaves[place].ravel() for place in places]))
        ends = np.cumsum([leaves[place].size for place in places])
        for place, part in zip(places, jnp.split(whole, ends[:-1]), strict=True):
            leaves[place] = part.reshape(leaves[place].shape)
    return jax.tree.unflatten(structure, leaves)


def next_average(step: int, every: int, batches: int) -> int:
    """Return the step after which weights are averaged next: the last of an epoch is among them.

    Example:
        >>> [next_average(step, 4, 10) for step in (0, 3, 4, 8, 10)]
        [4, 4, 8, 10, 14]
    """
    in_epoch = step % batches
    return step - in_epoch + min((in_epoch // every + 1) * every, batches)
