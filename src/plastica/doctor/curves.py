"""Findings of the learning curves: what the losses of the epochs say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ..checks.findings import Finding, observed, percent
from .sources import AUTOTRAINER, CHANCE, MEASURED, PRECHELT

FEWEST = 5  # epochs, below which a curve says little
SAME = 0.01  # delta of AutoTrainer
UNLEARNED = 0.05  # of the way from a constant answer to a loss of 0
LEARNED = 0.9
SWINGS = 0.3  # of the loss, in the median of neighbouring epochs
LOSS_OF_GENERALITY = 0.1  # 10 %, in GL of Prechelt, who stops at 1 to 5 %
STILL_FALLS = 0.05  # of the validation loss, in the last fifth of the epochs
LASTS, FALLS_AGAIN = 0.2, 0.1  # of the epochs, for a plateau; of the loss, after it
LATE, LONG = 0.5, 20  # of the epochs, that brought nothing; and epochs of a run that is long enough to say so
BAD_START = 10.0  # healthy networks of the benchmark begin below 4


def curve_findings(
    history: Mapping[str, Sequence[float]], chance: float | None, restored: bool = False
) -> list[Finding]:
    """Return what the losses say: stuck, swinging, on a plateau, overfitting, at chance, stopped too early or late.

    Args:
        history: The losses by name, one for each epoch: ``{"loss": [...], "val_loss": [...]}``.
        chance: The loss of the best constant answer; None if it is not known.
        restored: Whether early stopping ended the run, so that later epochs do no harm.
    """
    loss = _finite(history.get("loss", ()))
    if len(loss) < FEWEST:
        return []
    found = [*swings(loss, chance)] or [*stuck(loss, chance)] or [*plateau(loss, chance)]
    val = _finite(history.get("val_loss", ()))
    if len(val) < FEWEST:
        return found
    if not any(each.code == "stuck_loss" for each in found):
        found += [*at_chance(loss, val, chance)]
    if not restored:
        found += [*overfits(loss, val, chance)] or [*stopped_early(val, chance)] or [*stopped_late(val, chance)]
    return found


def poor_start(loss: float, chance: float | None, step: int = 0) -> Iterator[Finding]:
    """Find an untrained network whose loss is far above that of a constant answer.

    Args:
        loss: The loss of the first batch.
        chance: The loss of the best constant answer.
        step: How many steps were made before.
    """
    if chance is None or not chance > 0 or step > 0 or not loss > BAD_START * chance:
        return
    yield observed(
        "poor_start",
        "warning",
        value=loss / chance,
        threshold=BAD_START,
        source=CHANCE,
        remedy='Dense(units, kernel_initializer="glorot_uniform")',
        loss=f"{loss:.3g}",
        times=f"{loss / chance:.3g}",
        chance=f"{chance:.3g}",
    )


def stuck(loss: np.ndarray, chance: float | None) -> Iterator[Finding]:
    """Find a loss that has not fallen although a constant answer would be about as good."""
    fell = (loss[0] - loss.min()) / abs(loss[0]) if loss[0] else 0.0
    skill = _skill(float(loss[-1]), chance)
    if skill is not None and skill >= UNLEARNED:
        return
    if fell < SAME or (skill is not None and skill < UNLEARNED / 5):
        yield observed(
            "stuck_loss",
            "serious",
            value=fell,
            threshold=SAME,
            source=AUTOTRAINER,
            certainty="certain" if skill is not None else "likely",
            remedy="pl.find_learning_rate(model, x, y).best",
            fell=percent(max(fell, 0.0)),
            epochs=len(loss),
            chance="-" if chance is None else f"{chance:.3g}",
            loss=f"{loss[-1]:.3g}",
        )


def swings(loss: np.ndarray, chance: float | None) -> Iterator[Finding]:
    """Find a loss that jumps up and down by more than it falls."""
    half = loss[len(loss) // 2 :]
    skill = _skill(float(np.median(half)), chance)
    if len(half) < FEWEST or (skill is not None and skill > LEARNED):
        return
    moves = np.diff(half)
    size = float(np.median(np.abs(moves)) / np.median(half)) if np.median(half) > 0 else 0.0
    turns = float((moves[1:] * moves[:-1] < 0).mean())
    gained = float(half[: len(half) // 2].mean() - half[len(half) // 2 :].mean())
    if size > SWINGS and turns >= 0.5 and np.median(np.abs(moves)) > gained:
        yield observed(
            "oscillating_loss",
            "warning",
            value=size,
            threshold=SWINGS,
            source=MEASURED,
            certainty="likely",
            remedy="model.learning_rate /= 10",
            size=percent(size),
            limit=percent(SWINGS),
            epochs=len(half),
        )


def plateau(loss: np.ndarray, chance: float | None) -> Iterator[Finding]:
    """Find a stretch in which the loss hardly fell although it fell afterwards: the way on was there all the time."""
    least, best = max(FEWEST, round(LASTS * len(loss))), (0, 0)
    for start in range(0, len(loss) - least, max(1, len(loss) // 100)):
        size = max(abs(loss[start]), 1e-12)
        moved = np.abs(loss[start:] - loss[start]) >= SAME * size
        end = start + (int(moved.argmax()) if moved.any() else 0)  # the last epochs are no plateau: nothing came after
        if end - start > max(least - 1, best[1] - best[0]) and loss[end:].min() < (1 - FALLS_AGAIN) * loss[start]:
            best = start, end
    start, end = best
    skill = _skill(float(loss[start]), chance)
    if end > start and not (skill is not None and skill > LEARNED):
        share = (end - start) / len(loss)
        yield observed(
            "plateau",
            "warning" if share >= LATE else "note",
            where=f"epoch {start + 1}",
            value=share,
            threshold=LASTS,
            source=AUTOTRAINER,
            certainty="likely",
            remedy="Adam(0.003)",
            epochs=end - start,
            loss=f"{loss[start]:.3g}",
            after=f"{loss[end:].min():.3g}",
            limit=percent(SAME),
        )


def at_chance(loss: np.ndarray, val: np.ndarray, chance: float | None) -> Iterator[Finding]:
    """Find that nothing of what is learned from training rows holds for validation rows."""
    part = max(2, len(val) // 5)
    still_falls = np.mean(val[-part:]) < (1 - SAME) * np.mean(val[-2 * part : -part])
    best, learned = _skill(float(val.min()), chance), _skill(float(loss.min()), chance)
    if best is None or learned is None or still_falls or best >= UNLEARNED / 5 or learned <= max(best, 0.0):
        return
    yield observed(
        "validation_at_chance",
        "warning",
        value=best,
        threshold=UNLEARNED / 5,
        source=CHANCE,
        certainty="likely",
        remedy="",
        best=f"{val.min():.3g}",
        loss=f"{loss.min():.3g}",
        chance=f"{chance:.3g}",
    )


def stopped_late(val: np.ndarray, chance: float | None) -> Iterator[Finding]:
    """Find epochs after which the validation loss neither fell nor rose: more than half of the time for nothing."""
    enough = np.flatnonzero(val <= val.min() + SAME * abs(val.min()))
    after = len(val) - 1 - int(enough[0])
    skill = _skill(float(val.min()), chance)
    if len(val) >= LONG and after > LATE * len(val) and not (skill is not None and skill < UNLEARNED):
        yield observed(
            "stopped_late",
            "note",
            where=f"epoch {int(enough[0]) + 1}",
            value=after / len(val),
            threshold=LATE,
            source=MEASURED,
            certainty="likely",
            remedy="callbacks=[pl.EarlyStopping(patience=5, restore_best_weights=True)]",
            epochs=after,
            all=len(val),
            limit=percent(SAME),
        )


def overfits(loss: np.ndarray, val: np.ndarray, chance: float | None) -> Iterator[Finding]:
    """Find a validation loss that rises while the training loss falls (Prechelt's generalization loss)."""
    best = int(np.argmin(val))
    floor = float(val[best])
    # Of losses near 0, a tenth is nothing: a small part of a constant answer's loss is added.
    lost = float(np.mean(val[-2:]) - floor) / (floor + (0.02 * chance if chance else 0.0) + 1e-12)
    after = loss[best:]
    if len(after) > 2 and lost > LOSS_OF_GENERALITY and after[-1] < after[0]:
        yield observed(
            "overfitting",
            "serious" if lost > 5 * LOSS_OF_GENERALITY else "warning",
            where=f"epoch {best + 1}",
            value=lost,
            threshold=LOSS_OF_GENERALITY,
            source=PRECHELT,
            certainty="likely",
            remedy="callbacks=[pl.EarlyStopping(restore_best_weights=True)]",
            lost=percent(lost),
            epochs=len(val) - best - 1,
            best=f"{floor:.3g}",
            last=f"{val[-1]:.3g}",
            limit=percent(LOSS_OF_GENERALITY),
        )


def stopped_early(val: np.ndarray, chance: float | None) -> Iterator[Finding]:
    """Find a validation loss that was still falling when training ended."""
    part = max(2, len(val) // 5)
    before, last = float(np.mean(val[-2 * part : -part])), float(np.mean(val[-part:]))
    skill = _skill(float(val[-1]), chance)
    fell = (before - last) / before if before > 0 else 0.0
    if fell > STILL_FALLS and int(np.argmin(val)) >= len(val) - part and not (skill is not None and skill > LEARNED):
        yield observed(
            "stopped_early",
            "warning" if fell > 2 * STILL_FALLS else "note",
            where=f"epoch {len(val)}",
            value=fell,
            threshold=STILL_FALLS,
            source=MEASURED,
            certainty="likely",
            remedy=f"epochs={3 * len(val)}, callbacks=[pl.EarlyStopping(patience={max(5, part)})]",
            fell=percent(fell),
            epochs=part,
        )


def _skill(loss: float, chance: float | None) -> float | None:
    """Return how far a loss is on the way from that of a constant answer to 0."""
    return None if chance is None or not chance > 0 else 1 - loss / chance


def _finite(values: Sequence[float]) -> np.ndarray:
    found = np.asarray(values, np.float64)
    return found[: int(np.argmin(np.isfinite(found)))] if not np.isfinite(found).all() else found
