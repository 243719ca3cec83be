"""``plastica recall``: store images or rows in associative memories, and recall them from damaged copies."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import options, parameters
from .guard import guarded
from .memory_words import end
from .names import DAMAGES, MEMORIES, OutCommand
from .output import Output
from .wording import SAY

if TYPE_CHECKING:
    import numpy as np

    from ..memory.associative_memory.comparing import MemoryScore

FILES = "recall.svg, recall.png"


@click.command(cls=OutCommand, short_help="Recall damaged images or rows.")
@click.argument("source")
@click.option("--memory", type=click.Choice(MEMORIES), multiple=True, help="Memory; repeat for several. Default: all.")
@click.option("--damage", type=click.Choice(DAMAGES), default="flip", help="Kind of damage.")
@click.option("--amount", type=float, default=0.2, help="Fraction of units that are damaged.")
@click.option("--size", type=int, default=32, help="Height and width of images, in pixels.")
@click.option("--most", type=int, help="Number of patterns to store, from the first on. Default: all.")
@click.option("--seed", type=int, default=0, help="Random seed of the damage and of the order of units.")
@parameters.drop
@parameters.file_format
@parameters.results
@guarded
def recall(source: str, **given: Any) -> None:
    """Store images or rows in associative memories, and recall each from a damaged copy.

    SOURCE is a folder of images, which are made black and white, or a table, of which words become a unit each and
    numbers are above their median or not. Shows how many patterns each memory recalls without an error, and draws those
    of the best.
    """
    from ..errors import InvalidValue
    from ..memory.associative_memory.comparing import compare_memories, damaged
    from . import folders

    patterns = _patterns(source, given)
    if given["most"] is not None:
        if given["most"] < 1:
            raise InvalidValue(f"--most {given['most']}: expected at least 1.")
        patterns = patterns[: given["most"]]
    output = Output(given["json"], given["quiet"])
    probes = damaged(patterns, given["damage"], given["amount"], given["seed"])
    scores = compare_memories(patterns, probes, given["memory"] or MEMORIES, seed=given["seed"])
    best = min(scores, key=lambda name: scores[name].error_after)
    folder = folders.new_folder(given["out"], f"{folders.name_of(source)}-recall")
    try:
        scores[best].recall.plot(folder / "recall.svg").save(folder / "recall.png")
    finally:
        folders.give_back(folder)
    _say(output, patterns, scores, best, folder)


def _patterns(source: str, given: dict[str, Any]) -> np.ndarray:
    """Return the images of a folder or the rows of a table as patterns."""
    if Path(source).is_dir():
        from ..memory.associative_memory.images import read_images

        return read_images(source, given["size"]).patterns
    from ..data.reading import read_table
    from ..memory.associative_memory.rows import read_rows

    table = read_table(
        source, separator=options.separator(given["separator"]), encoding=given["encoding"], sheet=given["sheet"]
    )
    dropped = set(options.names(given["drop"], table.names))
    kept = {name: column for name, column in table.columns.items() if name not in dropped}
    return read_rows(dataclasses.replace(table, columns=kept)).patterns


def _say(output: Output, patterns: np.ndarray, scores: dict[str, MemoryScore], best: str, folder: Path) -> None:
    """Print the scores of the memories."""
    units = patterns[0].size
    output.say(SAY("recall_stored", count=len(patterns), units=f"{units:,}"))
    output.say()
    heads = tuple(SAY(f"head_{name}") for name in ("memory", "recalled", "error_before", "error_after"))
    cells = [
        (
            SAY.name("memory", name),
            f"{score.recalled.sum()} / {len(patterns)}",
            f"{score.error_before:.2%}",
            f"{score.error_after:.2%}",
        )
        for name, score in scores.items()
    ]
    output.table(heads, cells, strong=list(scores).index(best))
    output.say()
    if missing := [SAY.name("memory", name) for name in MEMORIES if len(scores) > 1 and name not in scores]:
        output.say(SAY("recall_left_out", names=", ".join(missing)))
    found = {
        name: {
            "recalled": int(score.recalled.sum()),
            "error_before": score.error_before,
            "error_after": score.error_after,
            "sweeps": int(score.recall.sweeps.max()),
        }
        for name, score in scores.items()
    }
    end(output, folder, FILES, {"patterns": len(patterns), "units": units, "best": best, "memories": found})
