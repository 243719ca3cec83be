"""Checkpoints of a run over a stream: what is needed to go on after the last finished experience."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import jax
import numpy as np

from ..errors import FileError, InvalidValue
from ..model import Model
from ..storage.atomic import explained
from ..storage.model_file import read_model, write_model
from ..storage.trees import flatten, unflatten
from ..typing import Float
from .experiences import ContinualStream
from .strategy import ContinualStrategy, RowStore


class StreamCheckpoint:
    """The file of one strategy and seed in a folder, written after each experience.

    Stored rows are not in it: what a strategy keeps depends only on the seed and the rows that came, which are offered
    to it again.

    Args:
        folder: The folder; it is made if it does not exist.
        label: The name of the strategy.
        seed: The seed of the run.
        digest: What tells its stream and settings from others.
    """

    def __init__(self, folder: str | os.PathLike[str], label: str, seed: int, digest: str) -> None:
        name = re.sub(r"[^\w.-]+", "_", label).strip("_")
        self.path, self.digest = Path(folder) / f"{name}-{seed}.plastica", digest
        with explained(self.path, "nothing was learned; choose another folder"):
            Path(folder).mkdir(parents=True, exist_ok=True)

    def save(self, made: Model, scores: list[np.ndarray], baseline: Float[np.ndarray, "tested"]) -> None:
        """Write the state after an experience."""
        document = {
            "digest": self.digest,
            "epochs_trained": made.epochs_trained,
            "scores": [row.tolist() for row in scores],
            "baseline": baseline.tolist(),
        }
        write_model(self.path, flatten(made.learner), document)

    def load(self, made: Model) -> tuple[list[np.ndarray], Float[np.ndarray, "tested"]] | None:
        """Restore the state, and return the scores so far and those with initial weights; None if there is no file.

        Raises:
            FileError: If the file is damaged, or was made with other rows or settings.
        """
        if not self.path.exists():
            return None
        arrays, document = read_model(self.path)
        if document.get("digest") != self.digest:
            raise FileError(
                f"{self.path} was made with other rows, another network or other settings. Use the same ones, or "
                "another folder."
            )
        made.learner = jax.device_put(unflatten(made.start_learner(()), arrays))
        made.epochs_trained = int(document["epochs_trained"])
        return [np.array(row) for row in document["scores"]], np.array(document["baseline"])


def checkpoint_of(
    folder: str | os.PathLike[str] | None, resume: bool, label: str, seed: int, digest: str
) -> StreamCheckpoint | None:
    """Return the checkpoint of a run, if it is to have one; an old one is removed unless it is to be resumed.

    Raises:
        InvalidValue: If there is no folder to resume from.
    """
    if folder is None:
        if resume:
            raise InvalidValue("resume=True needs checkpoint=, the folder with the checkpoints.")
        return None
    found = StreamCheckpoint(folder, label, seed, digest)
    if not resume:
        found.path.unlink(missing_ok=True)
    return found


def offer_again(store: RowStore, strategy: ContinualStrategy, stream: ContinualStream, count: int) -> None:
    """Offer the rows of the first experiences to a store as learning them did, so that it keeps and draws the same."""
    for experience in stream.experiences[:count]:
        store.rows()
        store.add(experience.x, experience.y)
        if strategy.rehearses == "asleep":
            store.rows()


def digest_of(model: Model, stream: ContinualStream, *settings: object) -> str:
    """Return a hash of a network, a stream and settings, by which a run recognizes its checkpoint."""
    found = hashlib.sha256(repr((model.network, model.compiled, stream.scenario, settings)).encode())
    for experience in stream:
        for part in (experience.x, experience.y, experience.x_test, experience.y_test):
            found.update(f"{part.dtype}{part.shape}".encode())
            found.update(np.ascontiguousarray(part).data)
    return found.hexdigest()
