"""``plastica explain`` for a network or an estimator that reads arrays: rows of numbers, series or images."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from . import options
from .array_files import ArrayRows, read_rows
from .explain import OF_ARRAYS, drawn, refuse_others
from .explain_contributions import row_facts, say_contributions
from .output import Output, brief, note
from .wording import SAY

if TYPE_CHECKING:
    import numpy as np

    from ..explain.attribution import Attribution

NOT_OF_ARRAYS = (
    "at", "series", "step", "words", "interactions", "anchor", "tolerance", "changes", "wanted", "fixed", "influence",
    "nearest", "training", "effect", "group", "correlated",
)  # fmt: skip
WITH_BACKGROUND = ("expected_gradients",)
PATCHES = 7  # along the longer side of an image
FEW_FEATURES = 15  # of a row: beyond, gradients are faster than coalitions


class ArrayCase(NamedTuple):
    """What is explained.

    Attributes:
        model: The network or estimator.
        x: The rows to explain.
        background: Rows that they are compared with.
        names: The names of the features of a row; none of images.
        labels: The number of the patch of each value of an image; None for other rows.
        method: The method.
    """

    model: Any
    x: np.ndarray
    background: np.ndarray
    names: tuple[str, ...]
    labels: np.ndarray | None
    method: str


def explain_arrays(model: Any, path: Path, file: str, given: dict[str, Any], output: Output) -> None:
    """Print what features, steps or patches of an image contributed to predictions, and return it as JSON.

    Raises:
        InvalidValue: If an option is for other models, there is no such row, or the model cannot be differentiated.
        UnknownName: If there is no such class.
        DataError: If rows are not what the network reads.
    """
    from ..errors import InvalidValue

    refuse_others(given, NOT_OF_ARRAYS, "explain_not_arrays")
    rows = given["row"] or (1,)
    if given["out"] is not None and len(rows) > 1:
        raise InvalidValue(SAY("explain_one_picture", rows=len(rows)))
    case = _case(model, file, rows, given)
    found = _explained(case, given)
    for line in found.notes:
        note(line)
    told = _named(found, case)
    shown = _shown(found, given["label"])
    for number, row in enumerate(rows):
        answer, baseline = found.answers[number, shown[number]], found.baseline[number, shown[number]]
        ends = {"answer": f"{answer:.4g}", "baseline": f"{baseline:.4g}"}
        output.say(SAY("explain_array", row=row, name=brief(found.output_names[shown[number]]), **ends))
        output.say(SAY("explain_by", method=found.method))
        head = "head_feature" if case.labels is None else "head_patch"
        say_contributions(output, told, number, shown[number], head)
    if given["out"] is not None:
        _draw(found, case, shown[0], given["out"])
        output.fact("saved", given["out"])
    facts = [row_facts(told, number, shown[number], row) for number, row in enumerate(rows)]
    result = {"model": str(path), "method": found.method, "evaluations": found.evaluations, "rows": facts}
    if given["judge"]:
        from .explain_whole import say_judgement

        result["judgement"] = say_judgement(output, found, given["seed"])
    output.result(result)


def _case(model: Any, file: str, rows: tuple[int, ...], given: dict[str, Any]) -> ArrayCase:
    """Read the rows, and decide how they are explained."""
    from ..errors import InvalidValue

    own = {"separator": options.separator(given["separator"])}
    reading = {**own, "encoding": given["encoding"], "sheet": given["sheet"]}
    shape = _input_shape(model)
    read = read_rows(file, shape, given["scale"], reading)
    if wrong := [row for row in rows if not 1 <= row <= len(read.x)]:
        raise InvalidValue(SAY("explain_no_row", row=wrong[0], source=file, rows=f"{len(read.x):,}"))
    if given["background_rows"] < 1:
        raise InvalidValue(SAY("explain_few_background", count=given["background_rows"]))
    others = None
    if given["background"] is not None:
        others = read_rows(given["background"], shape, given["scale"], reading).x
    method = _method(model, shape, given["method"])
    if others is None and len(read.x) == 1 and (method not in OF_ARRAYS or method in WITH_BACKGROUND):
        note(SAY("explain_beside_zeros"))
    return ArrayCase(
        model, read.x[[row - 1 for row in rows]], _background(read.x, others, given["background_rows"]),
        _names(shape, read), _patches(shape, read, given["patch"]), method,
    )  # fmt: skip


def _background(x: np.ndarray, others: np.ndarray | None, most: int) -> np.ndarray:
    """Return rows to compare with: those given, or those of the file; zeros if it has one row only."""
    import numpy as np

    from ..data.spacing import spaced

    if others is None and len(x) == 1:
        return np.zeros_like(x)
    behind = x if others is None else others
    return behind[spaced(len(behind), most)]


def _patches(shape: tuple[int, ...], read: ArrayRows, side: int | None) -> np.ndarray | None:
    """Return the number of the patch of each value of an image; None for other rows.

    Rows are images if they have channels or are square, were read from an image, or patches are asked for.
    """
    from ..errors import InvalidValue
    from ..explain.image_patches import patches

    if len(shape) == 3 or (len(shape) == 2 and (read.is_image or side is not None or shape[0] == shape[1])):
        return patches(shape, math.ceil(max(shape[:2]) / PATCHES) if side is None else side)
    if side is not None:
        raise InvalidValue(SAY("explain_images_only", option="--patch"))
    return None


def _method(model: Any, shape: tuple[int, ...], method: str) -> str:
    """Return the method: by default gradients of networks that have them, for more than a few features."""
    from ..model.base import BaseModel

    if method != "auto":
        return method
    has_gradients = isinstance(model, BaseModel) and model.network.takes_integers is not True
    return "integrated_gradients" if has_gradients and math.prod(shape) > FEW_FEATURES else "kernel_shap"


def _input_shape(model: Any) -> tuple[int, ...]:
    """Return the shape of a row that a network, or the network of an estimator, reads."""
    from ..errors import InvalidValue
    from ..model.base import BaseModel

    network = model if isinstance(model, BaseModel) else model.model_
    shape = network.input_shape[1:]
    known = tuple(length for length in shape if isinstance(length, int))
    if len(known) < len(shape):
        raise InvalidValue(SAY("explain_open_shape", shape=shape))
    return known


def _names(shape: tuple[int, ...], read: ArrayRows) -> tuple[str, ...]:
    if read.names or len(shape) != 2:
        return read.names
    return tuple(
        SAY("explain_step_feature", step=step, feature=feature)
        for step in range(shape[0])
        for feature in range(shape[1])
    )


def _explained(case: ArrayCase, given: dict[str, Any]) -> Attribution:
    """Return the contributions of the values of rows, or of patches."""
    from .. import explain
    from ..errors import InvalidValue, UnknownName

    asked: dict[str, Any] = {"feature_names": case.names} if case.x.ndim == 2 and case.names else {}
    if case.method in OF_ARRAYS:
        if given["evaluations"] is not None:
            raise InvalidValue(SAY("explain_draws_nothing", method=case.method))
        places = (case.background,) if case.method in WITH_BACKGROUND else ()
    else:
        places, asked = (case.background,), asked | drawn(given | {"method": case.method})
        if case.labels is not None:
            asked["groups"] = case.labels
    found = getattr(explain, case.method)(case.model, case.x, *places, **asked)
    if given["label"] is not None and given["label"] not in found.output_names:
        known = ", ".join(found.output_names[:20])
        raise UnknownName(SAY("explain_no_class", name=given["label"], known=known))
    return found


def _shown(found: Attribution, label: str | None) -> list[int]:
    """Return the number of the output that is shown for each row: that of ``--class``, or the largest."""
    if label is not None:
        return [found.output_names.index(label)] * len(found)
    return found.answers.argmax(1).tolist()


def _named(found: Attribution, case: ArrayCase) -> Attribution:
    """Return contributions with a name for each feature, step or patch of an image, the sum of those of its pixels."""
    from dataclasses import replace

    import numpy as np

    labels = case.labels
    if labels is None:
        return replace(found, cells=_cells(found), feature_names=case.names or found.feature_names)
    count = int(labels.max()) + 1
    values = found.flat
    if values.shape[1] != count:
        own = labels if values.shape[1] == labels.size else labels[..., 0]
        values = np.stack([values[:, own.ravel() == place].sum(1) for place in range(count)], 1)
    plane = labels if labels.ndim == 2 else labels[..., 0]
    names = tuple(_place(plane, number) for number in range(count))
    error = found.error if found.error is not None and found.flat.shape[1] == count else None
    return replace(found, values=values, error=error, feature_names=names, cells=())


def _place(plane: np.ndarray, number: int) -> str:
    """Return where a patch is: its rows and columns of pixels, from 1."""
    import numpy as np

    rows, columns = np.nonzero(plane == number)
    ends = {"top": rows.min() + 1, "bottom": rows.max() + 1, "left": columns.min() + 1, "right": columns.max() + 1}
    return SAY("explain_patch", **ends)


def _cells(found: Attribution) -> tuple[tuple[str, ...], ...]:
    """Return the values of rows as texts, as far as features are single numbers."""
    if len(found.feature_names) != found.x[0].size:
        return ()
    return tuple(tuple(f"{value:.4g}" for value in row) for row in found.x.reshape(len(found.x), -1))


def _draw(found: Attribution, case: ArrayCase, output: int, path: str) -> None:
    from ..explain.image_patches import by_pixel

    if case.labels is not None:
        by_pixel(found, case.labels).plot(path, output=output)
    elif found.values.ndim == 4:  # rows, time, features, outputs
        found.heat_map(path, output=output)
    else:
        found.plot(path, output=output)
