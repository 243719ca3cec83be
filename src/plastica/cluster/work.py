"""What a worker does: its part of a job."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import jax

from ..errors import PlasticaError
from ..model.options import Options
from ..model.reading import read_network
from ..populations import fitting
from ..populations.grid import MemberSettings
from ..populations.group import MemberGroup
from ..populations.splits import RowSplit
from ..storage import newest_step, read_model
from ..training.history import History
from ..training.run import Run
from ..typing import Document
from .job import CHECKPOINT, SETTINGS, read_json, read_rows, stopping_from, write_json
from .joining import HEAD, join
from .launching import FAILED, LOST_OTHERS

TOGETHER, APART = "together", "apart"
WATCH = 0.5  # seconds between two looks whether the process that started this one is still there
MEMBERS = "members.plastica"


def answer_of(folder: Path, part: int) -> Path:
    """Return the file with the history of a part of the networks."""
    return folder / f"answer-{part}.json"


def network_at(folder: Path, number: int | str) -> Path:
    """Return the file of a network."""
    return folder / f"network-{number}.plastica"


def error_of(folder: Path, number: int) -> Path:
    """Return the file in which a worker says what failed."""
    return folder / f"error-{number}.json"


def work(folder: Path, how: str, number: int) -> int:
    """Do the part of a job that has this number, and return the exit code."""
    _end_with_parent()
    try:
        settings = read_json(folder / SETTINGS)
        jax.config.update("jax_enable_x64", settings["x64"])
        if how == TOGETHER:
            join()
            train_together(folder, settings)
        else:
            train_apart(folder, settings, number)
    except KeyboardInterrupt:
        return 128 + 2
    except PlasticaError as error:
        write_json(error_of(folder, number), {"type": type(error).__name__, "message": str(error)})
        return FAILED
    except jax.errors.JaxRuntimeError as problem:
        # Which worker failed is for the process that started them to find out; this one only noticed.
        sys.stderr.write(f"{problem}\n")
        return LOST_OTHERS
    return 0


def train_together(folder: Path, settings: Document) -> None:
    """Train one network with all workers; the first one writes the result."""
    is_first = jax.process_index() == 0
    model = read_network(network_at(folder, "given")).model
    learn, held_out = read_rows(folder)
    options: dict[str, Any] = {**settings["options"], "verbose": settings["verbose"] if is_first else 0}
    options["until"] = _until(options.get("until"))
    callbacks, timing = stopping_from(settings["callbacks"]), {"steps": 0, "running": 0.0, "compiled": 0.0}

    def look(run: Run) -> None:
        timing.update(steps=run.step, running=run.timing.running, compiled=run.timing.compiled)

    history = model.fit(
        learn.x,
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
        states = [each.get_state() for each in callbacks]
        write_json(answer_of(folder, 0), {"history": history.to_dict(), "states": states, "timing": timing})


def train_apart(folder: Path, settings: Document, part: int) -> None:
    """Train some of the networks of a population, which ask no other worker for anything."""
    places = settings["parts"][part]
    learn, held_out = read_rows(folder)
    models = [read_network(network_at(folder, place)).model for place in places]
    arrays, _ = read_model(folder / MEMBERS)
    splits = [
        RowSplit(arrays[f"{number}/train"], arrays.get(f"{number}/held_out")) for number in range(settings["splits"])
    ]
    own = [settings["members"][place] for place in places]
    members = [MemberSettings({}, {}, each["seed"], each["part"], each["batch_size"]) for each in own]
    first = models[0]
    data = fitting.PopulationData(
        learn, held_out, arrays.get("weight"), None, first.output_shape_for(learn.x), first.input_shape
    )
    kept = folder / f"{CHECKPOINT}-{part}"
    rules = _until(settings["options"]["until"])
    given = {**settings["options"], "until": rules, "checkpoint": kept, "resume": newest_step(kept) > 0}
    options = Options(**given, verbose=0, initial_epoch=0, checkpoint_seconds=settings["checkpoint_seconds"])
    stopping = stopping_from(settings["callbacks"])
    group = MemberGroup(members, models, splits or None, "")
    history = fitting.fit(group, data, stopping, options, (), warns=False)
    for place, model in zip(places, models, strict=True):
        model.save(network_at(folder, f"{place}-trained"))
    told = [each.to_dict() for each in history.histories]
    failed = {str(places[place]): why for place, why in history.failed.items()}
    write_json(answer_of(folder, part), {"histories": told, "kept": history.kept, "failed": failed})


def histories_of(answer: Document) -> list[History]:
    """Return the histories in the answer of a worker."""
    return [History.from_dict(each) for each in answer["histories"]]


def _until(given: Document | None) -> Document | None:
    """Return the rules of ``until``, of which JSON made lists."""
    if given is None:
        return None
    return {name: tuple(rule) if isinstance(rule, list) else rule for name, rule in given.items()}


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
