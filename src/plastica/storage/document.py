"""JSON documents stored with arrays: equal contents give equal texts, and decoding restores equal values."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import cast

from ..errors import FileError, InvalidValue
from ..typing import Document

LARGEST_DOCUMENT = 32 * 2**20
DEEPEST = 200
_FLOAT = "$float"
_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encode(document: Document, *, in_order: bool = False) -> str:
    """Return ``document`` as JSON.

    NaN and infinity, which JSON lacks, are encoded as ``{"$float": "nan"}`` and decoded to floats.

    Args:
        document: Dictionaries with string keys, lists, strings, integers, floats, Booleans and None.
        in_order: Whether to preserve the order of keys. By default, they are sorted, so that equal documents give equal
            bytes.

    Raises:
        InvalidValue: If a value would not be restored exactly, or the document is too large.
    """
    if document.keys() == {_FLOAT}:
        raise InvalidValue(f"document: a dictionary cannot have {_FLOAT!r} as its only key; it is reserved for floats.")
    text = _spelt(_plain(document, "document", DEEPEST), sort_keys=not in_order)
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise InvalidValue(f"document: {error.object[error.start : error.end]!r} is not valid text.") from error
    if size > LARGEST_DOCUMENT:
        raise InvalidValue(f"document: got {size:,} bytes of JSON; expected at most {LARGEST_DOCUMENT:,}.")
    return text


def decode(text: str | bytes, where: str) -> Document:
    """Return the document for a JSON text.

    Raises:
        FileError: If the text is not JSON of a dictionary; ``where`` names the file.
    """
    return parse(text, where, _restore)


def parse(text: str | bytes, where: str, object_hook: Callable[[Document], object] | None = None) -> Document:
    """Return the dictionary in a JSON text, without decoding special values.

    Raises:
        FileError: If the text is not JSON of a dictionary; ``where`` names the file.
    """
    try:
        parsed = json.loads(text, object_hook=object_hook)
    except (ValueError, RecursionError) as error:
        raise FileError(f"{where} is damaged: its JSON cannot be read.") from error
    if not isinstance(parsed, dict):
        raise FileError(f"{where} is damaged: its JSON is not a dictionary.")
    return cast(Document, parsed)


def canonical(value: object) -> str:
    """Return the canonical JSON of a value: sorted keys, no spaces."""
    return _spelt(value, sort_keys=True)


def _spelt(value: object, sort_keys: bool) -> str:
    return json.dumps(value, sort_keys=sort_keys, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _plain(value: object, path: str, depth: int) -> object:
    if depth == 0:
        raise InvalidValue(f"{path[:60]}...: nested more than {DEEPEST} levels deep.")
    if isinstance(value, dict):
        parts = cast("dict[object, object]", value)
        for key in parts:
            if not isinstance(key, str):
                raise InvalidValue(f"{path}: the key {key!r} is not a string; JSON would change it.")
        return {str(key): _plain(part, f"{path}[{key!r}]", depth - 1) for key, part in parts.items()}
    if isinstance(value, list):
        return [_plain(part, f"{path}[{index}]", depth - 1) for index, part in enumerate(cast("list[object]", value))]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {_FLOAT: str(float(value))}
    if value is None or isinstance(value, str | int):
        return value
    raise InvalidValue(
        f"{path}: {type(value).__name__} cannot be stored as JSON; expected strings, numbers, Booleans, None, lists or "
        "dictionaries."
    )


def _restore(parts: Document) -> object:
    if parts.keys() == {_FLOAT}:
        name = parts[_FLOAT]
        return _NOT_FINITE[name] if isinstance(name, str) and name in _NOT_FINITE else parts
    return parts
