"""A small file that declares a huge network is rejected before anything is initialized or allocated."""

from __future__ import annotations

import copy
import time
import tracemalloc

import numpy as np
import pytest
from tests.catalogue import LAYERS

import plastica as pl
from plastica.errors import FileError, PlasticaWarning
from plastica.layers import Sequential as Network
from plastica.specification import to_spec
from plastica.storage import read_model, write_model

HUGE = (10**8, 10**9, 10**18)
MEGABYTE = 2**20


def whole_numbers(spec):
    """Yield (container, key) of every integer in a specification."""
    pairs = spec.items() if isinstance(spec, dict) else enumerate(spec)
    for key, part in list(pairs):
        if isinstance(part, dict | list):
            yield from whole_numbers(part)
        elif type(part) is int:
            yield spec, key


def refused_or_harmless(path):
    """Load a file within limits of time and memory, whether or not it is rejected."""
    begun = time.process_time()
    tracemalloc.start()
    try:
        pl.load(path)
    except FileError as error:
        assert path.name in str(error) and "\n" not in str(error)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 32 * MEGABYTE and time.process_time() - begun < 2


@pytest.mark.parametrize("name", LAYERS)
def test_every_number_of_every_layer_may_be_forged(name, tmp_path):
    layer, shape = LAYERS[name]
    model = pl.Sequential([layer])
    model.build(shape)
    path = model.save(tmp_path / "net.plastica")
    arrays, document = read_model(path)
    count = len(list(whole_numbers(document["network"])))
    for place in range(count):
        for claim in HUGE:
            forged = copy.deepcopy(document)
            holder, key = list(whole_numbers(forged["network"]))[place]
            holder[key] = claim
            write_model(path, arrays, forged)
            refused_or_harmless(path)
    for axis in range(len(shape)):
        forged = copy.deepcopy(document)
        forged["input_shape"][axis] = 10**9
        write_model(path, arrays, forged)
        refused_or_harmless(path)


@pytest.mark.parametrize("layers", [
    (pl.Embedding(10**9, 10**9),),
    (pl.Flatten(), pl.Dense(10**9)),
    tuple(pl.Dense(10**4) for _ in range(40)),
    (pl.Members(10**9), pl.MemberDense(2, shared=False)),
    (pl.Residual([pl.Residual([pl.Residual([pl.Dense(10**9), pl.Dense(4)])])]),),
    (pl.Wired(pl.Dense(10**6), pl.DistanceDependent(0.3, 0.5)),),
], ids=["embedding", "flat", "many", "members", "deep", "wired"])  # fmt: skip
def test_networks_far_larger_than_their_file_are_refused(layers, tmp_path):
    path = pl.Sequential([pl.Dense(3, input_dim=4)]).save(tmp_path / "net.plastica")
    arrays, document = read_model(path)
    write_model(path, arrays, {**document, "network": to_spec(Network(layers))})
    with pytest.raises(FileError, match="declares an array of shape"):
        pl.load(path)
    refused_or_harmless(path)


@pytest.mark.parametrize("part", ["optimizer", "rule", "loss"])
def test_the_numbers_of_optimizers_rules_and_losses_may_be_forged_too(part, tmp_path):
    softmax = {"loss": "sparse_categorical_crossentropy"}
    chosen = {
        "optimizer": [{"optimizer": "lbfgs", **softmax}, {"optimizer": pl.optimizers.Adam(accumulate=2), **softmax}],
        "rule": [{"rule": rule, **softmax} for rule in ("target_propagation", "forward_forward", "krotov_hopfield")],
        "loss": [{"metrics": [pl.metrics.AUC(bins=8)], "loss": pl.losses.SparseCategoricalFocalCrossentropy()}],
    }[part]
    for settings in chosen:
        model = pl.Sequential([pl.Dense(3, "tanh", input_dim=4), pl.Dense(3, "tanh"), pl.Dense(2, "softmax")])
        model.compile(**settings)
        model.start_learner(())
        path = model.save(tmp_path / "net.plastica")
        arrays, document = read_model(path)
        for place in range(len(list(whole_numbers(document["compiled"])))):
            forged = copy.deepcopy(document)
            holder, key = list(whole_numbers(forged["compiled"]))[place]
            holder[key] = 10**9
            write_model(path, arrays, forged)
            refused_or_harmless(path)


def test_loading_draws_nothing(tmp_path, monkeypatch):
    model = pl.Sequential([pl.Dense(3, kernel_initializer="orthogonal", input_dim=4), pl.Dense(2)])
    path = model.save(tmp_path / "net.plastica")

    def drawn(*arguments):
        raise AssertionError("weights were drawn")

    for kind in (pl.initializers.Orthogonal, pl.initializers.GlorotUniform):
        monkeypatch.setattr(kind, "draw", drawn)
    again = pl.load(path)
    monkeypatch.undo()
    assert all(np.array_equal(a, b) for a, b in zip(again.get_weights(), model.get_weights(), strict=True))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_load_with_a_warning_that_names_the_layer(value, tmp_path):
    layers = [pl.Dense(3, input_dim=4), pl.Residual([pl.Dense(3), pl.BatchNormalization()]), pl.Dense(2)]
    model = pl.Sequential(layers)
    weights = model.get_weights()
    weights[2][1, 2] = value
    model.set_weights(weights)
    path = model.save(tmp_path / "net.plastica")
    said = r"net\.plastica: .*layer 1\.0\.0, Dense.*kernel.*1 of 9"
    with pytest.warns(PlasticaWarning, match=said):
        loaded = pl.load(path)
    assert np.array_equal(loaded.get_weights()[2], weights[2], equal_nan=True)
    with pytest.warns(PlasticaWarning, match=said):
        pl.Sequential(layers).load_weights(path)
