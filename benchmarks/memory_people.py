"""Figures of memory beside people: ``python benchmarks/memory_people.py [free] [spans] [lists] [practice]``.

Prints the figures of the page docs/memory_people.md: effects in free recall, spans and n-back by units, interference
and interleaved learning, spacing and testing. ``spans`` takes a minute on a core, the rest half of one.
"""

from __future__ import annotations

import click
import polars

import plastica as pl

RECURRENT = ("simple_rnn", "lstm", "gru", "echo_state")


def free() -> None:
    """Print which effects of free recall agree with people."""
    models = {
        "TCM": pl.memory.TemporalContextModel().simulate(trials=2000),
        "TCM of 2002": pl.memory.TemporalContextModel(primacy_scale=0, start_drift=0).simulate(trials=2000),
        "ACT-R": pl.memory.DeclarativeMemory(0.0, 0.5, -0.5, 0.3).simulate(trials=2000, rehearsals=1),
    }
    networks = pl.memory.recall_lists(RECURRENT, "free", units=16, seeds=2)
    found = pl.memory.compare_with_people({**models, **networks.recalls})
    click.echo(found.effects.pivot("effect", index="who", values="value"))
    click.echo("\n".join(found.words))


def spans() -> None:
    """Print digit spans by layer and units, and n-back by load."""
    click.echo(pl.memory.digit_span(("simple_rnn", "lstm", "gru"), (16, 32), seeds=1).spans)
    click.echo(pl.memory.n_back(seeds=1).pivot("n", index="layer", values="balanced"))


def lists() -> None:
    """Print interference between two lists, and what new facts cost."""
    two = pl.memory.learn_two_lists()
    click.echo(two.table[[0, 20, 50, 100]])
    click.echo(f"kept {two.kept:.2f}, people {two.people:.2f}; second list less by {two.slowed:.2f}")
    facts = pl.memory.learn_new_facts()
    click.echo(f"error for known animals before {facts.known_before:.4f}; growth {facts.cost}")
    click.echo(facts.table.group_by("training", maintain_order=True).last())
    click.echo(pl.memory.palimpsest_recall().select("position", "accuracy"))


def practice() -> None:
    """Print the spacing and the testing effect."""
    click.echo(pl.memory.spacing_curve().pivot("delay", index="gap", values="recall"))
    click.echo(pl.memory.practice_testing_curve())
    click.echo(pl.memory.compare_forgetting({}).table)


PARTS = {part.__name__: part for part in (free, lists, practice, spans)}


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(list(PARTS)))
def main(parts: tuple[str, ...]) -> None:
    """Print the figures of these parts. Default: all."""
    with polars.Config(tbl_rows=40, tbl_cols=12, float_precision=3):
        for part in parts or PARTS:
            PARTS[part]()


if __name__ == "__main__":
    main()
