"""Everything that a page, a message or a reason says exists in English, and says the same values."""

from __future__ import annotations

import re
from pathlib import Path

from tools.setup import catalogues
from tools.translations import extract, faults, read

HANGUL = re.compile(r"[가-힣]")
VALUE = re.compile(r"%\((\w+)\)s")


def forms(text: object) -> tuple[str, ...]:
    """The singular and plural of a text, or the one form that it has."""
    return tuple(map(str, text)) if isinstance(text, tuple | list) else (str(text),)


def test_nothing_is_untranslated_or_a_guess(tmp_path: Path) -> None:
    template = tmp_path / "messages.pot"
    extract(template)
    wanted = read(template)
    assert len(wanted) > 400
    files = catalogues()
    assert files
    problems = [problem for file in files for problem in faults(wanted, file)]
    assert not problems, "\n".join(problems[:20])


def test_the_english_has_no_korean_and_the_same_values() -> None:
    for file in catalogues():
        for message in read(file):
            if not message.id:
                continue
            source, strings = forms(message.id)[-1], forms(message.string or "")
            wanted = set(VALUE.findall(source))
            for text in strings:
                assert not HANGUL.search(text), message.id
                assert set(VALUE.findall(text)) <= wanted | {"num"}, message.id
            assert set(VALUE.findall(strings[-1])) == wanted, message.id
