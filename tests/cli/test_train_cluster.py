"""``plastica train --cluster`` and ``--devices``: the model of one process, a note where workers do not pay, errors."""

from __future__ import annotations

import json

import pytest

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
        (("--devices", "1", "--cluster", "local:2"), "not both"),
        (("--folds", "3", "--devices", "2"), "trained side by side on one device"),
        (("--stream", "--cluster", "local:2"), "read in parts and trained on one device"),
    ],
)
def test_what_cannot_be_is_one_line(plastica, options, said):
    told = plastica("train", "penguins", *SHORT, "--out", "none", *options, code=1)
    assert said in told.stderr


def test_a_linear_model_needs_no_workers(plastica):
    told = plastica(
        "train", "penguins", "-t", "species", "--model", "linear", "--cluster", "local:2", "--no-report", code=1
    )
    assert "is for networks" in told.stderr


def test_members_of_a_society_who_meet_within_epochs_stay_in_one_process(plastica):
    told = plastica("society", "digits", "--members", "4", "--every-steps", "3", "--cluster", "local:2", code=1)
    assert "let members meet between epochs with --every 1" in told.stderr


def test_workers_divide_the_members_of_an_ensemble_and_give_its_predictions_to_the_bit(plastica):
    small = ("--target", "species", "--epochs", "3", "--layers", "8", "--members", "4", "--no-report", "--json")
    alone = json.loads(plastica("train", "penguins", *small, "--out", "alone").stdout)
    made = plastica("train", "penguins", *small, "--out", "several", "--cluster", "local:2")
    several = json.loads(made.stdout)
    assert "Dividing batches" not in made.stderr
    assert several["training"]["best_epoch"] == alone["training"]["best_epoch"]
    assert several["history"]["val_loss"] == pytest.approx(alone["history"]["val_loss"], rel=1e-6)
    assert Path("several/held_out.csv").read_bytes() == Path("alone/held_out.csv").read_bytes()
