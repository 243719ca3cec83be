"""Checks of the units that numbers of neurons are in: milliseconds, millivolts, picofarads and the like."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np

from ...errors import InvalidValue
from ...schedules.checks import ABOVE_ZERO, is_number, require_numbers

# A number of milliseconds that decides about shapes, and so is none that may be traced, as floats of layers are.
StaticTime: TypeAlias = Any


class Measure(NamedTuple):
    """What a number measures, and the sizes that it has in neurons.

    Attributes:
        kind: What it is, in the plural.
        unit: The unit, in the plural.
        least: The smallest plausible size. 0 is accepted wherever a layer accepts it.
        most: The largest.
        others: By which factor numbers in other units are to be multiplied, by the name of the unit.
    """

    kind: str
    unit: str
    least: float
    most: float
    others: dict[str, float]


# Rounding in single precision outweighs what a step below 2 microseconds would gain.
STEP = Measure("times", "milliseconds", 0.002, 1e6, {"seconds": 1e3})
TIME = Measure("times", "milliseconds", 0.1, 1e9, {"seconds": 1e3})
SLOW = Measure("times", "milliseconds", 1.0, 1e9, {"seconds": 1e3})  # adaptation, recovery
DIFFERENCE = Measure("potentials", "millivolts", 0.05, 1e3, {"volts": 1e3})
CAPACITANCE = Measure("capacitances", "picofarads", 1.0, 1e6, {"nanofarads": 1e3, "farads": 1e12})
CONDUCTANCE = Measure("conductances", "nanosiemens", 0.05, 1e5, {"microsiemens": 1e3, "siemens": 1e9})
CURRENT = Measure("currents", "picoamperes", 1.0, 1e6, {"nanoamperes": 1e3, "amperes": 1e12})
RESISTANCE = Measure("resistances", "megaohms", 1e-3, 1e5, {"ohms": 1e-6})
RATE = Measure("rates", "spikes per second", 1.0, 1e6, {"spikes per millisecond": 1e3})
FREQUENCY = Measure("frequencies", "hertz", 1.0, 1e6, {"kilohertz": 1e3})
SAMPLE_RATE = Measure("sample rates", "hertz", 1000.0, 1e6, {"kilohertz": 1e3})
# Of a membrane by its area, as Hodgkin and Huxley give them.
AREA_CAPACITANCE = Measure(
    "capacitances",
    "microfarads per square centimetre",
    0.05,
    1e3,
    {"farads per square metre": 1e2, "farads per square centimetre": 1e6},
)
AREA_CONDUCTANCE = Measure(
    "conductances", "millisiemens per square centimetre", 0.003, 1e5, {"siemens per square centimetre": 1e3}
)


def require_measures(layer: object, wanted: dict[str, Measure]) -> None:
    """Check that numbers of a layer are in the units of its equations.

    Raises:
        InvalidValue: If one is out of its plausible sizes and within them in another unit.
    """
    for name, measure in wanted.items():
        value = getattr(layer, name)
        if not isinstance(value, float | int) or value == 0 or measure.least <= abs(value) <= measure.most:
            continue
        for unit, factor in measure.others.items():
            if measure.least <= abs(value) * factor <= measure.most:
                raise InvalidValue(
                    f"{type(layer).__name__}({name}={value:g}): {measure.kind} are in {measure.unit}, and this looks "
                    f"like {unit}: write {name}={value * factor:g}."
                )


def require_times(layer: object, *names: str) -> None:
    """Check time constants in milliseconds against the step ``dt``, and both against seconds.

    Raises:
        InvalidValue: If one is not above 0, or shorter than a step, or looks like seconds.
    """
    owner, dt = type(layer).__name__, getattr(layer, "dt", None)
    if dt is not None:
        require_time(owner, "dt", dt, None)
        require_measures(layer, {"dt": STEP})
    for name in names:
        require_time(owner, name, getattr(layer, name), dt)
    require_measures(layer, dict.fromkeys(names, TIME))


def require_time(owner: str, name: str, value: object, dt: object) -> None:
    """Check one time constant in milliseconds against a step; a population's is accepted, and one that is not given.

    Raises:
        InvalidValue: If it is not above 0, or shorter than the step.
    """
    if not isinstance(value, float | int):
        return
    if not (is_number(value) and 0 < value < float("inf")):
        raise InvalidValue(f"{owner}({name}={value!r}): {name} must be a time above 0, in milliseconds.")
    if isinstance(dt, float | int) and value < dt:
        seconds = f" Times are in milliseconds: write {name}={1000 * value:g} for {value:g} s," if value < 1 else ""
        end = " or take a shorter step." if seconds else " Take a shorter step, or a longer time constant."
        raise InvalidValue(f"{owner}({name}={value:g}, dt={dt:g}): the step is longer than {name}.{seconds}{end}")


def require_millivolts(layer: object, *names: str) -> None:
    """Check that potentials are in millivolts and not in volts.

    Raises:
        InvalidValue: If one is below 0.5 in size but not 0, where no potential of a neuron is.
    """
    values = {name: getattr(layer, name) for name in names}
    small = {name: value for name, value in values.items() if isinstance(value, float | int) and 0 < abs(value) < 0.5}
    if small:
        name, value = max(small.items(), key=lambda pair: abs(pair[1]))
        raise InvalidValue(
            f"{type(layer).__name__}({name}={value:g}): potentials are in millivolts, and these look like volts: write "
            f"{name}={1000 * value:g}."
        )


def require_membrane(layer: Any) -> None:
    """Check the capacitance and the leak of a membrane, and its time constant C / g_L against the step.

    Raises:
        InvalidValue: If the time constant is shorter than the step, or one of both is not above 0 or in another unit.
    """
    require_numbers(layer, dict.fromkeys(("capacitance", "leak"), ABOVE_ZERO))
    require_measures(layer, {"capacitance": CAPACITANCE, "leak": CONDUCTANCE})
    given = layer.capacitance, layer.leak, layer.dt
    if all(isinstance(each, float | int) for each in given) and layer.capacitance < layer.leak * layer.dt:
        raise InvalidValue(
            f"{type(layer).__name__}(capacitance={layer.capacitance:g}, leak={layer.leak:g}, dt={layer.dt:g}): the "
            f"step is longer than the time constant of the membrane, {layer.capacitance / layer.leak:g} ms. "
            "Capacitances are in picofarads and conductances in nanosiemens; take a shorter step if both are."
        )


def whole_steps(owner: str, name: str, time: StaticTime, dt: StaticTime) -> int:
    """Return how many steps a time has.

    Raises:
        InvalidValue: If it is not a whole number of steps.
    """
    numbers = all(is_number(each) and np.ndim(each) == 0 for each in (time, dt))
    if not (numbers and time >= 0 and dt > 0):
        raise InvalidValue(f"{owner}({name}={time!r}, dt={dt!r}): expected a time and a step above 0, in milliseconds.")
    steps = round(time / dt)
    if abs(steps * dt - time) > 1e-6 * max(dt, abs(time)):
        seconds = f" Times are in milliseconds: write {name}={1000 * time:g} for {time:g} s." if time < dt else ""
        raise InvalidValue(
            f"{owner}({name}={time:g}, dt={dt:g}): {name} must be a whole number of steps of {dt:g} ms; "
            f"{max(steps, 1) * dt:g} is one.{seconds}"
        )
    return steps
