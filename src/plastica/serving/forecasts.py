"""A forecaster that answers requests: newer rows of its series in, the next steps out."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..data.decoding import decode
from ..data.delimited import parse
from ..data.formats import read_json
from ..data.table import Table
from ..errors import PlasticaError
from ..forecasting import Forecaster
from ..notes import sentence_of
from ..typing import Document
from .exchange import DriftCounts, Refused, Reply, Request
from .reading import SOURCE

TIME = "%Y-%m-%d %H:%M:%S"


class ServedForecast:
    """Answers requests with a forecaster.

    Rows that follow those of training, or overlap with them, are forecast on from their end; ``[]`` goes on from the
    end of training. Each request is forecast alone.

    Args:
        forecaster: The forecaster.
        name: The name of its file.
        digest: The beginning of the SHA-256 hash of its file.
    """

    kind = "forecast"
    deaths = 0

    def __init__(self, forecaster: Forecaster, name: str, digest: str) -> None:
        self.forecaster, self.name, self.digest = forecaster, name, digest

    def close(self) -> None:
        """Do nothing: the memory is freed with the model."""

    def schema(self) -> Document:
        """Return the JSON Schema of a row: its time, its series and the columns that were read in training."""
        roles = self.forecaster.fitted_.tail.roles
        times = [column.name for column in roles.clock.columns]
        words = [*times, *[roles.group] * bool(roles.group), *(name for name, _ in roles.categories)]
        columns = dict.fromkeys([*words, *roles.targets, *roles.past, *roles.known])
        return {
            "title": f"A newer row of the series, for the forecast of {', '.join(roles.targets)}",
            "type": "object",
            "properties": {name: {"type": ["string" if name in words else "number", "null"]} for name in columns},
            "required": [*times, *roles.targets],
            "examples": [],
        }

    def drift(self, others: Sequence[DriftCounts] = ()) -> list[Document]:
        """Return nothing: a series is expected to change."""
        return []

    def drift_counts(self) -> DriftCounts:
        """Return nothing, likewise."""
        return []

    def warm(self, rows: int) -> None:
        """Forecast from the end of training."""
        self.forecaster.predict(None)

    def answer(self, requests: Sequence[Request]) -> list[Reply]:
        """Answer each request."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: Request) -> Reply:
        try:
            made = self.forecaster.predict(_table(request))
        except Refused as refused:
            return refused.reply(request.lang)
        except PlasticaError as error:
            return Refused(422, "bad_rows", sentence_of(error)).reply(request.lang)
        if request.as_csv:
            return Reply(made.write_csv(datetime_format=TIME).encode(), "text/csv; charset=utf-8", rows=made.height)
        told = {"predictions": made.to_dicts(), "model": self.digest}
        return Reply(msgspec.json.encode(told), rows=made.height)


def _table(request: Request) -> Table | None:
    if request.media == "csv":
        text, _ = decode(request.body, SOURCE, request.charset or None)
        return parse(text, SOURCE, header=True)
    if request.body.strip() == b"[]":
        return None
    body = request.body if request.body.lstrip()[:1] != b"{" or request.media == "ndjson" else b"[%s]" % request.body
    return read_json(body, SOURCE, lines=request.media == "ndjson")
