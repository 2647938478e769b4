"""Facts of every kind of message, as the services decide them: a usual case and the longest that can happen."""

from __future__ import annotations

from typing import Any

from booking.domain.vocabulary import Language
from booking.notify.catalogue import Kind
from booking.notify.rendering import Letter, Letterhead, Reader

KOREAN = Letterhead("구로구 청소년 진로직업체험지원센터", "02-0000-0000", "[구로진로]", "http://127.0.0.1:8000")
ENGLISH = Letterhead("Guro Youth Career Centre", "02-0000-0000", "[Guro Career]", "http://127.0.0.1:8000")
LINK = "http://127.0.0.1:8000/a/" + "A" * 43


def group(**changes: Any) -> dict[str, Any]:
    """One group at a workplace."""
    usual = {
        "uid": "group-1@ilteo.example.kr",
        "school": "개봉중학교",
        "school_sms": "개봉중",
        "label": "1-3",
        "pupils": 5,
        "block": "PM",
        "starts": "13:30",
        "ends": "15:45",
        "change": "new",
    }
    return {**usual, **changes}


def notice(**changes: Any) -> dict[str, Any]:
    """What a workplace is told of one day."""
    usual = {
        "workplace": "구로소방서",
        "workplace_sms": "구로소방서",
        "contact": "김하늘 소방교",
        "date": "2026-06-12",
        "answer_by": "2026-06-05",
        "sequence": 1,
        "groups": [group(pupils=10)],
    }
    return {**usual, **changes}


def dispatch(**changes: Any) -> dict[str, Any]:
    """What a coach is told of an outing."""
    usual = {
        "uid": "dispatch-3",
        "sequence": 1,
        "school": "개봉중학교",
        "school_sms": "개봉중",
        "address": "서울 구로구 가마산로 1",
        "date": "2026-06-12",
        "block": "PM",
        "starts": "13:30",
        "ends": "15:45",
        "answer_by": "2026-06-05",
        "accepted": False,
        "classes": [{"label": "1-3", "pupils": 24}, {"label": "1-4", "pupils": 25}],
    }
    return {**usual, **changes}


def thanks(**changes: Any) -> dict[str, Any]:
    """What a workplace is thanked for after its day."""
    usual = {
        "workplace": "구로소방서",
        "contact": "김하늘 소방교",
        "date": "2026-06-12",
        "answer_by": "2026-06-26",
    }
    return {**usual, **changes}


def visit(**changes: Any) -> dict[str, Any]:
    """One class's outing as its teacher is told of it."""
    usual = {
        "uid": "visit-7@ilteo.example.kr",
        "sequence": 1,
        "school": "개봉중학교",
        "school_sms": "개봉중",
        "label": "1-3",
        "date": "2026-06-12",
        "block": "PM",
        "starts": "13:30",
        "ends": "15:45",
        "pupils": 24,
        "workplaces": [
            {"name": f"일터 {number}", "address": "서울 구로구 가마산로 1", "pupils": 5} for number in range(1, 6)
        ],
    }
    return {**usual, **changes}


def proposed_visit(**changes: Any) -> dict[str, Any]:
    """One row of an allocation as a school is told of it."""
    usual = {
        "label": "1-3",
        "date": "2026-06-12",
        "block": "PM",
        "starts": "13:30",
        "pupils": 24,
        "workplaces": 5,
        "rank": 0,
        "change": "new",
        "was": None,
    }
    return {**usual, **changes}


#: an announcement that costs nobody anything
NEWS: dict[str, Any] = {
    "subject": "진로캠프 2026",
    "text": "7/24(금) 진로캠프 신청을 받습니다. 02-0000-0000",
    "advertising": False,
    "number": None,
}
#: what messages about accounts say beside the school
ACCOUNTS: dict[Kind, dict[str, Any]] = {
    Kind.INVITATION: {"title": "진로부장교사", "days": 7, "offers": 2, "answer_by": "2027-03-05"},
    Kind.SCHOOL_ADDED: {"title": "진로전담교사", "before": "구로중학교", "offers": 1, "answer_by": "2027-03-05"},
    Kind.SIGN_IN_LINK: {"minutes": 10},
    Kind.PASSWORD_RESET: {"minutes": 30},
}


def going(**changes: Any) -> dict[str, Any]:
    """One class in the reminder of the day before."""
    usual = {"label": "1-3", "block": "PM", "starts": "13:30", "pupils": 24, "workplaces": 5, "unchecked": ["consent"]}
    return {**usual, **changes}


#: what a school is told of its report
ANSWERED = {
    "change": "cancel",
    "size": None,
    "again": True,
    "applied": True,
    "note": "다음 주를 찾습니다.",
    "cancelled": True,
}


def at_session(**changes: Any) -> dict[str, Any]:
    """A class at a session of a programme."""
    usual = {
        "session": 7,
        "title": "직업인 특강",
        "date": "2026-06-12",
        "starts": "13:30",
        "place": "센터 강당",
        "label": "1-3",
        "pupils": 28,
    }
    return {**usual, **changes}


#: what a school is told of a session beside the session itself
SESSIONS: dict[Kind, dict[str, Any]] = {
    Kind.SESSION_REGISTERED: {},
    Kind.SESSION_WAITING: {"ahead": 2, "ahead_pupils": 48},
    Kind.SESSION_OFFER: {"until": {"date": "2026-12-11", "time": "18:00"}},
    Kind.SESSION_OFFER_EXPIRED: {},
    Kind.SESSION_REMOVED: {"reason": "같은 학급이 두 번 있었습니다."},
    Kind.SESSION_CHANGED: {
        "was": {"date": "2026-06-05", "starts": None, "place": ""},
        "groups": [{"label": "1-3", "pupils": 28, "status": "registered"}],
    },
    Kind.SESSION_CALLED_OFF: {"groups": [{"label": "1-3", "pupils": 28, "status": "waiting"}]},
}
#: the longest that a session can be called, and its groups
LONG_SESSION = {
    "title": "가" * 120,
    "date": "2026-12-18",
    "place": "가" * 120,
    "label": "가" * 20,
    "pupils": 1000,
    "groups": [{"label": "가" * 20, "pupils": 1000, "status": "registered"}] * 12,
    "reason": "가" * 300,
}


def given_up(label: str, slot: dict[str, str]) -> dict[str, Any]:
    """An offer that is no longer open."""
    return {"offer_ids": [7], "offers": [{"label": label, "pupils": 24, "offered": slot}]}


def usual(kind: Kind) -> dict[str, Any]:
    """Facts of a usual message."""
    school = {"school": "개봉중학교", "school_sms": "개봉중"}
    slot, other = {"date": "2026-06-12", "block": "PM"}, {"date": "2026-06-19", "block": "PM"}
    if kind in {Kind.VISIT_CONFIRMED, Kind.VISIT_CANCELLED}:
        return visit()
    if kind is Kind.WORKPLACE_THANKS:
        return thanks()
    if kind.startswith("workplace"):
        return notice()
    if kind.startswith("coach"):
        return dispatch()
    special: dict[Kind, dict[str, Any]] = {
        **ACCOUNTS,
        Kind.ANNOUNCEMENT: NEWS,
        Kind.REQUEST_RECEIVED: {"labels": ["1-3", "1-4"], "wishes": [slot, other]},
        Kind.ALLOCATION_PROPOSED: {
            "answer_by": "2026-06-05",
            "visits": [proposed_visit(), proposed_visit(label="1-4", change="moved", was=other, rank=None)],
            "unplaced": ["1-5"],
        },
        Kind.SHIFT_OFFER: {
            "answer_by": "2026-06-05",
            "offers": [{"label": "1-3", "wanted": slot, "offered": other, "pupils": 24}],
        },
        Kind.SHIFT_AGREED: {"label": "1-3", **other},
        Kind.SHIFT_EXPIRED: given_up("1-3", other),
        Kind.SHIFT_WITHDRAWN: given_up("1-3", other),
        Kind.DAY_CALLED_OFF: {"date": "2026-06-12", "cause": "weather", "note": "", "again": True, "visits": [visit()]},
        Kind.VISIT_REMINDER: {"date": "2026-06-12", "visits": [going(), going(label="1-4", unchecked=[])]},
        Kind.ATTENDANCE_DUE: {"date": "2026-06-12", "due_on": "2026-06-19", "labels": ["1-3", "1-4"]},
        Kind.ATTENDANCE_REMINDER: {"date": "2026-06-12", "due_on": "2026-06-19", "labels": ["1-3"]},
        Kind.CHANGE_ANSWERED: {**visit(), **ANSWERED},
        **{one: {**at_session(), **facts} for one, facts in SESSIONS.items()},
    }
    return {**school, **special[kind]}


def longest(kind: Kind) -> dict[str, Any]:
    """Facts with every name at its cap and every number at its longest."""
    school = {"school": "서울특별시 구로구 아주긴이름의중학교", "school_sms": "가나다라마바"}
    slot, other = {"date": "2026-12-18", "block": "PM"}, {"date": "2026-12-24", "block": "PM"}
    many = [
        group(uid=f"group-{number}@ilteo.example.kr", school_sms="가나다라마바", label="3-12", change="changed")
        for number in range(6)
    ]
    if kind in {Kind.VISIT_CONFIRMED, Kind.VISIT_CANCELLED}:
        places = [{"name": f"체험처 {n}", "address": "서울특별시 구로구", "pupils": 2} for n in range(12)]
        return visit(**school, label="3-12", date="2026-12-18", workplaces=places)
    if kind.startswith("coach"):
        classes = [{"label": "3-12", "pupils": 30}] * 12
        return dispatch(**school, date="2026-12-18", answer_by="2026-12-11", address="", classes=classes)
    if kind is Kind.WORKPLACE_THANKS:
        return thanks(workplace="가나다라마바사아자차카타파하 주식회사 구로지점")
    if kind.startswith("workplace"):
        return notice(
            date="2026-12-18", answer_by="2026-12-11", groups=many, workplace_sms="가나다라마바사아", sequence=12
        )
    special: dict[Kind, dict[str, Any]] = {
        **ACCOUNTS,
        Kind.ANNOUNCEMENT: NEWS,
        Kind.REQUEST_RECEIVED: {"labels": ["3-12"] * 12, "wishes": [slot, other] * 3, "late_on": "2026-12-11"},
        Kind.ALLOCATION_PROPOSED: {
            "answer_by": "2026-12-11",
            "visits": [proposed_visit(label="3-12", date="2026-12-18", change="cancelled")] * 30,
            "unplaced": ["3-12"] * 9,
        },
        Kind.SHIFT_OFFER: {
            "answer_by": "2026-12-11",
            "offers": [{"label": "3-12", "wanted": None, "offered": other, "pupils": 30}],
        },
        Kind.SHIFT_AGREED: {"label": "3-12", **other},
        Kind.SHIFT_EXPIRED: given_up("3-12", other),
        Kind.SHIFT_WITHDRAWN: given_up("3-12", other),
        Kind.DAY_CALLED_OFF: {
            "date": "2026-12-18",
            "cause": "emergency",
            "note": "가" * 200,
            "again": False,
            "visits": [visit(label="3-12")] * 12,
        },
        Kind.VISIT_REMINDER: {
            "date": "2026-12-18",
            "visits": [going(label="3-12", unchecked=["consent", "briefing"])] * 12,
        },
        Kind.ATTENDANCE_DUE: {"date": "2026-12-18", "due_on": "2026-12-25", "labels": ["3-12"] * 12},
        Kind.ATTENDANCE_REMINDER: {"date": "2026-12-18", "due_on": "2026-12-25", "labels": ["3-12"] * 12},
        Kind.CHANGE_ANSWERED: {
            **visit(label="3-12"),
            **ANSWERED,
            "change": "size",
            "size": 100,
            "again": None,
            "cancelled": False,
            "note": "가" * 500,
        },
        **{one: {**at_session(), **facts, **LONG_SESSION} for one, facts in SESSIONS.items()},
    }
    return {**school, **special[kind]}


def letter(kind: Kind, language: Language, facts: dict[str, Any], *, has_email: bool = True) -> Letter:
    """A letter as the delivery makes it."""
    centre = KOREAN if language is Language.KO else ENGLISH
    return Letter(kind, language, facts, centre, Reader("김하늘", has_email), LINK)
