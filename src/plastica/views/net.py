"""The part of a diagram for a graph: boxes in rows by depth, with lines from outputs to inputs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

from ..layers import Graph
from .canvas import Canvas, Point
from .parts import BESIDE, HIGH, LANE, WIDE, Part, Start

ROW = 0.46  # space between two rows for the lines
FAN = 0.5  # the part of the upper edge of a box at which lines end


class Link(NamedTuple):
    """A line between two nodes of a graph.

    Attributes:
        source, target: The nodes.
        number: The number of the line among those that end at the target, from the left.
        of: The number of lines that end there.
    """

    source: int
    target: int
    number: int
    of: int


class Net(Part):
    """A graph: inputs in the first row, each call below all its inputs.

    Args:
        graph: The graph.
        inside: The part for each of its layers.
    """

    def __init__(self, graph: Graph, inside: Sequence[Part]) -> None:
        self.graph = graph
        starts: list[Part] = [
            Start(name, each.shape) for name, each in zip(graph.input_names, graph.inputs, strict=True)
        ]
        self.parts = [*starts, *(inside[layer] for layer, _ in graph.calls)]
        self.depths = self._depths()
        self.rows = [[p for p, depth in enumerate(self.depths) if depth == row] for row in range(max(self.depths) + 1)]
        # Lines over several rows get lanes beside the boxes, which they would cross.
        self.long = [link for link in self._links() if self.depths[link.target] > self.depths[link.source] + 1]
        self.inner = max(self._width(row) for row in self.rows)
        self.width = self.inner + 2 * LANE * len(self.long)
        self.heights = [max(self.parts[place].height for place in row) for row in self.rows]
        self.height = sum(self.heights) + ROW * (len(self.rows) - 1)

    def draw(self, canvas: Canvas, x: float, top: float) -> None:
        tops = [top, *(top - sum(self.heights[:row]) - ROW * row for row in range(1, len(self.heights)))]
        middles = self._middles(x)
        for place, part in enumerate(self.parts):
            part.draw(canvas, middles[place], tops[self.depths[place]])
        lanes = count(1)
        for link in self._links():
            begin = middles[link.source], tops[self.depths[link.source]] - self.parts[link.source].height
            row = self.depths[link.target]
            end = middles[link.target] + self._offset(link), tops[row]
            if link in self.long:
                lane = x + self.inner / 2 + LANE * (next(lanes) - 0.5)
                # A line that ends further left passes above the others.
                low, high = begin[1] - ROW * 0.3, end[1] + ROW * (0.5 + 0.24 * (1 - link.number / max(link.of - 1, 1)))
                canvas.route([begin, (begin[0], low), (lane, low), (lane, high), (end[0], high), end])
            else:
                canvas.route(_stepped(begin, end, tops[row] + ROW * 0.4))

    def _depths(self) -> list[int]:
        found = [0] * len(self.graph.inputs)
        for _, reads in self.graph.calls:
            found.append(1 + max(found[read] for read in reads))
        return found

    def _links(self) -> list[Link]:
        """Return all lines; those that end at a node are numbered from left to right by their origin."""
        first, middles, found = len(self.graph.inputs), self._middles(0.0), []
        for number, (_, reads) in enumerate(self.graph.calls):
            target = first + number
            # Lines that pass other rows descend on the right.
            long = {read for read in reads if self.depths[target] > self.depths[read] + 1}
            order = sorted(range(len(reads)), key=lambda each: (reads[each] in long, middles[reads[each]]))
            found += [Link(reads[each], target, place, len(reads)) for place, each in enumerate(order)]
        return found

    def _width(self, row: Sequence[int]) -> float:
        return sum(self.parts[place].width for place in row) + BESIDE * (len(row) - 1)

    def _middles(self, x: float) -> dict[int, float]:
        found = {}
        for row in self.rows:
            left = x - self._width(row) / 2
            for place in row:
                found[place] = left + self.parts[place].width / 2
                left += self.parts[place].width + BESIDE
        return found

    def _offset(self, link: Link) -> float:
        """Return the offset of the end of a line from the middle of the upper edge of its target."""
        return 0.0 if link.of == 1 else WIDE * FAN * (link.number / (link.of - 1) - 0.5)


def _stepped(begin: Point, end: Point, between: float) -> list[Point]:
    if abs(begin[0] - end[0]) < HIGH / 100:
        return [begin, end]
    return [begin, (begin[0], between), (end[0], between), end]
