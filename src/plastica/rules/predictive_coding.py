"""Predictive coding: activities settle between what is predicted of them and what they predict; then weights learn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar, Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp

from ..declaration import declaration
from ..errors import InvalidValue
from ..layers.layer import Context, Layer, Params, Record, State
from ..losses import Objective
from ..optimizers import Adam, Optimizer
from ..schedules.checks import ABOVE_ZERO, require_numbers
from .backprop import send_back, warn_of_steps
from .chain import chain
from .energy import Part, bind, row_losses, run, unchanging
from .local import like_rows, row_shares
from .rule import Batch, Facts, Rule, Signal, loss_of

Inference = Literal["relaxed", "fixed_prediction", "zero_divergence"]


@declaration
class PredictiveCoding(Rule):
    """Let every layer's activity settle between its own prediction and the next layer's, then learn locally.

    For learning without an error that travels: a weight changes by what its two ends hold, the activity below and the
    prediction error above. Defined for every layer in a sequence; what the output is to do is said by any loss.

    With a_l the activities, a_0 the input, f_l what link l (a learned layer with those without parameters around it)
    makes of the one below and C the loss, each row has the energy

        F = sum_(l=1)^(L-1) 1/2 |e_l|^2 + C(f_L(a_(L-1)), y),    e_l = a_l - f_l(a_(l-1))

    C = 1/2 |y - a_L|^2 is the paper's Gaussian output. From the forward pass on, where all errors are 0, activities
    descend the energy, and then the direction is its gradient at the parameters, the mean over rows:

        da_l = step_size * (J_(l+1)' e_(l+1) - e_l),    dF/dW_l = -(e_l * f_l'(z_l)) a_(l-1)'

    where J is the derivative of f at the input, W' diag(f'(z)) for units, and J_L' e_L stands for -dC/da_(L-1).

    ``inference`` says how:

    - ``"relaxed"``: as above; predictions follow the activities. The weights' direction is not backprop's.
    - ``"fixed_prediction"``: predictions and derivatives stay those of the forward pass. Errors then tend to
      backprop's, e_l to -dC/da_l, and are there to 1e-5 after about 30 steps of 0.5 for 3 layers.
    - ``"zero_divergence"`` (Z-IL): relaxed with step size 1, but each link learns at the one step when the error
      first reaches it: link L at once, link L-1 after one step, and so on. Nothing below has moved by then, so the step
      is exactly e_l = J_(l+1)' e_(l+1), the direction exactly backprop's, and ``steps`` and ``step_size`` have no say.

    Song et al. write their nodes before the non-linearity: x_l with prediction W f(x). Here nodes are activities,
    so that pooling and dropout may stand within a link; their error is ours times f'(z). Both forms are exact in Z-IL,
    for the same reason: f' and W are those of the forward pass at the one step when they count.

    Args:
        inference: Which of the three.
        steps: How many steps activities settle for; information goes one layer down in each. With 12 of size 0.2
            handwritten digits are learned as well as with 20 of 0.1, in half the time.
        step_size: How far a step goes. Where a row's energy would rise, the row stays and halves its own step size for
            this batch, for as weights grow a stable step shrinks to about 2 / (1 + s^2), s the largest singular value
            of a J.

    Raises:
        InvalidValue: For another word, less than one step, or a step size that is not above 0.

    Example:
        >>> import plastica as pl
        >>> model = pl.Sequential([pl.Dense(8, activation="tanh"), pl.Dense(3, activation="softmax")])
        >>> model.compile(rule="predictive_coding", loss="sparse_categorical_crossentropy")

    Reference:
        Whittington, Bogacz (2017), An approximation of the error backpropagation algorithm in a predictive coding
        network with local Hebbian synaptic plasticity, equations 2.5 to 2.19. Millidge, Tschantz, Buckley (2022),
        Predictive coding approximates backprop along arbitrary computation graphs, section 3. Song, Lukasiewicz, Xu,
        Bogacz (2020), Can the brain do backpropagation? Exact implementation of backpropagation in predictive coding
        networks, algorithm 2.
    """

    facts: ClassVar[Facts | None] = Facts(
        "Whittington, Bogacz 2017", local=True, symmetric_weights=True, phases=2, global_error=False
    )
    usual_optimizer: ClassVar[Optimizer] = Adam()

    inference: Inference = "relaxed"
    steps: int = 12
    step_size: float = 0.2

    def __post_init__(self) -> None:
        if self.inference not in get_args(Inference):
            raise InvalidValue(
                f"PredictiveCoding(inference={self.inference!r}): inference is one of {', '.join(get_args(Inference))}."
            )
        if self.steps < 1:
            raise InvalidValue(f"PredictiveCoding(steps={self.steps!r}): activities need at least 1 step to settle.")
        require_numbers(self, {"step_size": ABOVE_ZERO})

    def check(self, network: Layer, objective: Objective | None) -> None:
        warn_of_steps(network)

    def signal(
        self,
        network: Layer,
        params: Params,
        state: State,
        memory: Any,
        batch: Batch,
        objective: Objective,
        context: Context,
    ) -> Signal:
        cut = chain(network, params)
        parts = bind(cut, params, state, context)
        records, states = run(parts, batch.x)
        loss = loss_of(objective, batch, records[-1].potential, records[-1].activity)
        learn = {
            "relaxed": self._learn_relaxed,
            "fixed_prediction": self._learn_beside_fixed_predictions,
            "zero_divergence": _learn_as_the_error_arrives,
        }[self.inference]
        gradients = learn(parts, records, batch, objective)
        return Signal(loss, cut.join(gradients), records[-1].activity, cut.join(states), memory)

    def settle(
        self, parts: Sequence[Part], records: Sequence[Record], batch: Batch, objective: Objective
    ) -> tuple[jax.Array, ...]:
        """Return the hidden activities, each ``(batch, ...)``, that have descended the energy from a forward pass."""
        nodes = tuple(record.activity for record in records[:-1])
        if not nodes:
            return ()
        # What the input predicts of the first layer stays as it is, and is by far the largest product.
        descent = partial(energies, parts, nodes[0], batch, objective)
        first = descent(nodes)
        start = Settling(nodes, first, jnp.full_like(first.rows, self.step_size))
        return jax.lax.fori_loop(0, self.steps, lambda _, now: _descend(now, descent), start).nodes

    def _learn_relaxed(
        self, parts: Sequence[Part], records: Sequence[Record], batch: Batch, objective: Objective
    ) -> list[Params]:
        nodes = self.settle(parts, records, batch, objective)
        gradients = []
        for part, below, node in zip(parts, (batch.x, *nodes), nodes, strict=False):
            record = part.record(below)
            error = row_shares(batch, node) * (node - record.activity)
            gradients.append(part.link.backward(record, -error).gradient)
        record = parts[-1].record(nodes[-1] if nodes else batch.x)
        return [*gradients, send_back(parts[-1].link, record, batch, objective)[1].gradient]

    def _learn_beside_fixed_predictions(
        self, parts: Sequence[Part], records: Sequence[Record], batch: Batch, objective: Objective
    ) -> list[Params]:
        end = send_back(parts[-1].link, records[-1], batch, objective)[1]
        pace = unchanging(self.step_size, end.input_delta)
        inner = list(zip(parts, records, strict=True))[1:-1]

        def step(_: Any, errors: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
            wanted = [part.pull(record, above) for (part, record), above in zip(inner, errors[1:], strict=True)]
            # Each row's loss enters by its share of the mean; all else is linear in it.
            return tuple(e + pace * (want - e) for e, want in zip(errors, (*wanted, -end.input_delta), strict=True))

        if len(parts) == 1:
            return [end.gradient]
        start = tuple(jnp.zeros_like(record.activity) for record in records[:-1])
        errors = jax.lax.fori_loop(0, self.steps, step, start)
        hidden = zip(parts, records, errors, strict=False)
        return [*(part.link.backward(record, -error).gradient for part, record, error in hidden), end.gradient]


def _learn_as_the_error_arrives(
    parts: Sequence[Part], records: Sequence[Record], batch: Batch, objective: Objective
) -> list[Params]:
    errors = [send_back(parts[-1].link, records[-1], batch, objective)[1]]
    # One link a step: what those above do after their own step is never asked for again, so it is not computed.
    for part, record in zip(reversed(parts[:-1]), reversed(records[:-1]), strict=True):
        errors.insert(0, part.link.backward(record, errors[0].input_delta))
    return [error.gradient for error in errors]


class Energies(NamedTuple):
    """The energy of hidden activities.

    Attributes:
        rows: Each row's energy F, ``(batch,)``.
        slopes: dF/da for every hidden activity, each ``(batch, ...)``.
    """

    rows: jax.Array
    slopes: tuple[jax.Array, ...]


class Settling(NamedTuple):
    """Where the hidden activities of a batch stand, and each row's step size, ``(batch,)``."""

    nodes: tuple[jax.Array, ...]
    energies: Energies
    pace: jax.Array


def energies(
    parts: Sequence[Part],
    first_prediction: jax.Array,
    batch: Batch,
    objective: Objective,
    nodes: Sequence[jax.Array],
) -> Energies:
    """Return the energy of each row, and its slopes.

    Args:
        parts: The links.
        first_prediction: What the input predicts of the first hidden activity, ``(batch, ...)``.
        batch: Inputs and targets.
        objective: What the output is to do.
        nodes: The hidden activities, each ``(batch, ...)``.
    """
    error = nodes[0] - first_prediction
    rows, slopes = _half_squares(error), []
    for part, node, above in zip(parts[1:-1], nodes[:-1], nodes[1:], strict=True):
        record = part.record(node)
        error_above = above - record.activity
        rows += _half_squares(error_above)
        slopes.append(error - part.pull(record, error_above))
        error = error_above
    losses, slope = row_losses(parts[-1], nodes[-1], batch, objective)
    return Energies(rows + losses, (*slopes, error + slope))


def _descend(now: Settling, descent: Callable[[tuple[jax.Array, ...]], Energies]) -> Settling:
    """Make a step; a row whose energy would rise stays where it is and halves its step size."""
    nodes = tuple(a - like_rows(now.pace, a) * slope for a, slope in zip(now.nodes, now.energies.slopes, strict=True))
    found = descent(nodes)
    # Near rest the energy changes by less than its rounding, which says nothing about the step.
    rounding = 8 * jnp.finfo(found.rows.dtype).eps * jnp.abs(now.energies.rows)
    falls = found.rows <= now.energies.rows + rounding
    nodes, found = jax.tree.map(
        lambda new, old: jnp.where(like_rows(falls, new), new, old), (nodes, found), (now.nodes, now.energies)
    )
    return Settling(nodes, found, jnp.where(falls, now.pace, now.pace / 2))


def _half_squares(error: jax.Array) -> jax.Array:
    return 0.5 * jnp.sum(error * error, tuple(range(1, error.ndim)))
