"""Conversion of arrays: accepted types, errors and warnings."""

import subprocess
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from plastica.data.arrays import to_array
from plastica.errors import DataError, PlasticaWarning


def test_float32_comes_back_uncopied():
    x = np.ones((3, 2), np.float32)
    assert to_array(x) is x


@pytest.mark.parametrize(
    "given_value",
    [
        np.array([[1, 2], [3, 4]], np.float64),
        np.array([[1, 2], [3, 4]], np.int64),
        np.array([[1, 2], [3, 4]], ">f8"),
        np.array([[1, 2], [3, 4]], object),
        [[1, 2], [3, 4]],
        ((1, 2.0), (3, Decimal(4))),
        [np.array([1, 2]), np.array([3.0, 4.0])],
        pd.DataFrame({"a": [1, 3], "b": [2.0, 4.0]}),
        pd.DataFrame({"a": pd.array([1, 3], "Int64"), "b": [2.0, 4.0]}),
        pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]),
        pl.DataFrame({"a": [1, 3], "b": [2.0, 4.0]}),
        pl.LazyFrame({"a": [1, 3], "b": [2.0, 4.0]}),
        pa.table({"a": [1, 3], "b": [2.0, 4.0]}),
    ],
    ids=lambda value: f"{type(value).__module__}.{type(value).__name__}",
)
@pytest.mark.filterwarnings("ignore:x has two columns called 'a'")
def test_everything_array_like_becomes_float32(given_value):
    made = to_array(given_value)
    assert made.dtype == np.float32
    np.testing.assert_array_equal(made, [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    "series", [pd.Series([True, False]), pl.Series([True, False]), pa.chunked_array([[True, False]])]
)
def test_series_of_booleans(series):
    np.testing.assert_array_equal(to_array(series), np.array([1, 0], np.float32))


def test_jax_arrays_and_scalars():
    import jax.numpy as jnp

    np.testing.assert_array_equal(to_array(jnp.arange(3)), [0, 1, 2])
    assert to_array(jnp.ones(2, jnp.bfloat16)).dtype == np.float32
    assert to_array(2).shape == ()
    assert to_array(np.zeros((0, 4))).shape == (0, 4)
    assert to_array([np.inf, np.nan], allow_nonfinite=True).shape == (2,)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.array([["a", "b"]]), r"x\[0, 0\] is the text 'a', not a number.*plastica train"),
        (np.array([["1", "b"]], object), r"x\[0, 0\] is the text '1'"),
        ([1, 2, "three"], r"x\[2\] is the text 'three'"),
        ([[1, 2], [3]], r"x\[0\] has 2 values, x\[1\] has 1 values"),
        ([[[1], [2, 3]], [[1], [2]]], r"x\[0\] has rows of different shapes"),
        ([[1.0, np.nan], [np.inf, np.nan]], r"x contains 2 NaN and 1 infinite values, the first at x\[0, 1\]"),
        ([1.0, None], r"x contains 1 NaN value, the first at x\[1\]"),
        (np.array([1e300]), r"x\[0\] = 1e\+300 is beyond float32's range"),
        ([10**400], "x"),
        (np.array([1 + 2j]), "complex"),
        (np.array(["2020-01-01"], "M8[D]"), "datetime64"),
        (np.zeros(2, [("a", float)]), "structured"),
        (np.ma.masked_array([1.0, 2.0], [False, True]), r"1 NaN value, the first at x\[1\]"),
        ({"a": [1]}, "x is a dict"),
        ("text", "x is a str"),
        (object(), "x is a object"),
        ((i for i in range(3)), "x is a generator"),
        (None, "x is a NoneType"),
        (pd.DataFrame({"a": [1.0], "b": ["x"]}), r"x\['b'\], row 0 is the text 'x'"),
        (pl.DataFrame({"a": [1.0], "b": ["x"]}), r"x\['b'\], row 0 is the text 'x'"),
        (pd.DataFrame({"b": pd.Categorical(["x"])}), r"x\['b'\], row 0 is the text 'x'"),
        (pl.DataFrame({"a": [1, None, None]}), r"x\['a'\] contains 2 NaN values, the first at x\['a'\], row 1"),
        (pd.DataFrame({"a": pd.array([True, None], "boolean")}), r"x\['a'\], row 1"),
        (pa.table({"a": [1.0, float("inf")]}), r"1 infinite value, the first at x\['a'\], row 1"),
        (pd.DataFrame({"a": pd.to_datetime(["2020-01-01"])}), r"x\['a'\] has dtype Datetime"),
    ],
)
def test_refusals_name_the_place(x, message):
    with pytest.raises(DataError, match=message):
        to_array(x)


def test_sparse_matrices_are_refused():
    from scipy.sparse import csr_matrix

    with pytest.raises(DataError, match="toarray"):
        to_array(csr_matrix(np.eye(2)))


def test_integers_beyond_float32_are_said():
    with pytest.warns(PlasticaWarning, match=r"x\[1\] = 16777217 becomes 16777216"):
        to_array(np.array([1, 2**24 + 1]))
    with pytest.warns(PlasticaWarning, match=r"x\['id'\], row 0 = 9007199254740993"):
        to_array(pl.DataFrame({"id": [2**53 + 1]}))
    to_array(np.array([2**24, 2**30]))  # represented exactly: no warning


@given(
    hnp.arrays(
        st.sampled_from([np.float16, np.float32, np.float64, np.int8, np.uint16, np.bool_]),
        hnp.array_shapes(),
    )
)
def test_values_are_those_of_numpy_or_refused(x):
    with np.errstate(over="ignore", invalid="ignore"):
        expected = x.astype(np.float32)
    if np.isfinite(expected).all():
        np.testing.assert_array_equal(to_array(x), expected)
    else:
        with pytest.raises(DataError):
            to_array(x)


SECONDS = 1.6e9 + np.arange(300) * 0.5


@pytest.mark.parametrize(
    ("x", "where"),
    [
        (SECONDS, "x: "),
        (np.stack([np.arange(300) / 7, SECONDS], 1), r"x\[..., 1\]: "),
        (SECONDS.tolist(), "x: "),
        (pd.DataFrame({"a": np.arange(300.0), "when": SECONDS}), r"x\['when'\]: "),
        (pl.DataFrame({"when": SECONDS}), r"x\['when'\]: "),
        (-SECONDS, "x: "),
    ],
)
def test_numbers_too_close_together_for_float32_are_told(x, where):
    kept = len(np.unique(np.float32(SECONDS)))
    with pytest.warns(
        PlasticaWarning, match=f"{where}300 different numbers become {kept} in float32.*Subtract"
    ) as said:
        to_array(x)
    assert len(said) == 1


@pytest.mark.parametrize(
    "x",
    [
        np.random.default_rng(0).normal(size=(4000, 2)),
        SECONDS - SECONDS.mean(),
        np.full(300, 1.6e9 + 1 / 3),
        1.6e9 + 86400.0 * np.arange(3000),
        np.array([1.6e9, 1.6e9 + 1]),
        np.arange(1990, 2020, 0.01),
    ],
)
def test_numbers_that_float32_tells_apart_pass_without_a_word(x):
    np.testing.assert_array_equal(to_array(x), x.astype(np.float32))


def test_large_finite_values_whose_sum_overflows_pass():
    assert to_array(np.full(4, 3e38, np.float32)).shape == (4,)


def test_numpy_input_imports_no_frames():
    code = (
        "import sys, numpy as np; from plastica.data.arrays import to_array; to_array(np.ones(3));"
        "to_array([1]);"
        "print({'pandas', 'polars', 'pyarrow', 'narwhals', 'jax'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
