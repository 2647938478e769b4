"""A page that would be half in another language fails the check before anybody sees it."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tools import paths, translations

HEAD = 'msgid ""\nmsgstr ""\n"Language: en\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'


def faults(folder: Path, entry: str) -> list[str]:
    """The faults of an English catalogue with this entry, where the pages say «%(count)s곳»."""
    wanted = Catalog()
    wanted.add("%(count)s곳", flags=["python-format"])
    file = folder / "messages.po"
    file.write_text(HEAD + entry, encoding="utf-8")
    return translations.faults(wanted, file)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "ROOT", tmp_path)


def test_a_whole_translation_is_content(tmp_path: Path) -> None:
    assert faults(tmp_path, '#, python-format\nmsgid "%(count)s곳"\nmsgstr "%(count)s places"\n') == []


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("", "missing"),
        ('#, python-format\nmsgid "%(count)s곳"\nmsgstr ""\n', "no translation"),
        ('#, fuzzy, python-format\nmsgid "%(count)s곳"\nmsgstr "%(count)s places"\n', "fuzzy"),
        ('#, python-format\nmsgid "%(count)s곳"\nmsgstr "%(number)s places"\n', "placeholder"),
    ],
)
def test_each_fault_is_named(tmp_path: Path, entry: str, complaint: str) -> None:
    (fault,) = faults(tmp_path, entry)
    assert complaint in fault
    assert fault.startswith("messages.po: ")


def test_texts_of_code_and_templates_are_found(tmp_path: Path) -> None:
    (tmp_path / "booking").mkdir()
    (tmp_path / "templates" / "web").mkdir(parents=True)
    (tmp_path / "booking" / "view.py").write_text('from x import gettext\n\ngettext("코드")\n', encoding="utf-8")
    (tmp_path / "templates" / "web" / "page.html").write_text('{{ _("쪽") }}', encoding="utf-8")
    translations.extract(tmp_path / "all.pot")
    assert {message.id for message in translations.read(tmp_path / "all.pot") if message.id} == {"코드", "쪽"}
