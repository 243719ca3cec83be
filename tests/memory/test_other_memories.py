"""Dense, continuous, bidirectional, binary and distributed memories."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plastica.errors import DataError, InvalidValue, NotFitted, ShapeError
from plastica.memory import (
    AttentionMemory,
    BidirectionalAssociativeMemory,
    DenseAssociativeMemory,
    HopfieldNetwork,
    SparseDistributedMemory,
    WillshawMemory,
)


def random_signs(rows, units, seed=0):
    return np.where(np.random.default_rng(seed).random((rows, units)) < 0.5, -1, 1)


def test_a_quadratic_dense_memory_is_hopfields_network():
    patterns, probes = random_signs(4, 30), random_signs(20, 30, 1)
    dense = DenseAssociativeMemory("polynomial", 2).store(patterns).recall(probes)
    assert (dense.states == HopfieldNetwork().store(patterns).recall(probes).states).all()


@pytest.mark.parametrize("power", [np.exp, lambda x: x**3, lambda x: x**4])
def test_one_update_is_the_equation_of_the_paper(power):
    patterns, state = random_signs(6, 9), random_signs(1, 9, 2)[0]
    kinds = {1: ("exponential",), 27: ("polynomial", 3), 81: ("polynomial", 4)}
    kind = kinds[1] if power is np.exp else kinds[round(power(3))]
    memory = DenseAssociativeMemory(*kind).store(patterns)
    expected = []
    for unit in range(9):
        others = patterns @ state - patterns[:, unit] * state[unit]
        gain = sum(power(others + patterns[:, unit]) - power(others - patterns[:, unit]))
        expected.append(np.sign(gain) if gain else state[unit])
    found = memory.recall(state[None], "synchronous", sweeps=1).states[0]
    assert found.tolist() == expected


@pytest.mark.parametrize("kind", [("exponential",), ("polynomial", 3), ("polynomial", 4)])
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_energy_of_dense_memories_never_rises(kind, seed):
    memory = DenseAssociativeMemory(*kind).store(random_signs(30, 20, seed))
    recall = memory.recall(random_signs(10, 20, seed + 1), seed=seed)
    assert np.diff(recall.energies, axis=0).max(initial=0) < 1e-4 and recall.at_rest.all()


def test_dense_memories_hold_more_patterns_than_units():
    patterns = random_signs(1000, 40)
    some, probes = patterns[:60], patterns[:60].copy()
    probes[:, :4] *= -1
    exponential = DenseAssociativeMemory().store(patterns).recall(probes)
    assert (exponential.states == some).all(1).mean() > 0.95
    cubic = DenseAssociativeMemory("polynomial", 3).store(patterns).recall(some, sweeps=5)
    assert (cubic.states == some).all(1).mean() < 0.5  # N^2 / (2 ln N) / 3 is about 70


def test_attention_is_softmax_over_patterns():
    patterns = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    probe = np.random.default_rng(1).normal(size=(1, 8)).astype(np.float32)
    scores = np.exp(0.7 * probe @ patterns.T)
    memory = AttentionMemory(beta=0.7, similarity="product").store(patterns)
    np.testing.assert_allclose(memory.recall(probe, steps=1).states, scores / scores.sum() @ patterns, rtol=1e-4)


@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 10**6), beta=st.sampled_from([0.1, 1.0, 10.0]), kind=st.sampled_from(["distance", "product"])
)
def test_the_energy_of_attention_never_rises(seed, beta, kind):
    rng = np.random.default_rng(seed)
    recall = AttentionMemory(beta, kind).store(rng.normal(size=(10, 6))).recall(rng.normal(size=(7, 6)))
    assert np.diff(recall.energies, axis=0).max(initial=0) < 1e-4
    np.testing.assert_allclose(recall.attention.sum(1), 1, rtol=1e-5)
    if kind == "product":  # Ramsauer et al., appendix: the energy is not negative
        assert recall.energies.min() > -1e-4


def test_attention_recalls_grey_images_from_a_part():
    images = np.random.default_rng(0).random((20, 8, 8))
    probes = images.copy()
    probes[:, 4:] = 0.5
    recall = AttentionMemory().store(images).recall(probes)
    assert recall.states.shape == (20, 8, 8) and (recall.attention.argmax(1) == np.arange(20)).all()
    np.testing.assert_allclose(recall.states, images, atol=0.05)


def test_pairs_by_hand():
    left, right = np.array([[1, -1, 1, -1, 1, -1], [1, 1, 1, -1, -1, -1]]), np.array([[1, 1, -1, -1], [1, -1, 1, -1]])
    memory = BidirectionalAssociativeMemory().store(left, right)
    np.testing.assert_array_equal(memory.weights, sum(np.outer(a, b) for a, b in zip(left, right, strict=True)))
    forward, backward = memory.recall(left), memory.recall(right=right)
    assert (forward.right == right).all() and (backward.left == left).all() and forward.at_rest.all()
    # Kosko's example: E = -a W b'.
    np.testing.assert_allclose(
        forward.energies[-1], [-a @ memory.weights @ b for a, b in zip(left, right, strict=True)]
    )


def test_the_energy_of_pairs_never_rises():
    memory = BidirectionalAssociativeMemory().store(random_signs(12, 30), random_signs(12, 20, 1))
    recall = memory.recall(random_signs(40, 30, 2))
    assert np.diff(recall.energies, axis=0).max(initial=0) <= 0 and recall.at_rest.all()


def test_willshaw_completes_patterns_and_fills_up_as_predicted():
    rng = np.random.default_rng(0)
    patterns = np.zeros((200, 400), int)
    np.put_along_axis(patterns, rng.random((200, 400)).argsort(1)[:, :8], 1, axis=1)
    memory = WillshawMemory().store(patterns[:120]).store(patterns[120:])
    # A synapse stays off if no pattern has both of its ends: 1 - (1 - (8 / 400)^2)^200 off the diagonal.
    off_diagonal = memory.weights[~np.eye(400, dtype=bool)].mean()
    assert off_diagonal == pytest.approx(1 - (1 - 8 * 7 / (400 * 399)) ** 200, rel=0.05)
    probes = patterns * (np.cumsum(patterns, 1) <= 5)
    recalled = memory.recall(probes)
    assert (recalled >= patterns).all()  # what was stored is never lost; ones may be added
    assert (recalled == patterns).all(1).mean() > 0.9


def test_willshaw_pairs():
    memory = WillshawMemory().store([[1, 1, 0, 0], [0, 0, 1, 1]], [[1, 0, 0], [0, 0, 1]])
    assert memory.recall([[0, 1, 0, 0], [0, 0, 0, 1]]).tolist() == [[1, 0, 0], [0, 0, 1]]


def test_distributed_memory_reads_what_was_written_near_by():
    patterns = np.random.default_rng(0).integers(0, 2, (8, 256))
    memory = SparseDistributedMemory(3000).store(patterns)
    probes = patterns.copy()
    probes[:, :20] = 1 - probes[:, :20]
    assert (memory.recall(probes, steps=6) == patterns).mean() > 0.99
    # An address of which half the bits are random leads nowhere (Kanerva's critical distance is about 0.2 N).
    far = patterns.copy()
    far[:, :120] = 1 - far[:, :120]
    assert (memory.recall(far, steps=6) == patterns).mean() < 0.9


def test_distributed_memory_replays_a_sequence():
    steps = np.random.default_rng(0).integers(0, 2, (6, 256))
    memory = SparseDistributedMemory(3000).store(steps[:-1], steps[1:])
    now = steps[:1]
    for expected in steps[1:]:
        now = memory.recall(now)
        assert (now[0] == expected).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: DenseAssociativeMemory("cubic"), InvalidValue, "polynomial, exponential"),
        (lambda: DenseAssociativeMemory("polynomial", 1), InvalidValue, "at least 2"),
        (lambda: AttentionMemory(0.0), InvalidValue, "above 0"),
        (lambda: AttentionMemory(similarity="cosine"), InvalidValue, "distance, product"),
        (lambda: AttentionMemory().recall([[1.0]]), NotFitted, "nothing is stored"),
        (lambda: AttentionMemory().store([[1.0, 2.0]] * 2).recall([[1.0, 2.0]]), DataError, "all stored patterns are"),
        (lambda: AttentionMemory(1.0).store([[1.0, 2.0]]).recall([[1.0]]), ShapeError, r"shape \(1,\)"),
        (lambda: BidirectionalAssociativeMemory().store([[1, -1]], [[1, 1]] * 2), DataError, "1 left and 2 right"),
        (lambda: BidirectionalAssociativeMemory().store([[1, -1]], [[1, 1]]).recall(), InvalidValue, "left or right"),
        (lambda: BidirectionalAssociativeMemory().recall([[1, 1]]), NotFitted, "nothing is stored"),
        (lambda: WillshawMemory().store([[1, -1]]), DataError, "expected two: 0 and 1"),
        (lambda: WillshawMemory().store([[1, 0]]).recall([[0, 0]]), DataError, "probe 0 has no 1"),
        (lambda: WillshawMemory().recall([[0, 1]]), NotFitted, "nothing is stored"),
        (lambda: SparseDistributedMemory(0), InvalidValue, "at least one location"),
        (
            lambda: SparseDistributedMemory(5, radius=0).store(random_signs(1, 64, 9)),
            InvalidValue,
            "no location is within",
        ),
        (lambda: SparseDistributedMemory().recall([[0, 1]]), NotFitted, "nothing is stored"),
    ],
)
def test_mistakes(call, error, message):
    with pytest.raises(error, match=message):
        call()
