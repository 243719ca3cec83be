"""The packages that a service needs, checked before the first of them is imported."""

from __future__ import annotations

from importlib.util import find_spec

from ..errors import MissingExtra

PACKAGES = ("starlette", "uvicorn", "prometheus_client")


def require_packages() -> None:
    """Check that the packages are installed.

    Raises:
        MissingExtra: If one is not.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise MissingExtra(
            f'serving a model needs {", ".join(missing)}, not installed here. Run: pip install "plastica[serve]"'
        )
