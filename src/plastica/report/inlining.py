"""Embedding of matplotlib figures in the page, with colours of the theme and texts in both languages."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from markupsafe import Markup

from ..drawing import own_style
from ..errors import PlasticaError
from .wording import TEXTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, SOFT, LINE, CARD = "#222222", "#666666", "#BBBBBB", "#FFFFFF"
# M. Okabe, K. Ito (2008), Color universal design: distinguishable with all types of colour vision
BLUE, ORANGE, GREEN, PINK, SKY, AMBER = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00"
# CSS variables of the page for each colour
TONES = {
    "ink": INK,
    "soft": SOFT,
    "line": LINE,
    "card": CARD,
    "blue": BLUE,
    "orange": ORANGE,
    "green": GREEN,
    "pink": PINK,
    "sky": SKY,
    "amber": AMBER,
}
VARIABLES = {tone.lower(): f"var(--{name})" for name, tone in TONES.items()}
COLOUR = re.compile("|".join(VARIABLES), re.I)
FRACTION = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")
REFERENCE = re.compile(r"#([\w.:-]+)")
TAGS = {"svg", "g", "defs", "clipPath", "path", "rect", "use", "text", "tspan", "circle", "polygon", "line"}
SAID = "say:"  # prefix of the id of a text that is a message


@contextmanager
def drawing() -> Iterator[None]:
    """Use the style of plastica; texts remain texts, so that glyphs missing in the font of matplotlib do not matter."""
    with warnings.catch_warnings(), own_style():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        yield


def inline(figure: Figure, name: str, widest: float = 640) -> Markup:
    """Return a figure as inline SVG for a page.

    It has no external references, and names given by the user are included as text only. Ids begin with ``name``, so
    that they are unique on the page.

    Args:
        figure: The figure.
        name: The prefix of its ids.
        widest: The maximum width in CSS pixels.
    """
    written = io.BytesIO()
    with drawing():
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    root = ElementTree.fromstring(written.getvalue())
    for parent in list(root.iter()):
        _bare(parent)
    _drop(root, ("metadata", "style"))
    _prefix_ids(root, name)
    for element in root.iter():
        _restyle(element)
    _share_styles(root)
    width = float(root.attrib.pop("width").removesuffix("pt"))
    root.attrib.pop("height")
    root.attrib |= {"class": "chart", "style": f"max-width:{min(1.45 * width, widest):.0f}px", "aria-hidden": "true"}
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _bare(element: ElementTree.Element) -> None:
    """Remove namespaces, which inline SVG does not need."""
    element.tag = element.tag.rpartition("}")[2]
    for key in list(element.attrib):
        element.attrib[key.rpartition("}")[2]] = element.attrib.pop(key)


def _drop(element: ElementTree.Element, tags: tuple[str, ...]) -> None:
    for child in list(element):
        if child.tag in tags:
            element.remove(child)
        elif child.tag not in TAGS:
            raise PlasticaError(f"a figure holds <{child.tag}>, which a report has no place for.")
        else:
            _drop(child, tags)


def _prefix_ids(root: ElementTree.Element, name: str) -> None:
    """Add the prefix to referenced ids, replace messages by texts in both languages, and remove other ids."""
    used = {
        found
        for element in root.iter()
        for key, value in element.attrib.items()
        if key in ("href", "clip-path")
        for found in REFERENCE.findall(value)
    }
    for element in root.iter():
        own = element.attrib.pop("id", "")
        if own in used:
            element.set("id", f"{name}-{own}")
        elif own.startswith(SAID):
            _translate(element, own.removeprefix(SAID))
        for key in ("href", "clip-path"):
            if key in element.attrib:
                element.set(key, REFERENCE.sub(rf"#{name}-\1", element.attrib[key]))


def _translate(group: ElementTree.Element, key: str) -> None:
    for text in group.iter("text"):
        text.text = None
        for language, words in zip(("en", "zh"), TEXTS.entries[key], strict=True):
            ElementTree.SubElement(text, "tspan", {"class": language}).text = words


def _restyle(element: ElementTree.Element) -> None:
    style = element.attrib.get("style")
    if style is not None:
        style = COLOUR.sub(lambda found: VARIABLES[found[0].lower()], style)
        if element.tag == "text":  # use the font of the page
            size = re.search(r"([\d.]+)px", style)
            kept = re.sub(r"font(-[a-z]+)?:[^;]*;?", "", style).strip()
            bold = "font-weight:bold;" if "bold" in style or re.search(r"font: *[67]00", style) else ""
            style = f"{bold}font-size:{size[1] if size else 8}px;{kept}"
        element.set("style", style.replace(": ", ":").replace("; ", ";"))
    for key in ("d", "x", "y", "transform"):
        if key in element.attrib:
            element.set(key, FRACTION.sub(lambda found: f"{float(found[0]):.2f}", element.attrib[key]).strip())


def _share_styles(root: ElementTree.Element) -> None:
    """Move styles shared by all markers of a group to the group."""
    for group in root.iter("g"):
        style = group[0].get("style") if len(group) > 2 else None
        if style is not None and all(child.tag == "use" and child.get("style") == style for child in group):
            group.set("style", style)
            for child in group:
                child.attrib.pop("style")
