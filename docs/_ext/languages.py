"""Two languages on one site: pages in ``zh/`` have their own navigation and texts, and a link to the English page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.environment.adapters.toctree import TocTree

HOMES = {"en": "index", "zh": "zh/index"}
TAGS = {"en": "en", "zh": "zh-CN"}
# Translated texts of the theme; others remain English.
WORDS = {
    "Back to top": "回到顶部",
    "Home": "首页",
    "Next": "下一页",
    "On this page": "本页内容",
    "Previous": "上一页",
    "Search": "搜索",
    "Skip to content": "跳到正文",
}


def language_of(page: str) -> str:
    """Return the language of a page."""
    return "zh" if page.startswith("zh/") else "en"


def twin_of(page: str, pages: set[str]) -> str:
    """Return the same page in the other language, or the home page of that language.

    Example:
        >>> twin_of("zh/tables", {"tables", "zh/tables"}), twin_of("run", {"run"})
        ('tables', 'zh/index')
    """
    other = page.removeprefix("zh/") if language_of(page) == "zh" else f"zh/{page}"
    return other if other in pages else HOMES["en" if language_of(page) == "zh" else "zh"]


def navigation(app: Any, page: str) -> Callable[..., str]:
    """Return a function that renders the navigation in the language of a page, expanded at the page."""

    def toctree(**options: Any) -> str:
        env = app.builder.env
        options["collapse"] = True  # otherwise, every page would list hundreds of API pages
        trees = env.get_doctree(HOMES[language_of(page)]).findall(addnodes.toctree)
        own = [tree for tree in trees if language_of(tree["includefiles"][0]) == language_of(page)]
        found = [TocTree(env).resolve(page, app.builder, tree, prune=True, **options) for tree in own]
        return "".join(app.builder.render_partial(each)["fragment"] for each in found if each is not None)

    return toctree


def prepare(app: Any, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Pass the language of a page, its translation and its navigation to the templates."""
    language = language_of(page)
    context["language"] = TAGS[language]
    context["home"] = HOMES[language]
    context["twin"] = twin_of(page, set(app.builder.env.found_docs))
    context["toctree"] = navigation(app, page)
    if language == "zh":
        context["_"] = context["gettext"] = lambda text: WORDS.get(text, text)


def setup(app: Any) -> dict[str, bool]:
    """Register before the theme, which renders the navigation."""
    app.connect("html-page-context", prepare, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
