"""What a worker does: its part of a job."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import jax

from ..data.parquet_shards import ParquetShards
from ..errors import FileError, PlasticaError
from ..lazy import deferred
from ..model.reading import read_network
from ..storage import newest_step
from ..training.run import Run
from ..typing import Document
from .answers import MemberAnswer
from .callbacks import callbacks_from
from .job import CHECKPOINT, SETTINGS, answer_of, error_of, network_at, read_json, read_rows, until_from, write_json
from .joining import HEAD, join, require_versions
from .launching import FAILED, LOST_OTHERS, NO_ROOM
from .messages import LineClosed, WorkerLine, WorkerMessage
from .rounds import DONE
from .work_apart import train_apart

TOGETHER, APART, STANDING = "together", "apart", "standing"
# The modules with ``work(folder, settings, part, line)`` for workers that stay alive, by the kind of the job.
STANDING_WORK = {
    "group": "plastica.cluster.work_apart",
    "ensemble": "plastica.cluster.ensemble_part",
    "society": "plastica.society.at_worker",
}
WATCH = 0.5  # seconds between two looks whether the process that started this one is still there


def work(folder: Path, how: str, number: int, line: WorkerLine | None = None) -> int:
    """Do the part of a job that has this number, and return the exit code.

    Args:
        folder: The folder of the job.
        how: Together with the others, apart from them, or standing: alive between rounds.
        number: The number of the part.
        line: For a worker that stays alive, the connection to the process that started it.
    """
    _end_with_parent()
    try:
        settings = read_json(folder / SETTINGS)
        jax.config.update("jax_enable_x64", settings["x64"])
        require_versions(settings["versions"])
        if how == TOGETHER:
            join()
            train_together(folder, settings)
        elif how == STANDING:
            assert line is not None
            deferred(STANDING_WORK[settings["job"]], "work", folder, settings, number, line)()
            line.send(WorkerMessage(DONE, {}))
        else:
            train_apart(folder, settings, number)
    except KeyboardInterrupt:
        return 128 + 2
    except PlasticaError as error:
        return _told(error, error_of(folder, number))
    except LineClosed:
        return LOST_OTHERS
    except jax.errors.JaxRuntimeError as problem:
        # Which worker failed is for the process that started them to find out; this one only noticed.
        sys.stderr.write(f"{problem}\n")
        return LOST_OTHERS
    return 0


def _told(error: PlasticaError, path: Path) -> int:
    """Write an error for the process that started this one, and return the exit code."""
    with suppress(OSError):  # where the log has no room
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()
    try:
        write_json(path, {"type": type(error).__name__, "message": str(error)})
    except FileError:
        return NO_ROOM
    return FAILED


def train_together(folder: Path, settings: Document) -> None:
    """Train one network with all workers; the first one writes the result."""
    is_first = jax.process_index() == 0
    model = read_network(network_at(folder, "given")).model
    learn, held_out = read_rows(folder)
    options: dict[str, Any] = {**settings["options"], "verbose": settings["verbose"] if is_first else 0}
    options["until"] = until_from(options.get("until"))
    callbacks, timing = callbacks_from(settings["callbacks"]), {"steps": 0, "running": 0.0, "compiled": 0.0}

    def look(run: Run) -> None:
        timing.update(steps=run.step, running=run.timing.running, compiled=run.timing.compiled)

    x = ParquetShards.from_dict(settings["shards"]) if "shards" in settings else learn.x
    history = model.fit(
        x,
        learn.y,
        sample_weight=learn.weight,
        sampling=learn.sampling,
        validation_data=None if held_out is None else tuple(part for part in held_out[:3] if part is not None),
        callbacks=callbacks,
        checkpoint=folder / CHECKPOINT,
        resume=newest_step(folder / CHECKPOINT) > 0,
        checkpoint_seconds=settings["checkpoint_seconds"],
        devices="all",
        hooks=look,
        **options,
    )
    if is_first:
        model.save(network_at(folder, "trained"))
        answer = MemberAnswer.of(history, callbacks).to_dict()
        write_json(answer_of(folder, 0), {"members": [answer], "timing": timing})


def _end_with_parent() -> None:
    """End this process if the one that started it has ended, which nobody would tell it otherwise."""
    parent = os.environ.get(HEAD)
    if parent is None:  # other engines end their workers themselves
        return

    def watch() -> None:
        while str(os.getppid()) == parent:
            time.sleep(WATCH)
        os._exit(LOST_OTHERS)

    threading.Thread(target=watch, name="plastica-parent", daemon=True).start()
