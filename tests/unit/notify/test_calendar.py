"""Calendar entries: which method, which UID, which sequence, and nothing that a name could break."""

from __future__ import annotations

import datetime as dt
from typing import Any

import icalendar
import pytest

from booking.domain.invitations import Event, EventStatus, Method, Party
from booking.domain.vocabulary import Language
from booking.exchange.icalendar import calendar_file, invitation
from booking.notify.calendar import entries
from booking.notify.catalogue import Kind
from tests.support.letters import group, notice, visit

STAMP = dt.datetime(2026, 6, 1, 3, 0, tzinfo=dt.UTC)
CENTRE, GUEST = Party("센터", "no-reply@ilteo.example.kr"), Party("김하늘", "haneul@example.kr")


def event(**changes: object) -> Event:
    usual: dict[str, object] = {
        "uid": "visit-7@ilteo.example.kr",
        "sequence": 3,
        "starts": dt.datetime(2026, 6, 12, 4, 30, tzinfo=dt.UTC),
        "ends": dt.datetime(2026, 6, 12, 6, 45, tzinfo=dt.UTC),
        "summary": "일터체험",
    }
    return Event(**{**usual, **changes})  # type: ignore[arg-type]


def read(content: bytes) -> tuple[Any, Any]:
    calendar = icalendar.Calendar.from_ical(content)
    [component] = calendar.walk("VEVENT")
    return calendar, component


@pytest.mark.parametrize("method", [Method.REQUEST, Method.CANCEL])
def test_an_invitation_is_complete(method: Method) -> None:
    calendar, component = read(invitation(event(), method, organizer=CENTRE, attendee=GUEST, stamp=STAMP))
    assert calendar["METHOD"] == method.value
    assert calendar["VERSION"] == "2.0"
    assert component["UID"] == "visit-7@ilteo.example.kr"
    assert component["SEQUENCE"] == 3
    assert component["ORGANIZER"] == "mailto:no-reply@ilteo.example.kr"
    assert component["ATTENDEE"] == "mailto:haneul@example.kr"
    assert component["DTSTART"].dt == dt.datetime(2026, 6, 12, 4, 30, tzinfo=dt.UTC)
    assert component["DTSTAMP"].dt == STAMP


@pytest.mark.parametrize("breaker", ["\r\n", "\n", "\r"])
def test_no_name_can_break_out_of_its_line(breaker: str) -> None:
    summary = f"공방{breaker}ATTENDEE:mailto:x@example.kr{breaker}END:VEVENT, a;b\\c"
    content = invitation(event(summary=summary), Method.REQUEST, organizer=CENTRE, attendee=GUEST, stamp=STAMP)
    _, component = read(content)
    assert component["ATTENDEE"] == "mailto:haneul@example.kr"
    assert "a;b\\c" in str(component["SUMMARY"])
    assert content.count(b"END:VEVENT") == content.count(b"\nEND:VEVENT") + summary.count("END:VEVENT")


def test_lines_are_short_and_end_as_they_should() -> None:
    content = calendar_file([event(description="가" * 300)], STAMP)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_a_file_to_download_holds_every_event() -> None:
    content = calendar_file([event(), event(uid="visit-8@ilteo.example.kr")], STAMP)
    calendar = icalendar.Calendar.from_ical(content)
    assert calendar["METHOD"] == "PUBLISH"
    assert len(calendar.walk("VEVENT")) == 2


def test_a_confirmed_visit_is_one_event_in_seoul_time() -> None:
    [(method, found)] = entries(Kind.VISIT_CONFIRMED, visit(uid="visit-7"), Language.KO, "ilteo.example.kr")
    assert method is Method.REQUEST
    assert found.uid == "visit-7@ilteo.example.kr"
    assert found.starts.astimezone(dt.UTC) == dt.datetime(2026, 6, 12, 4, 30, tzinfo=dt.UTC)
    assert found.status is EventStatus.CONFIRMED


def test_the_same_visit_keeps_its_uid_and_its_sequence_rises() -> None:
    [(_, first)] = entries(Kind.VISIT_CONFIRMED, visit(), Language.KO, "x.example.kr")
    [(method, second)] = entries(Kind.VISIT_CANCELLED, visit(sequence=2), Language.EN, "x.example.kr")
    assert first.uid == second.uid
    assert first.sequence < second.sequence
    assert method is Method.CANCEL
    assert second.status is EventStatus.CANCELLED


def test_a_notice_has_one_file_for_each_group_and_cancels_what_is_gone() -> None:
    groups = [group(uid="a@x"), group(uid="b@x", change="cancelled")]
    found = entries(Kind.WORKPLACE_CHANGED, notice(groups=groups), Language.KO, "x.example.kr")
    assert [(method, entry.uid, entry.status) for method, entry in found] == [
        (Method.REQUEST, "a@x", EventStatus.TENTATIVE),
        (Method.CANCEL, "b@x", EventStatus.CANCELLED),
    ]


def test_what_is_asked_is_tentative_and_what_is_confirmed_is_not() -> None:
    [(_, asked)] = entries(Kind.WORKPLACE_ASK, notice(), Language.KO, "x.example.kr")
    [(_, confirmed)] = entries(Kind.WORKPLACE_CONFIRMED, notice(), Language.KO, "x.example.kr")
    assert (asked.status, confirmed.status) == (EventStatus.TENTATIVE, EventStatus.CONFIRMED)
    assert asked.uid == confirmed.uid


def test_kinds_without_a_calendar_have_none() -> None:
    assert entries(Kind.SHIFT_AGREED, {}, Language.KO, "x.example.kr") == []
