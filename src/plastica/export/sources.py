"""The source of functions, from which exported Python files are put together."""

from __future__ import annotations

import dis
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, ModuleType
from typing import Any

_SHAPED = re.compile(r'\b(?:Float|Int|Bool|Num)\[np\.ndarray, "[^"]*"\]')  # annotations that need jaxtyping


def body(module: ModuleType, begin: str) -> str:
    """Return the source of a module from a line on."""
    source = inspect.getsource(module)
    return source[source.index(f"\n{begin}") + 1 :].rstrip()


def needed(names: Iterable[str], *modules: ModuleType) -> list[str]:
    """Return the source of functions by name, and of those that they call, in the order of their modules."""
    own = {name: each for module in modules for name, each in vars(module).items() if inspect.isfunction(each)}
    found, open_ends = set[str](), [name for name in names if name in own]
    while open_ends:
        name = open_ends.pop()
        if name not in found:
            found.add(name)
            open_ends += [each for each in _globals_of(own[name].__code__) if each in own]
    return [inspect.getsource(each).rstrip() for name, each in own.items() if name in found]


def _globals_of(code: CodeType) -> Iterator[str]:
    """Yield the global names that code reads, in generators and functions within it, too."""
    yield from (each.argval for each in dis.get_instructions(code) if each.opname == "LOAD_GLOBAL")
    for each in code.co_consts:
        if inspect.iscode(each):
            yield from _globals_of(each)


def plainly(part: Callable[..., Any]) -> str:
    """Return the source of a function without the shapes of its annotations.

    Example:
        >>> from plastica.forecasting.scales import logarithm
        >>> plainly(logarithm).splitlines()[0]
        'def logarithm(values: np.ndarray) -> np.ndarray:'
    """
    return _SHAPED.sub("np.ndarray", inspect.getsource(part)).rstrip()
