"""``plastica learn-on``: a model for a table learns on from a stream of rows."""

from __future__ import annotations

from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Self

import click

from . import parameters
from .guard import guarded
from .names import HintingCommand
from .output import Output, note
from .wording import SAY

if TYPE_CHECKING:
    from ..streams.following import LearnedOn
    from ..streams.learner import Lesson, StreamLearner
    from ..streams.measure import ErrorMeasure

LEARNED = "learned.plastica"
MOST_NOTES = 20


@click.command("learn-on", cls=HintingCommand, short_help="Continue to train a model on a stream of rows.")
@parameters.model
@click.option(
    "--from",
    "source",
    metavar="SOURCE",
    required=True,
    help="File, - for standard input, tcp://HOST:PORT or kafka://HOST:PORT/TOPIC.",
)
@click.option("--follow", is_flag=True, help="Wait for more rows at the end of a file or topic.")
@click.option(
    "--replay",
    is_flag=True,
    help="The sender (- or tcp) sends all rows from the beginning again: skip those already learned.",
)
@click.option(
    "--out", "-o", metavar="FILE", help="File of the updated model. Default: learned.plastica beside the model."
)
@click.option("--batch-rows", type=click.IntRange(1), default=32, help="Rows predicted, then learned, in one step.")
@click.option("--save-every", type=click.IntRange(1), default=1000, help="Rows between saves.")
@click.option(
    "--detector",
    type=click.Choice(("adwin", "page_hinkley", "none")),
    default="adwin",
    help="Detector of drift in the error.",
)
@click.option("--fading", type=float, default=0.995, help="Factor by which older errors count less per row.")
@click.option(
    "--on-bad-row",
    type=click.Choice(("skip", "stop")),
    default="skip",
    help="What to do with a row that cannot be learned: report it and continue, or stop before it.",
)
@click.option("--plot", metavar="FILE", help="Picture of the error and of drift: .svg, .png or .pdf.")
@click.option("--print-every", type=click.IntRange(1), default=1000, help="Rows between lines about the error.")
@parameters.lang
@parameters.json
@parameters.debug
@guarded
def learn_on(
    model: str,
    source: str,
    follow: bool,
    replay: bool,
    out: str | None,
    batch_rows: int,
    save_every: int,
    detector: str,
    fading: float,
    on_bad_row: str,
    plot: str | None,
    print_every: int,
    lang: str,
    json: bool,
    debug: bool,
) -> None:
    """Continue to train a network for a table on a stream of rows with targets: each row is tested first, then learned.

    Rows are CSV with a header, or one JSON object per line. The file of the updated model also contains the position in
    the source, so that the same command continues where it was interrupted, and learns no row of a file or topic twice.
    Ctrl-C and SIGTERM end it after the current batch.
    """
    from ..storage.atomic import check_writable
    from ..streams.following import StreamOptions
    from ..streams.following import learn_on as run
    from ..streams.sources import source_of
    from .folders import model_file

    if plot is not None:
        from ..drawing import checked_ending, load_matplotlib

        checked_ending(plot)
        check_writable(plot)
        load_matplotlib()
    path = model_file(model)
    target = Path(out) if out is not None else path.with_name(LEARNED)
    options = StreamOptions(
        batch_rows=batch_rows, save_every=save_every, detector=detector, fading=fading, on_bad_row=on_bad_row
    )
    check_writable(target)
    rows = source_of(source, follow, replay)
    if not rows.rewinds and target.exists():
        note(SAY("learn_on_again"))
    with _Ending() as ending:
        made = run(path, rows, target, options, on_lesson=_Watching(print_every), stop=lambda: ending.asked)
    if made.unfinished:
        note(SAY("learn_on_unfinished", count=made.unfinished))
    if plot is not None:
        made.plot(plot)
    output = Output(json)
    _print(output, made, source)
    output.fact("saved", str(target))
    output.result(
        {
            "rows": made.rows,
            "new": made.new,
            "skipped": made.skipped,
            "measure": str(made.measure.name),
            "error": made.error if made.rows else None,
            "mean_error": made.mean_error if made.rows else None,
            "drifts": list(made.drifts),
            "unfinished": made.unfinished,
            "model": str(target),
        }
    )


def _print(output: Output, made: LearnedOn, source: str) -> None:
    total = f"{made.rows:,}"
    if made.new or not made.rows:
        output.fact("learned", SAY("learn_on_rows", count=made.new, total=total, skipped=made.skipped))
    else:
        output.fact("learned", SAY("learn_on_no_rows", source=source, total=total))
    if made.rows:
        drifts = SAY("learn_on_drifts", count=len(made.drifts)) if made.drifts else SAY("learn_on_no_drift")
        output.fact(
            "result", SAY("learn_on_error", drifts=drifts, **_errors(made.measure, made.error, made.mean_error))
        )


def _errors(measure: ErrorMeasure, recent: float, mean: float) -> dict[str, str]:
    return {"measure": measure.name.said(), "error": measure.show(recent), "mean": measure.show(mean)}


class _Ending:
    """Takes Ctrl-C and SIGTERM as the wish to end after the batch at hand; a second one ends at once.

    Attributes:
        asked: Whether one came.
    """

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> Self:
        import signal

        self._before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
        for each in self._before:
            signal.signal(each, self._take)
        return self

    def __exit__(self, *raised: object) -> None:
        import signal

        for each, handler in self._before.items():
            signal.signal(each, handler)

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


class _Watching:
    """Prints the error from time to time, drift, and the first rows that could not be learned."""

    def __init__(self, every: int) -> None:
        self.every, self.printed, self.notes = every, 0, 0

    def __call__(self, learner: StreamLearner, lesson: Lesson) -> None:
        from ..streams.learner import sentence

        for told in lesson.skipped:
            self.notes += 1
            if self.notes <= MOST_NOTES:
                note(sentence(told))
            if self.notes == MOST_NOTES:
                note(SAY("learn_on_more"))
        errors = _errors(learner.measure, learner.faded, learner.mean)
        for row in lesson.drifts:
            note(SAY("learn_on_drift", row=f"{row:,}", **errors))
        if learner.rows // self.every > self.printed:
            self.printed = learner.rows // self.every
            note(SAY("learn_on_row", row=f"{learner.rows:,}", **errors))
