"""Kernels as products of two thinner ones."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from ..errors import InvalidValue
from ..export.program import ArrayProgram, ArrayValue, Operation
from ..typing import Float
from .kernels import PRODUCTS
from .rewriting import with_programs
from .wording import SAY

Factors = tuple[np.ndarray, np.ndarray]


def factorized(program: ArrayProgram, *, energy: float = 0.95, rank: int | None = None) -> ArrayProgram:
    r"""Return a program whose kernels are products of two thinner ones, where that takes fewer numbers.

    A kernel of :math:`k` inputs and :math:`n` units becomes :math:`W \approx A B` by its truncated singular value
    decomposition, with :math:`r (k + n)` numbers in the place of :math:`k n`.

    Args:
        program: The program.
        energy: The share of the sum of squared singular values that is kept; of the copies of an ensemble, by each.
        rank: The rank of every kernel in the place of ``energy``.

    Raises:
        InvalidValue: If an argument is out of range, or no kernel takes fewer numbers.

    Reference:
        E. Denton et al. (2014), Exploiting linear structure within convolutional networks for efficient evaluation;
        C. Eckart, G. Young (1936), The approximation of one matrix by another of lower rank.
    """
    if not 0 < energy <= 1:
        raise InvalidValue(SAY("energy_range", given=f"low-rank:{energy:g}"))
    if rank is not None and rank < 1:
        raise InvalidValue(SAY("rank_range", given=repr(rank)))
    numbers = itertools.count(1 + max(value.number for part in program.walk() for value in _values(part)))
    found = _Factorizing(energy, rank, numbers)
    made = found.program(program)
    if not found.count:
        raise InvalidValue(SAY("no_low_rank"))
    return made


class _Factorizing:
    def __init__(self, energy: float, rank: int | None, numbers: Iterator[int]) -> None:
        self.energy, self.rank, self.numbers = energy, rank, numbers
        self.count = 0

    def program(self, program: ArrayProgram) -> ArrayProgram:
        constants = dict(program.constants)
        made: list[Operation] = []
        for operation in program.operations:
            if operation.name == "scan":
                made.append(self.loop(operation, constants))
            elif operation.programs:
                made.append(with_programs(operation, self.program))
            else:
                array = constants.get(operation.inputs[1]) if operation.name in PRODUCTS else None
                factors = None if array is None else self.factors(operation, array, False)
                if factors is None:
                    made.append(operation)
                    continue
                pair = tuple(self.value(each.shape) for each in factors)
                constants.update(zip(pair, factors, strict=True))
                made += self.products(operation, *pair)
        return _without_unread(program, constants, tuple(made))

    def loop(self, operation: Operation, constants: dict[ArrayValue, np.ndarray]) -> Operation:
        """Return a loop, whose kernels may be those of the copies of an ensemble."""
        streams, body = operation.streams(constants), operation.inner("body")
        made: list[Operation] = []
        inputs, operands = list(body.inputs), list(operation.inputs)
        for each in body.operations:
            outside = streams.get(each.inputs[1]) if each.name in PRODUCTS else None
            factors = None if outside is None else self.factors(each, constants[outside], True)
            if factors is None:
                made.append(each)
                continue
            pair = tuple(self.value(array.shape[1:]) for array in factors)
            inputs += pair
            for array in factors:
                operands.append(self.value(array.shape))
                constants[operands[-1]] = array
            made += self.products(each, *pair)
        read = {value for each in made for value in each.inputs} | set(body.outputs)
        kept = [place for place, value in enumerate(inputs) if value in read or value not in streams]
        again = replace(body, inputs=tuple(inputs[place] for place in kept), operations=tuple(made))
        parameters = MappingProxyType({**operation.parameters, "body": self.program(again)})
        return replace(operation, inputs=tuple(operands[place] for place in kept), parameters=parameters)

    def factors(self, operation: Operation, kernel: np.ndarray, streamed: bool) -> Factors | None:
        """Return two kernels for one, ``(..., k, r)`` and ``(..., r, n)``; None if they have more numbers."""
        if kernel.dtype != np.float32:
            return None
        if operation.name == "convolution":
            if operation.parameters["groups"] != 1 or streamed:
                return None
            found = self.split(kernel.reshape(-1, kernel.shape[-1]))
            if found is None:
                return None
            first, second = found
            places = (1,) * (kernel.ndim - 2)
            return first.reshape(*kernel.shape[:-1], -1), second.reshape(*places, *second.shape)
        return self.split(kernel)

    def split(self, kernel: Float[np.ndarray, "*copies k n"]) -> Factors | None:
        left, values, right = np.linalg.svd(kernel.astype(np.float64), full_matrices=False)
        *_, k, n = kernel.shape
        shares = np.cumsum(values**2, -1) / np.maximum(np.sum(values**2, -1, keepdims=True), 1e-30)
        rank = self.rank or int((shares < self.energy - 1e-12).sum(-1).max()) + 1
        if rank * (k + n) >= k * n:
            return None
        self.count += 1
        # The root of each singular value goes to either side, so that both have numbers of one size.
        roots = np.sqrt(values[..., :rank])
        first, second = left[..., :rank] * roots[..., None, :], roots[..., None] * right[..., :rank, :]
        return first.astype(np.float32), second.astype(np.float32)

    def products(self, operation: Operation, first: ArrayValue, second: ArrayValue) -> list[Operation]:
        """Return the two products in the place of one."""
        between = self.value((*operation.output.shape[:-1], first.shape[-1]))
        parameters = operation.parameters
        if operation.name == "convolution":
            places = len(first.shape) - 2
            ones = (1,) * places
            parameters = MappingProxyType(
                {"strides": ones, "padding": ((0, 0),) * places, "dilation": ones, "groups": 1}
            )
        one = replace(operation, inputs=(operation.inputs[0], first), outputs=(between,))
        return [one, replace(operation, inputs=(between, second), parameters=parameters)]

    def value(self, shape: object) -> ArrayValue:
        return ArrayValue(next(self.numbers), shape, "float32")  # pyright: ignore[reportArgumentType]


def _without_unread(
    program: ArrayProgram, constants: dict[ArrayValue, np.ndarray], operations: tuple[Operation, ...]
) -> ArrayProgram:
    read = {value for each in operations for value in each.inputs} | set(program.outputs)
    kept = {value: array for value, array in constants.items() if value in read}
    return replace(program, constants=kept, operations=operations)


def _values(program: ArrayProgram) -> Iterator[ArrayValue]:
    yield from (*program.inputs, *program.constants)
    for operation in program.operations:
        yield from operation.outputs
