"""Networks for tables: an output layer for the task, probabilities as outputs, averaged members."""

from __future__ import annotations

import numpy as np
import pytest

from plastica import optimizers, rules
from plastica.data.encoding import FeatureLayout
from plastica.errors import InvalidValue, UnknownName
from plastica.layers import CategoryEmbedding, CategoryIndicators, Dense
from plastica.tables import Settings
from plastica.tables.networks import answers_from, monitor_of, network_for, units_of

LAYOUT = FeatureLayout(4, (0, 1), ((3, 5),))
X = np.column_stack([np.random.default_rng(0).normal(size=(6, 3)), [0, 1, 2, 3, 4, 0]]).astype("float32")


@pytest.mark.filterwarnings("ignore:predict. this network has not been trained")
@pytest.mark.parametrize(
    ("task", "outputs", "given", "units", "monitor"),
    [
        ("binary", 1, {}, 1, "val_binary_crossentropy"),
        ("multiclass", 4, {"loss": "focal"}, 4, "val_sparse_categorical_focal_crossentropy"),
        ("multiclass", 4, {"strategy": "one_vs_rest"}, 4, "val_OneVsRest"),
        ("multiclass", 4, {"strategy": "one_vs_one"}, 6, "val_OneVsOne"),
        ("multilabel", 3, {}, 3, "val_binary_crossentropy"),
        ("regression", 2, {"loss": "huber"}, 2, "val_huber"),
        ("multiclass", 4, {"network": "mlp"}, 4, "val_loss"),
    ],
)
def test_a_network_ends_as_its_task_wants_it(task, outputs, given, units, monitor):
    settings = Settings(layers=(3,), members=2, **given)
    model = network_for(task, outputs, LAYOUT, settings)
    members = () if settings.network == "mlp" else (2,)
    assert model.output_shape == (None, *members, units) and units_of(task, outputs, settings) == units
    assert monitor_of(model) == monitor
    answers = answers_from(model, X, task)
    assert answers.shape == (6, 2 if task == "binary" else outputs)
    if task in ("binary", "multiclass"):
        np.testing.assert_allclose(answers.sum(1), 1)


@pytest.mark.filterwarnings("ignore:predict. this network has not been trained")
def test_the_answer_is_the_mean_of_the_members_probabilities():
    model = network_for("multiclass", 3, LAYOUT, Settings(layers=(3,), members=4))
    each = model.predict(X)
    assert each.shape == (6, 4, 3) and np.ptp(each, axis=1).max() > 0.01
    np.testing.assert_allclose(answers_from(model, X, "multiclass"), each.mean(1), rtol=1e-5)


@pytest.mark.filterwarnings("ignore:predict. this network has not been trained")
def test_the_figure_that_training_stops_on_weighs_rows_as_the_loss_does():
    model = network_for("binary", 1, LAYOUT, Settings(layers=(3,), members=2))
    y, weight = np.array([0, 1, 1, 0, 1, 0], np.float32), np.array([1, 5, 2, 0, 3, 1], np.float32)
    found = model.evaluate(X, y, sample_weight=weight, verbose=0, return_dict=True)
    share = model.predict(X).mean(1)[:, 0]
    surprise = -np.where(y == 1, np.log(share), np.log(1 - share))
    assert found[monitor_of(model).removeprefix("val_")] == pytest.approx(
        np.average(surprise, weights=weight), rel=1e-5
    )
    assert found["accuracy"] == pytest.approx(np.mean((share > 0.5) == y))


def test_a_strategy_or_loss_that_the_task_does_not_take_is_refused():
    with pytest.raises(InvalidValue, match="for three classes or more; this task is binary"):
        network_for("binary", 1, LAYOUT, Settings(strategy="one_vs_one"))
    with pytest.raises(UnknownName, match="focal"):
        network_for("binary", 1, LAYOUT, Settings(loss="fokal"))
    for name in ("binary_crossentropy", "msle", "poisson"):
        with pytest.raises(InvalidValue, match=r"does not suit standardized targets.*Choose one of mse, mae, huber"):
            network_for("regression", 1, LAYOUT, Settings(loss=name))


def test_every_network_has_vectors_for_codes():
    layout = FeatureLayout(width=3, numbers=(0,), codes=((2, 30),))
    for kind in ("best", "mlp"):
        model = network_for("regression", 1, layout, Settings(network=kind))
        inside = [part for layer in model.layers for part in getattr(layer, "layers", (layer,))]
        assert any(isinstance(layer, CategoryEmbedding) for layer in inside)


def test_a_rule_has_the_layers_and_the_optimizer_that_suit_it():
    for name in ("feedback_alignment", "hebb", "perceptron"):
        rule = rules.get(name)
        model = network_for("multiclass", 3, LAYOUT, Settings(rule=name, layers=(5,)))
        last = Dense(3, activation="softmax")
        assert model.layers[1:] == [CategoryIndicators(LAYOUT.codes), *rule.layers_for((5,), last)]
        assert model.optimizer == rule.usual_optimizer and model.compiled.rule == rule
    given = Settings(rule="feedback_alignment", optimizer="sgd", learning_rate=0.5)
    assert network_for("binary", 1, LAYOUT, given).optimizer == optimizers.SGD(0.5)
    plain = network_for("binary", 1, LAYOUT, Settings(network="mlp"))
    assert plain.optimizer == optimizers.Adam() and isinstance(plain.layers[1], CategoryEmbedding)


def test_a_rule_that_is_not_defined_for_the_task_is_refused_before_anything_is_trained():
    with pytest.raises(InvalidValue, match=r"Perceptron.* is for regression, and the perceptron is for classification"):
        network_for("regression", 1, LAYOUT, Settings(rule="perceptron"))
    with pytest.raises(UnknownName, match='did you mean "perceptron"'):
        network_for("binary", 1, LAYOUT, Settings(rule="perceptrom"))
