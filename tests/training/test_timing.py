"""The clock of compilation."""

from __future__ import annotations

import threading

import jax
from jax import monitoring

from plastica.training.live import Pace, Standing
from plastica.training.timing import CLOCK, CompileClock


def test_what_another_thread_compiles_takes_no_time_of_a_run() -> None:
    clock = CompileClock()
    clock.start()
    other = threading.Thread(target=lambda: jax.jit(lambda x: x * 5 + 1)(2.0))
    other.start()
    other.join()
    assert clock.take() == 0
    jax.jit(lambda x: x * 7 + 1)(2.0)
    assert clock.take() > 0


def test_a_program_that_compiles_in_the_middle_of_a_run_is_announced() -> None:
    pace, at, seen = Pace(), Standing(epochs=3, epoch=1), []

    def look(event: str, duration_secs: float, **kwargs: str | int) -> None:
        seen.append((event.rpartition("/")[2], pace.time(at)))

    CLOCK.start()
    monitoring.register_event_duration_secs_listener(look)  # it is called after the clock
    try:
        jax.jit(lambda x: x * 11 + 1)(2.0)
    finally:
        monitoring.unregister_event_duration_listener(look)
    told = {name: words for name, words in seen if name.startswith(("jaxpr", "backend"))}
    assert told["jaxpr_to_mlir_module_duration"] == "compiling"
    assert told["backend_compile_duration"] == "0:00"
