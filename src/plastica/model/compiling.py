"""From what a person compiles to the program that runs."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from .. import losses, metrics, optimizers, random, rules
from ..errors import InvalidValue, PlasticaWarning
from ..layers import Sequential as Network
from ..layers.layer import Layer
from ..losses import Loss
from ..optimizers import Optimizer
from ..rules import Rule
from ..specification.names import is_declared
from ..training.program import Learner, Program
from ..training.sums import empty_sums, metric_widths


@dataclass(frozen=True)
class Compiled:
    """What ``compile`` was told, resolved as far as it can be before the data is known."""

    optimizer: Optimizer
    loss: Loss | None
    metrics: tuple[Any, ...]
    rule: Rule
    weighted_metrics: tuple[Any, ...] = ()

    def words(self) -> list[str]:
        """Return the optimizer, the loss and the rule by the names of their classes."""
        return [type(part).__name__ for part in (self.optimizer, self.loss, self.rule) if part is not None]


def resolve(optimizer: Any, loss: Any, chosen: Any, rule: Any, weighted: Any = None) -> Compiled:
    """Resolve names; an optimizer of None is the rule's usual one.

    Raises:
        InvalidValue: When no loss is given to a rule that needs one, metrics without a loss, or an own class that is
            not declared.
        UnknownName: For a name that stands for nothing.
    """
    rule = rules.get(rule)
    if loss is None and not rule.needs_loss:
        return _without_loss(optimizer, chosen or weighted, rule)
    if loss is None:
        raise InvalidValue(
            'compile() was given no loss. For classes: loss="sparse_categorical_crossentropy" (labels 0, 1, 2 ...) or '
            '"categorical_crossentropy" (one column a class); for two classes "binary_crossentropy"; for numbers "mse".'
        )
    chosen, weighted = _as_tuple(chosen), _as_tuple(weighted)
    optimizer = rule.usual_optimizer if optimizer is None else optimizer
    found = Compiled(optimizers.get(optimizer), losses.get(loss), chosen, rule, weighted)
    # What a metric's name means may depend on the output's shape; that it means something does not.
    resolved = [metrics.get(metric, loss=found.loss) for metric in (*chosen, *weighted)]
    for part in (found.optimizer, found.loss, found.rule, *resolved):
        _require_declared(part)
    return found


def _as_tuple(given: Any) -> tuple[Any, ...]:
    if given is None:
        return ()
    return (given,) if isinstance(given, str) or not isinstance(given, Sequence) else tuple(given)


def _without_loss(optimizer: Any, chosen: Any, rule: Rule) -> Compiled:
    if chosen:
        raise InvalidValue(
            f"compile(metrics={chosen!r}) without a loss: metrics compare answers with targets, but this network has "
            "none. Give a loss for the read-out, or leave out the metrics."
        )
    _require_declared(rule)
    if optimizer is not None:
        warnings.warn(
            f"compile(optimizer={optimizer!r}) without a loss: {type(rule).__name__} makes its steps itself, by its "
            "own learning rate, so the optimizer does nothing. Leave it out, or give a loss for a read-out.",
            PlasticaWarning,
            stacklevel=4,
        )
    return Compiled(optimizers.get(rule.usual_optimizer if optimizer is None else optimizer), None, (), rule)


def _require_declared(part: Any) -> None:
    if not is_declared(type(part)):
        raise InvalidValue(
            f"compile() got {type(part).__name__}, a class without @declaration. Write "
            "`from plastica.declaration import declaration` and put @declaration above the class."
        )


def assemble(network: Network, compiled: Compiled, output_shape: tuple[int, ...]) -> Program:
    """Place the loss where it is stable, choose the metrics' forms and put the program together."""
    objective = None if compiled.loss is None else losses.place(compiled.loss, network.output_activation)
    compiled.rule.check(network, objective)
    known = {"loss": compiled.loss, "output_shape": output_shape, "activation": network.output_activation}
    plain, weighted = (
        tuple(metrics.get(metric, **known) for metric in given)
        for given in (compiled.metrics, compiled.weighted_metrics)
    )
    taken = {metric.label for metric in plain}
    apart = tuple(
        metrics.renamed(metric, f"weighted_{metric.label}") if metric.label in taken else metric for metric in weighted
    )
    return Program(network, compiled.rule, compiled.optimizer, objective, plain, apart)


def begin(program: Program, params: Any, state: Any, seed: int, widths: tuple[int, ...]) -> Learner:
    """Return the learner that a run starts from; ``widths`` count the metrics' sums."""
    memory = memory_for(program.rule, program.network, params, seed)
    step, sums = np.zeros((), np.int32), empty_sums(program.watched, widths)
    return jax.device_put(Learner(params, state, memory, program.optimizer.init(params), step, sums))


def lay_out(program: Program, params: Any, state: Any, seed: int) -> Learner:
    """Return the shapes and types of what :func:`begin` would return; only an own rule that JAX cannot trace draws."""
    try:
        return jax.eval_shape(lambda params, state: begin(program, params, state, seed, ()), params, state)
    except jax.errors.JAXTypeError:
        return jax.tree.map(np.asarray, begin(program, params, state, seed, ()))


def memory_for(rule: Rule, network: Layer, params: Any, seed: int) -> Any:
    """Return the rule's own memory to start from."""
    return rule.init(network, params, jax.numpy.asarray(random.fold(random.seed_key(seed), 1)))


def widths_for(program: Program, y: np.ndarray, output_shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return how many sums each metric keeps for such targets."""
    target = jax.ShapeDtypeStruct((1, *y.shape[1:]), np.float32)
    output = jax.ShapeDtypeStruct((1, *output_shape), np.float32)
    return metric_widths(program.watched, target, output)
