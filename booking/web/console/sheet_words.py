"""The words of a spreadsheet's cells: those of the pages in both languages, and the codes behind them."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import force_locale

from booking.domain.open_rows import DayState
from booking.domain.sheet_rows import Cell, Column, SheetKind, plain, write_hours
from booking.domain.vocabulary import Block, JobField, Language, Level, Setting, SiteKind
from booking.queries.contact_table import Circle
from booking.services.sheet_outcomes import Words
from booking.web.formats import locale
from booking.web.labels import LABELS, label
from booking.web.marking import N_, gettext

VOCABULARIES: dict[str, type[StrEnum]] = {
    "kind": SiteKind,
    "field": JobField,
    "fields": JobField,
    "setting": Setting,
    "levels": Level,
    "level": Level,
    "language": Language,
    "block": Block,
    "blocks": Block,
    "state": DayState,
}
KINDS: dict[SheetKind, str] = {
    SheetKind.WORKPLACES: N_("일터"),
    SheetKind.COACHES: N_("진로코치"),
    SheetKind.SCHOOLS: N_("학교"),
    SheetKind.CLASSES: N_("학급"),
    SheetKind.PATTERNS: N_("여는 요일"),
    SheetKind.DAYS: N_("날짜별 여닫음"),
    SheetKind.REQUESTS: N_("신청"),
    SheetKind.PLANS: N_("배정안"),
}
#: whose contacts leave, and what the access log calls them
CIRCLES: dict[Circle, tuple[str, str]] = {
    Circle.WORKPLACES: (N_("체험처 담당자"), "workplace"),
    Circle.TEACHERS: (N_("교사"), "user"),
    Circle.COACHES: (N_("진로코치"), "coach"),
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
    "telephone": "02-0000-0000",
    "am_starts": "09:00",
    "am_ends": "12:25",
    "pm_starts": "13:15",
    "pm_ends": "15:45",
    "grade": "1",
    "pupils": "24",
    "chaperones_needed": "2",
    "considered": "0",
    "active": "O",
    "0-AM": "O",
    "0-PM": "X",
    "first": "2027-05-06",
    "last": "2027-05-07",
    "reason": "내부 공사",
    "date": "2027-05-06",
    "place_code": "W0001",
    "place": "보기 공방",
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
        if kind is Block:
            known |= dict.fromkeys(("종일", "하루", "하루종일", "allday", "both"), "+".join(kind))
        if kind is DayState:
            known |= dict.fromkeys(("엶", "열림", "여는날", "운영"), DayState.OPEN.value)
            known |= dict.fromkeys(("닫음", "닫힘", "쉼", "휴무", "휴관"), DayState.CLOSED.value)
        found[field] = known
    return found


def column_name(column: Column) -> str:
    """A column's head in the language of the page."""
    return column.name_en if locale() == "en" else column.name


def cell_text(column: Column, values: list[str]) -> str:
    """A field's value as a cell of the spreadsheet writes it."""
    if column.cell is Cell.HOURS:
        return write_hours(values)
    if column.cell is Cell.YES:
        return "".join({"1": "O", "0": "X"}.get(value, value) for value in values)
    if column.cell is Cell.WORDS:
        kind = VOCABULARIES[column.field]
        return ", ".join(label(kind(value)) if value in set(kind) else value for value in values)
    return ", ".join(values)


#: what the cells of a column may say, where its kind of cell does not tell
_FIELDS: dict[str, str] = {
    "possible": N_("날짜와 오전·오후를 쉼표로 이어서. 보기: 5/12 오전, 5/13 오전"),
    "together": N_("같은 시간에 함께 가는 학급에 같은 글자를 적습니다."),
    "code": N_("있는 것을 고칠 때만. 새로 더할 때는 비워 둡니다."),
    "class": N_("1-3이나 1학년 3반. 학년 칸이 따로 있으면 반만 적어도 됩니다."),
    "last": N_("하루면 비워 둡니다."),
    "blocks": N_("오전, 오후, 종일. 비우면 종일입니다."),
    "date": N_("옮길 날. 지우면 이 배정안에서 뺍니다."),
    "place": N_("일터 번호나 이름. 한 신청의 일터를 모두 지우면 그 시간에 가장 알맞은 곳을 찾습니다."),
    "status": N_("읽기만 합니다. 고쳐도 바뀌지 않습니다."),
}
_CELLS: dict[Cell, str] = {
    Cell.HOURS: N_("여는 요일과 오전·오후. 보기: 월-금 오전, 수 오후"),
    Cell.DATE: N_("날짜. 보기: 2027-12-31"),
    Cell.TIME: N_("시각. 보기: 09:00"),
    Cell.YES: N_("O나 X"),
}


def takes(column: Column) -> str:
    """What a column's cells may say, in a sentence."""
    if column.field in _FIELDS:
        return gettext(_FIELDS[column.field])
    if column.cell is Cell.WORDS:
        kind = VOCABULARIES[column.field]
        return gettext("이 가운데에서: %(words)s", words=", ".join(gettext(LABELS[kind][item]) for item in kind))
    if column.field.startswith("wish_"):
        return gettext("날짜와 오전·오후. 보기: 4/21 오전")
    return gettext(_CELLS.get(column.cell, N_("글자나 숫자")))
