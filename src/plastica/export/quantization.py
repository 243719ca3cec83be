r"""Programs with products of whole numbers: weights of 8 bits, one scale for each output channel.

A product :math:`y = x w` with a constant kernel becomes :math:`y_j = s_x s_j \sum_i q_i v_{ij}` with
:math:`q = \mathrm{round}(x / s_x)` and :math:`v_{ij} = \mathrm{round}(w_{ij} / s_j)`, both from -127 to 127 and summed
in 32 bits (Jacob et al. 2018, "Quantization and training of neural networks for efficient integer-arithmetic-only
inference", symmetric; one scale for each output channel as in Krishnamoorthi 2018, "Quantizing deep convolutional
networks for efficient inference"). :math:`s_j` is the largest weight of a channel over 127, and :math:`s_x` the largest
input of the product on calibration rows over 127; larger ones are clipped. All else stays in floats.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from ..errors import DataError
from .interpreting import run
from .program import ArrayProgram, ArrayValue, Operation, RowCount, Sizes
from .wording import SAY

MOST = 127
LEAST = 1e-30  # smaller numbers are as good as 0, and their scales would overflow
ROWS = 256  # more calibration rows are thinned out evenly


def quantized(program: ArrayProgram, rows: Sequence[np.ndarray]) -> ArrayProgram:
    """Return a program whose products with constant kernels are computed in whole numbers.

    Args:
        program: The program.
        rows: Calibration rows, an array for each input: rows as they are met in use.

    Raises:
        DataError: If there are no rows, or a product gets inputs that are not finite.
    """
    largest = ranges(program, rows)
    numbers = itertools.count(1 + max(value.number for part in program.walk() for value in _values(part)))
    return _Rewriting(largest, numbers).program(program)


def ranges(program: ArrayProgram, rows: Sequence[np.ndarray]) -> dict[Operation, float]:
    """Return the largest absolute input of each product with a constant kernel, on calibration rows.

    Raises:
        DataError: If there are no rows, or an input is not finite.
    """
    count = len(rows[0])
    if not count:
        raise DataError(SAY("no_rows"))
    places = np.unique(np.linspace(0, count - 1, min(count, ROWS)).astype(int))
    chosen = [array[places] for array in rows]
    kernels = {value for part in program.walk() for value in part.constants}
    kernels |= {value for part in program.walk() for each in part.operations for value in each.streams(part.constants)}
    found: dict[Operation, float] = {}

    def watch(operation: Operation, operands: Sequence[np.ndarray]) -> None:
        if operation.name in ("matmul", "convolution") and operation.inputs[1] in kernels:
            most = float(np.abs(operands[0]).max(initial=0))
            if not np.isfinite(most):
                raise DataError(SAY("not_finite", layer=operation.layer))
            found[operation] = max(most, found.get(operation, 0.0))

    open_rows = any(isinstance(size, RowCount) for value in program.inputs for size in value.shape)
    stretches = [chosen] if open_rows else [[array[[row]] for array in chosen] for row in range(len(places))]
    for each in stretches:
        run(program, each, watch)
    return found


class _Rewriting:
    """Writes programs again, with whole numbers where ranges are known."""

    def __init__(self, largest: Mapping[Operation, float], numbers: Iterator[int]) -> None:
        self.largest = largest
        self.numbers = numbers

    def program(self, program: ArrayProgram) -> ArrayProgram:
        """Return a program whose kernels are its constants."""
        part = _Part(self, dict(program.constants), {})
        operations = part.written(program)
        read = {value for each in operations for value in each.inputs} | set(program.outputs)
        kept = {value: array for value, array in part.constants.items() if value in read}
        return replace(program, constants=kept, operations=operations)

    def value(self, shape: Sizes, dtype: str) -> ArrayValue:
        """Return a new value."""
        return ArrayValue(next(self.numbers), shape, dtype)


class _Part:
    """A program as it is written again.

    Attributes:
        constants: Its constants; those of whole numbers are added.
        streams: The inputs of the body of a loop that are a kernel a step, with the kernels of all steps.
        added: Further inputs of the body, likewise.
    """

    def __init__(
        self,
        whole: _Rewriting,
        constants: dict[ArrayValue, np.ndarray],
        streams: Mapping[ArrayValue, np.ndarray],
    ) -> None:
        self.whole = whole
        self.constants = constants
        self.streams = streams
        self.added: dict[ArrayValue, np.ndarray] = {}

    def written(self, program: ArrayProgram) -> tuple[Operation, ...]:
        """Return the operations of a program."""
        made: list[Operation] = []
        for operation in program.operations:
            if operation in self.whole.largest and operation.inputs[0].dtype == "float32":
                made += self.product(operation)
            else:
                made.append(self.scan(operation) if operation.name == "scan" else self.inside(operation))
        return tuple(made)

    def inside(self, operation: Operation) -> Operation:
        """Return an operation with its programs written again."""
        parameters = dict(operation.parameters)
        for name, each in operation.parameters.items():
            if isinstance(each, ArrayProgram):
                parameters[name] = self.whole.program(each)
            elif name == "branches":
                parameters[name] = tuple(map(self.whole.program, operation.programs))
        return replace(operation, parameters=MappingProxyType(parameters))

    def scan(self, operation: Operation) -> Operation:
        """Return a loop, whose sequences may be kernels: those of an ensemble, one for each copy."""
        body = operation.inner("body")
        streams = {value: self.constants[each] for value, each in operation.streams(self.constants).items()}
        part = _Part(self.whole, dict(body.constants), streams)
        operations = part.written(body)
        read = {value for each in operations for value in each.inputs} | set(body.outputs)
        pairs = [
            (value, operand)
            for value, operand in zip(body.inputs, operation.inputs, strict=True)
            if value in read or value not in part.streams
        ]
        pairs += [(value, self.constant(array)) for value, array in part.added.items()]
        inputs, operands = zip(*pairs, strict=True)
        kept = {value: array for value, array in part.constants.items() if value in read}
        again = replace(body, inputs=inputs, constants=kept, operations=operations)
        parameters = MappingProxyType({**operation.parameters, "body": again})
        return replace(operation, inputs=operands, parameters=parameters)

    def constant(self, array: np.ndarray) -> ArrayValue:
        """Return a new constant."""
        value = self.whole.value(array.shape, array.dtype.name)
        self.constants[value] = array
        return value

    def factor(self, array: np.ndarray, streamed: bool) -> ArrayValue:
        """Return a new constant, or a new input that has one of its parts at each step."""
        if not streamed:
            return self.constant(array)
        value = self.whole.value(array.shape[1:], array.dtype.name)
        self.added[value] = array
        return value

    def product(self, operation: Operation) -> list[Operation]:
        """Return the operations of a product in whole numbers."""
        x, kernel = operation.inputs
        streamed = kernel in self.streams
        weights = (self.streams if streamed else self.constants)[kernel].astype(np.float64)
        summed = -2 if operation.name == "matmul" else tuple(range(streamed, weights.ndim - 1))
        of_channel = np.abs(weights).max(summed, keepdims=True) / MOST
        of_channel[of_channel < LEAST] = 1.0
        # Inputs that are always 0, or as good as that, have no scale of their own.
        of_input = self.whole.largest[operation] / MOST if self.whole.largest[operation] > LEAST else 1.0
        whole = self.factor(np.rint(weights / of_channel).astype(np.int32), streamed)
        scales = (of_channel * of_input).astype(np.float32)
        if operation.name == "convolution" or len(kernel.shape) == 2:
            scales = scales.reshape(*scales.shape[:streamed], -1)
        made: list[Operation] = []

        def add(
            name: str, inputs: tuple[ArrayValue, ...], like: ArrayValue, to: str, **parameters: object
        ) -> ArrayValue:
            output = self.whole.value(like.shape, to)
            made.append(Operation(name, inputs, (output,), MappingProxyType(parameters), operation.layer))
            return output

        scaled = add("mul", (x, self.constant(np.array(1 / of_input, np.float32))), x, "float32")
        rounded = add("round", (scaled,), x, "float32")
        low, high = (self.constant(np.array(end, np.float32)) for end in (-MOST, MOST))
        clipped = add("min", (add("max", (rounded, low), x, "float32"), high), x, "float32")
        q = add("convert", (clipped,), x, "int32", dtype="int32")
        sums = add(operation.name, (q, whole), operation.output, "int32", **operation.parameters)
        floats = add("convert", (sums,), operation.output, "float32", dtype="float32")
        inputs = (floats, self.factor(scales, streamed))
        return [*made, replace(operation, name="mul", inputs=inputs, parameters=MappingProxyType({}))]


def is_quantized(program: ArrayProgram) -> bool:
    """Return whether products of a program are computed in whole numbers."""
    products = (each for part in program.walk() for each in part.operations if each.name in ("matmul", "convolution"))
    return any(each.output.dtype == "int32" for each in products)


def narrow(array: np.ndarray) -> np.ndarray:
    """Return whole numbers that fit into 8 bits in 8 bits, as files store them; other arrays as they are."""
    fits = array.dtype == np.int32 and array.size > 16 and np.abs(array).max() <= MOST
    return array.astype(np.int8) if fits else array


def _values(program: ArrayProgram) -> Iterator[ArrayValue]:
    yield from (*program.inputs, *program.constants)
    for operation in program.operations:
        yield from operation.outputs
