"""How the register says what changed: the name of each field, and its value from → to, as pages and history tell it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from booking.domain.standing import Hit
from booking.domain.vocabulary import Block, JobField, Level, SiteKind, WorkplaceStatus
from booking.web import labels
from booking.web.formats import long_day, weekday_name
from booking.web.marking import N_, gettext

FIELDS: dict[str, str] = {
    "name": N_("이름"),
    "sms_name": N_("문자에 쓰는 이름"),
    "kind": N_("기관 종류"),
    "status": N_("상태"),
    "field": N_("직업 분야"),
    "address": N_("주소"),
    "lat": N_("위도"),
    "lon": N_("경도"),
    "min_group": N_("가장 적은 모둠 인원"),
    "max_group": N_("가장 많은 모둠 인원"),
    "groups_per_slot": N_("한 시간에 받는 모둠"),
    "visits_per_day": N_("하루에 받는 모둠"),
    "visits_per_week": N_("한 주에 받는 모둠"),
    "visits_per_term": N_("한 학기에 받는 모둠"),
    "levels": N_("학교급"),
    "level": N_("학교급"),
    "safety_valid_until": N_("안전점검 유효일"),
    "insurance_valid_until": N_("보험 만료일"),
    "certified_until": N_("체험처 인증 만료일"),
    "notes": N_("센터 메모"),
    "hours": N_("받는 요일"),
    "closed": N_("받지 않는 날"),
    "open": N_("따로 받는 날"),
    "pattern": N_("여느 주로 되돌린 날"),
    "contact": N_("담당자"),
    "prepares": N_("준비할 것"),
    "training_valid_until": N_("교육 유효일"),
    "ended_on": N_("활동 마친 날"),
    "am_starts": N_("오전 시작"),
    "am_ends": N_("오전 끝"),
    "pm_starts": N_("오후 시작"),
    "pm_ends": N_("오후 끝"),
    "telephone": N_("학교 전화"),
    "language": N_("언어"),
}
HITS: dict[Hit, str] = {
    Hit.NOT_ACTIVE: N_("운영을 멈추거나 끝냄"),
    Hit.EXPIRED: N_("그날 점검·보험·인증이 유효하지 않음"),
    Hit.CLOSED: N_("그 시간에 받지 않음"),
    Hit.SIZE: N_("모둠 인원이 맞지 않음"),
    Hit.LEVEL: N_("받지 않는 학교급"),
    Hit.BUDGET: N_("받는 모둠 수를 넘음"),
}
_KINDS: dict[str, type[StrEnum]] = {"kind": SiteKind, "field": JobField, "status": WorkplaceStatus, "level": Level}


def field_word(name: str) -> str:
    """Return the name of a field; an unknown one stays as it is."""
    return gettext(FIELDS[name]) if name in FIELDS else name


def hit_word(why: Hit) -> str:
    """Return why a group cannot stay."""
    return gettext(HITS[why])


def _half(text: str) -> str:
    """``0-AM`` as 월 오전, ``2027-03-16 AM`` as the day and its half."""
    day, _, block = text.replace(" ", "|").replace("-AM", "|AM").replace("-PM", "|PM").partition("|")
    name = weekday_name(int(day)) if day.isdecimal() else _day(day)
    return f"{name} {labels.label(Block(block))}"


def _day(value: Any) -> str:
    return long_day(value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value)))


def _spans(text: str) -> str:
    """One or several spans in words."""
    return ", ".join(_span(part) for part in text.split("; "))


def _span(text: str) -> str:
    """``2027-03-16/2027-03-18 AM+PM`` in words."""
    days, _, blocks = text.partition(" ")
    first, _, last = days.partition("/")
    halves = "·".join(labels.label(Block(block)) for block in blocks.split("+"))
    return f"{_day(first)} {halves}" if first == last else f"{_day(first)}–{_day(last)} {halves}"


def _halves(values: list[str]) -> str:
    return ", ".join(_half(value) for value in values) or gettext("없음")


_SPECIAL: dict[str, Callable[[Any], str]] = {
    "levels": lambda values: ", ".join(labels.level_label(code) for code in values),
    "hours": _halves,
    "pattern": _halves,
    "closed": _spans,
    "open": _spans,
    "safety_valid_until": _day,
    "insurance_valid_until": _day,
    "certified_until": _day,
    "training_valid_until": _day,
    "ended_on": _day,
}


def value_word(name: str, value: Any) -> str:
    """Return a value as it is read, whether it comes from a row or from the history."""
    if value is None or value == "":
        return gettext("없음")
    if name in _SPECIAL:
        return _SPECIAL[name](value)
    if name in _KINDS and value in set(_KINDS[name]):
        return labels.label(_KINDS[name](value))
    return str(value)
