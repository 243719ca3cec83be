"""The pages on the findings of the doctor: ``python docs/findings.py`` writes them from the catalogue."""

from __future__ import annotations

from pathlib import Path

from plastica.checks.catalogue import CATALOGUE, KINDS, TEXTS, FindingFacts
from plastica.language import using

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "figures"
NOTE = "<!-- Written by `python docs/findings.py`; the texts are in src/plastica/messages/findings.toml. -->"


def section(facts: FindingFacts, up: str) -> str:
    """Return the section on a finding; ``up`` leads to the folder of the documentation."""
    lines = [f"### {facts.code}", facts.what, f"*{TEXTS('word_measured')}*: {facts.measured}."]
    if facts.formula:
        lines.append(f"*{TEXTS('word_formula')}*: `{facts.formula}`")
    lines.append(f"*{TEXTS('word_mend')}*: {facts.mend}")
    if (PICTURES / f"finding_{facts.code}.svg").exists():
        lines.append(f"![{facts.code}: {TEXTS('word_picture')}]({up}figures/finding_{facts.code}.svg)")
    return "\n\n".join(lines)


def page(lang: str) -> str:
    """Return the page in a language."""
    with using(lang):
        up = "" if lang == "en" else "../"
        parts = [f"# {TEXTS('page_title')}", TEXTS("page_about"), NOTE]
        for kind, codes in KINDS.items():
            parts += [f"## {TEXTS(f'kind_{kind}')}", *(section(CATALOGUE[code], up) for code in codes)]
        return "\n\n".join(parts).replace("。.", "。") + "\n"


PAGES = {"docs/findings.md": "en", "docs/zh/findings.md": "zh"}


if __name__ == "__main__":
    for name, lang in PAGES.items():
        (ROOT / name).write_text(page(lang), "utf-8")
