"""Forward-forward: the contrast of each layer, labels appended to the input, two kinds of prediction."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica import random
from plastica.errors import InvalidValue
from plastica.layers import Context
from plastica.layers import Sequential as Network
from plastica.rules import Batch, ForwardForward
from plastica.rules.forward_forward import goodness, normalised, one_hot_labels

KEY = random.seed_key(3)
CROSSENTROPY = pl.losses.place(pl.losses.get("sparse_categorical_crossentropy"), pl.activations.Softmax())
YES_OR_NO = pl.losses.place(pl.losses.get("binary_crossentropy"), pl.activations.Sigmoid())
NETWORK = Network(
    [pl.Dense(5, activation="relu"), pl.Dense(4), pl.Activation("tanh"), pl.Dense(2, activation="softmax")]
)
PARAMS, STATE = NETWORK.init(np.random.default_rng(1), (6,))
X = np.random.default_rng(2).normal(size=(8, 6)).astype(np.float32)
Y = np.array([0, 1, 1, 0, 1, 0, 0, 1], np.int32)
BATCH = Batch(X, Y, np.array([1, 1, 2, 1, 0.5, 1, 1, 1], np.float32), np.float32(8))


def signal(rule, params=PARAMS, batch=BATCH):
    memory = rule.init(NETWORK, params, KEY)
    return rule.signal(NETWORK, params, STATE, memory, batch, CROSSENTROPY, Context(True, KEY)), memory


def unit_length(a):
    return a / np.sqrt(np.mean(a**2, axis=1, keepdims=True))


def hinton(kernels, biases, label, x, y):
    """Return C of both hidden layers, and the goodness for labels y, in double precision."""
    first = np.maximum(x @ kernels[0] + biases[0] + label[y], 0)
    second = np.tanh(unit_length(first) @ kernels[1] + biases[1])
    return np.mean(first**2, axis=1), np.mean(second**2, axis=1)


def losses(rule, arrays, batch=BATCH):
    """Return C of both layers, the mean over rows; with two classes the wrong label is the other one."""
    kernels, biases, label = arrays[:2], arrays[2:4], arrays[4]
    x = np.asarray(batch.x, np.float64)
    found = []
    both = (hinton(kernels, biases, label, x, y) for y in (batch.y, 1 - batch.y))
    for up, down in zip(*both, strict=True):
        if rule.contrast == "difference":
            rows = -np.log(1 / (1 + np.exp(-rule.sharpness * (up - down))))
        else:
            share = [1 / (1 + np.exp(-rule.sharpness * (each - rule.threshold))) for each in (up, down)]
            rows = -np.log(share[0]) - np.log(1 - share[1])
        found.append(np.sum(batch.weight * rows) / batch.size)
    return found


def slope(of, arrays, place):
    """Return the gradient of one number for one array, by central differences."""
    found = np.zeros_like(arrays[place])
    for at in np.ndindex(found.shape):
        ends = []
        for step in (1e-6, -1e-6):
            moved = [array.copy() for array in arrays]
            moved[place][at] += step
            ends.append(of(moved))
        found[at] = (ends[0] - ends[1]) / 2e-6
    return found


@pytest.mark.parametrize(
    "rule", [ForwardForward("threshold", 3.0, 0.7), ForwardForward("difference", 2.0)], ids=lambda r: r.contrast
)
def test_each_layer_follows_its_own_written_loss_and_no_other(rule):
    found, memory = signal(rule)
    layers = (PARAMS[0], PARAMS[1])
    arrays = [*(own["kernel"] for own in layers), *(own["bias"] for own in layers), memory["label"]]
    arrays = [np.asarray(array, np.float64) for array in arrays]
    for layer in range(2):
        for name, place in (("kernel", layer), ("bias", 2 + layer)):
            wanted = slope(lambda moved, layer=layer: losses(rule, moved)[layer], arrays, place)
            np.testing.assert_allclose(found.direction[layer][name], wanted, rtol=2e-4, atol=2e-6)
    # The kernel of the labels belongs to the first layer only; SGD shows its gradient.
    plain = ForwardForward(rule.contrast, rule.sharpness, rule.threshold, label_optimizer=pl.optimizers.SGD(1.0))
    moved = signal(plain)[0].memory["label"]
    wanted = slope(lambda moved: losses(rule, moved)[0], arrays, 4)
    np.testing.assert_allclose(memory["label"] - moved, wanted, rtol=2e-3, atol=2e-6)


def test_what_a_layer_learns_depends_on_no_layer_above_it():
    other = (*PARAMS[:1], {"kernel": -PARAMS[1]["kernel"], "bias": PARAMS[1]["bias"] + 1}, *PARAMS[2:])
    here, there = signal(ForwardForward())[0].direction, signal(ForwardForward(), other)[0].direction
    np.testing.assert_array_equal(here[0]["kernel"], there[0]["kernel"])
    assert np.abs(here[1]["kernel"] - there[1]["kernel"]).max() > 1e-3


def test_rows_that_weigh_nothing_change_nothing():
    few = Batch(X[:5], Y[:5], np.ones(5, np.float32), np.float32(5))
    filled = Batch(X, Y, np.array([1, 1, 1, 1, 1, 0, 0, 0], np.float32), np.float32(5))
    both = (signal(ForwardForward(), batch=batch)[0].direction for batch in (few, filled))
    for one, other in zip(*both, strict=True):
        for name in one:
            np.testing.assert_allclose(one[name], other[name], rtol=1e-3, atol=1e-5)


def test_normalised_activity_has_length_one_a_unit_and_silence_stays_silent():
    activity = np.random.default_rng(0).normal(size=(3, 4, 4, 2)).astype(np.float32)
    np.testing.assert_allclose(goodness(normalised(activity)), 1, rtol=1e-5)
    assert np.all(normalised(np.zeros((2, 5), np.float32)) == 0)


@pytest.mark.parametrize("negatives", ["hard", "random"])
def test_wrong_labels_are_never_the_true_one_and_follow_the_belief(negatives):
    true = np.eye(4, dtype=np.float32)[np.zeros(20_000, int)]
    belief = np.log(np.tile(np.array([0.6, 0.2, 0.15, 0.05], np.float32), (20_000, 1)))
    wrong = ForwardForward(negatives=negatives).wrong_labels(true, belief, KEY)
    assert not np.any(np.sum(wrong * true, 1))
    wanted = [0, 0.5, 0.375, 0.125] if negatives == "hard" else [0, 1 / 3, 1 / 3, 1 / 3]
    np.testing.assert_allclose(np.mean(wrong, 0), wanted, atol=0.015)


def test_goodness_answers_what_a_loop_over_labels_sums():
    rule = ForwardForward(answer="goodness", sharpness=2.0)
    memory = rule.init(NETWORK, PARAMS, KEY)
    kernels, biases = [PARAMS[i]["kernel"] for i in (0, 1)], [PARAMS[i]["bias"] for i in (0, 1)]
    label = np.asarray(memory["label"])
    totals = [sum(hinton(kernels, biases, label, X, np.full(8, each))) for each in range(2)]
    potential, activity = rule.respond(NETWORK, PARAMS, STATE, memory, X)
    np.testing.assert_allclose(potential, 2 * np.stack(totals, 1), rtol=1e-5)
    np.testing.assert_allclose(np.sum(activity, 1), 1, rtol=1e-6)
    later = ForwardForward(answer="later_goodness", sharpness=2.0)
    second = [hinton(kernels, biases, label, X, np.full(8, each))[1] for each in range(2)]
    np.testing.assert_allclose(
        later.respond(NETWORK, PARAMS, STATE, memory, X)[0], 2 * np.stack(second, 1), rtol=1e-5, atol=1e-6
    )
    one = Network([*NETWORK.layers[:3], pl.Dense(1, activation="sigmoid")])
    params = (*PARAMS[:3], {"kernel": np.ones((4, 1), np.float32), "bias": np.zeros(1, np.float32)})
    potential, _ = rule.respond(one, params, STATE, memory, X)
    np.testing.assert_allclose(potential[:, 0], 2 * (totals[1] - totals[0]), rtol=1e-4, atol=1e-6)


def test_of_one_hidden_layer_its_own_goodness_answers():
    network = Network([NETWORK.layers[0], pl.Dense(2, activation="softmax")])
    params, state = network.init(np.random.default_rng(1), (6,))
    both = [ForwardForward(answer=answer) for answer in ("goodness", "later_goodness")]
    memory = both[0].init(network, params, KEY)
    all_layers, later = (rule.respond(network, params, state, memory, X)[0] for rule in both)
    np.testing.assert_array_equal(all_layers, later)


def test_the_readout_sees_the_last_normalised_activity_under_a_neutral_label():
    rule = ForwardForward(answer="readout")
    memory = rule.init(NETWORK, PARAMS, KEY)
    first = np.maximum(X @ PARAMS[0]["kernel"] + PARAMS[0]["bias"] + np.mean(memory["label"], 0), 0)
    second = unit_length(np.tanh(unit_length(first) @ PARAMS[1]["kernel"] + PARAMS[1]["bias"]))
    potential, _ = rule.respond(NETWORK, PARAMS, STATE, memory, X)
    np.testing.assert_allclose(potential, second @ PARAMS[3]["kernel"] + PARAMS[3]["bias"], rtol=1e-4, atol=1e-5)


def test_labels_come_as_numbers_as_rows_and_as_yes_or_no():
    shares, yes = np.zeros((3, 4), np.float32), np.zeros((3, 1), np.float32)
    numbers = np.array([[2.0], [0.0], [3.0]])
    wanted = np.eye(4)[[2, 0, 3]]
    for y in (numbers, numbers[:, 0], wanted):
        np.testing.assert_array_equal(one_hot_labels(y, shares, 4), wanted)
    np.testing.assert_array_equal(one_hot_labels(np.array([1.0, 0, 1]), yes, 2), np.eye(2)[[1, 0, 1]])


def test_images_are_learned_through_convolution_and_a_file_brings_the_memory_back(tmp_path):
    rng = np.random.default_rng(0)
    y = np.arange(128) % 2
    x = rng.normal(size=(128, 4, 4, 1)).astype(np.float32) + 2 * y[:, None, None, None] * np.eye(4)[..., None]
    layers = [pl.Conv2D(6, 3, activation="relu"), pl.Flatten(), pl.Dense(8, activation="relu"), pl.Dropout(0.1)]
    model = pl.Sequential([*layers, pl.Dense(1, activation="sigmoid")])
    model.compile(pl.optimizers.Adam(0.02), "binary_crossentropy", ["accuracy"], rule="forward_forward")
    assert model.fit(x, y, epochs=15, batch_size=32, verbose=0).history["accuracy"][-1] > 0.9
    again = pl.load(model.save(tmp_path / "images.plastica"))
    np.testing.assert_array_equal(again.predict(x), model.predict(x))


@pytest.mark.parametrize(
    ("layers", "loss", "text"),
    [
        (
            [pl.Dense(3, "relu"), pl.Dense(2)],
            "mse",
            "got MeanSquaredError after the activation 'linear'.*needs classes",
        ),
        ([pl.Dense(2, "softmax")], "sparse_categorical_crossentropy", "no hidden layer"),
        ([pl.Dense(3), pl.BatchNormalization(), pl.Dense(2, "softmax")], "sparse_categorical_crossentropy", "layer 1"),
        ([pl.Dense(3), pl.Dense(2, "sigmoid")], "binary_crossentropy", "2 sigmoid outputs"),
    ],
    ids=["numbers", "no hidden layer", "no units", "several labels"],
)
def test_what_it_is_not_defined_for_is_refused(layers, loss, text):
    model = pl.Sequential(layers)
    model.compile("adam", loss, rule=ForwardForward())
    y = np.zeros((4, 2)) if loss in ("mse", "binary_crossentropy") else np.zeros(4, int)
    with pytest.raises(InvalidValue, match=text):
        model.fit(X[:4], y, verbose=0)


@pytest.mark.parametrize(
    "setting",
    [{"sharpness": 0}, {"contrast": "both"}, {"negatives": "all"}, {"answer": "yes"}, {"label_optimizer": "adam"}],
)
def test_settings_outside_their_range_are_refused(setting):
    with pytest.raises(InvalidValue, match=next(iter(setting))):
        ForwardForward(**setting)
