"""Networks with several inputs and outputs."""

import jax
import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue, PlasticaError, ShapeError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)).astype(np.float32)
DIGIT = RNG.integers(0, 3, 60)
SIZE = X[:, :1] * X[:, 1:2]
TARGETS = {"digit": DIGIT, "size": SIZE}


def network(named=True):
    x = pl.Input((4,))
    h = pl.Dense(5, "tanh")(x)
    ends = {"digit": pl.Dense(3, "softmax", name="digit")(h), "size": pl.Dense(1, name="size")(h)}
    return pl.Model(x, ends if named else list(ends.values()), seed=2)


def compiled(**named):
    model = network(named.pop("named", True))
    losses = {"digit": "sparse_categorical_crossentropy", "size": "mse"}
    model.compile(**({"optimizer": "adam", "loss": losses} | named))
    return model


def test_the_history_has_the_sum_and_each_loss_as_keras_has():
    model = compiled(metrics={"digit": "accuracy", "size": ["mae"]}, loss_weights={"size": 0.25})
    history = model.fit(X, TARGETS, epochs=2, validation_split=0.2, verbose=0).history
    assert set(history) == {
        prefix + name
        for prefix in ("", "val_")
        for name in ("loss", "digit_loss", "size_loss", "digit_accuracy", "size_mae")
    }
    for prefix in ("", "val_"):
        total = np.array(history[f"{prefix}digit_loss"]) + 0.25 * np.array(history[f"{prefix}size_loss"])
        np.testing.assert_allclose(history[f"{prefix}loss"], total, rtol=1e-4)


def test_the_losses_are_those_of_numpy():
    model = compiled(metrics={"digit": "accuracy"}, loss_weights=[1.0, 0.5])
    model.fit(X, TARGETS, epochs=1, verbose=0)
    answers = model.predict(X)
    shares, size = answers["digit"], answers["size"]
    digit_loss = -np.log(shares[np.arange(60), DIGIT]).mean()
    size_loss = ((size - SIZE) ** 2).mean()
    found = model.evaluate(X, TARGETS, verbose=0, return_dict=True)
    expected = {
        "loss": digit_loss + 0.5 * size_loss,
        "digit_loss": digit_loss,
        "size_loss": size_loss,
        "digit_accuracy": (shares.argmax(1) == DIGIT).mean(),
    }
    assert found == pytest.approx(expected, rel=1e-4)


def test_outputs_in_a_list_are_answered_and_trained_in_order():
    one, other = compiled(), compiled(named=False)
    one.fit(X, TARGETS, epochs=2, verbose=0)
    other.fit(X, (DIGIT, SIZE), epochs=2, verbose=0)
    assert isinstance(other.predict(X), tuple)
    for own, named in zip(other.predict(X), one.predict(X).values(), strict=True):
        np.testing.assert_array_equal(own, named)


def test_one_loss_alone_trains_only_what_it_depends_on():
    model = compiled(loss={"size": "mse"})
    before = [np.array(array) for array in model.get_layer("digit").get_weights()]
    model.fit(X, {"size": SIZE}, epochs=2, verbose=0)
    for old, new in zip(before, model.get_layer("digit").get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    alone = pl.Sequential([pl.Dense(5, "tanh", input_dim=4), pl.Dense(1)], seed=2)
    alone.compile("adam", "mse")
    start = compiled(loss={"size": "mse"})
    alone.set_weights([*start.get_layer("dense").get_weights(), *start.get_layer("size").get_weights()])
    alone.fit(X, SIZE, epochs=2, verbose=0)
    np.testing.assert_allclose(alone.predict(X), model.predict(X)["size"], rtol=1e-4, atol=1e-5)


def test_several_inputs_are_read_by_order_or_by_name(tmp_path, capsys):
    a, b = pl.Input((4,), name="table"), pl.Input((1,), name="size")
    model = pl.Model([a, b], pl.Dense(2)(pl.Concatenate()([a, b])))
    model.compile("adam", "mse")
    y = X[:, :2] + SIZE
    losses = model.fit({"size": SIZE, "table": X}, y, epochs=2, verbose=0).history["loss"]
    again = pl.Model([a, b], pl.Dense(2)(pl.Concatenate()([a, b])))
    again.compile("adam", "mse")
    assert again.fit((X, SIZE), y, epochs=2, verbose=0).history["loss"] == losses
    w, bias = model.get_weights()
    np.testing.assert_allclose(model.predict((X, SIZE)), np.hstack([X, SIZE]) @ w + bias, rtol=1e-4, atol=1e-5)
    loaded = pl.load(model.save(tmp_path / "two_inputs.plastica"))
    np.testing.assert_array_equal(loaded.predict((X, SIZE)), model.predict((X, SIZE)))
    model.summary()
    assert "(None, 4), (None, 1)" in capsys.readouterr().out and model.draw().axes
    assert len(model.trace((X, SIZE))[0].input) == 2
    with pytest.raises(InvalidValue, match="table, size"):
        model.predict({"table": X})
    with pytest.raises(ShapeError):
        model.predict((SIZE, X))


def test_a_network_with_several_outputs_survives_a_file_and_a_kill(tmp_path):
    model = compiled(metrics={"digit": "accuracy"}, loss_weights={"size": 0.25})
    model.fit(X, TARGETS, epochs=1, verbose=0)
    again = pl.load(model.save(tmp_path / "two.plastica"))
    losses = [each.fit(X, TARGETS, epochs=2, verbose=0).history["loss"] for each in (model, again)]
    assert losses[0] == losses[1]
    straight, resumed = compiled(), compiled()
    straight.fit(X, TARGETS, epochs=4, verbose=0)
    resumed.fit(X, TARGETS, epochs=4, max_steps=3, checkpoint=tmp_path / "run", verbose=0)
    resumed = compiled()
    resumed.fit(X, TARGETS, epochs=4, checkpoint=tmp_path / "run", resume=True, verbose=0)
    for one, other in zip(jax.tree.leaves(straight.params), jax.tree.leaves(resumed.params), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_trace_has_an_error_for_each_layer():
    seen = compiled().trace(X[:5], {name: part[:5] for name, part in TARGETS.items()})
    assert [each.delta.shape for each in seen] == [(5, 5), (5, 3), (5, 1)]


MISTAKES = {
    "an unknown output": (lambda: compiled(loss={"digits": "mse"}), InvalidValue, 'no output "digits".*digit, size'),
    "no loss": (lambda: network().compile("adam"), InvalidValue, 'loss={"digit": ..., "size": ...}'),
    "too many": (lambda: compiled(loss=["mse"] * 3), InvalidValue, "has 3 entries; the network has 2 outputs"),
    "a missing target": (lambda: compiled().fit(X, {"digit": DIGIT}), InvalidValue, "digit, size"),
    "one array": (lambda: compiled().fit(X, SIZE), InvalidValue, "expects 2: give a tuple"),
    "targets of another kind": (
        lambda: compiled().fit(X, {"digit": SIZE * 10, "size": SIZE}),
        PlasticaError,
        "y\\['digit'\\]",
    ),
    "class weights": (lambda: compiled().fit(X, TARGETS, class_weight={0: 1.0}), InvalidValue, "several outputs"),
    "weights of one loss": (
        lambda: pl.Sequential([pl.Dense(1, input_dim=4)]).compile("adam", "mse", loss_weights=[2]),
        InvalidValue,
        "one output",
    ),
    "a tuple for one output": (
        lambda: fitted_to_two(),  # noqa: PLW0108 - defined below
        DataError,
        "this network has one output",
    ),
}


def fitted_to_two():
    model = pl.Sequential([pl.Dense(1, input_dim=4)])
    model.compile("adam", "mse")
    model.fit(X, (SIZE, SIZE), verbose=0)


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_named(case):
    make, kind, message = MISTAKES[case]
    with pytest.raises(kind, match=message):
        make()
