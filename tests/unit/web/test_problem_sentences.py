"""The sentences beside fields come from several tables: none of them speaks over another's."""

from __future__ import annotations

import ast
from itertools import combinations

from booking.web import answer_problems, book_words, register_problems
from tools import paths

Key = tuple[str, str] | str


def own_sentences() -> dict[Key, str]:
    """What the table itself says, without those that it takes in."""
    source = (paths.ROOT / "booking" / "web" / "problem_fields.py").read_text(encoding="utf-8")
    found: dict[Key, str] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if key is not None and isinstance(value, ast.Call) and isinstance(value.args[0], ast.Constant):
                    found[ast.literal_eval(key)] = str(value.args[0].value)
    return found


def test_no_table_speaks_over_another() -> None:
    tables: list[dict[Key, str]] = [
        own_sentences(), register_problems.SENTENCES, book_words.SENTENCES, answer_problems.SENTENCES,
    ]  # fmt: skip
    assert min(len(table) for table in tables) > 2
    clashes = {
        key: (one[key], other[key])
        for one, other in combinations(tables, 2)
        for key in one.keys() & other.keys()
        if one[key] != other[key]
    }
    assert clashes == {}
