"""Conversion of equations to MathML by KaTeX during the build, so that pages need no scripts, fonts or other hosts.

KaTeX is included in sphinxcontrib-katex as one JavaScript file; mini-racer runs it without a browser or Node.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from docutils import nodes
from py_mini_racer import MiniRacer
from sphinx.util import logging

log = logging.getLogger(__name__)


@cache
def engine() -> MiniRacer:
    """Return a JavaScript engine with KaTeX."""
    package = find_spec("sphinxcontrib.katex")
    if package is None or package.origin is None:
        raise RuntimeError("equations need sphinxcontrib-katex: pip install '.[docs]'.")
    started = MiniRacer()
    started.eval((Path(package.origin).parent / "katex.min.js").read_text("utf-8"))
    return started


def mathml(tex: str, block: bool) -> str:
    """Return an equation in LaTeX as MathML; ValueError if KaTeX cannot parse it."""
    options = {"output": "mathml", "displayMode": block, "strict": False}
    call = f"katex.renderToString({json.dumps(tex)}, {json.dumps(options)})"
    answer = engine().eval(f"try {{ {call} }} catch (problem) {{ '!' + problem.message }}")
    if answer.startswith("!"):
        raise ValueError(answer[1:])
    return re.sub(r"<annotation.*?</annotation>", "", str(answer), flags=re.S)  # LaTeX, which would appear in excerpts


def write(translator: Any, node: nodes.Element, tag: str, block: bool) -> None:
    """Write an equation; an invalid one gives a warning, which fails the build."""
    try:
        equation = mathml(node.astext(), block)
    except ValueError as problem:
        log.warning("%s", problem, location=node)
        equation = translator.encode(node.astext())
    translator.body.append(f'<{tag} class="math notranslate">{equation}</{tag}>')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, bool]:
    """Register MathML as a renderer of equations."""
    app.add_html_math_renderer(
        "mathml",
        inline_renderers=(lambda translator, node: write(translator, node, "span", block=False), None),
        block_renderers=(lambda translator, node: write(translator, node, "div", block=True), None),
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
