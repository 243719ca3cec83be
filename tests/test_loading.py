"""Every kind of file with every loader: exact restoration, or an error that names the kind."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import plastica as pl
from plastica.errors import FileError
from plastica.storage import read_model, write_model
from plastica.tables import Settings, TableNetwork

FRAME = pd.DataFrame({"size": np.arange(40) * 1000.0, "town": ["Bern", "Basel"] * 20})
PRICE = 3 * FRAME["size"] + 7000
SMALL = {"network": "mlp", "layers": (4,), "epochs": 2, "random_state": 0}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The saved object and its file, for each kind of file."""
    folder = tmp_path_factory.mktemp("kept")
    network = pl.Sequential([pl.Dense(2, input_dim=3)])
    classifier = pl.NetworkClassifier(**SMALL).fit(FRAME, FRAME["town"])
    regressor = pl.NetworkRegressor(**SMALL).fit(FRAME, PRICE)
    settings = Settings(layers=(4,), epochs=2, network="mlp", baselines=("dummy",))
    table = TableNetwork.fit(FRAME.assign(price=PRICE), "price", settings)
    made = {
        "Sequential": network,
        "NetworkClassifier": classifier,
        "NetworkRegressor": regressor,
        "TableNetwork": table,
    }
    return {name: (value, value.save(folder / f"{name}.plastica")) for name, value in made.items()}


@pytest.mark.parametrize("name", ["NetworkClassifier", "NetworkRegressor", "TableNetwork"])
def test_load_gives_back_what_was_saved_and_it_answers_raw_rows(kept, name):
    saved, path = kept[name]
    back = pl.load(path)
    assert type(back) is type(saved)
    answers, wanted = (each.predict(FRAME) for each in (back, saved))
    if name == "TableNetwork":
        answers, wanted = answers.labels, wanted.labels
    np.testing.assert_array_equal(answers, wanted)
    again = back.save(path.with_name("again.plastica"))
    assert again.read_bytes() == path.read_bytes()


def test_load_gives_a_network_for_a_network(kept):
    saved, path = kept["Sequential"]
    assert type(pl.load(path)) is pl.Sequential
    np.testing.assert_array_equal(pl.load(path)(np.ones((1, 3))), saved(np.ones((1, 3))))


@pytest.mark.parametrize("name", ["Sequential", "NetworkClassifier", "NetworkRegressor", "TableNetwork"])
def test_a_loader_names_a_file_of_another_kind_and_what_opens_it(kept, name):
    loaders = {
        "NetworkClassifier": pl.NetworkClassifier.load,
        "NetworkRegressor": pl.NetworkRegressor.load,
        "TableNetwork": TableNetwork.load,
    }
    for other, load in loaders.items():
        if other == name:
            continue
        with pytest.raises(FileError, match=rf"contains a {name}.*Open it with plastica\.load\(path\)"):
            load(kept[name][1])


def test_the_network_inside_is_saved_as_a_network(kept, tmp_path):
    for name in ("NetworkRegressor", "TableNetwork"):
        saved, path = kept[name]
        for owner in (saved, pl.load(path)):
            inside = owner.model if name == "TableNetwork" else owner.model_
            assert type(pl.load(inside.save(tmp_path / "inside.plastica"))) is pl.Sequential


def test_extras_of_ones_own_under_our_keys_make_no_table_of_a_network(kept, tmp_path):
    model = pl.Sequential([pl.Dense(2, input_dim=3)])
    model.extra = {"table": {"rows": 4}, "estimator": "mine"}
    assert pl.load(model.save(tmp_path / "own.plastica")).extra == model.extra


def test_an_estimator_of_ones_own_is_passed_in(kept, tmp_path):
    class Own(pl.NetworkRegressor):
        pass

    path = Own(**SMALL).fit(FRAME, PRICE).save(tmp_path / "own.plastica")
    assert type(pl.load(path, custom={"Own": Own})) is Own
    for custom in ({}, {"Own": pl.Dense}, {"Own": 3}):
        with pytest.raises(FileError, match=r"estimator 'Own' is user-defined.*custom="):
            pl.load(path, custom=custom)


def test_weights_and_folders_are_told_apart(kept, tmp_path):
    network, path = kept["Sequential"]
    with pytest.raises(FileError, match=r"contains weights, not a network.*load_weights"):
        pl.load(network.save_weights(tmp_path / "weights.plastica"))
    with pytest.raises(FileError, match=r"is a folder; pass the path of a file in it, such as .*NetworkC.*\.plastica"):
        pl.load(path.parent)
    network.compile("sgd", "mse")
    network.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0, checkpoint=tmp_path / "steps")
    with pytest.raises(FileError, match=r"contains the checkpoints of a run.*resume=True"):
        pl.load(tmp_path / "steps")
    with pytest.raises(FileError, match="safetensors file but not a plastica model"):
        pl.load(next((tmp_path / "steps").glob("step-*/*.safetensors")))


def test_a_description_from_elsewhere_is_refused(kept, tmp_path):
    arrays, document = read_model(kept["NetworkRegressor"][1])
    for change in ({"kind": 3}, {"kind": "Sequential"}, {"kind": "TableNetwork"}, {"kind": "NetworkClassifier"}):
        described = {**document["extra"]["estimator"], **change}
        write_model(tmp_path / "forged.plastica", arrays, {**document, "extra": {"estimator": described}})
        with pytest.raises(FileError, match=r"forged\.plastica"):
            pl.load(tmp_path / "forged.plastica")
