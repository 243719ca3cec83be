"""Networks that suit an environment and a learning rule, and how they are usually trained."""

from __future__ import annotations

from collections.abc import Sequence

from ..declaration import replace
from ..errors import InvalidValue
from ..initializers import Constant, RandomUniform
from ..layers import (
    LIF,
    Dense,
    Flatten,
    Layer,
    PopulationEncoder,
    RateEncoder,
    RepeatVector,
    Sequential,
    SpikeCount,
    Spiking,
)
from ..optimizers import Adam, Optimizer
from ..rules import Backprop, Rule
from .environment import Environment
from .policy_gradient import PolicyGradient

COPIES = 10  # of each input of a spiking policy, with spikes of their own


def policy_for(environment: Environment, rule: Rule, hidden: Sequence[int] = ()) -> Layer:
    """Return a network for an environment.

    For rules that follow errors, hidden layers of tanh units and an output for each action. For rules of spikes, a unit
    that spikes for each action; units inhibit each other, so that one answers. Observations that are no intensities
    from 0 to 1 reach it through units with tuning curves.

    Args:
        environment: The environment.
        rule: The learning rule.
        hidden: The number of units of each hidden layer.

    Raises:
        InvalidValue: If a policy that spikes is given hidden layers.

    Example:
        >>> from plastica.rewards import GridWorld
        >>> policy_for(GridWorld(3, 3), Backprop(), (8,)).output_shape((9,))
        (4,)
    """
    if rule.needs_loss:
        return Sequential((*(Dense(each, "tanh") for each in hidden), Dense(environment.actions)))
    if hidden:
        raise InvalidValue(
            f"policy_for(hidden={tuple(hidden)}): a policy that spikes has no hidden layers; leave it out."
        )
    start = RandomUniform(0.2, 0.4)
    units = Spiking(environment.actions, LIF(reset="zero"), True, False, start, Constant(-2.0))
    tuned = () if environment.observes_intensities else (PopulationEncoder(5, -1.0, 1.0),)
    copies = (RepeatVector(COPIES), Flatten(), RateEncoder(40, max_rate=100.0))
    return Sequential((*tuned, *copies, units, SpikeCount()))


def require_rate(rule: Rule) -> None:
    """Check that a rule that takes no optimizer has a learning rate.

    Raises:
        InvalidValue: If not.
    """
    if rate_of(rule) is None:
        own = ", ".join(rule.own_rates())
        raise InvalidValue(f"{type(rule).__name__} has no learning_rate to set or to compare; give {own} instead.")


def rate_of(declared: Rule | Optimizer) -> float | None:
    """Return the learning rate of a rule or an optimizer; NaN for a schedule, None if there is none."""
    rate = getattr(declared, "learning_rate", None)
    return rate if rate is None or isinstance(rate, float) else float("nan")


def usual_policy(
    environment: Environment,
    rule: Rule | None = None,
    *,
    hidden: Sequence[int] | None = None,
    learning_rate: float | None = None,
    longest: int | None = None,
    discount: float | None = None,
) -> PolicyGradient:
    """Return a policy gradient with what usually suits an environment and a rule.

    Args:
        environment: The environment.
        rule: The rule. Default: backprop, which is REINFORCE.
        hidden: The number of units of each hidden layer. Default: none where observations are intensities, else 32.
        learning_rate: That of Adam, or of a rule with a step of its own.
        longest: The number of steps after which an episode is cut off. Default: that of the environment.
        discount: How much later rewards count.

    Raises:
        InvalidValue: If a learning rate is given for a rule that has none.

    Example:
        >>> from plastica.rewards import GridWorld
        >>> usual_policy(GridWorld(3, 3)).longest
        36
    """
    rule = Backprop() if rule is None else rule
    if hidden is None:
        hidden = () if environment.observes_intensities or not rule.needs_loss else (32,)
    if learning_rate is not None and not rule.needs_loss:
        require_rate(rule)
        rule = replace(rule, learning_rate=learning_rate)
    usual = 0.1 if environment.observes_intensities else 0.01
    return PolicyGradient(
        policy_for(environment, rule, hidden),
        environment,
        rule,
        Adam(usual if learning_rate is None else learning_rate),
        environment.usual_length if longest is None else longest,
        (0.99 if rule.needs_loss else 0.9) if discount is None else discount,
    )
