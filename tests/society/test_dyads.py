"""Two that act together: the best follower, planted leaders, exchanged partners, and what is refused."""

from __future__ import annotations

import io
import sys
from typing import Any

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, ShapeError
from plastica.language import using
from plastica.society import DyadRecording, dyad_synchrony, joint_action, least_error, phase_locking_value, play
from plastica.society.mirror_game import movement_scores, roles_over_time


@pytest.fixture(scope="module")
def mirror():
    """The first leads, the second learns to imitate it."""
    return joint_action(steps=300, seed=2)


def test_scores_have_the_variance_one_and_the_innovation_that_is_known():
    scores = movement_scores(np.random.default_rng(0), 4, 64, 200).astype(float)  # sets, times, trials, movers
    assert scores.var() == pytest.approx(1, abs=0.05)
    past, now = np.stack([scores[:, 1:-1].ravel(), scores[:, :-2].ravel()], 1), scores[:, 2:].ravel()
    found = np.linalg.lstsq(past, now, rcond=None)
    assert found[1][0] / len(now) == pytest.approx(least_error(), rel=0.02)
    np.testing.assert_allclose(found[0], [2 * 0.95 * np.cos(2 * np.pi / 20), -(0.95**2)], atol=0.01)


def test_the_best_follower_is_wrong_by_the_innovation_of_its_leader(mirror):
    late = mirror.movements[:, 10:].astype(float)  # at first there is nothing to predict from
    error = ((late[..., 1] - late[..., 0]) ** 2).mean()
    assert least_error() * 0.75 < error < least_error() * 1.25
    assert ((late[..., 0] - mirror.scores[:, 10:, 0]) ** 2).mean() < 0.01


def test_the_leader_of_the_mirror_game_is_found(mirror):
    found = dyad_synchrony(mirror.recording(), surrogates=20)
    assert found.canonical is not None
    assert found.leader == "first" and found.leaders["first"] >= 24
    assert found.transfer[0] > found.transfer[1] and found.granger[0] > 5 * found.granger[1]
    for figure in (found.correlation, found.phase_locking, found.canonical):
        assert figure.value > figure.chance
    assert found.locking_over_time[20:].mean() > found.locking_by_chance[20:].mean() + 0.2


def test_roles_are_exchanged_in_turns():
    leads = joint_action(leading="turns", steps=1, times=20, trials=2, turn=5).leads
    assert leads[:, 0].tolist() == ([True] * 5 + [False] * 5) * 2 and (leads.sum(1) == 1).all()
    assert roles_over_time("both", 20, 5).all() and not roles_over_time("second", 20, 5)[:, 0].any()


def waves(lag, trials=12, times=200, noise=0.3, seed=0):
    """Noisy waves of which the second follows the first, with phases of their own in each trial."""
    draws = np.random.default_rng(seed)
    start = draws.uniform(0, 2 * np.pi, (trials, 1))
    angle = (
        start + 2 * np.pi * np.arange(-lag, times) / 25 + np.cumsum(0.1 * draws.normal(size=(trials, times + lag)), 1)
    )
    first, second = np.sin(angle[:, lag:]), np.sin(angle[:, :times])
    return (each + noise * draws.normal(size=each.shape) for each in (first, second))


def test_a_planted_lag_is_found_and_exchanged_partners_do_not_have_it():
    found = dyad_synchrony(DyadRecording(*waves(4), rate=10.0), surrogates=30)
    assert found.lag == 4 and found.phase_locking.value > 0.8 > found.phase_locking.chance
    assert np.median(found.phase_difference) == pytest.approx(-2 * np.pi * 4 / 25, abs=0.15)
    assert found.canonical is None and found.variates is None
    apart = dyad_synchrony(DyadRecording(next(waves(4)), next(waves(4, seed=1))), surrogates=30)
    assert apart.phase_locking.value < apart.phase_locking.chance + 0.05


def test_synchrony_across_trials_is_that_of_lachaux():
    first, second = waves(3)
    found = dyad_synchrony(DyadRecording(first, second), surrogates=2)
    turned = np.exp(1j * found.phase_difference)
    np.testing.assert_allclose(found.locking_over_time, np.abs(turned.mean(0)), atol=1e-9)
    each = [phase_locking_value(x, y) for x, y in zip(first, second, strict=True)]
    assert found.phase_locking.value == pytest.approx(np.mean(each))


def test_one_trial_is_compared_with_itself_shifted_in_time():
    first, second = (each[:1] for each in waves(2, times=600))
    found = dyad_synchrony(DyadRecording(first, second), surrogates=30)
    assert found.phase_locking.value > found.phase_locking.chance
    assert len(found.locking_over_time) == 600 and len(found.reports) == 1


def test_what_two_states_have_in_common_is_found():
    draws = np.random.default_rng(0)
    shared = draws.normal(size=(10, 80, 1))
    noisy = [shared + 0.1 * draws.normal(size=shared.shape) for _ in range(2)]
    one, other = (np.concatenate([each, draws.normal(size=(10, 80, 3))], 2) for each in noisy)
    found = dyad_synchrony(DyadRecording(one[..., 1], other[..., 1], one, other), surrogates=20)
    assert found.canonical is not None and found.variates is not None
    assert found.canonical.value > 0.98 and found.canonical.chance < 0.4
    one, other = found.variates.reshape(2, -1)
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(found.canonical.value, abs=1e-6)
    assert abs(np.corrcoef(one, shared.ravel())[0, 1]) > 0.98


def test_games_are_recorded_as_how_much_the_first_action_is_favoured():
    hidden = pl.Sequential([pl.Dense(8, activation="tanh"), pl.Dense(2)])
    found = play(hidden, hidden, steps=3, rounds=30, games=30)
    recording = found.recording()
    assert recording.first.shape == (30, 30)
    together = dyad_synchrony(recording, surrogates=20).canonical
    assert together is not None and together.value > together.chance


def test_a_terminal_shows_the_steps_of_learning_which_are_the_same_with_a_line_and_without(monkeypatch):
    class Screen(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys, "stdout", screen := Screen())
    given = {"steps": 50, "times": 20, "trials": 4}
    shown, silent = joint_action(**given), joint_action(**given, verbose=0)
    assert "Step " in screen.getvalue() and "/50" in screen.getvalue()
    np.testing.assert_array_equal(shown.errors, silent.errors)
    np.testing.assert_array_equal(shown.movements, silent.movements)


def test_a_dyad_is_drawn_in_both_languages(mirror, tmp_path):
    found = dyad_synchrony(mirror.recording(), surrogates=2)
    drawing = found.plot(tmp_path / "dyad.png")
    assert (tmp_path / "dyad.png").stat().st_size > 5000 and "leader first" in repr(found)
    assert [axes.get_ylabel() for axes in drawing.axes][1] == "phase locking value"
    with using("zh"):
        assert found.plot().axes[1].get_ylabel() in ("锁相值", "phase locking value")


def dyad(*shapes, fill=None):
    draws = np.random.default_rng(0)
    made = [draws.normal(size=shape) for shape in shapes]
    if fill is not None:
        made[0][:] = fill
    return made


THIRD: Any = "third"
REFUSED = {
    "leading": (lambda: joint_action(leading=THIRD), InvalidValue, "expected first, second, turns, both"),
    "times": (lambda: joint_action(times=3), InvalidValue, r"times=3\).*at least 8"),
    "rate": (lambda: joint_action(learning_rate=0.0), InvalidValue, "above 0"),
    "no network": (lambda: joint_action("tit_for_tat"), InvalidValue, "is no network"),
    "no memory": (lambda: joint_action(pl.Dense(1)), InvalidValue, "with a memory and one output a step"),
    "outputs": (lambda: joint_action(pl.GRU(3, return_sequences=True)), InvalidValue, r"shape \(100, 3\)"),
    "shapes": (lambda: dyad_synchrony(DyadRecording(*dyad((2, 30), (3, 30)))), ShapeError, r"\(2, 30\) and \(3, 30\)"),
    "short": (lambda: dyad_synchrony(DyadRecording(*dyad((2, 5), (2, 5)))), ShapeError, "at least 8 times"),
    "states": (
        lambda: dyad_synchrony(DyadRecording(*dyad((2, 30), (2, 30), (2, 29, 3), (2, 29, 3)))),
        ShapeError,
        r"\(trials, times, units\)",
    ),
    "still": (
        lambda: dyad_synchrony(DyadRecording(*dyad((2, 30), (2, 30), fill=1.0))),
        InvalidValue,
        "first is constant",
    ),
    "missing": (
        lambda: dyad_synchrony(DyadRecording(*dyad((2, 30), (2, 30), fill=np.nan))),
        InvalidValue,
        "signal of first has values that are not finite",
    ),
    "band": (
        lambda: dyad_synchrony(DyadRecording(*dyad((2, 60), (2, 60))), band=(0.1, 0.9)),
        InvalidValue,
        "half of the rate",
    ),
    "band of short signals": (
        lambda: dyad_synchrony(DyadRecording(*dyad((2, 20), (2, 20))), band=(0.1, 0.3)),
        InvalidValue,
        "20 times are too few for a band",
    ),
    "sampling": (lambda: dyad_synchrony(DyadRecording(*dyad((2, 30), (2, 30)), rate=0.0)), InvalidValue, "rate is 0.0"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused_in_one_sentence(case):
    make, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        make()
