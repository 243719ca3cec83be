"""Restricted Boltzmann machines compared with sums over all states in NumPy."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import plastica as pl
from plastica import random
from plastica.errors import DataError, InvalidValue, ShapeError

FEATURES, UNITS = 4, 3
RNG = np.random.default_rng(0)
PARAMS = {
    "kernel": RNG.normal(size=(FEATURES, UNITS)).astype("float32"),
    "bias": RNG.normal(size=UNITS).astype("float32"),
    "visible_bias": RNG.normal(size=FEATURES).astype("float32"),
}
V = np.array(list(product((0, 1), repeat=FEATURES)), np.float64)
H = np.array(list(product((0, 1), repeat=UNITS)), np.float64)
BINARY, GAUSSIAN = pl.RestrictedBoltzmann(UNITS), pl.RestrictedBoltzmann(UNITS, visible="gaussian")
# log of exp(-E(v, h)) for all pairs of states, (16, 8)
JOINT = V @ PARAMS["kernel"] @ H.T + H @ PARAMS["bias"] + (V @ PARAMS["visible_bias"])[:, None]
P = np.exp(JOINT) / np.exp(JOINT).sum()


def model_of(layer, params=PARAMS):
    model = pl.Sequential([layer])
    model.build((None, len(params["visible_bias"])))
    model.set_weights([params[name] for name in model.params[0]])
    return model


def test_hidden_units_given_visible_ones_are_what_the_sum_over_states_says():
    expected = (P / P.sum(1, keepdims=True)) @ H
    np.testing.assert_allclose(BINARY.hidden_given(PARAMS, np.float32(V)), expected, rtol=1e-5)
    np.testing.assert_allclose(BINARY.apply(PARAMS, np.float32(V))[0], expected, rtol=1e-5)


def test_visible_units_given_hidden_ones_are_what_the_sum_over_states_says():
    expected = (P / P.sum(0)).T @ V
    np.testing.assert_allclose(BINARY.visible_given(PARAMS, np.float32(H)), expected, rtol=1e-5)


def test_the_free_energy_is_minus_the_log_of_the_sum_over_hidden_states():
    np.testing.assert_allclose(BINARY.free_energy(PARAMS, np.float32(V)), -np.log(np.exp(JOINT).sum(1)), rtol=1e-5)


def test_gaussian_visible_units_have_the_energy_of_the_guide():
    v = np.random.default_rng(1).normal(size=(5, FEATURES)).astype("float32")
    apart = ((v - PARAMS["visible_bias"]) ** 2).sum(1) / 2
    joint = v @ PARAMS["kernel"] @ H.T + H @ PARAMS["bias"] - apart[:, None]
    np.testing.assert_allclose(GAUSSIAN.free_energy(PARAMS, v), -np.log(np.exp(joint).sum(1)), rtol=1e-5)
    mean = GAUSSIAN.visible_given(PARAMS, np.float32(H))
    np.testing.assert_allclose(mean, H @ PARAMS["kernel"].T + PARAMS["visible_bias"], rtol=1e-5, atol=1e-6)
    drawn = np.asarray(GAUSSIAN.draw_visible(np.zeros((4000, 2), np.float32), random.seed_key(0)))
    np.testing.assert_allclose([drawn.mean(), drawn.std()], [0, 1], atol=0.05)


def test_the_exact_likelihood_is_the_sum_over_all_states_from_either_side():
    expected = np.log(P.sum(1))
    np.testing.assert_allclose(pl.boltzmann.log_likelihood(model_of(BINARY), V), expected, rtol=1e-4)
    # More hidden units than inputs: the sum goes over the inputs.
    flipped = {"kernel": PARAMS["kernel"].T, "bias": PARAMS["visible_bias"], "visible_bias": PARAMS["bias"]}
    other = model_of(pl.RestrictedBoltzmann(FEATURES), flipped)
    np.testing.assert_allclose(pl.boltzmann.log_likelihood(other, H), np.log(P.sum(0)), rtol=1e-4)


def test_sums_over_more_states_than_go_at_once_are_whole():
    kernel = np.random.default_rng(2).normal(size=(13, 12)).astype("float32")
    params = {"kernel": kernel, "bias": np.zeros(12, "float32"), "visible_bias": np.zeros(13, "float32")}
    states = np.array(list(product((0, 1), repeat=12)), np.float64)
    expected = np.logaddexp.reduce(np.logaddexp(0, states @ kernel.T).sum(1))
    found = pl.boltzmann.log_partition_of(model_of(pl.RestrictedBoltzmann(12), params))
    assert found == pytest.approx(expected, rel=1e-5)


def test_a_gaussian_machine_s_density_integrates_to_one():
    params = {"kernel": PARAMS["kernel"][:1], "bias": PARAMS["bias"], "visible_bias": PARAMS["visible_bias"][:1]}
    grid = np.linspace(-12, 12, 2401, dtype="float32")[:, None]
    found = pl.boltzmann.log_likelihood(model_of(GAUSSIAN, params), grid)
    assert np.exp(found).sum() * 0.01 == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("layer", [BINARY, GAUSSIAN], ids=["binary", "gaussian"])
def test_annealed_importance_sampling_finds_the_exact_sum(layer):
    model = model_of(layer)
    exact, found = (
        pl.boltzmann.log_partition_of(model),
        pl.boltzmann.annealed_importance_sampling(model, V if layer is BINARY else None, chains=200, steps=500),
    )
    assert found.low < exact < found.high
    assert found.value == pytest.approx(exact, abs=0.05)


def test_samples_are_as_frequent_as_the_sum_over_states_says():
    n = 4000
    drawn = pl.boltzmann.sample(model_of(BINARY), n, steps=60)
    counts = np.bincount((drawn @ (2 ** np.arange(FEATURES)[::-1])).astype(int), minlength=16)
    expected = n * P.sum(1)
    chi_square = ((counts - expected) ** 2 / expected).sum()
    assert chi_square < 37.7  # 15 degrees of freedom: one in a thousand is more


def test_a_stack_is_sampled_from_its_last_machine_down_and_reconstructed_up_and_down():
    top = {
        "kernel": 3 * np.eye(UNITS, 2, dtype="float32"),
        "bias": np.float32([0.3, -1]),
        "visible_bias": PARAMS["bias"] / 2,
    }
    model = pl.Sequential([pl.Flatten(), BINARY, pl.RestrictedBoltzmann(2), pl.Dense(2)])
    model.build((None, 2, 2))
    weights = [layer[name] for layer, made in zip((PARAMS, top), model.params[1:3], strict=True) for name in made]
    model.set_weights([*weights, *model.get_weights()[-2:]])
    G = np.array(list(product((0, 1), repeat=2)), np.float64)
    above = np.exp(H @ top["kernel"] @ G.T + G @ top["bias"] + (H @ top["visible_bias"])[:, None]).sum(1)
    expected = (above / above.sum()) @ ((P / P.sum(0)).T @ V)
    found = pl.boltzmann.sample(model, 4000, steps=60).mean(0)
    np.testing.assert_allclose(found, expected, atol=4 * 0.5 / np.sqrt(4000))
    up = BINARY.hidden_given(PARAMS, np.float32(V))
    middle = 1 / (1 + np.exp(-(model.layers[2].hidden_given(top, up) @ top["kernel"].T + top["visible_bias"])))
    found = pl.boltzmann.reconstruct(model, V.reshape(-1, 2, 2))
    np.testing.assert_allclose(found, BINARY.visible_given(PARAMS, middle), rtol=1e-5)


def test_data_that_are_no_probabilities_are_refused_before_a_run():
    for layers in ([BINARY], [pl.Flatten(), BINARY]):
        with pytest.raises(DataError, match=r"inputs from -1 to 2; its binary visible units need probabilities"):
            pl.Sequential(layers).predict([[0.0, -1.0, 2.0]])
    assert pl.Sequential([GAUSSIAN]).predict([[0.0, -1.0, 2.0]]).shape == (1, UNITS)


def test_what_a_machine_cannot_be_is_refused():
    with pytest.raises(InvalidValue, match="units must be a whole number, 1 or more"):
        pl.RestrictedBoltzmann(0)
    with pytest.raises(InvalidValue, match='expected "binary" or "gaussian"'):
        pl.RestrictedBoltzmann(2, visible="softmax")
    with pytest.raises(ShapeError, match=r"Put Flatten\(\) before it"):
        BINARY.output_shape((2, 2))


def test_questions_that_have_no_answer_are_refused():
    ask = pl.boltzmann
    with pytest.raises(InvalidValue, match="has no RestrictedBoltzmann layer"):
        ask.sample(pl.Sequential([pl.Dense(2, input_dim=3)]), 1)
    with pytest.raises(InvalidValue, match="comes before a RestrictedBoltzmann layer"):
        ask.log_partition_of(pl.Sequential([pl.Dense(2, input_dim=3), BINARY]))
    with pytest.raises(InvalidValue, match=r"2\*\*21 states; at most 2\*\*20 are summed"):
        ask.log_partition_of(pl.Sequential([pl.RestrictedBoltzmann(21, input_dim=21)]))
    with pytest.raises(InvalidValue, match="at least 2 chains, 1 step"):
        ask.annealed_importance_sampling(model_of(BINARY), chains=1)
    with pytest.raises(pl.errors.NotFitted, match="input shape of this network is not known"):
        ask.log_partition_of(pl.Sequential([BINARY]))
