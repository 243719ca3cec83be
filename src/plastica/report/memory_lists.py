"""The sections of the report on memory about lists: free recall, and learning one thing after another."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from ..language import LANGUAGES, Texts
from ..memory import TemporalContextModel, compare_with_people, human_curve, recall_lists
from ..memory.people.beside_people import CURVES, PEOPLE
from .memory_charts import ChartLine, curve_chart, term_name
from .memory_measurements import Chart, Section
from .wording import TEXTS, both, say

EFFECTS = Texts("people")
LISTS, NETWORK, ROWS, EPOCHS, NETWORKS = 500, "gru", 2000, 12, 2
MODEL = "TCM"
NEAR = 6  # the largest lag that is drawn
STRATEGIES, CLASSES_EACH, CONTINUAL_EPOCHS, CONTINUAL_SEEDS = ("naive", "ewc", "replay", "joint"), 2, 4, 2
UNITS = 64


def recalled() -> Section:
    """Return in which order people, the temporal context model and a recurrent network recall lists of words."""
    length = len(human_curve("serial_position").x)
    model = TemporalContextModel().simulate(length, LISTS)
    network = recall_lists(NETWORK, length=length, rows=ROWS, epochs=EPOCHS, seeds=NETWORKS).recalls[NETWORK]
    found = compare_with_people({MODEL: model, NETWORK: network})
    names = {PEOPLE: say("memory_people"), MODEL: say("memory_context_model"), NETWORK: term_name("layer", NETWORK)}
    charts: list[Chart] = []
    for curve in CURVES:
        lines: list[ChartLine] = []
        for who, own in found.curves.items():
            y = getattr(own, curve)
            x = own.lags if curve == "lag_transitions" else np.arange(1, length + 1)
            near = np.abs(x) <= NEAR if curve == "lag_transitions" else np.ones(len(x), bool)
            lines.append(ChartLine(names[who], x[near], y[near], who == PEOPLE))
        x_name = "word_lag_of_words" if curve == "lag_transitions" else "word_position"
        charts.append(Chart(curve, curve_chart(curve, lines, x_name, f"word_{curve}"), say(f"memory_{curve}_caption")))
    effects = {
        who: {row["effect"]: row for row in found.effects.filter(who=who).rows(named=True)} for who in (MODEL, NETWORK)
    }
    said = {
        f"{who}_{way}": _listed([name for name, row in effects[key].items() if row["agrees"] is wanted])
        for who, key in (("model", MODEL), ("network", NETWORK))
        for way, wanted in (("like", True), ("unlike", False))
    }
    return Section(
        "recalled",
        tuple(charts),
        f"pl.memory.TemporalContextModel().simulate({length}, {LISTS})\n"
        f'pl.memory.recall_lists("{NETWORK}", rows={ROWS}, epochs={EPOCHS}, seeds={NETWORKS})\n'
        "pl.memory.compare_with_people(...)\n"
        "plastica memory free-recall FILE",
        say("memory_recalled_agrees", layer=term_name("layer", NETWORK), **said),
        say("memory_recalled_differs", layer=term_name("layer", NETWORK), **said),
        {
            who: {
                name: {"value": _number(row["value"]), "people": _number(row["people"]), "agrees": row["agrees"]}
                for name, row in own.items()
            }
            for who, own in effects.items()
        },
    )


def continual() -> Section:
    """Return what a network forgets that learns digits two at a time, by strategy, beside people with two lists."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    from ..continual import compare, split_classes
    from ..layers import Dense
    from ..model import Sequential

    x, y = load_digits(return_X_y=True)
    # as plastica continual digits does
    x, x_test, y, y_test = train_test_split(x.astype(np.float32) / 16, y, test_size=0.2, random_state=0, stratify=y)
    stream = split_classes(x, y, x_test, y_test, per_experience=CLASSES_EACH)
    model = Sequential([Dense(UNITS, "relu"), Dense(len(stream.labels), "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    found = compare(model, stream, STRATEGIES, seeds=CONTINUAL_SEEDS, epochs=CONTINUAL_EPOCHS, batch_size=32)
    first = {name: found[name].matrix[:, 0] for name in STRATEGIES}  # the score on the first experience over time
    learned = np.arange(1, len(first["naive"]) + 1)
    lines = [ChartLine(term_name("strategy", name), learned, values) for name, values in first.items()]
    people = human_curve("first_list_after_second")
    left = {name: f"{values[1]:.0%}" for name, values in first.items()}
    chart = curve_chart("continual", lines, "word_experiences", "word_first_experience")
    return Section(
        "continual",
        (Chart("continual", chart, say("memory_continual_caption", classes=CLASSES_EACH, units=UNITS)),),
        f"plastica continual digits --strategies {','.join(STRATEGIES)} --layers {UNITS} --epochs {CONTINUAL_EPOCHS} "
        f"--batch-size 32 --seeds {CONTINUAL_SEEDS} --per-experience {CLASSES_EACH}",
        say("memory_continual_agrees", **left),
        say("memory_continual_differs", people=f"{people.y[-1]:.0%}", trials=f"{people.x[-1]:.0f}", **left),
        {
            name: {
                "first": first[name].tolist(),
                "average": found[name].average_accuracy.value,
                "forgetting": found[name].forgetting.value,
            }
            for name in STRATEGIES
        },
    )


def _listed(effects: list[str]) -> Markup:
    """Return the names of effects in both languages."""
    return both(
        *(
            EFFECTS.spoken(lang, "comma").join(EFFECTS.spoken(lang, f"effect_{name}") for name in effects)
            or TEXTS.spoken(lang, "memory_no_effect")
            for lang in LANGUAGES
        )
    )


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
