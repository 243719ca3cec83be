"""The programs of runs are lowered for a GPU where there is none: rows of benchmarks/speed.py, by their shapes."""

from __future__ import annotations

import jax
import pytest

lowering = pytest.importorskip("benchmarks.lowering", reason="the benchmarks are not there")

# The others are these layers again, in other numbers: `python -m benchmarks.lowering` has all.
ROWS = ("tiny", "cnn", "conv1d", "separable", "lstm50", "gru128", "attention", "lru", "reservoir", "members64")


@pytest.mark.parametrize("name", ROWS)
def test_a_run_is_lowered_for_cuda(name, monkeypatch):
    made, arguments = lowering.lowered(name, monkeypatch.setattr)
    assert made.platforms == ("cuda",)
    text = made.mlir_module()
    assert "stablehlo.while" in text and "cpu" not in text
    learner = arguments[0].learner if name == "members64" else arguments[2]
    shapes = [leaf.shape for leaf in jax.tree.leaves(learner)]
    assert [each.shape for each in made.out_avals[: len(shapes)]] == shapes
