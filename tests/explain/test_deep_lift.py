"""DeepLIFT and DeepSHAP: captum's values, closed forms, completeness, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from tests.explain.oracle_networks import BACKGROUND, IMAGE, ROW, convolution, dense

import plastica as pl
from plastica.errors import InvalidValue, ShapeError

# Printed by ``python -m tests.explain.oracle_networks`` with captum 0.9.0.
LIFTED = [[-0.00493, 0.12364, -0.15735, 0.01069], [0.05481, -0.26832, 0.07682, -0.03988]]
AVERAGED = [[0.00273, 0.06897, -0.10464, 0.00558], [0.06511, 0.03912, -0.02053, -0.02809]]
CONVOLVED = [
    [-0.9181, 0.91737, 0.61527, -0.74361],
    [0.28787, 0.243, -1.34994, 0.57723],
    [-0.15967, 1.9159, -1.81281, -0.00455],
    [-0.16327, 0.38569, 0.00058, -0.02411],
]


def test_dense_layers_give_what_captum_gives():
    found = pl.explain.deep_lift(dense(), ROW, baseline=BACKGROUND[1])
    np.testing.assert_allclose(found.values[0].T, LIFTED, atol=1e-5)
    np.testing.assert_allclose(found.gap, 0, atol=1e-6)
    own = pl.explain.deep_lift(dense(), np.repeat(ROW, 3, 0), baseline=BACKGROUND)  # a reference for each row
    np.testing.assert_allclose(own.values[1].T, LIFTED, atol=1e-5)
    averaged = pl.explain.deep_shap(dense(), ROW, BACKGROUND)
    np.testing.assert_allclose(averaged.values[0].T, AVERAGED, atol=1e-5)
    np.testing.assert_allclose(own.values.mean(0), averaged.values[0], atol=1e-6)
    assert "Complete" in repr(averaged)


def test_convolutions_give_what_captum_gives():
    found = pl.explain.deep_lift(convolution(), IMAGE)
    np.testing.assert_allclose(found.values[0, :, :, 0, 0], CONVOLVED, atol=1e-5)
    np.testing.assert_allclose(found.gap, 0, atol=1e-5)


@pytest.mark.parametrize("rule", ["rescale", "reveal-cancel"])
def test_a_linear_network_has_its_closed_form(rule):
    model = pl.Sequential([pl.Dense(3), pl.Dense(2)], seed=0)
    model.build((4,))
    first, _, second, _ = model.get_weights()
    found = pl.explain.deep_lift(model, ROW, baseline=BACKGROUND[1], rule=rule)
    np.testing.assert_allclose(found.values[0], (first @ second) * (ROW - BACKGROUND[1]).T, atol=1e-5)
    grouped = pl.explain.deep_shap(model, ROW, BACKGROUND, groups={"both": [0, 2]}, output=1)
    each = (first @ second)[:, 1] * (ROW[0] - BACKGROUND.mean(0))
    np.testing.assert_allclose(grouped.values[0, :, 0], [each[0] + each[2], each[1], each[3]], atol=1e-5)


def test_saturated_units_keep_their_inputs():
    # relu(1 - x) is flat at x = 2, where its gradient is 0; between 0 and 2 it falls by 1.
    model = pl.Sequential([pl.Dense(1, "relu"), pl.Dense(1)])
    model.build((1,))
    model.set_weights([[[-1.0]], [1.0], [[1.0]], [0.0]])
    assert pl.explain.gradient_times_input(model, [[2.0]]).values.item() == 0
    assert pl.explain.deep_lift(model, [[2.0]]).values.item() == pytest.approx(-1)


def test_reveal_cancel_shares_a_minimum_and_rescale_does_not():
    # min(a, b) = a - relu(a - b): figure 2 of the paper, with half of the minimum for each.
    model = pl.Sequential([pl.Dense(2, "relu"), pl.Dense(1)])
    model.build((2,))
    model.set_weights([[[1.0, 1.0], [0.0, -1.0]], [0.0, 0.0], [[1.0], [-1.0]], [0.0]])
    revealed = pl.explain.deep_lift(model, [[3.0, 2.0]], rule="reveal-cancel")
    np.testing.assert_allclose(revealed.values.ravel(), [1, 1], atol=1e-5)
    np.testing.assert_allclose(pl.explain.deep_lift(model, [[3.0, 2.0]]).values.ravel(), [0, 2], atol=1e-5)


def test_reveal_cancel_adds_up_through_several_layers_and_a_link():
    found = pl.explain.deep_lift(dense(), ROW, baseline=BACKGROUND[1], rule="reveal-cancel", link="logit")
    np.testing.assert_allclose(found.gap, 0, atol=1e-5)
    image = pl.explain.deep_lift(convolution(), IMAGE, rule="reveal-cancel")
    np.testing.assert_allclose(image.gap, 0, atol=1e-5)


def test_layers_that_are_no_products_are_crossed_by_the_mean_derivative():
    model = pl.Sequential([pl.Dense(4, "tanh"), pl.BatchNormalization(), pl.Dense(3, "softmax")], seed=1)
    model.build((4,))
    found = pl.explain.deep_lift(model, ROW, baseline=BACKGROUND[1])
    np.testing.assert_allclose(found.gap, 0, atol=1e-6)


def test_what_is_refused():
    pooled = pl.Sequential([pl.Conv2D(1, 2), pl.MaxPooling2D(), pl.Flatten(), pl.Dense(1)])
    pooled.build((4, 4, 1))
    with pytest.raises(InvalidValue, match="layer 1 MaxPooling2D is not"):
        pl.explain.deep_lift(pooled, IMAGE, rule="reveal-cancel")
    with pytest.raises(InvalidValue, match='expected "rescale" or "reveal-cancel"'):
        pl.explain.deep_lift(dense(), ROW, rule="linear")
    with pytest.raises(InvalidValue, match="whose layers follow each other"):
        pl.explain.deep_lift(lambda x: x[:, 0], ROW)
    with pytest.raises(ShapeError, match="baseline has shape"):
        pl.explain.deep_lift(dense(), ROW, baseline=[0.0, 1.0])


def test_judging_finds_deep_shap_depends_on_the_network():
    random = np.random.default_rng(0)
    rows = random.normal(size=(20, 4)).astype(np.float32)
    judged = pl.explain.deep_shap(dense(), rows[:3], rows).judge()
    assert judged.gap < 1e-4 and judged.randomisation is not None


def test_methods_that_look_at_layers_are_judged_too():
    judged = pl.explain.layerwise_relevance(dense(), np.repeat(ROW, 2, 0) + BACKGROUND[:2]).judge()
    assert judged.randomisation is not None and judged.rows == 2


def test_rows_that_are_their_own_background_are_not_billions_of_deviations_better():
    found = pl.explain.deep_shap(dense(), BACKGROUND, BACKGROUND).judge()
    assert abs(found.fidelity) <= 1000
