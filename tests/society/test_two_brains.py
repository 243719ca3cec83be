"""Two networks that play and signal, and who leads whom: against known answers and planted leaders."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.cross_decomposition import CCA

import plastica as pl
from plastica.errors import InvalidValue, ShapeError, UnknownName
from plastica.language import using
from plastica.society import (
    MatrixGame,
    MemoryOne,
    canonical_correlation,
    game_named,
    granger,
    learn_signals,
    phase_locking_value,
    play,
    transfer_entropy,
    who_leads,
)

SHORT = {"steps": 150, "rounds": 10, "games": 64, "learning_rate": 1.0}


def test_two_learners_end_in_defection():
    """Foerster et al. 2018: naive learners defect, and gain 1 instead of 3."""
    found = play(**SHORT)
    np.testing.assert_allclose(found.payoffs[-1], 1, atol=0.25)
    assert found.actions[-1, :, 1].min() > 0.85
    np.testing.assert_allclose(found.actions.sum(-1), 1, atol=1e-6)


def test_against_tit_for_tat_a_learner_cooperates():
    found = play(None, "tit_for_tat", **SHORT)
    assert found.payoffs[-1].min() > 2.5
    assert play(None, "always_second", **SHORT).actions[-1, 0, 1] > 0.9  # and defects against who defects


def test_coordination_finds_one_of_the_two_conventions():
    found = play(game="coordination", **SHORT)
    assert found.payoffs[-1].min() > 0.9
    assert found.actions[-1].max(-1).min() > 0.9


def test_nobody_wins_at_matching_pennies():
    found = play(game="matching_pennies", **SHORT)
    np.testing.assert_allclose(found.payoffs.sum(1), 0, atol=1e-5)
    assert abs(found.payoffs[20:].mean(0)).max() < 0.2


def test_strategies_do_what_they_say():
    found = play("win_stay_lose_shift", "always_second", steps=1, rounds=6, games=2)
    assert found.last[0, :, 0].tolist() == [0, 1, 0, 1, 0, 1]
    expected = game_named("prisoners_dilemma").payoffs()[:, found.last[0, :, 0], 1].mean(1)
    np.testing.assert_allclose(found.payoffs[0], expected, rtol=1e-6)


def test_those_who_take_turns_are_seen_to():
    first, second = MemoryOne(1.0, (0.0, 0.0, 1.0, 1.0)), MemoryOne(0.0, (1.0, 1.0, 0.0, 0.0))
    turns = MemoryOne(1.0, (0.0, 0.0, 1.0, 1.0)), MemoryOne(0.0, (0.0, 0.0, 1.0, 1.0))
    assert play(*turns, "turn_taking", steps=1, rounds=8, games=3).alternation == 1
    assert play(first, second, "turn_taking", steps=1, rounds=8, games=3).alternation in (0, 1)
    assert play("always_first", "always_second", "turn_taking", steps=1).alternation == 0


def test_partners_are_more_in_step_than_exchanged_ones():
    hidden = pl.Sequential([pl.Dense(8, activation="tanh"), pl.Dense(2)])
    found = play(hidden, hidden, steps=3, rounds=30, games=30)
    together, apart = found.synchrony()
    assert together > apart + 0.2 and found.states.shape == (2, 30, 30, 2)


def test_two_states_always_get_a_code():
    """Argiento et al. 2009: with two states and signals success goes to 1 with probability 1."""
    found = learn_signals(2, rounds=20_000, runs=50)
    assert found.success[:, -1].min() > 0.55 and found.success[:, -1].mean() > 0.93  # pooling has 0.5
    assert found.information[:, -1].mean() > 0.8 and (found.success[:, 0] < found.success[:, -1] + 0.2).all()


def test_three_states_get_stuck_in_one_run_of_ten():
    """Barrett 2006: 9.6 % of runs with three states do not end with a code."""
    found = learn_signals(3, rounds=20_000, runs=400)
    stuck = 1 - (found.success[:, -1] > 0.8).mean()
    assert stats.binomtest(round(400 * stuck), 400, 0.096).pvalue > 0.005


def test_too_few_signals_say_less():
    found = learn_signals(4, signals=2, rounds=5000, runs=20)
    assert found.success[:, -1].max() <= 0.5 + 1e-6 and "perfect code" in repr(found)


def pair(lag, strength=1.0, times=600, seed=0):
    draws = np.random.default_rng(seed)
    leader = draws.normal(size=times)
    return leader, strength * np.roll(leader, lag) + draws.normal(size=times)


@pytest.mark.parametrize("lag", [1, 2])
def test_a_planted_leader_is_found(lag):
    first, second = pair(lag)
    found = who_leads(first, second)
    assert (found.leader, found.lag) == ("first", lag)
    assert who_leads(second, first).leader == "second" and who_leads(second, first).lag == -lag
    assert found.transfer[0] > found.chance[0] or lag == 2  # transfer entropy looks one step back


def test_who_has_nothing_in_common_leads_nobody():
    leaders = [who_leads(*np.random.default_rng(seed).normal(size=(2, 300)), surrogates=5).leader for seed in range(20)]
    assert leaders.count("neither") >= 17


def test_two_who_follow_each_other_both_lead():
    draws = np.random.default_rng(1).normal(size=(2, 800))
    x, y = np.zeros((2, 800))
    for time in range(1, 800):
        x[time] = 0.5 * y[time - 1] + draws[0, time]
        y[time] = 0.5 * x[time - 1] + draws[1, time]
    assert who_leads(x, y, surrogates=5).leader == "both"


def test_granger_is_the_f_test_of_two_regressions():
    x, y = pair(1, 0.3, times=60, seed=3)
    found = granger(x, y, lags=1)
    now, own, other = y[1:], y[:-1], x[:-1]
    small = np.linalg.lstsq(np.stack([np.ones(59), own], 1), now, rcond=None)[1][0]
    large = np.linalg.lstsq(np.stack([np.ones(59), own, other], 1), now, rcond=None)[1][0]
    statistic = (small - large) / (large / 56)
    assert found.statistic == pytest.approx(statistic) and found.transfer == pytest.approx(np.log(small / large))
    assert found.p_value == pytest.approx(stats.f.sf(statistic, 1, 56))


def test_a_signal_that_its_own_past_predicts_leaves_nothing_to_cause():
    wave = np.sin(np.arange(100) / 5)
    assert granger(np.random.default_rng(0).normal(size=100), wave) == (0.0, 1.0, 0.0)


def test_transfer_entropy_of_a_noisy_copy_is_that_of_its_channel():
    draws = np.random.default_rng(0)
    coin = draws.integers(0, 2, 40_000)
    copy = np.roll(coin, 1) ^ (draws.random(40_000) < 0.1)
    expected = 1 + 0.1 * np.log2(0.1) + 0.9 * np.log2(0.9)  # a binary symmetric channel
    assert transfer_entropy(coin, copy) == pytest.approx(expected, abs=0.01)
    assert abs(transfer_entropy(copy, coin)) < 0.002
    assert transfer_entropy(*pair(1, 3.0, 5000), states=4) > transfer_entropy(*pair(1, 3.0, 5000), states=2)


def test_phases_lock_where_they_are_locked():
    time = np.arange(2000) / 100
    draws = np.random.default_rng(0).normal(size=(2, 2000))
    locked = [np.sin(2 * np.pi * 3 * time + shift) + 0.3 * noise for shift, noise in zip((0, 1), draws, strict=True)]
    assert phase_locking_value(*locked, band=(2, 4), rate=100) > 0.95
    free = np.sin(2 * np.pi * 3.3 * time)
    assert phase_locking_value(locked[0], free, band=(2, 5), rate=100) < 0.3
    chance = [phase_locking_value(*np.random.default_rng(seed).normal(size=(2, 400))) for seed in range(50)]
    assert np.mean(chance) < 3 * 0.89 / np.sqrt(400)


def test_canonical_correlation_is_that_of_scikit_learn():
    draws = np.random.default_rng(0)
    shared = draws.normal(size=(200, 1))
    x = np.concatenate([shared + 0.5 * draws.normal(size=(200, 1)), draws.normal(size=(200, 2))], 1)
    y = np.concatenate([draws.normal(size=(200, 1)), shared + 0.5 * draws.normal(size=(200, 1))], 1)
    found = canonical_correlation(x, y)
    one, other = CCA(1, max_iter=5000, tol=1e-12).fit_transform(x, y)
    assert found[0] == pytest.approx(np.corrcoef(one.ravel(), other.ravel())[0, 1], abs=1e-4)
    np.testing.assert_allclose(canonical_correlation(x @ draws.normal(size=(3, 3)), y), found, atol=1e-8)


def test_the_report_is_text_in_both_languages():
    found = who_leads(*pair(1), surrogates=5)
    assert "The first leads" in str(found) and "p < 0.001" in str(found)
    with using("zh"):
        assert "第一方领先" in str(found)


REFUSED = {
    "game": (lambda: play(game="chess"), UnknownName, 'unknown game "chess"'),
    "player": (lambda: play("tit_for_tatt"), UnknownName, 'did you mean "tit_for_tat"'),
    "no player": (lambda: play(7), InvalidValue, "7 is no player"),
    "steps": (lambda: play(steps=0), InvalidValue, r"play\(steps=0\)"),
    "discount": (lambda: play(discount=0.0), InvalidValue, "above 0 and up to 1"),
    "outputs": (lambda: play(pl.Dense(3)), InvalidValue, "one output for each of 2 actions"),
    "strategy": (
        lambda: play("tit_for_tat", game=MatrixGame(((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))),
        InvalidValue,
        "know two actions",
    ),
    "ragged": (lambda: MatrixGame(((1.0,), (1.0, 2.0))), ShapeError, "at least two actions"),
    "square": (lambda: MatrixGame(((1.0, 2.0, 3.0), (1.0, 2.0, 3.0))), ShapeError, "payoffs of both"),
    "two shapes": (lambda: MatrixGame(((1.0, 2.0), (1.0, 2.0)), ((1.0, 2.0),)), ShapeError, "of one shape"),
    "infinite": (lambda: MatrixGame(((np.inf, 2.0), (1.0, 2.0))), InvalidValue, "must be finite"),
    "probability": (lambda: MemoryOne(2.0, (0, 0, 0, 0)), InvalidValue, "give probabilities"),
    "states": (lambda: learn_signals(1), InvalidValue, r"learn_signals\(states=1\)"),
    "lengths": (lambda: who_leads(np.arange(20), np.arange(10)), ShapeError, r"\(20,\) and \(10,\)"),
    "short": (lambda: who_leads([1, 2, 3], [1, 2, 3]), ShapeError, "at least 8"),
    "constant": (lambda: granger(np.ones(50), np.arange(50)), InvalidValue, "first signal is constant"),
    "not finite": (lambda: granger(np.arange(50), np.full(50, np.nan)), InvalidValue, "second signal has values"),
    "lags": (lambda: granger(np.arange(9), np.arange(9), lags=4), InvalidValue, "9 times are too few"),
    "no lags": (lambda: granger(np.arange(9), np.arange(9), lags=0), InvalidValue, "lags=0"),
    "classes": (lambda: transfer_entropy(np.arange(9), np.arange(9), states=1), InvalidValue, "at least 2"),
    "band": (lambda: phase_locking_value(np.arange(50), np.arange(50), (0.1, 0.9)), InvalidValue, "half of the rate"),
    "units": (lambda: canonical_correlation(np.eye(8), np.eye(8)), ShapeError, "8 times for 8 and 8 units"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused_in_one_sentence(case):
    make, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        make()
