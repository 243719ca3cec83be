"""Resolution of the arguments of ``compile`` and construction of the compiled program."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import cast

import jax
import numpy as np

from .. import losses, metrics, optimizers, random, rules
from ..declaration import replace as declared_replace
from ..errors import InvalidValue, PlasticaWarning
from ..layers.costs import require_counted
from ..layers.layer import Layer
from ..losses import Loss, LossLike, OutputLosses
from ..metrics import Metric, MetricLike
from ..optimizers import Optimizer, OptimizerLike
from ..rules import Rule, RuleLike
from ..rules.mixed_precision import MIXED, MixedPrecisionBackprop
from ..specification.names import is_declared
from ..training.program import Learner, Program
from ..training.sums import empty_sums, metric_widths
from ..training.supervised import Supervised
from ..typing import AnyShape, Memory, Params, PyTree, State
from . import outputs
from .inputs import HostArrays


@dataclass(frozen=True)
class Compiled:
    """The arguments of ``compile``, resolved as far as possible before the data are known.

    A model of a program of the user's own has that in ``own``, and nothing else.
    """

    optimizer: Optimizer
    loss: Loss | None
    metrics: tuple[MetricLike, ...]
    rule: Rule
    weighted_metrics: tuple[MetricLike, ...] = ()
    own: Program | None = None

    def words(self) -> list[str]:
        """Show the optimizer, the loss and the rule by their class names."""
        parts = (self.optimizer, self.loss, self.rule) if self.own is None else (self.own,)
        return [type(part).__name__ for part in parts if part is not None]

    def running(self, program: Program) -> Compiled:
        """Return the settings with the optimizer of a program, or with the program itself if it is the user's own."""
        if self.own is not None:
            return replace(self, own=program)
        return replace(self, optimizer=program.optimizer) if isinstance(program, Supervised) else self


def own_program(program: Program) -> Compiled:
    """Return the settings of a model that is trained by a program of the user's own.

    Raises:
        InvalidValue: If its class lacks ``@declaration``.
    """
    _require_declared(program)
    return Compiled(optimizers.Adam(), None, (), rules.Backprop(), own=program)


def resolve_outputs(
    found: Sequence[outputs.NetworkOutput],
    optimizer: OptimizerLike | None,
    loss: object,
    weights: object,
    chosen: object,
    rule: RuleLike,
    weighted: object,
) -> Compiled:
    """Resolve the arguments of ``compile`` for a network with several outputs.

    Raises:
        InvalidValue: If no loss is given, a name is unknown, or a list has another length than the outputs.
        UnknownName: If a name is unknown.
    """
    rule = rules.get(rule)
    if loss is None:
        raise InvalidValue(
            "compile() was given no loss; give one for each output: loss={"
            + ", ".join(f'"{each.name}": ...' for each in found)
            + "}."
        )
    own = outputs.losses_of(found, loss, weights)
    shown = outputs.metrics_of(found, own, chosen, "metrics")
    # Keras shows the loss of each output; as weighted metrics, so that they add up to the loss with sample weights.
    weighed = (*outputs.shown_losses(found, own), *outputs.metrics_of(found, own, weighted, "weighted_metrics"))
    optimizer = rule.usual_optimizer if optimizer is None else optimizer
    return Compiled(optimizers.get(optimizer), own, shown, rule, weighed)


def resolve(
    optimizer: OptimizerLike | None, loss: LossLike | None, chosen: object, rule: RuleLike, weighted: object = None
) -> Compiled:
    """Resolve names; ``optimizer=None`` means the default of the rule.

    Raises:
        InvalidValue: If a rule that needs a loss has none, if metrics are given without a loss, or if a user-defined
            class lacks ``@declaration``.
        UnknownName: If a name is unknown.
    """
    rule = rules.get(rule)
    if loss is None and not rule.needs_loss:
        return _without_loss(optimizer, chosen or weighted, rule)
    if loss is None:
        raise InvalidValue(
            'compile() was given no loss. For classes: loss="sparse_categorical_crossentropy" (labels 0, 1, 2 ...) or '
            '"categorical_crossentropy" (one column per class); for two classes "binary_crossentropy"; for numbers '
            '"mse".'
        )
    chosen, weighted = _as_tuple(chosen), _as_tuple(weighted)
    optimizer = rule.usual_optimizer if optimizer is None else optimizer
    found = Compiled(optimizers.get(optimizer), losses.get(loss), chosen, rule, weighted)
    # The meaning of a metric's name may depend on the output shape, but its existence does not.
    # Resolved for the check alone and kept as given: "accuracy" becomes a metric once the output shape is known.
    resolved = [metrics.get(metric, loss=found.loss) for metric in (*chosen, *weighted)]
    for part in (found.optimizer, found.loss, found.rule, *resolved):
        _require_declared(part)
    return found


def rule_in(precision: str | None, rule: RuleLike) -> RuleLike:
    """Return a rule that computes in a precision.

    Raises:
        InvalidValue: If the rule computes in float32 only, or there is no such precision.
    """
    if precision is None:
        return rule
    if precision != MIXED:
        raise InvalidValue(f"compile(precision={precision!r}): give {MIXED!r}, or None for float32 throughout.")
    found = rules.get(rule)
    if type(found) is not rules.Backprop:
        raise InvalidValue(
            f"compile(precision={precision!r}): {type(found).__name__} computes in float32; precision is for backprop."
        )
    return MixedPrecisionBackprop()


def _as_tuple(given: object) -> tuple[MetricLike, ...]:
    if given is None:
        return ()
    several = isinstance(given, Sequence) and not isinstance(given, str)
    return tuple(cast("Sequence[MetricLike]", given)) if several else (cast("MetricLike", given),)


def _without_loss(optimizer: OptimizerLike | None, chosen: object, rule: Rule) -> Compiled:
    if chosen:
        raise InvalidValue(
            f"compile(metrics={chosen!r}) without a loss: metrics compare predictions with targets, but without "
            "a loss there are none. Add a loss to train the last layer as a read-out, or remove the metrics."
        )
    _require_declared(rule)
    if optimizer is not None:
        warnings.warn(
            f"compile(optimizer={optimizer!r}) without a loss: {type(rule).__name__} has its own learning rate "
            "and does not use an optimizer. Remove it, or add a loss to train a read-out.",
            PlasticaWarning,
            stacklevel=4,
        )
    return Compiled(optimizers.get(rule.usual_optimizer if optimizer is None else optimizer), None, (), rule)


def _require_declared(part: object) -> None:
    if not is_declared(type(part)):
        raise InvalidValue(
            f"{type(part).__name__} is a class without @declaration. Write "
            "`from plastica.declaration import declaration` and put @declaration above the class."
        )


def assemble(network: Layer, compiled: Compiled, output_shape: tuple[int, ...]) -> Supervised:
    """Build the program: a numerically stable form of the loss, and metrics that fit the output shape.

    Raises:
        InvalidValue: If the network has a cost that does not reach the loss, that the rule cannot learn from, or that
            has the name of a metric; or if the rule or a metric does not fit the network.
    """
    require_counted(network)
    if network.cost_names and not compiled.rule.takes_costs:
        raise InvalidValue(
            f"{type(compiled.rule).__name__} cannot learn from costs of layers, but this network has "
            f"{' and '.join(network.cost_names)}. Leave them out (activity_regularizer=None), or take a rule that "
            'sends errors back: "backprop", "feedback_alignment", "sign_symmetry" or "direct_feedback_alignment".'
        )
    program = _assemble(network, compiled, output_shape)
    twice = [metric.label for metric in program.watched if metric.label in network.cost_names]
    if twice:
        raise InvalidValue(f'metrics: "{twice[0]}" is the name of a cost of a layer; give the metric another name.')
    return program


def _assemble(network: Layer, compiled: Compiled, output_shape: tuple[int, ...]) -> Supervised:
    if isinstance(compiled.loss, OutputLosses):
        objective = losses.place_outputs(compiled.loss, outputs.activations_of(network))
        compiled.rule.check(network, objective)
        # With several outputs they were resolved with the losses: each belongs to one of them.
        plain, weighted = (cast("tuple[Metric, ...]", each) for each in (compiled.metrics, compiled.weighted_metrics))
        return Supervised(network, compiled.rule, compiled.optimizer, objective, plain, weighted)
    objective = None if compiled.loss is None else losses.place(compiled.loss, network.output_activation)
    compiled.rule.check(network, objective)
    # Which accuracy is meant depends on all three: classes or labels, one unit or several, probabilities or logits.
    known = {"loss": compiled.loss, "output_shape": output_shape, "activation": network.output_activation}
    plain, weighted = (
        tuple(metrics.get(metric, **known) for metric in given)
        for given in (compiled.metrics, compiled.weighted_metrics)
    )
    taken = {metric.label for metric in plain}
    apart = tuple(
        metrics.renamed(metric, f"weighted_{metric.label}") if metric.label in taken else metric for metric in weighted
    )
    return Supervised(network, compiled.rule, compiled.optimizer, objective, plain, apart)


def placed(program: Supervised, names: Callable[[], tuple[list[str], list[str]]]) -> Supervised:
    """Return the program with an optimizer that knows the network's arrays by name: trainable ones, frozen ones."""
    optimizer = program.optimizer.placed(names)
    return program if optimizer is program.optimizer else declared_replace(program, optimizer=optimizer)


def begin(program: Program, params: Params, state: State, seed: int, widths: tuple[int, ...]) -> Learner:
    """Return the initial training state; ``widths`` are the numbers of sums of the metrics."""
    memory, optimizer = program.begin(params, state, _key_of(seed))
    step, sums = np.zeros((), np.int32), empty_sums(program, widths)
    return Learner(*jax.device_put((params, state, memory, optimizer, step, sums)))


def lay_out(program: Program, params: Params, state: State, seed: int) -> Learner:
    """Return the shapes and types of the result of :func:`begin`, computed without drawing numbers if possible."""
    try:
        # Shapes alone: a file of a large network is compared with them before any of its moments are allocated.
        return jax.eval_shape(lambda params, state: begin(program, params, state, seed, ()), params, state)
    # A program of the user's own may look at its arrays; then it begins in earnest.
    except jax.errors.JAXTypeError:
        return jax.tree.map(np.asarray, begin(program, params, state, seed, ()))


def memory_for(own: Program | None, rule: Rule, network: Layer, params: Params, state: State, seed: int) -> Memory:
    """Return the initial memory of a program of the user's own, or of the rule."""
    key = _key_of(seed)
    return rule.init(network, params, key) if own is None else own.begin(params, state, key)[0]


def _key_of(seed: int) -> jax.Array:
    return jax.device_put(random.fold(random.seed_key(seed), 1))  # jnp.asarray would compile a program


def widths_for(program: Program, y: HostArrays, output_shape: AnyShape) -> tuple[int, ...]:
    """Return the number of sums that each metric accumulates for such targets."""
    several = isinstance(y, tuple)
    return _widths(
        program.watched, tuple(part.shape[1:] for part in y) if several else y.shape[1:], output_shape, several
    )


@lru_cache(maxsize=64)
def _widths(watched: tuple[Metric, ...], targets: object, outputs: object, several: bool) -> tuple[int, ...]:
    """Return them for targets and outputs of these shapes; training batch by batch asks for the same each time."""

    def one_row(shapes: AnyShape) -> PyTree:
        each = shapes if several else (shapes,)
        found = tuple(jax.ShapeDtypeStruct((1, *shape), np.float32) for shape in each)
        return found if several else found[0]

    return metric_widths(watched, one_row(targets), one_row(outputs))
