"""Bodies of requests: their format, the number of their rows, and the rows themselves."""

from __future__ import annotations

from typing import Any

import msgspec

from .exchange import Media, Refused

MEDIA: dict[str, Media] = {
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "text/csv": "csv",
}
EXAMPLE = 'an object such as {"age": 31, "city": "Ulm"}, or an array of them'
_RAW_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_LINES = msgspec.json.Decoder(object)


def media_of(content_type: str) -> Media:
    """Return the format of a body.

    Raises:
        Refused: If it is of another type.
    """
    media = MEDIA.get(content_type.partition(";")[0].strip().lower())
    if media is None:
        named = f"Content-Type {content_type[:80]!r}" if content_type else "a body without Content-Type"
        raise Refused(
            415, "unknown_media_type", f"{named} is not read; send application/json, application/x-ndjson or text/csv."
        )
    return media


def count_rows(body: bytes, media: Media) -> int:
    """Return the number of rows; for CSV the number of lines below the header, an upper bound.

    Raises:
        Refused: If the body is empty or not JSON.
    """
    if not body.strip():
        raise Refused(400, "empty_body", f"the body is empty; send {_wanted(media)}.")
    if media == "csv":
        return body.rstrip(b"\r\n").count(b"\n")
    if media == "ndjson":
        return sum(1 for line in body.splitlines() if line.strip())
    if body.lstrip()[:1] != b"[":
        return 1
    try:
        return len(_RAW_ARRAY.decode(body))
    except (msgspec.DecodeError, RecursionError) as problem:
        raise _not_json(problem) from None


def json_values(body: bytes, media: Media) -> Any:
    """Return the values of a JSON body; of JSON lines, those of all lines.

    Raises:
        Refused: If it is not JSON.
    """
    try:
        return _LINES.decode_lines(body) if media == "ndjson" else msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise _not_json(problem) from None


def _wanted(media: Media) -> str:
    return {"json": EXAMPLE, "ndjson": "a JSON object in each line", "csv": "names of columns and rows"}[media]


def _not_json(problem: Exception) -> Refused:
    return Refused(400, "not_json", f"the body is not JSON: {str(problem).rstrip('.')}. Send {EXAMPLE}.")
