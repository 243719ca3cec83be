"""One batch at a time, layers as declarations, functions as layers: Keras's words in loops of one's own."""

import json

import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, NotFinite, NotFitted, ShapeError
from plastica.training import loop

rng = np.random.default_rng(0)
X = rng.normal(size=(96, 5)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.float32)
BATCHES = [slice(start, start + 32) for start in range(0, 96, 32)]


def network(**options):
    layers = [pl.Dense(8, "tanh", input_dim=5), pl.BatchNormalization(), pl.Dropout(0.3), pl.Dense(1, "sigmoid")]
    model = pl.Sequential(layers, **options)
    model.compile("adam", "binary_crossentropy", ["accuracy"])
    return model


def same(one, other):
    for ours, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_same_batches_give_the_weights_of_fit_bit_for_bit():
    whole, parts = network(), network()
    history = whole.fit(X, Y, epochs=2, batch_size=32, shuffle=False, verbose=0).history
    for epoch in range(2):
        parts.reset_metrics()
        for batch in BATCHES:
            found = parts.train_on_batch(X[batch], Y[batch], return_dict=True)
        assert found == {name: pytest.approx(values[epoch]) for name, values in history.items()}
    same(whole, parts)


def test_batches_of_one_size_are_one_program():
    model = network()
    model.train_on_batch(X[:32], Y[:32])
    compiled = loop.advance._cache_size()
    for batch in BATCHES:
        model.train_on_batch(X[batch], Y[batch])
    assert loop.advance._cache_size() == compiled


def test_weights_of_rows_and_classes_are_those_of_fit():
    weight = rng.uniform(size=96).astype(np.float32)
    for options in ({"sample_weight": weight}, {"class_weight": {0: 1.0, 1: 3.0}}):
        whole, parts = network(), network()
        whole.fit(X, Y, epochs=1, batch_size=96, shuffle=False, verbose=0, **options)
        parts.train_on_batch(X, Y, **options)
        same(whole, parts)


def test_figures_of_batches_add_up_to_those_of_evaluate():
    model = network()
    model.train_on_batch(X, Y)
    whole = model.evaluate(X, Y, verbose=0)
    for batch in BATCHES:
        found = model.test_on_batch(X[batch], Y[batch])
    assert found == pytest.approx(whole)
    assert model.metrics_names == ["loss", "accuracy"]
    model.reset_metrics()
    assert model.test_on_batch(X[:32], Y[:32]) == pytest.approx(model.evaluate(X[:32], Y[:32], verbose=0))
    np.testing.assert_array_equal(model.predict_on_batch(X), model.predict(X))


def test_without_metrics_the_loss_alone_comes_back_and_fit_goes_on():
    model = pl.Sequential([pl.Dense(1, input_dim=5)])
    model.compile("adam", "mse")
    assert isinstance(model.train_on_batch(X, Y), float)
    history = model.fit(X, Y, epochs=1, verbose=0)
    assert history.history["loss"][0] == pytest.approx(float(model.evaluate(X, Y, verbose=0)), rel=0.2)


def test_a_batch_that_breaks_the_network_is_taken_back():
    model = pl.Sequential([pl.Dense(1, input_dim=5)])
    model.compile(pl.optimizers.SGD(1e38), "mse")
    before = model.get_weights()
    with pytest.raises(NotFinite, match="has the weights from before it"):
        for _ in range(5):
            before = model.get_weights()
            model.train_on_batch(1e10 * X, Y)
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


def test_what_a_model_has_and_a_layer_has_not():
    model = network()
    kernel, bias = model.get_layer("dense").get_weights()
    model.get_layer("dense").set_weights([2 * kernel, bias])
    np.testing.assert_array_equal(model.get_weights()[0], 2 * kernel)
    for name in ("get_weights", "set_weights", "output", "kernel"):
        with pytest.raises(NotFitted, match=rf'Dense is a declaration, .* model.get_layer\("name"\).{name}'):
            getattr(model.layers[0], name)
    assert not hasattr(model.layers[0], "kernel")
    with pytest.raises(AttributeError, match="'Dense' object has no attribute 'colour'"):
        _ = model.layers[0].colour


def test_a_property_of_a_layer_that_raises_says_why():
    class Waiting(pl.Layer):
        @property
        def found(self):
            raise NotFitted("nothing was found yet")

    with pytest.raises(NotFitted, match="nothing was found yet"):
        _ = Waiting().found


def test_weights_are_listed_by_whether_training_changes_them():
    model = network()
    shapes = [array.shape for array in model.trainable_weights]
    assert shapes == [(5, 8), (8,), (8,), (8,), (8, 1), (1,)]
    assert [array.shape for array in model.non_trainable_weights] == [(8,), (8,)]
    assert len(model.weights) == 8
    model.freeze("dense")
    assert len(model.trainable_weights) == 4 and len(model.non_trainable_weights) == 4


def test_a_network_comes_back_from_its_description():
    model = network()
    again = pl.Sequential.from_config(json.loads(model.to_json()))
    assert isinstance(again, pl.Sequential)
    assert again.network == model.network
    assert again.count_params() == model.count_params()
    x = pl.Input((3,))
    graph = pl.Model(x, pl.Dense(2)(x) + pl.Dense(2)(x))
    assert pl.Model.from_config(graph.get_config()).network == graph.network


def squared_sums(x):
    return jnp.cumsum(x**2, axis=-1)[..., ::2]


def test_a_function_is_a_layer_and_a_file_keeps_its_name_alone(tmp_path):
    model = pl.Sequential([pl.Lambda(squared_sums), pl.Dense(1)])
    model.compile("adam", "mse")
    model.fit(X, Y, epochs=1, verbose=0)
    assert model.count_params() == 3 + 1
    kernel, bias = model.get_weights()
    wanted = np.cumsum(X**2, axis=1)[:, ::2] @ kernel + bias
    np.testing.assert_allclose(model.predict(X), wanted, rtol=1e-4, atol=1e-5)
    path = model.save(tmp_path / "model.plastica")
    loaded = pl.load(path, custom={"squared_sums": squared_sums})
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    unnamed = pl.Sequential([pl.Lambda(lambda x: x + 1), pl.Dense(1)])
    unnamed.build((5,))
    with pytest.raises(InvalidValue, match="a file keeps a function by its name, and this one has none"):
        unnamed.save(path)


@pytest.mark.parametrize(
    ("function", "kind", "told"),
    [
        (3, InvalidValue, r"function is 3; expected a function of \(x\)"),
        (lambda x, y: x, InvalidValue, "expected a function of"),
        (jnp.sum, ShapeError, "it must return one row for each"),
        (lambda x: x.reshape(-1, 7), ShapeError, r"failed on inputs of shape \(5,\)"),
        (lambda x: (x, x), InvalidValue, "returned tuple; expected an array"),
        (lambda x: x if x.sum() > 0 else -x, InvalidValue, "cannot be compiled"),
    ],
)
def test_what_no_layer_can_be_made_of_is_said(function, kind, told):
    with pytest.raises(kind, match=told):
        pl.Lambda(function).output_shape((5,))


def test_called_as_in_training_dropout_is_active_and_nothing_changes():
    model = pl.Sequential([pl.Dropout(0.5, input_shape=(5,)), pl.Dense(1, kernel_initializer="ones")])
    before = model.get_weights()
    answers = np.array([model(X, training=True) for _ in range(300)])
    assert answers.std(axis=0).min() > 0.1
    np.testing.assert_allclose(answers.mean(axis=0), model(X), atol=1.2)  # the mean over masks is the answer without
    np.testing.assert_allclose(answers.mean(), model(X).mean(), atol=0.1)
    for ours, theirs in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    again = pl.Sequential(model.layers)
    np.testing.assert_array_equal(again(X, training=True), answers[0])
