"""Opinions on graphs against closed forms and published results."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.declaration import declaration
from plastica.errors import InvalidValue, ShapeError
from plastica.society import (
    Deffuant,
    DeGroot,
    FriedkinJohnsen,
    HegselmannKrause,
    Kuramoto,
    NamingGame,
    OpinionDynamics,
    VoterModel,
    coherence,
    consensus_weights,
    count_clusters,
    echo_chambers,
    graph_of,
    polarisation,
    simulate,
    spectral_gap,
)

DIRECTED = np.array([[0, 2, 0, 0], [1, 0, 1, 0], [0, 0, 0, 3], [1, 1, 0, 0]], float)


def test_degroot_ends_at_the_mean_weighed_by_the_left_eigenvector():
    initial = np.random.default_rng(0).random(4)
    found = simulate(DeGroot(0.3), DIRECTED, steps=200, initial=initial)
    weights = consensus_weights(DIRECTED, 0.3)
    averages = graph_of(DIRECTED).matrix(0.3).toarray()
    np.testing.assert_allclose(weights @ averages, weights, atol=1e-12)
    np.testing.assert_allclose(found.final, weights @ initial, rtol=1e-5)
    assert 0 < found.consensus_steps < 60


def test_degroot_equals_powers_of_the_matrix():
    initial = np.random.default_rng(1).random(34)
    found = simulate(DeGroot(0.4), "karate_club", steps=7, initial=initial, record_every=3)
    matrix = graph_of("karate_club").matrix(0.4).toarray()
    assert found.times.tolist() == [0, 3, 6, 7]
    for time, opinions in zip(found.times, found.opinions, strict=True):
        np.testing.assert_allclose(opinions, np.linalg.matrix_power(matrix, time) @ initial, rtol=1e-5)


def test_disagreement_shrinks_by_the_spectral_gap():
    found = simulate(DeGroot(), "ring", steps=200, members=20, seed=1)
    spread = found.opinions.std(1)
    assert (spread[150] / spread[100]) ** (1 / 50) == pytest.approx(1 - spectral_gap("ring", members=20), rel=1e-3)


def test_friedkin_johnsen_ends_at_its_closed_form():
    initial = np.random.default_rng(2).random(4)
    found = simulate(FriedkinJohnsen(0.7, stubborn=(2,)), DIRECTED, steps=100, initial=initial)
    averages, open_ = graph_of(DIRECTED).matrix(0.0).toarray(), np.diag([0.7, 0.7, 0.0, 0.7])
    expected = np.linalg.solve(np.eye(4) - open_ @ averages, (np.eye(4) - open_) @ initial)
    np.testing.assert_allclose(found.final, expected, rtol=1e-5)


def test_two_stubborn_leaders_split_the_karate_club_as_it_split():
    """Mr. Hi (0) and the officer (33) hold on; the club of 32 of the other 32 members follows, but for one or two."""
    club = graph_of("karate_club")
    initial = np.full(34, 0.5)
    initial[[0, 33]] = 1, 0
    found = simulate(FriedkinJohnsen(1.0, stubborn=(0, 33)), club, steps=400, initial=initial)
    predicted, split = found.final > 0.5, club.groups == club.groups[0]
    assert (predicted == split).sum() >= 33  # Zachary 1977: all but one
    assert echo_chambers(found.final, club) > 0.3


@pytest.mark.parametrize("confidence", [0.08, 0.12, 0.17])
def test_bounded_confidence_leaves_about_one_in_two_confidences(confidence):
    even = np.linspace(0, 1, 301)
    found = simulate(HegselmannKrause(confidence), "complete", steps=60, members=301, initial=even, record_every=60)
    expected = 1 / (2 * confidence)
    assert abs(count_clusters(found.final, smallest=0.03) - expected) <= 0.35 * expected


def test_wide_confidence_leaves_one_cluster():
    found = simulate(HegselmannKrause(0.25), "complete", steps=30, members=101, initial=np.linspace(0, 1, 101))
    assert count_clusters(found.final) == 1 and found.consensus_steps > 0


@pytest.mark.parametrize(("confidence", "clusters"), [(0.5, 1), (0.2, 2), (0.1, 5)])
def test_deffuant_leaves_the_clusters_of_the_paper(confidence, clusters):
    found = simulate(Deffuant(confidence), "complete", steps=150, members=400, runs=4, record_every=150)
    counts = [count_clusters(run, smallest=0.05) for run in found.final]
    assert abs(np.median(counts) - clusters) <= 0.5
    np.testing.assert_allclose(found.final.mean(1), found.opinions[:, 0].mean(1), atol=1e-4)  # meetings keep the mean


def agreement_time(members):
    """The expected steps to agreement from half and half, by the chain of the number of members with opinion 1."""
    inside = np.arange(1, members)
    move = inside / members * (members - inside) / (members - 1)
    chain = np.diag(2 * move) - np.diag(move[:-1], 1) - np.diag(move[1:], -1)
    return np.linalg.solve(chain, np.ones(members - 1))[members // 2 - 1] / members


def test_voters_agree_in_the_time_of_their_chain():
    members, half = 16, np.repeat([0, 1], 8)
    found = simulate(VoterModel(), "complete", steps=200, members=members, initial=half, runs=1000, record_every=200)
    assert (found.consensus_steps >= 0).mean() > 0.999
    # Agreement is seen at the end of a step, half a step late on average.
    assert found.consensus_steps.mean() - 0.5 == pytest.approx(agreement_time(members), rel=0.06)
    assert agreement_time(400) == pytest.approx(400 * np.log(2), rel=0.01)  # Sood and Redner 2005
    assert found.final[:, 0].mean() == pytest.approx(0.5, abs=0.05)  # the mean opinion is kept


def test_voters_who_innovate_never_agree_for_long():
    found = simulate(VoterModel(opinions_count=50, innovation=0.5), "complete", steps=50, members=40)
    assert len(np.unique(found.final)) > 5


@pytest.mark.parametrize(("coupling", "expected"), [(0.5, 0.0), (2.0, np.sqrt(0.5)), (4.0, np.sqrt(0.75))])
def test_kuramoto_is_in_step_above_the_critical_coupling(coupling, expected):
    """Half width 0.5: the critical coupling is 1, and above it r = sqrt(1 - 1 / coupling)."""
    found = simulate(Kuramoto(coupling, spread=0.5, step_size=0.1), "complete", steps=600, members=150, record_every=20)
    measured = np.mean([coherence(phases) for phases in found.opinions[15:]])
    assert measured == pytest.approx(expected, abs=0.05) or (expected == 0 and measured < 0.2)


def test_two_oscillators_lock_at_the_angle_of_their_frequencies():
    """d phi / dt = dw - 2 K sin(phi) / 1: locked at sin(phi) = dw / (2 K), here with one neighbour each."""
    found = simulate(Kuramoto(1.0, spread=0.8), [[0, 1], [1, 0]], steps=800, seed=3)
    difference = 2 * 0.8  # quantiles 1/4 and 3/4 of the Lorentz distribution: plus and minus the half width
    angle = np.abs(np.angle(np.exp(1j * np.diff(found.final))))[0]
    assert np.sin(angle) == pytest.approx(difference / 2, abs=1e-3)


def test_names_are_agreed_on_at_the_published_scale():
    few, many = (
        simulate(NamingGame(), "complete", steps=steps, members=members, runs=6)
        for members, steps in ((20, 120), (80, 240))
    )
    for found in (few, many):
        assert (found.consensus_steps > 0).all()
        assert (found.final.sum((1, 2)) == len(found.graph)).all()
    words = [found.opinions.sum((2, 3)).max(1).mean() for found in (few, many)]
    assert np.log(words[1] / words[0]) / np.log(4) == pytest.approx(1.5, abs=0.25)


def test_a_committed_minority_decides_the_name():
    found = simulate(NamingGame(commitment=0.2), "complete", steps=150, members=30)
    np.testing.assert_array_equal(found.final, np.eye(1, 30).repeat(30, 0))


def test_runs_differ_and_are_repeatable():
    runs = simulate(VoterModel(), "ring", steps=5, members=12, runs=3)
    again = simulate(VoterModel(), "ring", steps=5, members=12, runs=3)
    np.testing.assert_array_equal(runs.opinions, again.opinions)
    assert not (runs.opinions[0] == runs.opinions[1]).all()
    np.testing.assert_array_equal(runs.opinions[0], simulate(VoterModel(), "ring", steps=5, members=12).opinions)


def test_measures_of_agreement_are_those_of_their_formulas():
    x = np.array([0.0, 0.2, 0.9, 1.0])
    assert polarisation(x) == pytest.approx(4 * x.var())
    assert np.isnan(echo_chambers(np.ones(4), graph_of("ring", members=4)))
    assert echo_chambers([0, 1, 0, 1], graph_of("ring", members=4)) == pytest.approx(-1)
    assert count_clusters([0, 0, 0, 1], smallest=0.5) == 1


def test_a_model_of_ones_own_is_a_declaration_with_a_step():
    @declaration
    class Loudest(OpinionDynamics):
        def step(self, state, edges, key):
            return state.at[:].set(state.max())

    assert simulate(Loudest(), "ring", steps=1, members=3, initial=[1, 5, 2]).final.tolist() == [5, 5, 5]


REFUSED = {
    "weight": (lambda: DeGroot(1.5), InvalidValue, r"DeGroot\(self_weight=1.5\): give a number from 0 to 1"),
    "confidence": (lambda: Deffuant(0.0), InvalidValue, "above 0 and up to 1"),
    "rate": (lambda: Deffuant(0.2, rate=2.0), InvalidValue, "rate=2.0"),
    "hegselmann": (lambda: HegselmannKrause(-1.0), InvalidValue, "confidence=-1.0"),
    "opinions": (lambda: VoterModel(opinions_count=1), InvalidValue, "at least 2"),
    "coupling": (lambda: Kuramoto(coupling=-1.0), InvalidValue, "at least 0"),
    "commitment": (lambda: NamingGame(1.0), InvalidValue, "to below 1"),
    "stubborn": (lambda: FriedkinJohnsen(stubborn=(-1,)), InvalidValue, "numbers of members"),
    "not there": (
        lambda: simulate(FriedkinJohnsen(stubborn=(9,)), "ring", steps=1, members=5),
        InvalidValue,
        "numbered 0 to 4",
    ),
    "steps": (lambda: simulate(DeGroot(), "ring", steps=0), InvalidValue, r"simulate\(steps=0\)"),
    "dynamics": (lambda: simulate("degroot", "ring", steps=1), InvalidValue, r"give dynamics such as DeGroot\(\)"),
    "length": (lambda: simulate(DeGroot(), "ring", steps=1, initial=[1, 2]), ShapeError, "for 20 members"),
    "missing": (
        lambda: simulate(DeGroot(), "ring", steps=1, members=2, initial=[1, np.nan]),
        InvalidValue,
        "finite numbers",
    ),
    "memory": (lambda: simulate(DeGroot(), "ring", steps=10**9), InvalidValue, "larger record_every"),
    "two axes": (lambda: polarisation(np.ones((2, 2))), ShapeError, r"\(2, 2\)"),
    "other graph": (lambda: echo_chambers([1, 2], graph_of("ring")), ShapeError, "2 opinions for 20 members"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused_in_one_sentence(case):
    make, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        make()
