"""Pruned kernels in C: stored without their zeros where that is smaller, with the same answers."""

from __future__ import annotations

import shutil

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.export.c_source import c_source
from plastica.export.c_writer import opened, source_of
from plastica.export.interpreting import run
from plastica.export.loops.sparse import SparseKernel
from plastica.export.quantization import narrow
from plastica.export.tracing import traced


def pruned(layers, share):
    """Return a model of which so many of the smallest weights of each kernel are 0."""
    model = pl.Sequential(layers)
    model.build()

    def cut(weights):
        least = np.quantile(np.abs(weights), share)
        return np.where(np.abs(weights) < least, 0, weights).astype(np.float32) if weights.ndim > 1 else weights

    model.set_weights([cut(np.asarray(each)) for each in model.get_weights()])
    return model


def networks(share):
    dense = [pl.Dense(40, "relu", input_dim=30), pl.Dense(300, "tanh"), pl.Dense(5, "softmax")]
    image = [pl.Conv2D(8, 3, activation="relu", input_shape=(7, 7, 2)), pl.Flatten(), pl.Dense(4)]
    return [pruned(dense, share), pruned(image, share)]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
@pytest.mark.parametrize("int8", [False, True])
def test_pruned_models_answer_as_before_and_take_less_flash(int8, tmp_path):
    for place, (full, model) in enumerate(zip(networks(0.0), networks(0.9), strict=True)):
        rows = [np.random.default_rng(0).standard_normal((50, *model.input_shape[1:])).astype(np.float32)]
        written = pl.export.write(model, tmp_path / f"small{place}.c", int8=rows if int8 else None)
        whole = pl.export.write(full, tmp_path / f"whole{place}.c", int8=rows if int8 else None)
        flash, before = (source_of(each.exported, each.paths[0]).flash for each in (written, whole))
        kernels = [np.asarray(each) for each in model.get_weights() if each.ndim > 1]
        least = sum(np.count_nonzero(each) for each in kernels) * (1 if int8 else 4)
        assert least < flash < (0.6 if int8 else 0.25) * before
        program = written.exported.program  # with weights of 8 bits, if asked for
        (found,) = opened(written.paths[0], program)(rows)
        expected = np.concatenate([run(program, [row[None]])[0] for row in rows[0]])
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_kernel_is_stored_in_full_where_that_is_smaller():
    draw = np.random.default_rng(1)
    for density in (0.1, 0.5, 0.9, 1.0):
        for shape in ((10, 4), (100, 300), (3, 70_000)):
            kernel = draw.standard_normal(shape).astype(np.float32) * (draw.random(shape) < density)
            for each in (kernel.astype(np.float32), (100 * kernel).clip(-127, 127).astype(np.int32)):
                found = SparseKernel.of(each)
                if found is None:
                    assert density > 0.3 or shape == (10, 4)
                    continue
                assert sum(narrow(part).nbytes for part in found) < narrow(each).nbytes
                again = np.zeros_like(each)
                again[np.repeat(np.arange(len(each)), np.diff(found.begins.astype(int))), found.columns] = found.weights
                assert (again == each).all()


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
def test_kernels_that_a_loop_walks_over_are_stored_without_zeros_too(tmp_path):
    draw = np.random.default_rng(0)
    kernels = (draw.standard_normal((3, 20, 30)) * (draw.random((3, 20, 30)) < 0.1)).astype(np.float32)

    def answer(x):
        _, found = jax.lax.scan(lambda carry, kernel: (carry, jnp.tanh(x @ kernel)), 0.0, jnp.asarray(kernels))
        return found.sum(0)

    program = traced(answer, [("x", (20,), "float32")], ["y"], rows=1)
    source = c_source(program, "walk")
    (tmp_path / "walk.c").write_text(source.source)
    (tmp_path / "walk.h").write_text(source.header)
    x = draw.standard_normal((5, 20)).astype(np.float32)
    (found,) = opened(tmp_path / "walk.c", program)([x])
    np.testing.assert_allclose(found, np.tanh(x @ kernels).sum(0), atol=1e-6)
    assert source.flash < 0.25 * kernels.nbytes
