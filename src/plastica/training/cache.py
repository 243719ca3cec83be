"""Compiled programs: kept on the disk between processes, and in memory as many as there is a use for."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import jax

from .compiled import programs
from .population import advance_members

VARIABLE = "PLASTICA_CACHE"

# A program takes 2 to 5 MB as long as it is kept. Who trains networks of ever new shapes comes back to few of them, and
# one that is wanted again is read from the disk in a tenth of a second.
MOST_PROGRAMS = 32


def keep_compiled_programs() -> None:
    """Turn on JAX's persistent compilation cache, unless it is configured already; forget programs in memory.

    In memory no kind of program is kept in more than ``MOST_PROGRAMS`` shapes; then all of this kind go.

    The folder is ``plastica`` in the user's own cache folder; the environment variable ``PLASTICA_CACHE``
    names another, or turns it off (``off``).
    """
    kept: tuple[Any, ...] = (*programs(), advance_members)
    for program in kept:
        if program._cache_size() > MOST_PROGRAMS:
            program.clear_cache()
    if jax.config.values.get("jax_compilation_cache_dir"):
        return
    folder = cache_folder("compiled")
    if folder is None:
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def cache_folder(name: str) -> Path | None:
    """Return a folder of plastica's own cache, made where it is missing; None where nothing is or can be kept."""
    said = os.environ.get(VARIABLE, "")
    if said.lower() == "off":
        return None
    folder = Path(said) if said else _user_cache() / "plastica" / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    # On a disk that became read-only JAX would warn of each program.
    return folder if os.access(folder, os.W_OK) else None


def _user_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home())))
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
