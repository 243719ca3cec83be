"""The tables of the requirements of each rule: ``python docs/facts.py`` writes them to the pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import plastica as pl
from plastica.comparison import RuleRecord
from plastica.comparison.wording import FACTS, facts_of, heads
from plastica.language import using

ROOT = Path(__file__).parent.parent
HEAD = f"| {' | '.join(heads(FACTS))} |"


def table(names: Sequence[str]) -> str:
    """Return the facts of rules as a table in Markdown, with the notes below."""
    notes: list[str] = []
    rows = [facts_of(record_of(name), notes) for name in names]
    lines = [
        f"| {' | '.join(heads(FACTS))} |",
        "|" + "---|" * len(FACTS),
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
    ]
    return "\n".join([*lines, *(f"{number}. {note}" for number, note in enumerate(notes, 1))])


def record_of(name: str) -> RuleRecord:
    """Return a record of a rule with its facts only."""
    facts = pl.rules.get(name).facts
    return RuleRecord(name=name, facts=None if facts is None else facts.flat())


def with_table(page: str) -> str:
    """Return the page on rules with the table of all of them."""
    marked = re.compile(r"(<!-- facts -->\n).*(<!-- end of facts -->)", re.DOTALL)
    return marked.sub(lambda found: f"{found[1]}\n{table(list(pl.rules.NAMES))}\n\n{found[2]}", page)


def with_facts_of_its_rules(page: str) -> str:
    """Return a page with output of ``compare-rules``, with the facts of its rules updated."""
    found = re.search(rf"{re.escape(HEAD)}\n\|[-|]+\n((?:\| .*\n)+)(?:\n(?:\d+\. .*\n)+)?", page)
    if found is None:
        return page
    names = [line.split(" | ")[0].removeprefix("| ") for line in found[1].splitlines()]
    return page.replace(found[0], f"{table(names)}\n")


def in_chinese(page: str) -> str:
    """Return the Chinese page on rules with the table of all of them."""
    with using("zh"):
        return with_table(page)


PAGES = {
    "docs/rules.md": with_table,
    "docs/zh/rules.md": in_chinese,
    "docs/mnist_rules.md": with_facts_of_its_rules,
}


if __name__ == "__main__":
    for name, written in PAGES.items():
        path = ROOT / name
        path.write_text(written(path.read_text("utf-8")), "utf-8")
