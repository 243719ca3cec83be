"""A model for a table that learns on: each batch of rows is a test first and a lesson then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..continual.detectors import ADWIN, DriftDetector, PageHinkley
from ..data.bad_cells import BadCells
from ..data.inputs import truth_of
from ..data.table import Table, show
from ..errors import DataError, InvalidValue
from ..model import Sequential
from ..notes import Note, note, sentence_of
from ..tables.base import BaseTableNetwork
from ..tables.facts import listed
from ..typing import Document, Float
from .curve import ErrorCurve
from .measure import ErrorMeasure

DETECTORS: dict[str, type[DriftDetector]] = {"adwin": ADWIN, "page_hinkley": PageHinkley}
MOST_DRIFTS = 100  # the last ones are remembered


class Lesson(NamedTuple):
    """What came of a batch.

    Args:
        errors: The error of each row before it was learned.
        drifts: The number of each row at which the error was found to have risen, counted through the stream.
        skipped: A sentence for each row that could not be learned.
    """

    errors: Float[np.ndarray, "rows"]
    drifts: tuple[int, ...]
    skipped: tuple[Note | str, ...]

    @classmethod
    def of(cls, skipped: Sequence[Note | str]) -> Lesson:
        """Return what came of rows that could all not be learned."""
        return cls(np.zeros(0), (), tuple(skipped))

    def beside(self, skipped: Sequence[Note | str]) -> Lesson:
        """Return the same with further rows that could not be learned."""
        return self._replace(skipped=(*skipped, *self.skipped))


class StreamLearner:
    r"""Learns rows on, in bounded memory, and follows its error.

    The prequential error with fading factor :math:`\alpha` is :math:`P_i = \sum_k \alpha^{i-k} e_k / \sum_k
    \alpha^{i-k}`, the mean of the errors of rows that were not learned yet, older ones counting less.

    Args:
        network: A model for a table, a network.
        detector: ``"adwin"``, ``"page_hinkley"`` or ``"none"``. The error of a number e is given to it as :math:`e / (e
            + \bar e)`, with the mean of the errors so far, so that it is from 0 to 1.
        fading: The factor :math:`\alpha`, from above 0 to 1.
        state: The result of :meth:`state`, to go on from it.

    Attributes:
        rows, skipped: The number of rows that were learned, and that could not be learned.
        mean: The mean error of all rows before they were learned.
        drifts: The last rows at which drift was found.
        curve: The course of the prequential error.
        measure: What the error is.

    Raises:
        InvalidValue: If the model cannot learn on, or an option is unknown.

    Reference:
        J. Gama, R. Sebastião, P. P. Rodrigues (2013), On evaluating stream learning algorithms, equation 4; A. Bifet,
        R. Gavaldà (2007), Learning from time-changing data with adaptive windowing; E. S. Page (1954), Continuous
        inspection schemes.
    """

    def __init__(
        self, network: BaseTableNetwork, detector: str = "adwin", fading: float = 0.995, state: Document | None = None
    ) -> None:
        if network.facts.model != "network" or network.members or not isinstance(network.model, Sequential):
            kind = "folds" if network.members else network.facts.model
            raise InvalidValue(note("streams.no_network", kind=kind))
        if detector not in (*DETECTORS, "none") or not 0 < fading <= 1:
            raise InvalidValue(note("streams.bad_option", detector=show(detector), fading=f"{fading:g}"))
        self.network, self.model, self.fading = network, network.model, fading
        self.detector_name = detector
        self.detector = DETECTORS[detector]() if detector != "none" else None
        self.rows = self.skipped = 0
        self.mean = self._total = self._count = 0.0
        self.drifts: list[int] = []
        self.curve = ErrorCurve()
        self.measure = ErrorMeasure.of(network.task, network.target.names)
        if state is not None:
            self._restore(state)

    @property
    def faded(self) -> float:
        """The prequential error; NaN before the first row."""
        return self._total / self._count if self._count else float("nan")

    def state(self) -> Document:
        """Return all that is followed, as JSON; the weights are in the network."""
        found = {name: getattr(self, name) for name in ("rows", "skipped", "mean", "drifts")}
        found |= {"total": self._total, "count": self._count, "detector": self.detector_name}
        found["curve"] = self.curve.state()
        return listed(found | {"detector_state": {} if self.detector is None else vars(self.detector)})

    def _restore(self, state: Document) -> None:
        try:
            self.rows, self.skipped = int(state["rows"]), int(state["skipped"])
            self.mean, self._total, self._count = (float(state[name]) for name in ("mean", "total", "count"))
            self.drifts, self.curve = [int(row) for row in state["drifts"]], ErrorCurve.of(state.get("curve"))
            if self.detector is not None and state["detector"] == self.detector_name:
                known = vars(self.detector)
                known |= {name: value for name, value in state["detector_state"].items() if name in known}
        except (KeyError, TypeError, ValueError):
            raise DataError(note("streams.bad_state")) from None

    def learn(self, table: Table, strict: bool = False) -> Lesson:
        """Predict the rows of a table, compare, then learn them in one step.

        Args:
            table: Rows with the target. Rows that cannot be read, or whose target is missing or unknown, are left out.
            strict: Whether such a row is an error instead; nothing is learned then.

        Raises:
            DataError: If the table as a whole cannot be read, such as one that lacks a column.
        """
        x, y, skipped = self._readable(table)
        if strict and skipped:
            raise DataError(skipped[0])
        self.skipped += len(skipped)
        if not len(x):
            return Lesson.of(skipped)
        errors = self._errors(x, y)
        self.model.train_on_batch(x, y)
        return Lesson(errors, self._follow(errors), tuple(skipped))

    def _readable(self, table: Table) -> tuple[np.ndarray, np.ndarray, list[Note | str]]:
        """Return features and targets of the rows that can be learned, and a sentence for each other row."""
        target, skipped = self.network.target, list[Note | str]()
        while table.height:
            try:
                gone = target.missing(table)
                skipped += [note("streams.no_target", place=table.where(int(row))) for row in np.flatnonzero(gone)]
                table = table.take(np.flatnonzero(~gone))
                if not table.height:
                    break
                return self.network.encoder.transform(table, []), target.encode(table), skipped
            except BadCells as error:
                for row, value in zip(error.rows, error.values, strict=True):
                    skipped.append(f"{table.cell(row, error.column)}: {show(value)} is not {error.wanted}.")
                table = table.take(np.setdiff1d(np.arange(table.height), error.rows))
            except DataError as error:  # such as a label that is not one of the classes
                if table.height == 1:
                    skipped.append(sentence_of(error))
                    break
                parts = [self._readable(table.take([row])) for row in range(table.height)]
                skipped += [line for _, _, lines in parts for line in lines]
                table = table.take([row for row, (x, _, _) in enumerate(parts) if len(x)])
        return np.zeros((0, 0)), np.zeros(0), skipped

    def _errors(self, x: np.ndarray, y: np.ndarray) -> Float[np.ndarray, "rows"]:
        """Return the error of each row: 0 or 1 for a class, a share of labels, or the mean distance of numbers."""
        answers, decision = self.network.answers(x), self.network.facts.decision
        truth = truth_of(self.network.target, y)
        wrong = np.abs(answers - truth) if decision is None else decision.decide(answers) != truth
        return wrong.reshape(len(x), -1).mean(1, dtype=np.float64)

    def _follow(self, errors: Float[np.ndarray, "rows"]) -> tuple[int, ...]:
        found: list[int] = []
        for error in map(float, errors):
            self.rows += 1
            self._total, self._count = error + self.fading * self._total, 1 + self.fading * self._count
            self.mean += (error - self.mean) / self.rows
            self.curve.add(self.rows, self.faded)
            scaled = error if self.network.task != "regression" else error / (error + self.mean) if error else 0.0
            # A fall is found too, and is what learning is for.
            if self.detector is not None and self.detector.update(scaled) and self.detector.rose:
                found.append(self.rows)
        self.drifts = [*self.drifts, *found][-MOST_DRIFTS:]
        return tuple(found)


def sentence(told: Note | str) -> str:
    """Return a sentence in the current language, where it has translations."""
    return told.said() if isinstance(told, Note) else told
