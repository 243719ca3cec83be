"""Copies the code of each English page into its Chinese translation: ``python docs/translations.py``."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^```\w*\n.*?^```$", re.M | re.S)
WITHOUT_CODE = {"glossary.md"}  # its table has Chinese in the first column


def translated() -> dict[Path, Path]:
    """Return each Chinese page with the same code as an English page, and the English page."""
    pages = [page for page in sorted((ROOT / "docs" / "zh").glob("*.md")) if page.name not in WITHOUT_CODE]
    return {ROOT / "README.zh-CN.md": ROOT / "README.md", **{page: ROOT / "docs" / page.name for page in pages}}


def copy_code(page: Path, original: Path) -> None:
    """Replace the code blocks of a page by those of the original."""
    text = page.read_text(encoding="utf-8")
    blocks = FENCE.findall(original.read_text(encoding="utf-8"))
    if (found := len(FENCE.findall(text))) != len(blocks):
        raise SystemExit(
            f"{page.name} has {found} blocks of code where the English page has {len(blocks)}. "
            "Put an empty block (two lines of ```) where one is missing, or remove the surplus one."
        )
    code = iter(blocks)
    page.write_text(FENCE.sub(lambda _: next(code), text), encoding="utf-8")


if __name__ == "__main__":
    for page, original in translated().items():
        copy_code(page, original)
