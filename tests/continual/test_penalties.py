"""EWC, synaptic intelligence and distillation beside formulas and autodiff of the test's own."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.continual.distillation import distillation
from plastica.continual.objectives import StepObjective, own_classes
from plastica.continual.rule import ContinualRule
from plastica.continual.strategy import LearnedExperience, OutputForm
from plastica.errors import InvalidValue
from plastica.losses import Objective, SparseCategoricalCrossentropy

FORM = OutputForm("classes", 3)
X = np.random.default_rng(0).normal(size=(7, 4)).astype(np.float32)
Y = np.array([0, 1, 2, 0, 1, 2, 0], np.int32)


def network():
    model = pl.Sequential([pl.Dense(5, "tanh"), pl.Dense(3, "softmax")], seed=1)
    model.build((4,))
    return model


def logits(params, row):
    first, second = params
    return jnp.tanh(row @ first["kernel"] + first["bias"]) @ second["kernel"] + second["bias"]


def fisher_by_autodiff(params, kind, among=(0, 1, 2)):
    """The mean over rows of E_y (d log p(y) / d theta)^2, one row and one class after another."""
    among = list(among)
    total = jax.tree.map(jnp.zeros_like, params)
    for row, label in zip(X, Y, strict=True):
        chances = jax.nn.softmax(logits(params, row)[jnp.array(among)])
        for place, number in enumerate(among):
            weight = chances[place] if kind == "exact" else float(number == label)

            def log_chance(params, row=row, place=place):
                return jax.nn.log_softmax(logits(params, row)[jnp.array(among)])[place]

            total = jax.tree.map(lambda t, g, w=weight: t + w * g**2, total, jax.grad(log_chance)(params))
    return jax.tree.map(lambda t: t / len(X), total)


def close(found, expected, tolerance=1e-5):
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, atol=tolerance, rtol=1e-4)


@pytest.mark.parametrize("kind", ["exact", "empirical"])
def test_the_fisher_information_is_that_of_autodiff(kind):
    model = network()
    found = pl.continual.diagonal_fisher(model.network, model.params, model.state, X, Y, FORM, kind=kind)
    close(found, fisher_by_autodiff(model.params, kind))


def test_the_fisher_information_of_a_task_is_among_its_classes():
    model, form = network(), OutputForm("classes", 3, (0, 0, 1))
    found = pl.continual.diagonal_fisher(model.network, model.params, model.state, X, Y, form, classes=(0, 1))
    close(found, fisher_by_autodiff(model.params, "exact", (0, 1)))
    assert not np.asarray(found[1]["kernel"])[:, 2].any()


def test_the_sampled_information_has_the_exact_one_as_its_mean():
    model = network()
    many = [
        pl.continual.diagonal_fisher(model.network, model.params, model.state, X, Y, FORM, kind="sampled", seed=seed)
        for seed in range(300)
    ]
    mean = jax.tree.map(lambda *parts: np.mean(parts, 0), *many)
    exact = fisher_by_autodiff(model.params, "exact")
    close(mean, exact, 0.15 * max(float(part.max()) for part in jax.tree.leaves(exact)))


def test_the_information_of_numbers_is_the_mean_squared_derivative():
    model = pl.Sequential([pl.Dense(2)], seed=0)
    model.build((4,))
    found = pl.continual.diagonal_fisher(
        model.network, model.params, model.state, X, np.zeros((7, 2), np.float32), OutputForm("numbers", 0)
    )
    np.testing.assert_allclose(found[0]["kernel"], np.repeat((X**2).mean(0)[:, None], 2, 1), rtol=1e-5)
    np.testing.assert_allclose(found[0]["bias"], 1.0)


def test_two_springs_pull_as_their_sum():
    """Equation 3 for two earlier tasks: the gradient of the one spring that is kept is that of both."""
    model = network()
    strategy = pl.continual.ElasticWeightConsolidation(strength=3.0)
    memory, springs = strategy.begin(model.params, FORM), []
    for shift in (0.0, 0.3):
        params = jax.tree.map(lambda w, shift=shift: w + shift, model.params)
        learned = LearnedExperience(model.network, params, model.state, X, Y, (0, 1, 2), FORM, 0, 0)
        memory = strategy.consolidate(memory, learned)
        springs.append((fisher_by_autodiff(params, "exact"), params))

    def by_hand(params):
        parts = [
            jax.tree.map(lambda f, a, b: jnp.sum(1.5 * f * (a - b) ** 2), information, params, centre)
            for information, centre in springs
        ]
        return sum(jax.tree.leaves(parts))

    there = jax.tree.map(lambda w: w * 1.1 - 0.2, model.params)
    close(jax.grad(lambda params: strategy.penalty(memory, params))(there), jax.grad(by_hand)(there), 1e-4)


def test_the_online_form_decays():
    model = network()
    strategy = pl.continual.ElasticWeightConsolidation(online=True, decay=0.5)
    learned = LearnedExperience(model.network, model.params, model.state, X, Y, (0, 1, 2), FORM, 0, 0)
    memory = strategy.consolidate(strategy.consolidate(strategy.begin(model.params, FORM), learned), learned)
    close(memory["importance"], jax.tree.map(lambda f: 1.5 * f, fisher_by_autodiff(model.params, "exact")))


def test_the_path_integral_on_a_quadratic_by_hand():
    """L = a w^2 / 2 by gradient descent: w falls by 1 - eta a each step, and omega = sum of eta g^2."""
    a, eta, start, steps = 2.0, 0.1, 1.5, 6
    strategy = pl.continual.SynapticIntelligence(strength=0.1, damping=0.01)
    params = {"w": jnp.array([start])}
    memory = strategy.begin(params, FORM)
    for _ in range(steps):
        memory = strategy.observe(memory, params, None)
        gradient = {"w": a * params["w"]}
        memory = strategy.record(memory, params, gradient)
        params = {"w": params["w"] - eta * gradient["w"]}
    learned = LearnedExperience(None, params, (), X, Y, (), FORM, 0, 0)
    memory = strategy.consolidate(memory, learned)
    trace = start * (1 - eta * a) ** np.arange(steps + 1)
    omega = (eta * (a * trace[:-1]) ** 2).sum()
    way = trace[-1] - trace[0]
    np.testing.assert_allclose(memory["importance"]["w"], omega / (way**2 + 0.01), rtol=1e-5)
    assert float(memory["centre"]["w"][0]) == pytest.approx(trace[-1])
    moved = {"w": params["w"] + 2}
    assert float(strategy.penalty(memory, moved)) == pytest.approx(0.1 * 4 * omega / (way**2 + 0.01), rel=1e-5)


def test_in_training_the_path_integral_is_the_fall_of_the_loss():
    model = pl.Sequential([pl.Dense(6, "tanh"), pl.Dense(1)], seed=0)
    rule = ContinualRule(pl.Backprop(), pl.continual.SynapticIntelligence())
    model.compile(pl.optimizers.SGD(1e-3), "mse", rule=rule)
    y = np.sin(X[:, 0])
    model.build((4,))
    model.set_weights(model.get_weights())  # no warning that they are the initial ones
    before = float(np.square(model.predict(X)[:, 0] - y).mean())
    model.fit(X, y, batch_size=7, epochs=300, verbose=0)
    memory = model.learner.memory["strategy"]
    path = jax.tree.map(
        lambda p, g, now, then: p - g * (now - then), memory["path"], memory["gradient"], model.params, memory["before"]
    )
    fall = before - float(np.square(model.predict(X)[:, 0] - y).mean())
    assert sum(float(part.sum()) for part in jax.tree.leaves(path)) == pytest.approx(fall, rel=0.01)


def test_distillation_by_hand():
    taught, said = jnp.array([[2.0, 0.0, 1.0, 9.0]]), jnp.array([[1.0, 1.0, 0.0, -3.0]])
    old = jnp.array([True, True, True, False])
    form = OutputForm("classes", 4)
    q, p = jax.nn.softmax(taught[0, :3] / 2), jax.nn.log_softmax(said[0, :3] / 2)
    assert float(distillation(form, old, taught, said, 2.0)[0]) == pytest.approx(-float(q @ p), rel=1e-5)
    apart = OutputForm("classes", 4, (0, 0, 1, 1))
    q, p = jax.nn.softmax(taught[0, :2] / 2), jax.nn.log_softmax(said[0, :2] / 2)
    # The other task has one old class, which is certain: it adds nothing.
    assert float(distillation(apart, old, taught, said, 2.0)[0]) == pytest.approx(-float(q @ p), rel=1e-5)
    nothing = jax.value_and_grad(lambda said: distillation(form, jnp.zeros(4, bool), taught, said, 2.0)[0])(said)
    assert not float(nothing[0]) and not np.asarray(nothing[1]).any()
    pull = jax.grad(lambda said: distillation(form, old, taught, said, 2.0)[0])(said)
    np.testing.assert_allclose(
        pull[0, :3], (jax.nn.softmax(said[0, :3] / 2) - jax.nn.softmax(taught[0, :3] / 2)) / 2, rtol=1e-5
    )


def test_tasks_are_told_apart_only_among_their_own_classes():
    form = OutputForm("classes", 4, (0, 0, 1, 1))
    z = jnp.array([[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0]])
    shown = jax.nn.softmax(own_classes(form, jnp.array([1, 2]), z))
    np.testing.assert_allclose(shown[0, :2], jax.nn.softmax(z[0, :2]), rtol=1e-6)
    np.testing.assert_allclose(shown[1, 2:], jax.nn.softmax(z[1, 2:]), rtol=1e-6)
    own = Objective(SparseCategoricalCrossentropy(from_logits=True))
    objective = StepObjective(own, form)
    loss, gradient = jax.value_and_grad(
        lambda z: objective.mean(jnp.array([1.0, 2.0]), z, jnp.ones(2), jnp.array(2.0))
    )(z)
    assert float(loss) == pytest.approx(float(np.mean([np.log1p(np.exp(-1)), np.log1p(np.exp(1))])), rel=1e-5)
    assert not np.asarray(gradient)[0, 2:].any() and not np.asarray(gradient)[1, :2].any()


@pytest.mark.parametrize(
    "make",
    [
        lambda: pl.continual.ElasticWeightConsolidation(strength=-1.0),
        lambda: pl.continual.ElasticWeightConsolidation(fisher="true"),
        lambda: pl.continual.SynapticIntelligence(damping=0.0),
        lambda: pl.continual.LearningWithoutForgetting(temperature=0.0),
        lambda: pl.continual.ComplementaryLearning(stable_decay=1.5),
        lambda: pl.continual.Replay(size=0),
        lambda: pl.continual.Replay(selection="newest"),
        lambda: pl.continual.Sleep(epochs=0),
        lambda: pl.continual.GenerativeReplay(rank=0),
    ],
)
def test_constants_out_of_range(make):
    with pytest.raises(InvalidValue, match="expected"):
        make()
