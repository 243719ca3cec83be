"""Models as one self-contained HTML page that answers in the browser and connects to nothing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import weakref
from collections.abc import Sequence
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MissingExtra
from ..language import LANGUAGES, Texts
from ..version import __version__
from .exported import AnswerArrays, Exported
from .javascript_writer import javascript_source
from .loops.statements import sizes
from .program import ArrayProgram
from .wording import SAY

WORDS = Texts("export_page")


def files(exported: Exported, path: Path) -> dict[Path, bytes]:
    """Return the content of the page: a field for each column of a table, or numbers; and answers for a CSV file.

    Args:
        exported: The model, its program for one row.
        path: The page.
    """
    from jinja2 import Environment

    program = exported.program
    environment = Environment(autoescape=True, trim_blocks=True, keep_trailing_newline=True)
    page = environment.from_string(_resource("page.html")).render(
        title=exported.name,
        version=__version__,
        style=_markup(_resource("page.css")),
        data=_markup(_json(_data(exported, program))),
        model=_markup(_script(_model(program))),
        page=_markup(_script(_resource("page.js"))),
    )
    return {path: page.encode()}


def opened(path: Path, program: ArrayProgram) -> AnswerArrays:
    """Return a function that answers as the page does, run by Node.js.

    Raises:
        MissingExtra: If there is no Node.js.
    """
    node = shutil.which("node")
    if node is None:
        raise MissingExtra(SAY("no_node"))
    process = subprocess.Popen(
        [node, "-e", _ANSWERING, str(path.resolve())], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None and process.stdout is not None
    asked, told = process.stdin, process.stdout

    def close() -> None:
        asked.close()
        told.close()
        process.wait()

    def answer(x: Sequence[np.ndarray]) -> list[np.ndarray]:
        rows = [[array.ravel().tolist() for array in row] for row in zip(*x, strict=True)]
        asked.write(json.dumps(rows) + "\n")
        asked.flush()
        found = zip(*json.loads(told.readline()), strict=True)
        outputs = ((len(rows), *sizes(value.shape)[1:]) for value in program.outputs)
        return [np.array(each, np.float32).reshape(shape) for each, shape in zip(found, outputs, strict=True)]

    weakref.finalize(answer, close)
    return answer


# Runs the model of a page, and answers a line of rows with a line of outputs.
_ANSWERING = """
const page = require("fs").readFileSync(process.argv[1], "utf8");
const model = page.split('<script id="model">')[1].split("</script>")[0];
require("vm").runInThisContext(model);
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
    console.log(JSON.stringify(JSON.parse(line).map((row) => predict(row).map((each) => Array.from(each)))));
});
"""


def _model(program: ArrayProgram) -> str:
    return javascript_source(program) + _resource("raw_columns.js")


def _data(exported: Exported, program: ArrayProgram) -> dict[str, Any]:
    return {
        "table": exported.table,
        "names": list(program.input_names),
        "shapes": [list(value.shape[1:]) for value in program.inputs],
        "words": {key: {lang: WORDS.form(lang, key) for lang in LANGUAGES} for key in WORDS.entries},
    }


def _json(value: object) -> str:
    """Return JSON that cannot end the element in which it stands."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def _script(text: str) -> str:
    """Return a script in which no text, such as the name of a layer, ends the element or opens a comment of HTML."""
    return re.sub(r"<(?=/script|!--|script)", r"\\x3c", text, flags=re.IGNORECASE)


def _resource(name: str) -> str:
    return resources("plastica.export").joinpath("page", name).read_text("utf-8")


def _markup(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)
