"""What each way to make a model smaller costs and saves, in one table."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..drawing.pictured import finite_or_none
from ..errors import MissingExtra, PlasticaError
from ..evaluation.intervals import Figure
from ..evaluation.scores import LOWER_IS_BETTER, difference, figure_named, main_figure
from ..export.c_writer import source_of
from ..export.measuring import time_of_call
from ..export.quantization import narrow
from ..export.targets import TARGETS, write
from .compressed import CompressedModel
from .fine_tuning import FineTuning
from .kernels import constants_of
from .source import CompressionSource
from .steps import StepSequence, recipe, written
from .wording import SAY

if TYPE_CHECKING:
    import polars as pl

ORIGINAL = "float32"
USUAL = (
    "int8", "int8-trained", "prune:0.8", "prune-units:0.5", "low-rank:0.8", "distill:32",
    "prune-units:0.5+int8-trained", "distill:32+int8-trained",
)  # fmt: skip
LOSSES = {"binary": "log_loss", "multiclass": "log_loss", "multilabel": "hamming_loss", "regression": "rmse"}


@dataclass(frozen=True)
class CompressionCost:
    """What one way costs and saves.

    Attributes:
        recipe: The short names of what was done; "float32" for the model as it is.
        score: The main metric on the test rows.
        change: Its difference from that of the model as it is, paired by rows; None for that itself.
        loss: The log loss, or the root mean squared error, on the test rows.
        numbers: How many weights and other constants it has.
        size: The bytes of its files.
        zipped: The bytes of its constants after compression (zlib), as updates are sent to devices: weights that are 0
            save these, and only these.
        flash: The bytes of its constants, for C.
        ram: The bytes of its arrays, for C.
        microseconds: The median time of one row, on this machine; None if the file cannot be run here.
        failure: Why it cannot be; the other attributes are then empty.
    """

    recipe: str
    score: Figure | None = None
    change: Figure | None = None
    loss: Figure | None = None
    numbers: int | None = None
    size: int | None = None
    zipped: int | None = None
    flash: int | None = None
    ram: int | None = None
    microseconds: float | None = None
    failure: str = ""


@dataclass(frozen=True, eq=False)
class CompressionTable:
    """What ways to make a model smaller cost and save.

    Attributes:
        task: The task.
        metric: The main metric.
        rows: The number of test rows.
        target: The target of the files.
        costs: The model as it is, and each way.
        models: The smaller models by recipe, to be exported.
    """

    task: str
    metric: str
    rows: int
    target: str
    costs: tuple[CompressionCost, ...]
    models: dict[str, CompressedModel]

    @property
    def loss(self) -> str:
        """The name of the loss."""
        return LOSSES[self.task]

    @property
    def smallest(self) -> CompressionCost:
        """The smallest of those that are not significantly worse than the model as it is."""
        worse = 1 if self.metric in LOWER_IS_BETTER else -1
        kept = [
            each for each in self.costs
            if each.size is not None and not (each.change and each.change.sure and worse * each.change.value > 0)
        ]  # fmt: skip
        return min(kept, key=lambda each: each.flash or each.size or 0)

    def sentences(self) -> list[str]:
        """Return what it shows, in the current language."""
        best, whole = self.smallest, self.costs[0]
        metric = figure_named(self.metric).said()
        if best is whole or not (best.size and whole.size):
            return [SAY("none_smaller", metric=metric)]
        saved = f"{100 - 100 * (best.flash or best.size) / (whole.flash or whole.size):.3g}"
        return [SAY("smallest", recipe=best.recipe, saved=saved, metric=metric, rows=f"{self.rows:,}")]

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each way: metric, interval, change and its interval, loss, bytes and time."""
        import polars as pl

        return pl.DataFrame([_flat(each) for each in self.costs], infer_schema_length=None)

    def to_dict(self) -> dict[str, Any]:
        """Return what it shows, and its table, as JSON can hold them."""
        rows = [{name: finite_or_none(value) for name, value in _flat(each).items()} for each in self.costs]
        return {
            "metric": self.metric,
            "loss": self.loss,
            "rows": self.rows,
            "target": self.target,
            "says": self.sentences(),
            "costs": rows,
        }

    def summary(self) -> pl.DataFrame:
        """Return the columns that are printed."""
        return self.to_frame().select("recipe", "score", "change", "loss", "size", "zipped", "microseconds")

    def __repr__(self) -> str:
        return "\n".join([*self.sentences(), repr(self.summary())])


def compress(source: CompressionSource, steps: str | StepSequence, how: FineTuning | None = None) -> CompressedModel:
    """Return a model made smaller, which :func:`plastica.export.write` writes as a file by its ``exported``.

    Args:
        source: The model with its rows, from :func:`table_source` or :func:`model_source`.
        steps: What is done, as for :func:`recipe`: ``"prune-units:0.5+int8-trained"``.
        how: The settings of training after each step.

    Raises:
        InvalidValue: If the model cannot be made smaller in this way.

    Example:
        >>> import numpy as np, plastica as pl
        >>> x = np.random.default_rng(0).standard_normal((200, 4)).astype("float32")
        >>> model = pl.Sequential([pl.Dense(16, "relu"), pl.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> _ = model.fit(x, x.sum(1), epochs=2, verbose=0)
        >>> source = pl.compression.model_source(model, x[:150], x[:150].sum(1), test_data=(x[150:], x[150:].sum(1)))
        >>> small = pl.compression.compress(source, "prune-units:0.5", pl.compression.FineTuning(epochs=1))
        >>> small.program.numbers < 0.7 * source.exported.program.numbers
        True
    """
    made = CompressedModel.of(source)
    chosen = recipe(steps)
    for step in chosen:
        made = step.apply(made, how or FineTuning())
    return made.named(written(chosen))


def compare(
    source: CompressionSource,
    recipes: Sequence[str | StepSequence] = USUAL,
    how: FineTuning | None = None,
    *,
    to: str = "c",
    say: Callable[[CompressionCost], None] | None = None,
) -> CompressionTable:
    """Return what ways to make a model smaller cost on test rows, and what they save.

    Ways that this model does not allow have the reason in their row.

    Args:
        source: The model with its rows.
        recipes: The ways, as for :func:`recipe`.
        how: The settings of training after each step.
        to: The target of the files, whose size and time are measured.
        say: Called with each row as soon as it is there.

    Raises:
        InvalidValue: If a recipe or the target is unknown.
    """
    chosen = [recipe(each) for each in recipes]
    metric, models = main_figure(source.task, 1 if source.test.y.ndim == 1 else source.test.y.shape[1]), {}
    costs: list[CompressionCost] = []
    for name, made in _each(source, chosen, how):
        if isinstance(made, CompressedModel):
            models[name] = made
            costs.append(_cost(name, made, models[ORIGINAL], metric, to))
        else:
            costs.append(CompressionCost(name, failure=str(made)))
        if say is not None:
            say(costs[-1])
    return CompressionTable(source.task, metric, len(source.test.y), to, tuple(costs), models)


def _each(
    source: CompressionSource, recipes: Sequence[StepSequence], how: FineTuning | None
) -> Iterator[tuple[str, CompressedModel | PlasticaError]]:
    yield ORIGINAL, CompressedModel.of(source)
    for each in recipes:
        try:
            yield written(each), compress(source, each, how)
        except PlasticaError as why:
            yield written(each), why


def _cost(name: str, made: CompressedModel, whole: CompressedModel, metric: str, to: str) -> CompressionCost:
    """Return what a model costs: judged on test rows, written and timed in a folder that is deleted again."""
    source, scores = made.source, made.scores
    change = None
    if made is not whole:
        first, second = (each.source.answers(each.program, each.source.test.inputs) for each in (made, whole))
        pair = (made.source.decision, whole.source.decision)
        decisions = None if pair[0] is None or pair[1] is None else (pair[0], pair[1])
        change = difference(source.task, source.test.y, first, second, metric, decisions)
    arrays = [narrow(array).tobytes() for array in constants_of(made.program).values()]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{TARGETS[to].ending}"
        files = write(made.exported, path, to)
        memory = source_of(files.exported, path) if to == "c" else None
        try:
            answer = TARGETS[to].writer.opened(files.paths[0], files.exported.program)
            first = [each[:1] for each in source.test.inputs]
            time = time_of_call(lambda: answer(first))
        except MissingExtra:
            time = None
    return CompressionCost(
        name,
        scores[metric],
        change,
        scores[LOSSES[source.task]],
        files.exported.program.numbers,
        files.size,
        len(zlib.compress(b"".join(arrays), 9)),
        None if memory is None else memory.flash,
        None if memory is None else memory.ram,
        time,
    )


def _flat(cost: CompressionCost) -> dict[str, Any]:
    """Return a row with plain values."""

    def of(name: str, figure: Figure | None) -> dict[str, float | None]:
        parts = (None, None, None) if figure is None else (figure.value, figure.low, figure.high)
        return dict(zip((name, f"{name}_low", f"{name}_high"), parts, strict=True))

    return {
        "recipe": cost.recipe,
        **of("score", cost.score),
        **of("change", cost.change),
        **of("loss", cost.loss),
        "numbers": cost.numbers,
        "size": cost.size,
        "zipped": cost.zipped,
        "flash": cost.flash,
        "ram": cost.ram,
        "microseconds": cost.microseconds,
        "failure": cost.failure,
    }
