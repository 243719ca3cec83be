"""The tests check the arrays that signatures state; a program that uses the package does not."""

from __future__ import annotations

import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from plastica.errors import ShapeError
from plastica.losses import MeanSquaredError
from plastica.losses.shapes import row_means
from plastica.typing import Float, Int

from .array_checks import ArrayMismatch, checked


def test_functions_of_the_package_are_checked():
    with pytest.raises(ArrayMismatch, match=r"row_means: values is not Float\[Array, .*float32\[\]"):
        row_means(jnp.zeros(()))


def test_compiled_functions_are_checked_as_they_are_traced():
    with pytest.raises(ArrayMismatch):
        jax.jit(row_means)(jnp.zeros((2, 3), jnp.int32))


def test_errors_of_the_package_come_first():
    with pytest.raises(ShapeError):
        MeanSquaredError().values(jnp.zeros((2, 3)), jnp.zeros((3, 3)))


@checked
def scaled(
    x: Float[Array, "batch units"], factor: float, by: Int[Array, "batch"] | None = None
) -> Float[Array, "batch"]:
    """Return a result of one size only: wrong for other batches."""
    return jnp.zeros(3) * factor


@pytest.mark.parametrize(
    ("x", "by", "wrong"),
    [
        (jnp.ones((3, 4)), None, None),
        (np.ones((3, 4)), jnp.arange(3), None),
        (jnp.ones(3), None, "x"),
        (jnp.ones((3, 4), int), None, "x"),
        (jnp.ones((3, 4)), jnp.ones(3), "by"),
        (jnp.ones((3, 4)), jnp.arange(4), "by"),
        (jnp.ones((2, 4)), None, "return"),
    ],
)
def test_shapes_and_dtypes_are_those_of_the_signature(x, by, wrong):
    if wrong is None:
        assert scaled(x, 2, by).shape == (3,)
        return
    with pytest.raises(ArrayMismatch, match=f"scaled: {wrong} is not"):
        scaled(x, 2.0, by)


def test_arrays_that_matched_before_are_not_looked_at_again_and_others_are():
    for _ in range(2):
        assert scaled(jnp.ones((3, 5)), 2.0, jnp.arange(3)).shape == (3,)
    for other in (jnp.ones((3, 5, 1)), jnp.ones((3, 5), int), [jnp.ones((3, 5))]):
        with pytest.raises(ArrayMismatch, match="scaled: x is not"):
            scaled(other, 2.0, jnp.arange(3))
    with pytest.raises(ArrayMismatch, match="scaled: by is not"):
        scaled(jnp.ones((3, 5)), 2.0, jnp.ones(3))


def test_the_package_does_not_import_what_checks():
    script = "import sys, plastica as pl; pl.Dense(2), pl.losses; print({'jaxtyping', 'beartype'} & {*sys.modules})"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert ran.stdout.strip() == "set()"
