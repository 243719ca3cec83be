"""compare_rules: every rule on the same rows, from the same seeds."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from ..errors import InvalidValue, NotFinite
from ..rules import Backprop, Rule
from ..training.cache import keep_compiled_programs
from .progress import Watcher
from .records import Record, middle
from .result import Comparison
from .task import Task, task_of_arrays
from .terms import Layers, Terms, chosen_rules
from .timing import epochs_within, level
from .trial import Cost, Trial

LINEAR_EPOCHS = 20


def compare_rules(
    x: Any,
    y: Any = None,
    *,
    rules: Any = ("backprop", "feedback_alignment", "direct_feedback_alignment"),
    layers: Layers = (64, 64),
    validation_data: tuple[Any, Any] | None = None,
    test: float = 0.2,
    epochs: int = 20,
    minutes: float | None = None,
    batch_size: int | None = None,
    seeds: int | Sequence[int] = 3,
    loss_target: float | None = None,
    optimizers: Any = None,
    learning_rates: Mapping[str, float] | None = None,
    progress: bool = False,
) -> Comparison:
    """Train networks by several learning rules on equal terms, and put the rules side by side.

    The same rows, the same numbers of units, the same seeds for initial weights and the order of rows. Each rule has
    the layers that suit it and its usual optimizer. A rule that cannot do the task becomes a row with the reason.

    Args:
        x: Inputs, ``(rows, ...)``.
        y: Whole numbers or texts for classes, other numbers for numbers.
        rules: Names, rules, or rules by names of one's own; "all" for all there are.
        layers: Units of the hidden layers; or hidden layers, a whole :class:`~plastica.Sequential`, or a function
            from a rule to hidden layers, taken as they are.
        validation_data: ``(x, y)`` to judge the rules on; None deals rows from ``x`` and ``y``.
        test: The share (or number) of rows that are dealt.
        epochs: How many; with ``minutes`` how many at most.
        minutes: What all rules may take together. Each is measured for about a second, then has an equal share of
            the time, in which all it does is counted: compiling, measuring, learning, judging, angles. The result
            says how many epochs that was, and how the rules stand after equally many epochs.
        batch_size: Rows a step; by default 32 to 128, by the number of rows.
        seeds: How many networks each rule trains, or their seeds.
        loss_target: A held-out loss whose time is taken; None takes what a network without hidden layers reaches by
            backprop in as many epochs, 20 at most: a loss that most rules reach.
        optimizers: One for all rules, or by the rule's name.
        learning_rates: The optimizer's, by the rule's name.
        progress: Whether to show how far it is.

    Returns:
        A record for each rule, with a table and a picture.

    Raises:
        DataError, InvalidValue, UnknownName: For data or choices that no rule could use.

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
    done: Mapping[str, Record] | None = None,
    keep: Callable[[Record], None] = lambda record: None,
    watcher: Watcher | None = None,
) -> Comparison:
    """Run the trials of all rules that are not done yet.

    Args:
        task, terms, rules: What is compared.
        done: Records of earlier trials on the same terms.
        keep: Takes each record as it comes.
        watcher: Shows how far it is.

    Raises:
        UnknownName: For an optimizer or a learning rate of a rule that is not compared.
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
        # Of a comparison that is resumed, the part for the rules that are left; less what was spent on no rule.
        budget = 60 * terms.minutes * len(trials) / len(rules)
        around = time.perf_counter() - began - sum(cost.spent for cost in costs.values())
        share = level([cost.of(terms.epochs) for cost in costs.values()], budget - around)
    for name, trial in trials.items():
        if name in found:
            continue
        found[name] = _against(_tried(trial, costs.get(name), share, watcher), target)
        keep(found[name])
        watcher.finished(found[name])
    watcher.close()
    return Comparison.of(task, terms, target, [found[name] for name in rules])


def linear_loss(task: Task, terms: Terms) -> float:
    """Return the held-out loss that a network without hidden layers reaches by backprop in a few epochs."""
    plain = Terms(layers=(), batch_size=terms.batch_size, seeds=terms.seeds[:1])
    flat = task.flat
    record = Trial("linear", Backprop(), flat, plain).run(min(LINEAR_EPOCHS, terms.epochs), plain.seeds)
    return middle(record.test_losses) or float("nan")


def _measured(
    trials: Mapping[str, Trial],
    terms: Terms,
    found: dict[str, Record],
    keep: Callable[[Record], None],
    watcher: Watcher,
) -> dict[str, Cost]:
    """Return what each rule costs; those that cannot do the task are found here."""
    costs: dict[str, Cost] = {}
    if terms.minutes is None:
        return costs
    for name, trial in trials.items():
        watcher.says(f"{name}: measuring")
        try:
            costs[name] = trial.measure()
        except (InvalidValue, NotFinite) as problem:
            found[name] = Record(name=name, rule=repr(trial.rule), reason=str(problem), figure=trial.task.figure)
            keep(found[name])
            watcher.finished(found[name])
    return costs


def _tried(trial: Trial, cost: Cost | None, share: float, watcher: Watcher) -> Record:
    """Train and judge; ``share`` is what the rule may spend in all."""
    terms, seeds, epochs, spent = trial.terms, trial.terms.seeds, trial.terms.epochs, 0.0
    if cost is not None:
        spent, share = cost.spent, share - cost.spent - cost.around
        # Where not even one epoch of all seeds fits, fewer seeds do.
        seeds = seeds[: epochs_within(share, cost.epoch / len(seeds), len(seeds))]
        epochs = epochs_within(share, cost.epoch * len(seeds) / len(terms.seeds), terms.epochs)
    try:
        watcher.begins(trial.name, epochs)
        record = trial.run(epochs, seeds, share, watcher.looks)
        return msgspec.structs.replace(record, spent=record.spent + spent)
    except (InvalidValue, NotFinite) as problem:
        return Record(name=trial.name, rule=repr(trial.rule), reason=str(problem), figure=trial.task.figure)


def _against(record: Record, target: float) -> Record:
    """Return the record with the epochs after which each seed's held-out loss was at or below the target."""
    reached = [
        next((epoch for epoch, loss in enumerate(losses, 1) if loss is not None and loss <= target), None)
        for losses in record.test_loss
    ]
    return msgspec.structs.replace(record, reached=reached)
