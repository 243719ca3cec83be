"""Training a population gives the same weights as training each member alone."""

from __future__ import annotations

from typing import Any, cast

import jax
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.model.compiling import widths_for
from plastica.training.batches import Arrays, held_out_rows, picked_rows, training_rows
from plastica.training.calls import one_by_one
from plastica.training.checkpointing import Checkpoints
from plastica.training.history import History
from plastica.training.member import Member
from plastica.training.run import Run
from plastica.training.stacked import group_for
from plastica.training.stopping import stop_rules

ROWS = 50
X = np.random.default_rng(0).normal(size=(ROWS, 4)).astype(np.float32)
Y = X[:, :3].argmax(1).astype(np.float32)
SEEDS, EPOCHS, BATCH = (0, 1, 5), 3, 16


def model_of(seed, rate=0.05):
    model = pl.Sequential(
        [pl.Dense(6, activation="tanh"), pl.Dropout(0.2), pl.Dense(3, activation="softmax")], seed=seed
    )
    model.compile(pl.optimizers.Adam(rate), "sparse_categorical_crossentropy", ["accuracy"])
    model.build((None, 4))
    return model


def run_of(models, epochs=EPOCHS, x=X, group=None, callbacks=None, **options):
    """Return a run of models on the same rows, and their histories."""
    rows, judged, members = training_rows(x, Y, None), held_out_rows(x[:10], Y[:10], None), []
    histories = [History() for _ in models]
    for place, (model, history) in enumerate(zip(models, histories, strict=True)):
        widths = widths_for(model.program, Y, (3,))
        model.start_learner(widths)
        own = [] if callbacks is None else [callbacks[place]]
        for callback in own:
            callback.set_model(model)
        source = Arrays(rows, ROWS, BATCH, model.seed, True, 0)
        members.append(Member(model, source, judged, widths, callbacks=[*own, history]))
    run = Run(members, epochs, raises=False, **options)
    if group is not None:
        cast(Any, run.compute).group = group
    return run, histories


def assert_same(model, other, tolerance=0.0):
    for one, own in zip(jax.tree.leaves(model.params), jax.tree.leaves(other.params), strict=True):
        np.testing.assert_allclose(own, one, rtol=0, atol=tolerance)


@pytest.fixture(scope="module")
def alone():
    found = []
    for seed in SEEDS:
        model = model_of(seed)
        history = model.fit(X, Y, BATCH, EPOCHS, verbose=0, validation_data=(X[:10], Y[:10]))
        found.append((model, history.history))
    return found


@pytest.mark.parametrize(("group", "tolerance"), [(3, 1e-6), (1, 0.0)])
def test_members_learn_what_they_learn_alone(alone, group, tolerance):
    models = [model_of(seed) for seed in SEEDS]
    run, histories = run_of(models, group=group)
    looks = []
    run.hooks = [lambda seen: looks.append(seen.step)]
    run.go()
    assert looks[-1] == run.step == EPOCHS * run.batches and not any(member.failed for member in run.members)
    for (model, history), own, found in zip(alone, models, histories, strict=True):
        assert_same(model, own, tolerance)
        for name, curve in history.items():
            np.testing.assert_allclose(found.history[name], curve, rtol=0, atol=tolerance)


@pytest.mark.parametrize("group", [3, 1])
def test_a_member_that_is_not_finite_does_not_stop_the_others(alone, group):
    models = [model_of(seed) for seed in SEEDS]
    broken = [np.full_like(array, 1e38) for array in models[1].get_weights()]
    models[1].set_weights(broken)
    run, histories = run_of(models, group=group)
    run.go()
    assert [member.where for member in run.members if member.failed] == ["epoch 1, step 1 of 4"]
    assert (
        "epoch 1, step 1 of 4: the first value that is not finite is in the potential of layer 0"
        in run.members[1].failed
    )
    assert models[1].stop_reason == f"not finite: {run.members[1].failed}"
    assert histories[1].epoch == [] and all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(models[1].params))
    for place in (0, 2):
        assert histories[place].history["loss"][-1] == pytest.approx(alone[place][1]["loss"][-1], abs=1e-6)


def test_a_run_stops_where_it_is_told_and_goes_on_from_there(alone):
    models = [model_of(seed) for seed in SEEDS]
    run, _ = run_of(models, group=1)
    run.is_interrupted = lambda: run.step >= 2
    run.go()
    assert 2 <= run.step < EPOCHS * run.batches
    run.is_interrupted = lambda: False
    run.go()
    for (model, _), own in zip(alone, models, strict=True):
        assert_same(model, own)


SETTINGS = ((0.05, 0.2), (0.01, 0.5), (0.2, 0.0))


def model_with(seed, rate, dropped):
    layers = [pl.Dense(6, activation="tanh"), pl.Dropout(dropped), pl.Dense(3, activation="softmax")]
    model = pl.Sequential(layers, seed=seed)
    schedule = pl.schedules.ExponentialDecay(rate, decay_steps=4, decay_rate=1 - dropped / 2)
    optimizer = pl.optimizers.AdamW(schedule, weight_decay=rate)
    model.compile(optimizer, "sparse_categorical_crossentropy", ["accuracy"])
    model.build((None, 4))
    return model


@pytest.mark.parametrize(("group", "tolerance"), [(3, 1e-5), (1, 0.0)])
def test_members_may_differ_in_any_float_and_learn_what_they_learn_alone(group, tolerance):
    models = [model_with(seed, *floats) for seed, floats in zip(SEEDS, SETTINGS, strict=True)]
    run, histories = run_of(models, group=group)
    run.go()
    for seed, floats, own, history in zip(SEEDS, SETTINGS, models, histories, strict=True):
        model = model_with(seed, *floats)
        alone = model.fit(X, Y, BATCH, EPOCHS, verbose=0, validation_data=(X[:10], Y[:10])).history
        assert_same(model, own, tolerance)
        assert history.history["val_loss"] == pytest.approx(alone["val_loss"], abs=1e-5)


def test_members_of_several_kinds_are_computed_kind_by_kind(alone):
    def other():
        model = pl.Sequential([pl.Input((4,)), pl.Dense(3, activation="softmax")], seed=7)
        model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
        return model

    models = [model_of(0), other(), model_of(1), model_of(5)]
    run, _ = run_of(models)
    for _, compute in (share for kind in cast(Any, run.compute).parts for share in kind.shares):
        if compute is not one_by_one:
            compute.group = 1
    run.go()
    single = other()
    single.fit(X, Y, BATCH, EPOCHS, verbose=0, validation_data=(X[:10], Y[:10]))
    for model, own in zip([alone[0][0], single, alone[1][0], alone[2][0]], models, strict=True):
        assert_same(model, own)


@pytest.mark.parametrize("group", [3, 1])
def test_each_member_stops_where_it_would_have_alone_and_stays_as_it_is(group):
    until, epochs = {"loss": 0.9}, 12
    alone = []
    for seed in SEEDS:
        model = model_of(seed, rate=0.02)
        alone.append((model, model.fit(X, Y, BATCH, epochs, verbose=0, until=until)))
    models = [model_of(seed, rate=0.02) for seed in SEEDS]
    run, histories = run_of(models, epochs, group=group)
    for member in run.members:
        member.rules = stop_rules(until)
    run.go()
    made = [len(history.epoch) for history in histories]
    assert made == [len(history.epoch) for _, history in alone] and len(set(made)) > 1 and min(made) < epochs
    assert [model.stop_reason or "epochs" for model in models] == [history.stopped_by for _, history in alone]
    for (model, _), own in zip(alone, models, strict=True):
        assert_same(model, own, 1e-6 if group > 1 else 0)


@pytest.mark.parametrize("group", [3, 1])
def test_early_stopping_and_the_best_weights_are_those_of_each_member(group):
    def stopping():
        return pl.EarlyStopping("val_loss", patience=2, restore_best_weights=True)

    epochs, alone = 20, []
    for seed in SEEDS:
        model = model_of(seed, rate=0.3)
        held_out = (X[:10], Y[:10])
        history = model.fit(X, Y, BATCH, epochs, 0, [stopping()], validation_data=held_out)
        alone.append((model, history))
    models, callbacks = [model_of(seed, rate=0.3) for seed in SEEDS], [stopping() for _ in SEEDS]
    run, histories = run_of(models, epochs, group=group, callbacks=callbacks)
    run.go()
    made = [len(history.epoch) for history in histories]
    assert made == [len(history.epoch) for _, history in alone] and len(set(made)) > 1 and min(made) < epochs
    for (model, _), own, callback in zip(alone, models, callbacks, strict=True):
        callback.on_train_end()
        assert_same(model, own, 1e-4 if group > 1 else 0)


@pytest.mark.parametrize(("group", "tolerance"), [(4, 1e-5), (1, 0.0)])
def test_members_train_and_validate_on_rows_of_their_own(group, tolerance):
    generator, parts = np.random.default_rng(3), []
    for count in (40, 33, 40, 17):
        order = generator.permutation(ROWS)
        parts.append((order[:count], order[count:]))
    data, room = training_rows(X, Y, None), max(len(judged) for _, judged in parts)
    models, histories, members = [model_of(seed) for seed in range(4)], [History() for _ in range(4)], []
    for model, history, (learned, judged) in zip(models, histories, parts, strict=True):
        widths = widths_for(model.program, Y, (3,))
        model.start_learner(widths)
        source = Arrays(data, len(learned), BATCH, model.seed, True, 0, places=learned)
        members.append(Member(model, source, picked_rows(data, judged, None, 8, room), widths, callbacks=[history]))
    run = Run(members, EPOCHS)
    cast(Any, run.compute).group = group
    run.go()
    for seed, own, history, (learned, judged) in zip(range(4), models, histories, parts, strict=True):
        model = model_of(seed)
        held_out = X[judged], Y[judged]
        alone = model.fit(X[learned], Y[learned], BATCH, EPOCHS, verbose=0, validation_data=held_out).history
        assert_same(model, own, tolerance)
        for name, curve in alone.items():
            np.testing.assert_allclose(history.history[name], curve, rtol=0, atol=max(tolerance, 1e-6))


def test_networks_with_convolutions_are_computed_one_after_another():
    x = np.random.default_rng(1).normal(size=(24, 6, 6, 16)).astype(np.float32)
    y = x[:, 0, 0, 0]

    def network(seed):
        model = pl.Sequential([pl.Conv2D(4, 3), pl.Flatten(), pl.Dense(1)], seed=seed)
        model.compile(pl.optimizers.SGD(0.01 * (seed + 1)), "mse")
        model.build((None, 6, 6, 16))
        return model

    rows, models, members = training_rows(x, y[:, None], None), [network(seed) for seed in (0, 1)], []
    for model in models:
        widths = widths_for(model.program, y[:, None], (1,))
        model.start_learner(widths)
        members.append(Member(model, Arrays(rows, 24, 8, model.seed, True, 0), None, widths))
    run = Run(members, 2)
    assert cast(Any, run.compute).group == 1
    run.go()
    for seed, own in zip((0, 1), models, strict=True):
        model = network(seed)
        model.fit(x, y, 8, 2, verbose=0)
        assert_same(model, own)


@pytest.mark.parametrize("group", [3, 1])
def test_a_run_that_is_cut_and_resumed_ends_in_the_same_weights(tmp_path, group):
    def begun(folder, resume):
        models = [model_with(seed, *floats) for seed, floats in zip(SEEDS, SETTINGS, strict=True)]
        callbacks = [pl.EarlyStopping("val_loss", patience=1, restore_best_weights=True) for _ in SEEDS]
        run, histories = run_of(models, 12, group=group, callbacks=callbacks)
        keeper = Checkpoints(folder, 0, run)
        run.hooks = [keeper.look]
        keeper.begin(run, resume)
        return models, callbacks, run, histories, keeper

    whole, callbacks, run, histories, keeper = begun(tmp_path / "whole", False)
    run.go()
    keeper.close()
    _, _, cut, _, keeper = begun(tmp_path / "cut", False)
    cut.is_interrupted = lambda: cut.step >= 4 * cut.batches
    cut.go()
    assert cut.step < run.step
    keeper.close()
    resumed, others, rest, found, keeper = begun(tmp_path / "cut", True)
    assert rest.step == cut.step
    rest.go()
    keeper.close()
    for one, other, first, second, kept, history in zip(
        whole, resumed, callbacks, others, histories, found, strict=True
    ):
        assert_same(one, other)
        assert history.history == kept.history and one.stop_reason == other.stop_reason
        first.on_train_end(), second.on_train_end()
        assert_same(one, other)


def test_checkpoints_of_other_members_are_refused(tmp_path):
    run, _ = run_of([model_of(seed) for seed in SEEDS])
    keeper = Checkpoints(tmp_path, 0, run)
    keeper.begin(run, resume=False)
    run.go()
    keeper.write(run)
    keeper.close()
    other, _ = run_of([model_of(seed) for seed in (0, 1, 6)])
    keeper = Checkpoints(tmp_path, 0, other)
    with pytest.raises(InvalidValue, match="belongs to another run"):
        keeper.begin(other, resume=True)
    keeper.close()


def test_hooks_are_called_between_calls_of_the_program():
    run, _ = run_of([model_of(seed) for seed in SEEDS])
    seen = [], []
    run.hooks = [lambda at: seen[0].append(at.step), lambda at: seen[1].append(at.step)]
    run.go()
    assert seen[0] == seen[1] and seen[0][-1] == EPOCHS * run.batches


def test_large_networks_are_computed_one_after_another():
    assert [group_for({"w": np.zeros(count)}) for count in (10, 10_000, 50_000)] == [32, 8, 1]
