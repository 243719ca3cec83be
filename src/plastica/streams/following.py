"""Learning on from a source: batches, saves with the position in the source, and the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..errors import DataError, InvalidValue
from ..model import Sequential
from ..notes import note
from ..storage.atomic import as_path
from ..tables.table import TableNetwork
from ..typing import Document, Json
from .curve import ErrorCurve
from .learner import Lesson, StreamLearner
from .measure import ErrorMeasure
from .sources import RowSource, StreamRecord
from .tables import RecordReader

if TYPE_CHECKING:
    import os

    from ..drawing.figure import Drawing

T = TypeVar("T")
STATE = "learned_on"  # the key among the extras of a network's file
BAD_ROWS = ("skip", "stop")
SAVE_SECONDS = 2.0  # at least between saves because no row comes


@dataclass(frozen=True, kw_only=True)
class StreamOptions:
    """The options of learning on.

    Args:
        batch_rows: Rows that are predicted, then learned, in one step; fewer if no more are there.
        save_every: Rows between saves.
        detector, fading: As for :class:`StreamLearner`.
        on_bad_row: ``"skip"`` names a row that cannot be learned and leaves it out; ``"stop"`` ends before it.

    Raises:
        InvalidValue: If a number is below 1, or ``on_bad_row`` is unknown.
    """

    batch_rows: int = 32
    save_every: int = 1000
    detector: str = "adwin"
    fading: float = 0.995
    on_bad_row: str = "skip"

    def __post_init__(self) -> None:
        if self.on_bad_row not in BAD_ROWS:
            raise InvalidValue(f"on_bad_row={self.on_bad_row!r}: expected {' or '.join(BAD_ROWS)}.")
        for name in ("batch_rows", "save_every"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"{name}={getattr(self, name)!r}: expected at least 1.")


@dataclass(frozen=True)
class LearnedOn:
    """What was learned from a source.

    Attributes:
        rows: The number of rows learned, also in earlier runs.
        skipped: The number of rows that could not be learned.
        mean_error, error: The mean and the prequential error of rows before they were learned.
        drifts: The last rows at which drift was found.
        unfinished: The number of bytes of a last row that is not complete; it is learned once it is.
        measure: What the errors are: a rate, or a mean distance in the unit of the target.
        curve: The course of the prequential error.
        new: The number of rows learned in this run.
    """

    rows: int
    skipped: int
    mean_error: float
    error: float
    drifts: tuple[int, ...]
    unfinished: int
    measure: ErrorMeasure
    curve: ErrorCurve = field(default_factory=ErrorCurve, compare=False, repr=False)
    # Equal with and without an interruption, as the model is.
    new: int = field(default=0, compare=False)

    def plot(self, path: str | os.PathLike[str] | None = None) -> Drawing:
        """Draw the prequential error, and where drift was found.

        Args:
            path: A file for the picture: .svg, .png or .pdf.
        """
        from ..continual.picture import draw_prequential

        drawing = draw_prequential(self.curve.rows, self.curve.errors, self.drifts, self.measure.name)
        return drawing.save(path)


def learn_on(
    model: TableNetwork | str | Path,
    source: RowSource,
    out: str | Path,
    options: StreamOptions | None = None,
    *,
    on_lesson: Callable[[StreamLearner, Lesson], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> LearnedOn:
    """Let a model for a table learn on from a source until it ends, and save it with the position in the source.

    The file ``out`` has the weights, the state of the optimizer, the errors, the detector and the position, and is
    replaced as a whole: after a kill, the same call goes on from its last save, and a source that can be read again is
    learned as if nothing had happened. Memory does not depend on the length of the source.

    Args:
        model: The model, or its file.
        source: The rows, with their targets.
        out: The file of the model that learns on. If it exists, it must come from the same source, and is gone on with.
        options: The options.
        on_lesson: Called after each batch.
        stop: Asked after each batch, and whenever no row comes, whether to end.

    Raises:
        InvalidValue: If the model cannot learn on, or ``out`` is another model.
        DataError: If the source is not a table with the columns of the model and its target, or a row cannot be learned
            and ``on_bad_row`` is ``"stop"``.
        FileError: If a file cannot be read or written.
    """
    chosen, target = options or StreamOptions(), as_path(out)
    network, state = _begun(model, source, target)
    learner = StreamLearner(network, chosen.detector, chosen.fading, state)
    before = learner.rows
    needed = [*(column.name for column in network.encoder.columns), *network.target.names]
    rows = RecordReader(source.name, source.head(), needed)
    following = _Following(learner, rows, source, target, state, on_lesson)
    try:
        following.run(chosen, stop)
    finally:
        following.save()
    return LearnedOn(
        rows=learner.rows,
        skipped=learner.skipped,
        mean_error=learner.mean,
        error=learner.faded,
        drifts=tuple(learner.drifts),
        unfinished=source.unfinished,
        curve=learner.curve,
        new=learner.rows - before,
        measure=learner.measure,
    )


def _begun(model: TableNetwork | str | Path, source: RowSource, out: Path) -> tuple[TableNetwork, Document | None]:
    """Return the model, and how far it has learned on if the file ``out`` says so."""
    if not out.exists():
        return model if isinstance(model, TableNetwork) else TableNetwork.load(model), None
    network = TableNetwork.load(out)
    state = network.model.extra.get(STATE) if isinstance(network.model, Sequential) else None
    if not isinstance(state, dict):
        raise InvalidValue(note("streams.other_model", path=str(out)))
    if state.get("source") != source.name:
        raise InvalidValue(
            note("streams.other_source", path=str(out), learned=str(state.get("source"))[:200], source=source.name)
        )
    return network, state


class _Following:
    """The state of a run: what was taken of the source, and what of it is saved."""

    def __init__(
        self,
        learner: StreamLearner,
        rows: RecordReader,
        source: RowSource,
        out: Path,
        state: Document | None,
        on_lesson: Callable[[StreamLearner, Lesson], None] | None,
    ) -> None:
        self.learner, self.rows, self.source, self.out, self.on_lesson = learner, rows, source, out, on_lesson
        self.position: Json = None if state is None else state.get("position")
        self.taken = 0 if state is None else int(state.get("taken", 0))
        self.saved, self.saved_at = self.taken, time.monotonic()
        self.between = True  # whether weights and position belong together: not within a batch

    def run(self, options: StreamOptions, stop: Callable[[], bool]) -> None:
        """Learn until the source ends, or it is to stop."""
        records = self.source.records(self.position)
        if self.rows.is_csv and (self.position is None or not self.source.rewinds):
            next(records, None)  # the names of the columns
        waiting: list[StreamRecord] = []
        for record in records:
            if record is not None:
                waiting.append(record)
            if len(waiting) == options.batch_rows or (record is None and waiting):
                self._learn(waiting, options)
                waiting = []
            if self.taken - self.saved >= options.save_every or (
                record is None and time.monotonic() - self.saved_at > SAVE_SECONDS
            ):
                self.save()
            if not waiting and stop():
                return
        if waiting:
            self._learn(waiting, options)

    def _learn(self, records: list[StreamRecord], options: StreamOptions) -> None:
        """Learn records part by part, and be behind each."""
        strict = options.on_bad_row == "stop"
        for part in _parts(records, options.batch_rows):
            table, skipped = self.rows.table([each.data for each in part], self.taken + 1)
            self.between = False
            try:
                if strict and skipped:
                    raise DataError(skipped[0])
                lesson = Lesson.of([]) if table is None else self.learner.learn(table, strict)
            except DataError:
                self.between = True  # nothing of this part was learned
                if not strict or len(part) == 1:
                    raise
                half = len(part) // 2  # rows before the first bad one are learned, and that one is named
                self._learn(part[:half], options)
                self._learn(part[half:], options)
                continue
            self.taken += len(part)
            self.learner.skipped += len(skipped)
            self.position, self.between = part[-1].position, True
            if self.on_lesson is not None:
                self.on_lesson(self.learner, lesson.beside(skipped))

    def save(self) -> None:
        """Write the model with the position behind the last batch, unless nothing was learned since.

        Within a batch that was interrupted nothing is written: what was saved before still belongs together.
        """
        if not self.between or (self.taken == self.saved and self.out.exists()):
            return
        state = {"source": self.source.name, "position": self.position, "taken": self.taken, **self.learner.state()}
        self.learner.model.extra[STATE] = state
        self.learner.network.save(self.out)
        self.saved, self.saved_at = self.taken, time.monotonic()


def _parts(records: list[T], most: int) -> Iterator[list[T]]:
    """Divide a batch that is not full into sizes of 1, 2, 4, 8 ..., since each size is a program to compile.

    Example:
        >>> [len(part) for part in _parts([b""] * 13, 32)], [len(part) for part in _parts([b""] * 12, 12)]
        ([8, 4, 1], [12])
    """
    while records:
        size = len(records) if len(records) == most else 1 << (len(records).bit_length() - 1)
        yield records[:size]
        records = records[size:]
