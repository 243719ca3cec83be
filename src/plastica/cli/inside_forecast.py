"""``plastica inside`` for a forecast: the gates, layers and weights of its network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .wording import SAY

if TYPE_CHECKING:
    from ..forecasting import Forecaster
    from ..forecasting.network_examples import NetworkExamples
    from ..inside.look import InsideView

USUAL = ("gates", "landscape", "pruning")
POINTS, ROWS = 13, 100  # of a plane and of windows: a recurrent network of a week of hours takes long for each


def looks_at_forecast(
    forecaster: Forecaster, table: object, asked: tuple[str, ...], given: Mapping[str, Any]
) -> Iterator[tuple[str, InsideView]]:
    """Yield the name and the result of each look at the first network of a forecast.

    Args:
        forecaster: The forecaster.
        table: The series.
        asked: The looks; none for the usual ones, which leave gates out where nothing remembers.
        given: The options of the command.

    Raises:
        InvalidValue: If the forecast has no network, or a look is for tables.
        DataError: If no window of the series is complete.
    """
    from ..errors import DataError, InvalidValue
    from ..forecasting.network_examples import network_examples

    if wrong := [name for name in asked if name not in SHOWN]:
        raise InvalidValue(SAY("inside_tables_only", name=wrong[0], known=", ".join(SHOWN)))
    fitted = forecaster.fitted_
    if not any(part.models and any(part.weights) for part in fitted.parts):
        raise InvalidValue(SAY("inside_no_network", model=fitted.name))
    windows = fitted.windows(forecaster.read(table))
    seen = next(network_examples(fitted, windows, given["rows"]), None)
    if seen is None:
        raise DataError(SAY("inside_no_window", steps=fitted.look_back + fitted.horizon))
    for name in asked or USUAL:
        try:
            yield name, SHOWN[name](seen, given)
        except InvalidValue:
            if asked or name != "gates":
                raise


def _gates(seen: NetworkExamples, given: Mapping[str, Any]) -> InsideView:
    from ..inside import gates

    past = seen.x[0] if isinstance(seen.x, tuple) else seen.x
    row = None if given["row"] is None else given["row"] - 1
    return gates(seen.model, seen.x, layer=given["layer"], row=row, first=-past.shape[1])


def _landscape(seen: NetworkExamples, given: Mapping[str, Any]) -> InsideView:
    from ..inside import loss_landscape

    return loss_landscape(seen.model, seen.x, seen.y, points=POINTS, rows=ROWS, seed=given["seed"])


def _pruning(seen: NetworkExamples, given: Mapping[str, Any]) -> InsideView:
    from ..inside import pruning_curves

    return pruning_curves(seen.model, seen.x, seen.y, rows=ROWS, seed=given["seed"])


def _hessian(seen: NetworkExamples, given: Mapping[str, Any]) -> InsideView:
    from ..inside import hessian_spectrum

    return hessian_spectrum(seen.model, seen.x, seen.y, seed=given["seed"])


def _weights(seen: NetworkExamples, given: Mapping[str, Any]) -> InsideView:
    from ..inside import weight_maps

    return weight_maps(seen.model)


SHOWN: dict[str, Callable[[NetworkExamples, Mapping[str, Any]], InsideView]] = {
    "gates": _gates,
    "landscape": _landscape,
    "pruning": _pruning,
    "weights": _weights,
    "hessian": _hessian,
}
