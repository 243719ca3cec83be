"""Loading less: what a library only loads because it happens to be installed."""

from __future__ import annotations

import sys


def load_scikit_learn() -> None:
    """Load scikit-learn without pandas, which it imports wherever it is installed.

    The commands hand it arrays alone. pandas costs a third of a second and 60 MB, and is loaded later where it is
    asked for. For processes of plastica's own: elsewhere scikit-learn may be handed frames.
    """
    if "pandas" in sys.modules or "sklearn" in sys.modules:
        return
    sys.modules["pandas"] = None  # pyright: ignore[reportArgumentType]  # what `import pandas` then raises is caught
    try:
        import sklearn.utils.fixes  # noqa: F401
    finally:
        del sys.modules["pandas"]
