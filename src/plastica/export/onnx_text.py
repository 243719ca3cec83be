"""Nodes of ONNX for columns of text: words or letters, hashed as :func:`.raw_columns.encode_text` does."""

from __future__ import annotations

from .onnx_graph import OnnxGraph
from .onnx_words import WHITESPACE, letters, lowered, tokens, with_guard, without_guard
from .raw_columns import ColumnSpec

_WORDS = r"[\p{L}\p{N}_]{2,}"
_SIZES = (2, 3, 4)  # of n-grams of letters


def encode_text(graph: OnnxGraph, x: str, spec: ColumnSpec) -> str:
    """Return the hashed pieces of a column of strings, ``float32 (rows, features)``."""
    size = int(spec["features"])
    text = lowered(graph, with_guard(graph, x))
    pieces = tokens(graph, text, _WORDS) if spec["pieces"] == "words" else _ngrams(graph, text)
    code = graph.extension("MurmurHash3", pieces, "int32", positive=0, seed=0)
    places = graph.node("Mod", graph.node("Abs", graph.cast(code, "int64")), graph.integers(size))
    signs = graph.node("Sign", graph.node("Add", graph.cast(code, "float32"), graph.number(0.5, "float32")))
    counted = graph.node("Mul", signs, graph.cast(graph.node("Not", _is_empty(graph, pieces)), "float32"))
    rows = graph.node("Shape", pieces, start=0, end=1)
    shape = graph.node("Concat", rows, graph.integers([size]), axis=0)
    zeros = graph.node("Expand", graph.number(0, "float32"), shape)
    sums = without_guard(graph, graph.node("ScatterElements", zeros, places, counted, axis=1, reduction="add"))
    # In doubles, so that trees find the same numbers to the last digit.
    exact = graph.cast(sums, "float64")
    norm = graph.node("Sqrt", graph.node("ReduceSumSquare", exact, graph.integers([1]), keepdims=1))
    # The sums are whole numbers: a norm below 1 is 0.
    length = graph.node("Max", norm, graph.number(1, "float64"))
    return graph.node("Mul", graph.node("Div", exact, length), graph.number(0.5, "float64"))


def _ngrams(graph: OnnxGraph, text: str) -> str:
    """Return the n-grams of the letters of each text, within words that have a space on both sides."""
    words = tokens(graph, text, f"[^{WHITESPACE}]+")  # (rows, words)
    flat = graph.node("Reshape", words, graph.integers([-1]))
    space = graph.strings([" "])
    padded = graph.node("StringConcat", graph.node("StringConcat", space, flat), space)
    empty = _is_empty(graph, flat)
    spelled = letters(graph, graph.node("Where", empty, graph.strings([""]), padded))  # (rows * words, letters)
    grams: list[str] = []
    for size in _SIZES:
        parts = [_from(graph, spelled, start, start + 1 - size or None) for start in range(size)]
        joined, last = parts[0], parts[-1]
        for part in parts[1:]:
            joined = graph.node("StringConcat", joined, part)
        grams.append(graph.node("Where", _is_empty(graph, last), graph.strings([""]), joined))
    every = graph.node("Concat", *grams, axis=1)
    rows = graph.node("Shape", words, start=0, end=1)
    return graph.node("Reshape", every, graph.node("Concat", rows, graph.integers([-1]), axis=0))


def _from(graph: OnnxGraph, x: str, start: int, stop: int | None) -> str:
    end = 2**31 - 1 if stop is None else stop
    return graph.node("Slice", x, *map(graph.integers, ([start], [end], [1])))


def _is_empty(graph: OnnxGraph, x: str) -> str:
    return graph.node("Equal", x, graph.strings([""]))
