"""``plastica explain``: contributions of columns, in both languages, as JSON and as a picture; and its errors."""

from __future__ import annotations

import json

import numpy as np
import pytest

import plastica as pl
from plastica.data.inputs import as_table
from plastica.errors import InvalidValue
from plastica.explain.table_columns import explain_table
from plastica.storage import write_model


def test_a_row_is_explained_by_its_columns(plastica, penguins, here):
    said = plastica("explain", penguins, "penguins", "--row", "3", "--out", "why.svg").stdout
    assert "row 3: species = Adelie: " in said and "compared with 50 rows of" in said and "flipper_length_mm" in said
    assert "contribution" in said and "▇" in said
    assert "flipper_length_mm = 195" in (here / "why.svg").read_text()


def test_contributions_add_up_and_are_those_of_python(plastica, penguins):
    found = json.loads(plastica("explain", penguins, "penguins", "-r", "3", "-r", "200", "--json").stdout)
    network = pl.load(penguins / "model.plastica")
    made = explain_table(network, "penguins", rows=[2, 199])
    assert found["method"] == made.method == "exact_shap" and found["background"]["rows"] == 50
    answers = network.predict("penguins").probabilities
    for number, row in enumerate(found["rows"]):
        total = row["baseline"] + sum(each["contribution"] for each in row["columns"])
        place = found["outputs"].index(row["output"])
        assert total == pytest.approx(row["answer"], abs=1e-5)
        assert row["answer"] == pytest.approx(answers[row["row"] - 1, place], abs=1e-5)
        values = made.values[number, :, place]
        np.testing.assert_allclose([each["contribution"] for each in row["columns"]], values, atol=1e-6)
    assert [each["column"] for each in found["rows"][0]["columns"]] == list(made.feature_names)


def test_sampled_contributions_have_errors_and_another_class_can_be_asked_for(plastica, penguins):
    given = ("explain", penguins, "penguins", "--method", "permutation_shap", "--evaluations", "3", "--class", "Gentoo")
    said = plastica(*given, "--lang", "zh").stdout
    assert "第 1 行：species = Gentoo：" in said and "标准误" in said and "±" in said


def test_columns_are_explained_as_one_and_bars_have_the_error_of_the_background(plastica, penguins):
    given = ("explain", penguins, "penguins", "--group", "island,sex", "--correlated", "--json")
    found = json.loads(plastica(*given).stdout)["rows"][0]["columns"]
    names = {each["column"]: each for each in found}
    assert names["island, sex"]["value"] == "Torgersen; MALE" and "body_mass_g" not in names
    assert any("body_mass_g" in name and "flipper_length_mm" in name for name in names)
    assert all(each["standard_error"] > 0 for each in found)
    network = pl.load(penguins / "model.plastica")
    size = {"size": ["body_mass_g", "flipper_length_mm"]}
    assert "size" in explain_table(network, "penguins", groups=size, method="occlusion").feature_names
    far = {name: values[:1].to_list() for name, values in as_table("penguins").columns.items()} | {"body_mass_g": [9e4]}
    told = explain_table(network, far, "penguins", method="lime")
    assert told.fidelity is not None and "'body_mass_g' = 90000 is outside of the rows compared with" in told.notes[0]


def test_changes_for_another_prediction_are_shown_and_flip_it(plastica, penguins, here):
    given = ("explain", penguins, "penguins", "--changes", "--wanted", "Gentoo", "--fixed", "island,sex")
    assert "the smallest changes for another prediction" in plastica(*given).stdout
    found = json.loads(plastica(*given, "--json").stdout)["rows"][0]["changes"]
    assert found and not {"island", "sex"} & {each["column"] for one in found for each in one}
    network = pl.load(penguins / "model.plastica")
    made = pl.explain.table_counterfactuals(network, "penguins", wanted="Gentoo", fixed=["island", "sex"])
    assert [len(made.changes(number)) for number in range(len(made))] == [len(one) for one in found]
    row = {name: values[:1].to_list() for name, values in as_table("penguins").columns.items()}
    for one in found:
        changed = {**row, **{each["column"]: [each["to"]] for each in one}}
        assert network.predict(changed).labels.tolist() == ["Gentoo"]


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (("penguins", "--row", "0"), 1, "has rows 1 to 344"),
        (("penguins", "--class", "Emperor"), 1, "no class or target of this model. Known: Adelie, Chinstrap, Gentoo"),
        (("penguins", "--method", "exact_shap", "--evaluations", "9"), 1, "draws nothing at random"),
        (("penguins", "-r", "1", "-r", "2", "--out", "a.svg"), 1, "draws the explanation of one row"),
        (("penguins", "--out", "a.txt"), 1, ".svg"),
        (("penguins", "--background", "other.csv"), 1, "has no column 'bill_length_mm'"),
        (("penguins", "--background-rows", "0"), 1, "at least 1"),
        (("penguins", "--method", "deep"), 2, "deep"),
        (("penguins", "--group", "island,sexx"), 1, "sexx"),
        (("penguins", "--group", "island,sex", "--group", "sex,body_mass_g"), 1, "is in the groups"),
        (("penguins", "--fixed", "sex"), 1, "belong to --changes"),
        (("penguins", "--changes", "--wanted", "Adelie"), 1, "already has the wanted answer"),
    ],
)
def test_what_cannot_be_explained_is_refused(plastica, penguins, here, given, code, message):
    (here / "other.csv").write_text("species,island\nAdelie,Dream\n")
    told = plastica("explain", penguins, *given, code=code).stderr
    assert message in told


def test_a_damaged_forecast_is_said(plastica, here):
    write_model(here / "model.plastica", {}, {"kind": "forecaster"})
    said = plastica("explain", "model.plastica", "penguins", code=1).stderr
    assert "is damaged: it does not describe a forecaster" in said


def test_an_anchor_is_a_rule_about_columns_as_they_are_written(penguins):
    network = pl.load(penguins / "model.plastica")
    found = pl.explain.table_anchors(network, "penguins", row=200, seed=0)
    assert found.answer == network.predict("penguins").labels[200]
    table = as_table("penguins")
    assert found.conditions and all(each.split(" ")[0] in table.names for each in found.conditions)
    with pytest.raises(InvalidValue, match=r"row=999: penguins.* has rows 0 to 343"):
        pl.explain.table_anchors(network, "penguins", row=999)
