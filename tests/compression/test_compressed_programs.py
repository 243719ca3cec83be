"""Programs made smaller: JAX equals NumPy, fake quantization equals the file, and what is pruned is gone."""

from __future__ import annotations

import shutil

import jax
import numpy as np
import pytest

import plastica as pl
from plastica.compression.fine_tuning import FineTuning, Lessons, fine_tuned, pruned_gradually
from plastica.compression.interpretation import ProgramRun, answers, computed
from plastica.compression.kernels import constants_of, weights_of
from plastica.compression.low_rank import factorized
from plastica.compression.program_layer import RANGES, ProgramLayer, beside
from plastica.compression.units import without_units
from plastica.errors import InvalidValue
from plastica.export import program_of
from plastica.export.interpreting import run
from plastica.export.program import for_rows
from plastica.export.quantization import quantized, ranges
from plastica.losses import MeanSquaredError

from ..export.networks import answered, assert_close

RNG = np.random.default_rng(0)
# One of each kind of operation: loops, windows, convolutions in groups, sorting, sums along axes, several steps.
LAYERS = (
    "lstm", "conv_2d_grouped", "max_pooling_2d", "average_pooling_1d", "separable_conv_2d", "multi_head_attention",
    "moving_average", "modern_hopfield", "zero_padding_1d", "piecewise_linear_embedding", "linear_recurrent_unit",
)  # fmt: skip


def ensemble():
    layers = [pl.Members(2), pl.MemberDense(8, "relu"), pl.MemberDense(8, "tanh"), pl.MemberDense(3, shared=False)]
    made = pl.Sequential([pl.Ensemble(layers, 3, input_shape=(4,))])
    made.build()
    return made


def images():
    layers = [pl.Conv2D(6, 3, activation="relu", input_shape=(8, 8, 2)), pl.MaxPooling2D(2), pl.Flatten()]
    made = pl.Sequential([*layers, pl.Dense(5, "gelu"), pl.Dense(2)])
    made.build()
    return made


def drawn(model, rows=40):
    return RNG.standard_normal((rows, *model.input_shape[1:])).astype("float32")


@pytest.fixture(scope="module", params=[ensemble, images])
def model(request):
    return request.param()


@pytest.mark.parametrize("name", LAYERS)
def test_jax_computes_what_numpy_computes(name):
    layer = answered(name)
    program = program_of(layer.model)
    assert_close(answers(program, [layer.x])[0], run(program, [layer.x])[0])


def test_a_program_for_one_row_answers_the_same(model):
    x, program = drawn(model, 5), program_of(model)
    rows = [run(for_rows(program, 1), [row[None]])[0] for row in x]
    assert_close(np.concatenate(rows), run(program, [x])[0])


def test_fake_quantization_gives_the_numbers_of_the_file(model):
    x, program = drawn(model), program_of(model)
    found = ranges(program, [x])
    layer = ProgramLayer(program, tuple(found))
    params = layer.init(RNG, (x[0].size,)).params
    state = {RANGES: np.array(list(found.values()), "float32")}
    trained = layer.apply(params, beside([x]), state)[0]
    exact, whole = (run(each, [x])[0] for each in (program, quantized(program, [x])))
    assert np.abs(trained - whole).max() < 1e-5 < np.abs(whole - exact).max()


def test_the_gradient_passes_the_rounding_and_stops_at_clipped_inputs():
    model = pl.Sequential([pl.Dense(1, use_bias=False, input_dim=2)])
    model.build()
    model.set_weights([np.array([[1.27], [0.30]])])
    program = program_of(model)
    layer = ProgramLayer(program, tuple(ranges(program, [np.ones((1, 2))])))
    params = layer.init(RNG, (2,)).params
    (name,) = params
    # The largest input on calibration rows is 12.7: steps of 0.1 for inputs, 0.01 for weights.
    x, state = np.array([[0.52, 20.0]], "float32"), {RANGES: np.array([12.7], "float32")}
    slope, at_input = jax.grad(lambda p, z: layer.apply(p, z, state)[0].sum(), (0, 1))(params, x)
    np.testing.assert_allclose(slope[name], [[0.5], [12.7]], rtol=1e-5)  # the inputs as they are rounded
    np.testing.assert_allclose(at_input, [[1.27, 0.0]], rtol=1e-5)  # nothing through the clipped one


def test_gradients_of_programs_are_those_of_the_network():
    model = pl.Sequential([pl.Conv1D(3, 2, activation="tanh", input_shape=(5, 2)), pl.Flatten(), pl.Dense(2)])
    model.build()
    model.set_weights([RNG.standard_normal(each.shape) for each in model.get_weights()])
    x, program = drawn(model, 3), program_of(model)
    arrays, weights = constants_of(program), weights_of(program)

    def squares(given):
        learned = {value: given[name] for name, value in weights.items()}
        return (computed(program, [x], ProgramRun(learned, 3))[0] ** 2).sum()

    found = jax.grad(squares)({name: arrays[value] for name, value in weights.items()})
    network, state = model.network, model.state
    expected = jax.grad(lambda given: (network.apply(given, x, state)[0] ** 2).sum())(model.params)
    by_size = {leaf.size: np.ravel(leaf) for leaf in jax.tree.leaves(expected)}
    assert {each.size for each in found.values()} >= {2 * 2 * 3, 3, 12 * 2, 2}
    for each in found.values():
        assert_close(np.ravel(each), by_size[each.size])


def test_units_without_weights_are_pruned_first_and_change_nothing():
    model = pl.Sequential([pl.Dense(4, "relu", input_dim=3), pl.Dense(6, "tanh"), pl.Dense(2)])
    model.build()
    weights = [RNG.standard_normal(each.shape) for each in model.get_weights()]
    weights[0][:, [0, 2]], weights[4][[1, 3, 5]] = 0, 0  # no input, no output
    weights[1][[0, 2]] = -1  # relu answers 0
    model.set_weights(weights)
    x, program = drawn(model), program_of(model)
    smaller = without_units(program, 0.5)
    arrays = constants_of(smaller)
    kernels = {arrays[value].shape for name, value in weights_of(smaller).items() if "kernel" in name}
    assert kernels == {(3, 2), (2, 3)} and smaller.numbers < 2 * 3 + 2 * 3 + 3 * 2 + 2 + 3 + 2 + 10
    assert_close(run(smaller, [x])[0], run(program, [x])[0])


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
def test_smaller_programs_are_smaller_in_every_target(model, tmp_path):
    from dataclasses import replace

    from plastica.export.exported import exported
    from plastica.export.targets import TARGETS

    x, whole = drawn(model, 10), exported(model)
    for smaller in (without_units(whole.program, 0.5), factorized(whole.program, rank=1)):
        expected = run(smaller, [x])[0]
        assert smaller.numbers < whole.program.numbers
        for target in ("numpy", "c"):
            path = tmp_path / f"model{TARGETS[target].ending}"
            sizes = [pl.export.write(each, path, target).size for each in (whole, replace(whole, program=smaller))]
            assert sizes[1] < sizes[0]
            program = for_rows(smaller, 1) if target == "c" else smaller
            assert_close(TARGETS[target].writer.opened(path, program)([x])[0], expected)


def test_kernels_of_low_rank_lose_nothing():
    model = pl.Sequential([pl.Dense(10, use_bias=False, input_dim=12)])
    model.build()
    model.set_weights([RNG.standard_normal((12, 2)) @ RNG.standard_normal((2, 10))])
    x, program = drawn(model), program_of(model)
    smaller = factorized(program, energy=0.999999)
    assert smaller.numbers == 2 * (12 + 10)
    assert_close(run(smaller, [x])[0], run(program, [x])[0])
    # Eckart and Young: the squared error of a kernel is the sum of the squared singular values that are left out.
    values = np.linalg.svd(model.get_weights()[0])[1]
    first, second = constants_of(factorized(program, rank=1)).values()
    error = np.sum((first @ second - model.get_weights()[0]) ** 2)
    np.testing.assert_allclose(error, values[1] ** 2, rtol=1e-3)


def lessons(model, program):
    x = drawn(model, 64)
    y = run(program, [x])[0]
    return Lessons([x], y, [x[:32]], y[:32], MeanSquaredError())


def test_fine_tuning_wins_back_what_eight_bits_and_pruning_cost():
    model = pl.Sequential([pl.Dense(24, "relu", input_dim=4), pl.Dense(24, "relu"), pl.Dense(1)])
    model.build()
    program = program_of(model)
    given = lessons(model, program)

    def error(made, int8=False):
        made = quantized(made, given.inputs) if int8 else made
        return float(np.mean((run(made, given.held)[0] - given.held_targets) ** 2))

    how = FineTuning(epochs=30, learning_rate=3e-3, batch_size=16)
    alone, tuned = (pruned_gradually(program, given, each, 0.7, "global") for each in (FineTuning(0), how))
    assert error(tuned) < 0.5 * error(alone)
    for made in (alone, tuned):
        arrays = constants_of(made)
        kernels = [arrays[value] for name, value in weights_of(made).items() if "kernel" in name]
        assert sum((each == 0).sum() for each in kernels) == round(0.7 * sum(each.size for each in kernels))
    tuned = fine_tuned(program, given, FineTuning(epochs=20, learning_rate=3e-4, batch_size=16), int8=True)
    assert error(tuned, int8=True) < error(program, int8=True)


def test_what_cannot_be_made_smaller_is_one_sentence():
    model = pl.Sequential([pl.Dense(1, input_dim=2)])
    model.build()
    program = program_of(model)
    with pytest.raises(InvalidValue, match="no hidden units"):
        without_units(program, 0.5)
    with pytest.raises(InvalidValue, match="no kernel of this model becomes smaller"):
        factorized(program)
    for share in (0, 1, 1.5):
        with pytest.raises(InvalidValue, match="between 0 and 1"):
            without_units(program, share)
    with pytest.raises(InvalidValue, match="above 0, at most 1"):
        factorized(program, energy=0)
    residual = pl.Sequential([pl.Input((3,)), pl.Residual([pl.Dense(3, "relu")]), pl.Dense(1)])
    residual.build()
    with pytest.raises(InvalidValue, match="no hidden units"):
        without_units(program_of(residual), 0.5)
