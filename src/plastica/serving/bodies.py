"""Bodies of requests: their format, the number of their rows, and the rows themselves."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

import msgspec

from ..notes import Note, note
from .exchange import Media, Refused

MEDIA: dict[str, Media] = {
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "text/csv": "csv",
}
WANTED = note("serving.wanted_json")
MARK = b"\xef\xbb\xbf"  # of UTF-8, which some programs write in front
# Words that Python and others write, and JSON does not have.
NO_JSON = re.compile(rb"[:\[,]\s*(NaN|-?Infinity|nan|-?inf|None|undefined)\s*[,}\]]")
KEY = re.compile(rb'"\s*:')
_RAW_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_LINES = msgspec.json.Decoder(object)


def media_of(content_type: str) -> tuple[Media, str]:
    """Return the format of a body, and the encoding of its characters: "" to recognize it.

    Raises:
        Refused: If it is of another type, or the encoding is unknown.

    Example:
        >>> media_of("text/csv; charset=latin-1"), media_of("application/json; charset=utf-8")
        (('csv', 'latin-1'), ('json', ''))
    """
    kind, *parameters = content_type.split(";")
    media = MEDIA.get(kind.strip().lower())
    if media is None:
        told = (
            note("serving.media_type", given=repr(content_type[:80])) if content_type else note("serving.no_media_type")
        )
        raise Refused(415, "unknown_media_type", told)
    charset = ""
    for name, _, value in (each.partition("=") for each in parameters):
        if name.strip().lower() == "charset":
            charset = value.strip("\"' ")
    if not charset:
        return media, ""
    try:
        codec = codecs.lookup(charset).name
    except LookupError:
        raise Refused(415, "unknown_media_type", note("serving.no_charset", charset=charset[:40])) from None
    if media == "csv":
        return media, "" if codec in ("utf-8", "ascii") else charset
    if codec not in ("utf-8", "ascii"):
        raise Refused(415, "unknown_media_type", note("serving.json_charset", charset=charset[:40]))
    return media, ""


def count_rows(body: bytes, media: Media) -> int:
    """Return the number of rows; for CSV the number of lines below the header, an upper bound.

    Raises:
        Refused: If the body is empty or not JSON.
    """
    if not body.strip():
        raise Refused(400, "empty_body", note("serving.empty_body", wanted=_wanted(media)))
    if media == "csv":
        return body.rstrip(b"\r\n").count(b"\n")
    if media == "ndjson":
        return sum(1 for line in body.splitlines() if line.strip())
    if body.lstrip()[:1] != b"[":
        return 1
    try:
        return len(_RAW_ARRAY.decode(body))
    except (msgspec.DecodeError, RecursionError) as problem:
        raise _not_json(problem, body) from None


def json_values(body: bytes, media: Media) -> Any:
    """Return the values of a JSON body; of JSON lines, those of all lines.

    Raises:
        Refused: If it is not JSON.
    """
    try:
        values = _LINES.decode_lines(body) if media == "ndjson" else msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise _not_json(problem, body, media) from None
    # A key that is given twice has left one value, so that there are more keys than values.
    if (keys := len(KEY.findall(body))) > _values(values, 1) and keys > _values(values, 3):
        _refuse_repeated(body, media)
    return values


def _values(value: Any, depth: int) -> int:
    """Return the number of values in objects down to a depth, at which rows are in an array."""
    if isinstance(value, dict):
        inside = 0 if depth < 1 else sum(_values(each, depth - 1) for each in value.values())
        return len(value) + inside
    return sum(_values(each, depth - 1) for each in value) if isinstance(value, list) and depth >= 1 else 0


def _refuse_repeated(body: bytes, media: Media) -> None:
    """Raise an error for an object that has a key twice, of which most programs would silently take the last."""

    def checked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise Refused(400, "repeated_column", note("serving.repeated_key", key=repr(twice[:80])))
        return made

    for part in body.splitlines() if media == "ndjson" else [body]:
        if part.strip():
            json.loads(part, object_pairs_hook=checked)


def _not_json(problem: Exception, body: bytes, media: Media = "json") -> Refused:
    if found := NO_JSON.search(body):
        word, place = found[1].decode(), found.start(1)
        return Refused(400, "not_json", note("serving.no_json_word", word=word, place=str(place)))
    is_cut = "truncated" in str(problem)
    told = {"why": note("serving.json_cut") if is_cut else str(problem).rstrip("."), "wanted": _wanted(media)}
    if media == "ndjson":
        return Refused(400, "not_json", note("serving.not_json_line", line=_first_invalid(body), **told))
    return Refused(400, "not_json", note("serving.not_json", **told))


def _wanted(media: Media) -> Note:
    return note(f"serving.wanted_{media}")


def _first_invalid(body: bytes) -> int:
    """Return the number of the first line that is not JSON, from 1."""
    for number, line in enumerate(body.splitlines(), 1):
        try:
            if line.strip():
                _LINES.decode(line)
        except (msgspec.DecodeError, RecursionError):
            return number
    return len(body.splitlines())
