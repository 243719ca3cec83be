"""The plan of a run: what memory and time it will take, from a short measured probe."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import NamedTuple

import jax
import numpy as np

from ..errors import NotFinite
from ..notes import Note, note
from ..training import finite
from ..training.cache import keep_compiled_programs
from ..training.calls import arranged
from ..training.devices import DATA, mesh_of, shown_device
from ..training.loop import Chunk
from ..training.member import Member
from ..training.memory import free_bytes
from ..typing import Document, PyTree
from . import fitting
from .adapting import adapt
from .base import BaseModel
from .options import Options
from .training_data import GivenData

# A step shorter than this is over before several processes have added up its gradients (1.4 ms by gloo on one machine).
WORTH_DIVIDING = 0.005
GROWTH = 4  # of the number of steps from one measurement to the next
MINUTE, HOUR = 60, 3600


@dataclass(frozen=True)
class RunPlan:
    """What a run will take, measured on this machine before it starts.

    Attributes:
        device: The name of the device, or of the first of several.
        devices: How many devices compute.
        parameters: The number of parameters.
        rows: Training rows.
        batch_size: Rows of a batch.
        batches: Steps of an epoch.
        epochs: Epochs, at most: early stopping may end a run sooner.
        compile_seconds: To trace and compile the program, or to load it from the cache of compiled programs.
        step_seconds: A step.
        epoch_seconds: An epoch, with its validation.
        data_bytes: The training and validation rows on a device.
        learner_bytes: Parameters, moments of the optimizer, and state.
        working_bytes: What a step computes in between, as the compiler planned it.
        free_bytes: What is free on the device.
    """

    device: str
    devices: int
    parameters: int
    rows: int
    batch_size: int
    batches: int
    epochs: int
    compile_seconds: float
    step_seconds: float
    epoch_seconds: float
    data_bytes: int
    learner_bytes: int
    working_bytes: int
    free_bytes: int

    @property
    def seconds(self) -> float:
        """The whole run in seconds, at most."""
        return self.compile_seconds + self.epochs * self.epoch_seconds

    @property
    def bytes(self) -> int:
        """The memory of a device in bytes: rows, the learner before and after a call, and what is between."""
        return self.data_bytes + 2 * self.learner_bytes + self.working_bytes

    @property
    def fits(self) -> bool:
        """Whether the memory is free."""
        return self.bytes <= self.free_bytes

    def notes(self) -> list[Note]:
        """Return the plan in sentences: where, memory, time, and what would make it faster."""
        count, where = self.devices, self.device
        found = [note("plan.where", device=where) if count == 1 else note("plan.several", count=count, device=where)]
        parts = {"data": self.data_bytes, "learner": 2 * self.learner_bytes, "working": self.working_bytes}
        sizes = {name: _size(size) for name, size in {**parts, "all": self.bytes, "free": self.free_bytes}.items()}
        found.append(note("plan.memory" if self.fits else "plan.too_much", **sizes))
        found.append(
            note(
                "plan.time",
                whole=duration(self.seconds),
                compiling=duration(self.compile_seconds),
                epochs=self.epochs,
                epoch=duration(self.epoch_seconds),
                batches=self.batches,
                step=duration(self.step_seconds),
            )
        )
        return [*found, self._advice()]

    def _advice(self) -> Note:
        step, there = duration(self.step_seconds), len(jax.devices())
        if self.step_seconds < WORTH_DIVIDING:
            return note("plan.too_short", step=step, least=duration(WORTH_DIVIDING))
        if there > self.devices:
            return note("plan.more_devices", step=step, count=there)
        return note("plan.worth", step=step)

    def __str__(self) -> str:
        return "\n".join(each.said() for each in self.notes())

    def to_dict(self) -> Document:
        """Return the numbers, with the whole time and memory, for JSON."""
        return {**asdict(self), "seconds": self.seconds, "bytes": self.bytes, "fits": self.fits}


def plan_of(model: BaseModel, given: GivenData, options: Options, seconds: float) -> RunPlan:
    """Measure a few steps of a copy of the model; see :meth:`Model.plan`."""
    keep_compiled_programs()
    mesh = mesh_of(options.devices)
    made = copy.copy(model)  # arrays are replaced and never changed, so that the model keeps its own
    data, held_out = fitting.training_data(made, given, options)
    adapt(made, None if data.examples is None else data.examples.x)
    member = fitting.member_for(made, data, held_out, options)
    try:
        epochs = max(1, options.epochs - options.initial_epoch)
        probe = _Probe(member, epochs, arranged(mesh))
        measured = probe.measured(seconds)
    finally:
        member.source.close()
    devices = [jax.local_devices()[0]] if mesh is None else list(mesh.devices.flat)
    divided = 1 if mesh is None else mesh.shape.get(DATA, 1)
    rows, validation = member.source.rows_at(0), member.validation
    working = probe.working_bytes
    return RunPlan(
        device=shown_device(devices[0]),
        devices=len(devices),
        parameters=sum(np.size(leaf) for leaf in jax.tree.leaves(made.params)),
        rows=member.source.rows,
        batch_size=member.source.size,
        batches=member.source.batches,
        epochs=options.epochs - options.initial_epoch,
        data_bytes=_bytes(rows) + _bytes(validation) // divided,
        learner_bytes=_bytes(member.trainee.learner),
        working_bytes=working,
        free_bytes=free_bytes(),
        **measured._asdict(),
    )


class _Measured(NamedTuple):
    compile_seconds: float
    step_seconds: float
    epoch_seconds: float


class _Probe:
    """Measures the calls of a run, without changing its member."""

    def __init__(
        self, member: Member, epochs: int, arrange: Callable[..., tuple[Callable[..., Chunk], PyTree]]
    ) -> None:
        self.member, self.epochs, self.arrange = member, epochs, arrange
        self.working_bytes = 0
        self._compiled: Callable[..., Chunk] | None = None

    def measured(self, seconds: float) -> _Measured:
        """Measure for so many seconds, after the program was compiled."""
        source = self.member.source
        began = time.perf_counter()
        program, arguments = self.arrange(self._call(0, 1))
        compiled = program.lower(*arguments).compile()  # pyright: ignore[reportFunctionMemberAccess]
        compile_seconds = time.perf_counter() - began
        memory = compiled.memory_analysis()
        self.working_bytes = 0 if memory is None else int(memory.temp_size_in_bytes)
        self._compiled = compiled
        self._timed(0, 1)  # the first call touches its memory for the first time
        until = time.perf_counter() + seconds
        steps, most = 1, max(1, min(source.farthest(0), source.batches) - 1)
        took = self._timed(0, 1)
        while steps < most and took * GROWTH < until - time.perf_counter():
            steps = min(GROWTH * steps, most)
            took = self._timed(0, steps)
        step = took / steps
        if source.batches > 1 and source.farthest(0) >= source.batches:
            last = min(self._timed(source.batches - 1, source.batches) for _ in range(2))
            return _Measured(compile_seconds, step, (source.batches - 1) * step + max(last, step))
        return _Measured(compile_seconds, step, source.batches * step)

    def _call(self, start: int, stop: int) -> PyTree:
        return self.member.call(self.member.here._replace(step=start), stop, self.epochs)

    def _timed(self, start: int, stop: int) -> float:
        _, arguments = self.arrange(self._call(start, stop))
        assert self._compiled is not None
        jax.block_until_ready(arguments)
        began = time.perf_counter()
        chunk = jax.block_until_ready(self._compiled(*arguments))
        took = time.perf_counter() - began
        if not bool(chunk.loss_finite):
            raise NotFinite(str(note("plan.not_finite", advice=finite.WHAT_TO_TRY)))
        return took


def duration(seconds: float) -> Note:
    """Return a time in a unit that suits it.

    Example:
        >>> [str(duration(each)) for each in (2e-5, 0.0042, 3.0, 90.0, 86400.0)]
        ['20 µs', '4.2 ms', '3 s', '1.5 min', '24 h']
    """
    units = (("microseconds", 1e-6, 1e-3), ("milliseconds", 1e-3, 1.0), ("seconds", 1.0, MINUTE))
    for name, unit, limit in (*units, ("minutes", MINUTE, HOUR)):
        if seconds < limit:
            return note(f"plan.{name}", value=f"{seconds / unit:.3g}")
    return note("plan.hours", value=f"{seconds / HOUR:.3g}")


def _size(count: int) -> str:
    """Return a number of bytes in the unit in which it has one to four digits.

    Example:
        >>> [_size(each) for each in (200, 53_800, 5 << 20, 3 << 30)]
        ['200 B', '52.5 KiB', '5 MiB', '3 GiB']
    """
    power = min(int(math.log2(max(count, 1))) // 10, 3)
    return f"{count / 1024**power:.{4 if count >= 1000 * 1024**power else 3}g} {('B', 'KiB', 'MiB', 'GiB')[power]}"


def _bytes(tree: PyTree) -> int:
    leaves = jax.tree.leaves(tree)
    return sum(np.size(leaf) * np.dtype(getattr(leaf, "dtype", np.float32)).itemsize for leaf in leaves)
