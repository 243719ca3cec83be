"""Generic tests of every learning rule; a new rule is one name in ``rules.NAMES`` and inherits them."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import plastica as pl
from plastica import rules
from plastica.errors import InvalidValue
from plastica.rules import Greedy
from plastica.training import advance

ROWS, FEATURES, CLASSES = 13, 5, 3  # the last batch of an epoch is smaller
X = np.random.default_rng(0).random((ROWS, FEATURES), np.float32)
Y = (X[:, :CLASSES].argmax(1)).astype(np.float32)


def begun(name, seed=0):
    """Return a small network suitable for the rule, for classification or regression, and its targets."""
    rule = rules.NAMES[name]()
    ends = [(pl.Dense(CLASSES, activation="softmax"), "sparse_categorical_crossentropy", Y)]
    ends += [(pl.Dense(CLASSES), "mse", np.eye(CLASSES, dtype=np.float32)[Y.astype(int)])]
    for last, loss, targets in ends:
        model = pl.Sequential([pl.Input((FEATURES,)), *rule.layers_for((8,), last)], seed=seed)
        model.compile(loss=loss, rule=rule)
        try:
            assert model.program.rule == rule
        except InvalidValue:
            continue
        return model, targets
    raise AssertionError(f"{name} learns neither classes nor numbers")


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True))


@pytest.mark.parametrize("name", rules.NAMES)
def test_every_rule_learns_resumes_and_is_kept(name, tmp_path):
    options = {"batch_size": 4, "epochs": 3, "verbose": 0}
    model, y = begun(name)
    before = jax.tree.map(np.array, model.params)
    history = model.fit(X, y, **options)
    assert np.isfinite(history.history["loss"]).all()
    assert not same(before, model.params), "nothing was learned"

    # Interrupted within an epoch and resumed by another model, the run is equal to the bit.
    stopped, resumed = begun(name)[0], begun(name)[0]
    stopped.fit(X, y, **options, max_steps=6, checkpoint=tmp_path / "run")
    resumed.fit(X, y, **options, checkpoint=tmp_path / "run", resume=True)
    assert same(model.learner, resumed.learner)

    answers = model.predict(X)
    assert answers.shape == (ROWS, *model.output_shape[1:]) and np.isfinite(answers).all()
    loaded = pl.load(model.save(tmp_path / "model.plastica"))
    assert np.array_equal(loaded.predict(X), answers)
    assert loaded.compiled.rule == model.compiled.rule

    assert same(*_with_fillers(model, y)), "rows that only fill up a short batch are learned from"


@pytest.mark.parametrize("name", rules.NAMES)
def test_every_rule_says_where_it_comes_from_and_what_it_asks_for(name):
    rule = rules.NAMES[name]()
    parts = [rule] + [part for part in (rule.rule, rule.then) if part] if isinstance(rule, Greedy) else [rule]
    for part in parts:
        assert "Reference:" in (type(part).__doc__ or ""), f"{type(part).__name__} names no paper"
    assert rule.facts is not None
    assert any(letter.isdigit() for letter in rule.facts.source), "the source has a year"
    assert rules.get(name) == rule and hash(rule) == hash(rules.get(name))


# The known directions of rules: the gradient in all layers, or in the last one.
GRADIENT = {"backprop": 0.01, "predictive_coding_fixed_prediction": 0.02, "predictive_coding_zero_divergence": 0.01}
NEARLY = {"equilibrium_propagation": 3.0}  # off by the square of its nudge
STEP_BY_STEP = ("rtrl", "snap_1", "truncated_backprop")  # what they follow in time draws no random numbers
# The last layer does not follow the gradient.
OWN_LAST = ("delta", "evolution_strategies", "node_perturbation", "perceptron", "predictive_coding")


@pytest.mark.parametrize("name", rules.NAMES)
def test_a_rule_and_the_gradient_draw_the_same_noise(name):
    rule = rules.NAMES[name]()
    *hidden, last = rule.layers_for((8, 6), pl.Dense(CLASSES, activation="softmax"))
    layers = [pl.GaussianNoise(0.2), *(part for layer in hidden for part in (layer, pl.Dropout(0.3))), last]
    model = pl.Sequential([pl.Input((FEATURES,)), *layers])
    model.compile(loss="sparse_categorical_crossentropy", rule=rule)
    if name in STEP_BY_STEP:
        with pytest.raises(InvalidValue, match=r"layer \d, Dropout: .* this layer draws random numbers"):
            model.alignment(X, Y)
        return
    angles = [layer.angle for layer in model.alignment(X, Y)]
    most = GRADIENT.get(name, NEARLY.get(name))
    if most is not None:
        assert max(angles) < most
    if name not in OWN_LAST:
        assert angles[-1] < 0.01


def test_a_link_draws_what_the_whole_network_draws():
    from plastica.rules.chain import chain
    from plastica.rules.energy import bind, cut_at_activities, run

    inner = pl.layers.Sequential([pl.Dense(7, activation="tanh"), pl.Dropout(0.4)])
    layers = [pl.GaussianNoise(0.3), pl.Dense(8, activation="tanh"), pl.Dropout(0.4), pl.Residual([pl.Dropout(0.2)])]
    network = pl.layers.Sequential([*layers, inner, pl.BatchNormalization(), pl.Dropout(0.3), pl.Dense(CLASSES)])
    params, state = network.init(np.random.default_rng(0), (FEATURES,))
    context = pl.layers.Context(True, jax.numpy.asarray(pl.random.seed_key(5)))
    whole, _ = network.apply(params, X, state, context)
    for cut in (chain(network, params), cut_at_activities(network, params)):
        records, _ = run(bind(cut, params, state, context), X)
        np.testing.assert_allclose(records[-1].activity, whole, rtol=1e-5, atol=1e-6)
    without, _ = network.apply(params, X, state, context._replace(key=jax.numpy.asarray(pl.random.seed_key(6))))
    assert np.abs(whole - without).max() > 0.1


def _with_fillers(model, y):
    """Return the weights after an epoch padded with the first row, and after one padded with the last row."""
    from plastica.model.compiling import begin
    from plastica.random import seed_key
    from plastica.training.batches import Planner, training_rows

    planner, program = Planner(ROWS, 4, 0, True, 0), model.program
    learner = begin(program, model.params, model.state, 0, ())
    rows, plan = training_rows(X, y, None), planner.plan(0, planner.batches)
    plan = plan._replace(before=np.array([0, 0, 3 * planner.batches], np.int32))
    table = plan.table.copy()
    table[0, planner.batches - 1, ROWS % 4 :] = ROWS - 1
    found = (
        advance(program, seed_key(0), learner, rows, None, plan._replace(table=each)) for each in (plan.table, table)
    )
    return [(chunk.learner.params, chunk.learner.memory, chunk.train) for chunk in found]
