"""``plastica explain`` for rows of a table: what each column contributed, and what else is asked about the rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from . import options
from .explain import OF_ARRAYS, drawn, refuse_others
from .explain_contributions import row_facts, say_contributions
from .output import Output, brief, note
from .wording import SAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from ..data.table import Table
    from ..explain.attribution import Attribution
    from ..tables import TableNetwork

OF_FORECASTS = ("at", "series", "step")
OF_IMAGES = ("patch",)
MOST_ROWS = 2_000  # in which correlations are looked for


class TableCase(NamedTuple):
    """What is asked about which rows, and where it is printed.

    Attributes:
        network: The model.
        file: The file of the table with the rows.
        table: The table.
        background: Rows to compare with; None for those of the table.
        rows: The rows to explain, from 1.
        groups: Columns that are explained as one.
        given: The options of the command.
        output: Where results are printed.
    """

    network: TableNetwork
    file: str
    table: Table
    background: Table | None
    rows: Sequence[int]
    groups: dict[str, tuple[str, ...]]
    given: dict[str, Any]
    output: Output

    def named(self, label: str) -> str:
        """Return a prediction by name: ``species = Adelie``, or the target that is a number."""
        target = self.network.target
        is_class = self.network.task in ("binary", "multiclass")
        return brief(f"{target.name} = {label}" if is_class else label)

    def picture(self, word: str) -> str | None:
        """Return the file of a further picture beside that of ``--out``: ``why-words.svg``; None without."""
        if self.given["out"] is None:
            return None
        path = Path(self.given["out"])
        return str(path.with_name(f"{path.stem}-{word}{path.suffix}"))


def explain_rows(network: TableNetwork, path: Path, file: str, given: dict[str, Any], output: Output) -> None:
    """Print the contributions of the columns of rows, and what else is asked, and return them as JSON.

    Raises:
        InvalidValue: If an option is for other models, there is no such row, or enumerating would take hours.
        UnknownName: If there is no such class.
    """
    from ..data.reading import read_table
    from .explain_further import say_further
    from .explain_whole import say_whole

    refuse_others(given, OF_FORECASTS, "explain_forecasts_only")
    refuse_others(given, OF_IMAGES, "explain_images_only")
    reading = {"separator": options.separator(given["separator"]), "encoding": given["encoding"]}
    table = read_table(file, **reading, sheet=given["sheet"])
    background = None if given["background"] is None else read_table(given["background"], **reading)
    compared = table if background is None else background
    rows = _asked_rows(network, table, given)
    case = TableCase(network, file, table, background, rows, _groups(network, compared, given), given, output)
    found, shown = _explained(case)
    count = min(compared.height, given["background_rows"])
    told: list[dict[str, object]] = []
    for number, row in enumerate(rows):
        answer, baseline = found.answers[number, shown[number]], found.baseline[number, shown[number]]
        ends = {"answer": f"{answer:.4g}", "baseline": f"{baseline:.4g}"}
        output.say(SAY("explain_row", row=row, name=case.named(found.output_names[shown[number]]), **ends))
        output.say(SAY("explain_with", count=count, source=compared.source))
        say_contributions(output, found, number, shown[number])
        told.append(row_facts(found, number, shown[number], row) | say_further(case, row, shown[number]))
    if given["out"] is not None:
        found.plot(given["out"], row=0, output=shown[0])
        output.fact("saved", given["out"])
    whole = say_whole(case)
    output.result(
        {
            "model": str(path),
            "method": found.method,
            "evaluations": found.evaluations,
            "background": {"source": compared.source, "rows": count},
            "outputs": list(_outputs(network)),
            "rows": told,
            **whole,
        }
    )


def _outputs(network: TableNetwork) -> tuple[str, ...]:
    from ..explain.table_answers import outputs_of

    return outputs_of(network.target)


def _asked_rows(network: TableNetwork, table: Table, given: dict[str, Any]) -> Sequence[int]:
    """Return the rows to explain, from 1, once what is asked about them is known to be possible."""
    from ..errors import InvalidValue, UnknownName

    if given["method"] in OF_ARRAYS:
        raise InvalidValue(SAY("explain_arrays_only", method=given["method"]))
    rows = given["row"] or (1,)
    if wrong := [row for row in rows if not 1 <= row <= table.height]:
        raise InvalidValue(SAY("explain_no_row", row=wrong[0], source=table.source, rows=f"{table.height:,}"))
    known = _outputs(network)
    if given["label"] is not None and given["label"] not in known:
        raise UnknownName(SAY("explain_no_class", name=given["label"], known=", ".join(known[:20])))
    if given["out"] is not None and len(rows) > 1:
        raise InvalidValue(SAY("explain_one_picture", rows=len(rows)))
    if not given["changes"] and (given["wanted"] is not None or given["fixed"]):
        raise InvalidValue(SAY("explain_needs_changes"))
    if given["tolerance"] is not None and not given["anchor"]:
        raise InvalidValue(SAY("explain_needs", option="--tolerance", other="--anchor"))
    if given["training"] is not None and given["influence"] is None and given["nearest"] is None:
        raise InvalidValue(SAY("explain_needs", option="--training", other="--influence / --nearest"))
    return rows


def _explained(case: TableCase) -> tuple[Attribution, list[int]]:
    """Return the contributions to the predictions for rows, and the number of the output to show for each."""
    from ..errors import InvalidValue
    from ..explain.shapley import MOST_EXACT
    from ..explain.table_answers import columns_of
    from ..explain.table_columns import explain_table, together

    given, network = case.given, case.network
    count = len(together(columns_of(network), case.groups))
    if given["method"] == "exact_shap" and count > MOST_EXACT:
        raise InvalidValue(SAY("explain_too_many", columns=count, coalitions=f"{2.0**count:.3g}", most=MOST_EXACT))
    places = [row - 1 for row in case.rows]
    asked = {"method": given["method"], "output": given["label"], "most": given["background_rows"], **drawn(given)}
    found = explain_table(network, case.table, case.background, rows=places, groups=case.groups, **asked)
    for line in found.notes:
        note(line)
    return found, _shown(found, network.predict(case.table.take(places)).labels, given["label"])


def _shown(found: Attribution, labels: np.ndarray, asked: str | None) -> list[int]:
    """Return the number of the output that is shown for each row: the predicted class, or the first target."""
    if asked is not None or labels.ndim > 1 or str(labels[0]) not in found.output_names:
        return [0] * len(found)
    return [found.output_names.index(str(label)) for label in labels]


def _groups(network: TableNetwork, table: Table, given: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the groups of columns by name: those given, and strongly correlated ones of the others."""
    known = [column.name for column in network.encoder.columns]
    found = [options.names([each], known) for each in given["group"]]
    if given["correlated"]:
        from ..data.spacing import spaced
        from ..report.relations import groups_of, items_of

        taken = {name for each in found for name in each}
        rows = table.take(spaced(table.height, MOST_ROWS))
        found += groups_of(items_of(rows, [each for each in network.encoder.columns if each.name not in taken]))
    return {", ".join(each): tuple(each) for each in found}
