"""Titles above a table, remarks and sums below it, and empty rows at its end."""

import pytest

from plastica.data.reading import read_table
from plastica.errors import DataError

ROWS = ["Bonn,5,1.5", "Ulm,7,2.5", "Kiel,9,0.5", "Jena,4,3.5"]


def read(tmp_path, lines):
    path = tmp_path / "sales.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    table = read_table(path)
    return table, " ".join(map(str, table.notes))


@pytest.mark.parametrize(
    ("titles", "line"),
    [
        (["Sales of 2025"], 2),
        (["Sales of 2025", "", "Source: Office, Berlin"], 4),
        (["Sales of 2025,,", ",,"], 3),
        (["Sales, all of them, 2025", "Source: me, and others", ""], 4),
    ],
)
def test_titles_above_the_header_are_skipped(tmp_path, titles, line):
    table, said = read(tmp_path, [*titles, "city,sales,share", *ROWS])
    assert table.names == ("city", "sales", "share")
    assert table.positions.tolist() == [line + 1, line + 2, line + 3, line + 4]
    assert f"the header is taken from line {line}" in said


def test_titles_stand_above_amounts_with_units_too(tmp_path):
    table, _ = read(
        tmp_path, ["Sales of 2025,,", "", "city,sales,time", "Bonn,5k,2h", "Ulm,(1.2M),3h 5m", "Kiel,4k,1h"]
    )
    assert table.names == ("city", "sales", "time")


@pytest.mark.parametrize(
    ("last", "why"),
    [
        ("Total,25,8", "its 'sales' is the sum"),
        ("Summe:,25,", "its 'sales' is the sum"),
        (",25,8", "its 'sales' is the sum"),
        ("Average,6.25,2", "its 'sales' is the mean"),
    ],
)
def test_a_sum_in_the_last_row_is_left_out(tmp_path, last, why):
    table, said = read(tmp_path, ["city,sales,share", *ROWS, last])
    assert table.height == 4
    assert f"(line 6) is left out: {why}" in said


@pytest.mark.parametrize("last", ["Total,8,1", ",8,1", "Hamm,25,8"])
def test_a_last_row_that_sums_nothing_up_stays(tmp_path, last):
    table, said = read(tmp_path, ["city,sales,share", *ROWS, last])
    assert table.height == 5
    assert ("is called 'Total'" in said) == last.startswith("Total")


@pytest.mark.parametrize(
    "below", [["", "Source: Office"], [",,", "Source: Office,,"], ["Source: Office,,", ",,", ",,"]]
)
def test_remarks_and_empty_rows_below_the_table_are_skipped(tmp_path, below):
    table, said = read(tmp_path, ["city,sales,share", *ROWS, *below])
    assert table.height == 4
    assert "Source: Office" in said


def test_short_rows_are_no_remarks_unless_an_empty_line_and_whole_rows_stand_above_them(tmp_path):
    with pytest.raises(DataError, match="line 2: has 1 value where the header has 2"):
        read(tmp_path, ["city,sales", "Bonn", "Ulm"])
    quoted = ["city,sales,share", *ROWS, '"Halle\nSaale",3,2.5', "Hamm"]  # a cell of two lines
    with pytest.raises(DataError, match="line 8: has 1 value"):
        read(tmp_path, quoted)
    with pytest.raises(DataError, match="line 7: has 1 value"):
        read(tmp_path, ["city,sales,share", *ROWS, "", *["Hamm"] * 30, *ROWS])


def test_a_row_cut_short_is_no_remark_and_no_title(tmp_path):
    with pytest.raises(DataError, match="line 6: has 1 value where the header has 3"):
        read(tmp_path, ["city,sales,share", *ROWS, "Hamm"])
    with pytest.raises(DataError, match="line 3: has 2 values where"):
        read(tmp_path, ["city,sales,share", ROWS[0], "Hamm,3", *ROWS])
