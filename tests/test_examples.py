"""The examples run at a small size and give the documented results."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars
import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def main_of(name: str):
    spec = importlib.util.spec_from_file_location(f"example_{name.replace('/', '_')}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for the names in annotations
    spec.loader.exec_module(module)
    return module.main


def test_digits_are_read_by_784_32_10():
    assert main_of("digits")(rows=500, epochs=10, verbose=0) > 0.85


def test_digits_takes_a_file_of_mnist(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "mnist.npz"
    np.savez(path, x_train=rng.integers(0, 256, (600, 28, 28)), y_train=rng.integers(0, 10, 600))
    assert 0 <= main_of("digits")(path, rows=100, epochs=1, verbose=0) <= 1


def test_tumours_are_told_apart_better_than_by_guessing():
    assert main_of("tumours")(epochs=20) > 0.8


def test_answers_are_explained_and_another_answer_is_found(capsys):
    found, changes = main_of("explain")(epochs=20)
    assert np.abs(found.gap).max() < 1e-4 and len(changes)
    assert ((changes.answers > 0.5) != (changes.before > 0.5)).all() and "FAILS" not in capsys.readouterr().out


def test_a_loop_speaks_for_a_zero_and_rules_agree_with_the_network():
    scores, driven, rules = main_of("explain_rules")(epochs=10)
    assert scores.scores[0, 0].mean() > scores.scores[0, 1].mean() and rules.agreement > rules.chance
    assert (driven.activity[:, -1] > driven.activity[:, 0]).all()


def test_a_training_loop_of_ones_own_is_judged():
    found = main_of("doctor_own_loop")(epochs=6)
    assert found["vanishing_gradients"].where == "hidden 0" and not any(
        "hand in" in str(each) for each in found.unjudged
    )


def test_looks_inside_say_what_units_detect_and_what_pruning_costs(tmp_path, capsys):
    looks = main_of("inside")(tmp_path, epochs=5)
    assert {path.stem for path in tmp_path.iterdir()} == set(looks)
    said = capsys.readouterr().out
    assert "Unit" in said and "connections can be pruned" in said and looks["units"].tuning is not None


def test_layers_in_which_the_error_vanishes_are_found_and_mended():
    found, trials = main_of("doctor")(epochs=15)
    assert "vanishing_gradients" in found.codes and trials.helped[0].code == "vanishing_gradients"
    assert trials.helped[0].losses[0] < 0.7 * trials.unchanged.losses[0]


def test_straight_line_is_found_below_the_bound_and_lost_above(capsys):
    losses = main_of("straight_line")(epochs=500)
    said = capsys.readouterr().out
    assert losses[-1] < 1e-4
    assert "below the learning rate 0.0458" in said
    assert "not finite" in said


def test_formulas_by_hand_give_plasticas_weights():
    answer, largest = main_of("by_hand")(epochs=30)
    assert answer == pytest.approx(4.5, abs=0.1)
    assert largest < 1e-4


def test_lstm_foretells_a_series_better_than_repetition():
    error, same_again = main_of("series")(units=16, epochs=60)
    assert error < same_again


def test_xor_needs_a_hidden_layer():
    without, beside = main_of("xor")(epochs=300)
    assert without.history["loss"][-1] == pytest.approx(np.log(2), abs=1e-3)
    assert beside.stopped_by == "until: loss <= 0.01"


def test_look_inside_agrees_with_the_formulas_by_hand():
    assert len(main_of("look_inside")()) == 2


def test_own_layer_learns_and_comes_back_from_a_file():
    assert main_of("own_layer")(epochs=50) > 0.85


def test_own_training_loop_lowers_the_loss():
    losses = main_of("own_training_loop")(steps=1000)
    assert np.mean(losses[-20:]) < 0.1 * np.mean(losses[:20])


@pytest.mark.filterwarnings("ignore:column .* missing, but none were missing in training")  # in some folds
def test_a_search_over_a_frame_finds_a_network_that_knows_penguins():
    assert main_of("estimators")(epochs=30) > 0.95


def test_feedback_alignment_learns_the_digits():
    found = main_of("rules/feedback_alignment")(rules=["feedback_alignment"], units=32, epochs=15)
    assert found["feedback_alignment"] < 25  # percent wrong


def test_a_self_organizing_map_comes_near_the_digits_row_by_row_and_in_batches():
    found = main_of("rules/self_organizing_map")(epochs=1)
    assert all(quantization < 1.9 and topographic < 0.1 for quantization, topographic, _ in found.values())


def test_gates_are_wired_and_learned_and_xor_needs_two_layers():
    found = main_of("rules/logic_gates")(epochs=20)
    assert found.pop("xor") < 4
    assert set(found.values()) == {4}


def test_hebbian_rules_find_principal_components():
    found = main_of("rules/principal_components")(components=2, epochs=200)
    assert min(found["oja"].min(), found["sanger"].min()) > 0.99


def test_rules_that_settle_come_near_backprop():
    found = main_of("rules/predictive_coding")(rules=("predictive coding",), units=48, epochs=60)
    assert found["predictive coding"] < 20


def test_forward_forward_reads_digits_both_ways():
    errors = main_of("rules/forward_forward")(units=(48, 48), epochs=12, verbose=0)
    assert max(errors.values()) < 20


def test_features_found_by_competition_can_be_read_out():
    errors = main_of("rules/competitive")(units=60, epochs=(8, 8), verbose=0)
    assert max(errors.values()) < 25


def test_a_deep_belief_network_reads_digits():
    found = main_of("rules/deep_belief")(units=(48,), epochs=(4, 8), verbose=0)
    assert found["deep belief"] < 25  # percent wrong


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.py")), ids=lambda path: path.stem)
def test_an_example_is_at_most_60_lines_and_says_how_to_run_it(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    assert path.relative_to(EXAMPLES.parent).as_posix() in text


def test_processes_begun_by_spawn_train_after_this_one_did():
    made = subprocess.run(
        [sys.executable, EXAMPLES / "processes.py"], capture_output=True, text=True, timeout=120, check=True
    )
    assert [line.split(":")[0] for line in made.stdout.splitlines()] == ["seed 0", "seed 1"]


SMALL = {"model": "nlinear", "members": 1, "epochs": 1}


@pytest.fixture
def city(monkeypatch, tmp_path):
    """Runs an example of a smart city at a small size."""
    monkeypatch.syspath_prepend(EXAMPLES / "city")

    def run(name, *given, **options):
        days = main_of(f"city/{name}")(*given, path=tmp_path / "picture.png", **SMALL, **options)
        assert (tmp_path / "picture.png").stat().st_size > 1000
        return days

    return run


def test_full_car_parks_are_counted(city):
    days = city("parking")
    own, week = days.found["forecast"], days.found["as last week"]
    assert own["caught"] + own["missed"] == week["caught"] + week["missed"] > 100
    assert days.found["as last week"]["error"] == pytest.approx(
        np.nanmean(np.abs(days.forecasts["as last week"] - days.truth))
    )


@pytest.mark.parametrize("name", ["bikes", "traffic", "air", "energy"])
def test_services_read_the_columns_of_their_public_data(city, tmp_path, name):
    """On a made series of four weeks with the columns of the real one."""
    hours = np.datetime64("2016-03-07T00", "s") + np.arange(24 * 28) * np.timedelta64(3600, "s")
    stamps = [str(hour).replace("T", " ") for hour in hours]
    load = 100 + 60 * np.sin(np.arange(len(hours)) * 2 * np.pi / 24) + np.random.default_rng(0).normal(size=len(hours))
    parts = [(int(each[:4]), int(each[5:7]), int(each[8:10]), int(each[11:13])) for each in stamps]
    weather = {each: load + number for number, each in enumerate(("DEWP", "TEMP", "PRES", "Iws"))}
    columns = {
        "bikes": {"ts": stamps, "count": load, "tmin": load},
        "traffic": {"holiday": ["None"] * len(load), "date_time": stamps, "traffic_volume": 50 * load},
        "air": {
            **dict(zip(("year", "month", "day", "hour"), zip(*parts, strict=True), strict=True)),
            "pm2.5": load,
            **weather,
        },
        "energy": {"ts": stamps, "y": load},
    }[name]
    polars.DataFrame(columns).write_csv(tmp_path / "city.csv")
    found = city(name, tmp_path / "city.csv", look_back=48).found
    assert set(found) >= {"forecast", "as yesterday"} and all(
        np.isfinite([*each.values()]).all() for each in found.values()
    )


def test_continual_learning_prints_what_each_strategy_forgets(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main_of("continual")(["naive"], epochs=1, seeds=1)
    assert "forgotten" in capsys.readouterr().out and (tmp_path / "continual.png").exists()


def test_models_of_memory_recall_like_people_in_part(tmp_path, capsys):
    found = main_of("people")(trials=200, rows=200, epochs=1, path=tmp_path / "people.svg")
    agrees = {(row["who"], row["effect"]): row["agrees"] for row in found.effects.rows(named=True)}
    assert agrees["temporal context", "forward"] and agrees["ACT-R", "primacy"]
    assert "agrees with people" in capsys.readouterr().out and (tmp_path / "people.svg").exists()


def test_members_of_a_society_know_more_than_learners_alone(capsys):
    found = main_of("society")(epochs=15)
    assert found["gossip"] > found["none"] + 0.1
    assert capsys.readouterr().out.count("all together") == 3


def test_spiking_networks_learn_digits_by_both_rules(capsys):
    found = main_of("spikes")(epochs=6)
    assert found["backprop"] > 0.5 and found["eprop"] > 0.3
    assert capsys.readouterr().out.count("spikes a second") == 2


def test_workers_find_the_networks_of_one_process(capsys):
    assert len(main_of("cluster")(epochs=2, rates=(0.1, 0.01), seeds=1)) == 2
    assert "the same bits as in one process: True" in capsys.readouterr().out


def test_a_society_on_workers_is_that_of_one_process_up_to_rounding():
    society, alone = main_of("society_on_workers")(epochs=2, members=4, rows=400)
    assert len(society.history) == 2
    for member, other in zip(society, alone, strict=True):
        for one, two in zip(member.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_allclose(one, two, rtol=0, atol=1e-6)


def test_exported_files_are_smaller_with_weights_of_eight_bits():
    sizes = main_of("export")(epochs=1)
    weights = 64 * 32 + 32 * 10
    assert len(sizes) == 3 and all(exact - small > 3 * weights for exact, small in sizes.values())


def test_networks_learn_to_walk_from_rewards(tmp_path):
    # Most of the time goes into running and not into compiling: a process with XLA's optimizations takes a fifth.
    code = "import json, rewards; print(json.dumps([*rewards.main(episodes=320).values()]))"
    path = os.pathsep.join(str(each) for each in (EXAMPLES, *sys.path) if each)
    environment = {**os.environ, "XLA_FLAGS": "", "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}
    made = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=True
    )
    fast, slow, spikes = json.loads(made.stdout.splitlines()[-1])
    assert fast > 0.7 and fast > slow and np.isfinite(spikes)
    assert (tmp_path / "rewards.svg").exists() and "the shortest ways bring 0.936" in made.stdout
