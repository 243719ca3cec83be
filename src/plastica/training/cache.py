"""Compiled programs kept between processes, so that the second run of a program starts at once."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import jax

VARIABLE = "PLASTICA_CACHE"


def keep_compiled_programs() -> None:
    """Turn on JAX's persistent compilation cache, unless it is configured already.

    The folder is ``plastica`` in the user's own cache folder; the environment variable ``PLASTICA_CACHE``
    names another, or turns it off (``off``).
    """
    said = os.environ.get(VARIABLE, "")
    if said.lower() == "off" or jax.config.values.get("jax_compilation_cache_dir"):
        return
    folder = Path(said) if said else _user_cache() / "plastica" / "compiled"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def _user_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home())))
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
