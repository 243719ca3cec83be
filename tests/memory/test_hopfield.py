"""Hopfield networks: weights, energies and stable states by hand, and errors at known loads."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plastica.errors import DataError, InvalidValue, NotFitted, PlasticaWarning, ShapeError
from plastica.memory import HopfieldNetwork, SparseHopfieldNetwork, WillshawMemory, basins, capacity
from plastica.rules.pattern_storage import STORAGE


def random_signs(rows, units, seed=0):
    return np.where(np.random.default_rng(seed).random((rows, units)) < 0.5, -1, 1)


def test_three_units_by_hand():
    memory = HopfieldNetwork().store([[1, 1, -1]])
    # w_ij = xi_i xi_j / 3; E(xi) = -1/2 of the sum of six products, each 1/3.
    np.testing.assert_allclose(memory.weights, np.array([[0, 1, -1], [1, 0, -1], [-1, -1, 0]]) / 3, rtol=1e-6)
    states = np.array(list(itertools.product((-1, 1), repeat=3)))
    energies = memory.energy(states)
    np.testing.assert_allclose(energies, [-np.sum(np.outer(s, s) * memory.weights) / 2 for s in states], rtol=1e-6)
    assert energies.min() == pytest.approx(-1)
    # Both the pattern and its mirror image have the lowest energy, and each state falls into the nearer one.
    assert {tuple(state) for state in states[energies < -0.9]} == {(1, 1, -1), (-1, -1, 1)}
    fallen = memory.recall(states).states
    assert (fallen == np.where((states @ [1, 1, -1] > 0)[:, None], [1, 1, -1], [-1, -1, 1])).all()


def test_storkey_weights_follow_the_paper_entry_by_entry():
    patterns = random_signs(4, 7).astype(float)
    weights = np.zeros((7, 7))
    for x in patterns:
        new = weights.copy()
        for i, j in itertools.permutations(range(7), 2):
            h_ij = sum(weights[i, k] * x[k] for k in range(7) if k not in (i, j))
            h_ji = sum(weights[j, k] * x[k] for k in range(7) if k not in (i, j))
            new[i, j] += (x[i] * x[j] - x[i] * h_ji - h_ij * x[j]) / 7
        weights = new
    np.testing.assert_allclose(STORAGE["storkey"](patterns.astype(np.float32)), weights, atol=1e-6)


def test_the_pseudo_inverse_projects_on_the_patterns():
    patterns = random_signs(5, 12).astype(float)
    patterns[4] = patterns[0]  # a pattern that is given twice
    projection = np.linalg.pinv(patterns) @ patterns
    np.testing.assert_allclose(
        STORAGE["pseudo_inverse"](patterns.astype(np.float32)), projection * (1 - np.eye(12)), atol=1e-5
    )


@pytest.mark.parametrize("storage", sorted(STORAGE))
@pytest.mark.filterwarnings("ignore::plastica.errors.PlasticaWarning")
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_energy_never_rises_asynchronously(storage, seed):
    memory = HopfieldNetwork(storage).store(random_signs(9, 30, seed))
    recall = memory.recall(random_signs(16, 30, seed + 1), seed=seed)
    assert np.diff(recall.energies, axis=0).max(initial=0) < 1e-4 and recall.at_rest.all()
    np.testing.assert_allclose(recall.energies[-1], memory.energy(recall.states), rtol=1e-4)


def test_synchronous_updates_may_cycle():
    # With the weights of [1, -1] both units turn around each other's sign for ever.
    memory = HopfieldNetwork().store([[1, -1]])
    recall = memory.recall([[1, 1]], update="synchronous", sweeps=6)
    assert not recall.at_rest[0] and recall.sweeps[0] == 6
    assert memory.recall([[1, 1]]).at_rest[0]


def test_glauber_dynamics_has_the_boltzmann_distribution():
    memory = HopfieldNetwork().store([[1, 1, -1]])
    states = np.array(list(itertools.product((-1, 1), repeat=3)))
    expected = np.exp(-memory.energy(states) / 0.8)
    found = memory.recall(np.tile(states, (1000, 1)), temperature=0.8, sweeps=30, seed=1).states
    shares = (found[:, None] == states).all(2).mean(0)
    # 8,000 draws: four standard errors of the largest share are 0.02.
    np.testing.assert_allclose(shares, expected / expected.sum(), atol=0.02)


def test_errors_at_known_loads():
    # Amit, Gutfreund, Sompolinsky 1987: 1.6 % at 0.138 for infinitely many units; far above, memory breaks down.
    table = capacity("hebbian", 400, (0.05, 0.138, 0.25), seeds=6)
    small, critical, beyond = table["bit_error"]
    assert small < 1e-3 and 0.003 < critical < 0.05 and beyond > 0.2
    better = capacity(("storkey", "pseudo_inverse"), 400, (0.138,), seeds=2)
    assert (better["bit_error"] < 1e-3).all() and (better["recalled"] == 1).all()


def test_a_near_probe_is_recalled_and_a_far_one_is_not():
    table = basins("hebbian", 200, (0.05,), (0.1, 0.8), seeds=4)
    far, near = table["recalled"]
    assert near > 0.95 and far < 0.6
    assert table["start"].to_list() == [0.1, 0.8] and table["patterns"].to_list() == [10, 10]


def test_values_and_shapes_are_those_of_the_patterns():
    images = np.random.default_rng(0).random((3, 6, 7)) < 0.5
    recall = HopfieldNetwork("pseudo_inverse").store(images).recall(images)
    assert recall.states.dtype == bool and recall.states.shape == (3, 6, 7)
    assert (recall.states == images).all() and recall.nearest.tolist() == [0, 1, 2] and (recall.overlap == 1).all()


def test_booleans_that_are_all_true_are_ones():
    memory = HopfieldNetwork().store(np.ones((1, 4), bool))
    assert memory.recall([[True, True, True, False]]).states.tolist() == [[True] * 4]


def test_patterns_are_added():
    first, second = random_signs(2, 40), random_signs(3, 40, 1)
    together = HopfieldNetwork("storkey").store(np.concatenate([first, second]))
    np.testing.assert_array_equal(HopfieldNetwork("storkey").store(first).store(second).weights, together.weights)
    assert repr(together) == '<HopfieldNetwork(storage="storkey"): 5 patterns of 40 units>'


def sparse_patterns(rows, units, ones, seed=0):
    patterns = np.zeros((rows, units), int)
    places = np.random.default_rng(seed).random((rows, units)).argsort(1)[:, :ones]
    np.put_along_axis(patterns, places, 1, axis=1)
    return patterns


def test_the_global_field_completes_sparse_patterns():
    patterns = sparse_patterns(60, 300, 15)
    probes = patterns.copy()
    probes[:, :100] = 0
    wrong = {g: (SparseHopfieldNetwork(g).store(patterns).recall(probes).states != patterns).mean() for g in (0.0, 1.0)}
    assert wrong[1.0] < 0.005 and wrong[1.0] <= wrong[0.0] < 0.05


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), strength=st.sampled_from([0.0, 0.7, 5.0]))
def test_the_energy_of_the_global_field_never_rises(seed, strength):
    memory = SparseHopfieldNetwork(strength).store(sparse_patterns(20, 60, 6, seed))
    recall = memory.recall(sparse_patterns(8, 60, 20, seed + 1), seed=seed)
    assert np.diff(recall.energies, axis=0).max(initial=0) < 1e-4 and recall.at_rest.all()
    assert memory.activity == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ([[1, 0, 1], [1, 0]], DataError, "pattern 0 has 3 values, pattern 1 has 2"),
        ([[0, 1, 2]], DataError, r"3 different values \(0, 1, 2\)"),
        ([[1.0, np.nan]], DataError, "pattern 0 has a value that is not finite"),
        ([["a", "b"]], DataError, "expected numbers or booleans"),
        ([1, 0, 1], ShapeError, r"shape \(3,\)"),
        (np.zeros((0, 4)), ShapeError, "not empty"),
        ([[1]], ShapeError, "at least 2 units"),
        (np.eye(3, dtype=int)[[0, 1, 2, 0]], InvalidValue, "4 patterns for 3 units"),
    ],
)
def test_patterns_that_cannot_be_stored(given, error, message):
    with pytest.raises(error, match=message):
        HopfieldNetwork().store(given)


def test_other_mistakes():
    with pytest.raises(InvalidValue, match="expected one of hebbian"):
        HopfieldNetwork("hebb")
    with pytest.raises(NotFitted, match="nothing is stored"):
        HopfieldNetwork().recall([[1, -1]])
    with pytest.warns(PlasticaWarning, match="beyond the capacity of 50 units, about 7"):
        memory = HopfieldNetwork().store(random_signs(12, 50))
    with pytest.raises(ShapeError, match=r"got patterns of shape \(49,\)"):
        memory.recall(random_signs(1, 49))
    with pytest.raises(DataError, match="got the value 0"):
        memory.recall(np.zeros((1, 50)))
    for options, message in (
        ({"update": "both"}, "asynchronous, synchronous"),
        ({"temperature": -1.0}, "at least 0"),
        ({"sweeps": 0}, "at least one sweep"),
    ):
        with pytest.raises(InvalidValue, match=message):
            memory.recall(random_signs(1, 50), **options)
    with pytest.raises(InvalidValue, match="is 120 patterns for 100 units"):
        capacity("hebbian", 100, (1.2,))
    with pytest.raises(InvalidValue, match="from 0 to 1"):
        basins(overlaps=(1.5,))
    with pytest.raises(DataError, match="all values are the same"):
        SparseHopfieldNetwork().store(np.zeros((2, 4), int))


@pytest.mark.parametrize("memory", [HopfieldNetwork, SparseHopfieldNetwork, WillshawMemory])
def test_nothing_stored_is_said_in_one_way(memory):
    with pytest.raises(NotFitted, match=f"{memory.__name__}.*: nothing is stored yet; call store"):
        memory().recall([[1, 0]])
