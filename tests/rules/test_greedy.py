"""Greedy training: which layer changes when and by how much, and the rule that follows."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import plastica as pl
from plastica import random
from plastica.declaration import declaration
from plastica.errors import InvalidValue
from plastica.rules import Batch, Greedy, Oja
from plastica.rules.local import LayerRule, Learned

LAYERS = (pl.Dense(4, activation="tanh"), pl.Dense(3, activation="tanh"), pl.Dense(1))
X = np.random.default_rng(0).normal(size=(24, 5)).astype("float32")
Y = X[:, :1] - X[:, 1:2]


@declaration
class Clock(LayerRule):
    """Adds one plus the epoch to every kernel, and counts its steps."""

    def begin(self, layer, params, key):
        return np.zeros(2, np.float32)

    def learn(self, layer, params, memory, record, batch, key):
        told = jax.numpy.float32(batch.epoch)
        change = {name: (told + 1) * (name == "kernel") + 0 * array for name, array in params.items()}
        return Learned(
            change,
            memory + jax.numpy.stack([1, batch.progress]),
            100 * self.figure(layer, params, memory, record, batch),
        )

    def figure(self, layer, params, memory, record, batch):
        return jax.numpy.float32(1 + 0 * record.potential.sum())


def model_of(rule, layers=LAYERS, loss="mse", **settings):
    model = pl.Sequential(layers)
    model.compile(loss=loss, rule=rule, **settings)
    return model


def moves(model, epochs, y=Y):
    """Return the layers whose kernels change in each epoch, and the mean change."""
    found = []
    if not model.built:
        model.build((None, 5))
    for _ in range(epochs):
        before = [np.asarray(own["kernel"]) for own in model.params]
        model.fit(X, y, epochs=1, batch_size=24, verbose=0)
        found.append([float(np.mean(own["kernel"] - old)) for own, old in zip(model.params, before, strict=True)])
    return found


def test_each_layer_has_its_epochs_then_the_read_out_learns_alone():
    model = model_of(Greedy(Clock(), epochs=2))
    found = moves(model, 5)
    hidden = [pytest.approx(each[:2], abs=1e-5) for each in ([1, 0], [2, 0], [0, 1], [0, 2], [0, 0])]
    assert [each[:2] for each in found] == hidden
    assert all(each[2] != 0 for each in found)
    # Steps and progress: 0 and 0.5 in the two epochs of each layer.
    counts = model.learner.memory["layers"]
    np.testing.assert_allclose(counts[0], [2, 0.5])
    np.testing.assert_allclose(counts[1], [2, 0.5])


def test_a_run_in_one_piece_is_a_run_in_pieces():
    pieces, whole = model_of(Greedy(Oja(), 2, pl.Backprop())), model_of(Greedy(Oja(), 2, pl.Backprop()))
    for _ in range(6):
        pieces.fit(X, Y, epochs=1, verbose=0)
    whole.fit(X, Y, epochs=6, verbose=0)
    for one, other in zip(pieces.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_after_the_layers_backprop_makes_the_step_it_makes_alone():
    network = pl.layers.Sequential(LAYERS)
    params, state = network.init(np.random.default_rng(0), (5,))
    batch = Batch(X, Y, np.ones(24, np.float32), np.float32(24), epoch=4)
    objective = pl.losses.place(pl.losses.get("mse"), None)
    context = pl.layers.Context(training=True, key=random.seed_key(0))
    rule = Greedy(Clock(), 2, pl.Backprop())
    memory = {**rule.init(network, params, random.seed_key(1)), "first": np.int32(0)}

    @jax.jit
    def both(params):
        found = rule.signal(network, params, state, memory, batch, objective, context)
        return found, pl.Backprop().signal(network, params, state, (), batch, objective, context)

    found, alone = both(params)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), found.direction, alone.direction)
    assert not any(np.any(leaf) for leaf in jax.tree.leaves(found.change))
    assert found.loss == pytest.approx(float(alone.loss), rel=1e-6)


def test_layers_have_their_epochs_though_the_network_was_trained_before():
    model = model_of(Greedy(Clock(), epochs=2))
    model.fit(X, Y, epochs=3, batch_size=24, verbose=0)
    model.compile(loss="mse", rule=Greedy(Clock(), epochs=1))
    hidden = [pytest.approx(each, abs=1e-5) for each in ([1, 0], [0, 1], [0, 0])]
    assert [each[:2] for each in moves(model, 3)] == hidden


def test_what_comes_after_may_be_a_local_rule_with_a_memory_and_epochs_of_its_own():
    model = model_of(Greedy(Oja(), 1, Clock()))
    assert [each[:2] for each in moves(model, 4)[2:]] == [pytest.approx([1, 1]), pytest.approx([2, 2])]
    np.testing.assert_allclose([own[0] for own in model.learner.memory["then"][:2]], 2)


def test_without_a_loss_the_last_layer_follows_too_and_then_nothing_moves():
    model = model_of(Greedy(Clock(), 1), loss=None)
    found = moves(model, 4, None)
    for place, each in enumerate(found):
        assert each == pytest.approx([float(place == own) for own in range(3)], abs=1e-5)
    # The reported value is a sum: 100 from a layer that learns, 1 from each other one; here none learns.
    assert model.fit(X, epochs=1, batch_size=24, verbose=0).history["loss"] == [3.0]
    assert model.evaluate(X, verbose=0) == 3.0


def test_a_network_of_a_read_out_alone_goes_on_at_once():
    model = model_of(Greedy(Oja(), 3, pl.Backprop()), [pl.Dense(1)], optimizer="adam")
    plain = model_of("backprop", [pl.Dense(1)], optimizer="adam")
    for each in (model, plain):
        each.fit(X, Y, epochs=2, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], plain.get_weights()[0])


def test_a_saved_model_goes_on_in_the_phase_where_it_was(tmp_path):
    model = model_of(Greedy(Oja(), 2, pl.Backprop()))
    model.fit(X, Y, epochs=3, verbose=0)
    again = pl.load(model.save(tmp_path / "stack.plastica"))
    assert again.compiled.rule == model.compiled.rule
    for each in (model, again):
        each.fit(X, Y, epochs=2, verbose=0)
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_name_deep_belief_stands_for_machines_and_then_backprop():
    assert pl.rules.get("deep_belief") == Greedy(pl.rules.ContrastiveDivergence(), then=pl.Backprop())


def test_what_both_rules_ask_is_asked_together():
    facts = Greedy(Oja(), then=pl.Backprop()).facts
    assert (facts.local, facts.symmetric_weights, facts.phases, facts.global_error) == (False, True, 2, False)
    assert Greedy(Oja()).facts == Oja.facts


def test_what_cannot_be_is_refused():
    with pytest.raises(InvalidValue, match="expected at least 1 epoch for each layer"):
        Greedy(Oja(), epochs=0)
    with pytest.raises(InvalidValue, match="was given no loss"):
        model_of(Greedy(Oja(), then=pl.Backprop()), loss=None)


def test_each_layer_gets_its_part_of_the_epochs_and_other_rules_stay_as_they_are():
    greedy = pl.rules.Greedy(pl.rules.Hebb(), epochs=5)
    assert greedy.paced(6, 3).epochs_each == 2
    assert greedy.paced(2, 3).epochs_each == 1
    assert greedy.paced(100, 3) is greedy
    assert pl.Backprop().paced(6, 3) == pl.Backprop()
    assert pl.Backprop().epochs_each is None


def test_a_rule_says_whether_its_network_answers_by_the_forward_pass():
    forward = pl.rules.get("forward_forward")
    assert not forward.answers_forward
    assert pl.Backprop().answers_forward
    assert pl.rules.Greedy(pl.rules.Hebb()).answers_forward
    assert not pl.rules.Greedy(pl.rules.Hebb(), then=forward).answers_forward
