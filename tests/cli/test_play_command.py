"""``plastica play``: rewards of networks, files, both languages, and errors."""

from __future__ import annotations

import json
import signal
import sys

import numpy as np
import pytest

import plastica as pl
from plastica.cli.play import REWARD_RULES, rule_of
from plastica.populations.progress import PopulationProgress
from plastica.training import run as host

QUICK = ("--episodes", "64", "--seeds", "2")


def test_networks_play_and_their_rewards_are_written(plastica, here):
    result = plastica("play", "bandit", *QUICK, "--learning-rate", "0.1,0.02", "--out", "found", "--json")
    said = json.loads(result.stdout)
    assert {path.name for path in (here / "found").iterdir()} == {
        "returns.svg", "returns.png", "returns.csv", "model.plastica"
    }  # fmt: skip
    assert said["best_known"] == 0.8 and len(said["networks"]) == 4 and np.shape(said["rewards"]) == (4, 2)
    rows = (here / "found" / "returns.csv").read_text().splitlines()
    assert rows[0] == "learning_rate,seed,episodes,reward,steps" and len(rows) == 9
    assert pl.load(here / "found" / "model.plastica").predict(np.ones((1, 1))).shape == (1, 3)


def test_ctrl_c_keeps_what_was_learned_and_resuming_gives_the_whole_run(plastica, here, monkeypatch):
    command = ("play", "bandit", "--episodes", "256", "--seeds", "2", "--checkpoint", "kept")

    def pressed(self, run):
        if run.step == 4:
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(PopulationProgress, "__call__", pressed)
        patch.setattr(host, "SECONDS_A_CALL", 1e-9)  # one step a call
        said = plastica(*command, "--out", "half", code=130).stderr
    assert "the model trained so far is saved: half/model.plastica" in said and "--resume continues" in said
    assert pl.load(here / "half" / "model.plastica").predict(np.ones((1, 1))).shape == (1, 3)
    half = (here / "half" / "returns.csv").read_text().splitlines()
    assert len(half) == 1 + 2 * 4  # two members, four of eight stretches
    plastica(*command, "--out", "rest", "--resume")
    plastica(*command[:-2], "--out", "whole")
    names = ("returns.csv", "model.plastica")
    assert all((here / "rest" / each).read_bytes() == (here / "whole" / each).read_bytes() for each in names)


def test_a_network_that_diverges_leaves_the_others_their_results(plastica, here):
    far = ("--episodes", "256", "--longest", "5", "--learning-rate", "1e38,0.1")
    result = plastica("play", "gridworld", *QUICK, *far, "--out", "found", "--json")
    said = json.loads(result.stdout)
    assert said["networks"][0]["last_reward"] is None and isinstance(said["networks"][2]["last_reward"], float)
    assert "2 of 4 members met a number that is not finite" in result.stderr
    assert "member 0 (--learning-rate 1e+38" in result.stderr and "optimizer." not in result.stderr


def test_spikes_learn_from_rewards_and_say_so_in_chinese(plastica, here):
    said = plastica("play", "gridworld", *QUICK, "--rule", "reward_stdp", "--longest", "5", "--lang", "zh").stdout
    assert "学习率" in said and "最优策略每回合得到" in said and "runs/gridworld-play-1" in said


def test_all_rules_of_the_command_can_be_weighed_by_rewards():
    assert all(rule_of(name).takes_rewards for name in REWARD_RULES)


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        (("mars",), 1, "mars: no environment of this name; known are cartpole, gridworld, bandit."),
        (("bandit", "--learning-rate", "fast"), 2, "--learning-rate takes numbers above 0 separated by commas"),
        (("bandit", "--resume"), 2, "--resume needs --checkpoint"),
        (("bandit", "--rule", "oja"), 2, "'oja' is not one of 'backprop'"),
        (("gridworld", "--rule", "reward_stdp", "--layers", "8"), 1, "a policy that spikes has no hidden layers"),
    ],
)
def test_mistakes_are_one_line(plastica, monkeypatch, given, code, words):
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    result = plastica("play", *given, code=code)
    assert words in result.stderr and "Traceback" not in result.stderr
