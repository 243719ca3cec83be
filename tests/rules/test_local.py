"""Local rules in general: which layers change, the reported value, errors, and resuming."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.declaration import declaration
from plastica.errors import InvalidValue, PlasticaWarning
from plastica.rules import Oja
from plastica.rules.local import LayerRule, Learned, read_out
from plastica.rules.rule import Batch, Rule, Signal, loss_of

LAYERS = (pl.Dense(4, activation="tanh"), pl.Dense(3, activation="tanh"), pl.Activation("relu"), pl.Dense(1))
X = np.random.default_rng(0).normal(size=(10, 5)).astype("float32")
Y = X[:, :1] - X[:, 1:2]


@declaration
class Fading(LayerRule):
    """Hebb's rule with a decreasing learning rate, and the number of steps as memory."""

    rate: float = 0.01

    def begin(self, layer, params, key):
        return np.zeros((), np.float32)

    def learn(self, layer, params, memory, record, batch, key):
        slope = record.pull_synapse(record.activity * (batch.weight / batch.size)[:, None])[0]
        change = jax.tree.map(lambda each: self.rate * (1 - batch.progress) * each, slope)
        return Learned(change, memory + 1, self.figure(layer, params, memory, record, batch))

    def figure(self, layer, params, memory, record, batch):
        return jnp.sum(batch.weight / batch.size * jnp.sum(record.activity**2, -1))


@declaration
class Still(Rule):
    """Makes no step."""

    needs_loss = False

    def signal(self, network, params, state, memory, batch, objective, context):
        record, new_state = network.forward(params, batch.x, state, context)
        loss = jnp.zeros(()) if objective is None else loss_of(objective, batch, record.potential, record.activity)
        return Signal(loss, None, record.activity, new_state, memory)


def model_of(rule, loss=None, layers=LAYERS, **settings):
    model = pl.Sequential(layers)
    model.compile(loss=loss, rule=rule, **settings)
    return model


def kernels(model):
    return [np.asarray(own["kernel"]) for own in model.params if own]


def test_without_a_loss_every_layer_follows_and_their_figures_add_up():
    model = model_of(Fading())
    model.build((None, 5))
    before = kernels(model)
    expected = sum((np.asarray(each.activity) ** 2).sum() / 10 for each in model.trace(X) if "Dense" in each.path)
    assert model.evaluate(X, verbose=0) == pytest.approx(expected, rel=1e-5)
    assert model.fit(X, verbose=0).history["loss"] == pytest.approx([expected], rel=1e-5)
    assert all(np.any(new != old) for new, old in zip(kernels(model), before, strict=True))


def test_with_a_loss_the_last_layer_follows_the_gradient_and_the_others_the_rule():
    network = pl.layers.Sequential(LAYERS)
    params, state = network.init(np.random.default_rng(0), (5,))
    weight = np.float32([1, 2, 0, 1, 1, 1, 1, 1, 1, 1])
    batch = Batch(X, Y, weight, np.float32(10))
    objective = pl.losses.place(pl.losses.get("mse"), network.output_activation)

    def value(params):
        return objective.mean(Y, network.apply(params, X, state)[0], weight, batch.size)

    @jax.jit
    def both(params):
        record, _ = network.forward(params, X, state, pl.layers.INFERENCE)
        return read_out(network, params, record, batch, objective), jax.value_and_grad(value)(params)

    (loss, direction), (expected, slope) = both(params)
    assert loss == pytest.approx(float(expected), rel=1e-5)
    for name in slope[-1]:
        np.testing.assert_allclose(direction[-1][name], slope[-1][name], rtol=1e-4, atol=1e-6)
    assert not any(np.any(leaf) for leaf in jax.tree.leaves(direction[:-1]))


def test_layers_after_the_read_out_send_its_error_back():
    layers = (pl.Dense(3, activation="tanh"), pl.Dense(2), pl.Activation("softmax"))
    network = pl.layers.Sequential(layers)
    params, state = network.init(np.random.default_rng(0), (5,))
    batch = Batch(X, np.eye(2, dtype=np.float32)[(Y[:, 0] > 0).astype(int)], np.ones(10, np.float32), np.float32(10))
    objective = pl.losses.place(pl.losses.get("categorical_crossentropy"), network.output_activation)

    @jax.jit
    def both(params):
        record, _ = network.forward(params, X, state, pl.layers.INFERENCE)
        signal = pl.Backprop().signal(network, params, state, (), batch, objective, pl.layers.INFERENCE)
        return read_out(network, params, record, batch, objective)[1][1], signal.direction[1]

    found, expected = both(params)
    np.testing.assert_allclose(found["kernel"], expected["kernel"], rtol=1e-4, atol=1e-6)


def test_a_rule_that_asks_for_no_step_leaves_all_as_it_is():
    for loss, y in ((None, None), ("mse", Y)):
        model = model_of(Still(), loss)
        model.build((None, 5))
        before = kernels(model)
        model.fit(X, y, epochs=2, verbose=0)
        assert all(np.array_equal(new, old) for new, old in zip(kernels(model), before, strict=True))


def test_a_cut_run_whose_rates_fall_is_the_whole_run_to_the_bit(tmp_path):
    options = {"epochs": 4, "batch_size": 4, "verbose": 0}
    whole, cut, resumed = (model_of(Fading()) for _ in range(3))
    whole.fit(X, **options)
    cut.fit(X, **options, max_steps=5, checkpoint=tmp_path / "run")
    resumed.fit(X, **options, checkpoint=tmp_path / "run", resume=True)
    for one, other in zip(jax.tree.leaves(whole.learner), jax.tree.leaves(resumed.learner), strict=True):
        np.testing.assert_array_equal(one, other)
    assert [float(count) for count in jax.tree.leaves(whole.learner.memory)] == [12, 12, 12]


def test_a_saved_model_keeps_the_rule_and_its_memory(tmp_path):
    model = model_of(Fading(0.02))
    model.fit(X, epochs=2, verbose=0)
    again = pl.load(model.save(tmp_path / "model.plastica"), custom={"Fading": Fading})
    assert again.compiled.rule == Fading(0.02)
    for each in (model, again):
        each.fit(X, epochs=1, verbose=0)
    np.testing.assert_array_equal(kernels(again)[0], kernels(model)[0])
    assert float(again.learner.memory[0]) == 3


def test_what_does_not_go_together_is_refused():
    with pytest.raises(InvalidValue, match="y was given, but the network was compiled without a loss"):
        model_of(Oja()).fit(X, Y, verbose=0)
    with pytest.raises(InvalidValue, match="class_weight was given, but this network is trained without targets"):
        model_of(Oja()).fit(X, class_weight={0: 1.0}, verbose=0)
    with pytest.raises(InvalidValue, match="metrics compare predictions with targets"):
        model_of(Oja(), metrics=["mae"])
    with pytest.raises(InvalidValue, match="was given no loss"):
        model_of("backprop")
    with pytest.raises(InvalidValue, match=r"layer 1, .*Oja works on layers of units with one kernel"):
        model_of(Oja(), layers=[pl.Dense(3), pl.BatchNormalization()]).fit(X, verbose=0)


@pytest.mark.parametrize("rule", [Oja(), pl.rules.Greedy(Oja(), then=pl.Backprop()), "delta"])
def test_a_regularizer_is_refused_where_no_gradient_is_followed(rule):
    layers = [pl.Dense(3, kernel_regularizer="l2"), pl.Dense(1)]
    with pytest.raises(InvalidValue, match=r"layer 0, Dense: it has a regularizer, but with (Oja|Delta) only the"):
        model_of(rule, "mse", layers).fit(X, Y, verbose=0)


def test_a_network_without_parameters_is_refused():
    for loss, y in (None, None), ("mse", X):
        with pytest.raises(InvalidValue, match="no layer of this network has parameters"):
            model_of(Oja(), loss, [pl.Activation("linear")]).fit(X, y, verbose=0)


def test_a_layer_that_cannot_follow_keeps_nothing_whether_it_reads_out_or_is_refused():
    machines = pl.rules.ContrastiveDivergence(persistent=True, chains=2, visible="gaussian")
    network = pl.layers.Sequential([pl.RestrictedBoltzmann(3, "gaussian"), pl.Dense(1, use_bias=False)])
    params = network.init(np.random.default_rng(0), (5,)).params
    first, last = machines.init(network, params, pl.random.seed_key(0))
    assert first["hidden"].shape == (2, 3) and last == ()
    with pytest.raises(InvalidValue, match=r"layer 0, BatchNormalization: BCM works on layers of units"):
        model_of("bcm", None, [pl.BatchNormalization(), pl.Dense(1)]).fit(X, verbose=0)


def test_an_average_of_weights_that_no_optimizer_steps_to_is_refused():
    with pytest.warns(pl.errors.PlasticaWarning, match="does not use an optimizer"):
        model = model_of(Oja(), optimizer=pl.optimizers.Adam(use_ema=True))
    with pytest.raises(InvalidValue, match=r"Adam\(use_ema=True\) .* with Oja without a loss it makes no steps"):
        model.fit(X, verbose=0)


@pytest.mark.parametrize(
    ("rule", "unreached"),
    [
        ("predictive_coding", "there or before it, from layer 0, Dense on,"),
        ("direct_feedback_alignment", "by it, layer 1, Dense,"),
        ("target_propagation", "by it, layer 1, Dense,"),
        ("forward_forward", "by it, layer 1, Dense,"),
    ],
)
def test_rules_that_need_slopes_say_what_a_step_keeps_from_learning(rule, unreached):
    layers = [pl.Dense(3, input_dim=5), pl.Dense(3), pl.Activation("heaviside"), pl.Dense(1, activation="sigmoid")]
    with pytest.warns(
        PlasticaWarning, match=f"layer 2, Activation: a step function has gradient 0.* {unreached} keeps its initial"
    ):
        _ = model_of(rule, "binary_crossentropy", layers).program
