"""The cache of compiled programs: on disk between processes, and a limited number in memory."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Protocol, cast

import jax

from .compiled import programs
from .side_by_side import advance_members

VARIABLE = "PLASTICA_CACHE"

# A program in memory takes 2 to 5 MB. When networks of many shapes are trained, few of the shapes recur, and a program
# is read again from disk in a tenth of a second.
MOST_PROGRAMS = 32


class _Compiled(Protocol):
    """What is used of a function that ``jax.jit`` returned."""

    def _cache_size(self) -> int: ...
    def clear_cache(self) -> None: ...


def keep_compiled_programs() -> None:
    """Enable JAX's persistent compilation cache unless it is configured, and limit the number of programs in memory.

    Once a kind of program has been compiled for more than ``MOST_PROGRAMS`` shapes, all programs of this kind are
    removed from memory.

    The folder is ``plastica`` in the cache folder of the user. The environment variable ``PLASTICA_CACHE`` sets another
    folder, or disables the cache (``off``).
    """
    for program in cast("tuple[_Compiled, ...]", (*programs(), advance_members)):
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
    """Return a folder in the cache of plastica, created if missing; None if caching is disabled or impossible."""
    said = os.environ.get(VARIABLE, "")
    if said.lower() == "off":
        return None
    folder = Path(said) if said else _user_cache() / "plastica" / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    # JAX would print a warning for each program if the disk is read-only.
    return folder if os.access(folder, os.W_OK) else None


def _user_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home())))
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
