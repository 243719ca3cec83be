"""simulate: opinions on a graph over time, in one compiled program for all steps and runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from .. import random
from ..errors import InvalidValue
from ..random import Key
from ..training.live_line import LiveLine
from ..typing import AnyArray, Float, Int
from .dynamics import OpinionDynamics, OpinionState
from .edge_list import EdgeList
from .graph import SocialGraph
from .graphs import GraphLike, graph_of
from .step_line import StepStanding, shares_of, step_line

if TYPE_CHECKING:
    from ..drawing.figure import Drawing

MOST_VALUES = 200_000_000  # of all records


@dataclass(frozen=True, eq=False, repr=False)
class OpinionSimulation:
    """Opinions over time; returned by :func:`simulate`.

    Attributes:
        dynamics: How opinions change.
        graph: Who listens to whom.
        times: The steps that were recorded, ``(times,)``; the first is 0.
        opinions: The opinions, ``(times, members, ...)``; with several runs ``(runs, times, members, ...)``.
        consensus_steps: After how many steps all members agreed; -1 if they did not. A number, or one for each run.
    """

    dynamics: OpinionDynamics
    graph: SocialGraph
    times: Int[np.ndarray, "times"]
    opinions: Float[np.ndarray, "*shape"]
    consensus_steps: Int[np.ndarray, "*runs"]

    def __repr__(self) -> str:
        """Show the dynamics and the size."""
        runs = "" if self.consensus_steps.ndim == 0 else f", {len(self.consensus_steps)} runs"
        return f"<OpinionSimulation: {self.dynamics!r}, {len(self.graph)} members, {self.times[-1]} steps{runs}>"

    @property
    def final(self) -> Float[np.ndarray, "*shape"]:
        """The opinions after the last step."""
        return self.opinions[-1] if self.consensus_steps.ndim == 0 else self.opinions[:, -1]

    def plot(self, path: str | Path | None = None) -> Drawing:
        """Draw the opinions over time, and the graph coloured by them at the beginning and at the end.

        Args:
            path: A file to save it to, ``.svg``, ``.png`` or ``.pdf``.
        """
        from .picture import draw_simulation

        return draw_simulation(self).save(path)


def simulate(
    dynamics: OpinionDynamics,
    graph: GraphLike,
    steps: int,
    *,
    members: int | None = None,
    initial: ArrayLike | None = None,
    runs: int | None = None,
    seed: int = 0,
    record_every: int = 1,
    verbose: int | str = "auto",
) -> OpinionSimulation:
    """Let opinions on a graph change for some steps.

    Use it for models of opinions with known answers, and beside societies of learners. All steps are one
    ``lax.scan``, and all runs one ``vmap``; the cost of a step grows with the edges.

    Args:
        dynamics: How opinions change, such as ``DeGroot()``.
        graph: Who listens to whom; as for :func:`graph_of`.
        steps: The number of steps, in each of which every member may act once.
        members: The number of members of a graph that is given by its name.
        initial: The first opinions, ``(members,)`` or what the dynamics take. Default: drawn by the dynamics, usually
            evenly between 0 and 1.
        runs: How many runs with different draws; default: one, without an axis of runs.
        seed: The seed of graph and draws.
        record_every: How many steps lie between records; the last step is always recorded.
        verbose: 0 for no output, otherwise a live line in a terminal.

    Raises:
        InvalidValue: If a number is out of range, or there would be too many records for the memory.
        ShapeError: If there is not one opinion for each member.

    Example:
        >>> from plastica.society import DeGroot
        >>> found = simulate(DeGroot(), "karate_club", steps=200, record_every=10)
        >>> found.opinions.shape, bool(found.consensus_steps > 0)
        ((21, 34), True)
    """
    if not isinstance(dynamics, OpinionDynamics):
        raise InvalidValue(f"simulate({dynamics!r}): give dynamics such as DeGroot() or VoterModel().")
    for name, value in {"steps": steps, "record_every": record_every, "runs": 1 if runs is None else runs}.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise InvalidValue(f"simulate({name}={value!r}): give a whole number of at least 1.")
    made = graph_of(graph, members, seed)
    made.warn_of_isolated()
    first = None if initial is None else np.asarray(initial)
    dynamics.check(first, len(made))
    edges = made.edge_list()
    keys = np.stack([random.fold(random.seed_key(seed), run) for run in range(runs or 1)])
    _check_size(dynamics, first, edges, keys, -(-steps // record_every))
    every = min(record_every, steps)
    records, rest = divmod(steps, every)
    with step_line(verbose) as line:
        parts = [(count, every) for count in shares_of(records, line)] + [(1, rest)] * (rest > 0)
        opinions, agreed = _simulated(dynamics, first, edges, keys, parts, line)
    times = np.append(np.arange(0, steps + 1, every), [steps] if rest else []).astype(int)
    return OpinionSimulation(
        dynamics, made, times, *((opinions, agreed) if runs is not None else (opinions[0], agreed[0]))
    )


class SimulationState(NamedTuple):
    """Where runs stand, ``(runs, ...)`` each: opinions and what else changes, the step, and when all agreed."""

    state: OpinionState
    time: Int[Array, "*runs"]
    agreed: Int[Array, "*runs"]


def _check_size(dynamics: OpinionDynamics, first: AnyArray | None, edges: EdgeList, keys: Key, records: int) -> None:
    shape = jax.eval_shape(lambda key: dynamics.opinions(dynamics.begin(first, edges, key)), keys[0]).shape
    values = int(np.prod([len(keys), records, *shape], dtype=float))
    if values > MOST_VALUES:
        raise InvalidValue(
            f"simulate: {records:,} records of {len(keys)} runs are {values:,} numbers; give a larger record_every."
        )


def _simulated(
    dynamics: OpinionDynamics,
    initial: AnyArray | None,
    edges: EdgeList,
    keys: Key,
    parts: list[tuple[int, int]],
    line: LiveLine,
) -> tuple[Float[np.ndarray, "runs records *rest"], Int[np.ndarray, "runs"]]:
    """Return what was recorded, and when all agreed; each part has so many records, after so many steps each."""
    total = sum(records * every for records, every in parts)
    now, before = _begun(dynamics, initial, edges, keys)
    shown, made = [np.asarray(before)[:, None]], 0
    for records, every in parts:
        now, found = _advanced(dynamics, edges, keys, now, records, every)
        shown.append(np.asarray(found))
        made += records * every
        line.show(StepStanding(total, made))
    return np.concatenate(shown, 1), np.asarray(now.agreed)


@jax.jit
def _begun(
    dynamics: OpinionDynamics, initial: AnyArray | None, edges: EdgeList, keys: Key
) -> tuple[SimulationState, Array]:
    def one_run(key: Array) -> tuple[SimulationState, Array]:
        start = dynamics.begin(initial, edges, random.fold(key, 0))
        opinions = dynamics.opinions(start)
        return SimulationState(start, jnp.int32(0), jnp.where(dynamics.agreed(opinions), 0, -1)), opinions

    return jax.vmap(one_run)(jnp.asarray(keys))


@partial(jax.jit, static_argnames=("records", "every"))
def _advanced(
    dynamics: OpinionDynamics, edges: EdgeList, keys: Key, now: SimulationState, records: int, every: int
) -> tuple[SimulationState, Array]:
    def one_run(key: Array, now: SimulationState) -> tuple[SimulationState, Array]:
        def step(now: SimulationState, _: None) -> tuple[SimulationState, None]:
            state, time, agreed = now
            state = dynamics.step(state, edges.at(time), random.fold(random.fold(key, 1), time))
            first = (agreed < 0) & dynamics.agreed(dynamics.opinions(state))
            return SimulationState(state, time + 1, jnp.where(first, time + 1, agreed)), None

        def record(now: SimulationState, _: None) -> tuple[SimulationState, Array]:
            now, _ = jax.lax.scan(step, now, None, length=every)
            return now, dynamics.opinions(now.state)

        return jax.lax.scan(record, now, None, length=records)

    return jax.vmap(one_run)(jnp.asarray(keys), now)
