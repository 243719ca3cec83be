"""The clock of compilation."""

from __future__ import annotations

import threading

import jax

from plastica.training.timing import CompileClock


def test_what_another_thread_compiles_takes_no_time_of_a_run() -> None:
    clock = CompileClock()
    clock.start()
    other = threading.Thread(target=lambda: jax.jit(lambda x: x * 5 + 1)(2.0))
    other.start()
    other.join()
    assert clock.take() == 0
    jax.jit(lambda x: x * 7 + 1)(2.0)
    assert clock.take() > 0
