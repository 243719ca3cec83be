"""Two languages on one site: pages under ``zh/`` have a navigation and words of their own, and a link to their twin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.environment.adapters.toctree import TocTree

HOMES = {"en": "index", "zh": "zh/index"}
TAGS = {"en": "en", "zh": "zh-CN"}
# The words of the theme that a reader meets; what is not here stays English.
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
    """Return the language in which a page is written."""
    return "zh" if page.startswith("zh/") else "en"


def twin_of(page: str, pages: set[str]) -> str:
    """Return the same page in the other language, or that language's first page.

    Example:
        >>> twin_of("zh/tables", {"tables", "zh/tables"}), twin_of("run", {"run"})
        ('tables', 'zh/index')
    """
    other = page.removeprefix("zh/") if language_of(page) == "zh" else f"zh/{page}"
    return other if other in pages else HOMES["en" if language_of(page) == "zh" else "zh"]


def navigation(app: Any, page: str) -> Callable[..., str]:
    """Return a function that renders the navigation of a page's language, with branches open where the page is."""

    def toctree(**options: Any) -> str:
        env = app.builder.env
        options["collapse"] = True  # hundreds of API pages would stand on every page
        trees = env.get_doctree(HOMES[language_of(page)]).findall(addnodes.toctree)
        own = [tree for tree in trees if language_of(tree["includefiles"][0]) == language_of(page)]
        found = [TocTree(env).resolve(page, app.builder, tree, prune=True, **options) for tree in own]
        return "".join(app.builder.render_partial(each)["fragment"] for each in found if each is not None)

    return toctree


def prepare(app: Any, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Give the templates a page's language, its twin and its navigation."""
    language = language_of(page)
    context["language"] = TAGS[language]
    context["home"] = HOMES[language]
    context["twin"] = twin_of(page, set(app.builder.env.found_docs))
    context["toctree"] = navigation(app, page)
    if language == "zh":
        context["_"] = context["gettext"] = lambda text: WORDS.get(text, text)


def setup(app: Any) -> dict[str, bool]:
    """Prepare pages before the theme does, which renders the navigation."""
    app.connect("html-page-context", prepare, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
