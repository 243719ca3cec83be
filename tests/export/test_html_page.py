"""HTML pages answer raw columns as plastica does, in Node.js, and nothing from a model ends their scripts."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest

import plastica as pl
from plastica.export import html_writer
from plastica.export.exported import Exported, exported
from plastica.export.measuring import measure

from . import tables
from .networks import answered, assert_close

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")

# Runs the model of a page on a CSV file and prints labels and answers, or the key of what is refused.
RUN = """
const fs = require("fs");
const page = fs.readFileSync(process.argv[1], "utf8");
const model = page.split('<script id="model">')[1].split("</script>")[0];
const { table } = JSON.parse(page.split('type="application/json">')[1].split("</script>")[0]);
require("vm").runInThisContext(model + `
    globalThis.run = (text, table) => {
        try {
            const rows = answersOf(columnsOfCSV(text), table);
            return rows.map((row) => [labelled(row, table.answers), row]);
        } catch (problem) {
            return { key: problem.key, values: problem.values };
        }
    };
`);
console.log(JSON.stringify(run(fs.readFileSync(process.argv[2], "utf8"), table)));
"""


def written(model, path):
    for each, content in html_writer.files(exported(model, rows=1), path).items():
        each.write_bytes(content)
    return path


def run(page, table):
    command = ["node", "-e", RUN, str(page), str(table)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@needs_node
@pytest.mark.parametrize("name", tables.SETTINGS)
def test_raw_columns_give_the_answers_of_plastica(name, tmp_path):
    network = tables.model(name)
    found = run(written(network, tmp_path / "page.html"), tables.new())
    expected = network.predict(tables.new())
    labels, answers = [label for (label, *_), _ in found], np.array([row for _, row in found])
    if expected.probabilities is None:
        np.testing.assert_allclose(answers[:, 0], expected.labels, rtol=1e-5, atol=1e-4)
        np.testing.assert_allclose(labels, expected.labels, rtol=1e-5, atol=1e-4)
    else:
        np.testing.assert_allclose(answers, expected.probabilities, atol=1e-5)
        assert labels == expected.labels.tolist()


@needs_node
@pytest.mark.parametrize(
    ("column", "cell", "key"),
    [
        ("size", "wide", "wrong_number"),
        ("price", "12", "wrong_unit"),
        ("yes", "maybe", "wrong_boolean"),
        ("day", "31.02.2021 10:00", "wrong_date"),
    ],
)
def test_a_cell_of_another_kind_is_named_with_its_place(column, cell, key, tmp_path):
    header, *rows = tables.new().read_text("utf-8").splitlines()
    cells = re.findall(r'("[^"]*"|[^,]*)(?:,|$)', rows[0])
    cells[header.split(",").index(column)] = cell
    changed = tmp_path / "changed.csv"
    changed.write_text("\n".join([header, ",".join(cells[: len(header.split(","))])]), "utf-8")
    found = run(written(tables.model("trees"), tmp_path / "page.html"), changed)
    assert found["key"] == key
    assert (found["values"]["row"], found["values"]["column"], found["values"]["cell"]) == (1, column, cell)
    assert key in html_writer.WORDS


@needs_node
def test_files_that_are_no_table_are_refused(tmp_path):
    page = written(tables.model("trees"), tmp_path / "page.html")
    for text, key in [("a,b\n1,2\n", "no_column"), ("id,size\n", "empty"), ("a,b\n1\n", "ragged")]:
        (tmp_path / "wrong.csv").write_text(text)
        assert run(page, tmp_path / "wrong.csv")["key"] == key


@needs_node
def test_arrays_are_answered_too(tmp_path):
    model, x, y = answered("conv_2d")
    page = written(model, tmp_path / "page.html")
    assert_close(html_writer.opened(page, exported(model, rows=1).program)(list(x[None]))[0], y)
    assert measure(pl.export.write(model, tmp_path / "other.html")).difference < 1e-5


class Scripts(HTMLParser):
    """Counts the elements of a page, as a browser would."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)


def test_names_and_words_cannot_run_code(tmp_path):
    hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    found = exported(tables.model("trees"), rows=1)
    specs = [{**spec, "name": hostile} if spec["name"] == "size" else spec for spec in found.table["inputs"][0]]
    answers = {**found.table["answers"], "classes": [hostile, "b", "c"]}
    changed = Exported(hostile, found.program, {**found.table, "inputs": [specs], "answers": answers})
    (text,) = html_writer.files(changed, tmp_path / "page.html").values()
    page = Scripts(text.decode())
    assert page.found.count("script") == 3
    assert "img" not in page.found


def test_a_page_loads_nothing(tmp_path):
    text = written(tables.model("trees"), tmp_path / "page.html").read_text("utf-8")
    assert "default-src 'none'" in text
    assert not re.search(r"https?://|src=|@import", text)
