"""Programs as C and JavaScript: compiled by gcc and run by node, they answer as the models do, for every layer."""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.export import program_of
from plastica.export.c_source import c_source
from plastica.export.javascript_writer import javascript_source
from plastica.export.loops.memory import Buffer, plan
from plastica.export.tracing import traced

from .networks import DRAWN_BY_ROWS, EXPORTED, answered, assert_close

GCC, NODE = shutil.which("gcc"), shutil.which("node")
STRICT = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Wno-unused-variable"]


def integers(x):
    """Whole numbers of all kinds: sorted, cut, shifted, summed, chosen."""
    whole = jnp.round(x * 100).astype("int32")
    bits = whole.astype("uint32")
    order = jnp.argsort(whole, axis=1)
    mixed = (bits * jnp.uint32(2654435761)) ^ (bits >> 3) | (bits << 5)
    large = jnp.where(mixed > jnp.uint32(2**31), 1.0, -1.0) + mixed.astype("float32") / 2.0**32
    parts = (order, whole // 7, whole % 7, jnp.abs(whole), jnp.sign(whole), jnp.maximum(whole, 3), -whole)
    tests = (whole > 3) & ~(whole == 5) | (x < 0)
    return jnp.concatenate([*(each.astype("float32") for each in parts), large, tests.astype("float32")], 1)


def floats(x):
    """Functions of floats, running sums, reversed and padded parts, and values that another one overwrites."""

    def swap(carry, row):
        left, right = carry
        return (right, left + row), left

    (last, _), _ = jax.lax.scan(swap, (x[0], x[0] * 2), jnp.stack([x[0], x[0] + 1, x[0] - 1]))
    parts = [jnp.exp(x), jnp.log1p(jnp.abs(x)), jnp.expm1(x), jnp.sin(x), jnp.cos(x), jax.scipy.special.erf(x)]
    parts += [jnp.floor(x), jnp.ceil(x), jnp.round(x * 2) / 2, jnp.sign(x), x % 0.7, jnp.arctan2(x, x + 2), x**3]
    parts += [jnp.cumsum(x, 1), jnp.cumprod(x, 1), jax.lax.cummax(x, 1), jax.lax.cummin(x, 1, reverse=True), x[:, ::-1]]
    parts += [
        jnp.pad(x, ((0, 0), (2, 1)), constant_values=7),
        last[None],
        jnp.sort(x, 1),
        jnp.isfinite(x).astype("float32"),
    ]
    parts += [jnp.argmin(x, 1, keepdims=True).astype("float32"), x.at[:, jnp.array([2, 0])].set(9.0)]
    return jnp.concatenate(parts, 1)


def turns(x):
    """A loop until a condition is false, and a choice by the data."""
    total = jax.lax.while_loop(lambda t: t < 100, lambda t: t * 2 + 1, jnp.abs(x).sum())
    return jax.lax.cond(x[0, 0] > 0, lambda: x + total, lambda: x - total)


FORMULAS = {"integers": integers, "floats": floats, "turns": turns}
X = np.array([[0.5, -1.25, 2.5, 0.03, -0.5]], "float32")


def programs():
    """The program of every layer for one row, with an input, and what it answers; the same for formulas."""
    for name in EXPORTED:
        model, x, y = answered(name)
        # An encoder at random draws other spikes for other numbers of rows.
        yield name, program_of(model, rows=1), x[:1], model.predict(x[:1]) if name in DRAWN_BY_ROWS else y[:1]
    for name, formula in FORMULAS.items():
        yield name, traced(formula, [("x", (5,), "float32")], ["y"], rows=1), X, np.asarray(formula(jnp.asarray(X)))


@pytest.fixture(scope="module")
def all_programs():
    return list(programs())


@pytest.mark.skipif(GCC is None, reason="needs gcc")
def test_c_answers_as_the_models_do(all_programs, tmp_path):
    files = []
    for name, program, _, _ in all_programs:
        source = c_source(program, name)
        (tmp_path / f"{name}.h").write_text(source.header)
        (tmp_path / f"{name}.c").write_text(source.source)
        files.append(f"{name}.c")
    subprocess.run([GCC, *STRICT, "-O0", "-fPIC", "-shared", "-o", "all.so", *files, "-lm"], cwd=tmp_path, check=True)
    library = ctypes.CDLL(str(tmp_path / "all.so"))
    for name, program, x, y in all_programs:
        given = np.ascontiguousarray(x.astype(program.inputs[0].dtype))
        found = np.zeros(y.shape, y.dtype)
        pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in (given, found)]
        getattr(library, f"{name}_predict")(*pointers)
        assert_close(found, y)


@pytest.mark.skipif(NODE is None, reason="needs node")
def test_javascript_answers_as_the_models_do(all_programs, tmp_path):
    lines = ["const found = {};"]
    for name, program, x, _ in all_programs:
        given = json.dumps([x.ravel().tolist()])
        lines += [
            "(function() {",
            javascript_source(program),
            f"found.{name} = Array.from(predict({given})[0]);",
            "})();",
        ]
    script = tmp_path / "all.js"
    script.write_text("\n".join([*lines, "console.log(JSON.stringify(found));"]))
    found = json.loads(subprocess.run([NODE, script], check=True, capture_output=True, text=True).stdout)
    for name, _, _, y in all_programs:
        assert_close(np.array(found[name], y.dtype).reshape(y.shape), y)


@pytest.mark.skipif(GCC is None, reason="needs gcc")
def test_a_compiled_program_answers_rows_from_its_input(tmp_path):
    model = pl.Sequential([pl.Dense(3, "tanh", input_dim=2), pl.Dense(1)])
    model.build()
    source = c_source(program_of(model, rows=1), "tiny")
    (tmp_path / "tiny.h").write_text(source.header)
    (tmp_path / "tiny.c").write_text(source.source)
    subprocess.run([GCC, *STRICT, "-DTINY_MAIN", "-o", "tiny", "tiny.c", "-lm"], cwd=tmp_path, check=True)
    x = np.random.default_rng(0).standard_normal((1000, 2)).astype("float32")
    text = "\n".join(" ".join(map(repr, row)) for row in x.tolist())
    answer = subprocess.run([tmp_path / "tiny"], input=text, check=True, capture_output=True, text=True).stdout
    np.testing.assert_allclose(np.array(answer.split(), "float32")[:, None], model.predict(x), atol=1e-6)
    cut = subprocess.run([tmp_path / "tiny"], input=b"1.0 2.0 3.0", capture_output=True, check=False)
    assert cut.returncode == 1  # the second row ends after one number


def test_memory_is_used_again():
    # Four arrays in a chain: each is needed by the next one only, so that two places are enough.
    chain = [Buffer(f"v{k}", size, "float32", k, k + 1) for k, size in enumerate((8, 4, 8, 4))]
    assert plan(chain) == 12
    alive = [Buffer(f"v{k}", 3, "float32", 0, 9) for k in range(4)]
    assert plan(alive) == 12
    assert sorted(each.offset for each in alive) == [0, 3, 6, 9]


def test_flash_and_memory_are_those_of_the_numbers():
    model = pl.Sequential([pl.Dense(16, "relu", input_dim=8), pl.Dense(4)])
    model.build()
    source = c_source(program_of(model, rows=1), "tiny")
    # Without activities that are needed at once with others: the 16 hidden ones before and after relu, and the output.
    assert source.flash == 4 * (8 * 16 + 16 * 4)
    assert source.ram <= 4 * (16 + 16 + 4 + 4)


@pytest.mark.parametrize("name", ["2nd", "a-b", "", "int"])
def test_a_name_that_c_does_not_take_is_refused(name):
    model = pl.Sequential([pl.Dense(1, input_dim=1)])
    model.build()
    with pytest.raises(InvalidValue, match="names in C begin with a letter"):
        c_source(program_of(model, rows=1), name)


def test_names_of_inputs_that_c_does_not_take_are_changed():
    first, second = pl.Input((2,), name="für-x"), pl.Input((2,), name="int")
    model = pl.Model([first, second], pl.Dense(1)(pl.Concatenate()([first, second])))
    header = c_source(program_of(model, rows=1), "two").header
    assert "void two_predict(const float *f_r_x, const float *_int, float *y);" in header
