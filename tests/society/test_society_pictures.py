"""Pictures of societies: what is drawn, in both languages, and where members stand."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from plastica.language import using
from plastica.society import DeGroot, NamingGame, SocietyHistory, VoterModel, graph_of, simulate
from plastica.society.layout import places_of


@pytest.mark.parametrize("name", ["ring", "karate_club", "star"])
def test_places_are_in_the_unit_square_and_apart(name):
    places = places_of(graph_of(name))
    assert places.min() == 0 and places.max() == 1
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1) + np.eye(len(places))
    assert apart.min() > 0.005
    np.testing.assert_array_equal(places, places_of(graph_of(name)))


def test_without_networkx_members_stand_on_a_circle(monkeypatch):
    graph = graph_of("star", members=8)
    monkeypatch.setitem(sys.modules, "networkx", None)
    np.testing.assert_allclose(np.linalg.norm(places_of(graph) - 0.5, axis=1), 0.5, atol=1e-9)


@pytest.mark.parametrize(("dynamics", "runs"), [(DeGroot(), None), (VoterModel(), 2), (NamingGame(), None)])
def test_opinions_are_drawn_over_time_and_on_the_graph(dynamics, runs, tmp_path):
    drawing = simulate(dynamics, "ring", steps=5, members=6, runs=runs).plot(str(tmp_path / "opinions.png"))
    assert len(drawing.axes[0].lines) == 6 and (tmp_path / "opinions.png").stat().st_size > 1000
    assert drawing.axes[1].get_title() == "at first"


def history():
    made, draws = SocietyHistory(graph_of("ring", members=5), "classes"), np.random.default_rng(0)
    made.epochs, made.scores = np.arange(1, 4), draws.random((3, 5))
    made.figures, made.answers = draws.random((3, 7)), draws.random((3, 5, 4, 3))
    return made


def test_a_history_is_drawn_in_both_languages():
    drawing = history().plot()
    assert [axes.get_title() for axes in drawing.axes][3] == "by opinion"
    assert len(drawing.axes[0].lines) == 5 + 2
    with using("zh"):
        texts = [axes.get_xlabel() for axes in history().plot().axes[:2]]
    assert set(texts) <= {"训练轮", "epoch"}  # Chinese where there is a font for it
