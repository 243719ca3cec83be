"""Faster start: skip optional imports of other libraries."""

from __future__ import annotations

import sys


def load_scikit_learn() -> None:
    """Import scikit-learn without pandas, which it imports if installed.

    The commands pass only arrays to scikit-learn. pandas takes a third of a second and 60 MB, and can still be
    imported later. Only for plastica's own processes: in others, scikit-learn may receive data frames.
    """
    if "pandas" in sys.modules or "sklearn" in sys.modules:
        return
    sys.modules["pandas"] = None  # pyright: ignore[reportArgumentType]  # what `import pandas` then raises is caught
    try:
        import sklearn.utils.fixes  # noqa: F401
    finally:
        del sys.modules["pandas"]
