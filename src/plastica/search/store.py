"""The folder of a search: finished waves, the models of the best trial, and the checkpoint of the wave under way."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import jax
import msgspec
import numpy as np

from ..checks.findings import Finding
from ..errors import FileError, InvalidValue
from ..model import Model
from ..storage import document as documents
from ..storage.atomic import explained, replace_file
from ..typing import Document, PyTree
from .space import TrialSettings
from .trials import SearchTrial

SEARCH, MODELS = "search.json", "models"
RECORDED = ("value", "spread", "epochs", "ended", "figures", "values", "changed", "rungs")


class SearchStore:
    """The folder of a search.

    Args:
        folder: The folder; it is created if necessary.
        fingerprint: Describes what determines the results.
        resume: Whether to continue the search of the folder.
        is_apart: Whether workers train the trials, whose checkpoints one process cannot continue.

    Attributes:
        waves: The trials of finished waves.
        monitor: The metric by which they are compared; None before the first.
        seconds: How long they took.
        begun: The number of trials of the wave under way; None if none is.

    Raises:
        InvalidValue: If the folder has a search and ``resume`` is False, or it is another search.
        FileError: If the folder cannot be written, or its files are damaged.
    """

    def __init__(
        self, folder: str | Path, fingerprint: Mapping[str, str], resume: bool, is_apart: bool = False
    ) -> None:
        self.folder, self.is_apart = Path(folder), is_apart
        with explained(self.folder, "nothing was trained"):
            self.folder.mkdir(parents=True, exist_ok=True)
        self.fingerprint = dict(fingerprint)
        self.waves: list[list[Document]] = []
        self.begun: int | None = None
        self.shape: PyTree = None  # of the inputs
        self.monitor: str | None = None
        self.seconds = 0.0
        path = self.folder / SEARCH
        if path.exists():
            if not resume:
                raise InvalidValue(
                    f"checkpoint={str(self.folder)!r} already contains a search. Pass resume=True to continue it, or "
                    "use another folder."
                )
            self._read(path)
        self._written: set[int] = {int(each.name.split("-")[0]) for each in (self.folder / MODELS).glob("*-*")}

    def wave_folder(self, trials: int) -> tuple[Path, bool]:
        """Return the folder for the checkpoint of the next wave, and whether the wave had begun there."""
        folder = self._wave
        # Another number of trials is another program, which the checkpoint does not fit.
        again = self.begun == trials and folder.exists()
        self.begun = trials
        self._write()
        return folder, again

    def finish_wave(
        self, found: Sequence[SearchTrial], monitor: str, seconds: float, models: Mapping[int, Sequence[Model]]
    ) -> None:
        """Record the trials of a wave, and save the models of the best."""
        folder = self._wave
        (self.folder / MODELS).mkdir(exist_ok=True)
        for number in models.keys() - self._written:
            for place, model in enumerate(models[number]):
                model.save_weights(self._weights(number, place))
        self.shape = next((each[0].input_shape for each in models.values() if each), self.shape)
        self.waves.append([_record(each) for each in found])
        self.monitor, self.seconds, self.begun = monitor, seconds, None
        # Between the new models and the removal of old ones, so that the file never names a model that is not there.
        self._write()
        for number in self._written - models.keys():
            for path in (self.folder / MODELS).glob(f"{number}-*"):
                path.unlink()
        self._written = set(models)
        shutil.rmtree(folder, ignore_errors=True)

    def require_same(self, wave: Sequence[Document], settings: Sequence[TrialSettings]) -> None:
        """Check that a strategy proposes what it proposed in the earlier run.

        Raises:
            InvalidValue: If it does not: its results would stand beside settings that were never tried.
        """
        known = [record.get("settings") for record in wave]
        if known != [repr(each) for each in settings] and None not in known:
            raise InvalidValue(
                f"checkpoint={str(self.folder)!r} cannot be continued: the strategy now proposes other settings than "
                "in the earlier run. Give it the same seed and version, or use another folder."
            )

    def trial(self, record: Document, number: int, settings: TrialSettings) -> SearchTrial:
        """Return a recorded trial."""
        findings = msgspec.convert(record.get("findings", []), tuple[Finding, ...])
        return SearchTrial(number, settings, **{name: _as_tuples(record[name]) for name in RECORDED}, findings=findings)

    def models_of(self, number: int, build: Callable[[], Model]) -> list[Model]:
        """Return the saved models of a trial.

        Args:
            number: Its number.
            build: Returns a new model with its settings.
        """
        found = []
        while (path := self._weights(number, len(found))).exists():
            model = build()
            if not model.built:
                model.build(_as_tuples(self.shape))
            model.load_weights(path)
            found.append(model)
        return found

    @property
    def _wave(self) -> Path:
        """The folder of the wave under way."""
        return self.folder / f"wave-{len(self.waves)}{'-parts' if self.is_apart else ''}"

    def _weights(self, number: int, place: int) -> Path:
        return self.folder / MODELS / f"{number}-{place}.weights"

    def _write(self) -> None:
        document = {
            "search": self.fingerprint,
            "waves": self.waves,
            "monitor": self.monitor,
            "seconds": self.seconds,
            "begun": self.begun,
            "shape": _as_lists(self.shape),
        }
        replace_file(self.folder / SEARCH, [documents.encode(document).encode()])

    def _read(self, path: Path) -> None:
        try:
            found = documents.decode(path.read_bytes(), str(path))
            known, self.waves, self.monitor = found["search"], found["waves"], found["monitor"]
            self.seconds, self.begun = float(found["seconds"]), found["begun"]
            self.shape = found["shape"]
            apart = [name for name in self.fingerprint if known.get(name) != self.fingerprint[name]]
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise FileError(f"{path} is damaged: {problem}. Delete the folder to search again.") from None
        if apart:
            raise InvalidValue(
                f"checkpoint={str(self.folder)!r} belongs to another search: {', '.join(apart)} differ. Pass the same "
                "arguments as in that search, or use another folder."
            )


def _record(trial: SearchTrial) -> Document:
    found = {"findings": [msgspec.to_builtins(each) for each in trial.findings]} if trial.findings else {}
    return {"settings": repr(trial.settings), **{name: _as_lists(getattr(trial, name)) for name in RECORDED}, **found}


def _as_lists(values: PyTree) -> PyTree:
    return [*map(_as_lists, values)] if isinstance(values, list | tuple) else values


def _as_tuples(values: PyTree) -> PyTree:
    return tuple(map(_as_tuples, values)) if isinstance(values, list | tuple) else values


def digest_of(*data: object) -> str:
    """Return a digest of arrays."""
    digest = hashlib.sha256()
    for leaf in jax.tree.leaves(data):
        array = np.asarray(leaf)
        digest.update(repr((array.shape, array.dtype.str)).encode())
        digest.update(repr(array.tolist()).encode() if array.dtype.hasobject else np.ascontiguousarray(array).data)
    return digest.hexdigest()
