"""What all tests share: Keras on JAX, and one cache of compiled programs for all processes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("PLASTICA_CACHE", str(Path(tempfile.gettempdir()) / f"plastica-tests-{os.getuid()}"))
os.environ.setdefault("MPLBACKEND", "agg")


@pytest.fixture(autouse=True, scope="module")
def forget_compiled_programs():
    """Keep memory level: what a file of tests compiled is of no use to the next."""
    yield
    import jax

    jax.clear_caches()
