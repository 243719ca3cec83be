"""Remedies of the data: what a network is trained on, and the rows on which that is judged fairly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ..declaration import replace
from ..layers import Embedding
from ..layers.layer import Layer
from ..layers.walk import walk
from ..losses import Loss
from ..typing import Int
from .remedy import Complaint, Remedy, TrialData

FEWEST = 20  # rows on which a network can be judged
PATIENCE = 5
STEPS = 10  # of windows of a series without a season
SHORTER = 2  # parts of a sequence, of which the last is kept


def scaled_inputs(asked: Complaint) -> Iterator[Remedy]:
    """Yield inputs with the mean 0 and the standard deviation 1 in training rows."""

    def scaled(data: TrialData) -> TrialData:
        axes = tuple(range(data.x.ndim - 1))
        middle, spread = data.x.mean(axes), data.x.std(axes)
        spread = np.where(spread > 0, spread, 1.0)
        return TrialData((data.x - middle) / spread, data.y, (data.val_x - middle) / spread, data.val_y)

    yield asked.remedy("x = (x - x.mean(0)) / x.std(0)", data=scaled)


def scaled_targets(asked: Complaint) -> Iterator[Remedy]:
    """Yield targets with the mean 0 and the standard deviation 1 in training rows."""

    def scaled(data: TrialData) -> TrialData:
        middle, spread = data.y.mean(0), np.where(data.y.std(0) > 0, data.y.std(0), 1.0)
        return TrialData(data.x, (data.y - middle) / spread, data.val_x, (data.val_y - middle) / spread)

    loss = asked.model.compiled.loss
    if isinstance(loss, Loss) and not loss.meaning.decides:
        yield asked.remedy("y = (y - y.mean(0)) / y.std(0)", data=scaled)


def stop_early(asked: Complaint) -> Iterator[Remedy]:
    """Yield training that stops by half of the validation rows; the other half judges it, which did not choose."""
    from ..training.early_stopping import EarlyStopping

    def halved(data: TrialData) -> TrialData:
        looked_at, judged = _halves(len(data.val_x))
        made = data.judged_on(judged)
        return replace(made, val_x=data.val_x[looked_at], val_y=data.val_y[looked_at])

    yield asked.remedy(
        f"callbacks=[pl.EarlyStopping(patience={PATIENCE}, restore_best_weights=True)]",
        data=halved,
        fit={"callbacks": lambda: [EarlyStopping(patience=PATIENCE, restore_best_weights=True)]},
    )


def balanced(asked: Complaint) -> Iterator[Remedy]:
    """Yield weights of the classes; judged on rows of which each class has as many, drawn again where it has fewer."""
    loss = asked.model.compiled.loss
    if not isinstance(loss, Loss) or not loss.meaning.decides:
        return
    units = asked.model.output_shape[-1] or 1

    def evened(data: TrialData) -> TrialData | None:
        labels, known = loss.meaning.targets.classes(data.val_y, units)
        labels = np.asarray(labels).reshape(len(data.val_y), -1)[:, 0]
        places = [np.flatnonzero(labels == each) for each in known]
        if not all(map(len, places)):
            return None
        most = max(map(len, places))
        return data.judged_on(np.concatenate([np.resize(each, most) for each in places]))

    yield asked.remedy(
        "class_weight inverse to the frequency of classes", data=evened, fit={"class_weight": "balanced"}
    )


def dropped_suspects(asked: Complaint) -> Iterator[Remedy]:
    """Yield training rows without those whose label is probably wrong; judged on validation rows without such."""
    suspects = asked.measures.get("suspects")
    if not isinstance(suspects, Mapping):
        return

    def dropped(data: TrialData) -> TrialData:
        kept = np.delete(np.arange(len(data.x)), suspects["rows"])
        judged = np.delete(np.arange(len(data.val_x)), suspects["validation_rows"])
        return replace(data.judged_on(judged), x=data.x[kept], y=data.y[kept])

    yield asked.remedy('rows = found.measures["suspects"]["rows"]; x = np.delete(x, rows, axis=0)', data=dropped)


def without_column(asked: Complaint) -> Iterator[Remedy]:
    """Yield inputs without columns that give the target away.

    When the network is used, they are not known. It is judged beside the network that read them, with their mean.
    """
    places = _places(asked)
    if not places:
        return

    def dropped(data: TrialData) -> TrialData | None:
        if data.x.ndim != 2 or len(places) == data.x.shape[1]:
            return None
        unknown = data.val_x.copy()
        unknown[:, places] = data.x[:, places].mean(0)
        made = _without(data, places)
        return replace(made, judged=(made.val_x, made.val_y), as_before=(unknown, data.val_y))

    yield asked.remedy(f"x = np.delete(x, {places}, axis=1)", data=dropped)


def dropped_columns(asked: Complaint) -> Iterator[Remedy]:
    """Yield inputs without columns that say nothing of their own."""
    places = _places(asked)
    if places:
        yield asked.remedy(
            f"x = np.delete(x, {places}, axis=1)",
            data=lambda data: _without(data, places) if len(places) < data.x.shape[1] else None,
        )


def _places(asked: Complaint) -> list[int]:
    """Return the columns that findings name."""
    named = [each.data["places"] for each in asked.findings if "places" in each.data]
    return sorted({int(place) for places in named for place in str(places).split()})


def _without(data: TrialData, places: list[int]) -> TrialData:
    x, val_x = (np.delete(part, places, axis=1) for part in (data.x, data.val_x))
    return TrialData(x, data.y, val_x, data.val_y)


def dropped_copies(asked: Complaint) -> Iterator[Remedy]:
    """Yield training rows without those that are validation rows; judged on validation rows that never were."""

    def dropped(data: TrialData) -> TrialData | None:
        rows, others = ([row.tobytes() for row in part.reshape(len(part), -1)] for part in (data.x, data.val_x))
        seen, kept = set(rows), set(others)
        ours = np.array([row not in kept for row in rows])
        new = np.flatnonzero([row not in seen for row in others])
        if ours.sum() < FEWEST:
            return None
        made = data.judged_on(new) if len(new) >= FEWEST else replace(data, as_before=(data.val_x[:0], data.val_y[:0]))
        return replace(made, x=data.x[ours], y=data.y[ours])

    yield asked.remedy("x, places = np.unique(x, axis=0, return_index=True)", data=dropped)


def mixed_parts(asked: Complaint) -> Iterator[Remedy]:
    """Yield training rows of both kinds, as many as before; judged on the other half of the validation rows."""

    def mixed(data: TrialData) -> TrialData:
        ours, judged = _halves(len(data.val_x))
        kept = np.random.default_rng(0).permutation(len(data.x))[len(ours) :]
        x, y = np.concatenate([data.x[kept], data.val_x[ours]]), np.concatenate([data.y[kept], data.val_y[ours]])
        made = data.judged_on(judged)
        return replace(made, x=x, y=y, val_x=data.val_x[judged], val_y=data.val_y[judged])

    yield asked.remedy("order = np.random.default_rng(0).permutation(len(x))", data=mixed)


def _halves(rows: int) -> tuple[Int[np.ndarray, "half"], Int[np.ndarray, "other"]]:
    order = np.random.default_rng(0).permutation(rows)
    return np.sort(order[: rows // 2]), np.sort(order[rows // 2 :])


def fewer_vectors(asked: Complaint) -> Iterator[Remedy]:
    """Yield an embedding with a vector for each token that occurs, and one for all others."""
    layer = next((layer for _, layer, _ in walk(asked.model.network) if isinstance(layer, Embedding)), None)
    if layer is None:
        return

    def shrunk(layers: tuple[Layer, ...]) -> list[Layer]:
        known = asked.findings[0].data.get("used")
        return [
            replace(each, input_dim=int(known) + 1) if isinstance(each, Embedding) and known else each
            for each in layers
        ]

    def renumbered(data: TrialData) -> TrialData | None:
        known = np.unique(data.x)
        if len(known) != asked.findings[0].data.get("used"):
            return None
        x, val_x = (
            np.where(np.isin(part, known), np.searchsorted(known, part), len(known)) for part in (data.x, data.val_x)
        )
        return TrialData(x, data.y, val_x, data.val_y)

    yield asked.remedy(asked.findings[0].remedy, layers=shrunk, data=renumbered)


def shorter_sequences(asked: Complaint) -> Iterator[Remedy]:
    """Yield the last half of the steps."""

    def cut(data: TrialData) -> TrialData | None:
        steps = data.x.shape[1] // SHORTER if data.x.ndim > 2 else 0
        return TrialData(data.x[:, -steps:], data.y, data.val_x[:, -steps:], data.val_y) if steps else None

    yield asked.remedy(f"x = x[:, -x.shape[1] // {SHORTER}:]", data=cut)


def longer_windows(asked: Complaint) -> Iterator[Remedy]:
    """Yield windows of a series that are as long as its season; judged on the same targets."""
    steps = next((int(each.data["season"]) for each in asked.findings if "season" in each.data), STEPS)

    def widened(data: TrialData) -> TrialData | None:
        more = steps - data.x.shape[1]
        if more <= 0 or not (
            _follows(data.x[:-1], data.x[1:]).all() and _follows(data.val_x[:-1], data.val_x[1:]).all()
        ):
            return None  # rows in no order
        x, val_x = _windows(data.x, steps), _windows(data.val_x, steps)
        if _follows(data.x[-1:], data.val_x[:1]).all():  # the validation rows go on where the training rows end
            val_x = _windows(np.concatenate([data.x[-more:], data.val_x]), steps)
        lost = len(data.val_x) - len(val_x)
        if len(x) < FEWEST or len(val_x) < FEWEST:
            return None
        before = data.val_x[lost:], data.val_y[lost:]
        return TrialData(x, data.y[more:], val_x, data.val_y[lost:], None, before)

    yield asked.remedy(f"steps = {steps}", data=widened)


def _follows(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return which windows end one step before others do; windows of one step always may."""
    return (one[:, 1:] == other[:, :-1]).reshape(len(one), -1).all(1)


def _windows(x: np.ndarray, steps: int) -> np.ndarray:
    """Return longer windows of the series that windows ``(rows, time, features)`` in order show."""
    series = np.concatenate([x[0], x[1:, -1]])
    return np.moveaxis(np.lib.stride_tricks.sliding_window_view(series, steps, axis=0), -1, 1)
