"""Programs compute what models answer, for every layer."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, NotFitted
from plastica.export import program_of
from plastica.export.interpreting import run
from plastica.export.program import RowCount
from plastica.export.reference import OPERATIONS, erf
from plastica.export.tracing import traced

from .networks import DRAWN_BY_ROWS, EXPORTED, answered, assert_close, programmed


@pytest.mark.parametrize("name", EXPORTED)
def test_a_program_computes_what_the_layer_answers(name):
    _, x, y = answered(name)
    program = programmed(name)
    assert program.inputs[0].shape == (RowCount(), *x.shape[1:])
    assert program.names <= OPERATIONS
    assert_close(run(program, [x])[0], y)


@pytest.mark.parametrize("name", EXPORTED)
def test_a_program_for_one_row_has_fixed_shapes(name):
    model, x, y = answered(name)
    program = program_of(model, rows=1)
    values = [each for part in program.walk() for step in part.operations for each in (*step.inputs, *step.outputs)]
    assert all(isinstance(size, int) for value in values for size in value.shape)
    assert all(run(program, [x[:1]])[0].shape == value.shape for value in program.outputs)
    if name not in DRAWN_BY_ROWS:
        assert_close(run(program, [x[:1]])[0], y[:1])


def test_operations_name_their_layers_and_kernels_stay_constants():
    drawn = {"bias_initializer": "uniform"}
    model = pl.Sequential([pl.Residual([pl.Dense(3, "tanh", input_dim=3, **drawn)]), pl.Dense(2, **drawn)])
    model.build((None, 3))
    program = program_of(model)
    assert [(step.name, step.layer) for step in program.operations] == [
        ("matmul", "layer 0.0.0, Dense"),
        ("add", "layer 0.0.0, Dense"),
        ("tanh", "layer 0.0.0, Dense"),
        ("add", "layer 0, Residual"),
        ("matmul", "layer 1, Dense"),
        ("add", "layer 1, Dense"),
    ]
    kernels = [step.inputs[1] for step in program.operations if step.name == "matmul"]
    assert [program.constants[kernel].shape for kernel in kernels] == [(3, 3), (3, 2)]


def test_a_graph_with_several_inputs_and_outputs_keeps_their_names():
    left, right = pl.Input((2,), name="left"), pl.Input((3,), name="right")
    joined = pl.Concatenate()([left, right])
    model = pl.Model([left, right], {"sum": pl.Dense(1)(joined), "kind": pl.Dense(2, "softmax")(joined)})
    program = program_of(model)
    assert program.input_names == ("left", "right")
    assert program.output_names == ("sum", "kind")
    x = [np.ones((4, 2), "float32"), np.full((4, 3), 0.5, "float32")]
    expected = model.predict(x)
    for name, found in zip(program.output_names, run(program, x), strict=True):
        np.testing.assert_allclose(found, expected[name], rtol=1e-5)


def test_an_open_length_must_be_chosen():
    model = pl.Sequential([pl.LSTM(2, input_shape=(None, 3))])
    model.build()
    with pytest.raises(InvalidValue, match=r"have a size that is open.*input_shape="):
        program_of(model)
    assert program_of(model, input_shape=(7, 3)).inputs[0].shape == (RowCount(), 7, 3)
    for wrong in ((7, 4), (7,), ((7, 3), (7, 3))):
        with pytest.raises(InvalidValue, match="only open sizes can be chosen"):
            program_of(model, input_shape=wrong)


def test_a_network_without_weights_is_refused():
    with pytest.raises(NotFitted):
        program_of(pl.Sequential([pl.Dense(1)]))


def test_a_network_that_remembers_is_refused():
    model = pl.Sequential([pl.Input((3, 1), batch_size=2), pl.GRU(2, stateful=True)])
    model.build()
    with pytest.raises(InvalidValue, match="stateful"):
        program_of(model)


def test_what_no_operation_computes_is_named_with_its_layer():
    model = pl.Sequential([pl.Dense(4, input_dim=4), pl.layers.Lambda(lambda x: jnp.abs(jnp.fft.rfft(x)))])
    model.build()
    with pytest.raises(InvalidValue, match=r"layer 1, Lambda computes 'fft'"):
        program_of(model)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: jnp.linalg.qr(x.T @ x)[0][: x.shape[0]], "layer 1, Lambda computes with how many there are"),
        (lambda x: x.astype("int8").astype("float32"), "layer 1, Lambda computes 'int8 numbers'"),
    ],
)
def test_what_depends_on_the_number_of_rows_or_has_other_numbers_is_named_with_its_layer(function, said):
    model = pl.Sequential([pl.Dense(4, input_dim=4), pl.layers.Lambda(function)])
    model.build()
    with pytest.raises(InvalidValue, match=said):
        program_of(model)


def test_a_choice_by_the_data_and_a_loop_until_a_condition_are_carried():
    import jax

    def collatz(x):
        total = jax.lax.while_loop(lambda t: t < 100, lambda t: t * 2 + 1, x.sum())
        return jax.lax.cond(x[0, 0] > 0, lambda: x + total, lambda: x - total)

    for sign in (1, -1):
        x = np.array([[sign * 1.0, 2.0]], "float32")
        program = traced(collatz, [("x", (2,), "float32")], ["y"], rows=1)
        np.testing.assert_allclose(run(program, [x])[0], collatz(x), rtol=1e-6)


def test_the_error_function_is_right_to_seven_digits():
    from scipy.special import erf as expected

    x = np.linspace(-5, 5, 1001)
    np.testing.assert_allclose(erf(x), expected(x), atol=1.6e-7)
