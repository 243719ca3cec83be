"""Checkpoints of a run: written between calls of the program, read to resume the run."""

from __future__ import annotations

import hashlib
import time
import warnings
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, cast

import jax
import numpy as np

from ..errors import InvalidValue, PlasticaWarning
from ..specification import to_spec
from ..storage import CheckpointFolder, WatchedFolder
from ..storage import document as documents
from ..storage.trees import flatten, unflatten
from ..typing import AnyArray, Document
from .callbacks import CallbackState, say
from .lockstep import Lockstep
from .member import Member
from .program import Learner, Program
from .recovery import CallStart, Recovery
from .run import Run

# Fields added to declarations since the first release; they are part of a run's fingerprint only if they are set.
ADDED_FIELDS = frozenset({
    "activity_regularizer", "bias_constraint", "kernel_constraint", "gamma_constraint", "beta_constraint",
    "embeddings_constraint", "recurrent_constraint", "dtype", "input_length", "mask_zero", "dropout",
    "recurrent_dropout", "return_state", "stateful", "batch_size", "batch_shape",
})  # fmt: skip

HASHED_AT_ONCE = 1 << 14  # rows; narrow types are copied before they are hashed


class Digest(Protocol):
    """A hash that is computed piece by piece, such as that of ``hashlib.sha256()``."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Add bytes."""
        ...


class Checkpoints:
    """The checkpoints of one run.

    Args:
        folder: The folder of the checkpoints.
        seconds: The minimum time between two checkpoints; 0 writes one after every call of the program.
        run: The run, before its first step; the state of its members' callbacks is saved too.
        talks: Whether lines may be written to standard output.

    Raises:
        FileError: If the folder is in use, contains other files or cannot be written.
    """

    def __init__(self, folder: str | Path, seconds: float, run: Run, talks: bool = False) -> None:
        self.fingerprint = fingerprint(run)  # before the folder is locked, since it may fail
        if run.lockstep is not None:
            run.lockstep.require_same(self.fingerprint, "other data, another network or other settings")
        is_first = run.lockstep is None or run.lockstep.is_first
        self.folder = CheckpointFolder(folder) if is_first else WatchedFolder(folder)
        self.seconds, self.talks = seconds, talks
        self.written = time.monotonic()

    def begin(self, run: Run, resume: bool) -> None:
        """Restore the run from the newest checkpoint; if there is none, write one before the first step.

        Raises:
            InvalidValue: If the folder contains checkpoints and ``resume`` is False, or they belong to another run.
        """
        # A checkpoint of step 0 holds nothing that this run would not compute itself; a run may begin over it.
        found, where = self.folder.latest(), self.folder.path
        if run.lockstep is not None:
            self._require_seen(run.lockstep, -1 if found is None else found.step)
        if found is None or (found.step == 0 and not resume):
            if resume:
                self._say_nothing_to_resume()
            self.write(run)
            return
        if not resume:
            raise InvalidValue(
                f"checkpoint={str(where)!r} already contains a run of {found.step} steps. Pass resume=True to "
                "continue it, or use another folder."
            )
        if found.document.get("fingerprint") != self.fingerprint:
            raise InvalidValue(
                f"checkpoint={str(where)!r} belongs to another run: the network, the settings, the seed or the "
                "data differ. Pass the same arguments as in that run, or use another folder."
            )
        begun, asked = found.document.get("first_epoch", run.members[0].first_epoch), run.members[0].first_epoch
        if begun != asked:
            raise InvalidValue(
                f"checkpoint={str(where)!r} belongs to a run with initial_epoch={begun}; this run has {asked}. Pass "
                f"initial_epoch={begun}; completed epochs are read from the checkpoint."
            )
        kinds = _kinds(run)
        # The state of callbacks is stored by their order, which is therefore a part of the run.
        if found.document["kinds"] != kinds:
            raise InvalidValue(
                f"checkpoint={str(where)!r} belongs to a run with the callbacks {', '.join(found.document['kinds'])}; "
                f"this run has {', '.join(kinds)}. Pass the same callbacks in the same order, so that the state of "
                "each can be restored."
            )
        self._restore(run, found.arrays, found.document)

    def look(self, run: Run) -> None:
        """Write a checkpoint if the last one is old enough."""
        # By the clock and not by epochs: an epoch may take a millisecond or a day. monotonic, because the time of day
        # can be set back.
        if run.is_agreed(time.monotonic() - self.written >= self.seconds):
            self.write(run)

    def write(self, run: Run) -> None:
        """Write a checkpoint."""
        # A step that fails right after a resumption goes back further than the checkpoint itself; what it needs for
        # that is written too.
        fallbacks = run.fallbacks()
        arrays = {
            f"{prefix}{name}": array
            for place, (prefix, member) in enumerate(_by_prefix(run))
            for name, array in _arrays_of(member, fallbacks.get(place)).items()
        }
        documents_of = [_document_of(member) for member in run.members]
        document = {
            "fingerprint": self.fingerprint,
            "first_epoch": run.members[0].first_epoch,
            "seconds": run.seconds,
            "kinds": _kinds(run),
            **(documents_of[0] if len(run.members) == 1 else {"members": documents_of}),
        }
        self.folder.save(run.step, arrays, document)
        self.written = time.monotonic()

    def close(self) -> None:
        """Release the folder for other runs."""
        self.folder.close()

    def _restore(self, run: Run, arrays: dict[str, np.ndarray], document: Document) -> None:
        run.seconds = document["seconds"]
        for (prefix, member), own in zip(_by_prefix(run), document.get("members", [document]), strict=True):
            _restore(member, _under(prefix, arrays), own, str(self.folder.path))

    def _require_seen(self, lockstep: Lockstep, step: int) -> None:
        """Check that every process finds the checkpoint that the first one finds; all are here before it writes."""
        steps = lockstep.of_each(step)
        others = [number for number, each in enumerate(steps) if each != steps[0]]
        if others:
            first, other = ("none" if each < 0 else f"that of step {each}" for each in (steps[0], steps[others[0]]))
            raise InvalidValue(
                f"checkpoint={str(self.folder.path)!r} is not the same folder on every worker: of checkpoints, "
                f"worker 1 finds {first}, worker {others[0] + 1} {other}. Use a folder that all of them share, such as "
                "one on NFS."
            )

    def _say_nothing_to_resume(self) -> None:
        where = self.folder.path
        if self.folder.is_new:
            if self.talks:
                say(f"{where} contains no checkpoint to resume from; training starts from the beginning.")
            return
        warnings.warn(
            f"{where} contains no checkpoint to resume from: the run that used this folder ended before its first "
            "checkpoint was complete. Training starts from the beginning.",
            PlasticaWarning,
            stacklevel=2,
        )


def _by_prefix(run: Run) -> list[tuple[str, Member]]:
    """Return the members and how names of their arrays begin; those of a single network have no prefix."""
    if len(run.members) == 1:
        return [("", run.members[0])]
    return [(f"members/{place}/", member) for place, member in enumerate(run.members)]


def _arrays_of(member: Member, fallback: Learner | None) -> dict[str, np.ndarray]:
    arrays = {f"learner/{name}": array for name, array in flatten(member.trainee.learner).items()}
    if fallback is not None:
        arrays |= {f"fallback/{name}": array for name, array in flatten(fallback).items()}
    for place, callback in enumerate(member.callbacks):
        arrays |= {f"callbacks/{place}/{name}": array for name, array in callback.get_arrays().items()}
    return arrays


def _document_of(member: Member) -> Document:
    trainee = member.trainee
    return {
        "step": member.step,
        "learning_rate": trainee.program.learning_rate,
        # A run stopped by a stop rule can be resumed under other stop rules.
        "stopped": trainee.stop_reason if trainee.stop_training and not member.ruled_out else None,
        "states": _in_order(member.logs, [callback.get_state() for callback in member.callbacks]),
        **({"failed": member.failed} if member.failed else {}),
    }


def _restore(member: Member, arrays: dict[str, np.ndarray], document: Document, where: str) -> None:
    trainee, like = member.trainee, member.trainee.learner
    learner: Learner = jax.tree.map(np.asarray, unflatten(like, _under("learner/", arrays)))
    # The last good learner is stored only where it is not the present one, see ``Run.fallbacks``.
    kept = _under("fallback/", arrays)
    fallback: Learner = jax.tree.map(np.asarray, unflatten(like, kept)) if kept else learner
    trainee.learner, member.step, member.failed = learner, document["step"], document.get("failed", "")
    member.logs, states = _states_of(document, where)
    if document["learning_rate"] is not None:
        trainee.program = trainee.program.with_learning_rate(document["learning_rate"])
    for place, (callback, state) in enumerate(zip(member.callbacks, states, strict=True)):
        callback.set_arrays(_under(f"callbacks/{place}/", arrays))
        callback.set_state(state)
    if document["stopped"] is not None:
        trainee.stop(document["stopped"])
    member.recovery = Recovery(CallStart(trainee.program, fallback, member.step), learner)


def fingerprint(run: Run) -> str:
    """Return a digest of everything that determines the weights: the program, the data, the seed, the batches."""
    if len(run.members) == 1:
        return _fingerprint(run.members[0], _update)
    # By array, since members share their rows; a reference tells whether a number still belongs to the same array.
    known: dict[int, tuple[weakref.ref[AnyArray], bytes]] = {}

    def update(digest: Digest, rows: AnyArray) -> None:
        if id(rows) not in known or known[id(rows)][0]() is not rows:
            own = hashlib.sha256()
            _update(own, rows)
            known[id(rows)] = weakref.ref(rows), own.digest()
        digest.update(known[id(rows)][1])

    return hashlib.sha256("".join(_fingerprint(member, update) for member in run.members).encode()).hexdigest()


def _fingerprint(member: Member, update: Callable[[Digest, AnyArray], None]) -> str:
    digest = hashlib.sha256(repr(_first_written(member.trainee.program)).encode())
    source = member.source
    digest.update(repr((source.size, source.seed, source.shuffle, source.first_epoch)).encode())
    for part in (*source.identity(), *jax.tree.leaves(member.validation), source.sampling):
        if isinstance(part, str):
            digest.update(part.encode())
        elif part is not None:
            update(digest, part)
    # The weights before the first step too: another initialization, or further training, is another run.
    for name, array in flatten(member.trainee.learner).items():
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _first_written(program: Program) -> Document:
    """Return a program's specification as the first release wrote it, whose checkpoints are still resumed."""
    spec = cast("Document", _without_added(to_spec(program)))
    return {**spec, "type": "Program"} if spec["type"] == "program.Supervised" else spec


def _without_added(spec: object) -> object:
    if isinstance(spec, list):
        return [_without_added(part) for part in cast("list[object]", spec)]
    if not isinstance(spec, dict):
        return spec
    spec = cast("Document", spec)
    unset = (name for name, value in spec.items() if name in ADDED_FIELDS and value in (None, False, 0.0))
    left = spec.keys() - set(unset)
    return {name: _without_added(value) for name, value in spec.items() if name in left}


def _update(digest: Digest, rows: AnyArray) -> None:
    """Add rows to the digest; equal numbers give the same digest whatever their type."""
    rows = np.asarray(rows)
    digest.update(repr(rows.shape).encode())
    for start in range(0, len(rows), HASHED_AT_ONCE):
        part = np.asarray(rows[start : start + HASHED_AT_ONCE])
        wide = part if part.dtype.kind == "f" and part.dtype.itemsize >= 4 else part.astype(np.float32)
        digest.update(np.ascontiguousarray(wide).data)


def _in_order(logs: dict[str, float], states: list[CallbackState]) -> str:
    """Return logs and states as a separate JSON text, which preserves the order of keys; the manifest does not."""
    return documents.encode({"logs": logs, "callbacks": states}, in_order=True)


def _states_of(document: Document, where: str) -> tuple[dict[str, float], list[CallbackState]]:
    """Return logs and states; older checkpoints contain them in the document itself."""
    kept = documents.decode(document["states"], where) if "states" in document else document
    return kept["logs"], kept["callbacks"]


def _kinds(run: Run) -> list[str]:
    return [type(callback).__name__ for member in run.members for callback in member.callbacks]


def _under(prefix: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
