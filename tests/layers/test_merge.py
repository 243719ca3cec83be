"""Merge layers compared with Keras."""

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, ShapeError

RNG = np.random.default_rng(0)
A, B, C = (RNG.normal(size=(5, 3, 2)).astype(np.float32) for _ in range(3))


def merged(layer, *arrays):
    shapes = tuple(array.shape[1:] for array in arrays)
    params, state = layer.init(RNG, shapes)
    out, _ = layer.apply(params, arrays, state)
    assert out.shape[1:] == tuple(layer.output_shape(shapes))
    return np.asarray(out)


@pytest.mark.parametrize(
    ("layer", "formula"),
    [
        (pl.Add(), lambda *x: sum(x)),
        (pl.Multiply(), lambda *x: x[0] * x[1] * x[2]),
        (pl.Average(), lambda *x: np.mean(x, axis=0)),
        (pl.Maximum(), lambda *x: np.max(x, axis=0)),
        (pl.Minimum(), lambda *x: np.min(x, axis=0)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_elementwise_merges_follow_their_formula(layer, formula):
    np.testing.assert_allclose(merged(layer, A, B, C), formula(A, B, C), rtol=1e-6)


def test_the_difference_is_of_two():
    np.testing.assert_array_equal(merged(pl.Subtract(), A, B), A - B)
    with pytest.raises(ShapeError, match=r"Subtract reads two inputs; got 3"):
        merged(pl.Subtract(), A, B, C)


@pytest.mark.parametrize("axis", [-1, -2, 1, 2])
def test_concatenation_joins_along_an_axis(axis):
    np.testing.assert_array_equal(merged(pl.Concatenate(axis), A, B, C), np.concatenate([A, B, C], axis))


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize(
    "case", [((4,), (4,), 1), ((3, 4), (2, 4), 2), ((4, 3), (4, 2), 1), ((3, 4), (4,), (2, 1))], ids=str
)
def test_the_dot_product_is_einsum_s(case, normalize):
    one, other, axes = case
    x, y = (RNG.normal(size=(5, *shape)).astype(np.float32) for shape in (one, other))
    found = merged(pl.Dot(axes, normalize=normalize), x, y)
    places = axes if isinstance(axes, tuple) else (axes, axes)
    if normalize:
        x, y = (
            each / np.linalg.norm(each, axis=place, keepdims=True) for each, place in zip((x, y), places, strict=True)
        )
    left, right = ["ij"[: x.ndim - 1], "kl"[: y.ndim - 1]]
    left = left.replace(left[places[0] - 1], "z")
    right = right.replace(right[places[1] - 1], "z")
    free = (left + right).replace("z", "")
    expected = np.einsum(f"b{left},b{right}->b{free}", x, y)
    np.testing.assert_allclose(found, expected.reshape(found.shape), rtol=1e-4, atol=1e-5)


def test_sizes_of_one_are_broadcast_and_others_refused():
    np.testing.assert_array_equal(merged(pl.Add(), A, B[:, :1]), A + B[:, :1])
    with pytest.raises(ShapeError, match=r"Add: got inputs of shapes \(3, 2\), \(2, 2\); they must"):
        merged(pl.Add(), A, B[:, :2])
    with pytest.raises(ShapeError, match="may differ along this axis only"):
        merged(pl.Concatenate(), A, B[:, :2])
    with pytest.raises(ShapeError, match="which do not fit there"):
        merged(pl.Dot(1), A, B[:, :2])


def test_the_batch_is_no_axis_to_merge_along():
    for make in (lambda: pl.Concatenate(0), lambda: pl.Dot(0), lambda: pl.Dot((1, 0))):
        with pytest.raises(InvalidValue, match="0"):
            make()


def test_branches_are_named_where_concatenate_is_given_layers():
    with pytest.raises(InvalidValue, match=r"use Branches\(\[\.\.\.\]\)"):
        pl.Concatenate([pl.Dense(2)])


def test_an_input_may_stand_before_the_operator():
    x = pl.Input((4,))
    rows = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    y = pl.Activation("tanh")(x)
    found = pl.Model(x, [x + y, x - y, x * y]).predict(rows)
    for one, other in zip(found, (rows + np.tanh(rows), rows - np.tanh(rows), rows * np.tanh(rows)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    with pytest.raises(InvalidValue, match=r"Add.*was called with int"):
        _ = 1 + y


@pytest.mark.parametrize("name", ["softmax", "sigmoid", "linear"])
def test_a_mixture_is_the_weighted_mean_and_its_potential_the_inverse(name):
    rng = np.random.default_rng(2)
    function = {
        "softmax": lambda z: np.exp(z) / np.exp(z).sum(-1, keepdims=True),
        "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    }
    a, b = (function.get(name, lambda z: z)(rng.normal(size=(5, 3))).astype("float32") for _ in range(2))
    layer = pl.layers.Mixture((0.3, 0.7), name)
    potential, _ = layer.synapse({}, (a, b), {}, pl.layers.INFERENCE)
    np.testing.assert_allclose(layer.activate(potential), 0.3 * a + 0.7 * b, rtol=1e-5, atol=1e-6)
    inverse = {"softmax": np.log, "sigmoid": lambda p: np.log(p / (1 - p))}.get(name, lambda p: p)
    np.testing.assert_allclose(potential, inverse(0.3 * a + 0.7 * b), rtol=1e-4, atol=1e-5)


def test_a_mixture_says_what_it_cannot_mix():
    with pytest.raises(InvalidValue, match="no inverse; expected softmax, sigmoid or linear"):
        pl.layers.Mixture((0.5, 0.5), "relu")
    with pytest.raises(InvalidValue, match="a weight for each input"):
        pl.layers.Mixture(())
    with pytest.raises(ShapeError, match="3 inputs for 2 weights"):
        pl.layers.Mixture((0.5, 0.5)).output_shape(((3,), (3,), (3,)))
    with pytest.raises(InvalidValue, match="the activation 'relu' has no inverse"):
        pl.activations.get("relu").inverse(np.zeros(2, "float32"))
