"""The pages do what they say: every block of Python runs and prints what stands below it, links lead somewhere."""

from __future__ import annotations

import contextlib
import doctest
import importlib.util
import io
import re
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def module_of(name: str):
    """Return a script of docs/, loaded as a module."""
    spec = importlib.util.spec_from_file_location(f"plastica_{name}", ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SAME_CODE = module_of("translations").translated()
CHINESE = [ROOT / "README.zh-CN.md", *sorted((ROOT / "docs" / "zh").glob("*.md"))]


class Block(NamedTuple):
    """A fenced block: its language, its text, its first line's number and where it ends on the page."""

    language: str
    text: str
    line: int
    end: int


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [Block(m[1], m[2], text.count("\n", 0, m.start(2)), m.end()) for m in FENCE.finditer(text)]


def printed_below(page: Path, block: Block, following: Block | None) -> str | None:
    """Return the block of text right under a block of Python: what it prints."""
    if following is None or following.language != "text":
        return None
    between = page.read_text(encoding="utf-8")[block.end :].split("```text", 1)[0]
    return following.text if not between.strip() else None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_s_python_runs_and_prints_what_stands_below_it(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = blocks_of(page)
    namespace: dict[str, object] = {"__name__": f"page_{page.stem}"}
    monkeypatch.setitem(sys.modules, namespace["__name__"], type(sys)(namespace["__name__"]))
    for place, block in enumerate(blocks):
        if block.language != "python":
            continue
        wanted = printed_below(page, block, blocks[place + 1] if place + 1 < len(blocks) else None)
        code = compile("\n" * block.line + block.text, str(page), "exec", dont_inherit=True)
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(code, namespace)
        if wanted is not None:
            example = doctest.Example("", wanted)
            right = doctest.OutputChecker().check_output(wanted, out.getvalue(), FLAGS)
            said = doctest.OutputChecker().output_difference(example, out.getvalue(), FLAGS)
            assert right, f"{page.name}, line {block.line + 1}:\n{said}"


@pytest.mark.parametrize(
    "page", [*PAGES, *CHINESE, ROOT / "CONTRIBUTING.md"], ids=lambda page: str(page.relative_to(ROOT))
)
def test_a_page_s_links_lead_somewhere(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [link.partition("#")[0] for link in LINK.findall(text) if "://" not in link]
    assert [target for target in targets if target and not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", SAME_CODE, ids=lambda page: page.name)
def test_a_translation_has_the_same_code_as_its_page(page):
    ours, theirs = ([(block.language, block.text) for block in blocks_of(path)] for path in (page, SAME_CODE[page]))
    assert ours == theirs, "python docs/translations.py copies the code of the English pages"


def anchors_of(page: Path) -> set[str]:
    """Return the anchors of a page's headings as GitHub and the site form them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, *CHINESE], ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_s_anchor_is_a_heading_of_its_page(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    found = [link.partition("#") for link in LINK.findall(text) if "://" not in link and "#" in link]
    assert [
        f"{target}#{anchor}"
        for target, _, anchor in found
        if anchor not in anchors_of(page.parent / target if target else page)
    ] == []


def test_links_between_chinese_pages_stay_in_chinese():
    assert [
        f"{page.name}: {link}"
        for page in CHINESE
        for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
        if (target := (page.parent / link.partition("#")[0]).resolve()).parent == ROOT / "docs"
        and (ROOT / "docs" / "zh" / target.name).exists()
        and target.name != page.name  # a page may name its English original
    ] == []


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.name)
def test_a_chinese_paragraph_is_one_line_since_a_browser_shows_a_line_break_as_a_space(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    assert re.findall(r".*[\u4e00-\u9fff，。；：、）]\n *[\u4e00-\u9fff（“].*", text) == []


def test_start_has_two_commands():
    start = (ROOT / "README.md").read_text(encoding="utf-8").split("## Start", 1)[1]
    assert FENCE.search(start)[2].splitlines() == [
        "python3 -m venv .venv && .venv/bin/pip install --quiet . && .venv/bin/plastica train penguins",
        "python3 -m venv .venv && .venv/bin/pip install --quiet '.[test]' && .venv/bin/python -m pytest -n 2",
    ]


def test_every_figure_has_a_function_that_makes_it_and_a_page_that_shows_it():
    drawn = {path.stem for path in (ROOT / "docs" / "figures").glob("*.svg")}
    shown = {Path(name).stem for page in PAGES for name in re.findall(r"figures/\w+\.svg", page.read_text("utf-8"))}
    assert drawn == shown == set(module_of("figures").FIGURES)


@pytest.mark.parametrize("name", ["chunks", "file", "network"])
def test_a_figure_drawn_twice_is_the_same_file(name, tmp_path):
    module = module_of("figures")
    for folder in ("one", "two"):
        module.main(str(tmp_path / folder), name)
    assert (tmp_path / "one" / f"{name}.svg").read_bytes() == (tmp_path / "two" / f"{name}.svg").read_bytes()
