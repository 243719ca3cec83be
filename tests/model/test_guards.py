"""Common mistakes that would silently give wrong numbers are errors or warnings; ordinary data give none."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue, NotFitted, PlasticaWarning, ShapeError
from plastica.model import guards, inputs

RNG = np.random.default_rng(0)
ROWS = 12
X = RNG.standard_normal((ROWS, 4)).astype("float32")
LABELS = np.arange(ROWS) % 3
ONE_HOT = np.eye(3)[LABELS]
SOFTMAX, SIGMOID = pl.activations.get("softmax"), pl.activations.get("sigmoid")


def network(units, activation, loss, metrics=(), first="relu"):
    model = pl.Sequential([pl.Dense(4, activation=first), pl.Dense(units, activation=activation)])
    model.compile(optimizer="sgd", loss=loss, metrics=list(metrics))
    return model


def learn(model, x, y, **options):
    return model.fit(x, y, verbose=0, **options)


def refused(error, match, model, x, y, **options):
    with pytest.raises(error, match=match):
        learn(model, x, y, **options)


# Common mistakes, as users encounter them


def test_soft_targets_that_do_not_sum_to_1_warn_with_their_sums_and_the_loss_falls():
    model = network(10, "softmax", "categorical_crossentropy")
    y = np.random.default_rng(1).random((ROWS, 10))
    sums = y.sum(1)
    with pytest.warns(PlasticaWarning, match=f"sums from {sums.min():.4g} to {sums.max():.4g} instead of 1"):
        history = learn(model, X, y, epochs=20)
    losses = history.history["loss"]
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]


def test_the_warning_points_at_the_persons_own_line():
    model = network(3, "softmax", "categorical_crossentropy")
    with pytest.warns(PlasticaWarning) as caught:
        model.fit(X, 2 * ONE_HOT, epochs=0, verbose=0)
        model.evaluate(X, 2 * ONE_HOT, verbose=0)
        model.trace(X, 2 * ONE_HOT)
    assert [warning.filename for warning in caught] == [__file__] * 3


def test_real_valued_targets_under_binary_crossentropy_with_accuracy_warn_what_accuracy_means():
    y = np.random.default_rng(1).random(ROWS)
    model = network(1, "sigmoid", "binary_crossentropy", ["accuracy"])
    with pytest.warns(PlasticaWarning, match="12 of 12 targets are strictly between 0 and 1; accuracy .* near 0"):
        history = learn(model, X, y)
    assert history.history["accuracy"] == [0.0]


@pytest.mark.parametrize("metric", ["acc", "binary_accuracy", pl.metrics.BinaryAccuracy()])
def test_every_way_to_ask_for_accuracy_is_warned_about(metric):
    with pytest.warns(PlasticaWarning, match="accuracy counts predictions"):
        guards.check_targets(np.full((2, 1), 0.5), (1,), pl.losses.get("bce"), SIGMOID, (metric,))


def test_the_error_is_a_minus_y_and_f_prime_counts_once():
    model = network(3, "softmax", "categorical_crossentropy", first="tanh")
    looked = model.trace(X, ONE_HOT)
    top, below = looked[1], looked[0]
    np.testing.assert_allclose(top.delta, (top.activity - ONE_HOT) / ROWS, atol=1e-6)
    kernel = model.get_weights()[2]
    np.testing.assert_allclose(below.delta, (top.delta @ kernel.T) * (1 - below.activity**2), atol=1e-6)
    np.testing.assert_allclose(below.gradient["kernel"], X.T @ below.delta, rtol=1e-4, atol=1e-6)


def test_gradient_descent_goes_down():
    history = learn(network(1, "linear", "mse"), X, X[:, 0], epochs=10)
    assert history.history["loss"][-1] < history.history["loss"][0]


def test_a_tanh_output_for_targets_outside_its_range_warns_with_both_ranges():
    with pytest.warns(PlasticaWarning, match=r"from 0 to 11.*'tanh' only reaches -1 to 1.*scale the targets"):
        learn(network(1, "tanh", "mse"), X, np.arange(ROWS))


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU"])
def test_flat_inputs_of_a_recurrent_layer_are_told_batch_time_features(kind):
    model = pl.Sequential([getattr(pl, kind)(2), pl.Dense(1)])
    model.compile("sgd", "mse")
    refused(ShapeError, r"layer 0.*time, features", model, X, X[:, 0])


@pytest.mark.parametrize(
    ("activation", "loss"),
    [("sigmoid", "binary_crossentropy"), ("tanh", "mse"), ("softmax", "categorical_crossentropy")],
)
def test_enormous_potentials_stay_finite(activation, loss):
    model = network(3, activation, loss, first="linear")
    assert np.isfinite(model.evaluate(1e8 * X, ONE_HOT, verbose=0))
    looked = model.trace(1e8 * X, ONE_HOT)
    assert all(np.isfinite(array).all() for array in looked.arrays().values())


def test_softmax_for_several_labels_a_row_warns_to_take_sigmoid():
    several = np.array([[1, 1, 0], [0, 1, 0]] * 6)
    with pytest.warns(PlasticaWarning, match="several labels, or none.*sigmoid.*binary_crossentropy"):
        learn(network(3, "softmax", "categorical_crossentropy"), X, several)
    with pytest.warns(PlasticaWarning, match="softmax with binary cross-entropy makes the outputs compete"):
        learn(network(3, "softmax", "binary_crossentropy"), X, several)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "binary_crossentropy", "hinge"])
def test_nothing_is_broadcast_between_targets_and_answers(loss):
    last = "sigmoid" if loss.startswith("binary") else "linear"
    refused(ShapeError, r"y has shape \(12,\).*outputs \(12, 3\).*nothing is broadcast.*Dense\(1\)",
            network(3, last, loss), X, LABELS % 2)  # fmt: skip
    refused(ShapeError, r"y has shape \(12, 1\).*outputs \(12, 3\)", network(3, last, loss), X, LABELS[:, None] % 2)
    refused(ShapeError, r"y has shape \(12, 3\).*outputs \(12, 1\)", network(1, last, loss), X, ONE_HOT)


# Targets: other messages


def test_class_numbers_under_the_one_hot_loss_are_told_the_sparse_one():
    for y in (LABELS, LABELS[:, None]):
        refused(ShapeError, "sparse_categorical_crossentropy", network(3, "softmax", "categorical_crossentropy"), X, y)


def test_one_hot_targets_under_the_sparse_loss_are_told_the_other_one():
    model = network(3, "softmax", "sparse_categorical_crossentropy")
    refused(ShapeError, r'shape \(12,\). For one column per class, use "categorical_crossentropy"', model, X, ONE_HOT)
    refused(ShapeError, r"expects one class number per output, shape \(12,\)\.$", model, X, ONE_HOT[:, :2])


@pytest.mark.parametrize(("wrong", "told"), [(3, "is 3"), (-1, "is -1"), (0.5, r"is 0\.5")])
def test_labels_outside_the_classes_are_named_with_their_place(wrong, told):
    y = LABELS.astype(float)
    y[5] = wrong
    match = rf"y\[5\] {told}; the network has 3 outputs, so labels must be whole numbers from 0 to 2.*return_inverse"
    refused(DataError, match, network(3, "softmax", "sparse_categorical_crossentropy"), X, y)
    refused(DataError, match, network(3, "softmax", "sparse_categorical_crossentropy"), X, list(y))
    refused(DataError, r"y\[5, 0\]", network(3, "softmax", "sparse_categorical_crossentropy"), X, y[:, None])


def test_the_sparse_loss_needs_an_output_a_class():
    refused(ShapeError, "binary_crossentropy", network(1, "sigmoid", "sparse_categorical_crossentropy"), X, LABELS)


def test_negative_shares_are_refused():
    model = network(3, "softmax", "categorical_crossentropy")
    refused(DataError, "contains -1; probabilities of classes must not be negative", model, X, 2 * ONE_HOT - 1)


@pytest.mark.parametrize(("y", "mend"), [
    (2 * (LABELS % 2) - 1, r"\(y \+ 1\) / 2"),
    (LABELS, "sparse_categorical_crossentropy"),
    (X[:, 0], '"mse"'),
])  # fmt: skip
def test_targets_outside_0_to_1_under_binary_crossentropy_are_refused_with_the_way_out(y, mend):
    refused(DataError, f"{mend}" if "between" not in mend else mend,
            network(1, "sigmoid", "binary_crossentropy"), X, y)  # fmt: skip


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
def test_hinge_losses_want_signs(loss):
    refused(DataError, "hinge losses expect -1 and 1, or 0 and 1", network(1, "tanh", loss), X, LABELS)


def test_counts_are_not_negative():
    refused(DataError, "contains -1; the Poisson loss is for counts", network(1, "softplus", "poisson"), X, LABELS - 1)


def test_softmax_over_one_unit_is_refused():
    match = r'always outputs 1.*Dense\(1, activation="sigmoid"\)'
    refused(InvalidValue, match, network(1, "softmax", "categorical_crossentropy"), X, LABELS[:, None])


@pytest.mark.parametrize(("activation", "loss"), [
    ("softmax", pl.losses.CategoricalCrossentropy(from_logits=True)),
    ("sigmoid", pl.losses.BinaryCrossentropy(from_logits=True)),
])  # fmt: skip
def test_from_logits_after_the_activation_is_refused(activation, loss):
    match = f"from_logits=True.*already applies '{activation}'"
    refused(InvalidValue, match, network(3, activation, loss), X, ONE_HOT)


def test_validation_targets_are_guarded_and_named():
    model = network(3, "softmax", "sparse_categorical_crossentropy")
    refused(DataError, r"validation_data y\[0\] is 9", model, X, LABELS, validation_data=(X[:1], [9]))
    refused(ShapeError, r"validation_data x has rows of shape \(3,\)", model, X, LABELS,
            validation_data=(X[:, :3], LABELS))  # fmt: skip


# Inputs


def test_nan_and_infinity_are_counted_and_placed():
    x = X.copy()
    x[2, 1], x[3, 0] = np.nan, np.inf
    refused(
        DataError, r"x contains 1 NaN and 1 infinite values, the first at x\[2, 1\]", network(1, None, "mse"), x, LABELS
    )
    y = np.full(ROWS, np.nan)
    refused(DataError, r"y contains 12 NaN values, the first at y\[0\]", network(1, None, "mse"), X, y)
    with pytest.raises(DataError, match="x contains 1 NaN"):
        network(1, None, "mse").predict([[np.nan, 0.0]])


@pytest.mark.parametrize(("x", "match"), [
    ([], r"x has shape \(0,\): it has no rows"),
    (np.zeros((0, 4)), "it has no rows"),
    (5, "it has no rows"),
    (None, "x is a NoneType"),
    ([["a", "b"]], "x.* is the text 'a'"),
    ([[1, 2], [3]], "x has rows of different shapes"),
    ({"a": 1}, "x is a dict"),
    (np.ones((ROWS, 2)) * 1j, "complex"),
])  # fmt: skip
def test_what_is_no_table_of_numbers_is_refused(x, match):
    refused(DataError, match, network(1, None, "mse"), x, LABELS)


def test_targets_without_rows_or_of_one_number_are_refused():
    refused(ShapeError, "x has 12 rows, y has 0 rows", network(1, None, "mse"), X, [])
    refused(DataError, "y is a single number", network(1, None, "mse"), X, 5)
    refused(InvalidValue, "y is missing", network(1, None, "mse"), X, None)
    refused(DataError, "y.* is the text 'yes'", network(1, None, "mse"), X, ["yes"] * ROWS)


def test_differing_numbers_of_rows_are_told():
    refused(ShapeError, "x has 12 rows, y has 5 rows; they must be equal", network(1, None, "mse"), X, LABELS[:5])


def test_a_flat_list_of_inputs_is_told_to_be_a_column():
    refused(ShapeError, r"x has one number per row; pass x\.reshape\(-1, 1\)", network(1, None, "mse"), X[:, 0],
            LABELS)  # fmt: skip


def test_wrong_rank_is_explained_and_leaves_the_network_as_it_was():
    model = network(1, None, "mse")
    match = r"y has shape \(12,\), but the network outputs \(12, 2, 1\).*put Flatten\(\) before the first Dense"
    refused(ShapeError, match, model, X.reshape(12, 2, 2), LABELS)
    deep = pl.Sequential([pl.Conv2D(4, 2)])
    deep.compile("sgd", "mse")
    refused(ShapeError, r"layer 0, Conv2D: got inputs of shape \(2, 2\).*Reshape", deep, X.reshape(12, 2, 2), LABELS)
    assert not model.built
    assert learn(model, X, LABELS).epoch == [0]


def test_rows_of_another_shape_than_the_network_takes_are_refused():
    model = pl.Sequential([pl.Dense(1, input_dim=4)])
    model.compile("sgd", "mse")
    match = r"x has rows of shape \(3,\); this network expects rows of shape \(4,\)"
    refused(ShapeError, match, model, X[:, :3], LABELS)
    with pytest.raises(ShapeError, match=match):
        model.predict(X[:, :3])


def test_a_missing_last_axis_of_one_is_added():
    assert inputs.as_inputs(np.zeros((5, 3)), (3, 1)).shape == (5, 3, 1)
    assert inputs.as_inputs(np.zeros((5, 1)), (1, 1)).shape == (5, 1, 1)
    assert inputs.as_inputs(np.zeros(5), (1,)).shape == (5, 1)
    with pytest.raises(ShapeError):
        inputs.as_inputs(np.zeros((5, 3)), (1, 3))


def test_words_for_an_embedding_must_be_in_the_vocabulary():
    model = pl.Sequential([pl.Embedding(5, 2), pl.Flatten(), pl.Dense(1)])
    model.compile("sgd", "mse")
    refused(DataError, "7", model, np.array([[1, 7]] * ROWS), LABELS)


@pytest.mark.parametrize(("weights", "error", "match"), [
    ({"sample_weight": np.ones(3)}, ShapeError, r"sample_weight has shape \(3,\); expected one number per row, "
                                                r"\(12,\)"),
    ({"sample_weight": -np.ones(ROWS)}, InvalidValue, "must not be negative; the smallest is -1"),
    ({"sample_weight": np.full(ROWS, np.nan)}, DataError, 'sample_weight contains 12 NaN'),
    ({"class_weight": {0: 1.0, 1: 2.0}}, InvalidValue, r"no weight for class 2; it has \[0, 1\]"),
    ({"class_weight": "balanced"}, InvalidValue, "give a dictionary of weights"),
    ({"class_weight": {0: 1, 1: None, 2: 1}}, InvalidValue, "has None for class 1"),
    ({"class_weight": {0: 1, 1: np.nan, 2: 1}}, InvalidValue, "has nan for class 1"),
    ({"class_weight": {0: 1, 1: -1, 2: 1}}, InvalidValue, "has -1 for class 1"),
])  # fmt: skip
def test_weights_that_mean_nothing_are_refused(weights, error, match):
    refused(error, match, network(3, "softmax", "sparse_categorical_crossentropy"), X, LABELS, **weights)


@pytest.mark.parametrize(("options", "match"), [
    ({"validation_split": 1.0}, "between 0 and 1"),
    ({"validation_split": -0.1}, "between 0 and 1"),
    ({"validation_split": "0.2"}, "between 0 and 1"),
    ({"validation_split": 0.99}, "12 rows leaves nothing to train on"),
    ({"validation_split": 1e-20}, "12 rows leaves nothing to validate on"),
    ({"validation_data": X}, r"must be \(x, y\) or \(x, y, sample_weight\)"),
    ({"validation_data": 3}, r"must be \(x, y\)"),
    ({"validation_data": (X,)}, r"must be \(x, y\)"),
])  # fmt: skip
def test_validation_that_cannot_be_is_refused(options, match):
    refused(InvalidValue, match, network(1, None, "mse"), X, LABELS, **options)


def test_a_network_must_be_compiled_and_have_layers():
    with pytest.raises(NotFitted, match="is not compiled"):
        pl.Sequential([pl.Dense(1)]).fit(X, LABELS)
    empty = pl.Sequential()
    empty.compile("sgd", "mse")
    refused(InvalidValue, "no layers", empty, X, LABELS)


# No false alarms


def quiet(y, output_shape, loss, activation, metrics=()):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        targets = inputs.as_targets(y, output_shape)
        placed = None if activation is None else pl.activations.get(activation)
        guards.check_targets(targets, output_shape, pl.losses.get(loss), placed, metrics)


SOFT = RNG.dirichlet(np.ones(3), ROWS)


@pytest.mark.parametrize(("y", "output_shape", "loss", "activation", "metrics"), [
    (ONE_HOT, (3,), "categorical_crossentropy", "softmax", ["accuracy"]),
    (ONE_HOT.astype(bool), (3,), "categorical_crossentropy", "softmax", []),
    (SOFT, (3,), "categorical_crossentropy", "softmax", ["accuracy"]),
    (SOFT.astype("float16"), (3,), "kl_divergence", "softmax", []),
    (ONE_HOT * 0.7 + 0.1, (3,), "categorical_focal_crossentropy", "softmax", []),
    (ONE_HOT, (3,), "categorical_hinge", "linear", []),
    (2 * ONE_HOT - 1, (3,), "categorical_hinge", "linear", []),
    (ONE_HOT, (3,), "mse", "softmax", []),
    (LABELS, (3,), "sparse_categorical_crossentropy", "softmax", ["accuracy"]),
    (LABELS[:, None], (3,), "sparse_categorical_crossentropy", "softmax", []),
    (LABELS.tolist(), (3,), "sparse_categorical_crossentropy", "softmax", []),
    (np.zeros((ROWS, 5), int), (5, 3), "sparse_categorical_crossentropy", "softmax", []),
    (LABELS % 2, (1,), "binary_crossentropy", "sigmoid", ["accuracy"]),
    (LABELS % 2 == 0, (1,), "binary_crossentropy", "sigmoid", ["accuracy"]),
    (RNG.integers(0, 2, (ROWS, 4)), (4,), "binary_crossentropy", "sigmoid", ["accuracy"]),
    (np.zeros((ROWS, 4)), (4,), "binary_crossentropy", "sigmoid", []),
    (RNG.random(ROWS), (1,), "binary_crossentropy", "sigmoid", ["mae", lambda y, a: y - a]),
    (X[:, 0] * 1e3, (1,), "mse", "linear", []),
    (X[:, :1] * 1e3, (1,), "mse", None, []),
    (np.abs(X), (4,), "mae", "relu", []),
    (np.r_[0.0, np.abs(X[1:, 0])], (1,), "huber", "relu", []),
    (np.abs(X), (4,), "mse", "softplus", []),
    (np.linspace(0, 1, ROWS), (1,), "mse", "sigmoid", []),
    (np.linspace(-1, 1, ROWS), (1,), "mse", "tanh", []),
    (100 * X, (4,), "cosine_similarity", "tanh", []),
    (LABELS, (1,), "poisson", "softplus", []),
    (2 * (LABELS % 2) - 1, (1,), "hinge", "tanh", []),
    (LABELS % 2, (1,), "squared_hinge", "linear", []),
    (X, (3,), lambda y, a: a, "softmax", []),
])  # fmt: skip
def test_ordinary_targets_are_let_be(y, output_shape, loss, activation, metrics):
    quiet(y, output_shape, loss, activation, metrics)


@pytest.mark.parametrize("x", [
    X.astype("float64"), X.astype("float16"), X.tolist(), X.round().astype(int), X > 0,
    (100 * np.abs(X)).astype("uint8"), X[::-1], np.asfortranarray(X), X.astype(object),
    pd.DataFrame(X, columns=list("abcd")), polars.DataFrame(X, list("abcd")),
    pd.DataFrame({"a": LABELS, "b": LABELS > 1, "c": X[:, 0].astype("float64"), "d": X[:, 1]}),
    polars.DataFrame({"a": LABELS, "b": LABELS > 1, "c": X[:, 0].astype("float64"), "d": X[:, 1]}),
])  # fmt: skip
def test_every_kind_of_table_is_taken_without_complaint(x):
    expected = np.asarray(x, dtype="float32")
    for y in (
        LABELS,
        pd.Series(LABELS),
        polars.Series(LABELS),
        pd.DataFrame({"y": LABELS}),
        list(LABELS.astype(float)),
    ):
        found = inputs.same_rows(inputs.Examples(inputs.as_inputs(x, (4,)), inputs.as_targets(y, (1,))))
        np.testing.assert_array_equal(found.x, expected)
        np.testing.assert_array_equal(found.y, LABELS[:, None])
        assert found.x.dtype == found.y.dtype == np.float32


def test_frames_train_predict_and_evaluate_as_arrays_do():
    frame, series = pd.DataFrame(X, columns=list("abcd"), index=range(5, 5 + ROWS)), pd.Series(LABELS)
    first, second = (network(3, "softmax", "sparse_categorical_crossentropy", ["accuracy"]) for _ in range(2))
    assert (
        learn(first, X, LABELS, sample_weight=np.ones(ROWS)).history
        == learn(second, frame, series, sample_weight=pd.Series(np.ones(ROWS))).history
    )
    np.testing.assert_array_equal(first.predict(X), second.predict(frame))
    assert first.evaluate(X, LABELS, verbose=0) == second.evaluate(polars.from_pandas(frame), list(LABELS), verbose=0)


@pytest.mark.parametrize(
    ("loss", "units", "wanted"),
    [("binary_crossentropy", 1, "sigmoid"), ("sparse_categorical_crossentropy", 3, "softmax"), ("kld", 3, "softmax")],
)
def test_a_crossentropy_on_a_last_layer_without_activation_is_refused_with_the_mend(loss, units, wanted):
    model = pl.Sequential([pl.Dense(units)])
    model.compile("adam", loss)
    y = np.zeros(4) if loss != "kld" else np.eye(3)[[0, 1, 2, 0]]
    with pytest.raises(pl.errors.InvalidValue, match=f'activation="{wanted}"'):
        model.fit(np.zeros((4, 2)), y, verbose=0)


def test_from_logits_takes_a_last_layer_without_activation():
    model = pl.Sequential([pl.Dense(1)])
    model.compile("adam", pl.losses.BinaryCrossentropy(from_logits=True))
    assert model.fit(np.ones((4, 2)), [0, 1, 0, 1], verbose=0).history["loss"][0] > 0
