"""Public names of a package that are imported on first use."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

_declaring: dict[str, Mapping[str, str]] = {}


def importer(package: str, homes: Mapping[str, str], declares: bool = False) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package whose names are imported on first use (PEP 562).

    Args:
        package: The package, its ``__name__``.
        homes: The module of each name, relative to the package: ``{"TableNetwork": ".table"}``. If the path of the
            module ends with the name, it is the module itself: ``{"layers": ".layers"}``.
        declares: Whether files may contain declarations of the package; see :func:`import_declarations`.
    """
    if declares:
        _declaring[package] = homes

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home = homes[name]
        module = import_module(home, package)
        value = module if home == f".{name}" else getattr(module, name)
        setattr(sys.modules[package], name, value)
        return value

    return load


def deferred(package: str, name: str, *given: object, **fields: object) -> Callable[[], Any]:
    """Return a function that calls a public name of a package, whose module is imported at that time.

    Args:
        package: The package.
        name: The public name, a class or a function.
        given, fields: The arguments of the call.
    """
    return lambda: getattr(import_module(package), name)(*given, **fields)


def import_declarations(name: str | None = None) -> None:
    """Import modules with declarations that files may contain: a file may name one that nobody used yet.

    Args:
        name: A public name; only modules that have it are imported. Default: all modules.
    """
    for package, homes in _declaring.items():
        for home in dict.fromkeys(home for own, home in homes.items() if name in (None, own)):
            import_module(home, package)


def homes_in_stub(init: str) -> dict[str, str]:
    """Return for each name the module that has it, from the stub beside a package's ``__init__.py``.

    The stub, ``__init__.pyi``, imports every public name from its module: type checkers read it as it stands, and a
    new name is one line in one place.

    Args:
        init: The package's ``__file__``.
    """
    tree = ast.parse(Path(init).with_suffix(".pyi").read_text("utf-8"))
    found = (node for node in tree.body if isinstance(node, ast.ImportFrom))
    return {alias.name: "." * node.level + (node.module or "") for node in found for alias in node.names}
