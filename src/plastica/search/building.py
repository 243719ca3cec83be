"""From the settings of a trial to its model: fields of a compiled model by name, or a function of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..errors import InvalidValue
from ..model import Model
from ..populations.grid import placed
from ..populations.places import places_of, resolve_place, varied
from .space import TrialSettings

BATCH_SIZE = "batch_size"  # an argument of fit, not a field of the model


class Builder:
    """Makes the model of a trial.

    Args:
        given: A compiled model, whose fields the settings replace; or a function of the settings that returns one.
        seed: The seed of the models; None for that of the given model.

    Raises:
        InvalidValue: If it is neither.
    """

    def __init__(self, given: Model | Callable[..., Model], seed: int | None = None) -> None:
        if not isinstance(given, Model) and not callable(given):
            raise InvalidValue(
                f"Search({given!r}): give a compiled model, or a function that returns one for the settings of a trial."
            )
        self.given, self.seed = given, seed

    def __call__(self, settings: TrialSettings) -> Model:
        """Return a new model.

        Raises:
            UnknownName: If a setting stands for no field of the model.
            InvalidValue: If two settings stand for one field, or a function returns no compiled model.
        """
        own = {name: value for name, value in settings.items() if name != BATCH_SIZE}
        if isinstance(self.given, Model):
            seed = self.given.seed if self.seed is None else self.seed
            return varied(self.given, placed(self.given, own), seed)
        made = self.given(**own)
        if not isinstance(made, Model) or not made.is_compiled:
            raise InvalidValue(f"the function of this search returned {made!r}; it must return a compiled model.")
        return made

    def own_settings(self, names: Mapping[str, object]) -> TrialSettings:
        """Return the values that the given model has for some settings; none for a function."""
        if not isinstance(self.given, Model):
            return {}
        known = places_of(self.given)
        return {name: known[resolve_place(self.given, name)[0]] for name in names if name != BATCH_SIZE}
