"""A run of ``plastica search``: from the opened table to the folder of results."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from . import options, running
from .options import OptionValue
from .output import Output, note
from .wording import SAY, listed

if TYPE_CHECKING:
    from ..search.distributions import Distribution
    from ..search.facts import SearchFacts
    from ..search.tables import TableSearch
    from ..settings import Settings

CHECKPOINT, LEADERBOARD = "checkpoint", "leaderboard.csv"
USUAL_BUDGET = 300.0
MOST_SHOWN = 5
OF_SETTINGS = ("task", "members", "epochs", "patience", "seed", "validation", "split")


class SearchOptions(NamedTuple):
    """The options of a search: see :func:`~plastica.search.tables.table_search`."""

    space: dict[str, Distribution]
    strategy: str
    trials: int | None
    folds: int
    budget: float | None
    cluster: str | None = None


def settings_of(given: Mapping[str, OptionValue]) -> Settings:
    """Return the settings that do not vary."""
    from ..settings import Settings

    return Settings(**{name: given[name] for name in OF_SETTINGS}, test=options.held_out(given["test"]))


def plan_of(given: Mapping[str, OptionValue]) -> SearchOptions:
    """Return the options of the search."""
    from ..search.parsing import space_from
    from ..search.tables import check_names

    space, trials = space_from(given["space"]), given["trials"]
    check_names(space)
    budget = options.seconds(given["budget"])
    if budget is None and trials is None and given["strategy"] != "grid":
        budget = USUAL_BUDGET
    return SearchOptions(space, given["strategy"], trials, given["folds"], budget, options.cluster(given["cluster"]))


def go(run: running.Job, plan: SearchOptions) -> None:
    """Search, train the winner and write the run folder."""
    from . import folders
    from .lean import load_scikit_learn

    load_scikit_learn()
    prepared = running.prepared_for(run)
    assert prepared is not None
    from ..search.facts import facts_of_search
    from ..search.tables import table_search
    from . import result_words, run_facts, table_words

    strategy, trials, folds = plan.strategy, plan.trials, plan.folds
    found = table_search(prepared, run.settings, plan.space, strategy=strategy, trials=trials, folds=folds)
    folder = _folder(run)
    try:
        _say_plan(run.output, found, plan)
        _searched(run, found, plan, folder)
        facts = facts_of_search(found)
        _say_found(run.output, found, facts)
        winner = run._replace(settings=found.winner, place=run.place._replace(resume=False))
        network, prepared = running.trained_for(winner, prepared)
        table_words.say_notes(network.facts.notes[len(prepared.notes) :])
        result_words.say_trained(run.output, network)
        sys.stdout.flush()
        said = {**run_facts.facts_of(network, folder, run.place.report), "search": facts.to_dict()}
        running.write_folder(network, prepared, folder, said, run.place, facts)
        _write_leaderboard(found, folder)
        shutil.rmtree(folder / CHECKPOINT, ignore_errors=True)
    finally:
        folders.give_back(folder)
    result_words.say_saved(run.output, folder, run.place.report)
    run.output.result(said)
    if run.output.quiet and not run.output.as_json:
        click.echo(str(folder))


def _folder(run: running.Job) -> Path:
    """Return the folder of the run: a new one, or that of an interrupted search."""
    from . import folders

    given = run.place.out
    if run.place.resume and given is not None and (Path(given) / CHECKPOINT).is_dir():
        return Path(given)
    return folders.new_folder(given, run.file)


def _searched(run: running.Job, found: TableSearch, plan: SearchOptions, folder: Path) -> None:
    """Run the search; at Ctrl-C, write what was found."""
    from ..search.progress import SearchProgress

    progress = SearchProgress(plan.budget, run.settings.epochs)
    progress.search = found.search
    try:
        with progress.showing():
            hooks = (progress,) if run.output.talks else ()
            found.fit(plan.budget, folder / CHECKPOINT, run.place.resume, hooks, True, plan.cluster)
    except KeyboardInterrupt:
        if found.search.trials.good:
            _write_leaderboard(found, folder)
            note(SAY("search_so_far_kept", path=folder / LEADERBOARD))
        note(SAY("resume_search", folder=folder))
        raise


def _write_leaderboard(found: TableSearch, folder: Path) -> None:
    from ..storage.atomic import replace_file

    replace_file(folder / LEADERBOARD, [found.search.leaderboard().write_csv().encode()])


def _say_plan(output: Output, found: TableSearch, plan: SearchOptions) -> None:
    from ..search.facts import said
    from ..training.wording import seconds

    space = found.search.space
    output.fact("search", listed([f"{name} {said(space[name])}" for name in space]))
    told = {"strategy": SAY.name("strategy", plan.strategy), "folds": found.folds}
    told |= {"rows": f"{len(found.prepared.split.train):,}"}
    limit = SAY("search_budget", time=seconds(plan.budget)) if plan.budget is not None else ""
    count = SAY("search_trials", count=plan.trials) if plan.trials is not None else ""
    output.fact("", SAY("search_plan", **told, limits="".join(filter(None, (count, limit)))))
    sys.stdout.flush()


def _say_found(output: Output, found: TableSearch, facts: SearchFacts) -> None:
    """Print the best trials, what mattered, and whether the winner beats the default."""
    from ..search.trials import shown
    from ..training.wording import metric_name, short
    from .doctor import say_ill
    from .search_words import say_beyond

    trials = found.search.trials
    names = list(found.search.space)
    output.say()
    rows = [
        (
            str(trial.number),
            *(str(shown(trial.settings[name])) for name in names),
            short(trial.value),
            str(trial.epochs),
        )
        for trial in trials.good[:MOST_SHOWN]
    ]
    output.table((SAY("head_trial"), *names, metric_name(trials.monitor), SAY("head_epochs")), rows, strong=0)
    output.say()
    output.fact("tried", SAY("search_tried", count=len(trials), all=len(trials) - len(trials.good)))
    if facts.importance:
        output.fact("mattered", listed([f"{each.name} {100 * each.share:.0f} %" for each in facts.importance]))
    say_ill(output, trials.diagnosis)
    output.fact("verdict", say_beyond(facts))
    sys.stdout.flush()
