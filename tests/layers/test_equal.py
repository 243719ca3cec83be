"""Equivalent layers are equal, however they were written, and share one compiled program."""

import jax
import pytest

import plastica as pl
from plastica import activations, initializers, regularizers
from plastica.declaration import converters_of
from plastica.layers import LSTM, BatchNormalization, Conv2D, Dense, Embedding
from plastica.specification import from_spec, known, to_spec

PAIRS = [
    (Dense(3, "relu"), Dense(3, activations.get("relu"))),
    (Dense(3, "ReLU "), Dense(3, activations.ReLU)),
    (Dense(3, None), Dense(3)),
    (Dense(3, kernel_initializer="he_normal"), Dense(3, kernel_initializer=initializers.HeNormal())),
    (Conv2D(2, 3, kernel_regularizer="l2"), Conv2D(2, 3, kernel_regularizer=regularizers.L2())),
    (LSTM(2, recurrent_activation="sigmoid"), LSTM(2, recurrent_activation=activations.Sigmoid())),
    (Embedding(5, 2, embeddings_initializer="uniform"), Embedding(5, 2, embeddings_initializer="random_uniform")),
    (BatchNormalization(gamma_initializer="ones"), BatchNormalization(gamma_initializer=initializers.Ones())),
    (pl.layers.Residual([Dense(3, "tanh")], "relu"), pl.layers.Residual([Dense(3, "TANH")], activations.ReLU())),
]


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=lambda layer: type(layer).__name__)
def test_a_name_and_what_it_stands_for_are_one_value(one, other):
    assert one == other and hash(one) == hash(other) and repr(one) == repr(other)
    assert jax.tree.structure(one) == jax.tree.structure(other)
    assert from_spec(to_spec(one)) == other


def test_a_second_network_written_otherwise_compiles_nothing():
    traces = []

    @jax.jit
    def run(layer, x):
        traces.append(layer)
        return layer.activate(x)

    for layer in (Dense(3, "relu"), Dense(3, activations.ReLU()), Dense(3, activations.get("relu"))):
        run(layer, 1.0)
    assert len(traces) == 1


def test_another_slope_of_an_activation_compiles_nothing_either():
    traces = []

    @jax.jit
    def run(layer, x):
        traces.append(layer)
        return layer.activate(x)

    assert [float(run(Dense(3, activations.LeakyReLU(slope)), -1.0)) for slope in (0.5, 0.25)] == [-0.5, -0.25]
    assert len(traces) == 1


@pytest.mark.parametrize("cls", [cls for name, cls in sorted(known().items()) if name.startswith("layer.")])
def test_every_field_that_takes_names_resolves_them_once(cls):
    named = {"activation", "recurrent_activation"}
    ends = ("_initializer", "_regularizer", "_constraint")
    fields = {
        name for name in cls.__dataclass_fields__ if name in named or name.endswith(ends) or name == "initializer"
    }
    converted_otherwise = {"cell", "dropout", "recurrent_dropout", "surrogate"}  # lists to cells, 0 to None, own names
    assert fields == set(converters_of(cls)) - converted_otherwise


def test_files_that_hold_names_still_load():
    spec = {"type": "layer.Dense", "units": 3, "activation": "relu", "kernel_initializer": "glorot_uniform"}
    assert from_spec(spec) == Dense(3, "relu")
