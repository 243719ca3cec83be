"""The last valid weights depend only on the sequence of steps, not on calls, callbacks or resuming."""

from __future__ import annotations

import shutil

import jax
import numpy as np
import pytest

import plastica as pl
from plastica.data.streaming import Blocks
from plastica.errors import NotFinite
from plastica.model.compiling import widths_for
from plastica.storage import CheckpointFolder
from plastica.training import run as host
from plastica.training.batches import Arrays, training_rows
from plastica.training.history import History
from plastica.training.member import Member
from plastica.training.recovery import first_failing

pytestmark = pytest.mark.filterwarnings("ignore:.*reach")  # large inputs give a warning
ROWS, BATCH, STEPS = 48, 8, 6
X = np.random.default_rng(0).normal(size=(ROWS, 3)).astype("float32")
Y = X[:, :1] * 0.5
BY_STEP = pl.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
BY_EPOCH = pl.LambdaCallback(on_epoch_end=lambda epoch, logs: None)


def rows_with(value, step):
    """Return inputs with a huge number in the batch of one step, in the order of the rows."""
    x = X.copy()
    x[step % STEPS * BATCH + 3] = value
    return x


def network(seed=0):
    model = pl.Sequential([pl.Dense(4), pl.Dense(1)], seed=seed)
    model.compile(pl.optimizers.SGD(0.01), "mse")
    return model


def fit(x, callbacks=(), epochs=3, model=None, **options):
    """Train on rows in order until a number is not finite; return the model, the message and the finished epochs."""
    model = model or network()
    with pytest.raises(NotFinite) as error:
        model.fit(x, Y, BATCH, epochs, 0, list(callbacks), shuffle=False, **options)
    return model, str(error.value), model.history.epoch


def after(x, steps):
    """Return the weights after a number of steps, from a run that stops there."""
    model = network()
    if steps == 0:
        model.build((None, 3))
    else:
        model.fit(x, Y, BATCH, 3, 0, shuffle=False, max_steps=steps)
    return model.get_weights()


def same(model, weights):
    return all(np.array_equal(a, b) for a, b in zip(model.get_weights(), weights, strict=True))


# A row of 1e10 gives weights of 1e15 with a finite loss; the loss of the next step is not finite. With a row of 1e30,
# the loss itself is infinite. In both cases, the last finite loss determines the valid weights.
@pytest.mark.parametrize(("value", "bad"), [(1e10, 0), (1e10, 2), (1e10, 5), (1e30, 0), (1e30, 3), (1e30, 5)])
def test_the_last_good_weights_do_not_depend_on_how_a_run_is_cut(value, bad, monkeypatch):
    x = rows_with(value, bad)
    failing = bad + 1 if value == 1e10 else bad
    # The first step has no step before it: the initial weights are restored.
    expected = after(x, max(0, failing - 1))
    model, said, finished = fit(x)
    assert same(model, expected)
    assert f"epoch {failing // STEPS + 1}, step {failing % STEPS + 1} of {STEPS}" in said
    assert "last weights with a finite loss were restored" in said
    assert finished == list(range(failing // STEPS))
    for callbacks in ([BY_EPOCH], [BY_STEP], [pl.EarlyStopping("loss", patience=9)]):
        watched, told, seen = fit(x, callbacks)
        assert same(watched, expected)
        assert (told, seen) == (said, finished)
    monkeypatch.setattr(host, "SECONDS_A_CALL", 1e-9)
    assert same(fit(x)[0], expected)


@pytest.mark.parametrize("watch", [(), (BY_EPOCH,), (BY_STEP,)])
@pytest.mark.parametrize(("value", "bad"), [(1e10, 5), (1e10, 2), (1e30, 0)])
def test_a_resumed_run_goes_back_to_the_same_weights(tmp_path, monkeypatch, value, bad, watch):
    x, kept = rows_with(value, bad), []
    save = CheckpointFolder.save

    def save_and_copy(self, step, arrays, document):
        save(self, step, arrays, document)
        kept.append(shutil.copytree(self.path, tmp_path / f"copy-{step}", dirs_exist_ok=True))

    expected, said, _ = fit(x, watch)
    monkeypatch.setattr(CheckpointFolder, "save", save_and_copy)
    monkeypatch.setattr(host, "SECONDS_A_CALL", 1e-9)
    assert same(fit(x, watch, checkpoint=tmp_path / "run", checkpoint_seconds=0.0)[0], expected.get_weights())
    monkeypatch.setattr(CheckpointFolder, "save", save)
    assert kept
    for folder in dict.fromkeys(kept):
        resumed, told, _ = fit(x, watch, checkpoint=folder, resume=True)
        assert same(resumed, expected.get_weights())
        assert told == said


def test_a_run_that_was_stopped_before_the_failing_step_goes_back_when_it_is_resumed(tmp_path):
    x = rows_with(1e10, 2)
    network().fit(x, Y, BATCH, 3, 0, shuffle=False, max_steps=3, checkpoint=tmp_path)
    assert same(fit(x, checkpoint=tmp_path, resume=True)[0], after(x, 2))


def test_weights_that_a_step_spoils_are_found_though_later_losses_are_finite():
    # The token 5 occurs only in the third batch: its embedding becomes infinite there, which affects no other batch.
    tokens, y, weight = np.arange(ROWS)[:, None] % 5, np.zeros((ROWS, 1), "float32"), np.zeros(ROWS)
    tokens[19], y[19], weight[19] = 5, 1e18, 1
    found = []
    for callbacks in ([], [BY_EPOCH], [BY_STEP]):
        model = pl.Sequential([pl.Embedding(6, 1, embeddings_initializer="ones"), pl.Flatten()])
        model.compile(pl.optimizers.SGD(1e25), "mse")
        with pytest.raises(NotFinite, match=r"epoch 1, step 3 of 6.*the step of the optimizer is not") as error:
            model.fit(tokens, y, BATCH, 3, 0, callbacks, shuffle=False, sample_weight=weight)
        found.append(str(error.value))
        np.testing.assert_array_equal(model.get_weights()[0], np.ones((6, 1)))
    assert len(set(found)) == 1


@pytest.mark.parametrize("hook", ["on_epoch_begin", "on_epoch_end"])
@pytest.mark.parametrize("needs", ["epoch", "batch"])
def test_nan_that_a_callback_writes_is_taken_back_and_said_to_be_its(hook, needs):
    def spoil(epoch, logs):
        if epoch == 1:
            model.set_weights([array * np.nan for array in model.get_weights()])

    model, made = network(), STEPS if hook == "on_epoch_begin" else 2 * STEPS
    watch = [pl.LambdaCallback(**{hook: spoil}), *[BY_STEP] * (needs == "batch")]
    _, said, _ = fit(X, watch, model=model)
    assert same(model, after(X, made))
    assert "layer 0, Dense were not finite before the step" in said
    assert "last weights with a finite loss were restored" in said


def test_weights_that_held_nan_before_are_not_called_set_back():
    model = network()
    model.build((None, 3))
    model.set_weights([array * np.nan for array in model.get_weights()])
    _, said, _ = fit(X, model=model)
    assert "there are none to restore" in said
    assert "were restored" not in said


class Parts(Blocks):
    """Rows in memory as blocks, in order."""

    def __init__(self, x):
        self.x = x

    sizes = property(lambda self: (16, 16, 16))
    digest = property(lambda self: "parts")

    def read(self, block):
        return self.x[block * 16 : (block + 1) * 16], Y[block * 16 : (block + 1) * 16], None


@pytest.mark.parametrize(("value", "bad"), [(1e10, 1), (1e10, 3), (1e10, 5), (1e30, 2), (1e30, 4)])
def test_data_in_windows_go_back_across_the_border_of_two(monkeypatch, value, bad):
    from plastica.training import windows

    monkeypatch.setattr(windows, "WINDOW_BYTES", 1)
    x, found = rows_with(value, bad), []
    for callbacks in ([], [BY_STEP]):
        model = network()
        with pytest.raises(NotFinite):
            model.fit(Parts(x), batch_size=BATCH, epochs=3, verbose=0, shuffle=False, callbacks=callbacks)
        found.append(model)
    expected = after(x, bad if value == 1e10 else bad - 1)
    assert same(found[0], expected)
    assert same(found[1], expected)


@pytest.mark.parametrize(("value", "bad"), [(1e10, 0), (1e10, 2), (1e10, 5), (1e30, 0), (1e30, 3)])
@pytest.mark.parametrize("pace", [0.1, 1e-9])
def test_members_of_a_population_go_back_to_where_they_would_have_alone(monkeypatch, value, bad, pace):
    monkeypatch.setattr(host, "SECONDS_A_CALL", pace)
    x = rows_with(value, bad)
    models = [network(seed) for seed in (0, 1)]
    for model in models:
        model.build((None, 3))
    widths = widths_for(models[0].program, Y, (1,))
    rows, histories = training_rows(x, Y, None), [History(), History()]
    members = []
    for model, history in zip(models, histories, strict=True):
        model.start_learner(widths)
        source = Arrays(rows, ROWS, BATCH, model.seed, False, 0)
        members.append(Member(model, source, None, widths, callbacks=[history]))
    run = host.Run(members, 3, raises=False)
    run.compute.group = 1
    run.go()
    alone = [fit(x, model=network(seed)) for seed in (0, 1)]
    failing = bad + (value == 1e10)
    assert {member.where for member in members} == {
        f"epoch {failing // STEPS + 1}, step {failing % STEPS + 1} of {STEPS}"
    }
    for (one, message, epochs), member, history in zip(alone, members, histories, strict=True):
        assert member.failed == message
        assert history.epoch == epochs == list(range(failing // STEPS))
        for own, other in zip(jax.tree.leaves(one.params), jax.tree.leaves(member.trainee.params), strict=True):
            np.testing.assert_array_equal(own, other)


def test_the_first_failing_step_is_found_by_halving():
    for start, last in ((0, 0), (3, 3), (0, 9), (5, 70)):
        for failing in range(start, last + 1):
            asked = []
            found = first_failing(start, last, lambda step, f=failing, seen=asked: seen.append(step) or step <= f)
            assert found == failing
            assert len(asked) <= 8
            assert all(start < step <= last for step in asked)
