"""Models as ONNX files, with any number of rows."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InvalidValue, MissingExtra
from ..typing import Document
from ..version import __version__
from . import onnx_loops, onnx_operations  # noqa: F401 # pyright: ignore[reportUnusedImport] - register their rules
from .exported import AnswerArrays, ColumnAnswers, Exported
from .onnx_answers import answers
from .onnx_columns import NO_DATE, columns_of, described, dtype_of, encode_columns
from .onnx_graph import EXTENSION, GRAPHS, OnnxGraph, element_type
from .program import ArrayProgram, ArrayValue, RowCount
from .raw_columns import ColumnSpec, RawCell, RawColumns, as_text, labelled, read_date, read_numbers
from .wording import SAY

IR_VERSION = 10  # onnxruntime from 1.20
OPSETS = {"": 21, "ai.onnx.ml": 3, EXTENSION: 1}
TABLE, START = "plastica.table", "plastica.start"  # the names of the metadata


def files(exported: Exported, path: Path, *, features: bool = False) -> dict[Path, bytes]:
    """Return the content of the file.

    The file for a table has an input for each column and answers with labels and probabilities; see
    :mod:`.onnx_columns`. The preprocessing is also JSON in the metadata ``plastica.table``, see :mod:`.preprocessing`;
    for one step in time, the states of a sequence before the first step are in ``plastica.start``.

    Args:
        exported: The model.
        path: The file.
        features: For a table, whether the inputs are encoded features, and the output what the program returns.

    Raises:
        MissingExtra: Without the package onnx.
        InvalidValue: If ONNX has no operator for an operation.
    """
    try:
        import onnx
        from onnx import helper
    except ImportError:
        raise MissingExtra(SAY("no_onnx")) from None
    program, table = exported.program, exported.table
    missing = {(each.layer, each.name): None for part in program.walk() for each in part.operations}
    lacking = [SAY("layer_computes", layer=layer, name=repr(name)) for layer, name in missing if name not in GRAPHS]
    if lacking:
        raise InvalidValue(SAY("not_in_onnx", layers="; ".join(lacking)))
    graph = OnnxGraph()
    around = _arrays(graph, program) if table is None or features else _columns(graph, program, table)
    read = _read_names(graph.nodes) | {each.name for each in around[1]}
    kept = [each for each in graph.initializers if each.name in read]
    made = helper.make_graph(graph.nodes, _word(exported.name), *around, kept, value_info=graph.described)
    domains = {node.domain for node in graph.nodes}
    model = helper.make_model(
        made,
        opset_imports=[helper.make_opsetid(domain, OPSETS[domain]) for domain in sorted({"", *domains})],
        ir_version=IR_VERSION,
        producer_name="plastica",
        producer_version=__version__,
    )
    if table is not None:
        helper.set_model_props(model, {TABLE: json.dumps(table, ensure_ascii=False)})
    if exported.start is not None:
        names = program.input_names[len(program.inputs) - len(exported.start) :]
        states = {name: each[0].tolist() for name, each in zip(names, exported.start, strict=True)}
        helper.set_model_props(model, {START: json.dumps(states)})
    onnx.checker.check_model(model, full_check=True)
    return {path: model.SerializeToString()}


def _read_names(nodes: Iterable[Any]) -> set[str]:
    """Return the names that nodes and the graphs inside them read; onnxruntime warns of constants that none does."""
    read: set[str] = set()
    for node in nodes:
        read.update(node.input)
        for attribute in node.attribute:
            read.update(each.name for each in attribute.g.output)
            read |= _read_names(attribute.g.node)
    return read


def _arrays(graph: OnnxGraph, program: ArrayProgram) -> tuple[list[Any], list[Any]]:
    """Add a program; return what its arrays are as inputs and outputs."""
    from onnx import helper

    graph.names.update(zip(program.inputs, program.input_names, strict=True))
    for found, name in zip(_computed(graph, program), program.output_names, strict=True):
        graph.nodes.append(helper.make_node("Identity", [found], [name]))
    given = [_described(value, name) for value, name in zip(program.inputs, program.input_names, strict=True)]
    return given, [_described(value, name) for value, name in zip(program.outputs, program.output_names, strict=True)]


def _columns(graph: OnnxGraph, program: ArrayProgram, table: Document) -> tuple[list[Any], list[Any]]:
    """Add a program between raw columns and labels; return what these are as inputs and outputs."""
    from onnx import helper

    specs = columns_of(table)
    tensors = {name: name for name in specs}
    for value, columns in zip(program.inputs, table["inputs"], strict=True):
        graph.names[value] = encode_columns(graph, tensors, columns)
    outputs: list[Any] = []
    for each in answers(graph, _computed(graph, program)[0], table["answers"]):
        name = each.name
        while name in specs:
            name += "_"
        graph.nodes.append(helper.make_node("Identity", [each.tensor], [name]))
        shape = ["rows"] if each.width is None else ["rows", each.width]
        outputs.append(helper.make_tensor_value_info(name, element_type(each.dtype), shape))
    given = [
        helper.make_tensor_value_info(name, element_type(dtype_of(spec)), ["rows", 1], doc_string=described(spec))
        for name, spec in specs.items()
    ]
    return given, outputs


def _computed(graph: OnnxGraph, program: ArrayProgram) -> list[str]:
    graph.find_rows(program)
    return graph.add(program)


def _described(value: ArrayValue, name: str) -> Any:
    from onnx import helper

    return helper.make_tensor_value_info(name, element_type(value.dtype), [_size(each) for each in value.shape])


def _size(size: int | RowCount) -> int | str:
    if isinstance(size, RowCount):
        return "rows" if size.factor == 1 else f"rows_times_{size.factor}"
    return size


def _word(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name) or "model"


def opened(path: Path, program: ArrayProgram) -> AnswerArrays:
    """Return a function that answers as onnxruntime with a file; MissingExtra if it is not installed."""
    try:
        return session(path.read_bytes())
    except ImportError:
        raise MissingExtra(SAY("no_onnxruntime")) from None


def opened_table(path: Path, table: Document) -> ColumnAnswers:
    """Return a function that answers raw columns as onnxruntime with a file; MissingExtra if it is not installed."""
    try:
        run = _session(path.read_bytes()).run
    except ImportError:
        raise MissingExtra(SAY("no_onnxruntime")) from None
    specs = columns_of(table)

    def answer(columns: RawColumns) -> tuple[np.ndarray, list[list[object]]]:
        given = {name: as_tensor(columns[name], spec) for name, spec in specs.items()}
        *labels, numbers = map(np.asarray, run(None, given))
        if not labels:
            return numbers, labelled(numbers.tolist(), table["answers"])
        return numbers, [np.atleast_1d(each).tolist() for each in labels[0]]

    return answer


def as_tensor(cells: Sequence[RawCell], spec: ColumnSpec) -> np.ndarray:
    """Return raw cells as the input of a file, ``(rows, 1)``.

    Raises:
        ValueError: If a cell of a number is none.
    """
    match dtype_of(spec):
        case "float64":
            made = np.array(read_numbers(cells, spec), np.float64)
        case "int64":
            moments = (read_date(cell, spec) for cell in cells)
            made = np.array([NO_DATE if each is None else _seconds(each) for each in moments], np.int64)
        case _:
            made = np.array([cell if isinstance(cell, str) else as_text(cell, spec) or "" for cell in cells], object)
    return made.reshape(-1, 1)


def _seconds(moment: datetime.datetime) -> int:
    return round((moment - datetime.datetime(1970, 1, 1)).total_seconds())


def session(content: bytes) -> AnswerArrays:
    """Return a function that answers as onnxruntime, on one core."""
    made = _session(content)
    names = [each.name for each in made.get_inputs()]

    def answer(x: Sequence[np.ndarray]) -> list[np.ndarray]:
        return [np.asarray(each) for each in made.run(None, dict(zip(names, x, strict=True)))]

    return answer


def _session(content: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
