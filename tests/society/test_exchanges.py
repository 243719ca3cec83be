"""What members do when they meet, against formulas: averages, robust averages, copies, lessons."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import trim_mean

from plastica import random
from plastica.errors import InvalidValue, UnknownName
from plastica.layers import Dense
from plastica.society import (
    Alone,
    CopyTheBetter,
    Gossip,
    Imitation,
    Meeting,
    PushSum,
    RobustAveraging,
    Teaching,
    WeightAveraging,
    exchange_named,
    graph_of,
    spectral_gap,
)
from plastica.society.speaker import Speaker

SPEAKER = Speaker(Dense(3, "softmax"), "classes")
DIRECTED = [[0, 2, 0, 0], [1, 0, 1, 0], [0, 0, 0, 3], [1, 1, 0, 0]]
rng = np.random.default_rng(0)


@jax.jit
def asked(params, topics):
    return jax.vmap(partial(SPEAKER.answer, state={}, x=topics))(params)


meet = jax.jit(lambda exchange, now, memory, key: exchange.meet(SPEAKER, now, memory, key))


def meeting(graph, weights=None, payoff=None, said=None, success=None):
    """A meeting of softmax layers with two inputs, at half of the run."""
    count = len(graph)
    if weights is None:
        kernels = rng.normal(size=(count, 2, 3)).astype(np.float32)
        weights = {"kernel": kernels, "bias": np.zeros((count, 3), np.float32)}, {}
    topics = np.random.default_rng(1).normal(size=(30, 2)).astype(np.float32)
    own = asked(weights[0], topics)
    edges = graph.edge_list()._replace(weights=graph.weights[0])
    score = np.zeros(count, np.float32) if payoff is None else np.asarray(payoff, np.float32)
    success = score if success is None else np.asarray(success, np.float32)
    return Meeting(edges, weights, said or weights, topics, own, own, score, success, jnp.float32(0.5))


def met(exchange, graph, times=1, **given):
    """The kernels after meetings, and the memory."""
    memory, now = exchange.begin(graph), meeting(graph, **given)
    for time in range(times):
        weights, memory = meet(exchange, now, memory, random.fold(random.seed_key(0), time))
        now = meeting(graph, **{**given, "weights": weights})
    return np.asarray(now.weights[0]["kernel"]), memory


def kernels(count, seed=3):
    return np.random.default_rng(seed).normal(size=(count, 2, 3)).astype(np.float32)


def of(kernel):
    return {"kernel": kernel, "bias": np.zeros((len(kernel), 3), np.float32)}, {}


def test_averages_are_those_of_the_matrix():
    graph, before = graph_of(DIRECTED), kernels(4)
    after, _ = met(WeightAveraging(0.3), graph, weights=of(before))
    expected = np.einsum("ij,jkl->ikl", graph.matrix(0.3).toarray(), before)
    np.testing.assert_allclose(after, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["ring", "star", "karate_club", "small_world"])
def test_gossip_keeps_the_mean(name):
    graph = graph_of(name, members=None if name == "karate_club" else 15)
    before = kernels(len(graph))
    after, _ = met(Gossip(), graph, times=3, weights=of(before))
    np.testing.assert_allclose(after.mean(0), before.mean(0), atol=1e-6)
    assert after.std(0).max() < before.std(0).max()


def test_push_sum_finds_the_mean_where_averages_do_not():
    graph, before = graph_of(DIRECTED), kernels(4)
    after, memory = met(PushSum(), graph, weights=of(before))
    np.testing.assert_allclose((memory[:, None, None] * after).sum(0), before.sum(0), rtol=1e-5, atol=1e-5)
    after, _ = met(PushSum(), graph, times=60, weights=of(before))
    np.testing.assert_allclose(after, np.broadcast_to(before.mean(0), after.shape), atol=1e-4)
    biased, _ = met(WeightAveraging(), graph, times=60, weights=of(before))
    assert np.abs(biased - before.mean(0)).max() > 0.01


def test_weights_come_together_by_the_spectral_gap():
    graph = graph_of("ring", members=12)
    spreads = [met(WeightAveraging(), graph, times=times, weights=of(kernels(12)))[0].std(0) for times in (30, 40)]
    np.testing.assert_allclose((spreads[1] / spreads[0]) ** 0.1, 1 - spectral_gap(graph), rtol=0.01)


def test_sums_by_matrix_and_by_edge_agree():
    graph, values = graph_of("complete", members=9), kernels(9)
    dense = graph.edge_list()._replace(weights=graph.weights[0])
    kept = 9 * 9 // 8 - 1  # too few edges for a matrix
    sparse = dense._replace(
        senders=dense.senders[:kept], receivers=dense.receivers[:kept], weights=dense.weights[:kept]
    )
    wanted = np.zeros_like(values)
    np.add.at(wanted, sparse.receivers, values[sparse.senders])
    np.testing.assert_allclose(sparse.weighted(jnp.asarray(values)), wanted, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(dense.weighted(jnp.asarray(values)), values.sum(0) - values, rtol=1e-4, atol=1e-5)


def test_median_and_trimmed_mean_are_those_of_numpy_and_scipy():
    graph, before = graph_of("complete", members=7), kernels(7)
    median, _ = met(RobustAveraging("median"), graph, weights=of(before))
    np.testing.assert_allclose(median, np.broadcast_to(np.median(before, 0), before.shape), atol=1e-6)
    trimmed, _ = met(RobustAveraging("trimmed", faulty=2), graph, weights=of(before))
    np.testing.assert_allclose(trimmed[0], trim_mean(before, 2 / 7), atol=1e-6)


def test_krum_takes_the_one_with_the_nearest_others():
    graph, before = graph_of("complete", members=6), kernels(6)
    after, _ = met(RobustAveraging("krum", faulty=1), graph, weights=of(before))
    flat = before.reshape(6, -1)
    apart = np.sort(((flat[:, None] - flat[None]) ** 2).sum(-1), 1)[:, 1:]  # without itself
    best = apart[:, : 6 - 1 - 2].sum(1).argmin()
    np.testing.assert_allclose(after[0], before[best], atol=1e-6)


@pytest.mark.parametrize("kind", ["median", "trimmed", "krum"])
def test_a_liar_spoils_the_mean_and_not_robust_averages(kind):
    graph = graph_of("complete", members=8)
    before = 1 + 0.01 * kernels(8)
    said = before.copy()
    said[0] = -100
    plain, _ = met(WeightAveraging(), graph, weights=of(before), said=of(said))
    robust, _ = met(RobustAveraging(kind), graph, weights=of(before), said=of(said))
    assert np.abs(robust[1:] - 1).max() < 0.1 < np.abs(plain[1:] - 1).min()


def test_few_neighbours_do_with_what_they_have():
    graph = graph_of([[0, 1, 0], [1, 0, 0], [0, 1, 0]])
    for kind in ("median", "trimmed", "krum"):
        after, _ = met(RobustAveraging(kind, faulty=3), graph)
        assert np.isfinite(after).all()


EXCHANGES = [
    WeightAveraging(), Gossip(), PushSum(), RobustAveraging(), RobustAveraging("krum"), CopyTheBetter(), Imitation(),
    Imitation("trusted"), Teaching(), Alone(),
]  # fmt: skip


@pytest.mark.parametrize("exchange", EXCHANGES, ids=repr)
def test_a_member_without_neighbours_keeps_every_bit(exchange):
    graph, before = graph_of([[0, 1, 0], [1, 0, 0], [0, 0, 0]]), kernels(3)
    after, _ = met(exchange, graph, weights=of(before), payoff=[0.2, 0.9, 0.5])
    np.testing.assert_array_equal(after[2], before[2])
    assert exchange in (Alone(), RobustAveraging("krum")) or (after[:2] != before[:2]).any()


def test_the_better_are_copied_bit_for_bit():
    graph, before = graph_of("complete", members=10), kernels(10)
    payoff = np.linspace(0.1, 0.9, 10)
    after, _ = met(CopyTheBetter(selection=1000.0), graph, weights=of(before), payoff=payoff)
    chosen = [next(place for place in range(10) if (after[i] == before[place]).all()) for i in range(10)]
    assert (np.array(chosen) >= np.arange(10)).all() and chosen[9] == 9 and len(set(chosen)) < 10


def test_without_selection_half_are_copied_at_random():
    graph, before = graph_of("ring", members=400), kernels(400)
    after, _ = met(CopyTheBetter(selection=0.0, only_better=False), graph, weights=of(before))
    assert (after != before).any((1, 2)).mean() == pytest.approx(0.5, abs=0.08)


def test_mutations_have_the_deviation_asked_for():
    graph, before = graph_of("star", members=200), kernels(200)
    payoff = np.zeros(200)
    payoff[0] = 1
    after, _ = met(CopyTheBetter(mutation=0.1), graph, weights=of(before), payoff=payoff)
    assert (after[1:] - before[0]).std() == pytest.approx(0.1, rel=0.1)


def apart(weights, wanted):
    """The mean cross-entropy of each member to answers."""
    now = meeting(graph_of("complete", members=len(weights)), weights=of(weights))
    return np.asarray(jax.vmap(SPEAKER.difference)(now.own, wanted)).mean(1), now


def test_imitation_comes_nearer_to_what_neighbours_say():
    graph, before = graph_of("complete", members=5), kernels(5)
    _, now = apart(before, jnp.zeros((5, 30, 3)))
    wanted = (now.own.sum(0) - now.own) / 4
    after, _ = met(Imitation(learning_rate=0.3), graph, weights=of(before))
    assert (apart(after, wanted)[0] < apart(before, wanted)[0]).all()
    # One step is the gradient of the cross-entropy of softmax: x^T (p - t) / rows.
    after, _ = met(Imitation(steps=1, learning_rate=1.0), graph, weights=of(before))
    slope = np.einsum("ri,mro->mio", now.topics, np.asarray(now.own - wanted)) / 30
    np.testing.assert_allclose(after, before - slope, rtol=1e-3, atol=1e-5)


def test_who_is_certain_does_not_ask():
    graph, before = graph_of("complete", members=4), kernels(4)
    after, _ = met(Imitation(when="uncertain", certainty=0.0), graph, weights=of(before))
    np.testing.assert_array_equal(after, before)


def test_majorities_count_more_than_their_share():
    said = jnp.array([[0.6, 0.3, 0.1]])
    np.testing.assert_allclose(SPEAKER.sharpened(said, 2.0)[0], np.array([0.36, 0.09, 0.01]) / 0.46, rtol=1e-5)
    labels = Speaker(Dense(1, "sigmoid"), "labels")
    np.testing.assert_allclose(labels.sharpened(jnp.array([[0.8]]), 2.0), [[0.64 / 0.68]], rtol=1e-5)


@pytest.mark.parametrize("whom", ["successful", "trusted"])
def test_the_successful_are_followed_by_their_score(whom):
    graph, before = graph_of("complete", members=4), kernels(4)
    payoff = np.array([0.1, 0.2, 0.1, 0.5])
    exchange = Imitation(whom, focus=5.0, steps=1, learning_rate=1.0)
    after, _ = met(exchange, graph, weights=of(before), payoff=payoff)
    now, weights = meeting(graph, weights=of(before)), np.exp(5 * payoff) * (1 - np.eye(4))
    wanted = np.einsum("ij,jro->iro", weights / weights.sum(1, keepdims=True), now.own)
    slope = np.einsum("ri,mro->mio", now.topics, np.asarray(now.own) - wanted) / 30
    np.testing.assert_allclose(after, before - slope, rtol=1e-3, atol=1e-5)


def test_trust_sees_through_who_boasts():
    """A liar claims the best score; what it says is wrong, and trust falls meeting by meeting."""
    graph, before = graph_of("complete", members=4), kernels(4)
    boast, truth = [1.0, 0.8, 0.8, 0.8], [0.1, 0.8, 0.8, 0.8]
    _, memory = met(Imitation("trusted"), graph, times=3, weights=of(before), payoff=boast, success=truth)
    np.testing.assert_allclose(memory[0], truth, rtol=1e-5)


def test_teachers_are_the_best_neighbours_and_learn_nothing_themselves():
    graph, before = graph_of("ring", members=5), kernels(5)
    payoff = [0.9, 0.1, 0.2, 0.3, 0.4]
    after, _ = met(Teaching(start=1.0, learning_rate=0.3), graph, weights=of(before), payoff=payoff)
    np.testing.assert_array_equal(after[0], before[0])
    _, now = apart(before, jnp.zeros((5, 30, 3)))
    best = [0, 0, 3, 4, 0]
    wanted = now.own[jnp.array(best)]
    assert (apart(after, wanted)[0][1:] < apart(before, wanted)[0][1:]).all()


def test_lies_are_the_opposite_and_still_probabilities():
    said = jnp.array([[[0.7, 0.2, 0.1]]])
    lie = SPEAKER.opposite(said)
    assert lie.argmax(-1)[0, 0] == 2 and lie.argmin(-1)[0, 0] == 0
    assert float(lie.sum()) == pytest.approx(1)
    np.testing.assert_allclose(Speaker(Dense(1), "values").opposite(said), -said)


REFUSED = {
    "name": (lambda: exchange_named("gosip"), UnknownName, 'did you mean "gossip"'),
    "class": (lambda: exchange_named(Gossip), InvalidValue, r"write Gossip\(\)"),
    "number": (lambda: exchange_named(3), InvalidValue, "exchange=3"),
    "kind": (lambda: RobustAveraging("mean"), InvalidValue, "expected median, trimmed, krum"),
    "faulty": (lambda: RobustAveraging(faulty=-1), InvalidValue, "at least 0"),
    "whom": (lambda: Imitation("everyone"), InvalidValue, r"Imitation\(whom='everyone'\)"),
    "when": (lambda: Imitation(when="never"), InvalidValue, r"always or uncertain"),
    "conformity": (lambda: Imitation(conformity=0.0), InvalidValue, "conformity is above 0"),
    "steps": (lambda: Imitation(steps=0), InvalidValue, "at least one step"),
    "rate": (lambda: Teaching(learning_rate=0.0), InvalidValue, "learning rate above 0"),
    "start": (lambda: Teaching(start=0.0), InvalidValue, "start=0.0"),
    "selection": (lambda: CopyTheBetter(-1.0), InvalidValue, "at least 0"),
    "self_weight": (lambda: WeightAveraging(2.0), InvalidValue, "from 0 to 1"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused_in_one_sentence(case):
    make, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        make()
