"""The page on the architecture shows the layers checked by the import linter, and no package is missing."""

from __future__ import annotations

import re
import tomllib

import pytest

from .test_docs import ROOT, module_of

PAGES = [ROOT / "docs" / "architecture.md", ROOT / "docs" / "zh" / "architecture.md"]
WITHOUT_CODE = {"messages"}


def layers():
    """The packages of each layer of the linter, from the top."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"][0]
    return [re.findall(r"plastica\.(\w+)", layer) for layer in contract["layers"]]


def packages():
    """All modules and packages."""
    found = [each for each in (ROOT / "src" / "plastica").iterdir() if each.is_dir() or each.suffix == ".py"]
    return {each.stem for each in found if not each.name.startswith("__")} - WITHOUT_CODE


def floors(page):
    """The packages of each floor on a page: cells such as ``| 3 | `comparison/`, `loading.py` |``."""
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|", page.read_text("utf-8"), re.M)
    assert [int(number) for number, _ in rows] == list(range(1, len(rows) + 1))
    return [re.findall(r"`(\w+)(?:/|\.py)`", cell) for _, cell in rows]


def test_every_package_has_its_floor():
    assert {room for rooms in layers() for room in rooms} == packages()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_the_page_has_the_floors_of_the_linter(page):
    shown = [room for rooms in floors(page) for room in rooms]
    assert sorted(shown) == sorted(packages())
    place = {room: number for number, rooms in enumerate(layers()) for room in rooms}
    assert [place[room] for room in shown] == sorted(place[room] for room in shown)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_the_figure_has_the_floors_of_the_page(page):
    drawn = module_of("figures_architecture")
    assert [set(rooms) for rooms in drawn.floors()] == [set(rooms) for rooms in floors(page)]
    ways = re.findall(r"^(\d+)\. `(\w+)/`", page.read_text("utf-8"), re.M)
    assert [room for _, room in ways] == [*drawn.BATCH, *drawn.TABLE]


def test_imports_point_down():
    drawn = module_of("figures_architecture")
    pairs = drawn.imports(drawn.floors())
    assert len(pairs) > 50 and all(upper <= lower for upper, lower in pairs)
