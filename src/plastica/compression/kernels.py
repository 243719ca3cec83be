"""Which constants of a program are weights: kernels of products, and biases that are added to these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ..export.program import ArrayProgram, ArrayValue

PRODUCTS = ("matmul", "convolution")
# What leaves a product a product, in another shape or unit: a bias may be added behind.
_MOVES = frozenset(("reshape", "transpose", "broadcast", "reverse", "slice", "concatenate", "mul"))
_SHAPES = frozenset(("reshape", "transpose", "broadcast"))
Known = Mapping[ArrayValue, ArrayValue]  # the constant behind a value; several steps of a loop read one of its parts
ProgramWeights = dict[str, ArrayValue]


def weights_of(program: ArrayProgram) -> ProgramWeights:
    """Return the weights of a program by name; those of kernels contain "kernel", as in trees of parameters.

    Kernels are constant second operands of products, also those that a loop reads one a step, as the copies of an
    ensemble do. Biases are constants with an axis that are added to a product. All other constants stay as they are:
    numbers in formulas, the knots of embeddings, the unit of targets.
    """
    found: ProgramWeights = {}
    for part, streams in walked(program, {}):
        known = dict(behind(part, streams))
        summed: set[ArrayValue] = set()
        for operation in part.operations:
            if operation.name in PRODUCTS:
                summed.add(operation.output)
                kernel = known.get(operation.inputs[1])
                if kernel is not None and kernel.dtype == "float32":
                    found[f"kernel_{kernel.number}"] = kernel
            elif operation.name in _MOVES and summed & set(operation.inputs):
                summed.add(operation.output)
            elif operation.name == "add" and summed & set(operation.inputs):
                summed.add(operation.output)
                biases = [known[each] for each in operation.inputs if each in known and each not in summed]
                found.update({f"bias_{each.number}": each for each in biases if each.shape and each.dtype == "float32"})
    return found


def behind(program: ArrayProgram, streams: Known) -> dict[ArrayValue, ArrayValue]:
    """Return the constant behind each value that is one, perhaps in another shape.

    Args:
        program: The program, without those inside.
        streams: The constant of each of its inputs that is one.
    """
    known = {**{value: value for value in program.constants}, **streams}
    for operation in program.operations:
        if operation.name in _SHAPES and operation.inputs[0] in known:
            known[operation.output] = known[operation.inputs[0]]
    return known


def walked(program: ArrayProgram, streams: Known) -> Iterator[tuple[ArrayProgram, Known]]:
    """Yield a program and all programs inside, each with the constants outside that its inputs are, one part a step.

    Args:
        program: The program.
        streams: The constant of each of its inputs that is one.
    """
    yield program, streams
    for operation in program.operations:
        own = operation.streams(program.constants)
        for inner in operation.programs:
            yield from walked(inner, own)


def constants_of(program: ArrayProgram) -> dict[ArrayValue, np.ndarray]:
    """Return the constants of a program and of all programs inside."""
    return {value: array for part in program.walk() for value, array in part.constants.items()}
