"""Nodes of ONNX for strings. Regular expressions are those of RE2, whose classes of letters and spaces are ASCII."""

from __future__ import annotations

import functools
import sys

from .onnx_graph import OnnxGraph

WHITESPACE = r"\s\x{0b}\x{1c}-\x{1f}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"


def quoted(text: str) -> str:
    r"""Return a regular expression that matches a text only.

    Example:
        >>> quoted("a+b")
        'a\\x{2b}b'
    """
    return "".join(letter if letter.isalnum() else f"\\x{{{ord(letter):x}}}" for letter in text)


def full_match(graph: OnnxGraph, x: str, pattern: str) -> str:
    """Return whether strings match a pattern but for white space around."""
    return graph.node("RegexFullMatch", x, pattern=f"[{WHITESPACE}]*(?:{pattern})[{WHITESPACE}]*")


def tokens(graph: OnnxGraph, x: str, pattern: str) -> str:
    """Return the parts of strings ``(n,)`` that match a pattern, ``(n, most parts)``, with "" behind them.

    At least one string must have such a part.
    """
    return graph.extension("Tokenizer", x, "string", mark=0, pad_value="", mincharnum=1, tokenexp=pattern)


def letters(graph: OnnxGraph, x: str) -> str:
    """Return the characters of strings ``(n,)``, ``(n, most characters)``, with "" behind them."""
    return graph.extension("Tokenizer", x, "string", mark=0, pad_value="", mincharnum=1, separators=[""])


def with_guard(graph: OnnxGraph, x: str) -> str:
    """Return a column ``(rows, 1)`` as ``(rows + 1,)``: the last string has a part for every pattern."""
    flat = graph.node("Reshape", x, graph.integers([-1]))
    return graph.node("Concat", flat, graph.strings(["xx"]), axis=0)


def without_guard(graph: OnnxGraph, x: str) -> str:
    """Return what was computed for a column without what stands for the guard."""
    return graph.node("Slice", x, *map(graph.integers, ([0], [-1], [0])))


def stripped(graph: OnnxGraph, x: str) -> str:
    """Return a column of strings without white space around."""
    pattern = rf"(?s)[^{WHITESPACE}](?:.*[^{WHITESPACE}])?"
    return without_guard(graph, tokens(graph, with_guard(graph, x), pattern))


def lowered(graph: OnnxGraph, x: str) -> str:
    """Return strings ``(n,)`` in lower case, whatever the locale (StringNormalizer depends on it)."""
    upper, lower = _cases()
    characters = letters(graph, x)
    found = graph.node(
        "LabelEncoder",
        characters,
        domain="ai.onnx.ml",
        keys_strings=upper,
        values_strings=lower,
        default_string="",
    )
    kept = graph.node("Equal", found, graph.strings([""]))
    return _joined(graph, graph.node("Where", kept, characters, found))


@functools.cache
def _cases() -> tuple[list[str], list[str]]:
    """Return all characters that have a lower case, and this."""
    changed = [letter for letter in map(chr, range(sys.maxunicode + 1)) if letter.lower() != letter]
    return changed, [letter.lower() for letter in changed]


def _joined(graph: OnnxGraph, parts: str) -> str:
    """Return strings ``(n, parts)`` joined along the last axis: neighbours first, until one is left."""
    again = f"{graph.fresh()}_go"
    current = graph.fresh()

    def width(within: OnnxGraph, name: str) -> str:
        return within.node("Shape", name, start=1, end=2)

    def is_left(within: OnnxGraph, name: str) -> str:
        return within.node("Squeeze", within.node("Greater", width(within, name), within.integers([1])))

    def fill(inside: OnnxGraph) -> list[str]:
        # One more column where their number is odd.
        empty = inside.node("Expand", inside.strings([[""]]), inside.node("Shape", current, start=0, end=2))
        first = inside.node("Slice", empty, *map(inside.integers, ([0], [1], [1])))
        even = inside.node("Concat", current, first, axis=1)
        count = inside.node("Mul", inside.node("Div", width(inside, even), inside.integers([2])), inside.integers([2]))
        left, right = (
            inside.node("Slice", even, inside.integers([start]), count, inside.integers([1]), inside.integers([2]))
            for start in (0, 1)
        )
        pairs = inside.node("StringConcat", left, right)
        return [is_left(inside, pairs), pairs]

    body = graph.inside({graph.fresh(): None, again: None, current: "string"}, fill)
    joined = graph.nodes_of("Loop", ["", is_left(graph, parts), parts], 1, body=body)[0]
    return graph.node("Squeeze", joined, graph.integers([1]))
