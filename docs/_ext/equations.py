"""Equations become MathML while the site is built, by KaTeX: the pages need no script, no font and no other host.

KaTeX comes with sphinxcontrib-katex as one file of JavaScript, and mini-racer runs it without a browser or Node.
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
    """Return an engine that has read KaTeX."""
    package = find_spec("sphinxcontrib.katex")
    if package is None or package.origin is None:
        raise RuntimeError("equations need sphinxcontrib-katex: pip install '.[docs]'.")
    started = MiniRacer()
    started.eval((Path(package.origin).parent / "katex.min.js").read_text("utf-8"))
    return started


def mathml(tex: str, block: bool) -> str:
    """Return an equation in LaTeX as MathML; what KaTeX cannot read is a ValueError."""
    options = {"output": "mathml", "displayMode": block, "strict": False}
    call = f"katex.renderToString({json.dumps(tex)}, {json.dumps(options)})"
    answer = engine().eval(f"try {{ {call} }} catch (problem) {{ '!' + problem.message }}")
    if answer.startswith("!"):
        raise ValueError(answer[1:])
    return re.sub(r"<annotation.*?</annotation>", "", str(answer), flags=re.S)  # LaTeX that excerpts would show


def write(translator: Any, node: nodes.Element, tag: str, block: bool) -> None:
    """Write an equation; one that cannot be read is a warning, which fails the build."""
    try:
        equation = mathml(node.astext(), block)
    except ValueError as problem:
        log.warning("%s", problem, location=node)
        equation = translator.encode(node.astext())
    translator.body.append(f'<{tag} class="math notranslate">{equation}</{tag}>')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, bool]:
    """Offer MathML as Sphinx's renderer of equations."""
    app.add_html_math_renderer(
        "mathml",
        inline_renderers=(lambda translator, node: write(translator, node, "span", block=False), None),
        block_renderers=(lambda translator, node: write(translator, node, "div", block=True), None),
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
