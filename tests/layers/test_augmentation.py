"""Random augmentation and resizing of images, compared with NumPy and Keras."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

import plastica as pl
from plastica import random
from plastica.errors import InvalidValue, ShapeError
from plastica.layers import Context
from plastica.layers.augmentation import rotation, shift, zoom
from plastica.layers.kernels.resampling import FILL_MODES, affine
from plastica.layers.light import brightened, contrasted

rng = np.random.default_rng(0)
X = rng.normal(size=(5, 6, 8, 3)).astype(np.float32)
SQUARE = rng.normal(size=(3, 7, 7, 2)).astype(np.float32)
K = keras.layers
TRAINING = Context(training=True, key=random.seed_key(1))


def moved(x, matrix, fill_mode="constant", interpolation="bilinear", fill_value=0.0):
    return np.asarray(jax.jit(affine, static_argnums=(2, 3))(x, matrix, interpolation, fill_mode, fill_value))


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
def test_a_quarter_turn_is_that_of_numpy(quarters, interpolation):
    angle = jnp.full(3, quarters * np.pi / 2)
    turned = moved(SQUARE, rotation(angle, 7, 7), "nearest", interpolation)
    np.testing.assert_allclose(turned, np.rot90(SQUARE, quarters, axes=(1, 2)), atol=1e-5)


def test_a_shift_by_whole_pixels_is_a_roll_and_fills_in():
    matrix = shift(jnp.full(5, 2.0), jnp.full(5, -3.0))
    np.testing.assert_allclose(moved(X, matrix, "wrap"), np.roll(X, (2, -3), axis=(1, 2)), atol=1e-6)
    filled = moved(X, matrix, "constant", fill_value=7.0)
    np.testing.assert_allclose(filled[:, 2:, :5], X[:, :4, 3:], atol=1e-6)
    assert (filled[:, :2] == 7).all() and (filled[:, :, 5:] == 7).all()
    reflected = moved(X, shift(jnp.full(5, 2.0), jnp.zeros(5)), "reflect")
    np.testing.assert_allclose(reflected[:, :2], X[:, 1::-1], atol=1e-6)


def test_a_zoom_by_two_keeps_every_other_pixel():
    pixels = np.arange(49, dtype=np.float32).reshape(1, 7, 7, 1)
    small = moved(pixels, zoom(jnp.full(1, 2.0), jnp.full(1, 2.0), 7, 7), fill_value=-1.0)
    np.testing.assert_allclose(small[0, 2:5, 2:5, 0], pixels[0, 1::2, 1::2, 0])
    assert (small[0, 0] == -1).all()


@pytest.mark.parametrize("fill_mode", FILL_MODES)
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
def test_moved_pictures_are_keras(fill_mode, interpolation):
    options = {"fill_mode": fill_mode, "interpolation": interpolation, "fill_value": 0.5}
    theirs = K.RandomRotation(0.4, **options)
    change = theirs.get_random_transformation(X, training=True, seed=3)
    wanted = theirs.transform_images(X, change)
    ours = moved(X, rotation(np.pi / 180 * change["angle"], 6, 8), fill_mode, interpolation, 0.5)
    np.testing.assert_allclose(ours, wanted, atol=2e-4)
    theirs = K.RandomZoom((-0.5, 0.9), (-0.3, 0.3), **options)
    change = theirs.get_random_transformation(X, training=True, seed=3)
    ours = moved(X, zoom(change["height_zoom"][:, 0], change["width_zoom"][:, 0], 6, 8), fill_mode, interpolation, 0.5)
    np.testing.assert_allclose(ours, theirs.transform_images(X, change), atol=2e-4)
    theirs = K.RandomTranslation(0.9, 0.7, **options)
    change = theirs.get_random_transformation(X, training=True, seed=3)
    across, down = change["translations"].T
    ours = moved(X, shift(down, across), fill_mode, interpolation, 0.5)
    np.testing.assert_allclose(ours, theirs.transform_images(X, change), atol=2e-4)


def test_light_is_keras():
    images, bounds = 255 * rng.uniform(size=X.shape).astype(np.float32), (0.0, 255.0)
    theirs = K.RandomContrast(0.8)
    change = theirs.get_random_transformation(images, training=True, seed=2)
    wanted = theirs.transform_images(images, change)
    ours = contrasted(images, change["contrast_factor"].reshape(-1), bounds)
    np.testing.assert_allclose(ours, wanted, rtol=1e-5, atol=1e-4)
    theirs = K.RandomBrightness(0.5)
    change = theirs.get_random_transformation(images, training=True, seed=2)
    wanted = theirs.transform_images(images, change)
    np.testing.assert_allclose(brightened(images, change["rgb_delta"].reshape(-1), bounds), wanted, rtol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        *({"interpolation": method} for method in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")),
        {"crop_to_aspect_ratio": True},
        {"pad_to_aspect_ratio": True, "fill_value": 2.0},
        {"antialias": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("size", [(3, 5), (9, 9)])
def test_sizes_are_keras(options, size):
    ours = pl.Resizing(*size, **options).apply({}, X)[0]
    np.testing.assert_allclose(ours, K.Resizing(*size, **options)(X), atol=1e-5)


@pytest.mark.parametrize("size", [(3, 4), (4, 3), (9, 9), (4, 20)])
def test_a_crop_of_the_middle_is_keras(size):
    np.testing.assert_allclose(pl.CenterCrop(*size).apply({}, X)[0], K.CenterCrop(*size)(X), atol=1e-5)


def test_a_random_crop_is_a_part_of_each_picture():
    parts = np.asarray(pl.RandomCrop(4, 5).apply({}, X, {}, TRAINING)[0])
    places = set()
    for part, picture in zip(parts, X, strict=True):
        found = [
            (y, x) for y in range(3) for x in range(4) if np.array_equal(part, picture[y : y + 4, x : x + 5])
        ]  # fmt: skip
        assert len(found) == 1
        places.update(found)
    assert len(places) > 1
    np.testing.assert_array_equal(pl.RandomCrop(6, 6).apply({}, X)[0], X[:, :, 1:7])  # in prediction, the middle


def test_flips_are_drawn_for_each_row_and_direction():
    many = np.repeat(X[:1], 400, axis=0)
    found = np.asarray(pl.RandomFlip().apply({}, many, {}, TRAINING)[0])
    kinds = [many[0], many[0][:, ::-1], many[0][::-1], many[0][::-1, ::-1]]
    shares = [np.mean((found == kind).all(axis=(1, 2, 3))) for kind in kinds]
    assert sum(shares) == 1.0
    np.testing.assert_allclose(shares, 0.25, atol=0.08)
    level = np.asarray(pl.RandomFlip("horizontal").apply({}, many, {}, TRAINING)[0])
    assert {np.array_equal(one, kinds[0]) or np.array_equal(one, kinds[1]) for one in level} == {True}


LAYERS = [
    pl.RandomFlip(), pl.RandomRotation(0.1), pl.RandomZoom(0.2), pl.RandomTranslation(0.1, 0.1), pl.RandomCrop(5, 5),
    pl.RandomBrightness(0.1, (-5, 5)), pl.RandomContrast(0.3, (-5, 5)),
]  # fmt: skip


@pytest.mark.parametrize("layer", LAYERS, ids=repr)
def test_changes_are_of_training_alone_and_follow_the_key(layer):
    once, again = (np.asarray(layer.apply({}, X, {}, TRAINING)[0]) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    other = layer.apply({}, X, {}, TRAINING._replace(key=random.seed_key(2)))[0]
    assert not np.array_equal(once, other)
    if not isinstance(layer, pl.RandomCrop):
        np.testing.assert_array_equal(layer.apply({}, X)[0], X)
    # The augmentation of a row does not depend on later rows.
    fewer = layer.apply({}, np.concatenate([X[:3], 0 * X[3:]]), {}, TRAINING)[0]
    np.testing.assert_array_equal(fewer[:3], once[:3])


def test_a_seed_distinguishes_equal_layers_and_factors_are_traced():
    traces = []

    @jax.jit
    def run(layer):
        traces.append(layer)
        return layer.apply({}, X, {}, TRAINING)[0]

    found = [np.asarray(run(pl.RandomRotation(factor, seed=seed))) for factor, seed in [(0.1, 1), (0.2, 1), (0.1, 2)]]
    assert not np.array_equal(found[0], found[1]) and not np.array_equal(found[0], found[2])
    assert len(traces) == 2


def test_training_on_changed_pictures_runs_from_a_checkpoint_as_straight_through(tmp_path):
    x, y = rng.integers(0, 255, (40, 6, 6, 1)).astype(np.uint8), rng.integers(0, 2, 40)

    def trained(epochs, **options):
        layers = [pl.Rescaling(1 / 255), pl.RandomFlip(), pl.RandomRotation(0.1), pl.Flatten(), pl.Dense(2, "softmax")]
        model = pl.Sequential(layers)
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(x, y, epochs=epochs, batch_size=16, verbose=0, **options)
        return model

    whole = trained(4)
    trained(2, checkpoint=tmp_path, checkpoint_seconds=0)
    resumed = trained(4, checkpoint=tmp_path, resume=True)
    for ours, theirs in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: pl.RandomFlip("sideways"), "mode='sideways'; expected \"horizontal\""),
        (
            lambda: pl.RandomRotation(1.5),
            "factor=1.5; expected a number, or a smallest and a largest one, from -1 to 1",
        ),
        (lambda: pl.RandomZoom((0.3, -0.3)), "expected a number, or a smallest and a largest one"),
        (
            lambda: pl.RandomTranslation(0.1, 0.1, fill_mode="mirror"),
            "expected one of reflect, wrap, constant, nearest",
        ),
        (lambda: pl.RandomZoom(0.1, interpolation="cubic"), "expected one of bilinear, nearest"),
        (lambda: pl.RandomContrast(-0.1), "expected numbers from 0 to 1"),
        (lambda: pl.RandomBrightness(0.1, (1, 0)), "expected the smallest and the largest value"),
        (lambda: pl.Resizing(0, 3), "height=0; expected a whole number of at least 1"),
        (lambda: pl.Resizing(3, 3, "cubic"), "expected one of bilinear, nearest, bicubic"),
        (lambda: pl.Resizing(3, 3, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True), "exclude each other"),
    ],
)
def test_what_a_layer_cannot_do_is_said(make, told):
    with pytest.raises(InvalidValue, match=told):
        make()


@pytest.mark.parametrize("layer", [pl.RandomFlip(), pl.Resizing(3, 3)], ids=repr)
def test_inputs_that_are_no_pictures_are_refused(layer):
    with pytest.raises(ShapeError, match=r"expected pictures, \(height, width, channels\)"):
        layer.output_shape((28, 28))


def test_lists_are_taken_as_keras_takes_them():
    assert pl.RandomRotation([-0.1, 0.2]) == pl.RandomRotation((-0.1, 0.2))
    assert pl.RandomBrightness(0.1, value_range=[0, 1]) == pl.RandomBrightness(0.1, (0.0, 1.0))


def test_layers_called_with_arrays_compute():
    zoom_in = pl.RandomZoom((-0.3, -0.1))
    once, again = zoom_in(X), zoom_in(X)
    assert once.shape == X.shape and not np.array_equal(once, again) and not np.array_equal(once, X)
    np.testing.assert_array_equal(pl.RandomZoom((-0.3, -0.1))(X), once)  # a new layer begins anew
    np.testing.assert_array_equal(zoom_in(X, training=False), X)
    assert zoom_in == pl.RandomZoom((-0.3, -0.1))
    assert pl.RandomCrop(3, 3)(X).shape == (5, 3, 3, 3)
    np.testing.assert_array_equal(pl.Rescaling(2.0)(X), 2 * X)
    np.testing.assert_allclose(pl.Resizing(3, 3)(X), K.Resizing(3, 3)(X), atol=1e-5)
    with pytest.raises(ShapeError, match="expected pictures"):
        pl.RandomFlip()(X[0])
    with pytest.raises(InvalidValue, match="was called with 2 inputs; it reads one"):
        pl.Rescaling(2.0)(X, X)
