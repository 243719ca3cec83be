"""Pruning of units: layers with fewer units, in every target."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import InvalidValue
from ..export.program import ELEMENTWISE, ArrayProgram, ArrayValue, Operation
from ..typing import Float, Int
from .kernels import PRODUCTS, Known, behind, constants_of, walked
from .rewriting import resized, with_shapes
from .wording import SAY


def without_units(program: ArrayProgram, share: float) -> ArrayProgram:
    r"""Return a program without the units, or filters, of each layer that weigh least.

    A unit weighs :math:`\lVert w_{in} \rVert\,\lVert w_{out} \rVert`, the norms of its weights in the kernel before and
    in those behind; with relu, this does not change if one is multiplied by what the other is divided by. Each copy of
    an ensemble loses units of its own, as many as the others. Units that are added to other values, as in residual
    connections, or from which a loop goes on, stay.

    Args:
        program: The program.
        share: The share of the units of each layer that is pruned, 0 to 1; one unit stays.

    Raises:
        InvalidValue: If the share is out of range, or no layer has units that can be pruned.

    Reference:
        H. Li, A. Kadav, I. Durdanovic, H. Samet, H. Graf (2017), Pruning filters for efficient ConvNets, section 3.1
        (norms of incoming weights).
    """
    if not 0 < share < 1:
        raise InvalidValue(SAY("share_range", given=f"prune-units:{share:g}"))
    done: set[int] = set()
    while (hidden := _next(program, done)) is not None:
        done.add(hidden.kernel.number)
        program = _without(program, hidden, share)
    if not done:
        raise InvalidValue(SAY("no_units"))
    return program


@dataclass(eq=False)
class _HiddenUnits:
    """The units of one product, up to the products that read them.

    Attributes:
        kernel: The constant that makes them.
        streams: The constants that inputs of their program are, one part a step.
        units: Their number.
        values: All values that have them along the last axis, with how often: of images that were flattened, once for
            each place.
        along: Constants with an entry for each unit: biases, scales.
        readers: The kernels that read them, with how often.
    """

    kernel: ArrayValue
    streams: Known
    units: int
    values: dict[ArrayValue, int] = field(default_factory=dict[ArrayValue, int])
    along: list[ArrayValue] = field(default_factory=list[ArrayValue])
    readers: dict[ArrayValue, int] = field(default_factory=dict[ArrayValue, int])

    @property
    def constants(self) -> list[ArrayValue]:
        """The constants that change."""
        return [self.kernel, *self.along, *self.readers]


def _next(program: ArrayProgram, done: set[int]) -> _HiddenUnits | None:
    """Return the next units that can be pruned."""
    uses = Counter(value for part in program.walk() for each in part.operations for value in each.inputs)
    for part, streams in walked(program, {}):
        known = behind(part, streams)
        for product in part.operations:
            kernel = _kernel_of(product, part, streams)
            if kernel is None or kernel.number in done:
                continue
            hidden = _followed(part, known, product, _HiddenUnits(kernel, streams, kernel.shape[-1]))  # pyright: ignore[reportArgumentType]
            if hidden is None:
                continue
            # All in one place, and none of them read elsewhere too.
            streamed = {each in streams.values() for each in hidden.constants}
            if len(streamed) == 1 and all(uses[each] == 1 for each in hidden.constants):
                return hidden
    return None


def _kernel_of(operation: Operation, part: ArrayProgram, streams: Known) -> ArrayValue | None:
    """Return the constant that is the kernel of an operation, if it is a product with one."""
    if operation.name not in PRODUCTS or operation.parameters.get("groups", 1) != 1:
        return None
    second = operation.inputs[1]
    return second if second in part.constants else streams.get(second)


def _followed(part: ArrayProgram, known: Known, product: Operation, hidden: _HiddenUnits) -> _HiddenUnits | None:
    """Follow the units of a product to what reads them; None if they reach something else."""
    hidden.values[product.output] = 1
    for operation in part.operations:
        if not any(value in hidden.values for value in operation.inputs) or operation.output in hidden.values:
            continue
        if operation.name in PRODUCTS:
            kernel = _kernel_of(operation, part, hidden.streams)
            often = hidden.values.get(operation.inputs[0])
            if kernel is None or often is None or (operation.name == "convolution" and often != 1):
                return None
            hidden.readers[kernel] = often
        elif (often := _passed_on(operation, hidden, known)) is None:
            return None
        else:
            hidden.values[operation.output] = often
    for value, root in known.items():  # biases in the shape in which they are added
        if root in hidden.along and value not in part.constants and value not in hidden.streams:
            hidden.values[value] = 1
    return hidden if hidden.readers and not any(value in hidden.values for value in part.outputs) else None


def _passed_on(operation: Operation, hidden: _HiddenUnits, known: Known) -> int | None:
    """Return how often the output of an operation has the units along its last axis; None if it does not."""
    first = operation.inputs[0]
    often, last = hidden.values.get(first, 1), len(first.shape) - 1
    if operation.name in ELEMENTWISE:
        return _beside(operation, hidden, known)
    if first not in hidden.values or len(operation.outputs) != 1:
        return None
    if operation.name == "reshape":
        size = operation.output.shape[-1] if operation.output.shape else 0
        return size // hidden.units if isinstance(size, int) and size % (often * hidden.units) == 0 and size else None
    kept = {
        "transpose": lambda: operation.entries("permutation")[-1] == last,
        "broadcast": lambda: True,
        "reverse": lambda: last not in operation.entries("axes"),
        "window_max": lambda: operation.entries("size")[-1] == 1,
        "window_sum": lambda: operation.entries("size")[-1] == 1,
        "pad": lambda: not any(operation.entries(name)[-1] for name in ("low", "high", "interior")),
    }
    reduced = operation.name.startswith("reduce_") and last not in operation.entries("axes")
    return often if reduced or kept.get(operation.name, lambda: False)() else None


def _beside(operation: Operation, hidden: _HiddenUnits, known: Known) -> int | None:
    """Return how often an operation on elements has the units; None if it joins them with others."""
    often = {hidden.values[value] for value in operation.inputs if value in hidden.values}
    for value in operation.inputs:
        if value in hidden.values or not value.shape or value.shape[-1] == 1:
            continue
        root = known.get(value)
        if root is None or often != {1} or value.shape[-1] != root.shape[-1] or root.shape[-1] != hidden.units:
            return None
        hidden.along.append(root)
    return often.pop() if len(often) == 1 else None


def _without(program: ArrayProgram, hidden: _HiddenUnits, share: float) -> ArrayProgram:
    """Return a program without the units that weigh least."""
    arrays = constants_of(program)
    streamed = hidden.kernel in hidden.streams.values()
    weights = _norms(arrays[hidden.kernel], -1, streamed)
    outgoing = [_norms(_apart(arrays[reader], hidden.units), -2, streamed) for reader in hidden.readers]
    weights = weights * np.sqrt(sum(each**2 for each in outgoing))
    count = max(1, hidden.units - round(share * hidden.units))
    kept = np.sort(np.argsort(-weights, axis=-1, kind="stable")[..., :count], -1)
    changed = {value: _taken(arrays[value], kept, -1, streamed) for value in (hidden.kernel, *hidden.along)}
    for reader, often in hidden.readers.items():
        places = kept[..., None, :] + hidden.units * np.arange(often)[:, None]  # (..., often, kept)
        changed[reader] = _taken(arrays[reader], places.reshape(*kept.shape[:-1], -1), -2, streamed)
    renamed = {value: resized(value, count * often) for value, often in hidden.values.items()}
    renamed |= {value: replace(value, shape=array.shape) for value, array in changed.items()}
    for inside, outside in hidden.streams.items():
        if outside in changed:
            renamed[inside] = replace(inside, shape=changed[outside].shape[1:])
    return with_shapes(program, renamed, changed)


def _apart(kernel: np.ndarray, units: int) -> np.ndarray:
    """Return a kernel whose inputs are units of several places with one axis for the units, ``(..., units, n)``."""
    *front, inputs, outputs = kernel.shape
    return kernel.reshape(*front, inputs // units, units, outputs)


def _norms(array: np.ndarray, axis: int, streamed: bool) -> Float[np.ndarray, "*copies units"]:
    """Return the norm over all axes but one, and but that of the steps."""
    summed = tuple(place for place in range(streamed, array.ndim) if place != array.ndim + axis)
    return np.sqrt(np.sum(array.astype(np.float64) ** 2, summed))


def _taken(array: np.ndarray, places: Int[np.ndarray, "*copies kept"], axis: int, streamed: bool) -> np.ndarray:
    if not streamed:
        return np.take(array, places, axis)
    return np.stack([np.take(part, own, axis) for part, own in zip(array, places, strict=True)])
