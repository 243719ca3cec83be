"""NIR files: what is written is read again, and what others write runs as their equations say."""

from __future__ import annotations

from typing import Any

import nir
import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue, PlasticaWarning
from plastica.spikes import read_nir, write_nir

RNG = np.random.default_rng(0)
X = 3 * RNG.random((2, 40, 3)).astype("float32")
NETWORKS = {
    "jumps": [pl.Dense(5), pl.LIF(5.0, reset="zero"), pl.Dense(2, use_bias=False), pl.LeakyReadout(8.0)],
    "currents": [pl.Dense(5), pl.LIF(5.0, -50.0, -65.0, "zero", "current", 15.0, dt=0.5), pl.Dropout(0.3)],
    "learned tau": [pl.Dense(4), pl.LIF(6.0, reset="zero", learn_tau=True)],
    "recurrent": [pl.Spiking(4, pl.LIF(5.0, reset="zero")), pl.Dense(2), pl.LeakyReadout(4.0)],
    "forward": [pl.Spiking(4, pl.LIF(5.0, reset="zero"), recurrent=False, use_bias=False)],
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_that_is_written_and_read_answers_the_same(name, tmp_path):
    model = pl.Sequential([pl.Input((40, 3)), *NETWORKS[name]], seed=2)
    weights = model.get_weights()
    if name == "learned tau":
        model.set_weights([*weights[:2], np.array([3.0, 6.0, 9.0, 20.0], "float32")])
    write_nir(model, tmp_path / "network.nir")
    found = read_nir(tmp_path / "network.nir").predict(X)
    expected = model.predict(X)
    assert expected.std() > 0
    np.testing.assert_allclose(found, expected, atol=2e-4)


def other_library(tau, r, threshold):
    """Return a graph as snnTorch exports it: time constants in seconds for a step of 0.1 ms."""
    weight, bias = RNG.normal(0, 1, (3, 3)), RNG.random(3)
    full = np.ones(3)
    lif = nir.LIF(tau=full * tau, r=full * r, v_leak=full * 0, v_threshold=full * threshold, v_reset=full * 0)
    nodes: Any = {
        "in": nir.Input(input_type={"input": np.array([3])}),
        "map": nir.Affine(weight=weight, bias=bias),
        "lif": lif,
        "out": nir.Output(output_type={"output": np.array([3])}),
    }
    return nir.NIRGraph(nodes, [("in", "map"), ("map", "lif"), ("lif", "out")]), weight, bias


@pytest.mark.parametrize("r", [10.0, np.array([5.0, 10.0, 20.0])])
def test_a_graph_of_another_library_runs_by_its_own_euler_steps(r):
    graph, weight, bias = other_library(1e-3, r, 1.5)
    found = read_nir(graph, dt=0.1, discretization="euler").predict(X)
    v, expected = np.zeros((2, 3)), []
    for x in X.swapaxes(0, 1):
        v = v + 0.1 * (-v + r * (x @ weight.T + bias))  # dt / tau = 0.1
        expected.append(v > 1.5)
        v = np.where(v > 1.5, 0, v)
    expected = np.array(expected).swapaxes(0, 1)
    assert 0.05 < expected.mean() < 0.95
    assert (found != expected).mean() < 0.01


def test_a_decoder_is_left_out_with_a_warning(tmp_path):
    model = pl.Sequential([pl.Input((40, 3)), *NETWORKS["jumps"][:2], pl.SpikeCount()])
    with pytest.warns(PlasticaWarning, match="NIR has no SpikeCount; the file ends before it"):
        write_nir(model, tmp_path / "network.nir")
    assert read_nir(tmp_path / "network.nir").predict(X).shape == (2, 40, 5)


def _written(*layers):
    write_nir(pl.Sequential([pl.Input((40, 3)), *layers]), "/dev/null")


WRONG: Any = "rk4"


def _chain(*nodes):
    names = [str(place) for place in range(len(nodes))]
    ends = nir.Input(input_type=nodes[0].input_type), nir.Output(output_type=nodes[-1].output_type)
    whole: Any = dict(zip(["input", *names, "output"], [ends[0], *nodes, ends[1]], strict=True))
    return nir.NIRGraph(whole, list(zip(list(whole), list(whole)[1:], strict=False)))


def _lif(**changes):
    parts: Any = {"tau": 0.01, "r": 1.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0} | changes
    return nir.LIF(**{name: np.ones(2) * value for name, value in parts.items()})


FAULTS = {
    "this LIF has reset='subtract'": lambda: _written(pl.Dense(2), pl.LIF()),
    "has no counterpart in NIR here": lambda: _written(pl.Dense(2, "relu")),
    "layer 2, LIF has steps of 1 ms and layer 4, LeakyReadout of 0.5 ms": lambda: _written(
        pl.Dense(2), pl.LIF(reset="zero"), pl.Dense(2), pl.LeakyReadout(dt=0.5)
    ),
    "give dt in milliseconds": lambda: read_nir(_chain(_lif())),
    "expected 'exact' or 'euler'": lambda: read_nir(_chain(_lif()), 1.0, WRONG),
    "is no longer than the step of 20 ms": lambda: read_nir(_chain(_lif()), 20.0),
    "has a v_threshold for each unit": lambda: read_nir(_chain(_lif(v_threshold=np.array([1.0, 2.0]))), 1.0),
    "resets to another potential than its rest": lambda: read_nir(_chain(_lif(v_reset=-1.0)), 1.0),
    "no Affine before it takes that over": lambda: read_nir(_chain(_lif(r=np.array([1.0, 2.0]))), 1.0),
    "is a Threshold; Affine, Linear, LIF, LI, NIRGraph are read": lambda: read_nir(
        _chain(nir.Threshold(np.ones(2))), 1.0
    ),
}


@pytest.mark.parametrize("words", FAULTS)
def test_mistakes_are_told(words):
    with pytest.raises(InvalidValue) as told:
        FAULTS[words]()
    assert words in str(told.value)


def test_a_file_that_is_no_nir_is_told(tmp_path):
    (tmp_path / "some.nir").write_bytes(b"text")
    with pytest.raises(DataError, match="cannot be read as a NIR file"):
        read_nir(tmp_path / "some.nir", 1.0)
