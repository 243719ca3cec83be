"""The summary of a network as text, in the format of Keras."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence

import jax
from jax import Array

from ..layers import Layer
from ..layers.freezing import trainable_part
from ..layers.layer import Params, Shape, State
from ..notebook import html
from .outline import Entry, outline

HEADS = ("layer (kind)", "output shape", "params", "activation")
NARROWEST = (16, 16, 6, 10)
LONGEST = (60, 32, 15, 24)
NUMBERS = 2  # the right-aligned column
UNBUILT = (
    "Not built yet: sizes come with the input's shape. Call build((None, 784)) with the shape of one input, state "
    "input_shape= in the first layer, or call fit()."
)
EMPTY = "No layers yet: add one with model.add(Dense(10))."

SummaryRow = tuple[str, str, str, str]


def summary(
    network: Layer,
    input_shape: Shape | None,
    params: Params | None,
    state: State | None,
    *,
    name: str = "sequential",
    width: int | None = None,
) -> str:
    """Return the layers with their output shapes, numbers of parameters and activations as text.

    The numbers are those of Keras: trainable parameters and non-trainable values (running means) of each layer, listed
    separately in the totals. A composition includes the layers inside it, which are shown below it as a tree.

    Args:
        network: A layer or a composition.
        input_shape: The shape of one input without the batch axis; None if unknown.
        params: The parameters of the network, or None.
        state: The state of the network.
        name: The name of the network.
        width: The maximum number of characters in a line. Default: the width of the terminal.
    """
    width = width or shutil.get_terminal_size().columns
    entries = outline(network, input_shape, params, state)
    head = f'Model: "{name}"' if input_shape is None else f'Model: "{name}", input {_written(input_shape)}'
    if not entries:
        return f"{head}\n{EMPTY}"
    rows = [row for entry in entries for row in _rows(entry, built=params is not None)]
    end = textwrap.fill(UNBUILT, width) if params is None else _totals(network, params, state)
    return "\n".join([head, *_table(rows, width), end])


def page(
    network: Layer,
    input_shape: Shape | None,
    params: Params | None,
    state: State | None,
    *,
    name: str,
    words: Sequence[str] = (),
) -> str:
    """Return the summary as HTML for notebooks; ``words`` follow the name."""
    entries = outline(network, input_shape, params, state)
    shape = "" if input_shape is None else f"input {_written(input_shape)}"
    title = html.heading(name, shape, *words)
    if not entries:
        return html.block(title, html.paragraph(EMPTY))
    rows = [row for entry in entries for row in _rows(entry, built=params is not None)]
    end = UNBUILT if params is None else _totals(network, params, state).replace("\n", " · ")
    return html.block(title, html.table(HEADS, rows, numbers=(NUMBERS,)), html.paragraph(end, soft=True))


def _rows(entry: Entry, built: bool, before: str = "", below: str = "") -> Iterator[SummaryRow]:
    number = f"{entry.learned + entry.carried:,}" if built else "?"
    yield f"{before}{entry.name} ({entry.kind})", _written(entry.shape), number, entry.activation
    for place, child in enumerate(entry.children):
        last = place == len(entry.children) - 1
        yield from _rows(child, built, below + ("└─ " if last else "├─ "), below + ("   " if last else "│  "))


def _written(shape: Shape | None) -> str:
    if shape and isinstance(shape[0], tuple):  # several inputs
        return ", ".join(map(_written, shape))  # pyright: ignore[reportArgumentType]
    return "?" if shape is None else f"({', '.join(['None', *map(str, shape)])})"


def _totals(network: Layer, params: Params, state: State | None) -> str:
    every, learned = jax.tree.leaves((params, state)), jax.tree.leaves(trainable_part(network, params))
    taken = set(map(id, learned))
    fixed = [array for array in every if id(array) not in taken]
    lines = (("Total", every), ("Trainable", learned), ("Non-trainable", fixed))
    return "\n".join(f"{which} params: {_size(arrays)}" for which, arrays in lines)


def _size(arrays: Sequence[Array]) -> str:
    return f"{sum(array.size for array in arrays):,} ({in_units(sum(array.nbytes for array in arrays))})"


def in_units(size: float) -> str:
    """Return a number of bytes in the format of Keras: 6.16 KB."""
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} TB"


def _table(rows: list[SummaryRow], width: int) -> list[str]:
    widths = _widths([HEADS, *rows], width)
    rule = ["─" * (column + 2) for column in widths]
    body = [_line(row, widths) for row in rows]
    edges = (f"┌{'┬'.join(rule)}┐", f"├{'┼'.join(rule)}┤", f"└{'┴'.join(rule)}┘")
    return [edges[0], _line(HEADS, widths), edges[1], *body, edges[2]]


def _widths(rows: list[SummaryRow], width: int) -> list[int]:
    widths = [min(max(map(len, column)), most) for column, most in zip(zip(*rows, strict=True), LONGEST, strict=True)]
    for place in (0, 3, 1):  # numbers are never truncated
        surplus = sum(widths) + 3 * len(widths) + 1 - width
        widths[place] -= max(0, min(surplus, widths[place] - NARROWEST[place]))
    return widths


def _line(row: SummaryRow, widths: list[int]) -> str:
    cells = (cut(text, width) for text, width in zip(row, widths, strict=True))
    aligned = (
        text.rjust(width) if place == NUMBERS else text.ljust(width)
        for place, (text, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f"│ {' │ '.join(aligned)} │"


def cut(text: str, length: int) -> str:
    """Return a text, truncated with an ellipsis if it is too long."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
