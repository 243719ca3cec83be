"""Findings of spiking networks: silent neurons, exploding rates, vanishing surrogates; silence on the healthy twin."""

from __future__ import annotations

import math
import warnings

import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.checks.findings import Finding, noted
from plastica.doctor.looks import LayerLook, StepLook
from plastica.doctor.remedies import remedies_for
from plastica.doctor.signal import signal_findings
from plastica.errors import PlasticaWarning
from plastica.layers.spiking.firing import EXPLODING, spikes_per_step

RNG = np.random.default_rng(0)
X = (RNG.random((128, 20, 6)) < 0.3).astype(np.float32)
Y = (X[:, :, :3].sum((1, 2)) > X[:, :, 3:].sum((1, 2))).astype(np.int32)
OF_SPIKES = {"silent_neurons", "exploding_rates", "vanishing_surrogate"}
OF_OTHERS = {"dead_units", "saturated_units", "vanishing_gradients", "exploding_gradients"}


def spiking(*neurons):
    layers = [layer for neuron in neurons for layer in (pl.Dense(16), neuron)]
    model = pl.Sequential([pl.Input((20, 6)), *layers, pl.Dense(2), pl.LeakyReadout(10.0), pl.MembraneMean()], seed=1)
    model.compile(pl.optimizers.Adam(0.01), pl.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


@pytest.fixture(scope="module")
def model():
    """A healthy small network; its architecture is compiled once for all tests."""
    return spiking(pl.LIF(10.0))


@pytest.fixture
def scaled(model):
    """Return a function that gives the diagnosis with weights before the neurons of so many times the size."""
    start = model.get_weights()

    def diagnosis(factor):
        model.set_weights([factor * start[0], *start[1:]])
        return model.diagnose(X, Y, retrain=False)

    yield diagnosis
    model.set_weights(start)


def test_a_healthy_spiking_network_has_no_findings_and_spikes_are_its_activation(scaled):
    found = scaled(1.0)
    assert found.is_healthy, found
    said = str(found.choices[0])
    assert "neurons spike" in said and "relu" not in said


def test_weights_100_times_too_small_leave_all_neurons_silent(scaled):
    found = scaled(0.01)
    silent = found["silent_neurons"]
    assert (silent.where, silent.value, silent.severity, silent.certainty) == (
        "layer 2, LIF",
        1.0,
        "serious",
        "certain",
    )
    assert "do not spike at all in 64 rows" in silent.message and "threshold=0.5" in silent.remedy
    assert OF_OTHERS.isdisjoint(found.codes) and "exploding_rates" not in found.codes


def test_weights_100_times_too_large_make_rates_explode(scaled, model):
    found = scaled(100.0)
    exploding = found["exploding_rates"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PlasticaWarning)  # at this scale half of the units explode, or a little more
        (rates,) = pl.spikes.firing_rates(model, X)
    # The share is that of the rates of the layer, in spikes per second of steps of 1 ms.
    assert exploding.value == pytest.approx((rates.rates / 1000 > EXPLODING).mean(), abs=0.07) and exploding.value > 0.3
    assert exploding.where == "layer 2, LIF" and "refractory" in exploding.source
    assert OF_OTHERS.isdisjoint(found.codes) and "silent_neurons" not in found.codes


def test_the_share_of_silent_neurons_is_that_of_the_neurons_without_inputs(model):
    start = model.get_weights()
    kernel = np.full((6, 16), 0.5)
    kernel[:, :12] = 0
    model.set_weights([kernel, np.zeros(16), *start[2:]])
    silent = model.diagnose(X, Y, retrain=False)["silent_neurons"]
    assert silent.value == 12 / 16 and silent.severity == "warning"
    kernel[:, 4:12] = 0.5
    model.set_weights([kernel, np.zeros(16), *start[2:]])
    assert "silent_neurons" not in model.diagnose(X, Y, retrain=False).codes
    model.set_weights(start)


def test_training_is_watched_for_silent_neurons():
    silent = pl.Sequential([pl.Input((20, 6)), pl.Dense(16), pl.LIF(10.0, threshold=1e6), pl.SpikeCount(), pl.Dense(2)])
    silent.compile("sgd", pl.losses.SparseCategoricalCrossentropy(from_logits=True))
    found = silent.fit(X, Y, epochs=3, doctor=True, verbose=0).findings
    assert [(each.code, each.where) for each in found if each.code in OF_SPIKES] == [("silent_neurons", "layer 2, LIF")]


def look(*layers):
    return StepLook(50, 64, 1.0, 1.0, (), layers)


def dense(place, error):
    return LayerLook(f"layer {place}, Dense", "linear", True, 1.0, 1.0, 0.0, math.nan, error, 1.0, 1.0, 0.01)


def neurons(silent=0.1, exploding=0.0):
    return LayerLook(
        "layer 1, LIF", "", False, 0.2, 0.1, math.nan, math.nan, 0.1, math.nan, math.nan, math.nan, silent, exploding
    )


def test_what_vanishes_behind_spikes_is_the_surrogate_unless_the_neurons_are_silent_or_explode():
    def codes(middle, error=1e-5):
        return [each.code for each in signal_findings(look(dense(0, error), middle, dense(2, 1.0)))]

    assert codes(neurons()) == ["vanishing_surrogate"] and codes(neurons(), 0.01) == []
    assert codes(neurons(silent=1.0)) == ["silent_neurons"] and codes(neurons(silent=0.69)) == ["vanishing_surrogate"]
    assert codes(neurons(exploding=0.3)) == ["exploding_rates"]
    assert codes(dense(1, 0.1)) == ["vanishing_gradients"]
    at_the_end = look(dense(0, 1e-5), dense(1, 0.1), dense(2, 1.0), neurons())
    assert [each.code for each in signal_findings(at_the_end)] == ["vanishing_gradients"]
    (found,) = signal_findings(look(neurons(silent=1.0)))
    assert "一次也不发放" in noted(found).spoken("zh")
    older = Finding("silent_neurons", "serious", "As an older version says it.", {"where": "layer 1", "share": "90 %"})
    assert noted(older).spoken("zh") == "As an older version says it."
    few = [StepLook(0, 31, 1.0, 1.0, (), (each,)) for each in (neurons(silent=0.9), neurons(exploding=0.6))]
    assert [signal_findings(each) for each in few] == [[], []], "single neurons may be silent by chance"


@pytest.mark.parametrize(
    ("scale", "code", "words"),
    [
        (0.0, "silent_neurons", "in 16 rows (more than 95.0 %); the mean rate of the layer is 0 spikes a second."),
        (1e3, "exploding_rates", "the mean rate of the layer is 1000 spikes a second."),
    ],
)
def test_a_layer_that_is_silent_or_explodes_as_a_whole_is_told_with_its_rate_on_few_rows(scale, code, words):
    model = spiking(pl.LIF(10.0))
    weights = model.get_weights()
    model.set_weights([np.full_like(weights[0], scale), *weights[1:]])
    found = model.diagnose(np.ones((16, 20, 6), "float32"), Y[:16], retrain=False)
    assert words in found[code].message and found[code].where == "layer 2, LIF"


def test_spikes_are_counted_for_each_neuron_on_rows_that_are_no_padding():
    spikes = jnp.zeros((3, 4, 2)).at[0, :, 0].set(1.0).at[1, :1, 0].set(1.0).at[2, :, 1].set(1.0)
    np.testing.assert_allclose(
        np.asarray(spikes_per_step(pl.LIF(), spikes, jnp.array([True, True, False]))), [5 / 8, 0.0]
    )
    np.testing.assert_allclose(np.asarray(spikes_per_step(pl.Spiking(2), spikes)), [5 / 12, 4 / 12])
    assert spikes_per_step(pl.LeakyReadout(), spikes) is None and spikes_per_step(pl.Spiking(2), spikes[:, 0]) is None


def test_remedies_of_spiking_networks_change_neurons_and_not_activations():
    model = spiking(pl.LIF(10.0), pl.Refractory(pl.LIF()))

    def changed(code):
        found = remedies_for(model, [Finding(code, "warning", "")])
        assert not any("relu" in each.name for each in found)
        return {each.name: each.layers(model.network.layers)[2] for each in found if each.layers is not None}

    usual = next(each for each in remedies_for(model, [Finding("silent_neurons", "warning", "")]) if each.layers)
    assert usual.name.startswith("kernel_initializer=")
    assert pl.Sequential(usual.layers(model.network.layers), seed=1).get_weights()[0].any()  # the names are understood
    assert changed("silent_neurons")["LIF(threshold=0.5)"] == pl.LIF(10.0, threshold=0.5)
    assert changed("exploding_rates")["Refractory(LIF(), 2.0)"] == pl.Refractory(pl.LIF(10.0), 2.0)
    wide = pl.LIF(10.0, surrogate=pl.layers.ArcTangent(2.0))
    assert changed("vanishing_surrogate")["LIF(surrogate=ArcTangent(2.0))"] == wide
    assert changed("stuck_loss") == changed("vanishing_gradients") == {}
