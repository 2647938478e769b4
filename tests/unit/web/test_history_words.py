"""Whatever the use cases note has a word on the page of the history: read off their source."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from booking.web.console.words import ACTIONS, SUBJECTS
from tools import paths

#: which arguments of the two functions are the action and the kind of subject
PLACES = {"record_change": (2, 3), "record_access": (2, 3)}


def noted() -> Iterator[tuple[str, str, str]]:
    """File, action and kind of subject of each call; what is put together at run time is left out."""
    for path in sorted((paths.ROOT / "booking").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PLACES:
                action, subject = (node.args[place] for place in PLACES[node.func.id])
                if isinstance(action, ast.Constant) and isinstance(subject, ast.Constant):
                    yield path.name, str(action.value), str(subject.value)


def test_every_action_and_subject_has_a_word() -> None:
    calls = list(noted())
    assert len(calls) > 60
    assert {(file, action) for file, action, _ in calls if action not in ACTIONS} == set()
    assert {(file, subject) for file, _, subject in calls if subject not in SUBJECTS} == set()
