"""학교 표와 학급 표: which columns they have, and what a row of classes says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from booking.domain.entered import Entered
from booking.domain.school_texts import MOST_PUPILS, class_label
from booking.domain.sheet_rows import Cell, Column

MOST_CHAPERONES = 20
SCHOOL_COLUMNS: tuple[Column, ...] = (
    Column("code", "학교 번호", "School number", ("번호", "code", "id", "학교코드")),
    Column("name", "학교", "School", ("학교명", "학교 이름"), required=True),
    Column("sms_name", "문자에 쓰는 이름", "Name in texts", ("짧은 이름", "문자 이름"), required=True),
    Column("level", "학교급", "Level", ("급",), Cell.WORDS, required=True),
    Column("address", "주소", "Address", ("소재지", "도로명주소")),
    Column("lat", "위도", "Latitude", (), required=True),
    Column("lon", "경도", "Longitude", (), required=True),
    Column("telephone", "학교 전화", "School telephone", ("전화", "대표 전화", "전화번호")),
    Column("am_starts", "오전 시작", "Morning from", (), Cell.TIME),
    Column("am_ends", "오전 끝", "Morning until", (), Cell.TIME),
    Column("pm_starts", "오후 시작", "Afternoon from", (), Cell.TIME),
    Column("pm_ends", "오후 끝", "Afternoon until", (), Cell.TIME),
)
CLASS_COLUMNS: tuple[Column, ...] = (
    Column("school", "학교", "School", ("학교명", "학교 번호", "학교코드"), required=True),
    Column("grade", "학년", "Grade", ()),
    Column("class", "학급", "Class", ("반", "학급명", "반 이름"), required=True),
    Column("pupils", "학생 수", "Pupils", ("인원", "학생수", "재적"), required=True),
    Column("chaperones_needed", "필요한 인솔자", "Adults needed", ("인솔자", "인솔 인원")),
    Column("considered", "배려 필요 인원", "Needing consideration", ("배려 인원",)),
    Column("active", "올해 학급", "This year's", ("운영", "운영 여부"), Cell.YES),
)


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class as a table has it; ``chaperones_needed`` None: as many as its head count asks for."""

    pupils: int
    chaperones_needed: int | None
    considered: int
    active: bool


def class_of(given: Mapping[str, Sequence[str]]) -> str | None:
    """Return the short label of a row: ``1학년 3반``, ``1-3``, or grade and class in columns of their own."""
    name, grade = ("".join(given.get(field, [])).strip() for field in ("class", "grade"))
    label = class_label(name)
    if label is None and (bare := re.fullmatch(r"([1-6])(?:학년)?", grade)):
        label = class_label(f"{bare[1]}-{name.removesuffix('반')}")
    return label


def read_class(form: Mapping[str, Sequence[str]]) -> ClassRow:
    """Return what a row says of a class.

    Raises:
        InvalidForm: every field that cannot be accepted.
    """
    entered = Entered(form)
    if class_of(form) is None:
        entered.fault("class", "class_name" if entered.text("class") else "required")
    pupils = entered.number("pupils", 1, MOST_PUPILS)
    row = ClassRow(
        pupils=pupils,
        chaperones_needed=entered.number_or_none("chaperones_needed", 0, MOST_CHAPERONES),
        considered=entered.number("considered", 0, pupils, default=0),
        active=entered.text("active") != "0",
    )
    entered.finish()
    return row
