"""Networks with several outputs: a loss, a weight and metrics for each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from .. import losses, metrics
from ..activations import Activation
from ..errors import InvalidValue
from ..layers import lengths
from ..layers.layer import Layer, Shape
from ..layers.records import CallGraph
from ..losses import LossLike, OutputLosses
from ..metrics import LossMetric, Metric, MetricLike, OutputMetric
from ..typing import AnyShape, ModelAnswers, PyTree
from ..views.outline import outline


class NetworkOutput(NamedTuple):
    """One output of a network.

    Attributes:
        name: Its name: that given to ``Model(outputs={...})``, or that of its layer in the summary.
        shape: The shape of one output.
        activation: The function of its layer; None for the identity.
    """

    name: str
    shape: Shape
    activation: Activation | None


def outputs_of(network: Layer, shape: Shape) -> tuple[NetworkOutput, ...]:
    """Return the outputs of a network with several; none for a network with one."""
    graph, ends = network.call_graph, network.output_activations
    if graph is None or len(ends) == 1:
        return ()
    shapes: AnyShape = lengths.output_shape(network, shape)
    parts = zip(graph.output_names or _names(network, graph), shapes, ends, strict=True)
    return tuple(NetworkOutput(*part) for part in parts)


def activations_of(network: Layer) -> tuple[Activation | None, ...]:
    """Return the activation of each output.

    Raises:
        InvalidValue: If the network has one output only.
    """
    if network.call_graph is None:
        raise InvalidValue(f"{type(network).__name__} has one output; give compile() one loss.")
    return network.output_activations


def losses_of(outputs: Sequence[NetworkOutput], loss: object, loss_weights: object) -> OutputLosses:
    """Return the loss of a network with several outputs.

    Args:
        outputs: The outputs.
        loss: A loss for all of them, a list with one for each, or a dict by name; None or a missing name for an output
            that is not trained.
        loss_weights: The weight of each loss in the sum, a list or a dict; 1 by default.

    Raises:
        InvalidValue: If a name is unknown, a list has another length, or no output has a loss.
    """
    if isinstance(loss, OutputLosses):
        return loss
    names = [output.name for output in outputs]
    chosen = {place: each for place, each in enumerate(by_output("loss", loss, names)) if each is not None}
    if not chosen:
        raise InvalidValue(f"compile(loss={loss!r}): no output has a loss. The outputs are {', '.join(names)}.")
    weights = [
        1.0 if each is None else float(cast("float", each)) for each in by_output("loss_weights", loss_weights, names)
    ]
    return OutputLosses(
        tuple(losses.get(cast("LossLike", each)) for each in chosen.values()),
        tuple(chosen),
        tuple(names[place] for place in chosen),
        tuple(weights[place] for place in chosen),
    )


def metrics_of(
    outputs: Sequence[NetworkOutput], loss: OutputLosses, given: object, argument: str
) -> tuple[Metric, ...]:
    """Return the metrics of a network with several outputs.

    Args:
        outputs: The outputs.
        loss: Their losses.
        given: Metrics for every output, a list with the metrics of each, or a dict by name.
        argument: The argument of ``compile`` that was given.
    """
    names = [output.name for output in outputs]
    # ["mae", "mse"] are metrics for every output, [["mae"], None] those of each; a list inside tells them apart.
    flat = isinstance(given, Sequence) and not isinstance(given, str) and not any(
        isinstance(each, list | tuple) or each is None for each in given
    )  # fmt: skip
    by_place: list[object] = [given] * len(names) if flat else by_output(argument, given, names)
    found: list[Metric] = []
    for target, place in enumerate(loss.outputs):
        chosen = by_place[place]
        for each in () if chosen is None else chosen if isinstance(chosen, list | tuple) else (chosen,):
            if not isinstance(each, OutputMetric):
                found.append(_of_output(cast("MetricLike", each), outputs, loss, target))
            elif each.output == place:
                found.append(each)
    return tuple(found)


def shown_losses(outputs: Sequence[NetworkOutput], loss: OutputLosses) -> tuple[Metric, ...]:
    """Return the metrics that show the loss of each output, as Keras does: ``digit_loss``."""
    shown = (LossMetric(own, name="loss") for own in loss.losses)
    return tuple(_of_output(each, outputs, loss, target) for target, each in enumerate(shown))


def _of_output(metric: MetricLike, outputs: Sequence[NetworkOutput], loss: OutputLosses, target: int) -> OutputMetric:
    """Return a metric of the output that has the loss number ``target``."""
    place = loss.outputs[target]
    output = outputs[place]
    found = metrics.get(metric, loss=loss.losses[target], output_shape=output.shape, activation=output.activation)
    return OutputMetric(found, place, target, output.name)


def named_outputs(network: Layer, answers: PyTree) -> ModelAnswers:
    """Return the predictions of a network with several outputs as a dict if the outputs are named."""
    names = () if network.call_graph is None else network.call_graph.output_names
    return dict(zip(names, answers, strict=True)) if len(names) > 1 else answers


def by_output(what: str, given: object, names: Sequence[str]) -> list[object]:
    """Return what was given for each output.

    Raises:
        InvalidValue: If a name is unknown or a list has another length.
    """
    if isinstance(given, Mapping):
        unknown = [name for name in given if name not in names]
        if unknown:
            raise InvalidValue(f'{what}: there is no output "{unknown[0]}". The outputs are {", ".join(names)}.')
        return [given.get(name) for name in names]
    if isinstance(given, list | tuple):
        if len(given) != len(names):
            raise InvalidValue(
                f"{what} has {len(given)} entries; the network has {len(names)} outputs: {', '.join(names)}."
            )
        return list(given)
    return [given] * len(names)


def _names(network: Layer, graph: CallGraph) -> tuple[str, ...]:
    entries = outline(network, None)
    names: list[str] = []
    for place in graph.outputs:
        called = place - graph.inputs
        name = network.input_names[place] if called < 0 else entries[graph.calls[called][0]].name
        names.append(f"{name}_{len(names)}" if name in names else name)
    return tuple(names)
