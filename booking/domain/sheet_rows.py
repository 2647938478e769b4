"""표: which column of a spreadsheet is which field, and what its cells say in the words that people write."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from booking.domain.vocabulary import Block

#: deletes the value that stands there; an empty cell leaves it
DELETE = "-"
WEEKDAYS_KO, WEEKDAYS_EN = "월화수목금토일", ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MANY = re.compile(r"[,/·;\n]+")
_DATE = re.compile(r"(\d{4})\s*[-./년]\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})\s*일?\.?(?:\s*\([^)]{1,3}\))?")
_BARE_DATE = re.compile(r"(20\d{2})(\d{2})(\d{2})")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?")
#: a date without its format is a number of days, counted from here: 2000 to 2099 as whole numbers
_DAY_ZERO, _DAY_NUMBERS = dt.date(1899, 12, 30), range(36526, 73051)
_YES = frozenset({"1", "o", "ㅇ", "○", "◯", "●", "v", "y", "yes", "true", "예", "네", "가능", "엶", "열림", "재학"})
_NO = frozenset({"0", "x", "×", "✕", "✗", "n", "no", "false", "아니요", "아니오", "불가", "닫음", "닫힘"})


class SheetKind(StrEnum):
    """What the rows of a table are."""

    WORKPLACES = "workplaces"
    COACHES = "coaches"
    SCHOOLS = "schools"
    CLASSES = "classes"
    PATTERNS = "patterns"
    DAYS = "days"
    REQUESTS = "requests"
    PLANS = "plans"


class SheetTask(StrEnum):
    """What a worker still has to do with a large table."""

    LOOK = "look"
    APPLY = "apply"
    UNDO = "undo"


class Cell(StrEnum):
    """How a cell is read."""

    TEXT = "text"
    DATE = "date"
    #: words of a vocabulary, one or several
    WORDS = "words"
    #: half-days of a week: 월, 화 오전
    HOURS = "hours"
    #: a time of day: 9:00
    TIME = "time"
    #: ``1`` or ``0``: O, 예, yes; X, 아니요, no
    YES = "yes"


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a kind of table: its heads in both languages, others that people use, how its cells are read."""

    field: str
    name: str
    name_en: str
    aliases: tuple[str, ...] = ()
    cell: Cell = Cell.TEXT
    required: bool = False


@dataclass(frozen=True, slots=True)
class UnknownWord:
    """A cell that says something its field does not know."""

    field: str
    word: str


def plain(text: str) -> str:
    """A head or a word as it is compared: without blanks, signs and case."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())


def guess(head: Sequence[str], columns: Sequence[Column]) -> dict[str, int]:
    """Return the number of the column that each field stands in, as far as the heads say; none is taken twice."""
    found: dict[str, int] = {}
    taken: set[int] = set()
    heads = [plain(name) for name in head]
    for column in columns:
        known = {plain(name) for name in (column.name, column.name_en, column.field, *column.aliases)}
        at = next((number for number, name in enumerate(heads) if name in known and number not in taken), None)
        if at is not None:
            found[column.field] = at
            taken.add(at)
    return found


def read_cells(
    row: Sequence[str],
    columns: Sequence[Column],
    mapping: Mapping[str, int],
    words: Mapping[str, Mapping[str, str]],
) -> tuple[dict[str, list[str]], list[UnknownWord]]:
    """Return what a row says of each field, as a form would, and the words that nobody knows.

    A field without a column, or with an empty cell, is left out: it stays as it is. ``words`` are, for each field of a
    vocabulary, the codes by the words in which people write them; a word for several has them joined by ``+``.
    """
    given: dict[str, list[str]] = {}
    unknown: list[UnknownWord] = []
    for column in columns:
        at = mapping.get(column.field)
        text = row[at].strip() if at is not None and at < len(row) else ""
        if not text:
            continue
        if text == DELETE:
            given[column.field] = []
        elif column.cell is Cell.DATE:
            given[column.field] = [_date(text)]
        elif column.cell is Cell.TIME:
            found = _TIME.fullmatch(text)
            given[column.field] = [f"{int(found[1]):02}:{found[2]}" if found else text]
        elif column.cell is Cell.YES:
            given[column.field] = _yes(text, column.field, unknown)
        elif column.cell is Cell.HOURS:
            given[column.field] = _hours(text, column.field, unknown)
        elif column.cell is Cell.WORDS:
            given[column.field] = _codes(text, column.field, words[column.field], unknown)
        else:
            given[column.field] = [text]
    return given, unknown


def _date(text: str) -> str:
    """2027-04-26 of 2027.4.26.(월), 20270426 and a bare number of days; anything else as it is, to be refused."""
    whole = text.split(" 00:", maxsplit=1)[0].strip()
    found = _DATE.fullmatch(whole) or _BARE_DATE.fullmatch(whole)
    if found is not None:
        return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"
    if whole.isascii() and whole.isdecimal() and len(whole) == 5 and int(whole) in _DAY_NUMBERS:
        return (_DAY_ZERO + dt.timedelta(days=int(whole))).isoformat()
    return text


def _yes(text: str, field: str, unknown: list[UnknownWord]) -> list[str]:
    word = text.casefold().strip()
    if word in _YES or word in _NO:
        return ["1" if word in _YES else "0"]
    unknown.append(UnknownWord(field, text))
    return []


def _codes(text: str, field: str, words: Mapping[str, str], unknown: list[UnknownWord]) -> list[str]:
    whole = words.get(plain(text))
    if whole is not None:
        # a name may itself hold the signs that part names
        return whole.split("+")
    codes: list[str] = []
    for word in filter(None, (part.strip() for part in _MANY.split(text))):
        code = words.get(plain(word))
        if code is None:
            unknown.append(UnknownWord(field, word))
        else:
            codes += code.split("+")
    return codes


def _hours(text: str, field: str, unknown: list[UnknownWord]) -> list[str]:
    """``0-AM`` of 월 오전, ``0-AM`` and ``0-PM`` of 월, of Mon AM and Mon likewise; 월-금 is five days."""
    found = []
    for part in filter(None, (part.strip() for part in _MANY.split(text))):
        halves = _half_days(part)
        if not halves:
            unknown.append(UnknownWord(field, part))
        found += halves
    return list(dict.fromkeys(found))


def _half_days(part: str) -> list[str]:
    said = part.casefold()
    blocks = [
        block
        for block, words in ((Block.AM, ("오전", "am")), (Block.PM, ("오후", "pm")))
        if any(word in said for word in words)
    ]
    for word in ("오전", "오후", "am", "pm", "요일"):
        said = said.replace(word, "")
    days = [day for day in re.split(r"\s*[-~–]\s*|\s+", said.strip()) if day]
    numbers = [_weekday(day) for day in days]
    if not numbers or None in numbers:
        return []
    known = [number for number in numbers if number is not None]
    if len(known) == 2 and re.search(r"[-~–]", said) and known[0] < known[1]:
        known = list(range(known[0], known[1] + 1))
    return [f"{day}-{block.value}" for day in known for block in (blocks or list(Block))]


def _weekday(word: str) -> int | None:
    if len(word) == 1 and word in WEEKDAYS_KO:
        return WEEKDAYS_KO.index(word)
    return next((number for number, name in enumerate(WEEKDAYS_EN) if len(word) >= 3 and word.startswith(name)), None)


def write_hours(halves: Sequence[str]) -> str:
    """월, 화 오전 of ``0-AM``, ``0-PM``, ``1-AM``: what :func:`read_cells` reads back."""
    by_day: dict[int, list[str]] = {}
    for half in sorted(halves):
        by_day.setdefault(int(half[0]), []).append(half[2:])
    said = []
    for day, blocks in by_day.items():
        half = "" if len(blocks) == 2 else " 오전" if blocks == [Block.AM.value] else " 오후"
        said.append(f"{WEEKDAYS_KO[day]}{half}")
    return ", ".join(said)


WORKPLACE_COLUMNS: tuple[Column, ...] = (
    Column("code", "번호", "Number", ("일터 번호", "관리번호", "code", "id")),
    Column("name", "일터", "Workplace", ("일터명", "일터 이름", "체험처", "체험처명", "기관명", "상호"), required=True),
    Column("sms_name", "문자에 쓰는 이름", "Name in texts", ("짧은 이름", "문자 이름"), required=True),
    Column("kind", "기관 종류", "Kind", ("기관유형", "체험처 유형", "유형"), Cell.WORDS, required=True),
    Column("field", "직업 분야", "Kind of work", ("직업군", "분야", "직업분야"), Cell.WORDS, required=True),
    Column("setting", "실내·실외", "Indoors or outdoors", ("실내외", "장소 구분"), Cell.WORDS),
    Column("address", "주소", "Address", ("소재지",)),
    Column("lat", "위도", "Latitude", (), required=True),
    Column("lon", "경도", "Longitude", (), required=True),
    Column("min_group", "가장 적은 모둠 인원", "Smallest group", ("최소 인원", "최소인원"), required=True),
    Column("max_group", "가장 많은 모둠 인원", "Largest group", ("최대 인원", "최대인원", "정원"), required=True),
    Column("groups_per_slot", "한 시간에 받는 모둠", "Groups at a time", ("동시 모둠",), required=True),
    Column("visits_per_day", "하루에 받는 모둠", "Groups a day", ("하루 모둠",)),
    Column("visits_per_week", "한 주에 받는 모둠", "Groups a week", ("주당 모둠",)),
    Column("visits_per_term", "한 학기에 받는 모둠", "Groups a term", ("학기 모둠",)),
    Column("levels", "학교급", "School levels", ("대상", "대상 학교급"), Cell.WORDS, required=True),
    Column("hours", "여는 시간", "Open", ("요일", "운영 요일", "가능 요일", "시간"), Cell.HOURS),
    Column("safety_valid_until", "안전점검 유효일", "Safety check until", ("안전점검",), Cell.DATE),
    Column("insurance_valid_until", "보험 만료일", "Insurance until", ("보험", "보험만료일"), Cell.DATE),
    Column("certified_until", "체험처 인증 만료일", "Certified until", ("인증 만료일", "인증"), Cell.DATE),
    Column("contact_name", "담당자", "Contact", ("담당자명", "성명")),
    Column("contact_title", "직함", "Title", ("직위", "직책")),
    Column("contact_phone", "전화", "Telephone", ("연락처", "휴대전화", "핸드폰", "전화번호")),
    Column("contact_email", "전자우편", "E-mail", ("이메일", "메일")),
)
COACH_COLUMNS: tuple[Column, ...] = (
    Column("name", "이름", "Name", ("성명", "진로코치", "인솔자"), required=True),
    Column("phone", "전화", "Telephone", ("연락처", "휴대전화", "핸드폰", "전화번호")),
    Column("email", "전자우편", "E-mail", ("이메일", "메일")),
    Column("language", "알림 언어", "Language", ("언어",), Cell.WORDS),
    Column("training_valid_until", "교육 유효일", "Training until", ("교육", "교육 만료일"), Cell.DATE, required=True),
    Column("ended_on", "그만둔 날", "Ended on", ("종료일",), Cell.DATE),
)
