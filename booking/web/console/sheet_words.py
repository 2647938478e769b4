"""The words of a spreadsheet's cells: those of the pages in both languages, and the codes behind them."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import force_locale

from booking.domain.sheet_rows import Cell, Column, SheetKind, plain, write_hours
from booking.domain.vocabulary import JobField, Language, Level, Setting, SiteKind
from booking.services.sheets import Words
from booking.web.formats import locale
from booking.web.labels import LABELS, label
from booking.web.marking import N_, gettext

VOCABULARIES: dict[str, type[StrEnum]] = {
    "kind": SiteKind,
    "field": JobField,
    "fields": JobField,
    "setting": Setting,
    "levels": Level,
    "language": Language,
}
KINDS: dict[SheetKind, str] = {
    SheetKind.WORKPLACES: N_("일터"),
    SheetKind.COACHES: N_("진로코치"),
    SheetKind.REQUESTS: N_("신청"),
}
#: an invented row for a template: what a cell of each field may look like
EXAMPLES: dict[str, str] = {
    "name": "보기 공방",
    "sms_name": "보기공방",
    "address": "서울 구로구 보기로 1",
    "lat": "37.4954",
    "lon": "126.8874",
    "min_group": "2",
    "max_group": "6",
    "groups_per_slot": "1",
    "visits_per_week": "4",
    "hours": "월-금 오전, 수 오후",
    "safety_valid_until": "2027-12-31",
    "insurance_valid_until": "2027-12-31",
    "contact_name": "가나다",
    "contact_title": "대표",
    "contact_phone": "010-0000-0000",
    "contact_email": "contact@example.kr",
    "phone": "010-0000-0000",
    "email": "coach@example.kr",
    "training_valid_until": "2027-12-31",
    "school": "보기중",
    "class": "1-3",
    "wish_1": "4/21 오전",
    "wish_2": "4/28 오후",
    "possible": "5/12 오전, 5/13 오전",
    "together": "가",
}


def words() -> Words:
    """For each field of a vocabulary, its codes by every word in which a page of either language writes them."""
    found: dict[str, dict[str, str]] = {}
    for field, kind in VOCABULARIES.items():
        known = {plain(item.value): item.value for item in kind}
        for language in Language:
            with force_locale(language.value):
                known |= {plain(label(item)): item.value for item in kind}
        # 초, 중, 고 and 초등, 중등, 고등 are how schools and offices write it
        if kind is Level:
            for item, short in zip(Level, ("초", "중", "고"), strict=True):
                known |= {short: item.value, f"{short}등": item.value}
        found[field] = known
    return found


def column_name(column: Column) -> str:
    """A column's head in the language of the page."""
    return column.name_en if locale() == "en" else column.name


def cell_text(column: Column, values: list[str]) -> str:
    """A field's value as a cell of the spreadsheet writes it."""
    if column.cell is Cell.HOURS:
        return write_hours(values)
    if column.cell is Cell.WORDS:
        kind = VOCABULARIES[column.field]
        return ", ".join(label(kind(value)) if value in set(kind) else value for value in values)
    return ", ".join(values)


def takes(column: Column) -> str:
    """What a column's cells may say, in a sentence."""
    if column.cell is Cell.WORDS:
        kind = VOCABULARIES[column.field]
        known = ", ".join(gettext(LABELS[kind][item]) for item in kind)
        return gettext("이 가운데에서: %(words)s", words=known)
    if column.cell is Cell.HOURS:
        return gettext("여는 요일과 오전·오후. 보기: 월-금 오전, 수 오후")
    if column.cell is Cell.DATE:
        return gettext("날짜. 보기: 2027-12-31")
    if column.field.startswith("wish_"):
        return gettext("날짜와 오전·오후. 보기: 4/21 오전")
    if column.field == "possible":
        return gettext("날짜와 오전·오후를 쉼표로 이어서. 보기: 5/12 오전, 5/13 오전")
    if column.field == "together":
        return gettext("같은 시간에 함께 가는 학급에 같은 글자를 적습니다.")
    if column.field == "code":
        return gettext("있는 일터를 고칠 때만. 새 일터는 비워 둡니다.")
    return gettext("글자나 숫자")
