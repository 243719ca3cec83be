"""The screenshots of a report: ``python docs/screenshots.py docs/screenshots``; requires Chromium, not run by CI.

The reports are reproducible; different versions of browsers give slightly different images.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from plastica.data.reading import read_table
from plastica.report import write_report
from plastica.tables import Settings, TableNetwork
from plastica.tables.preparation import prepare

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
# Name: data set, language, theme, the section of the page, its width and height
PICTURES = {
    "summary": ("titanic", "en", "light", "verdict", 1080, 640),
    "errors": ("titanic", "en", "dark", "errors", 1080, 1090),
    "chinese": ("penguins", "zh", "light", "", 1080, 860),
}
COLOURS = 96  # colours: enough for a flat page, at a third of the size


def report(name: str, lang: str, folder: Path) -> Path:
    """Train on one of the included data sets, and write its report."""
    settings = Settings()
    prepared = prepare(read_table(name), {"titanic": "survived", "penguins": "species"}[name], settings)
    path = folder / f"{name}.html"
    return write_report(TableNetwork.train(prepared, settings), prepared, path, lang=lang)


def shoot(page: Path, part: str, look: str, size: tuple[int, int], picture: Path) -> None:
    """Open a page in Chromium with a theme and save a screenshot."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("screenshots need Chromium.")
    looked = page.with_name(f"{page.stem}-{look}.html")
    text = page.read_text("utf-8").replace('id="theme-auto" aria-label="auto" checked', 'id="theme-auto"')
    text = text.replace(f'id="theme-{look}"', f'id="theme-{look}" checked')
    only = f"section:not(#{part}){{display:none}}" if part else ""  # headless Chromium does not scroll to a section
    looked.write_text(text.replace("</style>", f"{only}</style>"), "utf-8")
    with tempfile.TemporaryDirectory() as profile:
        command = [browser, *FLAGS, f"--user-data-dir={profile}", "--window-size={},{}".format(*size)]
        subprocess.run([*command, f"--screenshot={picture}", looked.as_uri()], check=True, capture_output=True)
    Image.open(picture).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(picture, optimize=True)


def main(folder: str) -> None:
    """Take all screenshots."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        pages = {pair: report(*pair, Path(made)) for pair in {(data, lang) for data, lang, *_ in PICTURES.values()}}
        for name, (data, lang, look, part, *size) in PICTURES.items():
            shoot(pages[data, lang], part, look, (size[0], size[1]), Path(folder, f"{name}.png").absolute())


if __name__ == "__main__":
    main(sys.argv[1])
