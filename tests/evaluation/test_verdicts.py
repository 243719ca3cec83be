"""Verdicts from the test set, compared with tests of other libraries."""

from __future__ import annotations

from types import SimpleNamespace

import click
import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import log_loss, r2_score, recall_score

from plastica.checks.findings import finding, noted
from plastica.cli.train import train
from plastica.cli.wording import in_command_words
from plastica.evaluation import inference as guessing
from plastica.evaluation import verdicts
from plastica.evaluation.decisions import Decision
from plastica.evaluation.inference import beyond_guess, guess_from
from plastica.evaluation.intervals import Figure
from plastica.evaluation.judged import Judged
from plastica.evaluation.scores import score
from plastica.report.conclusions import conclusion

RNG = np.random.default_rng(0)


def two(rows, strength, seed=0, share=0.35):
    """Classes, the second with this share, and correct probabilities."""
    rng = np.random.default_rng(seed)
    logit = strength * rng.normal(size=rows) + np.log(share / (1 - share))
    yes = 1 / (1 + np.exp(-logit))
    return (rng.random(rows) < yes).astype(int), np.stack([1 - yes, yes], axis=1)


def told(task, y, answers, train=None, classes=2):
    return beyond_guess(task, y, answers, guess_from(task, y if train is None else train, classes))


@pytest.mark.parametrize("seed", range(5))
def test_probabilities_that_help_are_more_than_a_guess_though_accuracy_hardly_rises(seed):
    y, shares = two(154, 1.6, seed)
    found = told("binary", y, shares)
    assert found.answer == "more" and found.measure == "log_loss"
    train = np.repeat([0, 1], [100, 54])
    exact = log_loss(y, shares) - log_loss(y, np.tile([101 / 156, 55 / 156], (154, 1)))
    assert told("binary", y, shares, train).difference.value == pytest.approx(exact)


@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel", "regression"])
def test_noise_is_no_more_than_a_guess(task):
    answers = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        if task == "regression":
            y, given = rng.normal(size=200), 0.2 * rng.normal(size=200)
        elif task == "multilabel":
            y, given = (rng.random((200, 3)) < 0.3).astype(float), np.clip(rng.normal(0.3, 0.05, (200, 3)), 0.01, 0.99)
        else:
            classes = 2 if task == "binary" else 4
            y, given = rng.integers(0, classes, 200), rng.dirichlet(np.full(classes, 20.0), 200)
        answers.append(told(task, y, given, classes=given.shape[-1]).answer)
    assert answers.count("no_more") >= 38 and "more" not in answers


def test_few_rows_leave_it_open():
    answers = {told("binary", *two(12, 1.2, seed)).answer for seed in range(6)}
    assert "no_more" not in answers and "unclear" in answers
    assert told("regression", np.arange(5.0), np.arange(5.0), classes=0).answer == "unclear"


def test_ranks_tell_where_probabilities_are_drawn_to_one_side():
    y, shares = two(200, 1.5)
    drawn = np.stack(
        [1 - 0.9 - 0.1 * shares[:, 1], 0.9 + 0.1 * shares[:, 1]], axis=1
    )  # in the right order, far too high
    assert log_loss(y, drawn) > 2 * log_loss(y, shares)
    assert told("binary", y, drawn).answer == "more"
    assert told("binary", y, drawn[::-1]).answer == "no_more"


def test_the_test_by_ranks_is_that_of_mann_and_whitney(monkeypatch):
    y, shares = two(60, 0.8)
    p = stats.mannwhitneyu(
        shares[y == 1, 1], shares[y == 0, 1], alternative="greater", method="asymptotic", use_continuity=False
    ).pvalue
    for level, expected in ((1 - p - 1e-6, True), (1 - p + 1e-6, False)):
        monkeypatch.setattr(guessing, "RANK_LEVEL", level)
        assert guessing._ranks_tell(shares, np.eye(2)[y]) is expected


def test_numbers_are_judged_beside_the_mean_or_the_median():
    y = RNG.normal(5, 2, 300)
    found = told("regression", y, y + RNG.normal(0, 1.5, 300), classes=0)
    answers = y + RNG.normal(0, 1.0, 300)
    assert found.answer == "more"
    assert told("regression", y, answers, classes=0).difference.value == pytest.approx(r2_score(y, answers))
    heavy = np.exp(3 * RNG.normal(size=300))  # squared errors are dominated by one row, absolute errors are not
    assert told("regression", heavy, np.where(heavy > 50, 1.0, heavy), classes=0).answer == "more"
    assert told("regression", y, np.full(300, 20.0), classes=0).answer == "no_more"


class Table:
    """The parts of a prepared table used by a verdict."""

    def __init__(self, y, classes=("no", "yes"), task="binary", findings=()):
        rows = np.arange(len(y))
        self.y, self.findings = y, findings
        self.target = SimpleNamespace(task=task, classes=classes, decode=lambda y: y)
        self.split = SimpleNamespace(train=rows, test=rows)


def concluded(y, own, other, scores, findings=()):
    judged = Judged(
        "binary",
        np.arange(len(y)),
        y,
        {"network": own, "trees": other},
        {"network": Decision(), "trees": Decision()},
    )
    figures = {name: {"accuracy": Figure(value)} for name, value in scores.items()}
    return verdicts.conclude(Table(y, findings=findings), judged, figures, "accuracy")


Y, SHARES = two(400, 3.0)
RIGHT = np.eye(2)[Y] * 0.98 + 0.01
GUESS = np.tile([0.65, 0.35], (400, 1))


@pytest.mark.parametrize(
    ("own", "other", "standing", "level", "advice"),
    [
        (RIGHT, SHARES, "better", "good", "good"),
        (SHARES, SHARES, "same", "good", "good"),
        (SHARES, RIGHT, "worse", "careful", "worse"),
        (GUESS, GUESS, "useless", "bad", "useless"),
        (GUESS, RIGHT, "useless", "bad", "failed"),
    ],
)
def test_a_verdict_follows_guess_and_difference(own, other, standing, level, advice):
    found = concluded(Y, own, other, {"network": 0.8, "trees": 0.8})
    assert (found.standing, found.level, found.advice, found.rival) == (standing, level, advice, "trees")


def test_a_serious_finding_comes_before_another_model():
    leak = finding("sorted", "serious")
    found = concluded(Y, SHARES, RIGHT, {"network": 0.8, "trees": 0.9}, (leak,))
    assert (found.standing, found.level, found.advice) == ("worse", "bad", "bad")


def test_labels_that_are_never_found_are_named():
    y = np.repeat([0, 1, 2, 3], [50, 20, 5, 2])
    answers = np.eye(4)[np.where(y == 2, 1, np.where(y == 3, 0, y))]
    judged = Judged("multiclass", np.arange(77), y, {"network": answers}, {"network": Decision()})
    found = list(verdicts.never_found(Table(y, ("a", "b", "c", "d"), "multiclass"), judged))
    assert [each.data["labels"] for each in found] == ["'c' (5)"]  # with two rows of d, it may be chance
    labels = np.stack([y == 0, y == 2], axis=1).astype(float)
    decision = Decision(rule="threshold", thresholds=(0.5, 0.5))
    judged = Judged("multilabel", np.arange(77), labels, {"network": labels * [1, 0.4]}, {"network": decision})
    found = list(verdicts.never_found(Table(labels, ("red", "blue"), "multilabel"), judged))
    assert [each.data["labels"] for each in found] == ["'blue' (5)"]


def test_a_naive_forecast_that_does_better_is_told_beside_the_models():
    y = np.cumsum(RNG.normal(size=300))
    answers = {"network": y + RNG.normal(0, 3, 300), "trees": y + RNG.normal(0, 1, 300)}
    answers["last_value"] = y + RNG.normal(0, 0.1, 300)
    judged = Judged("regression", np.arange(300), y, answers, {})
    scores = {name: {"mae": Figure(float(np.abs(each - y).mean()))} for name, each in answers.items()}
    found = verdicts.conclude(Table(y, (), "regression"), judged, scores, "mae")
    assert (found.standing, found.rival, found.level) == ("worse", "trees", "careful")  # trees can be saved
    assert (
        'Settings(model="trees")' in conclusion(found).advice
        and "--model trees" in conclusion(found, "en", "command").advice
    )
    (naive,) = found.findings
    assert naive.code == "naive_better" and naive.data["name"] == "last value" and naive.severity == "warning"
    answers["last_value"] = y + RNG.normal(0, 9, 300)
    scores["last_value"] = {"mae": Figure(9.0)}
    assert not verdicts.conclude(Table(y, (), "regression"), judged, scores, "mae").findings


def test_what_is_simpler_is_called_so_and_trees_are_not():
    def said(model, rival):
        found = verdicts.Verdict(
            level="good", standing="same", advice="good", model=model, rival=rival, measure="accuracy",
            difference=Figure(0.0, -0.1, 0.1), rows=50,
        )  # fmt: skip
        return [conclusion(found, lang).sentence for lang in ("en", "zh")]

    assert "linear model is simpler" in said("network", "linear")[0] and "更简单" in said("network", "linear")[1]
    assert "Boosted trees may do just as well" in said("network", "trees")[0]
    assert "simple" not in said("network", "trees")[0] and "简单" not in said("network", "trees")[1]
    assert "as well" not in said("linear", "trees")[0]


def test_a_network_for_numbers_that_loses_to_a_linear_model_is_advised_to_begin_as_one():
    def advised(words, lang="en", measure="mae", rival="linear"):
        found = verdicts.Verdict(
            level="careful", standing="worse", advice="worse", model="network", rival=rival, measure=measure,
            difference=Figure(0.3, 0.1, 0.5), rows=50,
        )  # fmt: skip
        return conclusion(found, lang, words).advice

    assert "begins as a linear model: --linear-part." in advised("command") and "--model linear" in advised("command")
    assert "Settings(linear_part=True)" in advised("python") and "--linear-part" in advised("command", "zh")
    others = (advised("command", measure="accuracy"), advised("command", rival="trees"))
    assert not any("linear-part" in each for each in others)


def rare_case(decision=None):
    """A rare class that true probabilities never favour, and a model that favours it too often and too surely."""
    rng = np.random.default_rng(0)
    sign = rng.random(600) < 0.3
    y = np.where(rng.random(600) < np.where(sign, 0.3, 0.02), 2, rng.integers(0, 2, 600))
    own = np.where(sign[:, None], [0.35, 0.35, 0.3], [0.49, 0.49, 0.02])
    other = np.where(sign[:, None], [0.02, 0.02, 0.96], [0.49, 0.49, 0.02])
    judged = Judged(
        "multiclass",
        np.arange(600),
        y,
        {"network": own, "trees": other},
        {"network": decision or Decision(), "trees": Decision()},
    )
    scores = {name: score("multiclass", y, judged.answers[name], judged.decisions[name]) for name in judged.answers}
    return judged, verdicts.conclude(
        Table(y, ("a", "b", "c"), "multiclass"), judged, scores, "balanced_accuracy"
    )  # fmt: skip


def test_better_probabilities_of_a_model_that_seldom_names_rare_classes_are_told_with_the_option_that_helps():
    judged, found = rare_case()
    assert (found.standing, found.rival) == ("worse", "trees")
    (told,) = [each for each in found.findings if each.code == "probabilities_better"]
    losses = {name: log_loss(judged.y, answers) for name, answers in judged.answers.items()}
    assert told.data["own"] == f"{losses['network']:.3f}" and told.data["value"] == f"{losses['trees']:.3f}"
    assert losses["network"] < losses["trees"] and told.severity == "note"
    for said in (noted(told).spoken("en"), noted(told).spoken("zh")):
        assert 'threshold="balanced_accuracy"' in said and "{" not in said
        with click.Context(train):
            assert "--threshold balanced_accuracy" in in_command_words(said)
    assert "梯度提升树" in noted(told).spoken("zh")


def test_the_option_is_not_suggested_where_it_is_used_or_another_metric_decides():
    counts = np.bincount(rare_case()[0].y)
    weighted = Decision(rule="weights", weights=tuple(1 / counts), aim="balanced_accuracy", rows=600)
    judged, found = rare_case(weighted)
    assert recall_score(judged.y, judged.labels(), average="macro") > recall_score(
        judged.y, judged.answers["network"].argmax(1), average="macro"
    )
    assert not [each for each in found.findings if each.code == "probabilities_better"]
    scores = {name: {"accuracy": Figure(value)} for name, value in (("network", 0.8), ("trees", 0.9))}
    assert not list(verdicts.probabilities_better(judged, scores, "trees", "accuracy", lambda *_: Figure(-1, -1, -1)))
