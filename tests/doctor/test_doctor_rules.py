"""The doctor under every learning rule: a dead unit is dead; where no gradient travels back, nothing can vanish."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import plastica as pl
from plastica import random, rules
from plastica.doctor import diagnose, signal_findings
from plastica.doctor.looks import take_look
from plastica.errors import InvalidValue
from plastica.layers.walk import walk
from plastica.model.examples import take
from plastica.rules.alignment import whole_batch
from plastica.training import Learner

ROWS, FEATURES, CLASSES = 40, 5, 3
X = np.random.default_rng(0).random((ROWS, FEATURES), np.float32)
Y = X[:, :CLASSES].argmax(1).astype(np.float32)
KEY = random.seed_key(0)


def network(name):
    """Return a network that suits the rule, with hidden units that never answer if they can be silent."""
    rule = rules.NAMES[name]()
    ends = [(pl.Dense(CLASSES, activation="softmax"), "sparse_categorical_crossentropy", Y)]
    ends += [(pl.Dense(CLASSES), "mse", np.eye(CLASSES, dtype=np.float32)[Y.astype(int)])]
    for last, loss, targets in ends:
        model = pl.Sequential([pl.Input((FEATURES,)), *rule.layers_for((8,), last)], seed=0)
        model.compile(loss=loss, rule=rule)
        try:
            assert model.program.rule == rule
        except InvalidValue:
            continue
        return model, targets if model.compiled.loss is not None else None
    raise AssertionError(name)


def silenced(model):
    """Make all hidden units silent whose activation has a flat part; return the paths of their layers."""
    paths = []
    *hidden, _ = [part for part in walk(model.network, model.params) if jax.tree.leaves(part[2])]
    for path, layer, own in hidden:
        function = layer.output_activation
        if isinstance(own, dict) and "bias" in own and function is not None and function.name == "relu":
            own["bias"] = np.full_like(np.asarray(own["bias"]), -50.0)
            own["kernel"] = np.zeros_like(np.asarray(own["kernel"]))
            paths.append(path)
    return paths


@pytest.mark.parametrize("name", rules.NAMES)
def test_every_rule_says_whether_gradients_can_vanish_and_shows_its_dead_units(name):
    model, targets = network(name)
    rule, paths = model.program.rule, silenced(model)
    said = " ".join(map(str, diagnose(model, X, targets, looks=False, retrain=False).unjudged))
    assert ("nothing to vanish" in said) != rule.follows_gradient
    assert rule.follows_gradient or f"with {type(rule).__name__}" in said
    if not paths:  # no unit of its layers can be silent for good
        return
    learner = Learner(
        model.params, model.state, *model.program.begin(model.params, model.state, KEY), np.int32(0), np.zeros(1)
    )
    rows = take(model, X, targets)
    found = signal_findings(take_look(model.program, learner, whole_batch(rows.x, rows.y, 0), KEY, 0))
    assert {each.where for each in found if each.code == "dead_units"} == set(paths)
    if not rule.follows_gradient:
        assert not {"vanishing_gradients", "exploding_gradients"} & {each.code for each in found}
