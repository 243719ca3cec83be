"""Nodes of ONNX for loops and choices."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from .onnx_graph import OnnxGraph, rule
from .onnx_operations import reversed_along
from .program import ArrayProgram, ArrayValue, Operation


@rule("scan")
def _scan(graph: OnnxGraph, operation: Operation, own: list[str]) -> list[str]:
    body = operation.inner("body")
    fixed, carried = operation.whole("fixed"), operation.whole("carried")
    graph.names.update(zip(body.inputs[:fixed], own[:fixed], strict=True))
    state, sequences = body.inputs[fixed : fixed + carried], body.inputs[fixed + carried :]
    reverse = operation.whole("reverse")
    if not sequences:
        return _repeat(graph, operation, body, state, own[fixed:], bool(reverse))
    inner = graph.inside({graph.fresh(): each for each in (*state, *sequences)}, lambda inside: inside.add(body))
    results = len(operation.outputs) - carried
    directions = {"scan_output_directions": [reverse] * results} if results else {}
    return graph.nodes_of(
        "Scan",
        own[fixed:],
        len(operation.outputs),
        body=inner,
        num_scan_inputs=len(sequences),
        scan_input_directions=[reverse] * len(sequences),
        **directions,
    )


def _repeat(
    graph: OnnxGraph,
    operation: Operation,
    body: ArrayProgram,
    state: tuple[ArrayValue, ...],
    starts: list[str],
    reverse: bool,
) -> list[str]:
    """Loop a number of times, without sequences."""
    again = f"{graph.fresh()}_go"

    def fill(inside: OnnxGraph) -> list[str]:
        return [again, *inside.add(body)]

    inputs: dict[str, ArrayValue | str | None] = {graph.fresh(): None, again: None}
    inputs.update({graph.fresh(): each for each in state})
    times = graph.integers(operation.whole("length"))
    found = graph.nodes_of("Loop", [times, "", *starts], len(operation.outputs), body=graph.inside(inputs, fill))
    results = found[len(state) :]
    return [*found[: len(state)], *(reversed_along(graph, each, (0,)) if reverse else each for each in results)]


@rule("while")
def _while(graph: OnnxGraph, operation: Operation, own: list[str]) -> list[str]:
    condition = operation.inner("condition")
    body = operation.inner("body")
    first = operation.whole("condition_fixed")
    second = first + operation.whole("body_fixed")
    graph.names.update(zip(condition.inputs[:first], own[:first], strict=True))
    graph.names.update(zip(body.inputs[: second - first], own[first:second], strict=True))
    starts, state, asked = own[second:], body.inputs[second - first :], condition.inputs[first:]

    def holds(within: OnnxGraph, names: list[str]) -> str:
        within.names.update(zip(asked, names, strict=True))
        return within.add(condition)[0]

    def fill(inside: OnnxGraph) -> list[str]:
        found = inside.add(body)
        return [holds(inside, found), *found]

    inputs: dict[str, ArrayValue | str | None] = {graph.fresh(): None, f"{graph.fresh()}_go": None}
    inputs.update({graph.fresh(): each for each in state})
    begin = holds(graph, starts)
    return graph.nodes_of("Loop", ["", begin, *starts], len(starts), body=graph.inside(inputs, fill))


@rule("choose")
def _choose(graph: OnnxGraph, operation: Operation, own: list[str]) -> list[str]:
    branches = operation.programs
    for branch in branches:
        graph.names.update(zip(branch.inputs, own[1:], strict=True))
    return _choice(graph, own[0], branches, 0)


def _choice(graph: OnnxGraph, which: str, branches: tuple[ArrayProgram, ...], number: int) -> list[str]:
    if number == len(branches) - 1:
        return graph.add(branches[number])
    import numpy as np

    here = graph.node("LessOrEqual", which, graph.constant(np.asarray(number, np.int32)))
    return graph.nodes_of(
        "If",
        [here],
        len(branches[number].outputs),
        then_branch=graph.inside({}, lambda inside: inside.add(branches[number])),
        else_branch=graph.inside({}, lambda inside: _choice(inside, which, branches, number + 1)),
    )
