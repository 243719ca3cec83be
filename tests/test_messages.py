"""Texts in every language: the same keys and braces, no unused texts, notes in both languages."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import warnings
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec
import numpy as np
import pytest

import plastica
import plastica as pl
from plastica.errors import PlasticaError, PlasticaWarning
from plastica.language import Texts, using
from plastica.notes import TEXTS, Note, as_written, note, sentences

FILES = sorted(each.name.removesuffix(".toml") for each in files("plastica.messages").iterdir() if each.name[0] != "_")
SOURCE = Path(plastica.__file__).parent
HOLES = re.compile(r"{\w+}")


@pytest.mark.parametrize("name", FILES)
def test_both_languages_fill_the_same_braces(name):
    for key, (english, chinese) in Texts(name).entries.items():
        assert english and chinese, key
        assert set(HOLES.findall(chinese)) == set(HOLES.findall(english)), key
        forms = [set(HOLES.findall(form)) - {"{count}"} for form in english.split("|")]
        assert all(form == forms[0] for form in forms) and len(forms) <= 2, key


@cache
def words_of_the_code():
    """Return the words of the code, and the beginnings to which code adds the rest of a key."""
    code = "\n".join(path.read_text("utf-8") for ending in ("py", "html", "js") for path in SOURCE.rglob(f"*.{ending}"))
    prefixes = set(re.findall(r"[\"']([\w.]+[_.])[{\"']", code))
    prefixes |= {f"{found}_" for found in re.findall(r"name(?:_of)?\([\"'](\w+)[\"'], ", code)}
    return set(re.findall(r"[\w.-]+", code)), tuple(prefixes)


@pytest.mark.parametrize("name", [name for name in FILES if name != "rules"])  # tests/rules/test_facts.py tests those
def test_no_text_stands_there_that_no_code_asks_for(name):
    words, prefixes = words_of_the_code()
    keys = {key: key.rpartition(".")[2] for key in Texts(name).entries}
    begun = {key for key in keys if key.startswith(prefixes)}
    assert [key for key, bare in keys.items() if not {key, bare} & words and key not in begun] == []


def test_every_note_in_the_code_has_its_text():
    code = "\n".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py"))
    keys = set(re.findall(r"\bnote\(\s*\"([\w.]+)\"", code)) - {""}
    assert len(keys) > 50 and keys <= set(TEXTS.entries)


@pytest.mark.parametrize("room", ["explain", "forecasting", "forecasting/analysis"])
def test_every_error_that_a_command_meets_is_in_both_languages(room):
    # Functions on arrays, and what damaged files say (a ValueError), are for those who write Python.
    plain = {"metrics.py", "old_formats.py", "serialization.py"}
    written = [
        f"{path.name}, line {node.lineno}"
        for path in SOURCE.joinpath(room).glob("*.py")
        if path.name not in plain
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args
        if isinstance(node.exc.args[0], ast.Constant | ast.JoinedStr) and ast.unparse(node.exc.func) != "ValueError"
    ]
    assert written == []


def test_an_error_of_an_explanation_is_said_in_both_languages():
    with pytest.raises(PlasticaError) as refused:
        pl.explain.kernel_shap(lambda x: x[:, 0], np.ones((1, 2)), np.ones((3, 2)), groups="correlated")
    assert str(refused.value).startswith('kernel_shap: groups="correlated" needs')
    with using("zh"):
        assert "背景数据" in refused.value.args[0].said()


def test_a_note_is_said_in_each_language_and_keeps_both_in_a_file():
    told = note("unlike.surplus", count=2, columns=["'a'", "'b'"])
    assert str(told) == "columns 'a', 'b' unknown to the model and ignored."
    again = msgspec.json.decode(msgspec.json.encode(told), type=Note)
    assert again == told and hash(again) == hash(told)
    with using("zh"):
        assert again.said() == "列 'a'、'b' 不在模型的输入中，已忽略。"
    assert str(note("words.rows", count=1)) == "1 row" and str(note("words.rows", count=1200)) == "1,200 rows"
    assert sentences([told, as_written("So.")], "zh") == "列 'a'、'b' 不在模型的输入中，已忽略。So."


def test_a_warning_says_a_note_in_english():
    with pytest.warns(PlasticaWarning, match="1 row without a target"):
        warnings.warn(PlasticaWarning(note("target.without_target", rows=note("words.rows", count=1))), stacklevel=1)


def test_help_reads_no_text_of_tables_and_loads_nothing_heavy():
    command = "import sys, plastica.cli.main; sys.exit(any(n in sys.modules for n in ('jax', 'numpy', 'msgspec')))"
    assert subprocess.run([sys.executable, "-c", command], check=False).returncode == 0
