"""Facts of rules: values with notes, and the pages that show them."""

from __future__ import annotations

import importlib.util
import inspect
import re
from pathlib import Path

import pytest

import plastica as pl
from plastica.comparison.trial import variant_of
from plastica.comparison.wording import RULES as RULE_TEXTS
from plastica.comparison.wording import translated
from plastica.language import using
from plastica.rules import Facts, Greedy, PredictiveCoding
from plastica.rules.facts import QUESTIONS, together

ROOT = Path(__file__).parents[2]
RULES = {name: pl.rules.get(name) for name in pl.rules.NAMES}


def _pages():
    spec = importlib.util.spec_from_file_location("facts", ROOT / "docs" / "facts.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_show_what_the_rules_say():
    pages = _pages()
    for name, written in pages.PAGES.items():
        page = (ROOT / name).read_text("utf-8")
        assert written(page) == page, f"{name} is behind the rules: python docs/facts.py writes it anew"
    assert all(f"| {name} |" in (ROOT / "docs/rules.md").read_text("utf-8") for name in RULES)


@pytest.mark.parametrize("name", RULES)
def test_notes_belong_to_facts_and_words_have_one(name):
    facts = RULES[name].facts
    assert isinstance(facts, Facts)
    assert set(facts.notes) <= set(QUESTIONS)
    for question in QUESTIONS:
        value = getattr(facts, question)
        assert isinstance(value, int if question == "phases" else bool | str)
        if isinstance(value, str):
            assert facts.notes[question].endswith("."), "words that are neither yes nor no say why"
    assert facts.flat().keys() <= {"source", *QUESTIONS, *(f"{question}_note" for question in QUESTIONS)}


def test_every_text_of_a_rule_has_a_translation_and_no_translation_is_left_over():
    forms = [PredictiveCoding(inference=form) for form in ("relaxed", "fixed_prediction", "zero_divergence")]
    forms += [
        pl.rules.VoltageSTDP(),
        pl.rules.BurstSTDP(),
        pl.rules.Oja(subspace=True),
        pl.rules.EquilibriumPropagation(centred=False),
        *RULES.values(),
    ]
    found = {rule.unranked for rule in forms} - {""}
    for rule in forms:
        found |= {value for name, value in rule.facts.flat().items() if isinstance(value, str) and name != "source"}
    with using("zh"):
        left = {text: translated(text) for text in found}
    assert {text: said for text, said in left.items() if re.search("[a-z]{2}", said)} == {}
    assert [english for english, _ in RULE_TEXTS.entries.values() if not any(english in text for text in found)] == []
    with using("zh"):
        assert translated("A note of one's own. ") == "A note of one's own. "


def test_errors_that_travel_from_layer_to_layer_are_no_global_error():
    everywhere = {name for name, rule in RULES.items() if rule.facts.global_error is True}
    assert everywhere == {"direct_feedback_alignment"}


def test_rules_that_meet_the_same_error_at_the_unit_are_as_local_as_each_other():
    names = ("feedback_alignment", "direct_feedback_alignment", "target_propagation", "predictive_coding")
    assert all(RULES[name].facts.local is True for name in names)
    assert all("recurrent" in RULES[name].facts.notes["local"] for name in names)


def test_what_the_way_back_takes_from_the_way_forward():
    assert RULES["sign_symmetry"].facts.symmetric_weights == "signs only"
    assert RULES["target_propagation"].facts.symmetric_weights == "for the last hidden layer"
    assert RULES["feedback_alignment"].facts.symmetric_weights is False
    assert RULES["predictive_coding"].facts.symmetric_weights is True


def test_facts_hang_on_the_form_of_a_rule():
    forms = ("relaxed", "fixed_prediction", "zero_divergence")
    relaxed, *clocked = (PredictiveCoding(inference=form).facts for form in forms)
    assert relaxed.local is True and all(each.local == "with a clock for each layer" for each in clocked)
    assert len({relaxed.source, *(each.source for each in clocked)}) == 3
    centred, not_centred = (pl.rules.EquilibriumPropagation(centred=each).facts for each in (True, False))
    assert (centred.phases, not_centred.phases) == (3, 2)
    assert pl.rules.Oja().facts.local is True and pl.rules.Oja(subspace=True).facts.local is False
    assert pl.rules.EquilibriumPropagation.facts == centred, "the class tells the facts of its defaults"


def test_two_rules_ask_together_for_what_the_graver_one_asks():
    words = Facts("A 2000", "nearly", "signs only", 1, False, False, {"local": "Why."})
    plain = Facts("B 2001", True, False, 3, False, True, {"local": "Also."})
    found = together("C 2002", words, plain)
    assert found[:6] == ("C 2002", "nearly", "signs only", 3, False, True)
    assert found.notes == {"local": "Why. Also."}
    assert Greedy(pl.rules.Oja(), then=pl.Backprop()).facts.local is False


def test_public_facts_have_an_example():
    assert "Example:" in inspect.getdoc(Facts)


def test_the_readme_says_how_many_rules_there_are():
    variants = {name for name in RULES if variant_of(name, RULES[name])}
    assert (len(RULES) - len(variants), len(variants)) == (29, 4)
    assert "Twenty-nine learning rules and four variants" in " ".join((ROOT / "README.md").read_text("utf-8").split())
    assert "二十九条学习规则和四个变体" in (ROOT / "README.zh-CN.md").read_text("utf-8")
