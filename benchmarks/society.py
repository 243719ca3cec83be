"""The time of a meeting of a society, by members and edges: does it grow with the edges, or with all pairs?

    python -m benchmarks.society                    # 50, 200 and 800 members, less than a minute

Members are networks with one hidden layer. On a small world each listens to four others, so that edges grow with the
members; on the complete graph with their square. Each time is the median over rounds of one compiled meeting.
"""

from __future__ import annotations

import argparse
import statistics
import time
from functools import partial

import jax
import numpy as np

import plastica as pl
from plastica import random
from plastica.society import exchange_named, graph_of
from plastica.society.meeting_program import MemberRoles, NetworkKind, Questions, met
from plastica.society.speaker import Speaker

INPUTS, UNITS, CLASSES, TOPICS, ASKED = 64, 32, 10, 64, 512


def meeting_time(exchange: str, graph: str, members: int, rounds: int) -> tuple[int, float]:
    """Return the number of edges, and the milliseconds of a meeting."""
    draws = np.random.default_rng(0)
    social = graph_of(graph, members, 0)
    network = pl.Sequential([pl.Dense(UNITS, "relu"), pl.Dense(CLASSES, "softmax")]).network
    params, state = network.init(draws, (INPUTS,))
    weights = jax.tree.map(lambda leaf: np.stack([leaf] * members), (params, state))
    weights = jax.tree.map(lambda leaf: leaf + draws.normal(size=leaf.shape).astype(np.float32), weights)
    x, topics = (draws.normal(size=(rows, INPUTS)).astype(np.float32) for rows in (ASKED, TOPICS))
    truth = np.eye(CLASSES, dtype=np.float32)[draws.integers(0, CLASSES, ASKED)]
    everyone = np.ones(members, bool)
    made = exchange_named(exchange)
    edges = social.edge_list()._replace(weights=social.weights[0])
    kinds = (NetworkKind(Speaker(network, "classes"), np.arange(members)),)
    roles = MemberRoles(~everyone, everyone, everyone)
    given = jax.device_put((weights, made.begin(social), edges, roles, Questions(topics, x, truth)))

    @jax.jit
    def meeting(weights, memory, edges, roles, questions, key):
        return met(made, kinds, edges, roles, (weights,), questions, 0.5, memory, key)

    run = partial(meeting, *given, random.seed_key(0))
    jax.block_until_ready(run())
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        jax.block_until_ready(run())
        found.append(time.perf_counter() - began)
    return len(social.senders), 1000 * statistics.median(found)


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, nargs="+", default=[50, 200, 800])
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    print("| exchange | graph | members | edges | ms a meeting | microseconds a member | microseconds an edge |")
    print("|---|---|---|---|---|---|---|")
    for exchange in ("gossip", "imitate"):
        for graph in ("small_world", "complete"):
            for members in given.members:
                edges, spent = meeting_time(exchange, graph, members, given.rounds)
                print(
                    f"| {exchange} | {graph} | {members} | {edges:,} | {spent:.1f} | {1000 * spent / members:.1f} | "
                    f"{1000 * spent / edges:.2f} |"
                )


if __name__ == "__main__":
    main()
