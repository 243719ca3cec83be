"""Graphs by name, from networkx, matrices and files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from ..errors import InvalidValue, MissingExtra, ShapeError
from ..registry import look_up
from .edge_files import graph_of_file
from .graph import SocialGraph

# A name, a file, a networkx graph, a matrix, a graph, or one of these for each period.
GraphLike: TypeAlias = Any

MEMBERS = 20
# Attributes by which networkx's own graphs tell groups.
GROUPS = ("club", "bipartite", "block", "group")


def graph_of(given: GraphLike, members: int | None = None, seed: int = 0) -> SocialGraph:
    """Return a graph from a name, a networkx graph, a matrix or a file.

    Use it to see or change the graph that :class:`Society` and :func:`simulate` make from what they are given.

    Args:
        given: One of

            - a name: ``"ring"``, ``"small_world"`` (each member has 4 neighbours, a tenth of the edges go elsewhere),
              ``"scale_free"`` (newcomers join two members, mostly those with many), ``"islands"`` (groups of about
              ten, of which few members know each other), ``"complete"``, ``"star"``, ``"random"`` (each member has 4
              neighbours on average), or the observed ``"karate_club"``, ``"davis_women"``, ``"florentine_families"``,
              ``"les_miserables"``;
            - the path of a table with the columns ``source`` and ``target``, and if wanted ``weight`` and ``time``;
            - a networkx graph, whose edges may have a ``weight``;
            - a matrix ``(members, members)``: how much the row listens to the column;
            - a :class:`SocialGraph`, which is returned;
            - a list of networkx graphs or matrices: one for each period.
        members: The number of members. Default: 20 for a name, otherwise as many as the graph has; a file or a graph
            with others is refused.
        seed: The seed of random graphs.

    Raises:
        UnknownName: If there is no graph of that name; the message suggests the nearest.
        InvalidValue: If the graph has no edges, self-loops, negative weights or another number of members.
        DataError, FileError: If a file cannot be read or is no list of edges.
        MissingExtra: If networkx is needed and not installed.

    Example:
        >>> graph_of("ring", members=6)
        <SocialGraph: 6 members, 6 edges, undirected>
        >>> graph_of([[0, 1, 0], [1, 0, 0], [0, 2, 0]])
        <SocialGraph: 3 members, 3 edges, directed>
        >>> graph_of("karate_club")
        <SocialGraph: 34 members, 78 edges, undirected>

    Reference:
        Watts and Strogatz 1998, Collective dynamics of small-world networks; Barabási and Albert 1999, Emergence of
        scaling in random networks; Zachary 1977, An information flow model for conflict and fission in small groups;
        Davis, Gardner and Gardner 1941, Deep South; Padgett and Ansell 1993, Robust action and the rise of the Medici;
        Knuth 1993, The Stanford GraphBase (Les Misérables).
    """
    if members is not None and (isinstance(members, bool) or not isinstance(members, int | np.integer)):
        raise InvalidValue(f"members={members!r}: give a whole number of at least 2.")
    if members is not None and members < 2:
        raise InvalidValue(f"members={members}: a society of {members} has nobody to learn from; give at least two.")
    found = _graph(given, members, seed)
    if members is not None and len(found) != members:
        raise InvalidValue(
            f"members={members}, but this graph has {len(found)}; leave out members=, or give another graph."
        )
    return found


def _graph(given: GraphLike, members: int | None, seed: int) -> SocialGraph:
    if isinstance(given, SocialGraph):
        return given
    if isinstance(given, os.PathLike) or (isinstance(given, str) and _is_path(given)):
        return graph_of_file(given, members)
    if isinstance(given, str):
        return _named(given, members, seed)
    if hasattr(given, "adjacency") and hasattr(given, "nodes"):
        return of_networkx(given)
    if isinstance(given, Sequence) and given and not np.isscalar(given[0]) and not _is_matrix(given):
        return _over_time([_graph(each, members, seed) for each in given])
    return _of_matrix(given)


def _named(given: str, members: int | None, seed: int) -> SocialGraph:
    name = given.strip().lower().replace("-", "_").replace(" ", "_")
    look_up("graph", name, dict.fromkeys([*GENERATED, *OBSERVED]))
    if name in OBSERVED:
        return of_networkx(getattr(networkx(), OBSERVED[name])(), name)
    return of_networkx(GENERATED[name](networkx(), members or MEMBERS, seed), name)


def _is_path(given: str) -> bool:
    return Path(given).suffix != "" or os.sep in given or Path(given).is_file()


def _is_matrix(given: Sequence[Any]) -> bool:
    return isinstance(given, np.ndarray) or all(
        isinstance(row, Sequence | np.ndarray) and all(np.isscalar(each) for each in row) for row in given
    )


def networkx() -> Any:
    """Return networkx.

    Raises:
        MissingExtra: If it is not installed.
    """
    try:
        return import_module("networkx")
    except ImportError as missing:
        raise MissingExtra(
            "graphs by name are made by networkx, which is not installed. Run: pip install "
            '"plastica[society]", or give a matrix or a file of edges.'
        ) from missing


def of_networkx(graph: Any, name: str = "graph") -> SocialGraph:
    """Return the members, edges and weights of a networkx graph; an edge without a weight weighs 1."""
    nodes = list(graph.nodes)
    place = {node: number for number, node in enumerate(nodes)}
    edges = [(place[one], place[other], _weight(data)) for one, other, data in graph.edges(data=True)]
    if not graph.is_directed():
        edges += [(other, one, weight) for one, other, weight in edges]
    senders, receivers, weights = zip(*edges, strict=True) if edges else ((), (), ())
    groups = _groups([graph.nodes[node] for node in nodes])
    ends = np.array(senders, np.int64), np.array(receivers, np.int64)
    return SocialGraph(tuple(map(str, nodes)), *ends, np.array(weights, float)[None], None, groups, name)


def _weight(data: Mapping[str, Any]) -> float:
    given = data.get("weight", 1.0)
    try:
        return float(given)
    except (TypeError, ValueError):
        raise InvalidValue(f"graph: an edge has the weight {given!r}; give a number of at least 0.") from None


def _groups(nodes: Sequence[Mapping[str, Any]]) -> np.ndarray | None:
    for name in GROUPS:
        if nodes and all(name in node for node in nodes):
            return np.unique([str(node[name]) for node in nodes], return_inverse=True)[1]
    return None


def _of_matrix(given: Any) -> SocialGraph:
    try:
        matrix: np.ndarray = np.asarray(given, float)
    except (TypeError, ValueError):
        matrix = np.zeros(0)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ShapeError(
            f"graph: got {type(given).__name__} of shape {np.shape(given) if matrix.size else '?'}; give a name, a "
            "file, a networkx graph or a square matrix (members, members)."
        )
    receivers, senders = np.nonzero(matrix)
    names = tuple(str(number) for number in range(len(matrix)))
    return SocialGraph(names, senders, receivers, matrix[receivers, senders][None])


def _over_time(graphs: Sequence[SocialGraph]) -> SocialGraph:
    """Return one graph whose periods are those of several graphs with the same members."""
    first = graphs[0]
    for number, each in enumerate(graphs):
        if set(each.names) != set(first.names):
            raise InvalidValue(
                f"graph: period {number} has other members than the first; give every period all members, also those "
                "without edges."
            )
    numbers = [np.array([first.number_of(name) for name in each.names]) for each in graphs]
    counts = [len(each.senders) for each in graphs]
    weights = np.zeros((len(graphs), sum(counts)))
    for number, (each, start) in enumerate(zip(graphs, np.cumsum([0, *counts]), strict=False)):
        weights[number, start : start + counts[number]] = each.weights[0]
    senders = np.concatenate([own[each.senders] for own, each in zip(numbers, graphs, strict=True)])
    receivers = np.concatenate([own[each.receivers] for own, each in zip(numbers, graphs, strict=True)])
    return SocialGraph(first.names, senders, receivers, weights, None, first.groups, first.name)


def _small_world(nx: Any, members: int, seed: int) -> Any:
    return nx.connected_watts_strogatz_graph(members, min(4, members - 1), 0.1, tries=1000, seed=seed)


def _islands(nx: Any, members: int, seed: int) -> Any:
    """Return groups of about ten, all of whom know each other, joined in a ring by one edge each."""
    count = max(2, round(members / 10)) if members >= 4 else 1
    groups = np.array_split(np.arange(members), count)
    graph = nx.Graph()
    for number, group in enumerate(groups):
        graph.add_nodes_from(group.tolist(), block=number)
        graph.add_edges_from((one, other) for one in group.tolist() for other in group.tolist() if one < other)
    for one, other in zip(groups, [*groups[1:], groups[0]], strict=True):
        if count > 1 and one is not other:
            graph.add_edge(int(one[-1]), int(other[0]))
    return graph


def _random(nx: Any, members: int, seed: int) -> Any:
    return nx.gnp_random_graph(members, min(1.0, 4 / (members - 1)), seed=seed)


GENERATED: dict[str, Callable[..., Any]] = {
    "ring": lambda nx, members, seed: nx.cycle_graph(members) if members > 2 else nx.path_graph(members),
    "small_world": _small_world,
    "scale_free": lambda nx, members, seed: nx.barabasi_albert_graph(members, min(2, members - 1), seed=seed),
    "islands": _islands,
    "complete": lambda nx, members, seed: nx.complete_graph(members),
    "star": lambda nx, members, seed: nx.star_graph(members - 1),
    "random": _random,
}


# What people observed, as networkx has it; the weights of the karate club are the contexts in which members met.
OBSERVED = {
    "karate_club": "karate_club_graph",
    "davis_women": "davis_southern_women_graph",
    "florentine_families": "florentine_families_graph",
    "les_miserables": "les_miserables_graph",
}
