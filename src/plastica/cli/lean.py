"""Faster start: scikit-learn without what it imports and the commands do not use."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike

USED = ("ensemble", "linear_model", "metrics", "preprocessing", "tree")  # by checks, baselines and reports


def load_scikit_learn() -> None:
    """Import scikit-learn without pandas and ``scipy.stats``, which are imported later if something uses them.

    The commands pass only arrays to scikit-learn. pandas takes a third of a second and 60 MB; ``scipy.stats`` takes
    half a second and 20 MB, and of it, scikit-learn calls single functions in few places. Only for plastica's own
    processes: in others, scikit-learn may receive data frames.
    """
    if "pandas" in sys.modules or "sklearn" in sys.modules:
        return
    sys.modules["pandas"] = None  # pyright: ignore[reportArgumentType]  # what `import pandas` then raises is caught
    without = "scipy.stats" in sys.modules
    if not without:
        sys.modules["scipy.stats"] = _Stats("scipy.stats")
    try:
        for name in USED:
            import_module(f"sklearn.{name}")
    finally:
        del sys.modules["pandas"]
        if not without:
            del sys.modules["scipy.stats"]


class _Stats(ModuleType):
    """Stands for ``scipy.stats`` while other modules import names from it."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return _geometric_mean if name == "gmean" else _Later(name)


class _Later:
    """A name of ``scipy.stats``, imported when it is called or one of its attributes is used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *given: object, **named: object) -> object:
        return self._real(*given, **named)

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[object, ...]:
        return (self._real,)

    @property
    def _real(self) -> Any:
        if isinstance(sys.modules.get("scipy.stats"), _Stats):
            del sys.modules["scipy.stats"]
        return getattr(import_module("scipy.stats"), self._name)


def _geometric_mean(a: ArrayLike, axis: int = 0) -> np.ndarray:
    """Return ``scipy.stats.gmean(a, axis)``; boosted trees for three or more classes call it once."""
    import numpy as np

    return np.exp(np.mean(np.log(a), axis=axis))
