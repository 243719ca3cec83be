"""The examples in docstrings: they run and print what they say."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

import plastica

SOURCE = Path(plastica.__file__).parent
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
MODULES = sorted(
    ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in SOURCE.rglob("*.py")
    if re.search(r"^ *>>> ", path.read_text("utf-8"), re.M)
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = [each for each in doctest.DocTestFinder().find(importlib.import_module(name)) if each.examples]
    assert found, "examples that no documented name owns"
    said = []
    for each in found:
        doctest.DocTestRunner(optionflags=FLAGS, verbose=False).run(each, out=said.append)
    assert not said, "".join(said)
