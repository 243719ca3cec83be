"""Models as ONNX files, with any number of rows."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InvalidValue, MissingExtra
from ..version import __version__
from . import onnx_loops, onnx_operations  # noqa: F401 # pyright: ignore[reportUnusedImport] - register their rules
from .exported import AnswerArrays, Exported
from .onnx_graph import GRAPHS, OnnxGraph
from .program import ArrayProgram, ArrayValue, RowCount
from .wording import SAY

OPSET, IR_VERSION = 21, 10  # onnxruntime from 1.20
TABLE = "plastica.table"  # the name of the metadata


def files(exported: Exported, path: Path) -> dict[Path, bytes]:
    """Return the content of the file.

    The preprocessing of a model for a table is JSON in the metadata ``plastica.table``, see :mod:`.preprocessing`; the
    graph takes features.

    Raises:
        MissingExtra: Without the package onnx.
        InvalidValue: If ONNX has no operator for an operation.
    """
    try:
        import onnx
        from onnx import helper
    except ImportError:
        raise MissingExtra(SAY("no_onnx")) from None
    program = exported.program
    missing = {(each.layer, each.name): None for part in program.walk() for each in part.operations}
    lacking = [SAY("layer_computes", layer=layer, name=repr(name)) for layer, name in missing if name not in GRAPHS]
    if lacking:
        raise InvalidValue(SAY("not_in_onnx", layers="; ".join(lacking)))
    graph = OnnxGraph()
    for value, name in zip(program.inputs, program.input_names, strict=True):
        graph.names[value] = name
    graph.find_rows(program)
    outputs = graph.add(program)
    for found, name in zip(outputs, program.output_names, strict=True):
        graph.nodes.append(helper.make_node("Identity", [found], [name]))
    made = helper.make_graph(
        graph.nodes,
        _word(exported.name),
        [_described(value, name) for value, name in zip(program.inputs, program.input_names, strict=True)],
        [_described(value, name) for value, name in zip(program.outputs, program.output_names, strict=True)],
        graph.initializers,
    )
    model = helper.make_model(
        made,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="plastica",
        producer_version=__version__,
    )
    if exported.table is not None:
        helper.set_model_props(model, {TABLE: json.dumps(exported.table, ensure_ascii=False)})
    onnx.checker.check_model(model, full_check=True)
    return {path: model.SerializeToString()}


def _described(value: ArrayValue, name: str) -> Any:
    from onnx import helper

    from .onnx_graph import element_type

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


def session(content: bytes) -> AnswerArrays:
    """Return a function that answers as onnxruntime, on one core."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    made = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    names = [each.name for each in made.get_inputs()]

    def answer(x: Sequence[np.ndarray]) -> list[np.ndarray]:
        return [np.asarray(each) for each in made.run(None, dict(zip(names, x, strict=True)))]

    return answer
