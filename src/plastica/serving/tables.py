"""A model for rows of a table that answers requests: the rows are read, encoded and predicted together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from ..errors import DataError
from ..notes import Note, note, sentence_of
from ..tables.answers import Answers
from ..typing import Document
from .encoding import EncodedRows, encode
from .exchange import BadRow, DriftCounts, Refused, Reply, Request
from .reading import ABSENT, GivenRows, joined, read
from .replies import json_reply
from .row_models import RowModel


class ServedTable:
    """Answers requests with a model for rows of a table.

    Args:
        model: The model.
        name: The name of its file.
        digest: The beginning of the SHA-256 hash of its file.
        remembered: The number of rows over which drift is measured, see :class:`Drift`.
    """

    deaths = 0

    def __init__(self, model: RowModel, name: str, digest: str, remembered: int) -> None:
        self.model, self.name, self.digest, self.remembered = model, name, digest, remembered
        self.kind = model.kind
        self.used = {column.name: column.kind for each in model.encoders for column in each.columns}
        self._drift = model.drift(self.used, remembered)

    def close(self) -> None:
        """Do nothing: the memory is freed with the model."""

    def schema(self) -> Document:
        """Return the JSON Schema of a row, with the target and an example."""
        return self.model.schema(self.used)

    def drift(self, others: Sequence[DriftCounts] = ()) -> list[Document]:
        """Return how far the values of each column are from those of training."""
        return self._drift.report(others)

    def drift_counts(self) -> DriftCounts:
        """Return what :meth:`drift` is computed from."""
        return self._drift.counts()

    def warm(self, rows: int) -> None:
        """Predict an example as one row and as many rows: a model has one program for each."""
        example = self.schema()["examples"][0]
        for count in (1, rows):
            reply = self.answer([Request(body=msgspec.json.encode([example] * count), rows=count)])[0]
            if reply.status != 200:
                raise DataError(f"{self.name} does not answer the example of its own schema: {reply.body.decode()}")
        self._drift = self.model.drift(self.used, self.remembered)

    def answer(self, requests: Sequence[Request]) -> list[Reply]:
        """Answer several requests together, by one call of the model."""
        replies: dict[int, Reply] = {}
        groups: dict[object, _Group] = {}
        for place, request in enumerate(requests):
            try:
                asked = _TableRequest(place, request, read(request, self.used, self.model.order))
            except Refused as refused:
                replies[place] = refused.reply(request.lang)
                continue
            # Rows of the same types are encoded as one table, which takes as long as for one row.
            together = "" if request.as_csv else asked.given.types
            groups.setdefault(together or place, _Group()).asked.append(asked)
        for group in groups.values():
            self._encode(group)
        self._predict([group for group in groups.values() if group.encoded is not None])
        for group in groups.values():
            replies |= self._replies(group)
        return [replies[place] for place in range(len(requests))]

    def _encode(self, group: _Group) -> None:
        givens = [each.given for each in group.asked]
        if not sum(len(each.numbers) for each in givens):
            return
        try:
            table, owners = joined(givens)
            numbers = np.concatenate([each.numbers for each in givens])
            group.encoded = encode(self.model.encoders, table, numbers, group.notes)
        except DataError as error:  # of a table as a whole
            if len(group.asked) > 1:
                raise  # the requests are then answered one by one
            group.failure = Refused(422, "not_a_table", sentence_of(error))
            return
        group.owners, group.numbers = owners[group.encoded.kept], numbers[group.encoded.kept]
        for place, problem in group.encoded.bad:
            group.asked[owners[place]].given.bad.append(problem)
        self._drift.add(group.encoded.table)

    def _predict(self, groups: Sequence[_Group]) -> None:
        """Predict the rows of all groups by one call, and give each group its own."""
        encoded = [group.encoded for group in groups if group.encoded is not None]
        counts = [len(each.kept) for each in encoded]
        if not sum(counts):
            return
        each_encoder = range(len(self.model.encoders))
        together = [np.concatenate([each.features[number] for each in encoded]) for number in each_encoder]
        values = self.model.outputs(together)
        for group, own in zip(groups, np.split(values, np.cumsum(counts)[:-1]), strict=True):
            group.answers = self.model.decided(own)

    def _replies(self, group: _Group) -> dict[int, Reply]:
        """Return the reply to each request of a group by its place."""
        encoded, answers = group.encoded, group.answers
        ends = np.searchsorted(group.owners, np.arange(len(group.asked) + 1))
        if group.asked[0].request.as_csv and encoded is not None and answers is not None:
            asked = group.asked[0]
            refused = asked.refused(len(encoded.kept), group.failure)
            if refused is not None:
                return {asked.place: refused.reply(asked.request.lang)}
            made = self.model.csv(encoded.table, answers, asked.request.probabilities).encode()
            return {asked.place: Reply(made, "text/csv; charset=utf-8", rows=encoded.table.height)}
        found = [] if encoded is None or answers is None else self.model.predictions(encoded.table, answers)
        replies: dict[int, Reply] = {}
        for number, asked in enumerate(group.asked):
            own = slice(ends[number], ends[number + 1])
            refused = asked.refused(own.stop - own.start, group.failure)
            rows = dict(zip(group.numbers[own].tolist(), found[own], strict=True))
            told: Document = {"target": self.model.target, "model": self.digest}
            if asked.request.notes:
                notes = [*(encoded.table.notes if encoded else ()), *group.notes]
                told["notes"] = [each.spoken(asked.request.lang) for each in notes]
            replies[asked.place] = (
                refused.reply(asked.request.lang) if refused else json_reply(asked.request, asked.given, rows, told)
            )
        return replies


@dataclass(eq=False)
class _TableRequest:
    """A request, its place among those answered together, and its rows."""

    place: int
    request: Request
    given: GivenRows

    def refused(self, good: int, failure: Refused | None) -> Refused | None:
        """Return the reason for which it is not answered; None if it is."""
        bad: list[BadRow] = sorted(self.given.bad, key=lambda each: each.row)
        if failure is not None or not bad or (self.request.skip and good):
            return failure
        told = note("serving.more_bad", first=bad[0].message, count=len(bad) - 1) if len(bad) > 1 else bad[0].message
        lacking = dict.fromkeys(each.column for each in bad if each.column is not None and each.wanted == ABSENT)
        return Refused(422, "bad_rows", told, bad, missing_columns=tuple(lacking))


@dataclass(eq=False)
class _Group:
    """Requests whose rows form one table, and the request and number of each row that can be read."""

    asked: list[_TableRequest] = field(default_factory=list)
    encoded: EncodedRows | None = None
    owners: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    numbers: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    answers: Answers | None = None
    notes: list[Note] = field(default_factory=list)
    failure: Refused | None = None
