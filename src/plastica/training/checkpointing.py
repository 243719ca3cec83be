"""Checkpoints of a run: written between calls, read when it is resumed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ..declaration import replace
from ..errors import InvalidValue
from ..specification import to_spec
from ..storage import CheckpointFolder
from ..storage.trees import flatten, unflatten
from .callbacks import Callback
from .program import Learner
from .run import Run
from .windows import Windows


class Checkpoints:
    """Keeps the checkpoints of one run.

    Args:
        folder: Where they are kept.
        seconds: How long at least between two; 0 writes one at every look.
        run: The run, before its first step.
        callbacks: Those whose state is kept.

    Raises:
        FileError: When the folder is in use, holds something else or cannot be written.
    """

    def __init__(self, folder: str | Path, seconds: float, run: Run, callbacks: Sequence[Callback]) -> None:
        self.folder = CheckpointFolder(folder)
        self.seconds, self.callbacks = seconds, callbacks
        self.fingerprint = fingerprint(run)
        self.written = time.monotonic()

    def begin(self, run: Run, resume: bool) -> None:
        """Set the run to the newest checkpoint, or see that there is none to overwrite.

        Raises:
            InvalidValue: When checkpoints are there and ``resume`` is False, or they are of another run.
        """
        found = self.folder.latest()
        if found is None:
            return
        where = self.folder.path
        if not resume:
            raise InvalidValue(
                f"checkpoint={str(where)!r} already holds a run of {found.step} steps. Pass resume=True to go on "
                "from there, or give another folder."
            )
        if found.document.get("fingerprint") != self.fingerprint:
            raise InvalidValue(
                f"checkpoint={str(where)!r} is of another run: its network, settings, seed or data differ from "
                "these. Call fit as the first time, or give another folder."
            )
        kinds = _kinds(self.callbacks)
        if found.document["kinds"] != kinds:
            raise InvalidValue(
                f"checkpoint={str(where)!r} is of a run with the callbacks {', '.join(found.document['kinds'])}; this "
                f"one has {', '.join(kinds)}. Pass the same ones in the same order, so that each goes on where it was."
            )
        self._restore(run, found.arrays, found.document)

    def look(self, run: Run) -> None:
        """Write a checkpoint when it is time."""
        if time.monotonic() - self.written >= self.seconds:
            self.write(run)

    def write(self, run: Run) -> None:
        """Write a checkpoint."""
        arrays = {f"learner/{name}": array for name, array in flatten(run.trainee.learner).items()}
        for place, callback in enumerate(self.callbacks):
            arrays |= {f"callbacks/{place}/{name}": array for name, array in callback.get_arrays().items()}
        rate = run.trainee.program.optimizer.learning_rate
        document = {
            "fingerprint": self.fingerprint,
            "step": run.step,
            "seconds": run.seconds,
            "learning_rate": rate if isinstance(rate, float) else None,
            "logs": run.logs,
            # What a rule of this call stopped may go on under the rules of the next.
            "stopped": run.trainee.stop_reason if run.trainee.stop_training and not run.ruled_out else None,
            "kinds": _kinds(self.callbacks),
            "callbacks": [callback.get_state() for callback in self.callbacks],
        }
        self.folder.save(run.step, arrays, document)
        self.written = time.monotonic()

    def close(self) -> None:
        """Let another run use the folder."""
        self.folder.close()

    def _restore(self, run: Run, arrays: dict[str, np.ndarray], document: dict[str, Any]) -> None:
        learner: Learner = unflatten(run.trainee.learner, _under("learner/", arrays))
        run.trainee.learner = jax.tree.map(np.asarray, learner)
        run.step, run.seconds, run.logs = document["step"], document["seconds"], document["logs"]
        if document["learning_rate"] is not None:
            optimizer = replace(run.trainee.program.optimizer, learning_rate=document["learning_rate"])
            run.trainee.program = replace(run.trainee.program, optimizer=optimizer)
        for place, (callback, state) in enumerate(zip(self.callbacks, document["callbacks"], strict=True)):
            callback.set_arrays(_under(f"callbacks/{place}/", arrays))
            callback.set_state(state)
        if document["stopped"] is not None:
            run.trainee.stop(document["stopped"])


def fingerprint(run: Run) -> str:
    """Return a digest of all that decides a run's weights: the program, the data, the seed, the batches."""
    digest = hashlib.sha256(repr(to_spec(run.trainee.program)).encode())
    planner = run.planner
    digest.update(repr((planner.size, planner.seed, planner.shuffle, planner.first_epoch)).encode())
    rows = (None if array is None else array[: planner.rows] for array in run.rows or ())  # without fillers
    if isinstance(planner, Windows):
        digest.update(planner.identity().encode())
    for array in (*rows, *(run.validation or ()), planner.sampling):
        if array is not None:
            digest.update(repr(array.shape).encode())
            digest.update(np.ascontiguousarray(array).data)
    for name, array in flatten(run.trainee.learner).items():
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _kinds(callbacks: Sequence[Callback]) -> list[str]:
    return [type(callback).__name__ for callback in callbacks]


def _under(prefix: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
