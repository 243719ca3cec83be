"""Graphs: by name, from networkx, matrices, files; over time; and what is refused."""

from __future__ import annotations

import sys
from typing import Any

import networkx
import numpy as np
import pytest

from plastica.errors import DataError, FileError, InvalidValue, MissingExtra, PlasticaWarning, ShapeError, UnknownName
from plastica.society import DeGroot, SocialGraph, consensus_weights, graph_of, simulate, spectral_gap

GENERATED = ("ring", "small_world", "scale_free", "islands", "complete", "star", "random")
SIZES = {"karate_club": (34, 78), "davis_women": (32, 89), "florentine_families": (15, 20), "les_miserables": (77, 254)}


@pytest.mark.parametrize("name", GENERATED)
def test_named_graphs_have_the_members_asked_for(name):
    graph = graph_of(name, members=24)
    assert len(graph) == 24 and not graph.is_directed
    assert (np.diff(graph.receivers) >= 0).all()


@pytest.mark.parametrize("name", SIZES)
def test_observed_graphs_have_their_published_sizes(name):
    graph = graph_of(name)
    assert (len(graph), len(graph.senders) // 2) == SIZES[name]


def test_islands_know_their_own():
    graph = graph_of("islands", members=30)
    assert graph.groups is not None
    inside = graph.groups[graph.senders] == graph.groups[graph.receivers]
    assert graph.groups.max() == 2 and 0.9 < inside.mean() < 1.0


def test_a_directed_weighted_graph_of_networkx_keeps_directions_and_weights():
    drawn = networkx.DiGraph()
    drawn.add_weighted_edges_from([("a", "b", 2.0), ("b", "c", 0.5)])
    graph = graph_of(drawn)
    expected = np.array([[0, 0, 0], [2, 0, 0], [0, 0.5, 0]])  # rows listen
    assert graph.is_directed and graph.names == ("a", "b", "c")
    np.testing.assert_array_equal(graph.matrix().toarray(), expected)
    np.testing.assert_array_equal(graph_of(expected).matrix().toarray(), expected)


def test_a_file_of_edges_is_a_graph_over_time(tmp_path):
    path = tmp_path / "edges.csv"
    path.write_text("from,to,weight,time\nAnn,Ben,1,1\nBen,Cem,2,1\nAnn,Cem,1,2\nAnn,Ben,3,2\n")
    graph = graph_of(path)
    assert graph.names == ("Ann", "Ben", "Cem") and graph.periods == 2 and len(graph.senders) == 6
    assert graph.weights.sum(1).tolist() == [6.0, 8.0]
    path.write_text("source,target,directed\n0,1,yes\n1,2,yes\n")
    assert graph_of(str(path), members=5).is_directed
    assert len(graph_of(str(path), members=5)) == 5
    path.write_text("source,target,directed\n0,1,yes\n1,2,no\n")
    assert graph_of(str(path)).matrix().toarray().tolist() == [[0, 0, 0], [1, 0, 1], [0, 1, 0]]
    path.write_text("source,target,directed\n0,1,maybe\n")
    with pytest.raises(DataError, match="'maybe'; write yes or no"):
        graph_of(str(path))


def test_periods_follow_each_other_in_a_circle():
    first, second = np.zeros((2, 3, 3))
    first[1, 0], second[2, 1] = 1, 1
    found = simulate(DeGroot(self_weight=0.0), [first, second], steps=2, initial=[1.0, 0.0, 0.0])
    assert found.opinions.tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    backwards = simulate(DeGroot(self_weight=0.0), [second, first], steps=3, initial=[1.0, 0.0, 0.0])
    assert backwards.opinions.tolist() == [[1, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]]


def test_members_of_periods_are_matched_by_name():
    one, other = networkx.Graph([("a", "b"), ("b", "c")]), networkx.Graph([("c", "b"), ("b", "a")])
    graph = graph_of([one, other])
    np.testing.assert_array_equal(graph.weights[0], graph.weights[1])


def test_several_edges_between_two_members_add_up():
    graph = SocialGraph(("a", "b"), np.array([0, 0]), np.array([1, 1]), np.array([[1.0, 2.0]]))
    assert graph.weights.tolist() == [[3.0]]


def test_the_gap_is_that_of_the_formula():
    # Eigenvalues of a ring: self_weight + (1 - self_weight) cos(2 pi k / n).
    assert spectral_gap("ring", members=12) == pytest.approx((1 - np.cos(2 * np.pi / 12)) / 2)
    assert spectral_gap("ring", members=500) == pytest.approx((1 - np.cos(2 * np.pi / 500)) / 2, rel=1e-4)


def test_consensus_weights_of_a_chain_of_command_are_those_of_its_head():
    weights = consensus_weights([[0, 0, 0], [1, 0, 0], [0, 1, 0]])
    assert weights.tolist() == [1.0, 0.0, 0.0]


def edges(*pairs):
    return "source,target\n" + "".join(f"{one},{other}\n" for one, other in pairs)


HALF: Any = 2.5
REFUSED = {
    "nobody": (lambda: graph_of("ring", members=1), InvalidValue, "society of 1 has nobody"),
    "no edges": (lambda: graph_of(networkx.empty_graph(3)), InvalidValue, "there are no edges"),
    "self-loop": (lambda: graph_of([[1, 1], [1, 0]]), InvalidValue, "joins 0 to itself"),
    "negative": (lambda: graph_of([[0, -1], [1, 0]]), InvalidValue, "from 1 to 0 has the weight -1"),
    "not finite": (lambda: graph_of([[0, np.nan], [1, 0]]), InvalidValue, "weight nan"),
    "unknown name": (lambda: graph_of("rin"), UnknownName, 'did you mean "ring"'),
    "no square": (lambda: graph_of(np.ones((2, 3))), ShapeError, r"shape \(2, 3\)"),
    "not a graph": (lambda: graph_of(7), ShapeError, "give a name, a file"),
    "text": (lambda: graph_of([["a", "b"], ["b", "a"]]), ShapeError, "square matrix"),
    "other size": (lambda: graph_of("karate_club", members=10), InvalidValue, "members=10, but this graph has 34"),
    "members": (lambda: graph_of("ring", members=HALF), InvalidValue, "whole number of at least 2"),
    "no such member": (lambda: graph_of("ring").number_of("Ann"), InvalidValue, "'Ann' is no member"),
    "not there": (
        lambda: SocialGraph(("a", "b"), np.array([0]), np.array([5]), np.ones((1, 1))),
        InvalidValue,
        "an edge names member 5",
    ),
    "same name": (
        lambda: SocialGraph(("a", "a"), np.array([0]), np.array([1]), np.ones((1, 1))),
        InvalidValue,
        "two members have the same name",
    ),
    "lengths": (
        lambda: SocialGraph(("a", "b"), np.array([0]), np.array([1, 0]), np.ones((1, 1))),
        ShapeError,
        "do not fit",
    ),
    "two groups": (
        lambda: consensus_weights([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]),
        InvalidValue,
        "has 2 groups that listen to nobody outside",
    ),
    "text weight": (
        lambda: graph_of(networkx.Graph([(0, 1, {"weight": "much"})])),
        InvalidValue,
        "has the weight 'much'",
    ),
    "other members": (
        lambda: graph_of([networkx.path_graph(3), networkx.path_graph(4)]),
        InvalidValue,
        "period 1 has other members",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_graph_is_refused_in_one_sentence(case):
    make, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        make()


FILES = {
    "source,other\n1,2\n": (DataError, "no column 'target'"),
    "source,target,weight\na,b,1\nb,c,much\n": (DataError, "'much'; give numbers"),
    "source,target,weight\na,b,1\nb,c,-2\n": (InvalidValue, "weight -2"),
    edges((0, 1), (1, 9)): (InvalidValue, "an edge names member 9, but members=5"),
    edges(("a", "b"), ("b", "b")): (InvalidValue, "joins b to itself"),
    edges(("a", "b"), ("b", "")): (DataError, "has no member at one end"),
}


@pytest.mark.parametrize("text", FILES)
def test_a_bad_file_is_refused_in_one_sentence(text, tmp_path):
    path = tmp_path / "edges.csv"
    path.write_text(text)
    error, message = FILES[text]
    with pytest.raises(error, match=message):
        graph_of(path, members=5)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileError, match=r"nothing\.csv"):
        graph_of(tmp_path / "nothing.csv")


def test_members_without_neighbours_are_told():
    with pytest.warns(PlasticaWarning, match="1 of 3 members have no neighbours"):
        simulate(DeGroot(), [[0, 1, 0], [1, 0, 0], [0, 0, 0]], steps=2)


def test_without_networkx_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(MissingExtra, match=r"plastica\[society\]"):
        graph_of("ring")
    assert len(graph_of([[0, 1], [1, 0]])) == 2
