"""What passes between the HTTP server and a model: requests, replies, and refusals in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from ..notes import Note
from ..typing import Document

Media = Literal["json", "ndjson", "csv"]
# For each column how many recent rows, and how many in all, are in each of its parts; see ``Drift``.
DriftCounts = list[tuple[list[float], list[float]]]
MOST_LISTED = 100  # bad rows that a refusal lists one by one


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a request, and what is wanted for them.

    Args:
        body: The rows as sent.
        media: Their format.
        charset: The encoding of CSV; "" to recognize it.
        lang: The language of sentences in the reply.
        rows: The number of rows; for CSV an upper bound.
        as_csv: Whether the reply is CSV instead of JSON.
        probabilities: Whether to add the probability of each class.
        skip: Whether to answer the good rows of a request that also has bad ones, instead of refusing it.
        notes: Whether to add notes on values that training had not seen.
    """

    body: bytes
    media: Media = "json"
    charset: str = ""
    lang: str = "en"
    rows: int = 1
    as_csv: bool = False
    probabilities: bool = True
    skip: bool = False
    notes: bool = False


class BadRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A row that cannot be read, as told to the client.

    Args:
        row: The number of the row in the request, from 1.
        message: One sentence with the place, the value and what was wanted.
        column: The column, if it is a cell that does not fit.
        value: The content of the cell.
        wanted: What the column expects.
    """

    row: int
    message: Note | str
    column: str | None = None
    value: str | float | None = None
    wanted: str | None = None

    def said(self, lang: str) -> BadRow:
        """Return the same with its message in a language."""
        return msgspec.structs.replace(self, message=spoken(self.message, lang))


def spoken(told: Note | str, lang: str) -> str:
    """Return a sentence in a language, where it has translations."""
    return told.spoken(lang) if isinstance(told, Note) else told


class Reply(msgspec.Struct, frozen=True):
    """The reply to a request.

    Args:
        body: The body.
        media_type: Its type.
        status: The HTTP status.
        code: The code of the error; empty if there is none.
        rows: The number of rows answered.
        retry_after: Seconds after which another attempt may succeed; None if it will not.
        missing_columns: The columns that the request lacks.
    """

    body: bytes
    media_type: str = "application/json"
    status: int = 200
    code: str = ""
    rows: int = 0
    retry_after: int | None = None
    missing_columns: tuple[str, ...] = ()


class Refused(Exception):
    """A request that is not answered, with a status, a stable code for programs and a sentence for people.

    Args:
        status: The HTTP status.
        code: The code, which does not change between versions.
        message: One sentence: what arrived, and what was wanted.
        rows: The bad rows, if these are the reason.
        retry_after, missing_columns: As for :class:`Reply`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: Note | str,
        rows: Sequence[BadRow] = (),
        retry_after: int | None = None,
        missing_columns: tuple[str, ...] = (),
    ) -> None:
        super().__init__(str(message))
        self.status, self.code, self.message, self.rows = status, code, message, rows
        self.retry_after, self.missing_columns = retry_after, missing_columns

    def reply(self, lang: str = "en") -> Reply:
        """Return the reply ``{"error": {"code": ..., "message": ...}}``, with the first 100 bad rows."""
        told: Document = {"code": self.code, "message": spoken(self.message, lang)}
        if self.rows:
            told |= {"bad_rows": len(self.rows), "rows": [each.said(lang) for each in self.rows[:MOST_LISTED]]}
        return Reply(
            msgspec.json.encode({"error": told}),
            status=self.status,
            code=self.code,
            retry_after=self.retry_after,
            missing_columns=self.missing_columns,
        )


class Served(Protocol):
    """A model that answers requests."""

    name: str
    kind: str
    digest: str
    deaths: int  # how often its process was started again

    def warm(self, rows: int) -> None:
        """Compile all programs that batches of up to so many rows need."""
        ...

    def answer(self, requests: Sequence[Request]) -> list[Reply]:
        """Answer several requests together; the answer to each does not depend on the others."""
        ...

    def schema(self) -> Document:
        """Return the JSON Schema of the rows, with examples."""
        ...

    def drift(self, others: Sequence[DriftCounts] = ()) -> list[Document]:
        """Return how far the values of each column are from those of training; empty if this is not known.

        Args:
            others: The counts of other processes with the same model, which are added.
        """
        ...

    def drift_counts(self) -> DriftCounts:
        """Return what :meth:`drift` is computed from."""
        ...

    def close(self) -> None:
        """Free what the model holds; it is not asked any more."""
        ...
