"""Shared configuration of all tests: Keras on JAX, one cache of compiled programs, checks of arrays."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from . import array_checks

os.environ.setdefault("KERAS_BACKEND", "jax")
CACHE = os.environ.setdefault("PLASTICA_CACHE", str(Path(tempfile.gettempdir()) / f"plastica-tests-{os.getuid()}"))
if CACHE.lower() != "off":
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", CACHE)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
os.environ.setdefault("MPLBACKEND", "agg")

# Tests start hundreds of processes; without compiled modules, each would parse all of plastica anew for a second.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Tests compile hundreds of programs that run for milliseconds, so most optimizations of XLA are not worth their time.
# Tests that need them enable them (test_processes.py), and so does the round of .ci/run on a newer Python.
QUICK_TO_COMPILE = "--xla_cpu_use_fusion_emitters=false --xla_backend_optimization_level=0"


def is_understood(flags: str) -> bool:
    """Return whether this version of XLA supports the flags; unknown flags end a process immediately."""
    command = [sys.executable, "-c", "import jax; jax.devices()"]
    return not subprocess.run(
        command, env={**os.environ, "XLA_FLAGS": flags}, capture_output=True, check=False
    ).returncode


if "XLA_FLAGS" not in os.environ and is_understood(QUICK_TO_COMPILE):
    os.environ["XLA_FLAGS"] = QUICK_TO_COMPILE


array_checks.install("plastica")

# A shell has commands in the background ignore Ctrl-C, and they pass that on; tests of interrupts need it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish():
    """Exempt what is imported by now from garbage collection, which would traverse all of it again and again.

    Tracing makes very many small objects that live on, so that collections of the youngest find little: make them rare.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


MOST_GROWTH = 1.5e9  # bytes; a program takes about a megabyte, and one file of tests may compile thousands
MEMORY = {"after clearing": 0}


def resident() -> int:
    """Return the bytes of memory that this process takes, or 0 where the system has no /proc."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if status.exists() else 0


def clear_caches():
    import jax

    jax.clear_caches()
    MEMORY["after clearing"] = resident()


@pytest.fixture(autouse=True, scope="module")
def forget_compiled_programs():
    """Free memory: programs compiled by one file of tests are not used by the next."""
    yield
    clear_caches()


def pytest_runtest_logfinish():  # after the end of a test, so that nothing is replaced by it any more
    """Free memory within files that compile very many programs, too."""
    if resident() > MEMORY["after clearing"] + MOST_GROWTH:
        clear_caches()
