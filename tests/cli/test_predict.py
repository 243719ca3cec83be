"""``plastica predict``, ``evaluate`` and ``info`` with a trained model."""

from __future__ import annotations

import json
import shutil

import numpy as np
import polars as pl
import pytest

from plastica import datasets
from plastica.cli.table_words import say_target
from plastica.data.reading import read_table
from plastica.data.target import choose_target
from plastica.tables import TableNetwork

SOURCE = datasets.path_of("penguins")


@pytest.fixture
def table():
    return pl.read_csv(SOURCE, infer_schema_length=None)


def test_predictions_are_csv_in_the_order_of_the_rows(plastica, penguins):
    found = pl.read_csv(plastica("predict", penguins, "penguins").stdout.encode())
    assert found.columns == ["species"] and found.height == 344
    assert found["species"].to_list() == TableNetwork.load(penguins / "model.plastica").predict(SOURCE).labels.tolist()


def test_probabilities_have_a_column_for_each_class(plastica, penguins):
    result = plastica("predict", penguins / "model.plastica", "penguins", "--probabilities")
    found = pl.read_csv(result.stdout.encode())
    assert found.columns == ["species", "species=Adelie", "species=Chinstrap", "species=Gentoo"]
    shares = found[:, 1:].to_numpy()
    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-6)
    names = np.array(["Adelie", "Chinstrap", "Gentoo"])
    assert (names[shares.argmax(1)] == found["species"].to_numpy()).all()


def test_predictions_go_to_a_file(plastica, penguins, here):
    result = plastica("predict", penguins, "penguins", "--out", "answers.csv")
    assert result.stdout == ""
    assert pl.read_csv(here / "answers.csv").height == 344
    plastica("predict", penguins, "penguins", "--out", "no/such/folder.csv", code=1)
    shutil.copy(SOURCE, "mine.csv")
    assert (
        "is the model or the table itself" in plastica("predict", penguins, "mine.csv", "-o", "mine.csv", code=1).stderr
    )
    for name, said in ((".", "is in the folder of the table"), ("mine.csv", "predict writes CSV")):
        out = "part.csv" if name == "." else "answers.csv.gz"
        assert said in plastica("predict", penguins, name, "-o", out, code=1).stderr
    assert plastica("predict", penguins, "mine.csv", "-o", "-").stdout.startswith("species\n")


def test_a_row_is_answered_the_same_alone(plastica, penguins, table):
    all_rows = plastica("predict", penguins, "penguins", "-p").stdout.splitlines()
    alone = table[5:6].drop("species").write_csv().encode()
    assert plastica("predict", penguins, "-", "-p", input=alone).stdout.splitlines()[1] == all_rows[6]


def test_what_is_odd_about_a_table_is_one_line_each(plastica, penguins, table, here):
    table.drop("species").with_columns(
        colour=pl.lit("blue"), island=pl.when(pl.int_range(344) < 3).then(pl.lit("Atlantis")).otherwise("island")
    ).write_csv(here / "odd.csv")
    result = plastica("predict", penguins, "odd.csv")
    lines = result.stderr.splitlines()
    assert len(lines) == 2 and all(line.startswith("note: ") for line in lines)
    assert "'Atlantis' did not occur in training and is treated as unknown (3 rows)" in result.stderr
    assert "column 'colour' unknown to the model and ignored" in result.stderr


def test_a_missing_column_is_named(plastica, penguins, table, here):
    table.rename({"bill_length_mm": "bill_length"}).write_csv(here / "other.csv")
    result = plastica("predict", penguins, "other.csv", code=1)
    assert result.stdout == "" and result.stderr.count("\n") == 1
    assert "has no column 'bill_length_mm'" in result.stderr and "Is it named 'bill_length' here?" in result.stderr


def test_a_wrong_type_is_named_with_its_line(plastica, penguins, table, here):
    table.with_columns(
        body_mass_g=pl.when(pl.int_range(344) == 1).then(pl.lit("heavy")).otherwise("body_mass_g")
    ).write_csv(here / "typed.csv")
    result = plastica("predict", penguins, "typed.csv", code=1)
    assert result.stderr.count("\n") == 1
    assert "typed.csv, line 3, column 'body_mass_g': 'heavy' is not a number" in result.stderr


def test_a_model_that_is_not_there_is_guessed(plastica, penguins, here):
    shutil.copytree(penguins, here / "runs/penguins-1")
    assert "Did you mean 'runs/penguins-1'?" in plastica("predict", "runs/penguin-1", "penguins", code=1).stderr
    (here / "empty").mkdir()
    assert "contains no model.plastica" in plastica("info", "empty", code=1).stderr
    assert "there is no model" in plastica("info", "nowhere", code=1).stderr


def test_other_files_are_no_models(plastica, penguins, here):
    assert "error: " in plastica("info", SOURCE, code=1).stderr
    broken = bytearray((penguins / "model.plastica").read_bytes())
    broken[-5] ^= 1
    (here / "broken.plastica").write_bytes(broken)
    assert "SHA-256" in plastica("info", "broken.plastica", code=1).stderr
    import plastica as pl_

    model = pl_.Sequential([pl_.Input((3,)), pl_.Dense(1)])
    model.save(here / "plain.plastica")
    assert "was not trained on a table" in plastica("predict", "plain.plastica", "penguins", code=1).stderr


def test_evaluate_agrees_with_the_results_kept(plastica, penguins, table, here):
    result = plastica("evaluate", penguins, "penguins")
    assert "trained on 275 rows of this table" in result.stderr
    assert "trained   accuracy 0.9" in result.stdout
    half = table[::2]
    half.rename({"species": "kind"}).write_csv(here / "half.csv")
    found = json.loads(plastica("evaluate", penguins, "half.csv", "--target", "kind", "--json").stdout)
    labels = TableNetwork.load(penguins / "model.plastica").predict(SOURCE).labels[::2]
    assert found["rows"] == 172
    assert found["scores"]["accuracy"]["value"] == pytest.approx(np.mean(labels == half["species"].to_numpy()))


def test_evaluate_needs_a_target_it_knows(plastica, penguins, table, here):
    table.drop("species").write_csv(here / "none.csv")
    assert "has no column 'species'" in plastica("evaluate", penguins, "none.csv", code=1).stderr
    table.with_columns(species=pl.lit("Emperor")).write_csv(here / "new.csv")
    assert (
        "is not one of the classes Adelie, Chinstrap, Gentoo"
        in plastica("evaluate", penguins, "new.csv", code=1).stderr
    )
    gone = pl.when(pl.int_range(344) < 2).then(None).otherwise("species")
    table.with_columns(species=gone).write_csv(here / "gone.csv")
    assert "2 rows without a target left out" in plastica("evaluate", penguins, "gone.csv").stderr


def test_info_shows_models_and_figures_in_the_order_of_train(plastica, penguins):
    said = plastica("info", penguins, "-v").stdout
    words = [
        "  network  ",
        "linear model  ",
        "boosted trees  ",
        "guess",
        "\naccuracy",
        "\nbalanced accuracy",
        "\nmacro-averaged F1",
        "\nMatthews correlation",
        "\nAUC",
    ]
    places = [said.index(word, said.index("test rows")) for word in words]
    assert places == sorted(places)


def test_a_label_of_a_thousand_letters_is_cut_on_the_terminal():
    target, _, _ = choose_target(read_table({"y": ["a" * 5000, "b"]}), "y")
    assert len(say_target(target)) < 200


def test_info_says_what_the_model_wants_and_how_good_it_was(plastica, penguins):
    result = plastica("info", penguins, "-v")
    for word in (
        "species: 3 classes",
        "bill_length_mm",
        "206 training",
        "2 members",
        "128 relu",
        "guess",
        "15 epochs",
    ):
        assert word in result.stdout
    found = json.loads(plastica("info", penguins, "--json").stdout)
    assert found["target"]["name"] == "species" and found["results"]["rows"] == 69


def test_probabilities_of_a_number_are_refused(plastica, here):
    (here / "t.csv").write_text("a,y\n" + "\n".join(f"{n % 9},{1e9 + n / 3}" for n in range(60)))
    plastica("train", "t.csv", "-t", "y", "--epochs", "1", "-o", "run")
    assert "there are no probabilities" in plastica("predict", "run", "t.csv", "-p", code=1).stderr
    found = pl.read_csv(plastica("predict", "run", "t.csv").stdout.encode())["y"]
    assert found.dtype == pl.Float64 and (found - 1e9).abs().max() < 100


@pytest.fixture(scope="module")
def formulas(tmp_path_factory):
    """A run with classes, names and keys that are formulas, and its table."""
    from click.testing import CliRunner

    from plastica.cli.main import app

    folder = tmp_path_factory.mktemp("formulas")
    rows = [f"=k-{n:04},@{'ab'[n % 2]},{n % 7},{('=cmd', '-1')[n % 2]}" for n in range(80)]
    (folder / "t.csv").write_text("key,+word,n,=y\n" + "\n".join(rows) + "\n")
    options = ["-t", "=y", "--network", "mlp", "--layers", "4", "--no-report", "--quiet"]
    for run, epochs in (("one", "1"), ("two", "30")):
        made = CliRunner().invoke(
            app, ["train", str(folder / "t.csv"), *options, "--epochs", epochs, "--out", str(folder / run)]
        )
        assert made.exit_code == 0, made.stderr
    return folder


def test_no_word_of_the_answers_is_a_formula(plastica, formulas):
    found = plastica("predict", formulas / "two", formulas / "t.csv", "-p", "--keep", "all").stdout
    cells = [cell for line in found.splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if cell[:1] in "=+@" and cell]
    assert {"'=cmd", "-1"} >= {line.split(",")[4] for line in found.splitlines()[1:]}
    raw = plastica("predict", formulas / "two", formulas / "t.csv", "--keep", "all", "--raw").stdout
    assert raw.splitlines()[0] == "key,+word,n,given =y,=y" and raw.splitlines()[1].startswith("=k-0000,@a,0,=cmd,")
    assert found.splitlines()[0] == "key,'+word,n,given =y,'=y,'=y=-1,'=y==cmd"


def test_identifiers_stand_in_front_of_the_answers(plastica, formulas):
    first = plastica("predict", formulas / "two", formulas / "t.csv").stdout.splitlines()
    assert first[0] == "key,'=y" and first[1].startswith("'=k-0000,")
    for keep, heads in (("none", "'=y"), ("n,key", "n,key,'=y")):
        assert plastica("predict", formulas / "two", formulas / "t.csv", "--keep", keep).stdout.startswith(heads + "\n")
    parts = plastica("predict", formulas / "two", formulas / "t.csv", "--stream").stdout.splitlines()
    assert parts == first
    assert (
        "has no column 'kee'"
        in plastica("predict", formulas / "two", formulas / "t.csv", "--keep", "kee", code=1).stderr
    )


def test_held_out_rows_with_formulas_are_read_again(plastica, formulas):
    text = (formulas / "one" / "held_out.csv").read_text()
    assert "'=cmd" in text and ",=cmd" not in text and "'=y" in text.splitlines()[0]
    found = json.loads(plastica("compare", formulas / "one", formulas / "two", "--json").stdout)
    assert found["runs"][1]["difference"] is not None
    for run in ("one", "two"):  # as it was written before
        path = formulas / run / "held_out.csv"
        path.write_text(path.read_text().replace("'=", "="))
    again = json.loads(plastica("compare", formulas / "one", formulas / "two", "--json").stdout)
    assert again == found


def test_a_model_that_may_not_be_read_says_so(plastica, penguins, monkeypatch):
    from pathlib import Path

    opened = Path.open

    def refused(path, *given, **options):
        if path.name == "model.plastica":
            raise PermissionError(13, "Permission denied")
        return opened(path, *given, **options)

    monkeypatch.setattr(Path, "open", refused)
    said = plastica("info", penguins, code=1).stderr
    assert "model.plastica cannot be read: permission denied." in said

    def locked(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_dir", locked)
    assert "cannot be read: permission denied." in plastica("info", "runs/one", code=1).stderr


def test_tables_of_every_kind_are_answered_whole_and_in_parts(plastica, penguins, table, here):
    first = plastica("predict", penguins, "penguins").stdout
    assert plastica("predict", penguins, "penguins", "--stream").stdout == first
    table.write_parquet(here / "p.csv")
    (here / "u.csv").write_bytes(table.write_csv(null_value="NA").encode("utf-16-le"))
    (here / "j.jsonl").write_text(table.write_ndjson())
    for name in ("p.csv", "u.csv", "j.jsonl"):
        for stream in ("--stream", "--no-stream"):
            assert plastica("predict", penguins, name, stream).stdout == first, (name, stream)
    assert "has no sheets" in plastica("predict", penguins, "u.csv", "--sheet", "2", code=1).stderr
    assert "is a device" in plastica("predict", penguins, "/dev/zero", code=1).stderr
    assert "can be read only once" in plastica("predict", penguins, "-", "--stream", code=1).stderr
