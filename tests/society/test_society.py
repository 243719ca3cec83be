"""Societies of learners: rows, roles, runs, what is measured, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plastica as pl
from plastica.errors import DataError, InvalidValue, NotFitted, PlasticaWarning, ShapeError
from plastica.society import agreement, diversity_theorem, divide_rows, graph_of
from plastica.society.row_division import rows_by

draws = np.random.default_rng(0)
CENTRES = draws.normal(size=(3, 4))
Y = np.arange(120) % 3
X = (CENTRES[Y] + 0.8 * draws.normal(size=(120, 4))).astype(np.float32)
X_TEST = (CENTRES[Y] + 0.8 * draws.normal(size=(120, 4))).astype(np.float32)
QUICK = {"epochs": 3, "batch_size": 8, "verbose": 0, "validation_data": (X_TEST, Y)}


def network(rule=None, seed=0):
    model = pl.Sequential([pl.Dense(6, activation="tanh"), pl.Dense(3, activation="softmax")], seed=seed)
    rule = {} if rule is None else {"rule": rule}
    model.compile(pl.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"], **rule)
    return model


def society(graph: Any = "ring", **options: Any) -> pl.Society:
    options = {"members": 6, **options} if isinstance(graph, str) else options
    return pl.Society(network(), graph, **options)


@pytest.fixture(scope="module")
def trained():
    made = society("ring", exchange="gossip")
    made.fit(X, Y, **QUICK)
    return made


LONELY = [[0, 1, 0], [1, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("exchange", ["gossip", "imitate", "copy"])
def test_a_member_without_neighbours_is_the_network_trained_alone_to_the_bit(exchange):
    with pytest.warns(PlasticaWarning, match="1 of 3 members have no neighbours"):
        made = society(LONELY, exchange=exchange, same_start=exchange == "gossip")
    made.fit(X, Y, **QUICK)
    alone = network(seed=2)
    alone.build((None, 4))
    if exchange == "gossip":
        alone.set_weights(first_weights())
    alone.fit(X[made.rows[2]], Y[made.rows[2]], **QUICK)
    for one, other in zip(made[2].get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert made.population[2].history == (alone.history and alone.history.history)


def first_weights():
    first = network(seed=0)
    first.build((None, 4))
    return first.get_weights()


def test_without_exchange_members_learn_what_they_learn_alone():
    made = society("ring", exchange="none", members=3)
    made.fit(X, Y, **QUICK)
    alone = network(seed=1)
    alone.fit(X[made.rows[1]], Y[made.rows[1]], **QUICK)
    for one, other in zip(made[1].get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_the_stubborn_and_the_absent_stay_as_if_nobody_spoke():
    alone = society("complete", exchange="none", same_start=True)
    alone.fit(X, Y, **QUICK)
    made = society("complete", exchange="average", stubborn=[0], absent=["5"])
    made.fit(X, Y, **QUICK)
    for place in (0, 5):
        for one, other in zip(made[place].get_weights(), alone[place].get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
    assert any((one != other).any() for one, other in zip(made[1].get_weights(), alone[1].get_weights(), strict=True))


def test_who_always_misses_meetings_learns_alone():
    alone = society("complete", exchange="none", same_start=True)
    alone.fit(X, Y, **QUICK)
    made = society("complete", exchange="average", absence=0.999999)
    made.fit(X, Y, **QUICK)
    for one, other in zip(made[0].get_weights(), alone[0].get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_members_on_a_graph_agree_more_than_members_alone(trained):
    alone = society("ring", exchange="none", same_start=True)
    alone.fit(X, Y, **QUICK)
    together = trained.history
    assert together["agreement"][-1] > alone.history["agreement"][-1]
    assert together["spread"][-1] < alone.history["spread"][-1]


def test_the_median_withstands_a_liar_that_spoils_the_mean():
    lying = {"lying": [0, 1], "members": 8}
    plain = society("complete", exchange="average", **lying)
    robust = society("complete", exchange="median", **lying)
    scores = [made.fit(X, Y, **{**QUICK, "epochs": 8}).scores[-1, 2:].mean() for made in (plain, robust)]
    assert scores[1] > scores[0] + 0.1


def test_history_and_members_are_tables(trained):
    frame, members = trained.history.to_frame(), trained.history.members()
    assert frame["epoch"].to_list() == [1, 2, 3] and frame.height == 3
    assert members["member"].to_list() == list("012345")
    np.testing.assert_allclose(frame["crowd_error"], frame["average_error"] - frame["diversity"], atol=1e-6)
    assert trained.history.opinions().min() >= 0 and trained.history.opinions().max() <= 1
    assert "3 meetings of 6 members" in repr(trained.history) and "Gossip()" in repr(trained)


def test_scores_are_those_of_the_models(trained):
    found = trained.evaluate(X_TEST, Y)
    np.testing.assert_allclose(found.scores, found.members["accuracy"], atol=1e-6)
    np.testing.assert_allclose(found.scores, trained.history.scores[-1], atol=1e-6)
    answers = trained.predict(X_TEST)
    assert found.crowd.crowd_score == pytest.approx((answers.mean.argmax(1) == Y).mean())
    assert found.crowd[2:5] == pytest.approx(tuple(diversity_theorem(answers.members, np.eye(3)[Y])), abs=1e-6)


def test_training_goes_on_and_is_repeatable(trained):
    again = society("ring", exchange="gossip")
    again.fit(X, Y, **{**QUICK, "epochs": 2})
    again.fit(X, Y, **{**QUICK, "epochs": 1})
    assert again.history.epochs.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(again.history.scores, trained.history.scores)


def test_a_resumed_society_equals_one_that_was_not_interrupted(tmp_path, trained):
    def stop(run):
        if run.step >= run.batches:
            raise KeyboardInterrupt

    options = {**QUICK, "checkpoint": tmp_path / "run", "checkpoint_seconds": 0.0}
    cut = society("ring", exchange="push_sum")
    with pytest.raises(KeyboardInterrupt):
        cut.fit(X, Y, **options, hooks=stop)
    resumed, whole = society("ring", exchange="push_sum"), society("ring", exchange="push_sum")
    resumed.fit(X, Y, **options, resume=True)
    whole.fit(X, Y, **QUICK)
    np.testing.assert_array_equal(resumed.history.scores, whole.history.scores)
    assert resumed.history.epochs.tolist() == [1, 2, 3]


def test_members_may_have_rules_of_their_own():
    made = pl.Society([network(), network("feedback_alignment")], "ring", members=4, exchange="imitate")
    made.fit(X, Y, **QUICK)
    rules = [type(model.compiled.rule).__name__ for model in made]
    assert rules == ["Backprop", "FeedbackAlignment"] * 2
    assert made.history.scores[-1].min() > 0.3


def test_meetings_are_every_so_many_epochs():
    made = society("ring", every=2)
    assert made.fit(X, Y, **{**QUICK, "epochs": 5}).epochs.tolist() == [2, 4]


@pytest.mark.parametrize("loss", ["mse", "binary_crossentropy"])
def test_amounts_and_yes_or_no_are_answers_too(loss):
    target = (X @ np.array([1.0, -1, 0.5, 0], np.float32)).astype(np.float32)
    target = target if loss == "mse" else (target > 0).astype(np.float32)
    model = pl.Sequential([pl.Dense(1, activation=None if loss == "mse" else "sigmoid")])
    model.compile(pl.optimizers.Adam(0.1), loss)
    made = pl.Society(model, "ring", members=4, exchange="successful")
    history = made.fit(X, target, epochs=15, batch_size=8, verbose=0)
    assert history.scores[-1].min() > 0.8 and history["crowd_score"][-1] > 0.85
    assert 0 < history["agreement"][-1] <= 1


def test_logits_are_read_as_probabilities():
    model = pl.Sequential([pl.Dense(3)])
    model.compile(pl.optimizers.Adam(0.05), pl.losses.SparseCategoricalCrossentropy(from_logits=True))
    made = pl.Society(model, "ring", members=3, exchange="imitate")
    made.fit(X, Y, **QUICK)
    np.testing.assert_allclose(made.history.answers.astype(float).sum(-1), 1, atol=2e-3)


def test_rows_alike_have_each_class_in_its_share():
    parts = divide_rows(120, 6, Y, None, seed=0)
    assert sorted(np.concatenate(parts)) == list(range(120))
    assert all(np.ptp(np.bincount(Y[own])) <= 1 for own in parts)


def test_skewed_rows_are_all_dealt_out_in_equal_numbers():
    parts = divide_rows(120, 6, Y, 0.05, seed=0)
    assert sorted(np.concatenate(parts)) == list(range(120)) and {len(own) for own in parts} == {20}
    most = [np.bincount(Y[own], minlength=3).max() / 20 for own in parts]
    even = [np.bincount(Y[own], minlength=3).max() / 20 for own in divide_rows(120, 6, Y, 1000.0, seed=0)]
    assert np.mean(most) > 0.75 > 0.55 > np.mean(even)


def test_rows_of_persons_are_theirs():
    by = np.repeat(["Cem", "Ann", "Ben"], 40)
    graph = graph_of([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    made = pl.Society(network(), graph, exchange="imitate")
    made.fit(X, Y, **QUICK, by=by)
    assert [own.tolist() for own in made.rows] == [list(range(40, 80)), list(range(80, 120)), list(range(40))]
    assert rows_by(["b", "a"], ["b", "a"], 2)[0].tolist() == [0]


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 6), st.integers(1, 5), st.integers(1, 3), st.integers(0, 1000))
def test_the_diversity_theorem_is_exact(members, rows, outputs, seed):
    made = np.random.default_rng(seed)
    answers, truth = made.normal(size=(members, rows, outputs)), made.normal(size=(rows, outputs))
    crowd, average, diversity = diversity_theorem(answers, truth)
    assert crowd == pytest.approx(average - diversity, abs=1e-6)
    assert crowd == pytest.approx(((answers.mean(0) - truth) ** 2).sum(-1).mean())
    assert average == pytest.approx(((answers - truth) ** 2).sum(-1).mean())


def test_agreement_is_that_of_all_pairs():
    chosen = np.random.default_rng(0).integers(0, 3, (5, 40))
    pairs = [(chosen[i] == chosen[j]).mean() for i in range(5) for j in range(i)]
    assert agreement(chosen) == pytest.approx(np.mean(pairs))


def test_influence_is_how_far_listeners_move():
    from plastica.society import SocietyHistory

    graph = graph_of([[0, 0, 0], [1, 0, 0], [0, 1, 0]])
    history = SocietyHistory(graph, "values")
    said = np.zeros((2, 3, 1, 1))
    said[0, :, 0, 0], said[1, :, 0, 0] = [1, 0, 0], [1, 0.25, 0]
    history.answers, history.epochs = said, np.array([1, 2])
    assert history.influence().tolist() == [0.25, 0, 0]


NO_MODEL: Any = "net"
REFUSED = {
    "no model": (lambda: pl.Society(NO_MODEL), InvalidValue, "give a compiled model"),
    "networks": (
        lambda: pl.Society([network(), pl.Sequential([pl.Dense(3)])], exchange="gossip"),
        InvalidValue,
        "different networks",
    ),
    "one": (lambda: society("ring", members=1), InvalidValue, "a society of 1 has nobody to learn from"),
    "every": (lambda: society(every=0), InvalidValue, r"Society\(every=0\)"),
    "skew": (lambda: society(label_skew=0), InvalidValue, "above 0, or None"),
    "absence": (lambda: society(absence=1.0), InvalidValue, "0 to below 1"),
    "role": (lambda: society(lying=[9]), InvalidValue, "9 is no member of this graph"),
    "no graph": (lambda: society(None, exchange="gossip"), InvalidValue, "goes without a graph"),
    "directed": (lambda: society([[0, 1], [0, 0]], exchange="gossip"), InvalidValue, 'exchange="push_sum"'),
    "self-loop": (lambda: society([[1, 1], [1, 0]]), InvalidValue, "joins 0 to itself"),
    "more members than rows": (
        lambda: society(members=6).fit(X[:4], Y[:4], verbose=0),
        InvalidValue,
        "6 members, but only 4 rows",
    ),
    "by": (lambda: society().fit(X, Y, verbose=0, by=Y), InvalidValue, "3 values such as '0' for 6 members"),
    "by shape": (lambda: society().fit(X, Y, verbose=0, by=Y[:3]), ShapeError, r"\(3,\) for 120 rows"),
    "by and skew": (
        lambda: society(members=3, label_skew=1.0).fit(X, Y, verbose=0, by=Y),
        InvalidValue,
        "leave out label_skew",
    ),
    "skewed amounts": (lambda: divide_rows(10, 2, None, 0.5, 0), InvalidValue, "targets are no classes"),
    "not trained": (lambda: society().predict(X), NotFitted, "call fit"),
    "not trained member": (lambda: society()[0], NotFitted, "call fit"),
    "shapes": (lambda: diversity_theorem([[1.0]], [1.0, 2.0]), ShapeError, "do not fit"),
    "pairs": (lambda: agreement([[1, 2]]), ShapeError, "from two members"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused_in_one_sentence(case):
    make, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        make()


def test_losses_and_outputs_without_one_answer_are_refused():
    model = pl.Sequential([pl.Dense(1)])
    model.compile("sgd", "hinge")
    with pytest.raises(InvalidValue, match="margins"):
        pl.Society(model, "ring", members=3).fit(X, np.sign(X[:, 0]), verbose=0)
    model = pl.Sequential([pl.Reshape((2, 2)), pl.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(DataError, match="answers along one axis"):
        pl.Society(model, "ring", members=3).fit(X, np.zeros((120, 2, 1)), verbose=0)


def test_averages_of_different_starts_are_warned_of():
    with pytest.warns(PlasticaWarning, match="same_start=False"):
        society("ring", exchange="gossip", same_start=False)


def test_trained_members_are_not_compiled_again(trained):
    with pytest.raises(InvalidValue, match="trained already"):
        trained.compile("sgd", "mse")
    fresh = society()
    fresh.compile("sgd", "sparse_categorical_crossentropy")
    assert type(fresh.given[0].compiled.optimizer).__name__ == "SGD"
