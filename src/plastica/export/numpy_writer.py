"""Models as one Python file that needs NumPy only."""

from __future__ import annotations

import base64
import dis
import importlib.util
import inspect
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..version import __version__
from . import array_file, raw_columns, reference, reference_windows, step_file, table_file
from .column_words import takes
from .exported import AnswerArrays, Exported
from .numpy_code import Code
from .numpy_expressions import number, plain
from .program import ArrayProgram
from .quantization import narrow

_LINE = 116


def files(exported: Exported, path: Path, *, beside: bool = False) -> dict[Path, bytes]:
    """Return the content of each file.

    Args:
        exported: The model.
        path: The Python file.
        beside: Whether weights are in a second file, ``NAME.npz``, instead of in the code as base64.
    """
    code = Code(exported.program)
    body = code.function(exported.program)
    stored = [(code.names[value], array) for value, array in code.stored]
    weights = path.with_suffix(".npz")
    parts = [
        _head(exported, path, weights.name if beside else None),
        *(inspect.getsource(each).rstrip() for each in _needed(code.functions)),
        body,
        _end(exported),
        _beside(stored, weights.name) if beside else _inside(stored),
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
    elif exported.start is not None:
        use, function = "state = start(); answer, state = step(state, inputs)", "start, step"
    modules = ["argparse", *([] if weights else ["base64"]), "csv"]
    modules += ["datetime", "json", "math", "re"] if exported.table is not None else []
    names = "Callable, Mapping, Sequence" if exported.table is not None else "Sequence"
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
        *(f"import {module}" for module in [*modules, "sys"]),
        f"from collections.abc import {names}",
        "from pathlib import Path",
        "from typing import Any",
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
    else:
        program, states = exported.program, len(exported.start or ())
        given = zip(program.input_names, program.inputs, strict=True)
        made = zip(program.output_names, program.outputs, strict=True)
        kinds = [*([f"{name}: {value.dtype} {plain(value.shape)}" for name, value in each] for each in (given, made))]
        lines = ["Arrays in and out:", "", *(f"    {line}" for kind in kinds for line in kind[: len(kind) - states])]
    return ["", *map(_prose, lines)]


def _needed(names: Iterable[str]) -> list[Callable[..., Any]]:
    """Return functions of :mod:`.reference` by name, and those that they call, in the order of the file."""
    known = {**vars(reference_windows), **vars(reference)}
    own = {name: each for name, each in known.items() if inspect.isfunction(each)}
    found, open_ends = set[str](), [name for name in names if name in own]
    while open_ends:
        name = open_ends.pop()
        if name not in found:
            found.add(name)
            used = (each for each in dis.get_instructions(own[name]) if each.opname == "LOAD_GLOBAL")
            open_ends += [each.argval for each in used if each.argval in own]
    return [each for name, each in own.items() if name in found]


def _body(module: ModuleType, begin: str) -> str:
    """Return the source of a module from a line on."""
    source = inspect.getsource(module)
    return source[source.index(f"\n{begin}") + 1 :].rstrip()


def _table(table: Mapping[str, object]) -> str:
    text = _laid_out(table).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    described = f'TABLE = json.loads("""{text}""")'
    return "\n\n\n".join([_body(raw_columns, "ColumnSpec = "), described, _body(table_file, "def answers")])


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
    if exported.start is None:
        return _arrays(exported.program, 0) + "\n\n\n" + _body(array_file, "def predict")
    states = ", ".join(map(_filled, exported.start))
    known = f"{_arrays(exported.program, len(exported.start))}\nSTART = [{states}]\nStepState = list[np.ndarray]"
    return "\n\n\n".join([known, inspect.getsource(array_file.as_dtype).rstrip(), _body(step_file, "def start")])


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


def opened(path: Path, program: ArrayProgram) -> AnswerArrays:
    """Return a function that answers as a file that was just written, imported as a module."""
    spec = importlib.util.spec_from_file_location("exported_model", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def answer(x: Sequence[np.ndarray]) -> list[np.ndarray]:
        with np.errstate(all="ignore"):
            found = module.compute(*x)
        return list(found) if isinstance(found, tuple) else [found]

    return answer
