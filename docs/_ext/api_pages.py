"""Generation of the reference before each build: a page for each module, each class and the commands."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import click
from docutils import nodes

import plastica
from plastica.cli.main import app as commands

# Modules in the order of the table of contents, with their titles.
MODULES = {
    "model": "Models",
    "layers": "Layers",
    "activations": "Activations",
    "losses": "Losses",
    "metrics": "Metrics",
    "optimizers": "Optimizers",
    "schedules": "Schedules",
    "initializers": "Initializers",
    "regularizers": "Regularizers",
    "constraints": "Constraints",
    "training": "Training and callbacks",
    "rules": "Learning rules",
    "comparison": "Comparing rules",
    "populations": "Populations",
    "search": "Hyper-parameter search",
    "ensembles": "Ensembles",
    "calibration": "Calibration",
    "cluster": "Clusters",
    "boltzmann": "Boltzmann machines",
    "maps": "Self-organizing maps",
    "draw": "Pictures",
    "tables": "Networks for tables",
    "checks": "Checks of data",
    "evaluation": "Evaluation",
    "forecasting": "Forecasts",
    "memory": "Memory",
    "continual": "Continual learning",
    "doctor": "The doctor",
    "explain": "Explanations",
    "inside": "Looks inside a network",
    "rewards": "Rewards",
    "society": "Societies",
    "spikes": "Spikes",
    "serving": "Models in service",
    "streams": "Learning on from streams",
    "estimators": "Networks in scikit-learn",
    "data": "Blocks and windows of data",
    "data.streaming_files": "Files larger than memory",
    "tables.streamed": "Training on files larger than memory",
    "export": "Export",
    "compression": "Smaller models",
    "loading": "Loading",
    "datasets": "Data sets",
    "errors": "Errors and warnings",
}
AT_THE_TOP = ("boltzmann", "draw", "maps")  # modules that are attributes of the package, wherever their files are
# Methods that scikit-learn adds to classes of estimators, with references into its own documentation.
ROUTING = "get_metadata_routing, " + ", ".join(
    f"set_{method}_request" for method in ("fit", "partial_fit", "predict", "score")
)
CONTENTS = "contents"  # read by docs/reference.md
# Inherited members are documented, except those from scikit-learn and Python.
INHERITED = {
    "model": "object",
    "tables": "object, tuple, Struct",
    "estimators": "BaseEstimator, ClassifierMixin, RegressorMixin, object",
}


def module_of(name: str) -> ModuleType | None:
    """Return a module, or None if it does not exist."""
    return getattr(plastica, name, None) if name in AT_THE_TOP else import_module(f"plastica.{name}")


def public(module: ModuleType) -> dict[str, Any]:
    """Return the public classes and functions of a module: those in ``__all__``, or those it defines."""
    listed = getattr(module, "__all__", None)
    own = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
    named = {name: getattr(module, name) for name in (own if listed is None else listed) if not name.startswith("_")}
    return {name: value for name, value in sorted(named.items()) if inspect.isclass(value) or is_function(value)}


def is_function(value: Any) -> bool:
    """Return whether a value is a function, including compiled ones."""
    return inspect.isroutine(value) or inspect.isfunction(getattr(value, "__wrapped__", None))


def place_of(module: ModuleType, name: str) -> str:
    """Return the module from which users import a name: the package itself if possible."""
    at_the_top = name in plastica.__all__ and getattr(plastica, name) is getattr(module, name)
    return "plastica" if at_the_top else module.__name__


def heading(text: str, line: str = "=") -> list[str]:
    """Return a heading in reStructuredText."""
    return [text, line * len(text), ""]


def class_page(module: ModuleType, name: str, inherited: str | None) -> str:
    """Return the page of a class."""
    place = place_of(module, name)
    lines = [*heading(name), f".. currentmodule:: {place}", "", f".. autoclass:: {place}.{name}", "   :members:"]
    if inherited:
        lines.append(f"   :inherited-members: {inherited}")
    lines.append(f"   :exclude-members: {ROUTING}")
    return "\n".join([*lines, ""])


def module_page(name: str, module: ModuleType, things: dict[str, Any]) -> str:
    """Return the page of a module: its docstring, a table of its classes, and its functions."""
    classes = [each for each, value in things.items() if inspect.isclass(value)]
    functions = [each for each in things if each not in classes]
    known = f"plastica.{name}" if name in AT_THE_TOP else module.__name__
    lines = [*heading(MODULES[name]), f".. automodule:: {known}", "   :no-members:", ""]
    if classes:
        rows = [f"   ~{place_of(module, each)}.{each}" for each in classes]
        lines += [".. currentmodule:: None", "", ".. autosummary::", "   :nosignatures:", "", *rows, ""]
        lines += [".. toctree::", "   :hidden:", "", *[f"   {name}/{each}" for each in classes], ""]
    if functions and classes:
        lines += heading("Functions", "-")
    for each in functions:
        place = known if place_of(module, each) != "plastica" else "plastica"
        lines += [f".. autofunction:: {place}.{each}", ""]
    for each in getattr(module, "__all__", ()):
        if each.isupper() and each not in things and each in plastica.__all__:  # a constant
            lines += [f".. py:data:: plastica.{each}", ""]
    return "\n".join(lines)


def commands_page() -> str:
    """Return the page of the commands: the help of each."""
    lines = [*heading("Commands"), "The help of each command, as ``plastica COMMAND --help`` prints it.", ""]
    for name, command in commands.commands.items():
        context = click.Context(command, info_name=f"plastica {name}", terminal_width=88, max_content_width=88)
        context.show_default = True
        text = command.get_help(context)
        lines += [*heading(f"plastica {name}", "-"), ".. code-block:: text", ""]
        lines += [f"   {line}".rstrip() for line in text.splitlines()] + [""]
    return "\n".join(lines)


def write(folder: Path) -> None:
    """Write all pages; unchanged pages are not written, so that a second build is fast."""
    pages = {"commands": commands_page()}
    for name in MODULES:
        module = module_of(name)
        if module is not None:
            things = public(module)
            pages[name] = module_page(name, module, things)
            classes = [each for each, value in things.items() if inspect.isclass(value)]
            pages |= {f"{name}/{each}": class_page(module, each, INHERITED.get(name)) for each in classes}
    listed = ("commands", *(name for name in MODULES if name in pages))
    pages[CONTENTS] = "\n".join([".. toctree::", "   :maxdepth: 1", "", *[f"   api/{name}" for name in listed], ""])
    for name, text in pages.items():
        path = folder / f"{name}.rst"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
    for path in folder.rglob("*.rst"):
        if path.relative_to(folder).with_suffix("").as_posix() not in pages:
            path.unlink()


def find_at_the_top(app: Any, env: Any, node: nodes.Element, content: nodes.Element) -> nodes.Element | None:
    """Resolve ``plastica.layers.Dense``, as in docstrings, to ``plastica.Dense``, as in the reference."""
    target = str(node.get("reftarget", ""))
    if node.get("refdomain") != "py" or not target.startswith("plastica."):
        return None
    owner, _, member = target.rpartition(".")
    tried = [f"plastica.{member}", f"plastica.{owner.rpartition('.')[2]}.{member}"]
    domain = env.get_domain("py")
    for name in tried:
        if name != target and name in domain.objects:
            return domain.resolve_xref(env, node["refdoc"], app.builder, node["reftype"], name, node, content)
    return None


def setup(app: Any) -> dict[str, bool]:
    """Write the pages before Sphinx collects pages."""
    app.connect("builder-inited", lambda started: write(Path(started.srcdir) / "api"))
    app.connect("missing-reference", find_at_the_top)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
