"""``plastica dyad``: two networks that act together, or a recording of two: in step or not, and who leads."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from . import options, parameters
from .guard import guarded
from .names import OutCommand
from .output import Output
from .wording import SAY

if TYPE_CHECKING:
    import numpy as np

    from ..report.dyad import DyadAction
    from ..society import DyadRecording, DyadSynchrony

MIRROR = "mirror"
GAMES = ("prisoners_dilemma", "coordination", "stag_hunt", "turn_taking", "matching_pennies")
LEADING = ("first", "second", "turns", "both")
NETWORK = "network"


class DyadRun(NamedTuple):
    """What two did, and what was recorded of it."""

    action: DyadAction
    recording: DyadRecording


@click.command(cls=OutCommand, short_help="Measure the synchrony of two networks or people.")
@click.argument("what")
@click.option("--first", metavar="NAME", help="First player, or columns of the first; separate channels by commas.")
@click.option("--second", metavar="NAME", help="Second player, or columns of the second.")
@click.option("--leading", type=click.Choice(LEADING), default="first", help="Who leads in the mirror game.")
@click.option("--steps", type=click.IntRange(min=1), help="Training steps. Default: 500 for mirror, 300 for games.")
@click.option("--rounds", type=click.IntRange(min=8), default=100, help="Rounds of a game, or steps of a movement.")
@click.option("--trials", type=click.IntRange(min=1), default=32, help="Number of games or movements at once.")
@click.option("--trial", metavar="COLUMN", help="Column that numbers the trials of a recording.")
@click.option("--rate", type=float, default=1.0, help="Sampling rate of a recording: rows per unit of time.")
@click.option("--band", metavar="LOW,HIGH", help="Band of frequencies to compute phases from. Default: all.")
@click.option("--lags", type=click.IntRange(min=1), default=2, help="Number of past rows used to determine who leads.")
@click.option(
    "--surrogates", type=click.IntRange(min=1), default=100, help="Number of surrogate sets with exchanged partners."
)
@parameters.seed
@parameters.file_format
@parameters.results
@guarded
def dyad(what: str, **given: Any) -> None:
    """Measure the synchrony of two networks or people, and who leads.

    WHAT is mirror (two recurrent networks that move together), a game (prisoners_dilemma, coordination, stag_hunt,
    turn_taking, matching_pennies), or a table with a row for each time and a column of each. The page report.html
    shows synchrony over time, phases, lags and states, compares them with exchanged partners, and lists findings on
    people.
    """
    from . import folders

    band = _band(given["band"])
    output = Output(given["json"], given["quiet"])
    run = _run(what, given)
    folder = folders.new_folder(given["out"], f"{folders.name_of(what)}-dyad")
    try:
        found = _measured(run, band, given)
        files = _write(run, found, folder, what, given)
    finally:
        folders.give_back(folder)
    _say(output, run, found, folder, files)


def _run(what: str, given: dict[str, Any]) -> DyadRun:
    """Let two networks act, or read a recording."""
    from ..errors import FileError
    from ..society import joint_action, play, read_dyad

    is_file = Path(what).exists()
    if what == MIRROR and not is_file:
        _refuse_players(given)
        moved = joint_action(
            leading=given["leading"],
            steps=given["steps"] or 500,
            times=given["rounds"],
            trials=given["trials"],
            seed=given["seed"],
        )
        return DyadRun(moved, moved.recording())
    if what in GAMES and not is_file:
        first, second = (None if given[own] == NETWORK else given[own] for own in ("first", "second"))
        played = play(
            first,
            second,
            what,
            steps=given["steps"] or 300,
            rounds=given["rounds"],
            games=given["trials"],
            seed=given["seed"],
        )
        return DyadRun(played, played.recording())
    if not is_file:
        raise FileError(f"{what}: no such file, and no game of this name; known are {', '.join((MIRROR, *GAMES))}.")
    separator = options.separator(given["separator"])
    recording = read_dyad(
        what,
        given["first"],
        given["second"],
        trial=given["trial"],
        rate=given["rate"],
        separator=separator,
        encoding=given["encoding"],
        sheet=given["sheet"],
    )
    return DyadRun(None, recording)


def _refuse_players(given: dict[str, Any]) -> None:
    if given["first"] or given["second"]:
        raise click.BadParameter(SAY("mirror_has_networks"))


def _band(given: str | None) -> tuple[float, float] | None:
    if given is None:
        return None
    try:
        low, high = (float(part) for part in given.split(","))
    except ValueError:
        raise click.BadParameter(SAY("bad_band", given=repr(given))) from None
    return low, high


def _measured(run: DyadRun, band: tuple[float, float] | None, given: dict[str, Any]) -> DyadSynchrony | None:
    """Return what was measured; None for games in which both always do the same."""
    from ..society import dyad_synchrony

    if run.action is not None and not _moves(run.recording):
        return None
    return dyad_synchrony(
        run.recording, band=band, lags=given["lags"], surrogates=given["surrogates"], seed=given["seed"]
    )


def _moves(recording: DyadRecording) -> bool:
    def still(signal: np.ndarray) -> np.ndarray:
        return signal.max(1) == signal.min(1)

    return not bool((still(recording.first) | still(recording.second)).all())


def _write(run: DyadRun, found: DyadSynchrony | None, folder: Path, what: str, given: dict[str, Any]) -> str:
    """Write the report, the picture and the table of trials; return their names."""
    import polars

    from ..report import write_dyad_report
    from ..storage.atomic import replace_file
    from . import folders

    write_dyad_report(
        found,
        folder / folders.REPORT,
        action=run.action,
        source=what,
        command="plastica " + shlex.join(sys.argv[1:]),
        lang=given["lang"],
    )
    if found is None:
        return folders.REPORT
    found.plot(folder / "dyad.svg").save(folder / "dyad.png")
    rows = [
        {
            "trial": number + 1,
            "leader": each.leader,
            "correlation": each.correlation,
            "lag": each.lag / found.recording.rate,
            "phase_locking": each.phase_locking,
            "granger_forth": each.granger[0].transfer,
            "granger_back": each.granger[1].transfer,
            "transfer_forth": each.transfer[0],
            "transfer_back": each.transfer[1],
        }
        for number, each in enumerate(found.reports)
    ]
    replace_file(folder / "trials.csv", [polars.DataFrame(rows).write_csv().encode()])
    return f"{folders.REPORT}, dyad.svg, dyad.png, trials.csv"


def _say(output: Output, run: DyadRun, found: DyadSynchrony | None, folder: Path, files: str) -> None:
    """Print who leads and how far they are in step."""
    from ..language import Texts

    words, facts = Texts("report", "society"), {}
    if found is None:
        output.say(words("dyad_still"))
    else:
        figures = {"phase_locking": found.phase_locking, "correlation": found.correlation}
        figures |= {"canonical_correlation": found.canonical} if found.canonical is not None else {}
        output.say(words(f"leads_{found.leader}"))
        output.say()
        heads = tuple(SAY(f"head_{name}") for name in ("measure", "pair", "exchanged"))
        cells = [(SAY(name), f"{each.value:.3f}", f"{each.chance:.3f}") for name, each in figures.items()]
        output.table(heads, cells, strong=0)
        output.say()
        facts = {name: each._asdict() for name, each in figures.items()}
        facts |= {"leader": found.leader, "leaders": dict(found.leaders), "lag": found.lag / found.recording.rate}
    output.fact("saved", f"{folder}: {files}")
    output.result({"folder": str(folder), **facts})
    if output.quiet and not output.as_json:
        click.echo(str(folder))
