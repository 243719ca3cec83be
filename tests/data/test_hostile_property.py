"""Random tables in random formats, intact and damaged: read correctly by the command, or a one-line error."""

import gzip
import re
import unicodedata

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plastica.cli.main import app
from plastica.data.values import read_categories, read_numbers
from plastica.errors import PlasticaError
from plastica.tables import networks
from plastica.tables import preparation as preparing

READ = "the table is read"
PLAIN = ["red", "=1+1", "@SUM(A1)", "<script>alert(1)</script>", "\x1b[31mred\x1b[0m", "a 'b'", "1st"]
WORDS = {"cp1252": ["Köln", "größer", "naïve ware"], "gb18030": ["北京", "上海", "中国人民"]}


@pytest.fixture(scope="module")
def command():
    """Run the command up to the creation of the network, and return the prepared table."""
    kept = []
    prepare = preparing.prepare

    def prepare_and_keep(*given):
        kept.append(prepare(*given))
        return kept[-1]

    def stop(*given, **options):
        raise PlasticaError(READ)

    def run(path, *options):
        kept.clear()
        found = CliRunner().invoke(app, ["train", str(path), "--target", "y", *options])
        assert found.exit_code == 1, found.output
        errors = [line for line in found.output.splitlines() if line.startswith("error: ")]
        assert len(errors) == 1, found.output
        assert "inside plastica" not in found.output
        assert "Traceback" not in found.output
        assert not [sign for sign in found.output if unicodedata.category(sign) == "Cc" and sign != "\n"]
        return errors[0], kept[0] if kept else None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(preparing, "prepare", prepare_and_keep)
        patch.setattr(networks, "network_for", stop)
        yield run


@st.composite
def dresses(draw):
    """A table of three columns and a target, and how it is written."""
    rows = draw(st.integers(12, 40))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "gb18030"]))
    words = WORDS.get(encoding, [*PLAIN, "Köln", "北京"])
    return {
        "numbers": draw(st.lists(st.integers(-(10**8), 10**8).map(lambda x: x / 100), min_size=rows, max_size=rows)),
        "words": [*words[:2], *draw(st.lists(st.sampled_from(words), min_size=rows - 2, max_size=rows - 2))],
        "holes": draw(st.sets(st.integers(2, rows - 1), max_size=4)),
        "name": draw(st.sampled_from(["name", "<b>name</b>", "=HYPERLINK(1)", "\x1b[2Jname"])),
        "encoding": encoding,
        "separator": draw(st.sampled_from(",;\t|")),
        "form": draw(st.sampled_from(["plain", "comma", "english", "german"])),
        "missing": draw(st.sampled_from(["", "NA", "?", "-", "null", "#N/A"])),
        "ending": draw(st.sampled_from(["\n", "\r\n", "\r"])),
        "quoted": draw(st.booleans()),
        "comment": draw(st.booleans()),
    }


def written(dress):
    """The lines of the file in the drawn format."""

    def cell(text):
        return f'"{text}"' if dress["quoted"] or dress["separator"] in text else text

    def number(x):
        english = f"{x:,.2f}"
        forms = {"plain": f"{x:.2f}", "comma": f"{x:.2f}".replace(".", ","), "english": english}
        return forms.get(dress["form"], english.translate(str.maketrans(",.", ".,")))

    rows = [[dress["name"], "size", "kind", "y"]]
    for place, (x, word) in enumerate(zip(dress["numbers"], dress["words"], strict=True)):
        gone = place in dress["holes"]
        rows.append([number(x + 1), dress["missing"] if gone else number(x), word, "pq"[place % 2]])
    return ["# written by hand"] * dress["comment"] + [dress["separator"].join(map(cell, row)) for row in rows]


def encoded(dress, lines):
    return (dress["ending"].join(lines) + dress["ending"]).encode(dress["encoding"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(dress=dresses(), packed=st.booleans())
def test_what_was_written_is_what_is_read(command, tmp_path_factory, dress, packed):
    path = tmp_path_factory.getbasetemp() / "written.csv"
    content = encoded(dress, written(dress))
    path.write_bytes(gzip.compress(content) if packed else content)
    said, prepared = command(path)
    assert said == f"error: {READ}"
    size, kind = prepared.columns[1], prepared.columns[2]
    assert prepared.table.names == (dress["name"].strip(), "size", "kind", "y")
    wanted = [np.nan if place in dress["holes"] else x for place, x in enumerate(dress["numbers"])]
    if size.kind == "number":
        np.testing.assert_array_equal(read_numbers(prepared.table, size), wanted)
    else:
        assert len({x for x in wanted if x == x}) == 1
    assert read_categories(prepared.table, kind).to_list() == dress["words"]
    assert np.isfinite(prepared.x).all()


def cut_short(lines, place, separator):
    return [*lines[:place], lines[place][: lines[place].rindex(separator)]], len(lines[:place]) + 1


def with_nul(lines, place, separator):
    return [*lines[:place], lines[place] + "\0", *lines[place + 1 :]], place + 1


def one_more(lines, place, separator):
    return [*lines[:place], lines[place] + separator + "more", *lines[place + 1 :]], place + 1


def one_less(lines, place, separator):
    return [*lines[:place], lines[place].split(separator)[0], *lines[place + 1 :]], place + 1


def infinite(lines, place, separator):
    return [*lines[:place], separator.join(["1.00", "inf", "red", "p"]), *lines[place + 1 :]], place + 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    dress=dresses(),
    damage=st.sampled_from([cut_short, with_nul, one_more, one_less, infinite]),
    share=st.floats(0.3, 0.99),
)
def test_damage_is_refused_and_its_line_is_named(command, tmp_path_factory, dress, damage, share):
    dress |= {"quoted": False, "form": "plain"}
    lines, line = damage(written(dress), int(share * (len(dress["numbers"]) + 1)), dress["separator"])
    path = tmp_path_factory.getbasetemp() / "damaged.csv"
    path.write_bytes(encoded(dress, lines))
    said, _ = command(path)
    assert re.search(rf"damaged\.csv, line {line}\b", said), said


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(dress=dresses(), packed=st.booleans(), keep=st.floats(0.1, 0.99), flips=st.lists(st.floats(0, 1), max_size=4))
def test_broken_bytes_never_end_in_more_than_one_line(command, tmp_path_factory, dress, packed, keep, flips):
    content = encoded(dress, written(dress))
    content = bytearray(gzip.compress(content) if packed else content)
    content = content[: int(keep * len(content))]
    for share in flips:
        content[int(share * (len(content) - 1))] ^= 0xFF
    path = tmp_path_factory.getbasetemp() / "broken.csv"
    path.write_bytes(content)
    said, _ = command(path)
    if packed and not flips:
        assert "is cut short" in said
