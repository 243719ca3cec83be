"""LoopDoctor: the doctor for a training loop of your own, in PyTorch, JAX or NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..activations import Activation, ActivationLike, get
from ..checks.findings import Finding, observed
from ..errors import InvalidValue
from ..model.diagnosis import Diagnosis, finding_lines
from ..notes import Note, note
from ..populations.sharpness import largest_eigenvalue
from ..training.callbacks import say
from .array_looks import SLOPES, look_from_arrays, plain
from .curves import FEWEST as FEWEST_EPOCHS
from .curves import curve_findings
from .judging import LookJudge
from .looks import StepLook
from .rates import PRODUCTS, RateBound, rate_above_bound
from .signal import always_clipped
from .sources import DEFINITION
from .units import FEWEST_ROWS

LayerArrays = Mapping[str, object]


class LoopDoctor:
    """Judges a training loop of your own by the arrays that it hands in, as ``fit(doctor=True)`` judges plastica's.

    When to use: the network is trained by PyTorch, JAX, NumPy or anything else. Hand in what the loop has: arrays by
    layer for some of the steps (every fiftieth is enough), and after each epoch its losses. Findings, thresholds and
    texts are those of :class:`Doctor`. What is not handed in is not judged, and ``diagnosis.unjudged`` says so.

    Attributes:
        looks: What was measured, the newest last.
        losses: The losses of the epochs by name.

    Args:
        layers: The activation of each layer by a name of its own, in the order of the forward pass:
            ``{"conv1": "relu", "head": "linear"}``; None for activations that plastica does not know. The last layer is
            the output: its units may be constant.
        rate: The learning rate, which remedies scale; ``doctor.rate = 0.01`` if it changes.
        chance: The loss of the best constant answer: the entropy of the classes (log K for K equally frequent ones) or
            the variance of the targets. Whether a network has learned anything is judged by it.
        clip: The norm to which the loop clips gradients, if it does.
        unit_axis: The axis of the units in activities: -1, or 1 for PyTorch's images ``(rows, channels, ...)``.
        verbose: Whether to print findings as they arise.

    Raises:
        InvalidValue: If there are no layers, or a number is not one that it can be.
        UnknownName: If there is no such activation.

    Example:
        >>> import numpy as np
        >>> doctor = LoopDoctor({"hidden": "relu", "output": "linear"}, rate=0.1, verbose=False)
        >>> hidden = np.zeros((64, 10))  # of a layer whose units are all dead
        >>> for step in (0, 50):
        ...     found = doctor.look(step, 1.0, activities={"hidden": hidden})
        >>> found[0].code, found[0].where, doctor.diagnosis.is_healthy
        ('dead_units', 'hidden', False)
    """

    def __init__(
        self,
        layers: Mapping[str, ActivationLike | None],
        *,
        rate: float | None = None,
        chance: float | None = None,
        clip: float | None = None,
        unit_axis: int = -1,
        verbose: bool = True,
    ) -> None:
        if not isinstance(layers, Mapping) or not layers:
            raise InvalidValue(
                f"LoopDoctor(layers={layers!r}): give the activation of each layer by name, in order: "
                '{"hidden": "relu", "output": "linear"}.'
            )
        for name, value in (("rate", rate), ("chance", chance), ("clip", clip)):
            if value is not None and not value > 0:
                raise InvalidValue(f"LoopDoctor({name}={value!r}): give a number above 0, or leave it out.")
        self.layers: dict[str, Activation | None] = {
            str(name): None if each is None else get(each) for name, each in layers.items()
        }
        self.rate, self.chance, self.clip, self.unit_axis, self.verbose = rate, chance, clip, unit_axis, verbose
        self.losses: dict[str, list[float]] = {}
        self._judge = LookJudge()
        self._given: set[str] = set()
        self._measures: dict[str, object] = {}

    @property
    def looks(self) -> list[StepLook]:
        """What was measured, the newest last."""
        return self._judge.looks

    def look(
        self,
        step: int,
        loss: object,
        *,
        activities: LayerArrays | None = None,
        errors: LayerArrays | None = None,
        gradients: LayerArrays | None = None,
        weights: LayerArrays | None = None,
        updates: LayerArrays | None = None,
        loss_at: Callable[[float], object] | None = None,
    ) -> list[Finding]:
        r"""Judge a step from its arrays by layer, and return what is new.

        Arrays are NumPy's or JAX's, or tensors of PyTorch on any device; a layer may have several (a kernel and a bias)
        in a list, a tuple or a dict.

        Args:
            step: The number of steps made before.
            loss: The loss of the batch.
            activities: The output of each layer, ``(rows, ..., units)``: dead and saturated units.
            errors: The derivative of the loss by the potential of each layer, :math:`\partial C / \partial z`:
                vanishing and exploding gradients. Default: the gradients of its parameters, which tell about as much.
            gradients: The gradients of the parameters of each layer, before they are clipped.
            weights: The parameters of each layer before the step.
            updates: What the step added to them: how far a step goes.
            loss_at: A function that returns the loss of the same batch with weights + length * update; called with the
                lengths 0, 0.1, 1, 10 and 100: whether the learning rate is too large or too small.

        Raises:
            InvalidValue: If a layer is unknown, shapes do not agree, or the step is not behind the last one.
            DataError: If an array is none.
        """
        if self.looks and step <= self.looks[-1].step:
            raise InvalidValue(
                f"look({step!r}, ...): the last look was at step {self.looks[-1].step}; steps only rise."
            )
        given = {
            "activities": activities,
            "errors": errors,
            "gradients": gradients,
            "weights": weights,
            "updates": updates,
        }
        self._given |= {kind for kind, arrays in given.items() if arrays} | ({"loss_at"} if loss_at else set())
        value = float(plain(loss, "loss").reshape(()))
        look, lost = look_from_arrays(int(step), value, self.layers, given, loss_at, self.unit_axis)
        lost = lost if math.isfinite(value) else ["loss", *lost]
        return self._told([*_not_finite(lost[:1]), *self._judge.judge(look, self.rate, self.chance)])

    def epoch(self, **losses: object) -> None:
        """Record the losses of an epoch, each a number: ``doctor.epoch(loss=0.7, val_loss=0.8)``.

        Args:
            losses: The training loss as ``loss``, that of held-out rows as ``val_loss``.

        Raises:
            InvalidValue: If there is no loss.
        """
        if "loss" not in losses:
            raise InvalidValue(f"epoch({', '.join(losses)}): give the training loss, epoch(loss=...).")
        for name, value in losses.items():
            self.losses.setdefault(name, []).append(float(plain(value, name).reshape(())))

    def check_rate(self, product: Callable[[np.ndarray], object], size: int) -> list[Finding]:
        r"""Compare the learning rate of gradient descent with the bound 2 / lambda_max, and return what is new.

        Args:
            product: Returns the Hessian of the loss times a vector ``(size,)``, as ``torch.autograd.functional.hvp``
                and ``jax.jvp`` of a gradient do; called at most 20 times.
            size: The number of parameters.

        Raises:
            InvalidValue: If the doctor has no rate, or the products are not finite.
        """
        if self.rate is None:
            raise InvalidValue("check_rate: this doctor knows no learning rate; give LoopDoctor(rate=...).")

        def as_float64(vector: np.ndarray) -> np.ndarray:
            return plain(product(vector), "product").astype(np.float64).reshape(-1)

        start = np.random.default_rng(0).normal(size=size)
        curvature = largest_eigenvalue(as_float64, start, min(PRODUCTS, size))
        if not math.isfinite(curvature):
            raise InvalidValue("check_rate: the second derivatives of the loss are not finite at these weights.")
        self._measures |= {"sharpness": curvature}
        return self._told(
            list(rate_above_bound(RateBound(self.rate, 2 / curvature, curvature) if curvature > 0 else None))
        )

    @property
    def diagnosis(self) -> Diagnosis:
        """What was found so far, and what could not be judged."""
        curves = curve_findings(self.losses, self.chance) if self.losses else []
        clipped = always_clipped(self.looks, self.clip)
        self._judge.keep([*curves, *clipped])
        looks = [look.to_dict() for look in self.looks]
        measures = {"looks": looks, "chance": self.chance, "losses": self.losses, **self._measures}
        return Diagnosis.of([*self._judge.found.values()], list(self._unjudged()), measures)

    def __repr__(self) -> str:
        """Show how much was handed in, and what was found."""
        epochs = len(self.losses.get("loss", []))
        return f"<LoopDoctor: {len(self.looks)} looks, {epochs} epochs; {', '.join(self.diagnosis.codes) or 'healthy'}>"

    def _told(self, found: Sequence[Finding]) -> list[Finding]:
        """Keep findings, print those that are new, and return them."""
        new = self._judge.keep(found)
        for each in new if self.verbose else ():
            for line in finding_lines(each):
                step = self.looks[-1].step if self.looks else 0
                say(line if line.startswith(" ") else note("doctor.line", step=step, said=line).said())
        return new

    def _unjudged(self) -> list[Note]:
        found = [
            note(f"doctor.without_{kind}") for kind in ("activities", "updates", "loss_at") if kind not in self._given
        ]
        if not self._given & {"errors", "gradients"}:
            found.append(note("doctor.without_gradients"))
        hidden = list(self.layers.items())[:-1]
        unknown = [name for name, each in hidden if each is None or (each.name not in SLOPES and _is_flat(each))]
        if unknown and "activities" in self._given:
            found.append(note("doctor.unknown_activation", layers=", ".join(unknown)))
        rows = max((look.rows for look in self.looks), default=0)
        if 0 < rows < FEWEST_ROWS:
            found.append(note("doctor.few_rows", count=rows))
        epochs = len(self.losses.get("loss", []))
        if epochs < FEWEST_EPOCHS:
            found.append(note("doctor.few_epochs", count=epochs))
        if self.chance is None:
            found.append(note("doctor.without_chance"))
        if "val_loss" not in self.losses:
            found.append(note("doctor.without_val_loss"))
        return found


def _is_flat(activation: Activation) -> bool:
    """Return whether an activation has an end at which units may stay."""
    return any(map(math.isfinite, activation.output_range))


def _not_finite(places: Sequence[str]) -> list[Finding]:
    remedy = "global_clipnorm=1.0"
    return [observed("not_finite", "serious", where=each, source=DEFINITION, remedy=remedy) for each in places]
