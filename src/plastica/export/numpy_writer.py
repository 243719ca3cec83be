"""Models as one Python file that needs NumPy only."""

from __future__ import annotations

import base64
import importlib.util
import inspect
import io
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..version import __version__
from . import array_file, raw_columns, reference, reference_windows, step_file, table_file
from .column_words import takes, takes_series
from .exported import AnswerArrays, Exported
from .numpy_code import Code
from .numpy_expressions import number, plain
from .program import ArrayProgram
from .quantization import narrow
from .sources import body, needed

_LINE = 116


def files(exported: Exported, path: Path, *, beside: bool = False) -> dict[Path, bytes]:
    """Return the content of each file.

    Args:
        exported: The model.
        path: The Python file.
        beside: Whether weights are in a second file, ``NAME.npz``, instead of in the code as base64.
    """
    code = Code(exported.program)
    computing = code.function(exported.program) if exported.program.outputs else ""
    stored = [(code.names[value], array) for value, array in code.stored]
    if exported.series is not None:
        stored += exported.series.arrays
    weights = path.with_suffix(".npz")
    parts = [
        _head(exported, path, weights.name if beside else None),
        *needed(code.functions, reference_windows, reference),
        computing,
        _end(exported),
        _beside(stored, weights.name) if beside else _inside(stored),
        exported.series.assigned if exported.series is not None else "",
        'if __name__ == "__main__":\n    main()',
    ]
    text = "\n\n\n".join(part for part in parts if part) + "\n"
    found = {path: text.encode()}
    if beside:
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **{name: narrow(array) for name, array in stored})
        found[weights] = buffer.getvalue()
    return found


def _head(exported: Exported, path: Path, weights: str | None) -> str:
    needs = f"NumPy and the file {_prose(weights)} beside it" if weights else "NumPy only"
    use, function = "predict(rows)", "predict"
    if exported.table is not None:
        use = "predict({'column': [value, ...], ...})"
    elif exported.series is not None:
        use = "predict() or predict({'column': [value, ...], ...})"
    elif exported.start is not None:
        use, function = "state = start(); answer, state = step(state, inputs)", "start, step"
    modules = ["argparse", *([] if weights else ["base64"]), "csv"]
    columns = exported.table is not None or exported.series is not None
    modules += ["datetime", "json", "math", "re"] if columns else []
    names = "Callable, Mapping, Sequence" if columns else "Sequence"
    lines = [
        f'"""{_prose(exported.name)}, exported by plastica {__version__}. Needs {needs}.',
        "",
        f"    python {_prose(path.name)} table.csv",
        f"    from {_prose(path.stem)} import {function}; {use}",
        *_told(exported),
        '"""',
        "",
        "from __future__ import annotations",
        "",
        *(f"import {module}" for module in [*modules, "sys", *["warnings"] * (exported.series is not None)]),
        f"from collections.abc import {names}",
        *["from dataclasses import dataclass"] * (exported.series is not None),
        "from pathlib import Path",
        f"from typing import Any{', NamedTuple' * (exported.series is not None)}",
        "",
        "import numpy as np",
    ]
    return "\n".join(lines)


def _told(exported: Exported) -> list[str]:
    """Return what the file takes and answers."""
    if exported.table is not None:
        lines = [
            "Columns, in which an empty cell is a missing value:",
            "",
            *map("    {}".format, takes(exported.table)),
        ]
    elif exported.series is not None:
        lines = takes_series(exported.series.document)
    else:
        program, states = exported.program, len(exported.start or ())
        given = zip(program.input_names, program.inputs, strict=True)
        made = zip(program.output_names, program.outputs, strict=True)
        kinds = [*([f"{name}: {value.dtype} {plain(value.shape)}" for name, value in each] for each in (given, made))]
        lines = ["Arrays in and out:", "", *(f"    {line}" for kind in kinds for line in kind[: len(kind) - states])]
    return ["", *map(_prose, lines)]


def _table(table: Mapping[str, object]) -> str:
    text = _laid_out(table).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    described = f'TABLE = json.loads("""{text}""")'
    return "\n\n\n".join([body(raw_columns, "ColumnSpec = "), described, body(table_file, "def answers")])


def _laid_out(table: Mapping[str, Any]) -> str:
    """Return JSON with a line for each column and each other entry."""

    def written(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    inputs = ["[\n  " + ",\n  ".join(map(written, columns)) + "\n ]" for columns in table["inputs"]]
    parts = {name: written(value) for name, value in table.items()} | {"inputs": f"[{', '.join(inputs)}]"}
    return "{\n " + ",\n ".join(f'"{name}": {part}' for name, part in parts.items()) + "\n}"


def _end(exported: Exported) -> str:
    if exported.table is not None:
        return _table(exported.table)
    if exported.series is not None:
        from .series_source import series_source  # loads scikit-learn, which others do not need

        return "\n\n\n".join(series_source(exported.series))
    if exported.start is None:
        return _arrays(exported.program, 0) + "\n\n\n" + body(array_file, "def predict")
    states = ", ".join(map(_filled, exported.start))
    known = f"{_arrays(exported.program, len(exported.start))}\nSTART = [{states}]\nStepState = list[np.ndarray]"
    return "\n\n\n".join([known, inspect.getsource(array_file.as_dtype).rstrip(), body(step_file, "def start")])


def _arrays(program: ArrayProgram, states: int) -> str:
    """Return what the end of a file knows of inputs and outputs; states are the last of both."""
    inputs = program.inputs[: len(program.inputs) - states]
    outputs = program.output_names[: len(program.outputs) - states]
    shapes, dtypes = [list(value.shape[1:]) for value in inputs], [value.dtype for value in inputs]
    return f"SHAPES = {shapes}\nDTYPES = {dtypes}\nOUTPUTS = {list(outputs)}"


def _filled(array: np.ndarray) -> str:
    first = array.ravel()[:1]
    if array.size and (array == first).all():
        return f'np.full({plain(array.shape)}, {number(first[0])}, "{array.dtype}")'
    return f'np.array({plain(array)}, "{array.dtype}").reshape({plain(array.shape)})'


def _inside(stored: Sequence[tuple[str, np.ndarray]]) -> str:
    if not stored:
        return ""
    packed = [(name, narrow(array)) for name, array in stored]
    data = base64.b64encode(b"".join(array.tobytes() for _, array in packed)).decode()
    lines = "\n".join(data[start : start + _LINE] for start in range(0, len(data), _LINE))
    made, place = [f'WEIGHTS = base64.b64decode("""\n{lines}\n""")'], 0
    for name, array in packed:
        dtype = array.dtype.newbyteorder("<").str
        made.append(
            f'{name} = np.frombuffer(WEIGHTS, "{dtype}", {array.size}, {place}).reshape({array.shape}){_widened(array)}'
        )
        place += array.nbytes
    return "# Weights, as little-endian numbers in base64.\n" + "\n".join(made)


def _beside(stored: Sequence[tuple[str, np.ndarray]], name: str) -> str:
    if not stored:
        return ""
    listed = "\n".join(f'{each} = WEIGHTS["{each}"]{_widened(narrow(array))}' for each, array in stored)
    return f"with np.load(Path(__file__).with_name({name!r})) as file:\n    WEIGHTS = dict(file)\n{listed}"


def _widened(array: np.ndarray) -> str:
    """Return what makes weights of 8 bits numbers of 32 bits, in which products are summed."""
    return ".astype(np.int32)" if array.dtype == np.int8 else ""


def _signature(program: ArrayProgram) -> str:
    taken = ", ".join(f"{value.dtype} {plain(value.shape)}" for value in program.inputs)
    given = ", ".join(f"{value.dtype} {plain(value.shape)}" for value in program.outputs)
    return f"Return {given} for {taken}."


def _prose(name: str) -> str:
    return name.replace("\\", "/").replace('"', "'").replace("\n", " ")


def opened_module(path: Path) -> Any:
    """Return a file that was just written, imported as a module."""
    spec = importlib.util.spec_from_file_location("exported_model", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look up their module by its name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def opened(path: Path, program: ArrayProgram) -> AnswerArrays:
    """Return a function that answers as a file that was just written."""
    module = opened_module(path)

    def answer(x: Sequence[np.ndarray]) -> list[np.ndarray]:
        with np.errstate(all="ignore"):
            found = module.compute(*x)
        return list(found) if isinstance(found, tuple) else [found]

    return answer
