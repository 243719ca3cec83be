"""The temporal context model: contexts and choices by hand, sequences that add up to 1, and planted parameters."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from plastica.errors import InvalidValue
from plastica.memory.people.free_recall import FreeRecall, read_free_recall
from plastica.memory.people.temporal_context import TemporalContextModel
from plastica.memory.people.temporal_context_fit import fit_temporal_context

HAND = TemporalContextModel(
    encoding_drift=0.6, recall_drift=0.6, earlier_context=2.0, temperature=0.5, primacy_scale=0, start_drift=0
)


def test_contexts_of_three_words_by_hand():
    # beta = 0.6 and rho = 0.8: t_1 = 0.8 t_0 + 0.6 e_1, and so on.
    expected = [[0.8, 0.6, 0, 0], [0.64, 0.48, 0.6, 0], [0.512, 0.384, 0.48, 0.6]]
    np.testing.assert_allclose(HAND.contexts(3), expected, rtol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(HAND.contexts(9), axis=1), 1)
    # Recalling word 2 brings back A e_2 + B t_2 with A = 2 B and B = 1 / sqrt(1 + 2 * 2 * 0.6 + 4).
    size = 1 / np.sqrt(1 + 2 * 2 * 0.6 + 4)
    np.testing.assert_allclose(HAND.retrieved_contexts(3)[1], size * np.array([0.64, 0.48, 2.6, 0]))


def test_first_recall_and_the_next_by_hand():
    activation = np.array([0.64, 0.8, 1.0])  # t_i . t_3 = rho^(3 - i)
    chance = np.exp(2 * activation / 0.5) / np.exp(2 * activation / 0.5).sum()
    np.testing.assert_allclose(HAND.first_recall(3), chance)
    # After word 2, the context is rho t_3 + 0.6 t^IN of length 1, and words 1 and 3 are left.
    contexts, brought = HAND.contexts(3), HAND.retrieved_contexts(3)[1]
    overlap = contexts[2] @ brought
    rho = np.sqrt(1 + 0.36 * (overlap**2 - 1)) - 0.6 * overlap
    context = rho * contexts[2] + 0.6 * brought
    assert np.linalg.norm(context) == pytest.approx(1)
    left = np.exp(2 * contexts[[0, 2]] @ context / 0.5)
    stop = [HAND.stop_scale * np.exp(HAND.stop_growth * count) for count in range(3)]
    expected = np.log((1 - stop[0]) * chance[1]) + np.log((1 - stop[1]) * left[1] / left.sum()) + np.log(stop[2])
    assert HAND.log_likelihood(FreeRecall(np.array([[2, 3, 0]]), 3)) == pytest.approx(expected)


def test_probabilities_of_all_recalls_of_a_list_add_up_to_one():
    model = TemporalContextModel(stop_scale=0.1)
    recalls = [order for count in range(4) for order in itertools.permutations((1, 2, 3), count)]
    total = 0.0
    for each in recalls:
        own = FreeRecall(np.array([each + (0,) * (3 - len(each))]), 3)
        total += np.exp(model.log_likelihood(own))
    assert len(recalls) == 16 and total == pytest.approx(1)


def test_forward_transitions_come_from_what_words_bring_from_before_the_list():
    def asymmetry(earlier_context: float) -> float:
        model = TemporalContextModel(
            earlier_context=earlier_context, primacy_scale=0, start_drift=0, stop_scale=0, temperature=0.2
        )
        lags, found = model.simulate(14, 800, delay=50, seed=2).lag_transitions()
        near = {lag: float(found[lags == lag][0]) for lag in (-4, -1, 1, 4)}
        assert near[1] > near[4] and near[-1] > near[-4]  # contiguity in both directions
        return near[1] - near[-1]

    assert asymmetry(1.5) > 0.1 and abs(asymmetry(0.0)) < 0.06


def test_a_delay_takes_recency_away():
    model = TemporalContextModel(primacy_scale=0, start_drift=0)
    recent, late = model.first_recall(10), model.first_recall(10, delay=20)
    assert recent[-1] > 0.4 and late[-1] < 0.15 and late.sum() == pytest.approx(1)
    simulated = model.simulate(10, 4000, seed=3).first_recall()
    np.testing.assert_allclose(simulated, recent, atol=0.03)


def test_primacy_comes_from_the_context_of_before_the_list():
    early = [TemporalContextModel(start_drift=drift).first_recall(12)[0] for drift in (0.0, 0.9)]
    assert early[0] < 0.05 < early[1]


def test_planted_parameters_are_found():
    planted = TemporalContextModel(encoding_drift=0.45, temperature=0.2, stop_scale=0.02, stop_growth=0.4)
    recalls = planted.simulate(10, 500, seed=4)
    free = ["encoding_drift", "temperature", "stop_scale", "stop_growth"]
    found = fit_temporal_context(recalls, planted.__class__(), free)
    for name in free:
        assert getattr(found.model, name) == pytest.approx(getattr(planted, name), rel=0.3), name
    assert found.log_likelihood >= planted.log_likelihood(recalls) > found.chance
    assert found.recalled == (recalls.recalls > 0).sum()


def test_intrusions_repetitions_and_empty_recalls_are_allowed():
    given = read_free_recall([[3, -1, 3, 2], [0, 0, 0, 0]], length=4)
    plain = read_free_recall([[3, 2, 0, 0], [0, 0, 0, 0]], length=4)
    assert HAND.log_likelihood(given) == pytest.approx(HAND.log_likelihood(plain))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: TemporalContextModel(encoding_drift=1.5), "encoding_drift=1.5.*from 1e-06 to 1"),
        (lambda: TemporalContextModel(temperature=-1.0), "temperature=-1.0.*at least"),
        (lambda: HAND.simulate(0, 5), "at least one word"),
        (lambda: HAND.simulate(5, 0), "at least one list"),
        (lambda: HAND.first_recall(5, delay=-1), "delay=-1"),
        (lambda: fit_temporal_context(HAND.simulate(4, 5), free=["rho"]), "encoding_drift, recall_drift"),
    ],
)
def test_mistakes_with_the_temporal_context_model(call, message):
    with pytest.raises(InvalidValue, match=message):
        call()
