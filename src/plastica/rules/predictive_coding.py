"""Predictive coding: activities relax between predictions from below and above, then the weights learn."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, Literal, get_args

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..layers.chain import Chain
from ..layers.layer import Context, Layer, Params, Record, State
from ..losses import Objective
from ..random import Key
from ..schedules.checks import ABOVE_ZERO, require_numbers
from ..typing import Memory
from .backprop import send_back, warn_of_steps
from .chain import chain
from .coding import Settling, descend, energies, energies_from, passed, predicted, send_error
from .depth import FEWEST_STEPS, MISSING, passed_on, passing, spreading, steps_to_spread, warn_of_depth
from .energy import BoundLink, bind, cut_at_activities, run, unchanging
from .facts import RECURRENT, Facts, FactsOf
from .junction import Form, in_the_rows_above
from .local import row_shares
from .rule import Batch, Rule, Signal, loss_of

Inference = Literal["relaxed", "fixed_prediction", "zero_divergence"]

_BOTH_WAYS = "A connection works in both directions, or two connections change identically."
_CLOCK = "with a clock for each layer"
_FACTS: dict[str, Facts] = {
    "relaxed": Facts(
        "Whittington, Bogacz 2017",
        local=True,
        symmetric_weights=True,
        phases=2,
        global_error=False,
        notes={"local": RECURRENT, "symmetric_weights": _BOTH_WAYS},
    ),
    "fixed_prediction": Facts(
        "Millidge, Tschantz, Buckley 2022",
        local=_CLOCK,
        symmetric_weights=True,
        phases=3,
        global_error=False,
        notes={
            "local": "Each layer must know when the forward pass reaches it, to hold its prediction and its slope "
            "while "
            f"errors settle. {RECURRENT}",
            "symmetric_weights": _BOTH_WAYS,
        },
    ),
    "zero_divergence": Facts(
        "Song, Lukasiewicz, Xu, Bogacz 2020",
        local=_CLOCK,
        symmetric_weights=True,
        phases=2,
        global_error=False,
        notes={
            "local": f"Each layer must learn in exactly the step in which the error first reaches it. {RECURRENT}",
            "symmetric_weights": _BOTH_WAYS,
            "phases": "The second phase has one step per layer.",
        },
    ),
}


@declaration
class PredictiveCoding(Rule):
    """Predictive coding: activities relax between predictions from below and the next layer, then weights learn.

    When to use: to study learning without separate errors. A weight changes by the values at its two ends: the activity
    below and the prediction error above. It is defined for every layer in a sequence and for any loss.

    With a_l the activities, a_0 the input, f_l the function of link l (a learned layer and the layers without
    parameters around it) and C the loss, the energy of each row is

        F = sum_(l=1)^(L-1) 1/2 |e_l|^2 + C(f_L(a_(L-1)), y),    e_l = a_l - f_l(a_(l-1))

    C = 1/2 |y - a_L|^2 is the Gaussian output of the paper. From the forward pass, where all errors are 0, the
    activities descend the energy. Then the direction is its gradient with respect to the parameters, the mean over the
    rows:

        da_l = step_size * (J_(l+1)' e_(l+1) - e_l),    dF/dW_l = -(e_l * f_l'(z_l)) a_(l-1)'

    where J is the derivative of f with respect to its input, W' diag(f'(z)) for units, and J_L' e_L stands for
    -dC/da_(L-1).

    ``inference`` chooses between three forms:

    - ``"relaxed"``: as above; predictions follow the activities. The direction differs from that of backprop.
    - ``"fixed_prediction"``: predictions and derivatives stay those of the forward pass. The errors e_l then converge
      to -dC/da_l, those of backprop. At d links below the last, the fraction P(fewer than d of ``steps`` trials
      succeed) is still missing, where ``step_size`` is the probability of success.
    - ``"zero_divergence"`` (Z-IL): relaxed with step size 1, but each link learns at the one step when the error first
      reaches it: link L at once, link L-1 after one step, and so on. Nothing below has changed by then, so the step is
      exactly e_l = J_(l+1)' e_(l+1) and the direction exactly that of backprop; ``steps`` and ``step_size`` do not
      matter.

    Nodes are activities here, as in Millidge et al., so that a link may contain pooling and dropout. In Whittington and
    Bogacz and in Song et al., nodes are the values before the nonlinearity, x_l with the prediction W f(x_(l-1)), as
    with ``form="potentials"``:

        eps_l = x_l - W_l f(x_(l-1)),    dx_l = step_size * (f'(x_l) * (W_(l+1)' eps_(l+1)) - eps_l)
        dF/dW_l = -eps_l f(x_(l-1))'

    The direction above has an additional factor f'(z_l). With ``"relaxed"`` the two forms differ by about 5 to 20
    degrees. With fixed predictions and in Z-IL both are the gradient, because f' and W are those of the forward pass.

    With ``"relaxed"``, errors diffuse over the links like heat in a rod: with the default steps, the direction in the
    first of 3 layers has 0.4 of the size of that of backprop, of 8 layers 0.05, of 16 layers 0.0015. Optimizers that
    divide by the size of the direction, such as Adam, compensate for that; plain SGD needs many more steps.

    Args:
        inference: One of the three forms.
        steps: The number of steps for the activities to relax; information propagates one link per step. None adapts it
            to the depth, d links from the first learned layer to the last. Relaxed: 2 + d / step_size, at least 12
            (which is as accurate on digits as 20 steps of size 0.1), times d / 16 beyond 16 links. With fixed
            predictions: until 1e-6 of the first error is missing, which is nothing in single precision. If most of the
            error does not arrive within the given number, a warning says how much does.
        step_size: The step size. If the energy of a row would rise, the row stays in place and halves its step size for
            this batch: as weights grow, the largest stable step size falls to about 2 / (1 + s^2), where s is the
            largest singular value of any J.
        form: Whether the nodes that relax are ``"activities"`` or ``"potentials"``; it matters for ``"relaxed"``.

    Raises:
        InvalidValue: If a choice is unknown, ``steps`` is below 1, or the step size is not above 0.

    Example:
        >>> import plastica as pl
        >>> model = pl.Sequential([pl.Dense(8, activation="tanh"), pl.Dense(3, activation="softmax")])
        >>> model.compile(rule="predictive_coding", loss="sparse_categorical_crossentropy")

    Reference:
        J. C. R. Whittington, R. Bogacz, 2017, An approximation of the error backpropagation algorithm in a predictive
        coding network with local Hebbian synaptic plasticity, eq. 2.5 to 2.19 (the form in potentials).
        B. Millidge, A. Tschantz, C. L. Buckley, 2022, Predictive coding approximates backprop along arbitrary
        computation graphs, section 3.
        Y. Song, T. Lukasiewicz, Z. Xu, R. Bogacz, 2020, Can the brain do backpropagation? Exact implementation of
        backpropagation in predictive coding networks, algorithm 2.
    """

    facts: ClassVar[FactsOf] = FactsOf(lambda rule: _FACTS[rule.inference])  # pyright: ignore[reportIncompatibleVariableOverride]

    inference: Inference = "relaxed"
    steps: int | None = None
    step_size: float = 0.2
    form: Form = "activities"

    def __post_init__(self) -> None:
        for name, known in (("inference", get_args(Inference)), ("form", get_args(Form))):
            if (value := getattr(self, name)) not in known:
                raise InvalidValue(f"PredictiveCoding({name}={value!r}): expected one of {', '.join(known)}.")
        if self.steps is not None and self.steps < 1:
            raise InvalidValue(f"PredictiveCoding(steps={self.steps!r}): expected at least 1 step.")
        require_numbers(self, {"step_size": ABOVE_ZERO})

    def check(self, network: Layer, objective: Objective | None) -> None:
        warn_of_steps(network)

    def init(self, network: Layer, params: Params, key: Key) -> Memory:
        """Return no memory; warn if the given number of steps is too small for the depth."""
        distance = len(self.cut(network, params).links) - 1
        far = {"relaxed": spreading, "fixed_prediction": passing}.get(self.inference)
        if far is not None and distance > 0 and self.steps is not None and jnp.ndim(self.step_size) == 0:
            own = f"PredictiveCoding(inference={self.inference!r}, steps={self.steps}, step_size={self.step_size:g})"
            warn_of_depth(own, far(self.steps, float(self.step_size), distance), distance)
        return ()

    def cut(self, network: Layer, params: Params) -> Chain:
        """Return the links; if nodes are potentials, a link ends with its nonlinearity."""
        return (chain if self.form == "activities" else cut_at_activities)(network, params)

    def signal(
        self,
        network: Layer,
        params: Params,
        state: State,
        memory: Memory,
        batch: Batch,
        objective: Objective,
        context: Context,
    ) -> Signal:
        cut = self.cut(network, params)
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
        self, parts: Sequence[BoundLink], records: Sequence[Record], batch: Batch, objective: Objective
    ) -> tuple[Array, ...]:
        """Return the hidden nodes, each ``(batch, ...)``, after their descent of the energy from the forward pass."""
        nodes = tuple(predicted(record, self.form) for record in records[:-1])
        if not nodes:
            return ()
        steps = steps_to_spread(self.step_size, len(nodes)) if self.steps is None else self.steps
        # The prediction of the first node from the input is constant and usually the largest product: computed once.
        prediction = nodes[0]
        descent = partial(energies, parts, prediction, batch, objective, form=self.form)
        first = in_the_rows_above(parts, prediction, records[1].potential, self.steps or FEWEST_STEPS, self.form)
        if first is not None:
            nodes = (jnp.zeros_like(first.resting), *nodes[1:])
            descent = partial(energies_from, parts, first.meet, batch, objective)
        found = descent(nodes)
        start = Settling(nodes, found, jnp.full_like(found.rows, self.step_size))
        nodes = jax.lax.fori_loop(0, steps, lambda _, now: descend(now, descent), start).nodes
        return nodes if first is None else (first.written_out(prediction, nodes[0]), *nodes[1:])

    def _learn_relaxed(
        self, parts: Sequence[BoundLink], records: Sequence[Record], batch: Batch, objective: Objective
    ) -> list[Params]:
        nodes = self.settle(parts, records, batch, objective)
        gradients, below = [], batch.x
        for part, node in zip(parts, nodes, strict=False):
            record = part.record(below)
            # Nodes relaxed without the weights of rows, which enter only here, where directions of rows are averaged.
            error = row_shares(batch, node) * (node - predicted(record, self.form))
            gradients.append(send_error(part, record, -error, self.form).gradient)
            below = passed(part, node, self.form)
        record = parts[-1].record(below)
        return [*gradients, send_back(parts[-1].link, record, batch, objective)[1].gradient]

    def _learn_beside_fixed_predictions(
        self, parts: Sequence[BoundLink], records: Sequence[Record], batch: Batch, objective: Objective
    ) -> list[Params]:
        end = send_back(parts[-1].link, records[-1], batch, objective)[1]
        pace = unchanging(self.step_size, end.input_delta)
        inner = list(zip(parts, records, strict=True))[1:-1]

        def step(errors: tuple[Array, ...]) -> tuple[Array, ...]:
            wanted = [part.pull(record, above) for (part, record), above in zip(inner, errors[1:], strict=True)]
            # The errors of each row already include its weight in the mean, in which everything else is linear.
            return tuple(e + pace * (want - e) for e, want in zip(errors, (*wanted, -end.input_delta), strict=True))

        if len(parts) == 1:
            return [end.gradient]
        start = tuple(jnp.zeros_like(record.activity) for record in records[:-1])
        if self.steps is None:
            # The missing share of each error follows from step size and depth alone, so that the loop stops without
            # looking at the errors.
            left = [unchanging(1.0, pace)] * len(start)
            errors, _ = jax.lax.while_loop(
                lambda now: now[1][0] > MISSING, lambda now: (step(now[0]), passed_on(now[1], pace)), (start, left)
            )
        else:
            errors = jax.lax.fori_loop(0, self.steps, lambda _, errors: step(errors), start)
        hidden = zip(parts, records, errors, strict=False)
        return [*(part.link.backward(record, -error).gradient for part, record, error in hidden), end.gradient]


def _learn_as_the_error_arrives(
    parts: Sequence[BoundLink], records: Sequence[Record], batch: Batch, objective: Objective
) -> list[Params]:
    errors = [send_back(parts[-1].link, records[-1], batch, objective)[1]]
    # One link per step. Changes in the links above after their own step have no effect and are not computed.
    for part, record in zip(reversed(parts[:-1]), reversed(records[:-1]), strict=True):
        errors.insert(0, part.link.backward(record, errors[0].input_delta))
    return [error.gradient for error in errors]
