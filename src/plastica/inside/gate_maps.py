"""What layers that remember or attend do at every step: gates, states, attention."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jax
import numpy as np

from ..data.spacing import spaced
from ..errors import InvalidValue, UnknownName
from ..language import WORDS
from ..model import LayerTrace, Model
from ..model.options import whole
from ..notes import note
from ..typing import Float
from .activities import opened
from .look import SAY, InsideView, model_with_layers

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

ROWS = 200
GATES = ("input", "forget", "update", "reset", "output")
ATTENTION, ATTENTION_WEIGHTS = "attention", "attention weights"
SHUT, OPEN = 0.05, 0.95  # as in the doctor


@dataclass(frozen=True, eq=False, repr=False)
class GateMap(InsideView):
    """The gates and states of a layer at every step, or how much attention each step receives.

    Attributes:
        layer: The path of the layer.
        quantities: By name, such as "forget" or "cell", the mean over rows, ``(steps, units)``; of a layer with
            attention "attention", the mean weight that each step receives, ``(steps, heads)``. ``"pre"`` are the
            inputs.
        rows: The number of rows of the mean.
        first: The number of the first step; -168 if 168 steps end before the first that is forecast.
    """

    layer: str
    quantities: dict[str, Float[np.ndarray, "steps units"]]
    rows: int
    first: int = 0

    @property
    def steps(self) -> int:
        """The number of steps."""
        return len(self.quantities["pre"])

    @property
    def kept(self) -> Float[np.ndarray, "steps units"] | None:
        """The share of its state that each unit keeps at each step; None without such a gate."""
        # A linear recurrent unit says it itself; of a GRU the update gate does: h = z h + (1 - z) k.
        for name in ("retained", "update"):
            if name in self.quantities:
                return self.quantities[name]
        if "forget" not in self.quantities:
            return None
        # The one gate of a minimal gated unit is called forget and lets in what is new: h = (1 - f) h + f k.
        return self.quantities["forget"] if "cell" in self.quantities else 1 - self.quantities["forget"]

    @property
    def half_life(self) -> float | None:
        """After how many steps half of a state is left, at the mean of its gate; None without such a gate."""
        mean = None if self.kept is None else float(self.kept.mean())
        return None if mean is None or not 0 < mean < 1 else math.log(0.5) / math.log(mean)

    def sentences(self) -> list[str]:
        said = [SAY("gates_are", layer=self.layer, steps=f"{self.steps:,}", count=self.rows)]
        if self.kept is not None and self.half_life is not None:
            told = {"share": f"{100 * self.kept.mean():.3g}", "half": f"{self.half_life:.3g}"}
            said.append(SAY("gates_keep", **told))
        said += self._busiest()
        said += self._stuck()
        return said

    def _busiest(self) -> Iterator[str]:
        """Yield which gate changes most over the steps, or which step receives the most attention."""
        means = {name: self.quantities[name].mean(1) for name in (*GATES, ATTENTION) if name in self.quantities}
        if not means:
            return
        name = max(means, key=lambda each: float(np.ptp(means[each])))
        low, high = int(means[name].argmin()), int(means[name].argmax())
        told = {"high": f"{means[name][high]:.3g}", "high_at": self.first + high}
        if name == ATTENTION:
            yield SAY("gates_attended", alike=f"{1 / self.steps:.3g}", **told)
        else:
            low_told = {"low": f"{means[name][low]:.3g}", "low_at": self.first + low}
            yield SAY("gates_change", gate=WORDS.name("gate", name), **low_told, **told)

    def _stuck(self) -> Iterator[str]:
        """Yield how many units of each gate are open or closed at all steps."""
        for name in GATES:
            if name in self.quantities:
                values = self.quantities[name]
                for key, stuck in (("open", (values > OPEN).all(0)), ("closed", (values < SHUT).all(0))):
                    if stuck.any():
                        told = {"units": stuck.size, "gate": WORDS.name("gate", name)}
                        yield SAY(f"gates_{key}", count=int(stuck.sum()), **told)

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each step, quantity and unit: step, quantity, unit, value."""
        import polars as pl

        return pl.concat(
            pl.DataFrame(
                {
                    "step": np.repeat(np.arange(len(values)) + self.first, values.shape[1]),
                    "quantity": [name] * values.size,
                    "unit": np.tile(np.arange(values.shape[1]), len(values)),
                    "value": values.ravel().astype(np.float64),
                }
            )
            for name, values in self.quantities.items()
        )

    def summary(self) -> pl.DataFrame:
        """Return a row for each quantity: its mean, the lowest and the highest mean of a step, and where they are."""
        import polars as pl

        names = [name for name in self.quantities if name not in ("pre", "post", "potential")]
        means = [self.quantities[name].mean(1).astype(np.float64) for name in names]
        return pl.DataFrame(
            {
                "quantity": [WORDS.name("gate", name) for name in names],
                "mean": [each.mean() for each in means],
                "lowest": [each.min() for each in means],
                "lowest_at": [self.first + int(each.argmin()) for each in means],
                "highest": [each.max() for each in means],
                "highest_at": [self.first + int(each.argmax()) for each in means],
            }
        )

    def drawing(self) -> Drawing:
        from ..views.sequences import draw_gates

        return draw_gates(self.quantities, self.layer, self.first)


def gates(
    model: Model,
    x: object,
    *,
    layer: int | str | None = None,
    row: int | None = None,
    first: int = 0,
    rows: int = ROWS,
) -> GateMap:
    """Return what a layer that remembers or attends does at every step, for one row or in the mean of many.

    Use it to see when a recurrent network stores, forgets and shows its state: an LSTM whose forget gate keeps 99 % of
    a cell remembers for some 70 steps, one that keeps 50 % for one step. Of a layer with attention it shows which steps
    are read. Gates are computed by the equations of the layer, apart from the fast kernel that training uses. Steps are
    in the order in which the layer reads them: from the last one with ``go_backwards``.

    Args:
        model: A plastica model.
        x: Rows, ``(rows, steps, features)``, or several inputs.
        layer: The number or the path of the layer, as in ``model.trace(x)``. Default: the first that has gates, else
            the first that has states, else the last that attends.
        row: Which row. Default: the mean over rows.
        first: What the first step is called: with -24 the last of 24 is step -1.
        rows: The largest number of rows of the mean, spaced evenly.

    Raises:
        InvalidValue: If no layer remembers or attends, or there is no such row.
        UnknownName: If there is no such layer, or it neither remembers nor attends.

    Example:
        >>> import numpy as np, plastica as pl
        >>> model = pl.Sequential([pl.LSTM(3), pl.Dense(1)])
        >>> model.build((5, 2))
        >>> found = pl.inside.gates(model, np.ones((4, 5, 2)))
        >>> found.quantities["forget"].shape, found.rows
        ((5, 3), 4)

    Reference:
        S. Hochreiter, J. Schmidhuber (1997), Long short-term memory. F. Gers, J. Schmidhuber, F. Cummins (2000),
        Learning to forget. A. Karpathy, J. Johnson, L. Fei-Fei (2015), Visualizing and understanding recurrent networks
        (saturated gates).
    """
    given, most = model_with_layers("gates", model), whole("rows", rows, 1)
    assert most is not None
    parts = [np.asarray(each) for each in (x if isinstance(x, tuple) else (x,))]
    count = len(parts[0]) if parts[0].ndim else 0
    if row is not None and not (isinstance(row, int | np.integer) and 0 <= row < count):
        raise InvalidValue(note("looks.gates_row", row=repr(row), last=count - 1))
    if not count:
        raise InvalidValue(note("looks.x_empty", owner="gates"))
    places = [int(row)] if row is not None else spaced(count, most)
    picked = [each[places] for each in parts]
    inputs = tuple(picked) if len(picked) > 1 else picked[0]
    found = {each.path: shown for each in opened(given).trace(inputs)
             if (shown := _by_step(each))}  # fmt: skip
    path = _chosen(found, layer)
    means = {name: values.mean(0) for name, values in found[path].items()}
    return GateMap(path, means, len(places), first if picked[0].shape[1:2] == (len(means["pre"]),) else 0)


def _by_step(traced: LayerTrace) -> dict[str, Float[np.ndarray, "rows steps units"]]:
    """Return what a layer did at every step; nothing for layers that neither remember nor attend."""
    if traced.trajectory:
        return {name: values.reshape(*values.shape[:2], -1) for name, values in traced.trajectory.items()}
    if ATTENTION_WEIGHTS not in traced.details:
        return {}
    weights = traced.details[ATTENTION_WEIGHTS]  # (rows, heads, steps, other steps)
    received = np.swapaxes(weights.mean(2), 1, 2)  # (rows, other steps, heads)
    inputs: np.ndarray = jax.tree.leaves(traced.input)[-1]
    return {"pre": inputs.reshape(len(received), received.shape[1], -1), ATTENTION: received}


def _chosen(found: dict[str, dict[str, np.ndarray]], layer: int | str | None) -> str:
    if not found:
        raise InvalidValue(note("looks.gates_none"))
    if layer is None:
        gated = [path for path, each in found.items() if any(name in each for name in GATES)]
        remembering = [path for path, each in found.items() if ATTENTION not in each]
        return next(iter([*gated, *remembering]), list(found)[-1])
    wanted = f"layer {layer}," if isinstance(layer, int) else layer
    matching = [path for path in found if path.startswith(wanted) or path.partition(", ")[0] == wanted]
    if not matching:
        raise UnknownName(note("looks.gates_layer", layer=repr(layer), known=[*found]))
    return matching[0]
