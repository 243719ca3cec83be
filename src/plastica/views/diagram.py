"""Diagrams of arbitrary networks: boxes for layers, arrows, arcs for skip connections, parallel branches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

from ..layers import Input, Layer
from ..layers.graph import Graph
from ..layers.layer import Shape
from .canvas import Canvas, Point
from .net import Net
from .outline import Entry
from .parts import Box, Fork, Group, Part, Skip, Stack, Start

EDGE, COLUMN_GAP, TALLEST, ASPECT, MOST_COLUMNS = 0.3, 0.75, 5.6, 1.25, 12


def draw_graph(graph: Layer, entries: Sequence[Entry]) -> Canvas:
    """Draw a graph from its inputs at the top to its outputs at the bottom."""
    net = _net(graph, entries)
    canvas = Canvas(net.width + 2 * EDGE, net.height + 2 * EDGE)
    net.draw(canvas, EDGE + net.width / 2, EDGE + net.height)
    return canvas


def draw_diagram(entries: Sequence[Entry], shape: Shape) -> Canvas:
    """Draw the layers from top to bottom, in several columns for a long network."""
    name = "input"
    if isinstance(entries[0].layer, Input):
        name, entries = entries[0].name, entries[1:]
    found = _columns([Start(name, shape), *_parts(entries)])
    width = sum(column.width for column in found) + COLUMN_GAP * (len(found) - 1) + 2 * EDGE
    canvas = Canvas(width, max(column.height for column in found) + 2 * EDGE)
    top = max(column.height for column in found) + EDGE
    left, before = EDGE, None
    for column in found:
        x = left + column.width / 2
        if before is not None:
            canvas.route(_to_next_column(before, (x, top), left - COLUMN_GAP / 2), column.solid)
        column.draw(canvas, x, top)
        before = x, top - column.height
        left += column.width + COLUMN_GAP
    return canvas


def _to_next_column(start: Point, end: Point, between: float) -> list[Point]:
    (x, bottom), (far, top) = start, end
    low, high = bottom - 0.15, top + 0.15
    return [(x, bottom), (x, low), (between, low), (between, high), (far, high), (far, top)]


def _columns(parts: Sequence[Part]) -> list[Stack]:
    whole = Stack(parts)
    if whole.height <= TALLEST:
        return [whole]
    ways = [_split(parts, count) for count in range(1, min(len(parts), MOST_COLUMNS) + 1)]
    return min(ways, key=lambda way: abs(math.log(_aspect(way) / ASPECT)))


def _split(parts: Sequence[Part], count: int) -> list[Stack]:
    limit = max(Stack(parts).height / count, *(part.height for part in parts))
    while len(found := _filled(parts, limit)) > count:
        limit += 0.1
    return found


def _filled(parts: Sequence[Part], limit: float) -> list[Stack]:
    found: list[list[Part]] = [[]]
    for part in parts:
        if found[-1] and Stack([*found[-1], part]).height > limit:
            found.append([])
        found[-1].append(part)
    return [Stack(column) for column in found]


def _aspect(way: Sequence[Stack]) -> float:
    return sum(column.width + COLUMN_GAP for column in way) / max(column.height for column in way)


def _parts(entries: Sequence[Entry]) -> list[Part]:
    found: list[Part] = []
    for entry in entries:
        if entry.layer.flow == "chain" and entry.layer.name is None:
            found += _parts(entry.children)
        else:
            found.append(_part(entry))
    return found


def _part(entry: Entry) -> Part:
    if entry.layer.flow == "chain":
        inside = Stack(_parts(entry.children))
        return inside if entry.layer.name is None else Group(entry.name, inside)
    if entry.layer.flow == "skip":
        return Skip(entry, Stack(_parts(entry.children)))
    if entry.layer.flow == "fork":
        return Fork(entry, [_part(child) for child in entry.children])
    if entry.layer.flow == "graph":
        return Group(entry.name, _net(entry.layer, entry.children))
    return Box(entry)


def _net(graph: Layer, entries: Sequence[Entry]) -> Net:
    return Net(cast(Graph, graph), [_part(entry) for entry in entries])
