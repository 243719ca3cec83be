"""Grad-CAM and layer-wise relevance: by hand, by their closed forms, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, UnknownName


@pytest.fixture(scope="module")
def network():
    """A convolution that passes two channels on, their means, and two classes that each read one of them."""
    model = pl.Sequential(
        [pl.Conv2D(2, 1, use_bias=False), pl.GlobalAveragePooling2D(), pl.Dense(2, "softmax", use_bias=False)]
    )
    model.build((4, 4, 2))
    model.set_weights([np.eye(2).reshape(1, 1, 2, 2), np.array([[2.0, 0.0], [0.0, 1.0]])])
    return model


def test_maps_are_those_of_the_equations(network):
    images = np.random.default_rng(0).normal(size=(3, 4, 4, 2)).astype(np.float32)
    found = pl.explain.grad_cam(network, images)
    # z_c = w_c mean of channel c over 16 places: dz_c / dA = w_c / 16 everywhere, and its mean over places too.
    wanted = np.maximum(images * np.array([2.0, 1.0]) / 16, 0)
    np.testing.assert_allclose(found.values, wanted, atol=1e-6)
    assert found.values.shape == (3, 4, 4, 2) and "does not promise that the values add up" in repr(found)
    one = pl.explain.grad_cam(network, images, layer="Conv2D", output=1)
    np.testing.assert_allclose(one.values[..., 0], wanted[..., 1], atol=1e-6)


def test_a_map_is_enlarged_and_drawn_over_the_image(tmp_path):
    model = pl.Sequential([pl.Conv2D(3, 3, strides=2, padding="same"), pl.Flatten(), pl.Dense(2)])
    model.build((8, 8, 1))
    images = np.random.default_rng(1).random((2, 8, 8, 1), np.float32)
    found = pl.explain.grad_cam(model, images)
    assert found.values.shape == (2, 8, 8, 2) and (found.values >= 0).all()
    found.plot(tmp_path / "map.png", row=1)
    assert (tmp_path / "map.png").stat().st_size > 1000


def test_what_has_no_map_is_refused(network):
    with pytest.raises(UnknownName, match="no layer 'Dense' whose activity is an image; there are: 0 Conv2D"):
        pl.explain.grad_cam(network, np.zeros((1, 4, 4, 2)), layer="Dense")
    with pytest.raises(InvalidValue, match="expected a plastica model whose layers follow each other"):
        pl.explain.grad_cam(lambda x: x.sum((1, 2, 3)), np.zeros((1, 4, 4, 2)))
    flat = pl.Sequential([pl.Dense(2)])
    with pytest.raises(InvalidValue, match="expected images"):
        pl.explain.grad_cam(flat, np.zeros((1, 4)))


def test_relevance_of_one_layer_by_hand():
    model = pl.Sequential([pl.Dense(1)])
    model.build((2,))
    model.set_weights([np.array([[2.0], [-1.0]]), np.array([1.0])])
    found = pl.explain.layerwise_relevance(model, [[3.0, 2.0]], epsilon=0)
    # z = 6 - 2 + 1 = 5: each input has its share of z, the bias keeps its own.
    np.testing.assert_allclose(found.values[0, :, 0], [6, -2], rtol=1e-5)
    assert found.gap.item() == pytest.approx(1, abs=1e-5)
    # With e = 0.25 |z|, 5 / 6.25 of it is passed on.
    part = pl.explain.layerwise_relevance(model, [[3.0, 2.0]], epsilon=0.25)
    np.testing.assert_allclose(part.values[0, :, 0], [4.8, -1.6], rtol=1e-5)


def test_relevance_of_relu_units_without_biases_is_gradient_times_input():
    # Ancona et al. (2018), Towards better understanding of gradient-based attribution methods, proposition 1.
    layers = [pl.Conv2D(3, 3, activation="relu", use_bias=False), pl.MaxPooling2D(2), pl.Flatten()]
    model = pl.Sequential([*layers, pl.Dense(2, use_bias=False)], seed=1)
    model.build((6, 6, 1))
    images = np.random.default_rng(0).normal(size=(2, 6, 6, 1)).astype(np.float32)
    found = pl.explain.layerwise_relevance(model, images, epsilon=0)
    np.testing.assert_allclose(found.values, pl.explain.gradient_times_input(model, images).values, atol=1e-4)
    np.testing.assert_allclose(found.gap, 0, atol=1e-4)
    with pytest.raises(InvalidValue, match="share of at least 0"):
        pl.explain.layerwise_relevance(model, images, epsilon=-1)
    with pytest.raises(InvalidValue, match="whose layers follow each other"):
        pl.explain.layerwise_relevance(lambda x: x.sum((1, 2, 3)), images)


def test_maps_of_images_with_colours_are_judged_by_pixel():
    model = pl.Sequential([pl.Conv2D(2, 3, activation="relu"), pl.Flatten(), pl.Dense(2)], seed=0)
    model.build((5, 5, 3))
    images = np.random.default_rng(0).normal(size=(2, 5, 5, 3)).astype(np.float32)
    judged = pl.explain.grad_cam(model, images).judge()
    assert judged.rows == 2 and judged.randomisation is not None
