"""compare_rules: train all rules on the same data with the same seeds."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import msgspec

from ..errors import InvalidValue, NotFinite
from ..rules import Backprop, Rule
from ..training.cache import keep_compiled_programs
from .progress import Watcher
from .records import RuleRecord, middle
from .result import Comparison
from .task import Task, task_of_arrays
from .terms import Layers, OptimizersLike, RulesLike, Terms, chosen_rules
from .timing import epochs_within, limit
from .trial import Cost, Trial
from .wording import SAY

LINEAR_EPOCHS = 20


def compare_rules(
    x: object,
    y: object = None,
    *,
    rules: RulesLike = ("backprop", "feedback_alignment", "direct_feedback_alignment"),
    layers: Layers = (64, 64),
    validation_data: tuple[object, object] | None = None,
    test: float = 0.2,
    epochs: int = 20,
    minutes: float | None = None,
    batch_size: int | None = None,
    seeds: int | Sequence[int] = 3,
    loss_target: float | None = None,
    optimizers: OptimizersLike = None,
    learning_rates: Mapping[str, float] | None = None,
    progress: bool = False,
) -> Comparison:
    """Train networks with several learning rules under equal conditions and compare them.

    All rules get the same data, the same layer sizes and the same seeds for the initial weights and the order of the
    rows. Each rule uses the activations that suit it and its usual optimizer. A rule that is not defined for the task
    is listed with the reason.

    Args:
        x: Inputs, ``(rows, ...)``.
        y: Targets. Integers and strings are classes, floats are the target of a regression.
        rules: Names, rules, or a dictionary from names of your own to rules; "all" for all built-in rules.
        layers: Units of the hidden layers; or the hidden layers themselves, a :class:`~plastica.Sequential`, or a
            function that returns the hidden layers for a rule.
        validation_data: The test set ``(x, y)``. None splits it off ``x`` and ``y``.
        test: The fraction (or number) of rows in the test set, if it is split off.
        epochs: The number of epochs; with ``minutes``, the maximum.
        minutes: Time budget for all rules together, divided equally among them. The cost of an epoch is first
            measured for about a second. Everything a rule does counts: compilation, measurement, training,
            evaluation, angles. The results give the number of epochs that were possible, and also compare all rules
            after the same number of epochs.
        batch_size: Rows per gradient step. None: 32 to 128, depending on the number of rows.
        seeds: The number of networks trained with each rule, or their seeds.
        loss_target: The test loss for the time-to-loss columns. None: the loss that a network without hidden layers
            reaches with backprop in the same number of epochs (at most 20), which most rules reach as well.
        optimizers: One optimizer for all rules, or a dictionary from names of rules to optimizers.
        learning_rates: A dictionary from names of rules to the learning rates of their optimizers.
        progress: Whether to show the progress on standard error.

    Returns:
        A comparison with a record for each rule; it can be shown as a table and as a figure.

    Raises:
        DataError: For invalid data, such as targets that are not finite or an unknown class in the test set.
        InvalidValue: For invalid arguments.
        UnknownName: For unknown names of rules or optimizers.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=(200, 4))
        >>> found = compare_rules(x, x.argmax(1), rules="backprop", layers=(8,), epochs=2, seeds=2)
        >>> found.records[0].name, found.records[0].epochs, len(found.records[0].test)
        ('backprop', 2, 2)
    """
    if isinstance(seeds, bool) or (isinstance(seeds, int) and seeds < 1):
        raise InvalidValue(f"seeds={seeds!r}: expected a whole number of at least 1, or several seeds.")
    chosen = tuple(range(seeds)) if isinstance(seeds, int) else tuple(map(int, seeds))
    terms = Terms(layers, epochs, minutes, batch_size, chosen, loss_target, optimizers, learning_rates)
    task = x if isinstance(x, Task) else task_of_arrays(x, y, validation_data, test, chosen[0])
    return run_trials(task, terms, chosen_rules(rules), watcher=Watcher(progress))


def run_trials(
    task: Task,
    terms: Terms,
    rules: Mapping[str, Rule],
    done: Mapping[str, RuleRecord] | None = None,
    keep: Callable[[RuleRecord], None] = lambda record: None,
    watcher: Watcher | None = None,
) -> Comparison:
    """Train all rules that have no record yet.

    Args:
        task: The data.
        terms: The conditions that are the same for all rules.
        rules: The rules by name.
        done: Records of earlier trials with the same data and conditions.
        keep: Called with each new record, for instance to save it.
        watcher: Shows the progress.

    Raises:
        UnknownName: If an optimizer or a learning rate is given for a rule that is not compared.
    """
    terms.require_known(rules)
    keep_compiled_programs()
    began, watcher = time.perf_counter(), watcher or Watcher(False)
    target = linear_loss(task, terms) if terms.target is None else terms.target
    found = dict(done or {})
    trials = {
        name: Trial(name, rule.suited_to(task.x), task, terms) for name, rule in rules.items() if name not in found
    }
    costs, share = _measured(trials, terms, found, keep, watcher), float("inf")
    if terms.minutes is not None:
        # When a comparison is resumed, the budget is the part for the remaining rules. Time that belongs to no rule,
        # such as training the linear network, is subtracted.
        budget = 60 * terms.minutes * len(trials) / len(rules)
        around = time.perf_counter() - began - sum(cost.spent for cost in costs.values())
        share = limit([cost.of(terms.epochs) for cost in costs.values()], budget - around)
    for name, trial in trials.items():
        if name in found:
            continue
        found[name] = _against(_tried(trial, costs.get(name), share, watcher), target)
        keep(found[name])
        watcher.finished(found[name])
    watcher.close()
    return Comparison.of(task, terms, target, [found[name] for name in rules])


def linear_loss(task: Task, terms: Terms) -> float:
    """Return the test loss that a network without hidden layers reaches with backprop in at most 20 epochs."""
    plain = Terms(layers=(), batch_size=terms.batch_size, seeds=terms.seeds[:1])
    flat = task.flat
    record = Trial("linear", Backprop(), flat, plain).run(min(LINEAR_EPOCHS, terms.epochs), plain.seeds)
    return middle(record.test_losses) or float("nan")


def _measured(
    trials: Mapping[str, Trial],
    terms: Terms,
    found: dict[str, RuleRecord],
    keep: Callable[[RuleRecord], None],
    watcher: Watcher,
) -> dict[str, Cost]:
    """Return the cost of each rule; rules that are not defined for the task get a record with the reason."""
    costs: dict[str, Cost] = {}
    if terms.minutes is None:
        return costs
    for name, trial in trials.items():
        watcher.says(SAY("measuring", rule=name))
        try:
            costs[name] = trial.measure()
        except (InvalidValue, NotFinite) as problem:
            found[name] = RuleRecord(name=name, rule=repr(trial.rule), reason=str(problem), figure=trial.task.figure)
            keep(found[name])
            watcher.finished(found[name])
    return costs


def _tried(trial: Trial, cost: Cost | None, share: float, watcher: Watcher) -> RuleRecord:
    """Train and evaluate a rule that may take ``share`` seconds in all."""
    terms, seeds, epochs, spent = trial.terms, trial.terms.seeds, trial.terms.epochs, 0.0
    if cost is not None:
        spent, share = cost.spent, share - cost.spent - cost.around
        # If not even one epoch of all seeds fits, fewer seeds are trained.
        seeds = seeds[: epochs_within(share, cost.epoch / len(seeds), len(seeds))]
        epochs = epochs_within(share, cost.epoch * len(seeds) / len(terms.seeds), terms.epochs)
    try:
        watcher.begins(trial.name, epochs)
        record = trial.run(epochs, seeds, share, watcher.looks)
        return msgspec.structs.replace(record, spent=record.spent + spent)
    except (InvalidValue, NotFinite) as problem:
        return RuleRecord(name=trial.name, rule=repr(trial.rule), reason=str(problem), figure=trial.task.figure)


def _against(record: RuleRecord, target: float) -> RuleRecord:
    """Return the record with the epochs after which each seed's test loss was at or below the target."""
    reached = [
        next((epoch for epoch, loss in enumerate(losses, 1) if loss is not None and loss <= target), None)
        for losses in record.test_loss
    ]
    return msgspec.structs.replace(record, reached=reached)
