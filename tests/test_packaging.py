"""Package metadata: valid links, the same version everywhere, a citation with it."""

from __future__ import annotations

import importlib.util
import re
import sys
import tomllib

import pytest

import plastica

from .test_docs import FENCE, LINK, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
README = (ROOT / "README.md").read_text("utf-8")
REPOSITORY = "https://git.example/plastica"


@pytest.fixture(scope="module")
def build():
    spec = importlib.util.spec_from_file_location("plastica_hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def links(text):
    return LINK.findall(FENCE.sub("", text))


def test_every_link_of_the_description_is_absolute(build):
    text = build.described(README, REPOSITORY, "1.2.3")
    assert len(links(text)) == len(links(README))
    assert [link for link in links(text) if not link.startswith(("https://", "#"))] == []
    assert f"]({REPOSITORY}/blob/v1.2.3/docs/tables.md)" in text
    assert f"]({REPOSITORY}/raw/v1.2.3/docs/screenshots/summary.png)" in text


def test_without_an_address_no_link_leads_nowhere(build):
    text = build.described(README, "", "1.2.3")
    assert [link for link in links(text) if not link.startswith(("https://", "#"))] == []
    assert "![" not in FENCE.sub("", text)
    assert not re.search(r"^\.$| \.$|\. \.", FENCE.sub("", text), re.M)


@pytest.mark.parametrize("repository", ["", REPOSITORY])
def test_code_of_the_description_stays_as_it_is(build, repository):
    blocks = [block[0] for block in FENCE.finditer(README)]
    assert [block[0] for block in FENCE.finditer(build.described(README, repository, "1"))] == blocks


def test_addresses_follow_from_the_repository(build):
    assert build.addresses("", "", "1") == {}
    found = build.addresses(REPOSITORY, "https://docs.example", "1")
    assert set(found) == {"Homepage", "Documentation", "Source", "Changelog", "Issues"}
    assert found["Homepage"] == found["Documentation"] == "https://docs.example"


BRINGS = {  # modules of a library, and of libraries that it needs itself
    "scikit-learn": ("sklearn", "scipy", "threadpoolctl"), "pillow": ("PIL",), "jax": ("jax", "ml_dtypes"),
    "jinja2": ("jinja2", "markupsafe"), "kafka-python": ("kafka",),
}  # fmt: skip
GIVEN = {"pandas", "typing_extensions", "onnxruntime"}  # only for a data frame; for type checkers; to compare times
NOT_IMPORTED = {"test", "docs", "benchmark"}


def test_every_library_that_is_imported_is_declared():
    project = PROJECT["project"]
    groups = (each for name, each in project["optional-dependencies"].items() if name not in NOT_IMPORTED)
    declared = [re.match(r"[\w-]+", each)[0] for each in sum(groups, project["dependencies"])]
    allowed = {each for name in declared for each in BRINGS.get(name, (name.replace("-", "_"),))}
    pattern = re.compile(r"^ *(?:import|from) ([A-Za-z]\w*)(?:[\w.]* import .+|[\w.]*(?: as \w+)?)$", re.M)
    found = {name for path in (ROOT / "src").rglob("*.py") for name in pattern.findall(path.read_text("utf-8"))}
    assert found - allowed - GIVEN - set(sys.stdlib_module_names) == {"plastica"}


def test_the_version_is_the_same_everywhere():
    version = PROJECT["project"]["version"]
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    about = (ROOT / "docs" / "about.md").read_text("utf-8")
    dated = dict(re.findall(r"^## \[(\d[^\]]*)\] - (\d{4}-\d\d-\d\d)$", changelog, re.M))
    assert plastica.__version__ == version
    assert re.findall(r"^version: (.*)$", citation, re.M) == [version]
    assert re.findall(r"^date-released: (.*)$", citation, re.M) == [dated[version]]
    assert f"version = {{{version}}}" in about
    assert "## [Unreleased]" in changelog
