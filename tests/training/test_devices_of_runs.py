"""A run on several devices gives what one device gives; a CPU divided into four stands for four devices."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import jax
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.training.devices import mesh_of

X = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)

ON_FOUR = textwrap.dedent(
    """
    import json, sys
    import jax
    jax.config.update("jax_num_cpu_devices", 4)
    import numpy as np, plastica as pl
    from plastica.errors import PlasticaError

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(75, 12)).astype(np.float32), rng.integers(0, 3, 75)
    answer = pl.Dense(3, activation="softmax")
    dense = [pl.Dense(16, activation="relu"), pl.Dropout(0.2), pl.BatchNormalization(), answer]
    recurrent = [pl.Reshape((12, 1)), pl.LSTM(4), answer]
    kinds = {"dense": dense, "recurrent": recurrent, "wide": [pl.Dense(6000, activation="tanh"), answer]}

    def trained(kind, devices, **options):
        model = pl.Sequential(kinds[kind], seed=3)
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(x, y, epochs=3, verbose=0, validation_split=0.2, devices=devices, **options)
        return model, history

    def off(one, other):
        (model, history), (own, own_history) = one, other
        weights = [np.abs(a - b).max() for a, b in zip(model.get_weights(), own.get_weights())]
        pairs = [(values, own_history.history[name]) for name, values in history.history.items()]
        figures = [np.abs(np.subtract(*pair)).max() for pair in pairs]
        return float(max(*weights, *figures))

    def population(layers, count, devices, **options):
        model = pl.Sequential(layers)
        model.compile("adam", "sparse_categorical_crossentropy")
        made = pl.Population(model, learning_rate=[0.01, 0.001], seeds=count // 2, **options)
        made.fit(x, y, epochs=2, verbose=0, devices=devices)
        return [each.get_weights() for each in made], made.to_frame().to_dict(as_series=False)

    def equal(layers, count, devices, **options):
        (own, figures), (other, others) = (population(layers, count, each, **options) for each in (None, devices))
        same = all(np.array_equal(a, b) for one, two in zip(own, other) for a, b in zip(one, two))
        return bool(same and figures["loss"] == others["loss"])

    def told():
        model = pl.Sequential([pl.Input(batch_shape=(30, 12, 1)), pl.LSTM(4, stateful=True), pl.Dense(1)])
        model.compile("adam", "mse")
        try:
            model.fit(x[:60, :, None], x[:60, :1], batch_size=30, shuffle=False, verbose=0, devices="all")
        except PlasticaError as error:
            return str(error)

    def shapes():
        parts = []

        def look(run):
            leaves = jax.tree.leaves(run.members[0].trainee.learner)
            parts[:] = [list(leaf.addressable_shards[0].data.shape) for leaf in leaves if leaf.size == 12 * 6000]

        model, _ = trained("wide", {"data": 2, "model": 2}, hooks=[look])
        return parts, [len(leaf.devices()) for leaf in jax.tree.leaves(model.params)]

    def axes():
        from plastica.training.devices import mesh_of
        from plastica.training.sharded import Sharded

        put = Sharded(mesh_of({"data": 1, "model": 4}))._placed_learner
        return [put(np.zeros(shape)).addressable_shards[0].data.shape for shape in [(400, 300), (400, 301), (401, 301)]]

    class Squares(pl.data.Blocks):
        sizes, digest = [40, 30, 5], "squares"

        def read(self, block):
            rows = x[block : block + self.sizes[block]]
            return rows, rows[:, :1] ** 2, None

    def on_blocks(devices, sizes=(40, 30, 5), **options):
        model = pl.Sequential([pl.Dense(8, activation="tanh"), pl.Dense(1)], seed=3)
        model.compile("sgd" if options else "adam", "mse")
        squares = Squares()
        squares.sizes = list(sizes)
        return model, model.fit(squares, epochs=3, batch_size=10, verbose=0, devices=devices, **options)

    def parts_of_a_batch():
        from plastica.training.devices import mesh_of
        from plastica.training.sharded import Sharded

        calls = []

        def look(run):
            member = run.members[0]
            calls[:] = [member.call(member.here._replace(step=0), 1, 1)]

        trained("dense", None, hooks=[look])
        program, arguments = Sharded(mesh_of("all")).arranged(calls[0])
        text = program.lower(*arguments).compile().as_text()
        return ["all-reduce" in text, "f32[8,16]" in text, "f32[128,16]" in text]

    def stepwise(devices, rows=64, **options):
        model = pl.Sequential([pl.Dense(8, activation="tanh"), pl.Dense(1)], seed=3)
        model.compile(pl.optimizers.SGD(0.1), "mse", metrics=["mae"])
        given = {"validation_data": (x[:20], x[:20, :1]), "epochs": 4, "batch_size": 16, "verbose": 0}
        history = model.fit(x[:rows], x[:rows, 1:2], devices=devices, shuffle=False, **given, **options)
        return model, history

    found = eval(sys.argv[1])
    print(json.dumps(found))
    """
)


def on_four(expression):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ON_FOUR, expression],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_batch_divided_among_devices_teaches_what_one_device_teaches():
    # 60 rows in batches of 32: no batch can be divided by three, and the last one is short.
    found = on_four(
        '{f"{kind} {devices}": off(trained(kind, None), trained(kind, devices))'
        ' for kind, devices in [("dense", "all"), ("dense", 3), ("recurrent", 2), ("wide", {"data": 2, "model": 2})]}'
    )
    assert len(found) == 4
    assert max(found.values()) <= 1e-5, found


def test_blocks_are_divided_among_devices_too():
    assert on_four("off(on_blocks(None), on_blocks(3))") <= 1e-5


def test_blocks_are_dealt_to_devices_whose_averages_after_each_step_are_steps_on_whole_batches():
    given = "(40, 30), average_every"
    assert on_four(f"off(on_blocks(None, {given}=1), on_blocks(2, {given}=1))") <= 1e-5
    assert 1e-5 < on_four(f"off(on_blocks(None, {given}=1), on_blocks(2, {given}=3))") < 1


def test_each_device_computes_a_part_of_the_batch_only():
    # Of 32 rows 8 on each device, whose gradients are added up; of 128 rows of the validation 32.
    assert on_four("parts_of_a_batch()") == [True, True, False]


def test_large_kernels_and_their_moments_are_divided_along_the_axis_model():
    parts, devices = on_four("shapes()")
    assert parts == [[12, 3000]] * 3  # the kernel and two moments
    assert set(devices) == {1}  # at the end all is on one device


def test_an_array_is_divided_by_the_last_axis_that_can_be_divided_evenly():
    assert on_four("axes()") == [[400, 75], [100, 301], [401, 301]]


def test_members_divided_among_devices_are_the_same_bits():
    found = on_four(
        "[equal(dense[:1] + [answer], 70, 'all'), equal([pl.Dense(40, activation='tanh'), answer], 6, 3, folds=2),"
        " equal([pl.Dense(3000, activation='relu'), answer], 4, 'all')]"
    )
    assert found == [True] * 3


def test_averaging_after_each_step_of_sgd_is_adding_up_gradients():
    # By hand: the mean of the weights after a step each is the step by the mean of the gradients.
    assert on_four("off(stepwise(None), stepwise('all', average_every=1))") <= 1e-5


def test_local_steps_learn_and_count_each_row_once_whatever_the_number_of_rows():
    losses, alone, sizes = on_four(
        "[stepwise('all', average_every=3, rows=61)[1].history['loss'], stepwise(None, rows=61)[1].history['loss'],"
        " len(stepwise(3, average_every=100, rows=61)[1].history['val_mae'])]"
    )
    assert losses[-1] < 0.7 * losses[0] and alone[-1] < losses[-1] * 1.1 and sizes == 4


def test_a_run_on_four_devices_is_resumed_on_two_and_goes_on_as_it_would_have(tmp_path):
    found = on_four(
        f'[trained("dense", "all", checkpoint={str(tmp_path)!r}, max_steps=3),'
        f' off(trained("dense", None), trained("dense", 2, checkpoint={str(tmp_path)!r}, resume=True))][1]'
    )
    assert found <= 1e-5


def test_a_stateful_network_whose_batches_cannot_be_divided_is_refused():
    found = on_four("told()")
    assert "its batches of 30 rows cannot be divided evenly among 4 devices" in found


@pytest.mark.parametrize(
    ("devices", "told"),
    [
        (64, "JAX sees 1 device (cpu:0); give at most 1"),
        (0, "give at least 1 device"),
        (True, 'give "all", a number of devices'),
        ("gpu", 'give "all", a number of devices'),
        ([], 'give "all", a number of devices'),
        ([0], 'give "all", a number of devices'),
        ({"rows": 2}, "the axes are data, model"),
        ({"data": 0}, "a whole number of at least 1"),
        ({"data": 64}, "JAX sees 1 device"),
    ],
)
@pytest.mark.skipif(len(jax.devices()) > 1, reason="the messages are those of one device")
def test_devices_that_are_not_there_are_one_clear_error(devices, told):
    model = pl.Sequential([pl.Dense(1)])
    model.compile("adam", "mse")
    with pytest.raises(InvalidValue, match=r"fit\(devices=") as error:
        model.fit(X, X[:, :1], verbose=0, devices=devices)
    assert told in str(error.value)


def test_a_device_that_is_listed_twice_is_refused():
    with pytest.raises(InvalidValue, match="listed twice"):
        mesh_of([jax.devices()[0]] * 2)


def test_members_know_one_axis_only():
    model = pl.Sequential([pl.Dense(1)])
    model.compile("adam", "mse")
    with pytest.raises(InvalidValue, match="the axes are population"):
        pl.Population(model, seeds=2).fit(X, X[:, :1], verbose=0, devices={"data": 1})
