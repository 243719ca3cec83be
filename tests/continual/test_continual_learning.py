"""Whole runs: forgetting and what helps, the same seed twice, and models that cannot learn on."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.continual.names import STRATEGIES
from plastica.errors import DataError, FileError, InvalidValue, ShapeError, UnknownName

RNG = np.random.default_rng(0)
Y = np.arange(240) % 4
X = (RNG.normal(size=(240, 8)) + 3 * np.eye(8)[Y]).astype(np.float32)


def classifier(units=4, **settings):
    model = pl.Sequential([pl.Dense(16, "relu"), pl.Dense(units, "softmax")])
    model.compile(**({"optimizer": pl.optimizers.Adam(0.01), "loss": "sparse_categorical_crossentropy"} | settings))
    return model


def split(scenario):
    return pl.continual.split_classes(X, Y, scenario=scenario)


@pytest.fixture(scope="module")
def by_strategy():
    """Every strategy on classes that come two by two."""
    strategies = [name for name in STRATEGIES if name != "online_ewc"]
    return pl.continual.compare(classifier(), split("class"), strategies, epochs=25, batch_size=16)


def test_naive_learning_forgets_and_joint_learning_does_not(by_strategy):
    naive, joint = by_strategy["naive"], by_strategy["joint"]
    assert naive.forgetting.value > 0.6 and naive.average_accuracy.value < 0.7
    assert joint.forgetting.value < 0.1 and joint.average_accuracy.value > 0.9
    assert naive.learning_accuracy.value > 0.9


@pytest.mark.parametrize("name", ["replay", "generative", "sleep", "cls"])
def test_replayed_rows_are_remembered(by_strategy, name):
    assert by_strategy[name].average_accuracy.value > 0.8


@pytest.mark.parametrize("name", ["ewc", "si", "lwf"])
def test_the_others_learn_and_do_something(by_strategy, name):
    assert by_strategy[name].learning_accuracy.value > 0.6
    assert not np.array_equal(
        by_strategy[name].models[0].get_weights()[0], by_strategy["naive"].models[0].get_weights()[0]
    )


def test_a_comparison_is_a_table_and_a_picture(by_strategy, tmp_path):
    table = by_strategy.table()
    assert table["strategy"].to_list()[:2] == ["naive", "joint"] and "forgetting_low" in table.columns
    assert by_strategy.best.strategy != "joint" and "forgotten" in repr(by_strategy)
    by_strategy.plot(tmp_path / "comparison.svg")
    by_strategy["naive"].plot(tmp_path / "naive.svg")
    assert (tmp_path / "comparison.svg").stat().st_size > 1000


def test_the_trained_network_is_an_ordinary_model(by_strategy, tmp_path):
    model = by_strategy["cls"].models[0]
    accuracy = float((model.predict(X).argmax(1) == Y).mean())
    assert accuracy > 0.8
    model.save(tmp_path / "learned.plastica")
    np.testing.assert_array_equal(pl.load(tmp_path / "learned.plastica").predict(X), model.predict(X))


def test_tasks_leave_the_outputs_of_others_alone():
    stream = split("task")
    result = pl.continual.learn(classifier(), stream.in_order([0]), epochs=3)
    bias = result.models[0].get_weights()[-1]
    assert bias[:2].any() and not bias[2:].any()
    whole = pl.continual.learn(classifier(), stream, "ewc", epochs=8, batch_size=16)
    assert whole.average_accuracy.value > 0.9


def test_the_same_seed_gives_the_same_run():
    runs = [pl.continual.learn(classifier(), split("class"), "replay", seeds=[3], epochs=2) for _ in range(2)]
    np.testing.assert_array_equal(runs[0].matrices, runs[1].matrices)
    for one, other in zip(*(run.models[0].get_weights() for run in runs), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["replay", "sleep", "generative", "si"])
def test_a_run_that_is_resumed_is_the_whole_run_bit_for_bit(name, tmp_path):
    whole = pl.continual.learn(classifier(), split("class"), name, epochs=2, batch_size=16)

    def stop(learned):
        raise KeyboardInterrupt

    given = {"epochs": 2, "batch_size": 16, "checkpoint": tmp_path}
    with pytest.raises(KeyboardInterrupt):
        pl.continual.learn(classifier(), split("class"), name, on_experience=stop, **given)
    told = []
    again = pl.continual.learn(classifier(), split("class"), name, on_experience=told.append, resume=True, **given)
    assert [each.number for each in told] == [1]
    np.testing.assert_array_equal(again.matrices, whole.matrices)
    for one, other in zip(again.models[0].get_weights(), whole.models[0].get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(FileError, match="other settings"):
        pl.continual.learn(classifier(), split("class"), name, resume=True, checkpoint=tmp_path)


def test_seeds_are_runs_of_their_own_and_each_experience_is_told():
    told = []
    result = pl.continual.learn(classifier(), split("class"), "naive", seeds=2, on_experience=told.append)
    assert result.matrices.shape == (2, 2, 2) and result.average_accuracy.low is not None
    assert [(each.seed, each.number, each.name) for each in told] == [
        (0, 0, "0+1"),
        (0, 1, "2+3"),
        (1, 0, "0+1"),
        (1, 1, "2+3"),
    ]
    assert not np.array_equal(result.models[0].get_weights()[0], result.models[1].get_weights()[0])


def test_naive_learning_is_fit_after_fit():
    model = classifier()
    model.build((8,))
    for experience in split("class"):
        model.fit(experience.x, experience.y, epochs=2, verbose=0)
    found = pl.continual.learn(classifier(), split("class"), "naive", epochs=2).models[0]
    for one, other in zip(model.get_weights(), found.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["ewc", "si", "lwf", "replay", "cls"])
def test_numbers_drift(name):
    stream = pl.continual.drifting_series(experiences=2, rows=100, seed=1)
    model = pl.Sequential([pl.Dense(1)])
    model.compile(pl.optimizers.Adam(0.05), "mse")
    result = pl.continual.learn(model, stream, name, epochs=30)
    assert result.score == "r2" and result.matrix[0, 0] > 0.5


def test_two_classes_by_one_unit():
    stream = pl.continual.drifting_table(experiences=2, rows=100, features=3)
    model = pl.Sequential([pl.Dense(1, "sigmoid")])
    model.compile(pl.optimizers.Adam(0.05), "binary_crossentropy")
    for name in ("ewc", "lwf"):
        assert pl.continual.learn(model, stream, name, epochs=10).matrix[0, 0] > 0.7


def test_own_strategies_and_optimizers_that_begin_anew():
    strategy = pl.continual.ElasticWeightConsolidation(strength=5.0, online=True)
    found = pl.continual.compare(classifier(), split("class"), [strategy, "naive"], reset_optimizer=True)
    assert list(found.results) == ["ewc(strength=5.0, online=True)", "naive"]


MISTAKES = [
    (lambda: pl.continual.learn(classifier(), split("class"), "ecw"), UnknownName, 'did you mean "ewc"'),
    (lambda: pl.continual.learn(classifier(3), split("class")), ShapeError, "4 classes"),
    (lambda: pl.continual.learn(classifier(), split("class"), seeds=0), InvalidValue, "how many runs"),
    (lambda: pl.continual.learn(classifier(), split("class"), epochs=0), InvalidValue, "at least 1"),
    (
        lambda: pl.continual.learn(classifier(rule="predictive_coding"), split("class")),
        InvalidValue,
        "sends errors back",
    ),
    (lambda: pl.continual.learn(classifier(optimizer="lbfgs"), split("class")), InvalidValue, "takes all rows at once"),
    (lambda: pl.continual.learn(classifier(), split("class"), resume=True), InvalidValue, "needs checkpoint="),
    (lambda: pl.continual.compare(classifier(), split("class"), ["si", "si"]), InvalidValue, "different strategies"),
    (lambda: pl.continual.strategy_named(pl.continual.Replay), InvalidValue, r"write Replay\(\)"),
]


@pytest.mark.parametrize(("make", "error", "message"), MISTAKES)
def test_mistakes(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_classes_need_probabilities():
    model = pl.Sequential([pl.Dense(4, "tanh")])
    model.compile("adam", "mse")
    with pytest.raises(InvalidValue, match="softmax"):
        pl.continual.learn(model, split("class"))


def test_generated_rows_need_classes():
    stream = pl.continual.drifting_series(experiences=2, rows=50)
    model = pl.Sequential([pl.Dense(1)])
    model.compile("adam", "mse")
    with pytest.raises(DataError, match="rows of classes"):
        pl.continual.learn(model, stream, "generative")
