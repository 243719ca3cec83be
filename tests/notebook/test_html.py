"""HTML elements: names given by the user are text, and nothing raises an error."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from plastica.notebook import html

ATTACK = "<img src=x onerror=alert(1)>"


def test_whatever_stands_in_a_page_is_text():
    page = html.block(
        ATTACK,
        html.heading(ATTACK, ATTACK),
        html.paragraph(ATTACK),
        html.table([ATTACK], [[ATTACK], [3]]),
        html.details(ATTACK, ATTACK),
        html.side_by_side([ATTACK]),
    )
    tree = ET.fromstring(page)
    assert not [element for element in tree.iter() if element.tag == "img"]
    assert "".join(tree.itertext()).count(ATTACK) == 9


def test_numbers_stand_to_the_right():
    tree = ET.fromstring(str(html.table(["name", "size"], [["a", "1"], ["b", "2"]], numbers=[1])))
    assert [cell.get("class") for cell in tree.iter("td")] == [None, "number"] * 2


def test_a_view_that_fails_leaves_the_repr_to_the_notebook():
    class Broken:
        @html.shown
        def _repr_html_(self):
            raise RuntimeError("broken")

    class Whole:
        @html.shown
        def _repr_html_(self):
            return "<p>fine</p>"

    assert Broken()._repr_html_() is None
    assert Whole()._repr_html_() == "<p>fine</p>"
