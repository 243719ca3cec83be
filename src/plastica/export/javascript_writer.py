"""JavaScript without dependencies: the function that answers one row."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable

import numpy as np

from .loops import write_loops
from .loops.javascript import HELPERS, JavaScript
from .loops.memory import Buffer
from .loops.statements import width
from .program import ArrayProgram

ARRAYS = {
    "float32": "Float32Array",
    "int32": "Int32Array",
    "uint32": "Uint32Array",
    "bool": "Int32Array",
    "int8": "Int8Array",
}

_DECODE = """\
function decoded(text, Kind) {
    const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
    return new Kind(bytes.buffer);
}
"""


def javascript_source(program: ArrayProgram) -> str:
    """Return a program for one row as a function ``predict(inputs)`` of JavaScript.

    It takes a list of arrays, one for each input, flat in C order, and returns a list of typed arrays. Weights are
    base64 text of little-endian floats.

    Args:
        program: A program for one row.

    Example:
        >>> import plastica as pl
        >>> from plastica.export import program_of
        >>> model = pl.Sequential([pl.Dense(2, "relu", input_dim=3)])
        >>> model.build()
        >>> "function predict(inputs)" in javascript_source(program_of(model, rows=1))
        True
    """
    given = [f"inputs[{place}]" for place in range(len(program.inputs))]
    filled = [f"outputs[{place}]" for place in range(len(program.outputs))]
    written = write_loops(program, JavaScript(), given, filled)
    sizes = [width(value) for value in program.outputs]
    outputs = _list(f"new {ARRAYS[each.dtype]}({size})" for each, size in zip(program.outputs, sizes, strict=True))
    parts = [
        HELPERS + _DECODE,
        *(_table(name, array) for name, array in written.tables.items()),
        f"const floats = new Float32Array({written.floats});",
        f"const wholes = new Int32Array({written.wholes});",
        "const counts = new Uint32Array(wholes.buffer);",
        *(_view(each) for each in written.buffers),
        "\nfunction predict(inputs) {",
        f"    const outputs = {outputs};",
        *written.lines,
        "    return outputs;",
        "}",
    ]
    return "\n".join(parts) + "\n"


def _table(name: str, array: np.ndarray) -> str:
    stored = array.astype(np.int32) if array.dtype == bool else array
    text = base64.b64encode(np.ascontiguousarray(stored, stored.dtype.newbyteorder("<")).tobytes()).decode()
    return f"const {name} = decoded({json.dumps(text)}, {ARRAYS[str(array.dtype)]});"


def _view(buffer: Buffer) -> str:
    memory = {"float32": "floats", "uint32": "counts"}.get(buffer.dtype, "wholes")
    return f"const {buffer.name} = {memory}.subarray({buffer.offset}, {buffer.offset + buffer.size});"


def _list(parts: Iterable[str]) -> str:
    return f"[{', '.join(parts)}]"
