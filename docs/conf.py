"""The configuration of Sphinx: ``pip install '.[docs]' && sphinx-build -W docs docs/_build``."""

import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
ADDRESS = PROJECT["tool"]["hatch"]["metadata"]["hooks"]["custom"]["documentation"].rstrip("/")

project = "plastica"
author = "The plastica founders"
copyright = f"2026 {author}"
release = version = metadata.version("plastica")

INITIAL = re.compile(r"^(\s*[A-Z])\. ")
BAR = re.compile(r"(``.*?``|`[^`]*`)|\|")  # a bar, or code, in which bars are unchanged

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "api_pages",
    "checks",
    "chinese_search",
    "equations",
    "languages",
]
myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "api/contents.rst"]
suppress_warnings = ["ref.python"]  # an argument x is not a link to every attribute x
templates_path = ["_templates"]

html_theme = "furo"
html_title = f"plastica {release}"
html_short_title = "plastica"
html_logo = "_static/logo.svg"
html_favicon = "_static/logo.svg"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_additional_pages = {"404": "404.html"}
html_baseurl = f"{ADDRESS}/" if ADDRESS else ""
html_context = {"site_root": f"{urlsplit(ADDRESS).path}/"}
html_math_renderer = "mathml"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0072b2", "color-brand-content": "#0072b2"},
    "dark_css_variables": {"color-brand-primary": "#5ab4ec", "color-brand-content": "#5ab4ec"},
}

autosummary_generate = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = True
napoleon_use_ivar = True


def show_equations_as_written(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Preserve indented paragraphs, which are equations; escape bars, and initials such as "P. Huber", not a list."""
    found: list[str] = []
    margin, in_block = "", False  # the last unindented line; whether inside an indented paragraph
    for line in lines:
        indented = line.startswith("    ")
        if line and not indented:
            margin, in_block = line, False
        elif indented and not in_block and found and not found[-1] and not margin.endswith(":"):
            found += ["::", ""]
            in_block = True
        literal = in_block or margin.endswith("::")
        found.append(line if literal else BAR.sub(lambda bar: bar[1] or r"\|", INITIAL.sub(r"\1\\. ", line)))
    lines[:] = found


def setup(app: Any) -> None:
    """Register the conversion of docstrings before napoleon."""
    app.connect("autodoc-process-docstring", show_equations_as_written, priority=400)
