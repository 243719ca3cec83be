"""Detection of columns in a Parquet file that were categorical when it was written.

Parquet has no categories of numbers. Programs store this information in the metadata of the file: pandas as JSON,
Arrow in its schema, a FlatBuffers message, from which only the names and dictionaries of the fields are read here.

Reference:
    Arrow columnar format, Schema.fbs and Message.fbs; FlatBuffers internals (tables, vtables, vectors).
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import struct
from collections.abc import Mapping
from pathlib import Path

HEADER, FIELDS, NAME, DICTIONARY = 2, 1, 0, 4  # the slots of Message.header, Schema.fields, Field.name, .dictionary
CONTINUATION = b"\xff\xff\xff\xff"


def declared_categories(source: Path | io.BytesIO) -> frozenset[str]:
    """Return the names of the columns that are categorical by the metadata of a Parquet file; none if it is damaged."""
    import polars as pl

    return categories_in(pl.read_parquet_metadata(source))


def categories_in(metadata: Mapping[str, str]) -> frozenset[str]:
    """Return the names of the columns that are categorical by the metadata, as read by polars."""
    return frozenset(_of_pandas(metadata.get("pandas", "")) | _of_arrow(metadata.get("ARROW:schema", "")))


def _of_pandas(text: str) -> set[str]:
    try:
        columns = json.loads(text)["columns"]
        return {each["field_name"] for each in columns if each["pandas_type"] == "categorical"}
    except (ValueError, KeyError, TypeError):
        return set()


def _of_arrow(text: str) -> set[str]:
    try:
        data = base64.b64decode(text, validate=True)
        start = (8 if data.startswith(CONTINUATION) else 4) if data else 0
        return _dictionaries(data[start:])
    except (binascii.Error, struct.error, UnicodeDecodeError, IndexError, ValueError):
        return set()


def _dictionaries(message: bytes) -> set[str]:
    schema = _slot(message, _offset(message, 0), HEADER)
    fields = None if schema is None else _slot(message, _offset(message, schema), FIELDS)
    if fields is None:
        return set()
    vector = _offset(message, fields)
    found: set[str] = set()
    for number in range(min(_unsigned(message, vector), len(message) // 4)):
        field = _offset(message, vector + 4 * (number + 1))
        name = _slot(message, field, NAME)
        if name is not None and _slot(message, field, DICTIONARY) is not None:
            text = _offset(message, name)
            found.add(message[text + 4 : text + 4 + _unsigned(message, text)].decode())
    return found


def _slot(message: bytes, table: int, number: int) -> int | None:
    """Return the position of the value of a slot in a table, or None if there is none."""
    (back,) = struct.unpack_from("<i", message, table)
    vtable = table - back
    (size,) = struct.unpack_from("<H", message, vtable)
    entry = 4 + 2 * number
    if entry + 2 > size:
        return None
    (offset,) = struct.unpack_from("<H", message, vtable + entry)
    return table + offset if offset else None


def _offset(message: bytes, place: int) -> int:
    return place + _unsigned(message, place)


def _unsigned(message: bytes, place: int) -> int:
    (value,) = struct.unpack_from("<I", message, place)
    return value
