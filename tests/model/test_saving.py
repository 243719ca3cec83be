"""Saving and loading of networks: exact restoration, and errors for anything else."""

from __future__ import annotations

import errno
import os
import pickle
import subprocess
import sys
import zipfile

import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import save_file

import plastica as pl
from plastica.errors import FileError, InvalidValue, NotFitted
from plastica.storage import model_file, read_model, write_model

RNG = np.random.default_rng(0)
ROWS = 24
Y = RNG.standard_normal((ROWS, 2)).astype("float32")

NETWORKS = {
    "dense": (
        (4,),
        lambda: [
            pl.Dense(5, activation="tanh", kernel_regularizer=pl.regularizers.L1L2(1e-3, 1e-2), name="first"),
            pl.Dropout(0.3),
            pl.Dense(2, use_bias=False, kernel_initializer=pl.initializers.get("he_normal")),
        ],
    ),
    "normalised": (
        (4,),
        lambda: [pl.Dense(5), pl.BatchNormalization(momentum=0.8), pl.LayerNormalization(), pl.Dense(2)],
    ),
    "branched": (
        (4,),
        lambda: [
            pl.Residual([pl.Dense(4, activation=pl.activations.LeakyReLU(0.3)), pl.BatchNormalization()], "relu"),
            pl.Branches([pl.Dense(3, activation="selu"), [pl.Dense(2), pl.Dense(1)], []]),
            pl.Dense(2),
        ],
    ),
    "convolution": (
        (6, 6, 1),
        lambda: [
            pl.Conv2D(3, (3, 2), padding="same", activation="relu"),
            pl.MaxPooling2D(),
            pl.Flatten(),
            pl.GaussianNoise(0.1),
            pl.Dense(2),
        ],
    ),
    "recurrent": (
        (5, 3),
        lambda: [pl.SimpleRNN(3, return_sequences=True), pl.GRU(3, return_sequences=True), pl.LSTM(3), pl.Dense(2)],
    ),
}


def rows(shape):
    return np.random.default_rng(1).standard_normal((ROWS, *shape)).astype("float32")


def same(first, second):
    one, other = first.get_weights(), second.get_weights()
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def small(seed=0, **compiled):
    model = pl.Sequential([pl.Dense(3, activation="tanh", input_dim=4), pl.Dense(2)], seed=seed, name="small")
    model.compile(**{"optimizer": "adam", "loss": "mse", **compiled})
    return model


X = rows((4,))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.plastica"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A trained network's file, its bytes, and the network."""
    model = small(metrics=["mae"])
    model.fit(X, Y, epochs=2, verbose=0)
    model.extra = {"columns": ["a", "b"], "scale": [1.5, float("nan")]}
    where = model.save(tmp_path_factory.mktemp("saved") / "net.plastica")
    return where, where.read_bytes(), model


# Restoration


@pytest.mark.parametrize("name", NETWORKS)
def test_what_comes_back_answers_alike_and_trains_on_to_the_same_bit(name, path):
    shape, layers = NETWORKS[name]
    x = rows(shape)
    model = pl.Sequential(layers(), seed=3)
    model.compile(optimizer=pl.optimizers.Adam(0.02, global_clipnorm=1.0), loss="huber", metrics=["mae"])
    model.fit(x, Y, epochs=2, batch_size=10, verbose=0)
    model.save(path)
    again = pl.load(path)
    assert again.layers == model.layers
    assert again.compiled == model.compiled
    assert again.input_shape == model.input_shape
    assert same(model, again)
    np.testing.assert_array_equal(model.predict(x), again.predict(x))
    first, second = (net.fit(x, Y, epochs=3, batch_size=10, verbose=0) for net in (model, again))
    assert first.history == second.history
    assert same(model, again)


def test_names_seed_counts_and_extra_come_back(saved):
    where, _, model = saved
    again = pl.load(where)
    assert (again.name, again.seed, again.epochs_trained) == ("small", 0, 2)
    assert again.extra["columns"] == ["a", "b"]
    assert np.isnan(again.extra["scale"][1])
    assert again.evaluate(X, Y, verbose=0, return_dict=True) == model.evaluate(X, Y, verbose=0, return_dict=True)


def test_the_moving_average_of_the_weights_comes_back(path):
    model = small(optimizer=pl.optimizers.SGD(0.05, momentum=0.9, use_ema=True, ema_momentum=0.9))
    model.fit(X, Y, epochs=2, verbose=0)
    model.save(path)
    again = pl.load(path)
    for net in (model, again):
        net.fit(X, Y, epochs=2, verbose=0)
    assert same(model, again)


def test_a_network_saved_within_a_run_trains_on_as_the_run_did(tmp_path):
    straight = small(metrics=["mae"])
    keep = pl.ModelCheckpoint(tmp_path / "{epoch}.plastica")
    straight.fit(X, Y, epochs=5, batch_size=8, verbose=0, callbacks=[keep])
    begun = pl.load(tmp_path / "2.plastica")
    assert begun.epochs_trained == 2
    begun.fit(X, Y, epochs=5, initial_epoch=2, batch_size=8, verbose=0)
    assert same(straight, begun)


def test_networks_that_were_not_compiled_or_not_trained_come_back_so(path):
    plain = pl.Sequential([pl.Dense(2, input_dim=4)])
    plain.save(path)
    again = pl.load(path)
    np.testing.assert_array_equal(again.predict(X), plain.predict(X))
    assert not again.is_compiled
    with pytest.raises(NotFitted, match="not compiled"):
        again.fit(X, Y)
    small().save(path)
    assert not pl.load(path).is_trained


def test_a_changed_learning_rate_comes_back(path):
    model = small()
    model.learning_rate = 0.5
    model.save(path)
    assert pl.load(path).learning_rate == 0.5


def test_equal_networks_give_equal_bytes(saved, path):
    where, content, model = saved
    assert model.save(path).read_bytes() == content
    assert pl.load(where).save(path).read_bytes() == content


def test_another_process_loads_and_answers_the_same(path):
    schedule = pl.schedules.CosineDecay(0.1, 100)
    model = pl.Sequential([pl.Dense(2, input_dim=4, kernel_regularizer="l2")])
    model.compile(pl.optimizers.Adam(schedule), pl.losses.Huber(2.0), metrics=["rmse"])
    model.save(path)
    script = "import sys, plastica as pl; print(repr(pl.load(sys.argv[1]).compiled))"
    told = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    assert told.stdout.strip() == repr(model.compiled)


# User-defined functions


def swish(z):
    return z * jnp.tanh(z)


def cubed(y, a):
    return jnp.abs(y - a) ** 3


def largest(y, a):
    return jnp.max(jnp.abs(y - a), axis=-1)


def test_own_functions_are_passed_in_and_never_carried(path):
    model = pl.Sequential([pl.Dense(3, activation=swish, input_dim=4), pl.Dense(2)])
    model.compile("adam", cubed, metrics=[largest, "mae", pl.losses.Huber(), pl.metrics.RootMeanSquaredError()])
    model.fit(X, Y, verbose=0)
    model.save(path)
    content = path.read_bytes()
    assert b"def " not in content
    assert swish.__code__.co_code not in content
    own = {"swish": swish, "cubed": cubed, "largest": largest}
    for name in own:
        fewer = {other: function for other, function in own.items() if other != name}
        with pytest.raises(FileError, match=rf"net\.plastica: .*'{name}' is somebody's own.*custom="):
            pl.load(path, custom=fewer)
    again = pl.load(path, custom=own)
    np.testing.assert_array_equal(model.predict(X), again.predict(X))
    assert again.fit(X, Y, verbose=0).history == model.fit(X, Y, verbose=0).history
    assert same(model, again)


def test_what_has_no_name_cannot_be_saved_and_the_old_file_stays(saved, path):
    path.write_bytes(saved[1])
    model = pl.Sequential([pl.Dense(2, activation=lambda z: z, input_dim=4)])
    with pytest.raises(InvalidValue, match=r"activation.* cannot be saved.*def my_function"):
        model.save(path)
    assert path.read_bytes() == saved[1]


def test_loading_runs_nothing_from_the_file(saved, path, monkeypatch):
    def forbidden(*arguments, **options):
        raise AssertionError("something was unpickled")

    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(path) + ".exploded",)

    path.write_bytes(pickle.dumps(Bomb()))
    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, forbidden)
    with pytest.raises(FileError, match=r"net\.plastica"):
        pl.load(path)
    for kind in ("os.system", "builtins.eval", "custom.os.system", "subprocess.Popen", "plastica.storage.write_model"):
        forge(saved, path, network={"type": kind, "command": "true"})
        with pytest.raises(FileError, match=r"net\.plastica"):
            pl.load(path)
    assert os.listdir(path.parent) == [path.name]  # noqa: PTH208
    pl.load(saved[0])


# Other files, and modified ones


def refused(path, match=""):
    with pytest.raises(FileError, match=rf"(?s){path.name}.*{match}") as error:
        pl.load(path)
    assert "\n" not in str(error.value)


def test_truncated_files_are_refused_at_every_length(saved, path):
    content = saved[1]
    for length in [*range(16), *np.linspace(16, len(content) - 1, 40).astype(int)]:
        path.write_bytes(content[:length])
        refused(path)


def test_changed_bytes_are_refused_wherever_they_are(saved, path):
    content = saved[1]
    for place in np.random.default_rng(0).integers(0, len(content), 60):
        changed = bytearray(content)
        changed[place] ^= 1 << int(place) % 8
        path.write_bytes(changed)
        refused(path)
    path.write_bytes(content + b"\0")
    refused(path, "damaged")


def test_foreign_files_are_told_apart_and_named(path):
    path.write_bytes(b"")
    refused(path, "not a plastica model")
    path.write_text("epoch,loss\n1,2\n")
    refused(path, "not a plastica model")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
    refused(path, "it looks like")
    with path.open("wb") as file:
        np.savez(file, a=np.ones(3))
    refused(path, "it looks like")
    save_file({"kernel": np.ones((2, 2), np.float32)}, path)
    refused(path, "a safetensors file but not a plastica model")
    write_model(path, {}, {"kind": "pipeline"})
    refused(path, "contains pipeline, not a network")
    write_model(path, {}, {"a": 1})
    refused(path, "contains something else")


def test_missing_files_and_folders_are_named(tmp_path):
    refused(tmp_path / "absent.plastica", "there is no such file")
    refused(tmp_path, "is a folder")
    with pytest.raises(FileError, match="its folder does not exist"):
        small().save(tmp_path / "nowhere" / "net.plastica")
    with pytest.raises(FileError, match="it is a folder"):
        small().save(tmp_path)


def test_files_from_the_future_are_told_to_need_a_newer_plastica(saved, path, monkeypatch):
    with monkeypatch.context() as newer:
        newer.setattr(model_file, "FORMAT", 7)
        saved[2].save(path)
    refused(path, "format 7.*this version of plastica.*pip install --upgrade")
    network = dict(read_model(saved[0])[1]["network"])
    forge(saved, path, network={**network, "layers": [{"type": "layer.Hologram", "units": 3}]})
    refused(path, r"layer\.Hologram.*newer plastica")
    forge(saved, path, network={**network, "layers": [{**network["layers"][0], "spin": 1}]})
    refused(path, "no field 'spin'.*newer plastica")


# Forged files with a valid checksum: every claim is checked


def forge(saved, path, **changes):
    arrays, document = read_model(saved[0])
    document = {name: part for name, part in {**document, **changes}.items() if part != "left out"}
    write_model(path, arrays, document)


@pytest.mark.parametrize("name", ["network", "name", "seed", "input_shape", "epochs_trained", "extra", "compiled"])
@pytest.mark.parametrize("claim", ["left out", None, "text", -1, 2.5, [], {}, [[3]], ["x"], [-4], [5], [2**50], True])
def test_forged_documents_are_refused_or_harmless(saved, path, name, claim):
    forge(saved, path, **{name: claim})
    try:
        model = pl.load(path)
    except FileError as error:
        assert path.name in str(error)
        assert "\n" not in str(error)
    else:
        assert (name, claim) in HARMLESS
        assert same(model, saved[2])


HARMLESS = [("name", "text"), ("extra", {}), ("compiled", "left out")]


@pytest.mark.parametrize("claim", [
    {"optimizer": None}, {"loss": {"type": "optimizer.Adam"}}, {"metrics": "accuracy"}, {"metrics": [3]},
    {"metrics": ["nonsense"]}, {"rule": {"type": "layer.Dense", "units": 3}},
    {"optimizer": {"type": "optimizer.Adam", "learning_rate": -1.0}}, {"rule": "left out"},
])  # fmt: skip
def test_forged_compile_settings_are_refused(saved, path, claim):
    compiled = {**read_model(saved[0])[1]["compiled"], **claim}
    forge(saved, path, compiled={name: part for name, part in compiled.items() if part != "left out"})
    refused(path)


def test_arrays_that_are_missing_or_surplus_or_of_another_shape_are_named(saved, path):
    arrays, document = read_model(saved[0])
    first = next(name for name in arrays if name.startswith("model/") and name.endswith("kernel"))
    moment = next(name for name in arrays if name.startswith("training/optimizer/memory"))
    for name in (first, moment):
        own = name.partition("/")[2]
        for change in ({name: arrays[name][..., :1]}, {name: arrays[name].astype("float64")}):
            write_model(path, arrays | change, document)
            refused(path, f"'{own}'.*belongs to another network")
        write_model(path, {other: array for other, array in arrays.items() if other != name}, document)
        refused(path, f"missing arrays: '{own}'")
    write_model(path, arrays | {"model/params/9/kernel": arrays[first]}, document)
    refused(path, "unexpected arrays: 'params/9/kernel'")


# Weights only


def test_weights_go_to_a_file_and_into_another_network_of_the_kind(path):
    def made(seed):
        model = pl.Sequential([pl.Dense(3, input_dim=4), pl.BatchNormalization(), pl.Dense(2)], seed=seed)
        model.set_weights([array + seed for array in model.get_weights()])
        return model

    first, second = made(1), made(2)
    first.save_weights(path)
    assert not same(first, second)
    second.load_weights(path)
    assert same(first, second)
    with pytest.raises(FileError, match="contains weights, not a network"):
        pl.load(path)


def test_weights_are_taken_from_a_whole_model_and_training_goes_on(saved):
    model = small(seed=5)
    model.load_weights(saved[0])
    assert same(model, saved[2])
    model.fit(X, Y, verbose=0)


@pytest.mark.parametrize("layers", [
    lambda: [pl.Dense(4, activation="tanh", input_dim=4), pl.Dense(2)],
    lambda: [pl.Dense(3, input_dim=4)],
    lambda: [pl.Dense(3, input_dim=4), pl.Dense(2), pl.Dense(2)],
    lambda: [pl.Dense(3, input_dim=4), pl.Dense(2, use_bias=False)],
])  # fmt: skip
def test_weights_of_another_network_are_refused_and_the_own_ones_stay(saved, layers):
    model = pl.Sequential(layers())
    before = model.get_weights()
    with pytest.raises(FileError, match=r"net\.plastica: .*arrays?.*belongs to another network"):
        model.load_weights(saved[0])
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_weights_need_a_network_that_is_built(saved, path):
    unbuilt = pl.Sequential([pl.Dense(3), pl.Dense(2)])
    for call in (unbuilt.save_weights, unbuilt.save):
        with pytest.raises(NotFitted, match="input shape of this network is not known"):
            call(path)
    with pytest.raises(NotFitted, match="input shape of this network is not known"):
        unbuilt.load_weights(saved[0])
    assert not path.exists()


# The disk


def test_a_full_disk_keeps_the_old_file_at_each_write(saved, path, monkeypatch):
    path.write_bytes(saved[1])
    other, write = small(seed=9), os.write
    failing = 0
    while True:
        failing += 1
        calls = iter(range(1, 1000))

        def full(descriptor, data, calls=calls, failing=failing):
            if next(calls) == failing:
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(descriptor, data)

        with monkeypatch.context() as disk:
            disk.setattr(os, "write", full)
            try:
                other.save(path)
            except FileError as error:
                assert "net.plastica cannot be written: the disk is full; nothing was changed" in str(error)
            else:
                break
        assert path.read_bytes() == saved[1]
        assert list(path.parent.iterdir()) == [path]
    assert failing > 3
    assert same(pl.load(path), other)
