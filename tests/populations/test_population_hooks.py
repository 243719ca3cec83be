"""What callbacks and hooks may do with the members of a population."""

from __future__ import annotations

import numpy as np

import plastica as pl

X = np.random.default_rng(0).normal(size=(48, 3)).astype(np.float32)
Y = X @ np.array([1.0, -2.0, 0.5], np.float32)


def network(seed=0, rate=0.05):
    model = pl.Sequential([pl.Dense(4, "tanh"), pl.Dense(1)], seed=seed)
    model.compile(pl.optimizers.SGD(rate), "mse")
    return model


def test_members_that_exchange_weights_agree():
    def average(run):
        models = [member.trainee for member in run.members]
        mean = [np.mean(arrays, axis=0) for arrays in zip(*(model.get_weights() for model in models), strict=True)]
        for model in models:
            model.set_weights(mean)

    population = pl.Population(network(), seeds=3)
    population.fit(X, Y, 8, 4, verbose=0, hooks=average)
    first, *others = [model.get_weights() for model in population]
    for other in others:
        for one, own in zip(first, other, strict=True):
            np.testing.assert_array_equal(one, own)
    # They went on from the average: one of them alone, trained from there, ends elsewhere.
    assert population[0].evaluate(X, Y, verbose=0) < network().fit(X, Y, 8, 1, verbose=0).history["loss"][0]


def test_a_hook_may_stop_one_member():
    def stop(run):
        if run.step >= 6:
            run.members[1].trainee.stop("enough")

    population = pl.Population(network(), seeds=3)
    history = population.fit(X, Y, 8, 300, verbose=0, hooks=[stop])
    assert [each.stopped_by for each in history.histories] == ["epochs", "enough", "epochs"]
    assert len(history[1].epoch) < 300 and len(history[0].epoch) == 300
    alone = network(seed=2)
    alone.fit(X, Y, 8, 300, verbose=0)
    np.testing.assert_allclose(population[2].get_weights()[0], alone.get_weights()[0], atol=1e-5)


def test_callbacks_change_the_learning_rate_of_each_member():
    def callbacks(place):
        return [pl.LearningRateScheduler(lambda epoch, rate: rate * (0.5 if epoch % (place + 1) else 1.0))]

    population = pl.Population(network(), learning_rate=[0.1, 0.02], seeds=2)
    history = population.fit(X, Y, 8, 5, verbose=0, callbacks=callbacks)
    for place, member in enumerate(population.members):
        alone = network(member.seed, member.chosen["learning_rate"])
        own = alone.fit(X, Y, 8, 5, verbose=0, callbacks=callbacks(place))
        assert history[place].history["learning_rate"] == own.history["learning_rate"]
        np.testing.assert_allclose(population[place].get_weights()[0], alone.get_weights()[0], atol=1e-5)
