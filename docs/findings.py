"""The pages on the findings of the doctor: ``python docs/findings.py`` writes them from the catalogue."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from plastica.checks.catalogue import CATALOGUE, KINDS, TEXTS, FindingFacts
from plastica.language import using

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "figures"
TITLES = {
    "en": "What the doctor finds",
    "zh": "诊断的各条结论",
}
ABOUT = {
    "en": (
        "Each finding of [the doctor](doctor.md): what it means, what is measured and from where on it is a "
        "finding, and what helps. In formulas, C is the loss, w the weights, Δ a step, η the learning rate, z"
        " the potential and f the activation of a layer, B the rows of a batch, x the inputs of a step in "
        "time, y the targets and ŷ the predictions. `plastica doctor --explain NAME` prints the same."
    ),
    "zh": (
        "[诊断](doctor.md)的每条结论：含义、测量什么、何时成为结论，以及如何解决。公式中 C"
        " 为损失，w 为权重，Δ 为一步更新，η 为学习率，z 为一层的电位，f 为其激活函数，B "
        "为批次的行数，x 为某一时间步的输入，y 为目标，ŷ 为预测。`plastica doctor "
        "--explain NAME` 给出同样的说明。"
    ),
}
NOTE = "<!-- Written by `python docs/findings.py`; the texts are in src/plastica/messages/findings.toml. -->"


@cache
def remedies() -> dict[str, str]:
    """Return the remedy of each finding as the code gives it, with dots for what is filled in."""
    found: dict[str, str] = {}
    source = ROOT / "src" / "plastica"
    for path in (*sorted((source / "doctor").glob("*.py")), source / "forecasting" / "diagnosis.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "observed":
                given = {each.arg: each.value for each in node.keywords}
                if isinstance(node.args[0], ast.Constant) and (text := _text(given.get("remedy"))):
                    found[str(node.args[0].value)] = text
    return found


def _text(node: ast.expr | None) -> str:
    """Return a string, that of a choice, or the text of an f-string; empty for other expressions."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.IfExp):  # the usual remedy
        return _text(node.body)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "..." for part in node.values)
    return ""


def section(facts: FindingFacts, up: str) -> str:
    """Return the section on a finding; ``up`` leads to the folder of the documentation."""
    lines = [f"### {facts.code}", facts.what, f"*{TEXTS('word_measured')}*: {facts.measured}."]
    if facts.formula:
        lines.append(f"*{TEXTS('word_formula')}*: `{facts.formula}`")
    remedy = remedies().get(facts.code, "")
    lines.append(f"*{TEXTS('word_mend')}*: {facts.mend}" + (f" `{remedy}`" if remedy else ""))
    if (PICTURES / f"finding_{facts.code}.svg").exists():
        lines.append(f"![{facts.code}: {TEXTS('word_picture')}]({up}figures/finding_{facts.code}.svg)")
    return "\n\n".join(lines)


def page(lang: str) -> str:
    """Return the page in a language."""
    with using(lang):
        up = "" if lang == "en" else "../"
        parts = [f"# {TITLES[lang]}", ABOUT[lang], NOTE]
        for kind, codes in KINDS.items():
            parts += [f"## {TEXTS(f'kind_{kind}')}", *(section(CATALOGUE[code], up) for code in codes)]
        return "\n\n".join(parts).replace("。.", "。") + "\n"


PAGES = {"docs/findings.md": "en", "docs/zh/findings.md": "zh"}


if __name__ == "__main__":
    for name, lang in PAGES.items():
        (ROOT / name).write_text(page(lang), "utf-8")
