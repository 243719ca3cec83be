"""Meetings within epochs: against meetings between them, one network with both halves of each batch, and when cut."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, PlasticaWarning
from plastica.society import Gossip, WeightAveraging
from tests.society.test_society import QUICK, X, Y, network, society

A_RUN = {**QUICK, "epochs": 3}  # 6 members with 20 rows each: 3 batches an epoch


def test_meetings_after_all_steps_of_an_epoch_are_those_between_epochs():
    within, between = (society("ring", exchange="gossip", **given) for given in ({"every_steps": 3}, {}))
    for made in (within, between):
        made.fit(X, Y, **A_RUN)
    np.testing.assert_allclose(within.history.scores, between.history.scores, atol=1e-6)
    for one, other in zip(within[2].get_weights(), between[2].get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("moments", [True, False])
def test_two_who_average_after_each_step_are_one_network_with_both_halves_of_each_batch(moments):
    """Weights and momentum are linear in the gradients, whose mean is that of the whole batch."""

    def model():
        made = pl.Sequential([pl.Dense(3, activation="softmax")])
        made.compile(pl.optimizers.SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy")
        return made

    given = {"epochs": 2, "verbose": 0, "shuffle": False}
    exchange = WeightAveraging(0.5, moments=moments)
    two = pl.Society(model(), [[0, 1], [1, 0]], exchange=exchange, every_steps=1, same_start=True)
    two.fit(X, Y, 10, by=np.arange(120) % 2, **given)
    whole = model()
    whole.fit(X, Y, 20, **given)
    apart = max(np.abs(a - b).max() for a, b in zip(two[0].get_weights(), whole.get_weights(), strict=True))
    assert apart < 2e-6 if moments else apart < 1e-5  # averaged weights undo what moments differ by


def test_a_run_that_was_cut_within_an_epoch_ends_with_the_same_bits(tmp_path):
    def stop(run):
        if run.step >= 4:
            raise KeyboardInterrupt

    def made():
        return society("ring", exchange="push_sum", every_steps=2)

    options = {**A_RUN, "checkpoint": tmp_path / "run", "checkpoint_seconds": 0.0}
    with pytest.raises(KeyboardInterrupt):
        made().fit(X, Y, **options, hooks=stop, callbacks=EachBatch())
    resumed, whole = made(), made()
    resumed.fit(X, Y, **options, resume=True, callbacks=EachBatch())
    whole.fit(X, Y, **A_RUN)
    np.testing.assert_array_equal(resumed.history.scores, whole.history.scores)
    for one, other in zip(resumed[1].get_weights(), whole[1].get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


class EachBatch(pl.Callback):
    """Looks at each batch, so that each call is of one step."""

    def on_train_batch_end(self, batch, logs=None):
        pass


class Spoil(pl.Callback):
    """Makes the weights of a member infinite before the second epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            self.model.set_weights([np.full_like(each, np.inf) for each in self.model.get_weights()])


def test_a_member_whose_numbers_are_not_finite_is_not_heard():
    made = society("complete", exchange="average", every_steps=2)
    with pytest.warns(PlasticaWarning, match="1 of 6 members"):
        made.fit(X, Y, **A_RUN, callbacks=lambda place: [Spoil()] if place == 2 else [])
    assert list(made.population.failed) == [2]
    assert all(np.isfinite(each).all() for place in (0, 1, 3, 4, 5) for each in made[place].get_weights())
    assert made.history.scores[-1, [0, 1, 3]].min() > 0.3


def test_two_runs_are_one_of_their_length():
    twice, once = (society("ring", exchange="imitate", every_steps=2) for _ in range(2))
    for epochs in (1, 2):
        twice.fit(X, Y, **{**A_RUN, "epochs": epochs})
    once.fit(X, Y, **A_RUN)
    np.testing.assert_array_equal(twice[3].get_weights()[0], once[3].get_weights()[0])
    assert twice.history.epochs.tolist() == [1, 2, 3]


REFUSED = {
    "both": (lambda: society(every=2, every_steps=3), "give epochs or steps, not both"),
    "none": (lambda: society(every_steps=0), "every_steps=0"),
    "uneven": (
        lambda: society(members=2, every_steps=2).fit(X, Y, **A_RUN, by=np.arange(120) < 40),
        "have 5 to 10 batches",
    ),
    "kinds": (
        lambda: pl.Society([network(), network("feedback_alignment")], "ring", members=4, every_steps=2).fit(
            X, Y, **A_RUN
        ),
        "differ in network, rule, optimizer or loss",
    ),
    "moments": (
        lambda: pl.Society([network(), sgd()], "ring", members=4, exchange=Gossip(moments=True)),
        "have different optimizers",
    ),
}


def sgd():
    made = network()
    made.compile("sgd", "sparse_categorical_crossentropy")
    return made


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused_in_one_sentence(case):
    make, message = REFUSED[case]
    with pytest.raises(InvalidValue, match=message):
        make()
