"""The program of a run is lowered for a GPU where there is none: every row of benchmarks/speed.py, by its shapes."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from jax import export

import plastica as pl
from plastica.training.compiled import FAST_STEPS

workloads = pytest.importorskip("benchmarks.workloads", reason="the benchmarks are not there")
from benchmarks.peers.functional import network  # noqa: E402

# The others are these layers again, in other numbers.
ROWS = ("tiny", "cnn", "lenet5", "conv1d", "separable", "lstm50", "gru128")


@pytest.mark.parametrize("name", [name for name in ROWS if name in workloads.BY_NAME])
def test_a_run_is_lowered_for_cuda(name):
    workload = workloads.BY_NAME[name].first_batch()
    model = pl.Model(*network(pl, workload))
    model.compile("adam", workload.loss)
    x, y = workload.data()
    calls = []

    def look(run):
        member = run.members[0]
        call = member.call(member.here._replace(step=0), 1, 1)
        calls[:] = [call._replace(plan=call.plan.for_program())]

    # One small epoch on the CPU gives the arguments of a call.
    model.fit(x[:8], y[:8], batch_size=8, epochs=1, verbose=0, hooks=look)
    made = export.export(FAST_STEPS.advance, platforms=["cuda"])(*calls[0])
    assert made.platforms == ("cuda",)
    shapes = [leaf.shape for leaf in jax.tree.leaves(calls[0].learner)]
    assert [each.shape for each in made.out_avals[: len(shapes)]] == shapes
    assert "stablehlo.while" in made.mlir_module() and np.prod(shapes[0]) > 0
