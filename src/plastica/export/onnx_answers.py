"""Nodes of ONNX from the outputs of a table's model to labels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .onnx_graph import OnnxGraph
from .raw_columns import ColumnSpec


class OnnxAnswer(NamedTuple):
    """An output of the graph.

    Attributes:
        name: Its name.
        tensor: The tensor.
        dtype: Its dtype.
        width: The size of its second axis; None for ``(rows,)``.
    """

    name: str
    tensor: str
    dtype: str
    width: int | None


def answers(graph: OnnxGraph, found: str, spec: ColumnSpec) -> list[OnnxAnswer]:
    """Return labels and probabilities, or numbers.

    Args:
        graph: The graph.
        found: What the program returns, ``(rows, classes)`` or ``(rows, targets)``.
        spec: The description of the answers.
    """
    decision = spec["decision"]
    if decision is None:
        return [OnnxAnswer("prediction", found, "float32", len(spec["names"]))]
    classes = list(spec["classes"])
    probabilities = OnnxAnswer("probabilities", found, "float32", len(classes))
    shares = graph.cast(found, "float64")
    if spec["task"] == "multilabel":
        least = graph.constant(np.array(decision["thresholds"], np.float64))
        labels = graph.cast(graph.node("GreaterOrEqual", shares, least), "int64")
        return [OnnxAnswer("labels", labels, "int64", len(classes)), probabilities]
    whole = all(type(each) is int for each in classes)
    table = graph.integers(classes) if whole else graph.strings([str(each) for each in classes])
    label = graph.node("Gather", table, _decided(graph, shares, decision))
    return [OnnxAnswer("label", label, "int64" if whole else "string", None), probabilities]


def _decided(graph: OnnxGraph, shares: str, decision: ColumnSpec) -> str:
    """Return the number of the predicted class of each row."""
    if decision["rule"] == "threshold":
        positive = int(decision["positive"])
        share = graph.node("Gather", shares, graph.integers(positive), axis=1)
        reached = graph.node("GreaterOrEqual", share, graph.number(float(decision["thresholds"][0]), "float64"))
        return graph.node("Where", reached, graph.integers(positive), graph.integers(1 - positive))
    if decision["rule"] == "costs":
        expected = graph.node("MatMul", shares, graph.constant(np.array(decision["costs"], np.float64)))
        return graph.node("ArgMin", expected, axis=1, keepdims=0)
    if decision["weights"]:
        shares = graph.node("Mul", shares, graph.constant(np.array(decision["weights"], np.float64)))
    return graph.node("ArgMax", shares, axis=1, keepdims=0)
