"""The order in which Keras lists the layers of a graph, and so their weights."""

from __future__ import annotations

from .layer import Layer
from .records import CallGraph


def keras_order(graph: CallGraph, layers: tuple[Layer, ...]) -> tuple[int, ...]:
    """Return the places of a graph's layers, farthest from the outputs first.

    The distance of a layer is the number of layers on the longest way from it to an output. At the same distance, the
    layer comes first that is met first on a depth-first walk from the outputs to the inputs.

    Reference:
        Keras 3, ``keras.src.ops.function.map_graph``.
    """
    behind, met = _walk_back(graph)
    first = graph.inputs
    distances: dict[int, int] = {}  # of calls
    of_layers: dict[int, int] = {}
    for number in behind:
        layer, reads = graph.calls[number]
        # A layer that is called several times is as far as its farthest call.
        own = of_layers[layer] = max(distances.get(number, 0), of_layers.get(layer, 0))
        # Select is no layer in Keras: layers read one of several outputs themselves.
        further = own if layers[layer].reads_parts else own + 1
        for read in reads:
            distances[read - first] = max(further, distances.get(read - first, 0))
    return tuple(sorted(range(len(layers)), key=lambda place: (-of_layers.get(place, 0), met.get(place, 0))))


def _walk_back(graph: CallGraph) -> tuple[list[int], dict[int, int]]:
    """Return the calls, each before those that it reads, and when each layer was met on the way from the outputs."""
    first = graph.inputs
    done: list[int] = []
    met: dict[int, int] = {}
    seen: set[int] = set()
    # Keras walks by recursion; a stack of iterators meets the calls in the same order, however deep the graph is.
    for output in _outputs(graph):
        ways = [iter((output,))]
        path: list[int] = []
        while ways:
            place = next(ways[-1], None)
            if place is None:
                ways.pop()
                done += [path.pop()] if path else []
            elif place >= first and place - first not in seen:
                layer, reads = graph.calls[place - first]
                seen.add(place - first)
                met.setdefault(layer, len(met))
                path.append(place - first)
                ways.append(iter(reads))
    return done[::-1], met


def _outputs(graph: CallGraph) -> tuple[int, ...]:
    """Return the outputs in the order in which Keras walks back from them: those of a dict by their names."""
    if not graph.output_names:
        return graph.outputs
    return tuple(place for _, place in sorted(zip(graph.output_names, graph.outputs, strict=True)))
