"""Where members stand in pictures of their graph."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from ..typing import Float
from .graph import SocialGraph

CIRCULAR = ("ring", "complete", "none")
ROUNDS = 100


def places_of(graph: SocialGraph) -> Float[np.ndarray, "members 2"]:
    """Return places in the unit square: those of the graph, on a circle, or near those to whom a member listens.

    Without networkx all graphs are drawn on a circle.
    """
    if graph.positions is not None:
        return _scaled(np.asarray(graph.positions, float))
    angles = 2 * np.pi * np.arange(len(graph)) / len(graph)
    circle = np.stack([np.sin(angles), np.cos(angles)], 1)
    try:
        nx: Any = import_module("networkx")
    except ImportError:
        return _scaled(circle)
    if graph.name in CIRCULAR:
        return _scaled(circle)
    drawn = nx.Graph()
    drawn.add_nodes_from(range(len(graph)))
    drawn.add_edges_from(zip(graph.senders.tolist(), graph.receivers.tolist(), strict=True))
    start = dict(enumerate(circle))
    found = nx.spring_layout(drawn, k=2 / np.sqrt(len(graph)), pos=start, iterations=ROUNDS, seed=0)
    return _scaled(np.stack([found[member] for member in range(len(graph))]))


def _scaled(places: np.ndarray) -> np.ndarray:
    low, high = places.min(0), places.max(0)
    return (places - low) / np.maximum(high - low, 1e-9)
