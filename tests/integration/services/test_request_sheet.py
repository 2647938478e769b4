"""A school's list becomes requests: judged as the teacher's own, bound together, told once, taken back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from booking.domain.errors import Conflict
from booking.domain.sheet_rows import SheetKind
from booking.domain.states import RequestStatus
from booking.exchange.sheets import Sheet
from booking.models.messages import Message
from booking.models.requests import Request
from booking.models.schools import School, SchoolClass
from booking.notify.catalogue import Kind
from booking.services.request_sheet import Requests
from booking.services.sheet_desk import Desk
from booking.services.sheet_outcomes import Outcome, Plan
from booking.services.sheets import apply, plan, take_in, undo
from tests.support.factory import SmallTerm

HEAD = ("학교", "학급", "희망 분야", "1지망", "2지망", "함께")
WORDS = {"fields": {"예술": "arts", "arts": "arts"}}
GOOD = (
    ("가람중", "1-3", "예술", "3/17 오전", "3/18 오후", "가"),
    ("가람중", "1학년 4반", "예술", "3/17 오전", "3/18 오후", "가"),
    ("나래중", "1-5", "예술", "3/19 오후", "", ""),
)


@pytest.fixture
def classes(small: SmallTerm) -> SmallTerm:
    """Classes that have asked for nothing yet."""
    for code, label in (("S0", "1-3"), ("S0", "1-4"), ("S1", "1-5")):
        school = small.session.scalars(sa.select(School).where(School.code == code)).one()
        small.session.add(SchoolClass(school_id=school.id, label=label, pupils=22, chaperones_needed=2))
    small.session.flush()
    return small


def taken(small: SmallTerm, *rows: tuple[str, ...]) -> tuple[int, Plan]:
    upload = take_in(small.session, small.clock, small.coordinator, SheetKind.REQUESTS, "신청.xlsx", Sheet(HEAD, rows))
    return upload.id, plan(Desk(small.session, small.clock, small.config, small.coordinator), upload, WORDS)


def applied(small: SmallTerm, *rows: tuple[str, ...]) -> tuple[int, list[Request]]:
    before = set(small.session.scalars(sa.select(Request.id)))
    number, found = taken(small, *rows)
    apply(small.session, small.clock, small.config, small.coordinator, number, WORDS, seen=found.seen)
    new = sa.select(Request).where(Request.id.not_in(before)).order_by(Request.id)
    return number, list(small.session.scalars(new))


def test_rows_become_requests_and_those_with_one_mark_go_together(classes: SmallTerm) -> None:
    _, new = applied(classes, *GOOD)
    assert [(request.school.name, request.label, request.pupils) for request in new] == [
        ("가람중", "1-3", 22), ("가람중", "1-4", 22), ("나래중", "1-5", 22),
    ]  # fmt: skip
    assert [wish.slot.code for wish in new[0].requested] == ["2027-03-17/AM", "2027-03-18/PM"]
    assert new[0].bundle_id == new[1].bundle_id is not None
    assert new[2].bundle_id is None
    assert {request.status for request in new} == {RequestStatus.SUBMITTED}
    receipts = classes.session.scalars(
        sa.select(Message).where(Message.kind == Kind.REQUEST_RECEIVED.value).order_by(Message.id)
    ).all()
    assert [message.facts["labels"] for message in receipts[-2:]] == [["1-3", "1-4"], ["1-5"]]
    assert len(receipts) == 2
    classes.judge()


def test_the_same_table_again_adds_nothing(classes: SmallTerm) -> None:
    applied(classes, *GOOD)
    _, again = taken(classes, *GOOD)
    assert again.counts == {Outcome.REFUSED: 3}
    assert {row.faults[0].reason for row in again.rows} == {"asked_already"}
    _, doubled = taken(
        classes, ("나래중", "1-5", "예술", "3/22 오후", "", ""), ("나래중", "1-5", "예술", "3/22 오후", "", "")
    )
    assert [row.outcome for row in doubled.rows] == [Outcome.ADDED, Outcome.REFUSED]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (("없는중", "1-3", "예술", "3/17 오전", "", ""), ("school", "no_school")),
        (("가람중", "1-9", "예술", "3/17 오전", "", ""), ("class", "no_class")),
        (("가람중", "1-3", "예술", "5/17 오전", "", ""), ("wish_1", "out_of_term")),
        (("가람중", "1-3", "예술", "3/17 오전", "3/17 오전", ""), ("wish_1", "twice")),
    ],
)
def test_a_row_that_cannot_stand_is_named(classes: SmallTerm, row: tuple[str, ...], fault: tuple[str, str]) -> None:
    _, found = taken(classes, row)
    assert [(one.field, one.reason) for one in found.rows[0].faults] == [fault]


def test_classes_that_go_together_want_the_same(classes: SmallTerm) -> None:
    _, found = taken(classes, GOOD[0], ("가람중", "1-4", "예술", "3/18 오전", "", "가"))
    assert [row.outcome for row in found.rows] == [Outcome.ADDED, Outcome.REFUSED]
    assert found.rows[1].faults[0].reason == "not_the_same"


def test_a_table_is_taken_back_but_for_what_was_changed_since(classes: SmallTerm) -> None:
    number, new = applied(classes, *GOOD)
    new[0].pupils = 21
    classes.session.flush()
    assert undo(classes.session, classes.clock, classes.config, classes.coordinator, number) == (2, 1)
    assert [request.status for request in new] == [
        RequestStatus.SUBMITTED, RequestStatus.WITHDRAWN, RequestStatus.WITHDRAWN,
    ]  # fmt: skip
    with pytest.raises(Conflict):
        undo(classes.session, classes.clock, classes.config, classes.coordinator, number)


def test_what_is_written_out_reads_in_again(classes: SmallTerm) -> None:
    _, new = applied(classes, *GOOD)
    known = {one.id: one.values for one in Requests().known(classes.session)}
    assert known[int(new[0].id)] == {
        "school": ["가람중"], "class": ["1-3"], "fields": ["arts"], "wish_1": ["2027-03-17 오전"],
        "wish_2": ["2027-03-18 오후"], "possible": [], "together": [new[0].bundle.code if new[0].bundle else ""],
    }  # fmt: skip
    row = tuple("".join(known[int(new[2].id)][name]) for name in ("school", "class", "fields", "wish_1"))
    _, again = taken(classes, (*row, "", ""))
    assert again.rows[0].faults[0].reason == "asked_already"
