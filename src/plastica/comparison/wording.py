"""The texts and numbers in the tables of a comparison."""

from __future__ import annotations

from collections.abc import Sequence

from ..language import Texts, current
from .records import RuleRecord, middle, spread

SAY = Texts("comparison")
RULES = Texts("rules")
RESULTS = (
    "rule", "rank", "test", "after", "epochs", "seconds", "epoch_seconds", "epochs_to_loss", "seconds_to_loss",
    "remarks",
)  # fmt: skip
INSIDE = ("rule", "training", "angle_start", "angle_end", "sparseness", "silent")
FACTS = ("rule", "local", "symmetric", "phases", "global_error", "labels", "source")


def heads(names: Sequence[str], epochs: int = 0) -> list[str]:
    """Return column headings in the current language; ``epochs`` appears in the heading of equal epochs."""
    return [SAY(f"head_{name}", epochs=epochs) for name in names]


def results_of(record: RuleRecord, rank: str, epochs: int) -> list[str]:
    """Return a row of the results table, in the order of ``RESULTS``.

    Args:
        record: The results of a rule.
        rank: Its range of ranks.
        epochs: The number of epochs after which all rules are compared.
    """
    if record.reason:
        return [record.name, "-", SAY("not_trained", reason=record.reason), *[""] * (len(RESULTS) - 3)]
    return [
        record.name,
        rank,
        with_spread(record.test, record.figure),
        with_spread(record.after(epochs), record.figure),
        str(record.epochs),
        f"{record.spent:.3g}",
        f"{record.epoch_seconds:.3g}",
        _reached(record.reached, record),
        _reached(record.seconds_to_target, record),
        ("；" if current() == "zh" else "; ").join(remarks(record)),
    ]


def inside_of(record: RuleRecord) -> list[str]:
    """Return a row of the table of training results, angles and sparseness, in the order of ``INSIDE``."""
    return [
        record.name,
        with_spread(record.train, record.figure),
        _listed(record.angles_begin, "{:.0f}"),
        _listed(record.angles_end, "{:.0f}"),
        _listed(record.sparseness, "{:.2f}"),
        _listed(record.silent, "{:.0%}"),
    ]


def facts_of(record: RuleRecord, notes: list[str]) -> list[str]:
    """Return a row of the table of requirements, in the order of ``FACTS``.

    Args:
        record: The results of a rule.
        notes: The notes below the table so far; new ones are appended, and the row refers to them by number.
    """
    found = record.facts
    if found is None:
        return [record.name, *["?"] * (len(FACTS) - 1)]
    words = []
    for name in ("local", "symmetric_weights", "phases", "global_error", "labels"):
        note = translated(str(found.get(f"{name}_note", "")))
        if note and note not in notes:
            notes.append(note)
        words.append(f"{_word(found[name])} ({notes.index(note) + 1})" if note else _word(found[name]))
    return [record.name, *words, _word(found["source"])]


def with_spread(values: Sequence[float | None], figure: str) -> str:
    """Format the mean and the standard deviation over the seeds.

    Example:
        >>> with_spread([0.98, 0.984], "accuracy"), with_spread([0.5], "r2"), with_spread([None], "accuracy")
        ('98.20 % ± 0.28', '0.500', 'not finite')
    """
    mean, apart = middle(values), spread(values)
    if mean is None:
        return SAY("not_finite")
    factor, places, unit = (100, 2, " %") if figure == "accuracy" else (1, 3, "")
    beside = "" if apart is None else f" ± {factor * apart:.{places}f}"
    return f"{factor * mean:.{places}f}{unit}{beside}"


def remarks(record: RuleRecord) -> list[str]:
    """Return remarks that a reader should know before comparing a rule with others."""
    found = [SAY("as_backprop")] * record.is_backprop
    found += [SAY("variant_of", rule=record.variant_of)] * bool(record.variant_of)
    found += [SAY("not_ranked", reason=translated(record.unranked))] * bool(record.unranked)
    found += [SAY("stopped_after", made=record.epochs, planned=record.planned)] * (record.epochs < record.planned)
    found += [SAY("epochs_per_layer", count=record.layer_epochs)] * bool(record.layer_epochs)
    found += [SAY("some_seeds", made=len(record.seeds), planned=record.planned_seeds)] * _lacks_seeds(record)
    found += [SAY("failed_seeds", failed=len(record.failed), all=len(record.seeds))] * bool(record.failed)
    return [*found, *record.notes]


def translated(text: str) -> str:
    """Return a text of a built-in rule in the current language; texts of other rules remain as written."""
    if current() == "en":
        return text
    for key, (english, _) in RULES.entries.items():
        text = text.replace(english, RULES(key))
    return text.replace("。 ", "。")  # between the sentences of a note


def _lacks_seeds(record: RuleRecord) -> bool:
    return len(record.seeds) < record.planned_seeds


def _reached(values: Sequence[float | None], record: RuleRecord) -> str:
    found = middle(values)
    if found is None:
        return SAY("not_reached")
    count = sum(value is not None for value in values)
    if count == len(record.seeds):
        return f"{found:.3g}"
    return SAY("of_seeds", value=f"{found:.3g}", reached=count, all=len(record.seeds))


def _listed(values: Sequence[float | None] | None, form: str) -> str:
    if not values:
        return "-"
    return " ".join("-" if value is None else form.format(value) for value in values)


def _word(value: object) -> str:
    return SAY("yes" if value else "no") if isinstance(value, bool) else translated(str(value))
