"""Each finding of the doctor has its explanation, in both languages, on the pages and on the command line."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from plastica.checks.catalogue import CATALOGUE, FORMULAS, KINDS, TEXTS, explain_finding
from plastica.cli.main import app
from plastica.errors import UnknownName
from plastica.language import Texts, using

ROOT = Path(__file__).parents[2]


def test_every_finding_is_explained_in_both_languages():
    codes = {key.removeprefix("finding.") for key in Texts("doctor").entries if key.startswith("finding.")}
    assert codes <= set(CATALOGUE) and set(FORMULAS) <= set(CATALOGUE)
    for facts in CATALOGUE.values():
        for lang in ("en", "zh"):
            with using(lang):
                assert len(facts.lines()) >= 4 and all(facts.lines())
    told = {key.partition("_")[2] for key in TEXTS.entries if key.startswith("what_")}
    assert told == set(CATALOGUE) and set(KINDS) == {"signal", "training", "fit", "data", "forecast"}


def test_the_pages_show_the_catalogue():
    spec = importlib.util.spec_from_file_location("findings", ROOT / "docs" / "findings.py")
    pages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pages)
    for name, lang in pages.PAGES.items():
        assert (ROOT / name).read_text("utf-8") == pages.page(lang), f"python docs/findings.py writes {name} anew"


def test_a_finding_is_explained_on_the_command_line():
    said = CliRunner().invoke(app, ["doctor", "--explain", "dead_units"])
    assert said.exit_code == 0 and said.stdout.startswith("dead_units (Inside the network)\nUnits whose activation")
    found = json.loads(CliRunner().invoke(app, ["doctor", "--explain", "overfitting", "--json"]).stdout)
    assert found["kind"] == "training" and "Prechelt" in found["measured"]
    assert "梯度" in CliRunner().invoke(app, ["doctor", "--explain", "always_clipped", "--lang", "zh"]).stdout
    wrong = CliRunner().invoke(app, ["doctor", "--explain", "dead_unit"])
    assert wrong.exit_code == 1 and 'did you mean "dead_units"?' in wrong.stderr and "Traceback" not in wrong.stderr
    with pytest.raises(UnknownName, match="unknown finding"):
        explain_finding("nothing")
