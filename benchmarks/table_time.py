"""Time profile for a table: CPU seconds of each phase of one run in a separate process, and its peak memory.

    python -m benchmarks.tables --time --tables penguins churn

Compilation is short if the program is in the cache; ``PLASTICA_CACHE=off`` disables the cache. All threads count, even
while they wait for each other. The parts of the steps are also run separately, as often as in the run; the remainder is
gathering rows, the loss and the metrics.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .table_data import SOURCES, frame_of

PHASES = (
    "imports", "reading and encoding", "tracing", "compiling", "steps", "choosing and judging", "baselines", "the rest",
)  # fmt: skip
PARTS = ("waves and vectors", "members", "optimizer", "validation")
LOOPS = 50


class Stopwatch:
    """CPU seconds by phase; nested phases count for the inner one only."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = dict.fromkeys(PHASES, 0.0)
        self.phase, self.since = "imports", 0.0  # since the start of the process

    def turn_to(self, phase: str) -> str:
        """Begin a phase and return the previous one."""
        before, now = self.phase, time.process_time()
        self.seconds[before] += now - self.since
        self.phase, self.since = phase, now
        return before

    @contextmanager
    def measuring(self, phase: str) -> Iterator[None]:
        """Measure a block as a phase."""
        before = self.turn_to(phase)
        try:
            yield
        finally:
            self.turn_to(before)

    def around(self, place: Any, name: str, phase: str) -> None:
        """Measure every call of a function as a phase."""
        function = getattr(place, name)

        def measured(*given: Any, **named: Any) -> Any:
            with self.measuring(phase):
                return function(*given, **named)

        setattr(place, name, measured)


class Programs:
    """Replaces the program of a run, to measure tracing and compiling separately from its steps."""

    def __init__(self, program: Any, watch: Stopwatch) -> None:
        self.program, self.watch = program, watch
        self.compiled: dict[Any, Any] = {}
        self.steps, self.last = 0, ()

    def __call__(self, *given: Any) -> Any:
        import jax

        leaves, structure = jax.tree.flatten(given)
        shapes = (structure, *(getattr(leaf, "shape", ()) for leaf in leaves))
        if shapes not in self.compiled:
            with self.watch.measuring("tracing"):
                lowered = self.program.lower(*given)
            with self.watch.measuring("compiling"):
                self.compiled[shapes] = lowered.compile()
        plan, self.last = given[-1], given
        self.steps += int((plan.span[2] - plan.span[0]) * plan.batches + plan.span[3] - plan.span[1])
        with self.watch.measuring("steps"):
            return jax.block_until_ready(self.compiled[shapes](*given))


def measure(name: str, rows: int) -> dict[str, Any]:
    """Train on a table in this process and return seconds by phase, the parts of the steps, and peak memory."""
    watch = Stopwatch()
    from plastica.evaluation import results as judging
    from plastica.layers import Dense, Ensemble
    from plastica.tables import Settings, TableNetwork, table
    from plastica.tables import selection as choosing
    from plastica.tables.preparation import prepare
    from plastica.training import calls
    from plastica.training.compiled import compiled_for

    source = next(source for source in SOURCES if source.name == name)
    watch.turn_to("the rest")
    frame = frame_of(source, rows)
    compiled = compiled_for(Ensemble((Dense(1),)))
    programs: Any = Programs(compiled.advance, watch)
    calls.compiled_for = lambda network: compiled._replace(advance=programs)
    watch.around(choosing, "fit_beside", "baselines")
    watch.around(choosing, "decision_of", "choosing and judging")
    watch.around(choosing, "answers_from", "choosing and judging")
    watch.around(judging, "score", "choosing and judging")
    watch.around(judging, "conclude", "choosing and judging")
    settings = Settings(task=source.task)
    with watch.measuring("reading and encoding"):
        prepared = prepare(table.as_table(frame), source.target, settings)
    network = TableNetwork.train(prepared, settings)
    watch.turn_to("the rest")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    epochs = network.facts.training.epochs
    return {
        "seconds": watch.seconds, "steps": programs.steps, "epochs": epochs, "peak": peak,
        "parts": parts_of(programs.last, epochs, programs.steps),
    }  # fmt: skip


def parts_of(given: tuple[Any, ...], epochs: int, steps: int) -> dict[str, float]:
    """Return the approximate seconds of each part of the steps, measured separately, as often as in the run.

    Args:
        given: The arguments of the program.
        epochs, steps: Their numbers in the run.
    """
    import jax
    import jax.numpy as jnp

    from plastica.layers import Members, Sequential
    from plastica.layers.layer import Context
    from plastica.training.loop import held_out_sums

    program, key, learner, rows, validation, plan = given
    made, params = program.network.layers, learner.params
    cut = next((place for place, layer in enumerate(made) if isinstance(layer, Members)), 0)
    x = rows.x[: plan.table.shape[-1]]
    context = Context(training=True, key=jnp.asarray(key), mask=jnp.ones(len(x), bool))

    def training(place: slice, x: Any) -> float:
        network, state = Sequential(made[place]), learner.state[place]

        def step(params: Any) -> Any:
            record, _ = network.forward(params, x, state, context)
            errors = network.backward_potential(record, jnp.ones_like(record.potential))
            return jax.tree.map(lambda w, g: w - 1e-9 * g, params, errors.gradient)

        return _seconds(step, params[place])

    def optimizing(carried: Any) -> Any:
        return program.optimizer.update(carried[0], carried[1], carried[0])

    def validating(sums: Any) -> Any:
        return held_out_sums(program, learner._replace(sums=sums), validation)

    seen, _ = Sequential(made[:cut]).synapse(params[:cut], x, learner.state[:cut], context)
    each = {
        "waves and vectors": training(slice(cut), x) if cut else 0.0,
        "members": training(slice(cut, None), seen),
        "optimizer": _seconds(optimizing, (params, learner.optimizer)),
    }
    found = {name: seconds * steps for name, seconds in each.items()}
    return found | {"validation": 0.0 if validation is None else _seconds(validating, learner.sums) * epochs}


def _seconds(step: Callable[[Any], Any], carried: Any) -> float:
    """Return the CPU seconds per step in a compiled loop."""
    import jax

    looped = jax.jit(lambda carried: jax.lax.fori_loop(0, LOOPS, lambda _, now: step(now), carried))
    looped = looped.lower(carried).compile()
    jax.block_until_ready(looped(carried))
    began = time.process_time()
    jax.block_until_ready(looped(carried))
    return (time.process_time() - began) / LOOPS


def show(names: list[str], rows: int) -> None:
    """Measure tables, each in a separate process, and print the time profile, a column for each table."""
    made = [_measured(name, rows) for name in names]
    lines = [[phase, *(f"{each['seconds'][phase]:.2f}" for each in made)] for phase in PHASES]
    place = PHASES.index("steps") + 1
    lines[place:place] = [[f"- {part}, about", *(f"{each['parts'][part]:.2f}" for each in made)] for part in PARTS]
    lines += [
        ["all", *(f"{sum(each['seconds'].values()):.2f}" for each in made)],
        ["steps made", *(f"{each['steps']:,}" for each in made)],
        ["peak memory, MB", *(f"{each['peak']:.0f}" for each in made)],
    ]
    print("| CPU seconds | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|", sep="\n")
    print("\n".join("| " + " | ".join(line) + " |" for line in lines))


def _measured(name: str, rows: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.table_time", name, str(rows)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
