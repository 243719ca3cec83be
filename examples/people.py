"""Free recall of lists: two models of human memory and two networks beside 126 people.

People recall the first and the last words of a list best, begin at its end, and go on to neighbours, mostly forward.
Run: ``python examples/people.py [RECALLS]``, with a file of recalled positions of your own; it draws ``people.svg``.
"""

from __future__ import annotations

import sys

import plastica as pl


def main(recalls=None, trials=1000, rows=3000, epochs=20, path="people.svg"):
    memory = pl.memory
    people = memory.read_free_recall(recalls) if recalls else None
    length = people.length if people else 16
    context = memory.TemporalContextModel()  # words are bound to a drifting context
    if people:
        context = memory.fit_temporal_context(people, context).model
    traces = memory.DeclarativeMemory(decay_scale=0.0, decay_intercept=0.5, threshold=-0.5, noise=0.3)
    lists = {
        "temporal context": context.simulate(length, trials),
        "ACT-R": traces.simulate(length, trials, rehearsals=1),
    }
    options = {"length": length, "words": 2 * length, "rows": rows, "epochs": epochs}
    lists |= memory.recall_lists(["simple_rnn", "lstm"], "free", **options).recalls
    found = memory.compare_with_people(lists, people)
    print(*found.words, sep="\n")
    found.plot(path)
    return found


if __name__ == "__main__":
    main(*sys.argv[1:2])
