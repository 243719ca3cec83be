"""How long a step lasts: layers that walk through one sequence have to agree about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..errors import InvalidValue, caution
from ..layers.layer import Layer, Shape
from ..layers.lengths import OpenShape, sized
from ..layers.spiking.firing import step_of
from ..layers.walk import walk
from ..typing import AnyShape

_WHY = "but they go through the same sequence: time constants count for another time than written. "


class TimedLayer(NamedTuple):
    """A layer of a chain with a time of its own.

    Attributes:
        path: Its path.
        step: The duration of its steps, in milliseconds.
        before, after: The shapes of its input and output.
    """

    path: str
    step: float
    before: Shape
    after: Shape

    def hands_steps_to(self, later: TimedLayer) -> bool:
        """Whether a later layer walks through the steps that this one answers.

        One that pools steps in between makes others of them, and an encoder behind a count begins anew.
        """
        return len(self.after) > 1 and len(later.before) > 1 and self.after[0] == later.before[0]


def require_equal_steps(network: Layer, shape: OpenShape) -> None:
    """Check that layers of a chain have one ``dt``.

    Args:
        network: The network.
        shape: The shape of one input.

    Raises:
        InvalidValue: If two that walk through the same steps disagree.
    """
    last: TimedLayer | None = None
    for layer in _timed(network, sized(shape)):
        if last is not None and last.step != layer.step and last.hands_steps_to(layer):
            raise InvalidValue(
                f"{last.path} has steps of {last.step:g} ms and {layer.path} of {layer.step:g} ms, {_WHY}"
                f"Give both the same dt, such as dt={last.step:g}."
            )
        last = layer


def _timed(network: Layer, shape: AnyShape, path: str = "") -> Iterator[TimedLayer]:
    """Yield the layers of a chain that have a time of their own."""
    if network.flow != "chain":
        step = step_of(network)
        if step is not None:
            name = f"{path}, {type(network).__name__}".removeprefix(", ")
            yield TimedLayer(name, step, shape, network.output_shape(shape))
        return
    for place, (layer, own) in enumerate(zip(network.children, network.child_shapes(shape), strict=True)):
        if own is not None:
            yield from _timed(layer, own, f"{path}.{place}" if path else f"layer {place}")


def warn_of_steps(network: Layer) -> None:
    """Warn about layers of any network whose steps last differently long, as they may walk through one sequence."""
    found = {path: step for path, layer, _ in walk(network) if (step := step_of(layer)) is not None}
    if len(set(found.values())) < 2:
        return
    first, duration = next(iter(found.items()))
    other, differs = next(each for each in found.items() if each[1] != duration)
    caution(
        f"{first} has steps of {duration:g} ms and {other} of {differs:g} ms, {_WHY}"
        f"Give both the same dt, such as dt={duration:g}."
    )
