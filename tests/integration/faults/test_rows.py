"""The table of faults says the truth: every row once, every test that it names is there, and a gap is named."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.integration.faults.rows import ROWS, Row

TESTS = Path(__file__).parents[2]


def test_every_fault_has_one_row() -> None:
    assert [row.number for row in ROWS] == list(range(1, 44))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
def test_a_row_names_tests_that_exist_or_what_is_missing(row: Row) -> None:
    assert row.tests or row.missing
    assert (row.few > 0) == bool(row.tests)
    assert row.few <= row.every
    for name in row.tests:
        file, _, function = name.partition("::")
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, name
