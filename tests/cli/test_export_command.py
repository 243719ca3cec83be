"""``plastica export``: files, what is printed, and errors."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

import plastica as pl
from plastica.cli.names import EXPORTS
from plastica.export.targets import TARGETS


def test_the_command_knows_all_targets():
    assert tuple(TARGETS) == EXPORTS


def test_a_run_becomes_a_python_file_with_its_difference_and_times(plastica, penguins, here):
    said = plastica("export", penguins, "--to", "numpy", "-o", "model.py", "--check", "penguins").stdout
    assert "344 of 344 predictions equal those of plastica" in said
    assert "model.py (" in said and "on 344 rows" in said and "for one row" in said and "plastica " in said
    found = json.loads(plastica("export", penguins, "-o", "again.py", "--json").stdout)
    assert found["target"] == "numpy" and found["difference"] < 1e-5 and found["drawn"]
    assert (here / "model.py").read_bytes() != b"" and found["bytes"] == (here / "again.py").stat().st_size


def test_a_run_becomes_an_onnx_file_that_takes_columns_or_says_that_it_takes_features(plastica, penguins, here):
    assert not plastica("export", penguins, "--to", "onnx").stderr
    assert (here / f"{penguins.name}.onnx").exists()
    assert "the file takes features" in plastica("export", penguins, "-o", "features.onnx", "--features").stderr


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
def test_a_run_becomes_c_with_its_memory(plastica, penguins, here):
    found = json.loads(plastica("export", penguins, "--to", "c", "--json").stdout)
    assert [name.rpartition(".")[2] for name in found["files"]] == ["c", "h"]
    assert found["difference"] < 1e-5 and found["flash"] > found["ram"] > 0
    assert f"RAM {found['ram']:,} bytes" in plastica("export", penguins, "--to", "c", "--no-measure").stdout


def test_weights_of_eight_bits_are_calibrated_on_a_table(plastica, penguins, here):
    sizes = []
    for given in ((), ("--int8", "penguins")):
        found = json.loads(plastica("export", penguins, "-o", "net.py", "--check", "penguins", "--json", *given).stdout)
        sizes.append(found["bytes"])
        assert found["difference"] < (0.1 if given else 1e-5)
    assert sizes[1] < sizes[0]
    assert "not for onnx" in plastica("export", "--help").stdout
    assert "onnxruntime" in plastica("export", penguins, "--to", "onnx", "--int8", "penguins", code=1).stderr


def test_chinese(plastica, penguins):
    said = plastica("export", penguins, "-o", "model.py", "--lang", "zh").stdout
    assert "差异" in said and "随机抽取 100 行" in said and "微秒" in said


@pytest.fixture
def saved(here):
    model = pl.Sequential([pl.LSTM(2, input_shape=(None, 3))])
    model.build()
    return model.save(here / "net.plastica")


@pytest.mark.parametrize(
    ("given", "message", "code"),
    [
        (("-o", "net.txt"), "the ending names no target", 1),
        ((), "--to", 2),
        (("--to", "tflite"), "tflite", 2),
        (("-o", "net.py"), "Give the shape of one input: --shape 12,3", 1),
        (("-o", "net.py", "--shape", "a"), "is not the shape of one input", 2),
        (("-o", "net.py", "--shape", "5,4"), "only open sizes can be chosen", 1),
        (("-o", "net.onnx", "--shape", "5,3", "--beside"), "only Python files", 1),
        (("--to", "numpy", "-o", "net.plastica", "--shape", "5,3"), "is the model itself", 1),
        (
            ("-o", "net.py", "--shape", "5,3", "--check", "missing.npy"),
            "missing.npy cannot be read: there is no such file.",
            1,
        ),
    ],
)
def test_errors_are_one_sentence_and_write_nothing(plastica, saved, here, given, message, code):
    before = sorted(here.iterdir())
    assert message in plastica("export", saved, *given, code=code).stderr
    assert sorted(here.iterdir()) == before


def test_rows_to_check_with_are_those_of_the_model(plastica, penguins, here):
    model = pl.Sequential([pl.Dense(2, input_dim=3)])
    model.build()
    model.save(here / "net.plastica")
    np.savez(here / "rows.npz", x=np.zeros((4, 3)))
    np.save(here / "rows.npy", np.zeros((4, 2)))
    (here / "other.csv").write_text("a,b\n1,2\n")
    for given, message in (
        (("net.plastica", "--check", "rows.npz"), "is an archive of several arrays (x)"),
        (("net.plastica", "--check", "rows.npy"), "this model takes numbers of shape (3,) for each row"),
        ((penguins, "--int8", "other.csv"), "other.csv has no rows for this model"),
    ):
        assert message in plastica("export", *given, "-o", "net.py", code=1).stderr
    assert not (here / "net.py").exists()


def test_a_shape_closes_an_open_size(plastica, saved, here):
    said = plastica("export", saved, "-o", "net.py", "--shape", "5,3").stdout
    assert "net.py" in said
