"""The parts of a diagram: the box of a layer, a chain, a skip connection, a fork."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..drawing import FAINT, INK, SOFT, ArtistOption
from ..layers import (
    GRU,
    LSTM,
    BatchNormalization,
    Conv1D,
    Conv2D,
    Dense,
    Embedding,
    Layer,
    LayerNormalization,
    SimpleRNN,
)
from .canvas import Canvas
from .outline import Entry
from .summary import cut

WIDE, HIGH = 3.1, 0.5  # the box of a layer, in inches
GAP, LEAD, LANE, BESIDE = 0.28, 0.24, 0.34, 0.25
BOLD, PLAIN = 0.079, 0.0645  # mean widths of a letter in the two lines of a box

FILLS: tuple[tuple[tuple[type[Layer], ...], str, str], ...] = (
    ((Conv1D, Conv2D), "#DDEBF7", "#5B8DB8"),
    ((SimpleRNN, LSTM, GRU), "#DFF2E3", "#5E9C6B"),
    ((Dense,), "#FCE8D2", "#C08A4C"),
    ((Embedding,), "#EFE4F4", "#9272A5"),
    ((BatchNormalization, LayerNormalization), "#FDF8D8", "#B3A24E"),
)
OTHER = "#F4F4F4", "#999999"


class Part:
    """A part of a diagram, connected at the middle of its top and of its bottom.

    Attributes:
        width: The width in inches.
        height: The height in inches.
        solid: Whether it begins with a box, at which an arrow ends, instead of a continuing line.
    """

    width: float = WIDE
    height: float = HIGH
    solid: bool = True

    def draw(self, canvas: Canvas, x: float, top: float) -> None:
        """Draw the part, centred at ``x``."""
        raise NotImplementedError


class Box(Part):
    """A layer: its name, class, output shape and number of parameters."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    def draw(self, canvas: Canvas, x: float, top: float) -> None:
        entry, left, right = self.entry, x - WIDE / 2 + 0.1, x + WIDE / 2 - 0.1
        fill, edge = next((look for kinds, *look in FILLS if isinstance(entry.layer, kinds)), OTHER)
        canvas.box((x - WIDE / 2, top - HIGH), WIDE, HIGH, fc=fill, ec=edge)
        shape = sizes(entry.shape)
        name = cut(entry.name, _letters(shape, BOLD))
        canvas.text((left, top - 0.16), name, ha="left", weight="bold", zorder=4)
        canvas.text((right, top - 0.16), shape, ha="right", zorder=4)
        number = f"{entry.learned:,} parameter{'' if entry.learned == 1 else 's'}" if entry.learned else ""
        look: dict[str, ArtistOption] = {"fontsize": 7.5, "color": SOFT, "zorder": 4}
        canvas.text((left, top - 0.35), cut(_described(entry), _letters(number, PLAIN)), ha="left", **look)
        canvas.text((right, top - 0.35), number, ha="right", **look)


class Start(Part):
    """An input."""

    height = 0.32

    def __init__(self, name: str, shape: tuple[int | None, ...]) -> None:
        self.name, self.shape = name, shape

    def draw(self, canvas: Canvas, x: float, top: float) -> None:
        words = f"{cut(self.name, 16)} {sizes(self.shape)}"
        canvas.box((x - WIDE / 4, top - self.height), WIDE / 2, self.height, 0.16, ec=SOFT)
        canvas.text((x, top - self.height / 2 - 0.005), words, zorder=4)


class Stack(Part):
    """Parts below each other, connected by arrows."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts
        self.width = max((part.width for part in parts), default=0.3)
        self.height = sum(part.height for part in parts) + GAP * max(len(parts) - 1, 0)
        self.solid = not parts or parts[0].solid

    def draw(self, canvas: Canvas, x: float, top: float) -> None:
        for place, part in enumerate(self.parts):
            if place:
                canvas.route([(x, top + GAP), (x, top)], arrow=part.solid)
            part.draw(canvas, x, top)
            top -= part.height + GAP


class Group(Part):
    """A named composition in a frame."""

    solid = False

    def __init__(self, name: str, inside: Part) -> None:
        self.name, self.inside = name, inside
        self.width, self.height = inside.width + 0.3, inside.height + LEAD + 0.36

    def draw(self, canvas: Canvas, x: float, top: float) -> None:
        corner = x - self.width / 2, top - self.height
        canvas.box(corner, self.width, self.height, fc="none", ec=FAINT, ls=(0, (4, 3)), zorder=1)
        canvas.text((corner[0] + 0.12, top - 0.14), cut(self.name, 40), ha="left", fontsize=7.5, color=SOFT)
        canvas.route([(x, top), (x, top - LEAD - 0.06)], arrow=self.inside.solid)
        self.inside.draw(canvas, x, top - LEAD - 0.06)
        canvas.route([(x, top - self.height + 0.3), (x, top - self.height)], arrow=False)


class Skip(Part):
    """A branch with a skip connection, joined by a sum."""

    radius = 0.11
    solid = False

    def __init__(self, entry: Entry, branch: Part) -> None:
        self.entry, self.branch = entry, branch
        self.width = branch.width + 2 * LANE
        self.height = LEAD + branch.height + GAP + 2 * self.radius

    def draw(self, canvas: Canvas, x: float, top: float) -> None:
        middle, lane = top - self.height + self.radius, x + self.width / 2 - 0.12
        canvas.route([(x, top), (x, top - LEAD)], arrow=self.branch.solid)
        self.branch.draw(canvas, x, top - LEAD)
        canvas.route([(x, middle + self.radius + GAP), (x, middle + self.radius)])
        around = [(x, top - 0.06), (lane, top - 0.06), (lane, middle), (x + self.radius, middle)]
        canvas.route(around, radius=0.22, color=INK, lw=1.3)
        canvas.disc((x, middle), self.radius, ec=INK)
        for dx, dy in ((0.06, 0.0), (0.0, 0.06)):
            canvas.lines([[(x - dx, middle - dy), (x + dx, middle + dy)]], colors=INK, linewidths=1.1, zorder=4)
        words = ", ".join(filter(None, (cut(self.entry.name, 24), _unless_linear(self.entry))))
        canvas.text((x - self.radius - 0.08, middle), words, ha="right", fontsize=7.5, color=SOFT)


class Fork(Part):
    """Parallel branches with the same input, joined by a bar."""

    bar = 0.3
    solid = False

    def __init__(self, entry: Entry, branches: Sequence[Part]) -> None:
        self.entry, self.branches = entry, branches
        self.width = max(sum(branch.width for branch in branches) + BESIDE * (len(branches) - 1), WIDE)
        self.height = 2 * LEAD + max(branch.height for branch in branches) + GAP + self.bar

    def draw(self, canvas: Canvas, x: float, top: float) -> None:
        high, bar_top = max(branch.height for branch in self.branches), top - self.height + self.bar
        for branch, middle in zip(self.branches, self._middles(x), strict=True):
            begin = top - 2 * LEAD
            if branch.height == 0:  # passes its inputs on
                canvas.route([(x, top), (x, top - LEAD), (middle, top - LEAD), (middle, bar_top)])
                continue
            below = begin - (high - branch.height) / 2
            canvas.route([(x, top), (x, top - LEAD), (middle, top - LEAD), (middle, below)], branch.solid)
            branch.draw(canvas, middle, below)
            canvas.route([(middle, below - branch.height), (middle, bar_top)])
        left, width = x - self.width / 2, self.width
        canvas.box((left, bar_top - self.bar), width, self.bar, fc=OTHER[0], ec=OTHER[1])
        words = f"{cut(self.entry.name, 24)} {sizes(self.entry.shape)}"
        canvas.text((x, bar_top - self.bar / 2), words, zorder=4)

    def _middles(self, x: float) -> Iterator[float]:
        left = x - (sum(branch.width for branch in self.branches) + BESIDE * (len(self.branches) - 1)) / 2
        for branch in self.branches:
            yield left + branch.width / 2
            left += branch.width + BESIDE


def sizes(shape: Sequence[int | None] | None) -> str:
    """Return a shape as it stands in papers: 28×28×6; ? is a size left open."""
    return "" if shape is None else "×".join("?" if size is None else str(size) for size in shape)


def _described(entry: Entry) -> str:
    size, *others = [*_details(entry)] or [""]
    return ", ".join(filter(None, (f"{entry.kind} {size}".rstrip(), *others, _unless_linear(entry))))


def _details(entry: Entry) -> Iterator[str]:
    fields, rank = vars(entry.layer), 2 if entry.kind.endswith("2D") else 1
    yield from (_spread(fields[name], rank) for name in ("kernel_size", "pool_size", "size") if name in fields)
    yield from (f"{fields[name]:g}" for name in ("rate", "stddev") if name in fields)
    for name, word in (("strides", "stride"), ("dilation_rate", "dilation")):
        value = fields.get(name)
        # The default stride of pooling is the size of its window.
        usual = fields.get("pool_size", 1) if name == "strides" else 1
        if value is not None and _spread(value, rank) != _spread(usual, rank):
            steps = [value] if isinstance(value, int) else value
            yield f"{word} {sizes(steps[:1] if len(set(steps)) == 1 else steps)}"


def _spread(value: int | Sequence[int], rank: int) -> str:
    return sizes([value] * rank if isinstance(value, int) else value)


def _unless_linear(entry: Entry) -> str:
    return "" if entry.activation == "linear" else cut(entry.activation, 20)


def _letters(beside: str, letter: float) -> int:
    return max(int((WIDE - 0.3 - PLAIN * 1.05 * len(beside)) / letter), 8)
