"""From operations of a program to nodes of an ONNX graph.

Numbers of ``uint32`` are carried as ``int64``, which more operators take, and cut to 32 bits after what may leave them.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false, reportUnknownParameterType=false

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .program import ArrayProgram, ArrayValue, Operation, RowCount, Size

OnnxNames = Sequence[str]
OnnxRule = Callable[["OnnxGraph", Operation, list[str]], "str | Sequence[str]"]
GRAPHS: dict[str, OnnxRule] = {}
# Of onnxruntime, for what ONNX has no operator: Tokenizer and MurmurHash3.
EXTENSION = "com.microsoft"
LOW_BITS = 0xFFFFFFFF


def rule(*names: str) -> Callable[[OnnxRule], OnnxRule]:
    """Register how operations become nodes."""

    def register(function: OnnxRule) -> OnnxRule:
        GRAPHS.update(dict.fromkeys(names, function))
        return function

    return register


class OnnxGraph:
    """Collects nodes and initializers.

    Args:
        around: The graph that this one is inside.

    Attributes:
        described: Types that cannot be inferred.
        names: The name of each value.
        rows: The name of the number of rows, a tensor ``(1,)``.
    """

    def __init__(self, around: OnnxGraph | None = None) -> None:
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self.described: list[Any] = []
        self.names: dict[ArrayValue, str] = {} if around is None else dict(around.names)
        self.rows = "" if around is None else around.rows
        self._outer = self if around is None else around._outer
        self._numbers: Iterator[int] = itertools.count() if around is None else around._numbers
        self._constants: dict[object, str] = {} if around is None else around._constants

    def find_rows(self, program: ArrayProgram) -> None:
        """Compute the number of rows from the first input that has them."""
        for value in program.inputs:
            for axis, size in enumerate(value.shape):
                if isinstance(size, RowCount):
                    shape = self.node("Shape", self.names[value], start=axis, end=axis + 1)
                    self.rows = shape if size.factor == 1 else self.node("Div", shape, self.integers([size.factor]))
                    return

    def add(self, program: ArrayProgram) -> list[str]:
        """Add the operations of a program; return the names of its outputs."""
        for value, array in program.constants.items():
            self.names[value] = self.constant(array)
        for operation in program.operations:
            found = GRAPHS[operation.name](self, operation, [self.names[each] for each in operation.inputs])
            parts = [found] if isinstance(found, str) else found
            self.names.update(zip(operation.outputs, parts, strict=True))
        return [self.names[each] for each in program.outputs]

    def fresh(self) -> str:
        """Return a new name."""
        return f"/{next(self._numbers)}"

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output and return its name."""
        return self.nodes_of(kind, inputs, 1, **attributes)[0]

    def nodes_of(self, kind: str, inputs: Iterable[str], outputs: int, **attributes: Any) -> list[str]:
        """Add a node with several outputs and return their names."""
        from onnx import helper

        made = [self.fresh() for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), made, **attributes))
        return made

    def extension(self, kind: str, x: str, dtype: str, **attributes: Any) -> str:
        """Add a node of an operator of onnxruntime, from one array to one of two axes, and return its name."""
        from onnx import helper

        made = self.node(kind, x, domain=EXTENSION, **attributes)
        # Without its type, checks of what reads it crash.
        self.described.append(helper.make_tensor_value_info(made, element_type(dtype), [None, None]))
        return made

    def constant(self, array: np.ndarray) -> str:
        """Return the name of a constant; equal ones are one, kept in the outermost graph."""
        from onnx import numpy_helper

        own = array.astype(np.int64) if array.dtype == np.uint32 else array
        key = (own.dtype.name, own.shape, own.tobytes())
        if key not in self._constants:
            self._constants[key] = self.fresh()
            self._outer.initializers.append(
                numpy_helper.from_array(np.ascontiguousarray(own).reshape(own.shape), self._constants[key])
            )
        return self._constants[key]

    def strings(self, values: Sequence[str] | Sequence[Sequence[str]]) -> str:
        """Return a constant of strings."""
        from onnx import numpy_helper

        key = ("string", str(values))
        if key not in self._constants:
            self._constants[key] = self.fresh()
            made = numpy_helper.from_array(np.array(values, object), self._constants[key])
            self._outer.initializers.append(made)
        return self._constants[key]

    def integers(self, values: Sequence[int] | int) -> str:
        """Return a constant of whole numbers, as ONNX takes shapes and axes."""
        return self.constant(np.array(values, np.int64))

    def number(self, value: float, dtype: str) -> str:
        """Return a constant of shape ``()``."""
        return self.constant(np.array(value, dtype))

    def sizes(self, shape: Sequence[Size]) -> str:
        """Return the name of a shape that may have the number of rows in it."""
        if not any(isinstance(size, RowCount) for size in shape):
            return self.integers([int(size) for size in shape])  # pyright: ignore[reportArgumentType]
        parts = [self._size(size) for size in shape]
        return self.node("Concat", *parts, axis=0)

    def _size(self, size: Size) -> str:
        if not isinstance(size, RowCount):
            return self.integers([size])
        return self.rows if size.factor == 1 else self.node("Mul", self.rows, self.integers([size.factor]))

    def cast(self, name: str, dtype: str) -> str:
        """Convert to another dtype."""
        return self.node("Cast", name, to=element_type(dtype))

    def inside(self, inputs: Mapping[str, ArrayValue | str | None], fill: Callable[[OnnxGraph], list[str]]) -> Any:
        """Return a graph inside a node.

        Args:
            inputs: Its inputs by name, with the value that each is, or its dtype; None for a number of Loop.
            fill: Adds its nodes and returns the names of its outputs.
        """
        from onnx import TensorProto, helper

        graph = OnnxGraph(self)
        graph.names.update({value: name for name, value in inputs.items() if isinstance(value, ArrayValue)})
        # An output must be made inside, and only once.
        found = [graph.node("Identity", name) for name in fill(graph)]
        described = [
            helper.make_tensor_value_info(name, element_type(_dtype(value)), None)
            if value is not None
            else helper.make_tensor_value_info(name, TensorProto.BOOL if name.endswith("go") else TensorProto.INT64, [])
            for name, value in inputs.items()
        ]
        return helper.make_graph(graph.nodes, self.fresh(), described, [_untyped(name) for name in found])


def _dtype(value: ArrayValue | str) -> str:
    return value if isinstance(value, str) else value.dtype


def _untyped(name: str) -> Any:
    from onnx import ValueInfoProto

    made = ValueInfoProto()
    made.name = name
    return made


def element_type(dtype: str) -> int:
    """Return the number that ONNX has for a dtype."""
    from onnx import TensorProto

    kinds = {
        "float32": "FLOAT",
        "float64": "DOUBLE",
        "string": "STRING",
        "int32": "INT32",
        "int64": "INT64",
        "uint32": "INT64",
        "uint64": "UINT64",
        "bool": "BOOL",
    }
    return int(getattr(TensorProto, kinds[dtype]))


def in_bits(graph: OnnxGraph, name: str, dtype: str) -> str:
    """Cut what stands for an unsigned number to 32 bits."""
    return graph.node("BitwiseAnd", name, graph.integers(LOW_BITS)) if dtype == "uint32" else name
