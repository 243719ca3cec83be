"""``plastica explain`` beyond contributions: equal to the functions in Python; networks that read arrays and images."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

import plastica as pl
from plastica.storage import read_model


@pytest.fixture(scope="module")
def towns(tmp_path_factory):
    """A run on a small table with a text, a number and a category; the target depends on the text."""
    from click.testing import CliRunner

    from plastica.cli.main import app

    folder = tmp_path_factory.mktemp("towns")
    random = np.random.default_rng(0)
    words = np.array(["kind", "loud", "old", "small", "bright", "empty"])
    lines = ["remark,size,town,y"]
    for _ in range(160):
        said = " ".join(random.permutation(words)[:4])
        answer = "yes" if "kind" in said else "no"
        lines.append(f"{said},{random.normal():.3f},{random.choice(['Ely', 'Rye'])},{answer}")
    (folder / "t.csv").write_text("\n".join(lines))
    given = ["--network", "mlp", "--layers", "8", "--epochs", "60", "--text", "remark", "--no-report", "--quiet"]
    made = CliRunner().invoke(app, ["train", str(folder / "t.csv"), "-t", "y", *given, "--out", str(folder / "run")])
    assert made.exit_code == 0, made.stderr
    return folder


def test_words_pairs_rules_and_effects_are_those_of_python(plastica, towns, here):
    model, file = towns / "run", towns / "t.csv"
    given = (
        "--words",
        "remark",
        "--interactions",
        "--anchor",
        "--effect",
        "town",
        "--effect",
        "size",
        "--out",
        "why.svg",
    )
    found = json.loads(plastica("explain", model, file, "--row", "4", *given, "--json").stdout)
    network, row = pl.load(model / "model.plastica"), found["rows"][0]
    words = pl.explain.explain_words(network, file, "remark", row=3, output=row["output"])
    assert [each["column"] for each in row["words"]["words"]] == list(words.feature_names)
    np.testing.assert_allclose(
        [each["contribution"] for each in row["words"]["words"]], words.values[0, :, 0], atol=1e-6
    )
    pairs = pl.explain.table_interactions(network, file, rows=[3], output=row["output"])
    told = {tuple(each["columns"]): each["together"] for each in row["interactions"]}
    assert told[("remark", "size")] == pytest.approx(2 * pairs.values[0, 0, 1, 0], abs=1e-6)
    single = {each["column"]: each["contribution"] for each in row["columns"]}
    alone = pairs.values[0, 0, 0, 0] + pairs.values[0, 0, 1:, 0].sum()
    assert single["remark"] == pytest.approx(alone, abs=1e-5)  # rows of the grid add up to Shapley values
    rule = pl.explain.table_anchors(network, file, row=3)
    assert row["anchor"]["conditions"] == list(rule.conditions) and row["anchor"]["precision"] == rule.precision
    effect = pl.explain.table_effect(network, file, "town")
    assert [each["value"] for each in found["effects"][0]["rows"][:2]] == list(effect.labels)
    for name in ("why.svg", "why-words.svg", "why-interactions.svg", "why-effect-town.svg", "why-effect-size.svg"):
        assert (here / name).read_text().startswith("<?xml")


def test_it_is_said_in_words_in_both_languages(plastica, towns):
    given = ("explain", towns / "run", towns / "t.csv", "--words", "remark", "--interactions", "--anchor")
    said = plastica(*given, "--judge", "--effect", "town").stdout
    assert "row 1, words of remark" in said and "a rule about few columns" in said and "together" in said
    assert "randomisation: rank correlation" in said and "rows of the table changes with town" in said
    told = plastica(*given, "--lang", "zh").stdout
    assert "去掉这些词为" in told and "精确度" in told and "共同" in told


def test_training_rows_are_named_by_their_place_in_the_file(plastica, towns):
    given = ("explain", towns / "run", towns / "t.csv", "--row", "4", "--influence", "last_layer", "--nearest", "3")
    row = json.loads(plastica(*given, "--json").stdout)["rows"][0]
    lines = (towns / "t.csv").read_text().splitlines()
    for each in (*row["influence"]["for"], *row["influence"]["against"], *row["nearest"]):
        assert lines[each["position"] - 1].split(",")[0] == each["columns"]["remark"]
    assert sum(each["columns"]["y"] == row["output"] for each in row["influence"]["for"]) >= 3
    assert [each["distance"] for each in row["nearest"]] == sorted(each["distance"] for each in row["nearest"])
    (towns / "other.csv").write_text((towns / "t.csv").read_text())
    gone = plastica("explain", towns / "run", towns / "other.csv", "--nearest", "3", code=1).stderr
    assert "t.csv, is not here; give its training rows by --training" in gone
    said = plastica(*given, "--training", towns / "t.csv").stdout
    assert "support" in said and "training row" in said and "line 5" in said  # the row itself is the nearest


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (("--words", "town"), 1, "does not read 'town' as text; its columns of text: 'remark'"),
        (("--effect", "remark"), 1, "'remark' is free text, which has no curve"),
        (("--effect", "twn"), 1, 'did you mean "town"'),
        (("--method", "grad_cam"), 1, "is for networks that read arrays or images"),
        (("--tolerance", "1"), 1, "--tolerance belongs to --anchor"),
        (("--training", "t.csv"), 1, "--training belongs to --influence"),
        (("--nearest", "500"), 1, "training rows"),
        (("--patch", "4"), 1, "--patch is for images"),
        (("--influence", "last"), 2, "tracin"),
    ],
)
def test_what_cannot_be_said_is_refused(plastica, towns, given, code, message):
    assert message in plastica("explain", towns / "run", towns / "t.csv", *given, code=code).stderr


def test_too_many_columns_are_told_what_to_use_instead(plastica, here):
    random = np.random.default_rng(0)
    table = {f"c{place}": random.normal(size=60).round(3) for place in range(17)} | {
        "y": random.normal(size=60).round(3)
    }
    (here / "wide.csv").write_text(
        ",".join(table) + "\n" + "\n".join(",".join(map(str, row)) for row in zip(*table.values(), strict=True))
    )
    plastica("train", "wide.csv", "-t", "y", "--model", "linear", "--no-report", "--quiet", "--out", "wide")
    said = plastica("explain", "wide", "wide.csv", "--method", "exact_shap", code=1).stderr
    assert "17 columns have 1.31e+05 coalitions" in said and "--method kernel_shap" in said
    zh = plastica("explain", "wide", "wide.csv", "--method", "exact_shap", "--lang", "zh", code=1).stderr
    assert "17 列有" in zh
    assert "say with --tolerance" in plastica("explain", "wide", "wide.csv", "--anchor", code=1).stderr


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A network for images of 8 x 8 pixels, of which the first class is the brightness of the upper left quarter."""
    folder = tmp_path_factory.mktemp("pictures")
    model = pl.Sequential([pl.Flatten(), pl.Dense(2)])
    model.build((8, 8, 1))
    weights = np.zeros((8, 8, 2), np.float32)
    weights[:4, :4, 0], weights[4:, 4:, 1] = 1, 2
    model.set_weights([weights.reshape(64, 2), np.zeros(2)])
    model.save(folder / "net.plastica")
    x = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1)).astype(np.uint8)
    np.savez(folder / "x.npz", x=(x / 255).astype(np.float32), y=np.zeros(5))
    Image.fromarray(x[0, ..., 0]).save(folder / "one.png")
    Image.fromarray(np.zeros((9, 8), np.uint8)).save(folder / "large.png")
    return folder, x / 255


@pytest.mark.parametrize("method", ["auto", "gradient_times_input", "occlusion", "kernel_shap"])
def test_parts_of_an_image_contribute_what_a_linear_network_reads_there(plastica, pictures, here, method):
    folder, x = pictures
    given = ("--method", method, "--patch", "4", "--class", "0", "--out", "why.svg")
    found = json.loads(plastica("explain", folder / "net.plastica", folder / "one.png", *given, "--json").stdout)
    told = {each["column"]: each["contribution"] for each in found["rows"][0]["columns"]}
    assert told["rows 1-4, columns 1-4"] == pytest.approx(x[0, :4, :4].sum(), rel=1e-4)
    assert told["rows 5-8, columns 5-8"] == pytest.approx(0, abs=1e-5)
    assert (here / "why.svg").read_text().startswith("<?xml")


def test_rows_of_an_array_are_compared_with_the_others(plastica, pictures):
    folder, x = pictures
    given = (
        "explain",
        folder / "net.plastica",
        folder / "x.npz",
        "--row",
        "2",
        "--method",
        "kernel_shap",
        "--patch",
        "4",
    )
    said = plastica(*given).stdout
    assert "part of the image" in said and "by kernel_shap" in said
    row = json.loads(plastica(*given, "--json").stdout)["rows"][0]
    place = int(row["output"])
    assert row["output"] == str(np.argmax([x[1, :4, :4].sum(), 2 * x[1, 4:, 4:].sum()]))
    part = (slice(None), slice(4), slice(4)) if place == 0 else (slice(None), slice(4, 8), slice(4, 8))
    amount = (1 + place) * (x[1][part[1:]].sum() - x[part].sum((1, 2, 3)).mean())
    name = "rows 1-4, columns 1-4" if place == 0 else "rows 5-8, columns 5-8"
    told = {each["column"]: each["contribution"] for each in row["columns"]}
    assert told[name] == pytest.approx(amount, rel=1e-3)


def test_a_series_and_a_table_of_numbers_are_explained(plastica, here):
    series = pl.Sequential([pl.Flatten(), pl.Dense(1)])
    series.build((6, 3))
    series.save("series.plastica")
    np.save("s.npy", np.random.default_rng(0).normal(size=(4, 6, 3)).astype(np.float32))
    said = plastica("explain", "series.plastica", "s.npy", "--out", "s.svg", "--judge").stdout
    assert "step 1, feature 1" in said and "how reliable the contributions are" in said
    rows = pl.Sequential([pl.Dense(1)])
    rows.build((2,))
    rows.set_weights([[[2.0], [0.0]], [0.0]])
    rows.save("rows.plastica")
    (here / "n.csv").write_text("a,b\n1,5\n3,7\n")
    found = json.loads(plastica("explain", "rows.plastica", "n.csv", "--json").stdout)["rows"][0]
    assert [each["column"] for each in found["columns"]] == ["a", "b"]
    assert found["columns"][0]["contribution"] == pytest.approx(-2) and found["columns"][0]["value"] == "1"
    assert read_model("rows.plastica")[1]


@pytest.mark.parametrize(
    ("file", "given", "message"),
    [
        ("large.png", (), "is 9 x 8 pixels; the network reads 8 x 8"),
        ("one.png", ("--class", "7"), "no class or target of this model. Known: 0, 1"),
        ("x.npz", ("--row", "6"), "has rows 1 to 5"),
        ("one.png", ("--scale", "0"), "expected a number above 0"),
        ("one.png", ("--anchor",), "--anchor is for models of tables or forecasts"),
        ("y.npy", (), "has rows of shape (3,); the network reads (8, 8, 1)"),
        ("two.npz", (), "has the arrays a, b; rows are looked for under x"),
        ("bad.npz", (), "cannot be read"),
        ("bad.png", (), "cannot be read"),
        ("x.npz", ("--method", "grad_cam"), "activity is an image"),
        ("nan.npz", (), "NaN"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(plastica, pictures, here, file, given, message):
    folder, _ = pictures
    np.save("y.npy", np.zeros((2, 3)))
    np.savez("two.npz", a=np.zeros(2), b=np.zeros(2))
    np.savez("nan.npz", x=np.full((1, 8, 8, 1), np.nan, np.float32))
    for name in ("bad.npz", "bad.png"):
        (here / name).write_text("none")
    path = folder / file if (folder / file).exists() else file
    assert message in plastica("explain", folder / "net.plastica", path, *given, code=1).stderr
