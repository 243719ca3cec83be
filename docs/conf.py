"""How the documentation is built: ``pip install '.[docs]' && sphinx-build -W docs docs/_build``."""

import re
from importlib import metadata
from typing import Any

project = "plastica"
author = "the plastica contributors"
release = metadata.version("plastica")

INITIAL = re.compile(r"^(\s*[A-Z])\. ")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "plastica"
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = True
napoleon_use_ivar = True


def show_equations_as_written(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Keep indented paragraphs of prose, which are equations, as they stand; a bar is a bar, "P. Huber" no list."""
    found: list[str] = []
    margin, in_block = "", False  # the last line at the margin; whether an indented paragraph is under way
    for line in lines:
        indented = line.startswith("    ")
        if line and not indented:
            margin, in_block = line, False
        elif indented and not in_block and found and not found[-1] and not margin.endswith(":"):
            found += ["::", ""]
            in_block = True
        literal = in_block or "`" in line or margin.endswith("::")
        found.append(line if literal else INITIAL.sub(r"\1\\. ", line).replace("|", r"\|"))
    lines[:] = found


def setup(app: Any) -> None:
    """Put the docstrings right before napoleon reads them."""
    app.connect("autodoc-process-docstring", show_equations_as_written, priority=400)
