"""Forward-forward: two forward passes, one for what is so and one for what is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from .. import random
from ..activations import Sigmoid, Softmax
from ..declaration import declaration
from ..errors import InvalidValue
from ..layers.chain import Chain
from ..layers.layer import INFERENCE, Context, Layer, Params, State
from ..layers.sliding import check_choice
from ..losses import Objective
from ..optimizers import Adam, Optimizer
from ..schedules.checks import ABOVE_ZERO, require_numbers
from .backprop import warn_of_steps
from .chain import chain, learned_places
from .facts import Facts
from .goodness import each_row, goodness, normalised, one_hot_labels
from .local import require_steps_by_batch, require_units, row_shares, written
from .rule import Batch, Rule, Signal, loss_of, rule_key


@declaration
class ForwardForward(Rule):
    """Teach each layer to tell inputs with their true label from inputs with a wrong one, without sending errors back.

    For networks of classes in which no layer may know what those above it do. Each hidden layer's goodness G is the
    mean square of its activities. It is to be high for positive data (an input and its label) and low for negative data
    (the same input and a wrong label), by

        C = -log sigmoid(sharpness (G+ - G-))                                   for contrast="difference"
        C = -log p(G+) - log(1 - p(G-)),  p(G) = sigmoid(sharpness (G - threshold))    for contrast="threshold"

    Every layer follows the gradient of its own C and of nothing else. What it passes on is a / sqrt(G), of length 1 a
    unit, so that the next layer cannot read the goodness off the length but must find features of its own.

    The paper writes labels into the first pixels. Here a one-hot label is appended to the input, so that no feature is
    lost: a kernel ``(classes, units)`` adds to the first hidden layer's potential. It lives in the rule's memory, with
    an optimizer of its own. Below, a neutral label gives every class the same share.

    The last layer with parameters is the softmax that reads the last normalised activity out, under the neutral label;
    it follows its own gradient. In training loss and metrics are its, whatever ``answer`` says.

    Args:
        contrast: ``"difference"``, Lee and Song's, learned better in our trials on MNIST; or ``"threshold"``, Hinton's.
        sharpness: How fast the odds rise with goodness; 30 for the difference, 10 for the threshold learned best. As
            many as units would be the paper's sum of squares, which saturates early.
        threshold: Which mean square counts as even odds; 1 is where the normalised activity lies.
        negatives: How wrong labels are drawn: ``"hard"``, in proportion to what the read-out believes, as in the
            paper; or ``"random"``, all alike.
        answer: Where predictions come from: ``"goodness"``, one pass for each label, whose goodnesses over the hidden
            layers, summed and times ``sharpness``, are the answer's potential; ``"later_goodness"``, the same over all
            hidden layers but the first, as in the paper (of one hidden layer its own); or ``"readout"``, one pass, for
            speed. With labels beside the input the first layer's goodness helps: on 12,000 MNIST images, in 8 epochs,
            two hidden layers of 200 units are wrong on 7.0 % with it and on 7.7 % without.
        label_optimizer: What makes the steps of the label's kernel.

    Raises:
        InvalidValue: For numbers or words outside their range, or an optimizer that wants all rows at once.

    Reference:
        Hinton (2022), The forward-forward algorithm: some preliminary investigations, section 2, equation 1.
        Lee, Song (2023), SymBa: symmetric backpropagation-free contrastive learning with forward-forward algorithm
        for optimizing convergence.
    """

    facts: ClassVar[Facts | None] = Facts(
        "Hinton 2022",
        local=True,
        symmetric_weights=False,
        phases=2,
        global_error=False,
        notes={"local": "The goodness of a layer in both passes, one number per row, is sent to all its units."},
    )

    contrast: str = "difference"
    sharpness: float = 30.0
    threshold: float = 1.0
    negatives: str = "hard"
    answer: str = "goodness"
    label_optimizer: Optimizer = Adam()

    def __post_init__(self) -> None:
        require_numbers(self, {"threshold": ABOVE_ZERO, "sharpness": ABOVE_ZERO})
        check_choice("ForwardForward", "contrast", self.contrast, ("threshold", "difference"))
        check_choice("ForwardForward", "negatives", self.negatives, ("hard", "random"))
        check_choice("ForwardForward", "answer", self.answer, ("readout", "goodness", "later_goodness"))
        require_steps_by_batch(self, "label_optimizer")

    def own_rates(self) -> tuple[str, ...]:
        return written(self, "label_optimizer")

    def check(self, network: Layer, objective: Objective | None) -> None:
        if objective is None or not objective.at_potential or not _tells_classes_apart(network, objective):
            loss = "no loss" if objective is None else type(objective.loss).__name__
            raise InvalidValue(
                f"ForwardForward: got {loss} after the activation {network.output_activation!r}; it contrasts a label "
                'with wrong ones, so it needs classes. End the network in Dense(classes, "softmax") under '
                'sparse_categorical_crossentropy or categorical_crossentropy, or in Dense(1, "sigmoid") under '
                "binary_crossentropy."
            )
        warn_of_steps(network, below=False)

    def init(self, network: Layer, params: Params, key: jax.Array) -> Any:
        """Return the label's kernel and what its optimizer carries.

        Raises:
            InvalidValue: For a network without hidden layers, or with layers that are not units.
        """
        learned = learned_places(network, params)
        for place in learned:
            try:
                require_units(self, network.children[place])
            except InvalidValue as error:
                raise InvalidValue(f"layer {place}, {error}") from None
        kernels = [params[place]["kernel"] for place in learned]
        outputs = kernels[-1].shape[-1]
        if len(kernels) < 2:
            raise InvalidValue("ForwardForward: there is no hidden layer that could learn. Put Dense layers before it.")
        if outputs > 1 and isinstance(network.output_activation, Sigmoid):
            raise InvalidValue(
                f"ForwardForward: {outputs} sigmoid outputs are labels that may hold together; it needs one label a "
                'row. For exclusive classes end the network in Dense(classes, "softmax").'
            )
        label = random.normal(key, (max(outputs, 2), kernels[0].shape[-1])).astype(kernels[0].dtype)
        return {"label": label, "optimizer": self.label_optimizer.init(label)}

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
        links, label = chain(network, params), memory["label"]
        *parts, last = links.split(params)
        hidden = _hidden(links, params, state, context)
        heard, new_state = hidden.hear(parts[0], batch.x)
        activities, new_states = hidden.go_on(parts, heard + jnp.mean(label, 0), new_state)

        def read_out(own: Params) -> tuple[jax.Array, Any]:
            below = normalised(activities[-1])
            potential, last_state = links.links[-1].synapse(own, below, hidden.states[-1], hidden.contexts[-1])
            activity = network.activate(potential)
            return loss_of(objective, batch, potential, activity), (potential, activity, last_state)

        (loss, (potential, activity, last_state)), reading = jax.value_and_grad(read_out, has_aux=True)(last)
        true = one_hot_labels(batch.y, activity, len(label))
        wrong = self.wrong_labels(true, potential, rule_key(context))
        directions, label_direction = self.contrasts(hidden, parts, label, batch, (true, wrong))
        moved, kept = self.label_optimizer.update(label_direction, memory["optimizer"], label)
        direction, new_state = links.join((*directions, reading)), links.join((*new_states, last_state))
        return Signal(loss, direction, activity, new_state, {"label": moved, "optimizer": kept})

    def contrasts(
        self, hidden: _Hidden, parts: Sequence[Params], label: jax.Array, batch: Batch, labels: Sequence[jax.Array]
    ) -> tuple[list[Params], jax.Array]:
        """Return the gradient of each hidden layer's own C, and that of the label's kernel.

        The labels are the positive and the negative ones, each ``(batch, classes)``.
        """

        def first(own: Params, label: jax.Array) -> tuple[jax.Array, Any]:
            heard, _ = hidden.hear(own, batch.x)  # one product for both, since only labels differ
            answers = [hidden.speak(own, heard + each_row(each @ label, heard))[0] for each in labels]
            return self.contrast_of(answers, batch), answers

        def later(own: Params, place: int, below: Sequence[jax.Array]) -> tuple[jax.Array, Any]:
            answers = [hidden.answer(place, own, each)[0] for each in below]
            return self.contrast_of(answers, batch), answers

        (direction, label_direction), answers = jax.grad(first, (0, 1), has_aux=True)(parts[0], label)
        directions = [direction]
        for place in range(1, len(parts)):
            below = [normalised(each) for each in answers]
            direction, answers = jax.grad(later, has_aux=True)(parts[place], place, below)
            directions.append(direction)
        return directions, label_direction

    def contrast_of(self, answers: Sequence[jax.Array], batch: Batch) -> jax.Array:
        """Return C for a layer's activities under positive and under negative labels, the mean over rows."""
        positive, negative = (goodness(answer) for answer in answers)
        if self.contrast == "difference":
            values = jax.nn.softplus(-self.sharpness * (positive - negative))
        else:
            over, under = positive - self.threshold, negative - self.threshold
            values = jax.nn.softplus(-self.sharpness * over) + jax.nn.softplus(self.sharpness * under)
        return jnp.sum(row_shares(batch, values) * values)

    def wrong_labels(self, true: jax.Array, potential: jax.Array, key: jax.Array) -> jax.Array:
        """Return a label for each row that is not its own, ``(batch, classes)``, as the true ones come.

        The potential is the read-out's: log-probabilities, but for a constant.
        """
        # The largest of log-probability plus Gumbel noise is a draw from these. Half a step of the generator keeps the
        # noise off minus infinity, which only the true label may have.
        noise = -jnp.log(-jnp.log(random.uniform(key, true.shape) + 2.0**-25))
        belief = potential if self.negatives == "hard" and potential.shape == true.shape else 0.0
        drawn = jnp.argmax(jnp.where(true > 0, -jnp.inf, belief + noise.astype(true.dtype)), -1)
        return jax.nn.one_hot(drawn, true.shape[-1], dtype=true.dtype)

    def respond(
        self, network: Layer, params: Params, state: State, memory: Any, x: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        links = chain(network, params)
        *parts, last = links.split(params)
        hidden = _hidden(links, params, state, INFERENCE)
        heard, new_state = hidden.hear(parts[0], x)

        def under(label: jax.Array) -> list[jax.Array]:
            return hidden.go_on(parts, heard + label, new_state)[0]

        if self.answer == "readout":
            activities = under(jnp.mean(memory["label"], 0))
            potential, _ = links.links[-1].synapse(last, normalised(activities[-1]), hidden.states[-1], INFERENCE)
            return potential, network.activate(potential)
        heard_of = slice(1 if self.answer == "later_goodness" and len(parts) > 1 else 0, None)
        # One label after another: all at once would need room for (classes, batch, units).
        totals = jax.lax.map(lambda label: sum(map(goodness, under(label)[heard_of]), jnp.zeros(())), memory["label"])
        potential = self.sharpness * totals.T
        if isinstance(network.output_activation, Sigmoid):
            potential = potential[:, 1:] - potential[:, :1]
        return potential, network.activate(potential)


def _tells_classes_apart(network: Layer, objective: Objective) -> bool:
    """Return whether the last activation answers with one class, or with yes or no, as the targets have it."""
    meaning, activation = objective.loss.meaning, network.output_activation
    return (isinstance(activation, Softmax) and meaning.exclusive) or (
        isinstance(activation, Sigmoid) and meaning.targets.binary
    )


class _Hidden(NamedTuple):
    """The hidden links of a chain; the first is cut behind the synapse that labels add to."""

    links: Sequence[Layer]
    cut: int
    states: Sequence[State]
    contexts: Sequence[Context]

    def hear(self, own: Params, x: jax.Array) -> tuple[jax.Array, State]:
        """Return the potential of the first layer that learns, without a label."""
        head = self.links[0].span(slice(self.cut))
        return head.synapse(own[: self.cut], x, self.states[0][: self.cut], self.contexts[0])

    def speak(self, own: Params, potential: jax.Array) -> tuple[jax.Array, State]:
        """Return the first link's activity for its potential with a label."""
        first = self.links[0]
        activity, tail = first.children[self.cut - 1].activate(potential), first.span(slice(self.cut, None))
        context = self.contexts[0]._replace(first=self.contexts[0].first + self.cut)
        return tail.apply(own[self.cut :], activity, self.states[0][self.cut :], context)

    def answer(self, place: int, own: Params, below: jax.Array) -> tuple[jax.Array, State]:
        """Return a later link's activity for the normalised activity below it."""
        return self.links[place].apply(own, below, self.states[place], self.contexts[place])

    def go_on(
        self, parts: Sequence[Params], potential: jax.Array, heard_state: State
    ) -> tuple[list[jax.Array], list[State]]:
        """Return every hidden link's activity and new state, from the first one's potential on."""
        activity, spoken_state = self.speak(parts[0], potential)
        activities, states = [activity], [(*heard_state, *spoken_state)]
        for place in range(1, len(parts)):
            activity, new_state = self.answer(place, parts[place], normalised(activity))
            activities.append(activity)
            states.append(new_state)
        return activities, states


def _hidden(links: Chain, params: Params, state: State, context: Context) -> _Hidden:
    cut = learned_places(links.links[0], params[links.places[0]])[0] + 1
    return _Hidden(links.links, cut, links.split(state), links.contexts(context))
