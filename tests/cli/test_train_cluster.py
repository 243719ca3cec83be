"""``plastica train --cluster`` and ``--devices``: the model of one process, a note where workers do not pay, errors."""

from __future__ import annotations

import json
import sys
from types import ModuleType

import pytest

from plastica.cli import running
from plastica.cluster.ensembles import can_train_apart
from plastica.data.inputs import as_table
from plastica.evaluation.imbalance import feed_for
from plastica.model.fitting import examples_for
from plastica.model.options import Options
from plastica.settings import Settings
from plastica.tables.folds import folds_for
from plastica.tables.networks import network_of
from plastica.tables.preparation import prepare
from plastica.tables.training import training_set

OPTIONS = Options(None, 1, 0, True, 0, None, None, None, None, False, 10.0)
SHORT = ("--target", "species", "--epochs", "4", "--network", "mlp", "--no-report", "--json")


def test_workers_train_the_model_of_one_process_and_it_is_said_that_they_do_not_pay(plastica):
    alone = json.loads(plastica("train", "penguins", *SHORT, "--out", "alone").stdout)
    made = plastica("train", "penguins", *SHORT, "--out", "several", "--cluster", "local:2")
    several = json.loads(made.stdout)
    assert "Dividing batches among devices or machines pays from about 5 ms on" in made.stderr
    assert several["training"]["best_epoch"] == alone["training"]["best_epoch"]
    assert several["history"]["val_loss"] == pytest.approx(alone["history"]["val_loss"], abs=1e-5)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--cluster", "locl:2"), "give local:N for N processes"),
        (("--devices", "64"), "JAX sees"),
        (("--folds", "3", "--devices", "2"), "trained side by side on one device"),
        (("--stream", "--cluster", "local:2"), "read in parts and trained on one device"),
    ],
)
def test_what_cannot_be_is_one_line(plastica, options, said):
    told = plastica("train", "penguins", *SHORT, "--out", "none", *options, code=1)
    assert said in told.stderr


@pytest.mark.parametrize("command", ["train", "search", "sweep", "society"])
@pytest.mark.parametrize(("address", "said"), [("local:0", "give 1 to 256 processes"), ("local:-1", "give local:N"),
                                               ("local:two", "give local:N"), ("", "give local:N")])  # fmt: skip
def test_an_address_that_is_none_is_refused_before_the_table_is_read(plastica, command, address, said):
    told = plastica(command, "there-is-no-such-file.csv", "--cluster", address, code=1)
    assert said in told.stderr and "no-such-file" not in told.stderr and told.stderr.count("\n") == 1


def test_ray_and_devices_are_checked_before_the_table_is_read(plastica, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    for command in ("train", "search", "sweep", "society"):
        told = plastica(command, "there-is-no-such-file.csv", "--cluster", "ray://head:10001", code=1)
        assert "--cluster ray://head:10001 needs Ray: pip install 'plastica[cluster]'" in told.stderr
    told = plastica("train", "there-is-no-such-file.csv", "--devices", "1", "--cluster", "local:2", code=1)
    assert "not both" in told.stderr
    told = plastica("train", "there-is-no-such-file.csv", "--devices", "two", code=1)
    assert "--devices expects a number of devices or all; got 'two'" in told.stderr


def test_a_head_that_is_silent_is_refused_before_the_table_is_read(plastica, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", ModuleType("ray"))
    monkeypatch.setattr("plastica.cluster.ray_connection.PATIENCE", 0.1)
    for command in ("train", "search", "sweep", "society"):
        told = plastica(command, "there-is-no-such-file.csv", "--cluster", "ray://localhost:1", code=1)
        assert "--cluster ray://localhost:1: localhost:1 did not answer for 0.1 s" in told.stderr
        assert "no-such-file" not in told.stderr and told.stderr.count("\n") == 1


def test_a_folder_with_another_job_is_refused_before_steps_are_measured(plastica, here, monkeypatch):
    monkeypatch.setattr(running, "_say_if_too_short", None)
    (here / "before").mkdir()
    (here / "before" / "job.json").write_text("{}")
    given = ("--cluster", "local:2", "--out", "none", "--checkpoint", "before")
    told = plastica("train", "penguins", *SHORT, *given, code=1)
    assert "--checkpoint before already contains a job" in told.stderr and not (here / "none").exists()


def test_a_linear_model_needs_no_workers(plastica):
    told = plastica(
        "train", "penguins", "-t", "species", "--model", "linear", "--cluster", "local:2", "--no-report", code=1
    )
    assert "is for networks" in told.stderr


def test_members_of_a_society_who_meet_within_epochs_stay_in_one_process(plastica):
    told = plastica("society", "digits", "--members", "4", "--every-steps", "3", "--cluster", "local:2", code=1)
    assert "let members meet between epochs with --every 1" in told.stderr


@pytest.mark.parametrize(
    ("options", "apart"),
    [
        ({}, True),
        ({"target": "body_mass_g"}, True),
        ({"network": "mlp"}, False),
        ({"members": 1}, False),
        ({"optimizer": "lamb"}, False),
        ({"resample": "over"}, False),
    ],
    ids=str,
)
def test_members_of_an_ensemble_that_leave_out_rows_are_divided_and_not_its_batches(options, apart):
    target = options.get("target", "species")
    settings = Settings(**{name: value for name, value in options.items() if name != "target"})
    prepared = prepare(as_table("penguins"), target, settings)
    model = network_of(prepared, settings)
    assert running._trains_members_apart(prepared, settings, model) == apart
    data = training_set(
        prepared, feed := feed_for(settings, prepared.target, prepared.y, prepared.split.train),
        folds_for(prepared, model, feed, 0),
    )  # fmt: skip
    learn, held_out = examples_for(
        model, data.x, data.y, data.weight, data.class_weight, 0.0, data.validation, data.sampling, OPTIONS
    )
    assert can_train_apart(model, learn, held_out, [], OPTIONS) == apart
