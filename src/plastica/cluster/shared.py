"""What training of one network and of a population have in common: the folder, the settings, the trained copies."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax

from ..errors import InvalidValue
from ..model import Model
from .job import SETTINGS, make_folder
from .joining import versions


def take_from(model: Model, trained: Model) -> None:
    """Give a model what its copy on the workers has learned."""
    if trained.is_trained:
        model.learner = trained.learner
    model.epochs_trained = trained.epochs_trained


def shared_settings(checkpoint_seconds: float) -> dict[str, Any]:
    """Return the settings of a job that every training has."""
    x64 = bool(jax.config.jax_enable_x64)  # pyright: ignore[reportAttributeAccessIssue]
    return {"checkpoint_seconds": checkpoint_seconds, "x64": x64, "versions": versions()}


@contextmanager
def job_folder(checkpoint: str | Path | None, resume: bool) -> Iterator[Path]:
    """Yield the folder of a job."""
    if checkpoint is None:
        with tempfile.TemporaryDirectory(prefix="plastica-") as made:
            yield Path(made)
        return
    yield job_at(checkpoint, resume)


def job_at(checkpoint: str | Path, resume: bool) -> Path:
    """Return the folder of a job, which is made if it is not there.

    Raises:
        InvalidValue: If it has a job that is not to be continued.
        FileError: If it cannot be made.
    """
    folder = Path(checkpoint).absolute()
    if (folder / SETTINGS).exists() and not resume:
        raise InvalidValue(
            f"checkpoint={str(checkpoint)!r} already contains a job. Pass resume=True to continue it, or use another "
            "folder."
        )
    make_folder(folder)
    return folder
