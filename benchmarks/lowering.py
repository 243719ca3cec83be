"""Whether the program of every row of ``benchmarks.speed`` lowers for a GPU, on a machine without one.

    python -m benchmarks.lowering                  # about a minute
    python -m benchmarks.lowering --only tiny --only members64

JAX exports each program for CUDA: all operations, layouts and branches by platform are those of a GPU, up to XLA's own
compilation, which needs one. Nothing is computed.
"""

from __future__ import annotations

import argparse
import contextlib
import time

import jax
from jax import export

import plastica as pl
from plastica.training import calls, stacked
from plastica.training.loop import advance
from plastica.training.side_by_side import advance_members

from .peers.functional import network
from .workloads import BY_NAME

MEMBERS = {"members8": 8, "members64": 64, "members784": 64}


class ReachedError(Exception):
    """Ends a run before its first call."""


def lowered(name, monkeypatch=setattr):
    """Return the exported program of a row, and the arguments that it would be called with."""
    found = []

    def take(*arguments):
        found.append(arguments)
        raise ReachedError

    monkeypatch(calls, "on_one_device", lambda call: take(call._replace(plan=call.plan.for_program())))
    monkeypatch(stacked, "advance_members", take)
    workload = BY_NAME[name].first_batch()
    model = pl.Model(*network(pl, workload))
    model.compile("adam", workload.loss)
    trained = pl.Population(model, seeds=MEMBERS[name]) if name in MEMBERS else model
    with contextlib.suppress(ReachedError):
        trained.fit(*workload.data(), batch_size=workload.batch, epochs=1, verbose=0)
    program, arguments = (advance_members, found[0]) if name in MEMBERS else (advance, tuple(found[0][0]))
    return export.export(program, platforms=["cuda"])(*arguments), arguments


def main():
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", action="append", choices=list(BY_NAME), help="a row; repeat for several")
    failed, names = 0, parser.parse_args().only or list(BY_NAME)
    for name in names:
        began = time.perf_counter()
        try:
            made, _ = lowered(name)
            said = f"{len(jax.tree.leaves(made.in_avals))} arguments, {len(made.mlir_module().splitlines())} operations"
        except Exception as problem:  # the next rows are told of too
            failed += 1
            said = f"does not lower: {type(problem).__name__}: {(str(problem).splitlines() or [''])[0][:150]}"
        print(f"{name:<12}{time.perf_counter() - began:>6.1f} s  {said}", flush=True)
    print(f"{len(names) - failed} rows lower for CUDA" + (f", {failed} do not" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
