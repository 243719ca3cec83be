"""Runs: the same weights however a run is divided, resumed or observed; training stops at NaN and infinity."""

from __future__ import annotations

import time

import numpy as np
import pytest

import plastica as pl
from plastica.training import run as host

X = np.random.default_rng(0).standard_normal((70, 6)).astype("float32")
Y = (X[:, :1] * X[:, 1:2] + X[:, 2:3]).astype("float32")


def network(seed=0, optimizer="adam"):
    model = pl.Sequential(
        [pl.Dense(12, activation="tanh"), pl.Dropout(0.2), pl.BatchNormalization(), pl.Dense(1)], seed=seed
    )
    model.compile(optimizer=optimizer, loss="mse", metrics=["mae"])
    return model


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights(), strict=True))


def test_same_seed_gives_the_same_weights_and_another_seed_others():
    first, second, other = network(), network(), network(seed=1)
    for model in (first, second, other):
        model.fit(X, Y, epochs=3, verbose=0)
    assert same(first, second)
    assert not same(first, other)


def test_watching_every_epoch_or_every_step_changes_no_bit():
    free, watched, stepped = network(), network(), network()
    free.fit(X, Y, epochs=6, verbose=0, validation_split=0.2)
    watched.fit(
        X, Y, epochs=6, verbose=0, validation_split=0.2, callbacks=[pl.LambdaCallback(on_epoch_end=print_nothing)]
    )
    seen = []
    look = pl.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
    stepped.fit(X, Y, epochs=6, verbose=0, validation_split=0.2, callbacks=[look])
    assert seen == [0, 1] * 6
    assert same(free, watched)
    assert same(free, stepped)


def print_nothing(epoch, logs):
    pass


def test_slow_looks_cut_an_epoch_into_parts_without_changing_a_bit(monkeypatch):
    whole, cut = network(), network()
    first = whole.fit(X, Y, epochs=4, batch_size=4, verbose=0)
    monkeypatch.setattr(host, "SECONDS_A_CALL", 1e-9)
    second = cut.fit(X, Y, epochs=4, batch_size=4, verbose=0)
    assert same(whole, cut)
    for name, values in first.history.items():
        assert second.history[name] == pytest.approx(values, rel=1e-6)


def test_two_fits_of_three_epochs_are_one_of_six():
    once, twice = network(), network()
    once.fit(X, Y, epochs=6, verbose=0)
    twice.fit(X, Y, epochs=3, verbose=0)
    twice.fit(X, Y, epochs=6, initial_epoch=3, verbose=0)
    assert same(once, twice)


def test_a_short_last_batch_counts_by_its_rows():
    model = pl.Sequential([pl.Dense(1, kernel_initializer="zeros")])
    model.compile(optimizer=pl.optimizers.SGD(0.0), loss="mse")
    history = model.fit(X, Y, epochs=1, batch_size=32, verbose=0)
    assert history.history["loss"][0] == pytest.approx(float(np.mean(Y**2)), rel=1e-5)


def test_batch_statistics_leave_filler_rows_out():
    def one(batch_size, rows):
        model = pl.Sequential([pl.BatchNormalization(), pl.Dense(1)])
        model.compile(optimizer=pl.optimizers.SGD(0.0), loss="mse")
        model.fit(X[:rows], Y[:rows], epochs=1, batch_size=batch_size, shuffle=False, verbose=0)
        return model.get_weights()[2]

    full, _ = X[:32], X[32:40]
    expected = 0.99 * (0.01 * full.mean(0)) + 0.01 * X[32:40].mean(0)
    np.testing.assert_allclose(one(32, 40), expected, rtol=1e-4, atol=1e-6)


def test_nan_stops_at_once_names_the_layer_and_keeps_finite_weights():
    model = pl.Sequential([pl.Dense(8, activation="relu"), pl.Dense(1)])
    model.compile(optimizer=pl.optimizers.SGD(1e3), loss="mse")
    with pytest.raises(
        pl.errors.NotFinite,
        match=r"epoch \d+, step \d+ of 3: the first value that is not finite is in the potential of layer \d, Dense",
    ):
        model.fit(X * 100, Y, epochs=100, verbose=0)
    assert all(np.isfinite(array).all() for array in model.get_weights())


def test_terminate_on_nan_stops_quietly_and_says_so():
    model = pl.Sequential([pl.Dense(8, activation="relu"), pl.Dense(1)])
    model.compile(optimizer=pl.optimizers.SGD(1e3), loss="mse")
    history = model.fit(X * 100, Y, epochs=100, verbose=0, callbacks=[pl.TerminateOnNaN()])
    assert history.stopped_by.startswith("not finite")
    assert all(np.isfinite(array).all() for array in model.get_weights())


def test_until_time_limit_and_epochs_say_which_one_fired():
    assert network().fit(X, Y, epochs=500, until={"loss": 0.5}, verbose=0).stopped_by == "until: loss <= 0.5"
    assert network().fit(X, Y, epochs=10**6, time_limit=0.3, verbose=0).stopped_by == "time_limit"
    assert network().fit(X, Y, epochs=2, verbose=0).stopped_by == "epochs"


def test_early_stopping_restores_the_best_weights():
    model = network()
    stop = pl.EarlyStopping(monitor="val_loss", patience=5, restore_best_weights=True)
    history = model.fit(X, Y, epochs=500, validation_split=0.3, callbacks=[stop], verbose=0)
    best = min(history.history["val_loss"])
    cut = int(len(X) * 0.7)
    assert history.stopped_by.startswith("EarlyStopping")
    assert model.evaluate(X[cut:], Y[cut:], verbose=0)[0] == pytest.approx(best, rel=1e-5)


@pytest.mark.parametrize("epochs", [1, 4])
def test_a_resumed_run_ends_in_the_same_weights(tmp_path, epochs):
    options = {"validation_split": 0.2, "verbose": 0, "batch_size": 8}
    straight, begun, resumed = network(), network(), network()
    expected = straight.fit(X, Y, epochs=7, **options)
    begun.fit(X, Y, epochs=epochs, checkpoint=tmp_path, **options)
    history = resumed.fit(X, Y, epochs=7, checkpoint=tmp_path, resume=True, **options)
    assert same(straight, resumed)
    assert history.history == expected.history


def test_a_checkpoint_folder_is_not_overwritten_by_another_run(tmp_path):
    network().fit(X, Y, epochs=1, checkpoint=tmp_path, verbose=0)
    with pytest.raises(pl.errors.InvalidValue, match="resume=True"):
        network().fit(X, Y, epochs=1, checkpoint=tmp_path, verbose=0)
    with pytest.raises(pl.errors.InvalidValue, match="another run"):
        network(seed=5).fit(X, Y, epochs=2, checkpoint=tmp_path, resume=True, verbose=0)


def test_a_second_fit_and_another_rate_compile_nothing():
    from plastica.training import advance

    network().fit(X, Y, epochs=1, verbose=0)
    programs = advance._cache_size()
    network().fit(X, Y, epochs=3, verbose=0)
    network(optimizer=pl.optimizers.Adam(0.02)).fit(X, Y, epochs=1, verbose=0)
    model = network()
    model.learning_rate = 0.5
    model.fit(X, Y, epochs=1, verbose=0)
    assert advance._cache_size() == programs


def test_a_rows_answer_does_not_depend_on_the_rows_beside_it():
    model = network()
    model.fit(X, Y, epochs=1, verbose=0)
    together = model.predict(np.tile(X, (5, 1)))
    assert np.array_equal(together[:70], model.predict(X))
    alone = np.concatenate([model.predict(X[i : i + 1]) for i in range(70)])
    assert np.array_equal(alone, model.predict(X))
    assert np.array_equal(model.predict(X[::-1])[::-1], model.predict(X))


def test_accumulated_directions_of_small_batches_are_one_large_batch():
    small, large = (pl.Sequential([pl.Dense(1, kernel_initializer="ones")]) for _ in range(2))
    small.compile(optimizer=pl.optimizers.SGD(0.1, accumulate=2), loss="mse")
    large.compile(optimizer=pl.optimizers.SGD(0.1), loss="mse")
    small.fit(X[:64], Y[:64], batch_size=16, epochs=3, shuffle=False, verbose=0)
    large.fit(X[:64], Y[:64], batch_size=32, epochs=3, shuffle=False, verbose=0)
    for a, b in zip(small.get_weights(), large.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_lbfgs_solves_least_squares_on_the_full_batch():
    model = pl.Sequential([pl.Dense(1)])
    model.compile(optimizer="lbfgs", loss="mse")
    model.fit(X, Y, epochs=60, verbose=0)
    inputs = np.c_[X, np.ones(len(X))]
    solution = np.linalg.lstsq(inputs, Y, rcond=None)[0]
    np.testing.assert_allclose(np.vstack([model.get_weights()[0], model.get_weights()[1][None]]), solution, atol=1e-3)


def test_a_slow_callback_does_not_cut_the_run_into_more_calls(monkeypatch):
    from plastica.training.batches import Planner

    calls = []
    plan = Planner.plan
    monkeypatch.setattr(Planner, "plan", lambda self, *span: calls.append(span) or plan(self, *span))
    slow = pl.LambdaCallback(on_epoch_end=lambda epoch, logs: time.sleep(0.3))
    network().fit(X, Y, epochs=6, batch_size=1, verbose=0, callbacks=[slow])
    # Six epochs, and the first short calls for measuring the speed.
    assert len(calls) <= 12


def test_calls_that_go_through_one_epoch_draw_its_order_once(monkeypatch):
    from plastica.training import batches

    drawn, draw = [], batches.row_order
    monkeypatch.setattr(batches, "row_order", lambda *which: drawn.append(which[1]) or draw(*which))
    planner = batches.Planner(40, 4, 7, True, 3)
    tables = [planner.plan(*span).table for span in ((0, 1), (1, 4), (4, 10), (10, 30), (0, 2))]
    assert drawn == [3, 4, 5, 3]
    for table, epoch in zip(tables, (3, 3, 3, 4, 3), strict=True):
        np.testing.assert_array_equal(table[0].ravel()[:40], draw(7, epoch, 40, True))


def test_rows_are_drawn_by_their_probabilities_and_each_epoch_anew():
    from plastica.training.batches import Planner

    chances = np.array([0.0, 1.0, 2.0, 5.0, 0.0] * 40)
    planner = Planner(200, 200, 7, True, 0, chances)
    drawn = [planner.plan(epoch, epoch + 1).table[0].ravel()[:200] for epoch in range(100)]
    counts = np.bincount(np.concatenate(drawn), minlength=200)
    expected = 100 * 200 * chances / chances.sum()
    assert (counts[chances == 0] == 0).all()
    likely = chances > 0
    # Pearson's statistic of 120 cells has mean 119 and standard deviation sqrt(2 * 119).
    statistic = ((counts - expected)[likely] ** 2 / expected[likely]).sum()
    assert abs(statistic - 119) < 4 * np.sqrt(2 * 119)
    assert not np.array_equal(drawn[0], drawn[1])


def test_a_resumed_run_draws_the_rows_that_the_whole_run_drew(tmp_path):
    options = {"sampling": 1 + (Y[:, 0] > 0), "verbose": 0, "batch_size": 8}
    straight, plain, begun, resumed = network(), network(), network(), network()
    straight.fit(X, Y, epochs=5, **options)
    plain.fit(X, Y, epochs=5, verbose=0, batch_size=8)
    begun.fit(X, Y, epochs=5, max_steps=13, checkpoint=tmp_path, **options)
    resumed.fit(X, Y, epochs=5, checkpoint=tmp_path, resume=True, **options)
    assert same(straight, resumed)
    assert not same(straight, plain)
    with pytest.raises(pl.errors.InvalidValue, match="another run"):
        network().fit(X, Y, epochs=6, checkpoint=tmp_path, resume=True, verbose=0, batch_size=8)


@pytest.mark.parametrize(
    ("sampling", "options", "error", "message"),
    [
        ([1.0] * 3, {}, pl.errors.ShapeError, r"sampling has shape \(3,\).*\(70,\)"),
        ([1.0] * 69 + [-1], {}, pl.errors.InvalidValue, "sampling is -1 for row 69"),
        ([1.0] * 69 + [np.nan], {}, pl.errors.DataError, "sampling.*NaN"),
        ([0.0] * 69 + [1.0], {"validation_split": 0.5}, pl.errors.InvalidValue, "0 for all training rows"),
        ([1.0] * 70, {"shuffle": False}, pl.errors.InvalidValue, "remove shuffle=False"),
    ],
)
def test_probabilities_that_cannot_be_drawn_by_are_refused(sampling, options, error, message):
    with pytest.raises(error, match=message):
        network().fit(X, Y, sampling=sampling, verbose=0, **options)


def test_another_fold_compiles_nothing():
    from plastica.training import advance, evaluate, predict

    generator = np.random.default_rng(5)
    x, y = generator.standard_normal((178, 6)).astype("float32"), generator.standard_normal((178, 1))
    programs = []
    for fold in range(5):
        held_out = np.arange(178) % 5 == fold
        model = network()
        model.fit(x[~held_out], y[~held_out], validation_data=(x[held_out], y[held_out]), epochs=1, verbose=0)
        model.evaluate(x[held_out], y[held_out], verbose=0)
        model.predict(x[held_out])
        programs.append(sum(program._cache_size() for program in (advance, evaluate, predict)))
    assert len(set(programs)) == 1


def test_rows_in_larger_arrays_learn_the_same_bits(monkeypatch):
    from plastica.training import batches

    def trained(rows):
        model = network()
        history = model.fit(X[:rows], Y[:rows], validation_split=0.3, batch_size=8, epochs=3, verbose=0)
        return model, history.history, model.evaluate(X, Y, verbose=0), model.predict(X)

    roomy = [trained(rows) for rows in (43, 70)]
    monkeypatch.setattr(batches, "room_for", lambda rows: rows)
    for rows, (model, history, figures, answers) in zip((43, 70), roomy, strict=True):
        exact, expected, judged, answered = trained(rows)
        assert same(model, exact)
        assert (history, figures) == (expected, judged)
        assert np.array_equal(answers, answered)


@pytest.mark.parametrize(("rows", "most"), [(16, 0), (10**4, 8), (10**6, 8)])
def test_room_for_fillers_is_an_eighth_at_most(rows, most):
    from plastica.training.batches import room_for

    sizes = range(1, rows + 1, max(1, rows // 1000))
    assert all(0 <= room_for(size) - size <= (size // most if most else 0) for size in sizes)


def test_many_rows_are_answered_in_parts_with_the_same_bits(monkeypatch):
    from plastica.training import batches

    model = network()
    model.fit(X, Y, epochs=1, verbose=0)
    whole, judged = model.predict(X, batch_size=4), model.evaluate(X, Y, batch_size=4, verbose=0)
    monkeypatch.setattr(batches, "PART_ROWS", 16)
    assert np.array_equal(model.predict(X, batch_size=4), whole)
    assert model.evaluate(X, Y, batch_size=4, verbose=0) == judged


def test_programs_of_ever_new_shapes_are_not_kept_without_end(monkeypatch):
    from plastica.training import advance, cache, evaluate, predict

    monkeypatch.setattr(cache, "MOST_PROGRAMS", 2)
    answers = {}
    for columns in (1, 2, 3, 4, 5, 1):
        model = pl.Sequential([pl.Dense(1)])
        model.compile(optimizer="sgd", loss="mse")
        model.fit(X[:, :columns], Y, epochs=1, verbose=0)
        model.evaluate(X[:, :columns], Y, verbose=0)
        found = model.predict(X[:, :columns])
        # Removed programs are compiled again and give the same bits.
        np.testing.assert_array_equal(found, answers.setdefault(columns, found))
        assert all(program._cache_size() <= 3 for program in (advance, evaluate, predict))
