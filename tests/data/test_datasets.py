"""The included data sets exist, are listed, and their targets can be predicted."""

import pytest

from plastica.data.reading import read_table
from plastica.data.target import choose_target
from plastica.datasets import NAMES, path_of, target_of
from plastica.errors import UnknownName


@pytest.mark.parametrize(
    ("name", "task", "rows"),
    [("penguins", "multiclass", 344), ("titanic", "binary", 1313), ("parking", "regression", 35717)],
)
def test_shipped_data_sets(name, task, rows):
    target, table, _ = choose_target(read_table(path_of(name)), target_of(name))
    assert (target.task, table.height) == (task, rows)


def test_each_is_described_with_its_licence():
    readme = path_of("penguins").with_name("README.md").read_text()
    assert all(f"`{name}`" in readme and f"`{target}`" in readme for name, target in NAMES.items())


def test_unknown_names_are_suggested():
    with pytest.raises(UnknownName, match='did you mean "penguins"'):
        path_of("pinguins")
