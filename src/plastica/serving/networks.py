"""A network that answers requests: arrays as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import msgspec
import numpy as np

from ..errors import InvalidValue, PlasticaError
from ..model import Model
from ..model.shapes import is_several
from ..notes import note, sentence_of
from ..typing import Document, Json, ModelAnswers, PyTree
from .bodies import json_values
from .exchange import DriftCounts, Refused, Reply, Request

WANTED = "an array of rows"


class ServedNetwork:
    """Answers requests with a network that reads arrays: ``[[...], ...]``, a row of the input's shape for each answer.

    A network with several inputs reads ``{"inputs": [[...], [...]]}``, or ``{"inputs": {"name": [...]}}`` if they
    have names.

    Args:
        model: The network.
        name: The name of its file.
        digest: The beginning of the SHA-256 hash of its file.

    Raises:
        InvalidValue: If the network remembers earlier batches: its answers would depend on the requests of others.
    """

    kind = "network"
    deaths = 0

    def __init__(self, model: Model, name: str, digest: str) -> None:
        if model.network.remembers:
            raise InvalidValue(
                f"{name}: this network is stateful, so that the answer to a request would depend on those before it; "
                "serve one without stateful=True."
            )
        if any(size is None for shape in _shapes(model) for size in shape):
            raise InvalidValue(f"{name}: the input shape {model.input_shape} is not fixed; declare it completely.")
        self.model, self.name, self.digest = model, name, digest
        # Of one type for each input, so that no request compiles a program of its own.
        integers = model.network.takes_integers
        kinds = integers if isinstance(integers, tuple) else (integers,)
        self.types = [np.int64 if kept else np.float32 for kept in kinds]

    def close(self) -> None:
        """Do nothing: the memory is freed with the model."""

    def schema(self) -> Document:
        """Return the JSON Schema of a row; with several inputs, of each."""
        shapes = _shapes(self.model)
        if not is_several(self.model.declared_shape):
            return {**_array(shapes[0]), "title": "A row", "examples": [np.zeros(shapes[0]).tolist()]}
        names = self._names()
        properties = {name: _array(shape) for name, shape in zip(names, shapes, strict=True)}
        example = {name: np.zeros(shape).tolist() for name, shape in zip(names, shapes, strict=True)}
        return {"title": "A row", "type": "object", "properties": properties, "examples": [example]}

    def drift(self, others: Sequence[DriftCounts] = ()) -> list[Document]:
        """Return nothing: a network's file has no description of the arrays that it was trained on."""
        return []

    def drift_counts(self) -> DriftCounts:
        """Return nothing, likewise."""
        return []

    def warm(self, rows: int) -> None:
        """Predict zeros, as one row and as many rows: a model has one program for each."""
        for count in (1, rows):
            shapes = zip(_shapes(self.model), self.types, strict=True)
            self._predict(tuple(np.zeros((count, *shape), kind) for shape, kind in shapes))

    def answer(self, requests: Sequence[Request]) -> list[Reply]:
        """Answer several requests together, by one call of the model."""
        replies: dict[int, Reply] = {}
        together: list[tuple[int, tuple[np.ndarray, ...]]] = []
        for place, request in enumerate(requests):
            try:
                together.append((place, self._read(request)))
            except Refused as refused:
                replies[place] = refused.reply(request.lang)
        if together:
            replies |= self._answer(together, requests)
        return [replies[place] for place in range(len(requests))]

    def _answer(
        self, group: Sequence[tuple[int, tuple[np.ndarray, ...]]], requests: Sequence[Request]
    ) -> dict[int, Reply]:
        together = tuple(np.concatenate(parts) for parts in zip(*(parts for _, parts in group), strict=True))
        try:
            answers = self._predict(together)
        except PlasticaError as error:  # values outside of what a layer reads, such as the tokens of an embedding
            if len(group) == 1:
                return {group[0][0]: Refused(422, "bad_rows", sentence_of(error)).reply(requests[group[0][0]].lang)}
            return {place: reply for each in group for place, reply in self._answer([each], requests).items()}
        replies: dict[int, Reply] = {}
        start = 0
        for place, parts in group:
            rows = slice(start, start := start + len(parts[0]))
            made = jax.tree.map(lambda part, rows=rows: part[rows].tolist(), answers)
            told = msgspec.json.encode({"predictions": made, "model": self.digest})
            replies[place] = Reply(told, rows=rows.stop - rows.start)
        return replies

    def _predict(self, parts: tuple[np.ndarray, ...]) -> ModelAnswers:
        return self.model.predict(parts if is_several(self.model.declared_shape) else parts[0], verbose=0)

    def _names(self) -> tuple[str, ...]:
        return tuple(self.model.network.input_names) or tuple(map(str, range(len(_shapes(self.model)))))

    def _read(self, request: Request) -> tuple[np.ndarray, ...]:
        """Return the array of each input."""
        if request.media != "json":
            raise Refused(415, "unknown_media_type", note("serving.reads_arrays"))
        if request.as_csv:
            raise Refused(406, "needs_json", note("serving.answers_arrays"))
        values = json_values(request.body, "json")
        if isinstance(values, dict) and "inputs" in values:
            values = values["inputs"]
        shapes = _shapes(self.model)
        if not is_several(self.model.declared_shape):
            return (_rows(values, shapes[0], self.types[0], "the body"),)
        names = self._names()
        if isinstance(values, list) and len(values) == len(shapes):
            values = dict(zip(names, values, strict=True))
        if not isinstance(values, dict) or set(values) != set(names):
            raise Refused(422, "missing_input", f'send {{"inputs": {{...}}}} with {", ".join(map(repr, names))}.')
        each = zip(names, shapes, self.types, strict=True)
        parts = tuple(_rows(values[name], shape, kind, f"input {name!r}") for name, shape, kind in each)
        if len({len(part) for part in parts}) > 1:
            counts = ", ".join(f"{name!r} has {len(part)}" for name, part in zip(names, parts, strict=True))
            raise Refused(422, "bad_rows", f"the inputs have different numbers of rows: {counts}.")
        return parts


def _rows(values: Json, shape: tuple[int, ...], kind: type, where: str) -> np.ndarray:
    """Return rows of a shape and type; a single row is taken as one.

    Raises:
        Refused: If the values are of another shape, or are not numbers, or not whole where a layer reads codes.
    """
    if not isinstance(values, list) or not values:
        raise Refused(400, "not_rows", f"{where} is no array of rows; send rows of shape {shape}.")
    single = _shape_of(values) == shape
    rows = [values] if single else values
    for number, row in enumerate(rows, start=1):
        if (found := _shape_of(row)) != shape:
            told = "is not an array of numbers" if found is None else f"has shape {found}"
            raise Refused(422, "bad_rows", f"{where}, row {number} {told}; expected numbers of shape {shape}.")
    made = np.asarray(rows)
    if kind is np.int64 and (made != np.rint(made)).any():
        row = int((made != np.rint(made)).reshape(len(made), -1).any(1).argmax()) + 1
        raise Refused(422, "bad_rows", f"{where}, row {row} has numbers that are not whole; expected codes.")
    if kind is np.float32 and (large := np.abs(made.reshape(len(made), -1)) > np.finfo(np.float32).max).any():
        row = str(int(large.any(1).argmax()) + 1)
        raise Refused(422, "bad_rows", note("serving.beyond_float32", where=where, row=row))
    return made.astype(kind)


def _shape_of(row: Any) -> tuple[int, ...] | None:
    """Return the shape of an array of numbers; None for other values and ragged arrays."""
    try:
        made = np.asarray(row)
    except (ValueError, OverflowError):
        return None
    return made.shape if made.dtype.kind in "iufb" else None


def _shapes(model: Model) -> list[tuple[int, ...]]:
    declared: PyTree = model.declared_shape
    return [tuple(shape) for shape in (declared if is_several(declared) else [declared])]


def _array(shape: tuple[int, ...]) -> Document:
    made: Document = {"type": "number"}
    for size in reversed(shape):
        made = {"type": "array", "items": made, "minItems": size, "maxItems": size}
    return made
