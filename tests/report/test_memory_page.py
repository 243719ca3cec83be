"""The report on memory: every section in both languages, with its command, loading nothing; small networks."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from plastica.errors import InvalidValue
from plastica.report import memory_sections, write_memory_report

SMALL = {
    "memory_measurements": {"UNITS": 40, "LOADS": (0.05, 0.138, 0.25), "SEEDS": 1, "STATE": 4, "LAGS": 6, "PATTERNS": 8,
                        "FADING_UNITS": 60, "FADING_LISTS": 4},
    "memory_lists": {"LISTS": 40, "ROWS": 50, "EPOCHS": 1, "NETWORKS": 1,
                     "CONTINUAL_EPOCHS": 1, "CONTINUAL_SEEDS": 1, "UNITS": 4, "CLASSES_EACH": 5},
}  # fmt: skip


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "input"):
            self.open.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def sections():
    with pytest.MonkeyPatch.context() as patch:
        for module, values in SMALL.items():
            for name, value in values.items():
                patch.setattr(f"plastica.report.{module}.{name}", value)
        told = []
        made = memory_sections(told.append)
    assert told == [each.name for each in made]
    return made


@pytest.fixture(scope="module")
def page(sections, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    return write_memory_report(sections, path, lang="zh").read_text("utf-8")


def test_the_page_is_well_formed_and_loads_nothing(page):
    tags = Tags()
    tags.feed(page)
    assert tags.open == [] and len(tags.ids) == len(set(tags.ids))
    assert "<script" not in page and not re.search(r"(src|href)=[\"'](?!#)", page)


def test_every_section_says_what_agrees_in_both_languages_and_names_its_command(sections, page):
    for each in sections:
        assert page.count(str(each.agrees)) == page.count(str(each.differs)) == 2  # in the overview and in its section
        assert 'lang="zh-Hans"' in each.agrees and "{" not in each.agrees + each.differs
        assert each.command.splitlines()[0].split("(")[0] in page
        json.dumps(each.facts, allow_nan=False)
    assert "What agrees:" in page and "一致之处：" in page and 'id="lang-zh" aria-label="中文" checked' in page


def test_figures_of_people_are_the_published_ones(sections):
    facts = {each.name: each.facts for each in sections}
    assert facts["forgotten"]["Ebbinghaus 1885"]["law"] == "power"  # the best on times not seen
    assert facts["recalled"]["TCM"]["forward"]["people"] == pytest.approx(0.426 - 0.251)
    assert all(0 <= error <= 0.6 for each in facts["associative"]["bit_error"].values() for error in each)


def test_other_languages_are_refused(sections, tmp_path):
    with pytest.raises(InvalidValue, match="expected en or zh"):
        write_memory_report(sections, tmp_path / "report.html", lang="de")
