"""The page: complete, safe for any table, equal in both languages, and without requests."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from markupsafe import escape

from plastica.data.reading import read_table
from plastica.errors import InvalidValue
from plastica.report import write_report
from plastica.report.wording import plain
from plastica.tables import Settings, TableNetwork
from plastica.tables.preparation import prepare

EVIL = (
    "<script>boom()</script>",
    "\"'></svg><img src=x onerror=boom()>",
    "{{7*7}}{% raw %}${7*7}",
    "javascript:boom()",
    "$x^2$ 中文 \u202eabc\x08",
    "_</title></style><b onclick=boom()>",
)
LABELS = ("<img src=x onerror=boom()>", "$\\frac{1}{0}$ 是", '" onmouseover="boom()')
TASKS = ("multiclass", "binary", "multilabel", "regression")
VOID = {"meta", "input", "br", "img", "link", "hr"}


def hostile(task):
    """A table in which every text is an attack, and a network for it."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(90, 3))
    columns = {EVIL[0]: x[:, 0], EVIL[1]: x[:, 1], EVIL[4]: x[:, 2]}
    columns[EVIL[5]] = [EVIL[number] if number else None for number in rng.integers(0, 4, 90)]
    number = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0.5)
    if task == "multilabel":
        return columns | {EVIL[2]: x[:, 0] > 0, EVIL[3]: x[:, 1] > 0}, [EVIL[2], EVIL[3]]
    if task == "regression":
        return columns | {EVIL[2]: x[:, 0] + 100, EVIL[3]: x[:, 1]}, [EVIL[2], EVIL[3]]
    classes = LABELS if task == "multiclass" else LABELS[1:]
    return columns | {EVIL[3]: [classes[min(each, len(classes) - 1)] for each in number]}, EVIL[3]


@pytest.fixture(scope="module")
def trained():
    made = {}

    def train(task):
        if task not in made:
            columns, target = hostile(task)
            settings = Settings(layers=(4,), epochs=2, network="mlp", baselines=("linear", "dummy"), task=task)
            prepared = prepare(read_table(columns), target, settings)
            made[task] = TableNetwork.train(prepared, settings), prepared
        return made[task]

    return train


class Reader(HTMLParser):
    """Collects tags with their attributes, text, and whether all tags are closed."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.open, self.text = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(path):
    return Reader(path.read_text("utf-8"))


@pytest.mark.parametrize("task", TASKS)
def test_nothing_a_table_says_becomes_markup(trained, tmp_path, task):
    folder = tmp_path / "<b onclick=boom()>"  # stands in the page as part of a command
    folder.mkdir()
    page = read(write_report(*trained(task), folder / "report.html"))
    assert not page.open
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img", "iframe", "object", "link", "base"})
    assert [tag for tag, _ in page.tags].count("style") == 1
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert "boom" not in (value or ""), (tag, name, value)
            if name in ("href", "src", "action", "xlink:href"):
                assert value.startswith("#"), (tag, value)
    said = "".join(page.text)
    assert EVIL[0] in said
    assert EVIL[1] in said  # as text
    assert "\u202e" not in said
    assert "\x08" not in said


def test_the_policy_lets_nothing_run_and_nothing_load(trained, tmp_path):
    path = write_report(*trained("multiclass"), tmp_path / "report.html")
    policies = [tag["content"] for name, tag in read(path).tags if tag.get("http-equiv") == "Content-Security-Policy"]
    assert policies[0].startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    text = path.read_text("utf-8")
    assert not re.search(r"@import|url\((?!#)|https?://", text)


@pytest.mark.parametrize("task", TASKS)
def test_ids_are_one_of_a_kind_and_what_refers_finds(trained, tmp_path, task):
    tags = read(write_report(*trained(task), tmp_path / "report.html")).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = [value for _, attributes in tags for value in attributes.values() if value]
    found = {name for value in wanted for name in re.findall(r"url\(#([^)]+)\)|^#([\w-]+)$", value)}
    assert {first or second for first, second in found} <= set(ids)
    labelled = {attributes[key] for _, attributes in tags for key in ("for", "aria-labelledby") if key in attributes}
    assert labelled <= set(ids)


def test_the_same_network_gives_the_same_page_in_the_language_asked_for(trained, tmp_path):
    network, prepared = trained("binary")
    english, again, chinese = (tmp_path / "a.html", tmp_path / "a2.html", tmp_path / "b.html")
    for path, lang in ((english, "en"), (again, "en"), (chinese, "zh")):
        assert write_report(network, prepared, path, lang=lang) == path
    date = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
    first, second = (date.sub("", path.read_text("utf-8")) for path in (english, again))
    assert first == second
    checked = [tag["id"] for name, tag in read(chinese).tags if "checked" in tag]
    assert checked == ["lang-zh", "theme-auto"]
    with pytest.raises(InvalidValue, match=r"lang='de': expected en or zh"):
        write_report(network, prepared, english, lang="de")


def test_a_network_that_was_loaded_is_judged_anew_to_the_same_figures(trained, tmp_path):
    network, prepared = trained("regression")
    loaded = TableNetwork.load(network.save(tmp_path / "model.plastica"))
    pages = [write_report(each, prepared, tmp_path / "report.html").read_text("utf-8") for each in (network, loaded)]
    first, second = (re.search(r'<section id="results">.*?<section id="use">', page, re.S)[0] for page in pages)
    assert first == second


def test_each_warning_stands_once_and_the_network_and_its_learning_are_drawn_once(trained, tmp_path):
    network, prepared = trained("multiclass")
    text = write_report(network, prepared, tmp_path / "report.html").read_text("utf-8")
    weighty = [each for each in prepared.findings if each.severity != "note"]
    assert weighty
    for each in weighty:
        assert text.count(str(escape(plain(each.message, 1000)))) == 1
    assert text.count('class="layers"') == 1
    assert text.count('id="caption-learning') == 1


def test_without_held_out_rows_the_page_says_that_its_quality_is_unknown(tmp_path):
    columns, target = hostile("binary")
    settings = Settings(layers=(), epochs=1, network="mlp", test=0)
    prepared = prepare(read_table(columns), target, settings)
    page = read(write_report(TableNetwork.train(prepared, settings), prepared, tmp_path / "report.html"))
    assert "it is unknown how well the network does on new rows" in "".join(page.text)
    assert "results" not in [attributes.get("id") for _, attributes in page.tags]
