"""Generators and data loaders are equivalent to arrays with the same rows in the same order."""

from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plastica as pl
from plastica.training import stream

GENERATOR = np.random.default_rng(3)
X = GENERATOR.standard_normal((150, 4)).astype("float32")
Y = (X[:, :1] * X[:, 1:2]).astype("float32")
WEIGHT = GENERATOR.random(150).astype("float32")
SIZE = 16
STEPS = -(-len(X) // SIZE)


def network(loss="mse", optimizer="adam", seed=0):
    model = pl.Sequential([pl.Dense(6, activation="tanh"), pl.Dropout(0.1), pl.Dense(1)], seed=seed)
    model.compile(optimizer, loss, ["mae"])
    return model


def batches(*arrays, size=SIZE):
    for start in range(0, len(arrays[0]), size):
        yield tuple(array[start : start + size] for array in arrays)


def endless(*arrays):
    while True:
        yield from batches(*arrays)


class Loader:
    """A data loader, iterated again for each epoch."""

    def __init__(self, *arrays, length=True, made=list):
        self.arrays, self.made, self.begun = arrays, made, 0
        self.length = STEPS if length else None

    def __iter__(self):
        self.begun += 1
        return map(self.made, batches(*self.arrays))


class Sized(Loader):
    def __len__(self):
        return STEPS


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights(), strict=True))


def expected(epochs=3, **options):
    model = network()
    history = model.fit(X, Y, batch_size=SIZE, epochs=epochs, shuffle=False, verbose=0, **options)
    return model, history.history


@pytest.mark.parametrize(
    ("given_x", "options"),
    [
        (lambda: endless(X, Y), {"steps_per_epoch": STEPS}),
        (lambda: Loader(X, Y), {}),
        (lambda: Sized(X, Y), {}),
        (lambda: Sized(X, Y), {"steps_per_epoch": STEPS}),
        (lambda: itertools.chain(batches(X, Y), batches(X, Y), batches(X, Y)), {"steps_per_epoch": STEPS}),
    ],
)
def test_a_generator_of_batches_gives_the_bits_of_the_arrays(given_x, options):
    model = network()
    validation = {"validation_data": (X[:50], Y[:50])}
    history = model.fit(given_x(), epochs=3, verbose=0, **validation, **options)
    other, figures = expected(**validation)
    assert same(model, other)
    assert history.history == figures


def test_weights_of_rows_and_of_classes_come_with_the_batches():
    model, other = network(), network()
    model.fit(Loader(X, Y, WEIGHT, made=tuple), epochs=2, verbose=0)
    other.fit(X, Y, SIZE, 2, 0, sample_weight=WEIGHT, shuffle=False)
    assert same(model, other)
    labels = (Y > 0).astype("float32")
    models = []
    for given_x, rest in ((Sized(X, labels), {}), (X, {"y": labels, "batch_size": SIZE, "shuffle": False})):
        models.append(pl.Sequential([pl.Dense(1, "sigmoid")]))
        models[-1].compile("sgd", "binary_crossentropy")
        models[-1].fit(given_x, epochs=2, verbose=0, class_weight={0: 1, 1: 5}, **rest)
    assert same(*models)


@settings(max_examples=15, deadline=None)
@given(steps=st.integers(1, 25), epochs=st.integers(1, 4), sizes=st.lists(st.integers(1, 9), min_size=1, max_size=12))
def test_any_division_into_batches_and_epochs_uses_each_batch_once(steps, epochs, sizes):
    read = []

    def numbered():
        for number in itertools.count():
            read.append(number)
            size = sizes[number % len(sizes)]
            yield np.full((size, 2), number / 100, np.float32), np.zeros(size, np.float32)

    model = pl.Sequential([pl.Dense(1)])
    model.compile("sgd", "mse")
    seen = []
    watch = pl.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
    model.fit(numbered(), steps_per_epoch=steps, epochs=epochs, verbose=0, callbacks=[watch])
    assert read == list(range(steps * epochs))
    assert seen == list(range(epochs))
    assert int(model.learner.step) == steps * epochs


def test_how_batches_are_put_together_changes_no_bit(monkeypatch):
    def growing():
        for number in itertools.count():
            rows = np.random.default_rng(number).permutation(150)[: 5 + 11 * (number % 3)]
            yield X[rows], Y[rows]

    models = []
    for few, many in ((8, 64), (1, 1), (3, 5)):
        monkeypatch.setattr(stream, "FEW_STEPS", few)
        monkeypatch.setattr(stream, "MANY_STEPS", many)
        models.append(network())
        models[-1].fit(growing(), steps_per_epoch=33, epochs=2, verbose=0)
    assert same(models[0], models[1])
    assert same(models[0], models[2])


def test_a_generator_is_read_in_a_thread_of_its_own():
    threads = set()

    def watched():
        for batch in endless(X, Y):
            threads.add(threading.current_thread().name)
            yield batch

    network().fit(watched(), steps_per_epoch=30, epochs=2, verbose=0)
    assert len(threads) == 1
    assert threads != {threading.current_thread().name}
    assert not [thread for thread in threading.enumerate() if thread.name in threads]


def test_batches_of_each_step_are_seen_by_callbacks_and_short_epochs_end():
    seen, told = [], []
    watch = pl.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(batch), on_train_begin=lambda logs: told.append(watch.params)
    )
    model, other = network(), network()
    model.fit(Loader(X, Y), epochs=2, verbose=0, callbacks=[watch])
    other.fit(Loader(X, Y), epochs=2, verbose=0)
    assert seen == list(range(STEPS)) * 2
    assert told[0]["steps"] is None
    assert same(model, other)


def test_a_run_from_a_data_loader_resumes_to_the_same_bits(tmp_path):
    options = {"epochs": 4, "verbose": 0}
    straight, begun, resumed = network(), network(), network()
    straight.fit(Sized(X, Y), **options)
    begun.fit(Sized(X, Y), checkpoint=tmp_path, max_steps=23, **options)
    loader = Sized(X, Y)
    resumed.fit(loader, checkpoint=tmp_path, resume=True, **options)
    assert same(straight, resumed)
    assert loader.begun == 4  # read again from the first batch
    with pytest.raises(pl.errors.InvalidValue, match="another run"):
        network().fit(Sized(X[::-1], Y), checkpoint=tmp_path, resume=True, **options)


def test_evaluation_and_prediction_take_generators_too():
    model, _ = expected()
    assert model.evaluate(batches(X, Y), verbose=0) == model.evaluate(X, Y, verbose=0)
    assert model.evaluate(endless(X, Y, WEIGHT), steps=STEPS, verbose=0) == model.evaluate(
        X, Y, sample_weight=WEIGHT, verbose=0
    )
    np.testing.assert_array_equal(model.predict(batches(X)), model.predict(X))
    np.testing.assert_array_equal(model.predict(batches(X, Y)), model.predict(X))
    np.testing.assert_array_equal(model.predict((x for (x,) in endless(X)), steps=2), model.predict(X[: 2 * SIZE]))
    held_out, arrays = network(), network()
    found = held_out.fit(X, Y, epochs=2, verbose=0, validation_data=endless(X, Y), validation_steps=STEPS)
    assert found.history == arrays.fit(X, Y, epochs=2, verbose=0, validation_data=(X, Y)).history


def test_tensors_of_other_libraries_are_arrays():
    class Tensor:
        def __init__(self, array):
            self.array = array

        def __array__(self, dtype=None, copy=None):
            return self.array

    model = network()
    model.fit(Sized(X, Y, made=lambda batch: [Tensor(part) for part in batch]), epochs=3, verbose=0)
    assert same(model, expected()[0])


def test_a_number_that_is_not_finite_is_found_and_its_step_named():
    model = network(optimizer=pl.optimizers.SGD(1e30))
    with pytest.raises(pl.errors.NotFinite, match=r"epoch 1, step \d+ of 40"):
        model.fit(endless(X, Y), steps_per_epoch=40, epochs=3, verbose=0)
    assert all(np.isfinite(array).all() for array in model.get_weights())


def bad(number, change):
    for place, batch in enumerate(endless(X, Y)):
        yield change(*batch) if place == number else batch


def whole_batch(y, a):
    return np.float32(1) * ((y - a) ** 2).max()


def test_a_loss_of_the_whole_batch_sees_no_fillers():
    models = []
    for given_x, rest in ((Sized(X, Y), {}), (X, {"y": Y, "batch_size": SIZE, "shuffle": False})):
        models.append(network(whole_batch))
        models[-1].fit(given_x, epochs=2, verbose=0, **rest)
    assert same(*models)


@pytest.mark.parametrize(
    ("given_x", "options", "error", "message"),
    [
        (lambda: batches(X, Y), {"epochs": 2}, pl.errors.DataError, "ended after 10 batches, which made one epoch"),
        (
            lambda: batches(X, Y),
            {"epochs": 2, "steps_per_epoch": 8},
            pl.errors.DataError,
            "ended after 10 batches, but 16 are needed",
        ),
        (lambda: iter(()), {}, pl.errors.DataError, "no batch"),
        (lambda: endless(X), {}, pl.errors.InvalidValue, "needs targets"),
        (lambda: iter([X]), {}, pl.errors.InvalidValue, r"batch 0 is a ndarray; expected \(x, y\)"),
        (lambda: batches(X, Y), {"y": Y}, pl.errors.InvalidValue, r"fit\(generator, y="),
        (lambda: batches(X, Y), {"batch_size": 8}, pl.errors.InvalidValue, r"fit\(generator, batch_size="),
        (lambda: batches(X, Y), {"validation_split": 0.2}, pl.errors.InvalidValue, "use validation_data"),
        (lambda: bad(5, lambda x, y: (x * np.nan, y)), {"steps_per_epoch": 20}, pl.errors.DataError, "batch 5's x"),
        (lambda: bad(5, lambda x, y: (x[:, :2], y)), {"steps_per_epoch": 20}, pl.errors.ShapeError, "batch 5's x"),
        (lambda: bad(5, lambda x, y: (x, y, y[:, 0] * 0)), {"steps_per_epoch": 20}, pl.errors.ShapeError, "batch 5"),
        (lambda: bad(5, lambda x, y: 3), {"steps_per_epoch": 20}, pl.errors.InvalidValue, "batch 5 is a int"),
        (lambda: X, {"y": Y, "steps_per_epoch": 3}, pl.errors.InvalidValue, "for generators"),
        (lambda: X, {"y": Y, "validation_steps": 3}, pl.errors.InvalidValue, "for validation_data that is a generator"),
        (lambda: endless(X, Y), {"steps_per_epoch": 0}, pl.errors.InvalidValue, "at least 1"),
        (lambda: endless(X, Y), {"checkpoint": "somewhere"}, pl.errors.InvalidValue, "cannot be read again"),
        (lambda: Loader(X, Y), {"checkpoint": "somewhere"}, pl.errors.InvalidValue, "give steps_per_epoch="),
    ],
)
def test_batches_that_cannot_be_learned_from_are_refused(given_x, options, error, message):
    with pytest.raises(error, match=message):
        network().fit(given_x(), verbose=0, **options)


def test_what_a_data_loader_raises_is_raised_by_fit():
    def broken():
        yield from batches(X, Y)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        network().fit(broken(), steps_per_epoch=40, verbose=0)


def test_an_optimizer_of_all_rows_takes_no_generator():
    with pytest.raises(pl.errors.InvalidValue, match="not possible with a generator"):
        network(optimizer="lbfgs").fit(batches(X, Y), verbose=0)
