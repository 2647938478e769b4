"""A term is set up beside the current one, its dates are changed, and one day it takes over."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from booking.domain.errors import Conflict, Forbidden, InvalidForm, NotFound
from booking.domain.states import RequestStatus
from booking.domain.terms import TermEntry, suggested
from booking.domain.vocabulary import Block, Role
from booking.models.coaches import Coach, CoachAvailability
from booking.models.history import HistoryEntry
from booking.models.schools import School, SchoolClass
from booking.models.terms import Slot, Term
from booking.queries.terms import terms
from booking.services.term_keeping import change_term, create_term, fingerprint, stored_term
from booking.services.term_turning import start_term, turning
from booking.services.terms import current_term
from tests.support.factory import NOW, SmallTerm
from tests.support.shifts import line, published, send
from tests.support.visits import at

NEXT = suggested(dt.date(2027, 4, 1), dt.date(2027, 3, 26))
SPRING = suggested(dt.date(2028, 1, 3), None)
AFTER = dt.date(2027, 4, 2)


def slots(small: SmallTerm, term: Term) -> list[Slot]:
    return list(small.session.scalars(sa.select(Slot).where(Slot.term_id == term.id).order_by(Slot.date, Slot.block)))


def change(small: SmallTerm, term: Term, **changes: object) -> list[str]:
    stored = stored_term(small.session, term)
    return change_term(
        small.session, small.coordinator, term.id, replace(stored, **changes), fingerprint(stored)  # type: ignore[arg-type]
    )  # fmt: skip


def start(small: SmallTerm, term: Term, *, move_up: bool = True, coaches: bool = True, seen: str = "") -> Term:
    return start_term(
        small.session, small.clock, small.coordinator, term.id,
        seen=seen or turning(small.session, small.clock, term).seen, move_up=move_up, coaches=coaches,
    )  # fmt: skip


def test_a_new_term_stands_beside_the_current_one_with_its_days_and_policy(small: SmallTerm) -> None:
    before = current_term(small.session).id
    term = create_term(small.session, small.coordinator, NEXT)
    small.judge()

    assert (term.is_current, current_term(small.session).id) == (False, before)
    assert term.policy == small.term.policy
    assert term.closes_on == NEXT.last_day + dt.timedelta(days=1)
    days = slots(small, term)
    assert (days[0].date, days[-1].date) == (NEXT.first_day, NEXT.last_day)
    assert [slot.block for slot in days[:2]] == [Block.AM, Block.PM]
    assert stored_term(small.session, term) == NEXT
    listed = {row.term.id: row for row in terms(small.session)}
    assert (listed[term.id].days, listed[term.id].requests) == (len(days) // 2, 0)
    assert (listed[before].days, listed[before].requests) == (10, 6)


def test_a_term_needs_a_name_of_its_own_and_days_on_which_schools_teach(small: SmallTerm) -> None:
    create_term(small.session, small.coordinator, NEXT)
    for entry, fault in (
        (NEXT, ("name", "same_term_name")),
        (
            replace(NEXT, name="주말", first_day=dt.date(2027, 10, 9), last_day=dt.date(2027, 10, 11)),
            ("last_day", "no_days"),
        ),
    ):
        with pytest.raises(InvalidForm) as refused:
            create_term(small.session, small.coordinator, entry)
        assert [(one.field, one.reason) for one in refused.value.faults] == [fault]


@pytest.mark.parametrize("role", [Role.OFFICER, Role.TEACHER])
def test_only_the_office_sets_terms_up(small: SmallTerm, role: Role) -> None:
    with pytest.raises(Forbidden):
        create_term(small.session, small.person(role, "S0"), NEXT)


def test_days_come_and_go_with_the_dates_unless_somebody_has_asked_for_them(small: SmallTerm) -> None:
    first, last = dt.date(2027, 3, 15), dt.date(2027, 3, 26)
    assert change(small, small.term, last_day=dt.date(2027, 3, 30), first_day=first) == ["last_day"]
    assert slots(small, small.term)[-1].date == dt.date(2027, 3, 30)
    assert small.term.closes_on == dt.date(2027, 3, 31)
    small.session.add(CoachAvailability(coach_id=a_coach(small).id, slot_id=slots(small, small.term)[-1].id))
    small.session.flush()
    assert change(small, small.term, last_day=last) == ["last_day"]
    assert slots(small, small.term)[-1].date == last
    # the first morning is everybody's first wish
    with pytest.raises(InvalidForm) as refused:
        change(small, small.term, first_day=dt.date(2027, 3, 17))
    assert [(one.field, one.reason) for one in refused.value.faults] == [("first_day", "days_in_use")]
    small.judge()
    assert slots(small, small.term)[0].date == first


def test_a_day_in_the_middle_that_was_taken_out_does_not_come_back(small: SmallTerm) -> None:
    middle = next(slot.date for slot in slots(small, small.term) if not wished(small, slot.date))
    small.session.execute(sa.delete(CoachAvailability))
    small.session.execute(sa.delete(Slot).where(Slot.date == middle))
    small.session.expire_all()
    change(small, small.term, last_day=dt.date(2027, 3, 29))
    assert middle not in {slot.date for slot in slots(small, small.term)}


def wished(small: SmallTerm, date: dt.date) -> bool:
    return bool(
        small.session.scalar(
            sa.text(
                "SELECT count(*) FROM request_slot JOIN slot ON slot.id = request_slot.slot_id WHERE slot.date = :date"
            ),
            {"date": date},
        )
    )


def test_a_form_that_was_opened_before_is_refused(small: SmallTerm) -> None:
    stored = stored_term(small.session, small.term)
    change(small, small.term, name="다른 이름")
    with pytest.raises(Conflict):
        change_term(small.session, small.coordinator, small.term.id, stored, fingerprint(stored))
    assert small.term.name == "다른 이름"


def a_coach(small: SmallTerm) -> Coach:
    coach = small.session.scalars(sa.select(Coach).order_by(Coach.id)).first()
    assert coach is not None
    return coach


def test_visits_to_come_and_offers_out_stand_in_the_way(small: SmallTerm) -> None:
    published(small)
    term = create_term(small.session, small.coordinator, NEXT)
    found = turning(small.session, small.clock, term)
    assert (found.visits_to_come, found.stands) == (4, True)
    with pytest.raises(Conflict) as refused:
        start(small, term)
    assert refused.value.reason == "stands"
    at(small, AFTER)
    # they have gone; who came is not known yet, which is said and does not hinder
    found = turning(small.session, small.clock, term)
    assert (found.visits_to_come, found.stands) == (0, False)
    assert found.attendance_missing == 4


def test_an_offer_that_is_out_stands_in_the_way(small: SmallTerm) -> None:
    term = create_term(small.session, small.coordinator, NEXT)
    published(small)
    send(small, line(small, "V0004", "V0005"))
    at(small, AFTER)
    found = turning(small.session, small.clock, term)
    assert (found.visits_to_come, found.offers_out) == (0, 2)
    with pytest.raises(Conflict) as refused:
        start(small, term)
    assert refused.value.reason == "stands"


def test_the_new_term_takes_over_and_the_old_one_closes(small: SmallTerm) -> None:
    old = current_term(small.session)
    old.weekly_day, old.weekly_hour, old.weekly_done_at = 0, 7, NOW
    small.session.flush()
    classes = small.session.scalars(sa.select(SchoolClass.label).order_by(SchoolClass.id)).all()
    term = create_term(small.session, small.coordinator, NEXT)
    at(small, dt.date(2027, 3, 20))

    start(small, term)
    small.judge()

    assert current_term(small.session).id == term.id
    assert not old.is_current
    assert old.closes_on == min(dt.date(2027, 3, 20), old.closes_on)
    assert (term.weekly_day, term.weekly_hour) == (0, 7)
    assert small.session.scalar(sa.select(Term.weekly_day).where(Term.id == old.id)) is None
    # the same school year: nobody moves up
    assert turning(small.session, small.clock, old).moving is None
    assert small.session.scalars(sa.select(SchoolClass.label).order_by(SchoolClass.id)).all() == classes
    # what was not served stays with the old term
    assert small.request("V0000").status is RequestStatus.SUBMITTED
    noted = small.session.scalars(sa.select(HistoryEntry).where(HistoryEntry.action == "term_started")).one()
    assert (noted.detail["before"], noted.detail["unserved"]) == (old.id, 6)
    with pytest.raises(Conflict) as refused:
        start(small, term)
    assert refused.value.reason == "current"
    with pytest.raises(Conflict) as refused:
        start(small, old)
    assert refused.value.reason == "older"


def test_coaches_who_came_at_most_dates_of_a_half_say_yes_to_it_again(small: SmallTerm) -> None:
    coach = a_coach(small)
    small.session.execute(sa.delete(CoachAvailability))
    mondays = [slot for slot in slots(small, small.term) if slot.date.weekday() == 0 and slot.block is Block.AM]
    one_friday = next(slot for slot in slots(small, small.term) if slot.date.weekday() == 4)
    assert len(mondays) == 2
    for slot in (*mondays, one_friday):
        small.session.add(CoachAvailability(coach_id=coach.id, slot_id=slot.id))
    term = create_term(small.session, small.coordinator, NEXT)
    start(small, term)
    found = small.session.scalars(
        sa.select(Slot).join(CoachAvailability, CoachAvailability.slot_id == Slot.id).where(Slot.term_id == term.id)
    ).all()
    assert {(slot.date.weekday(), slot.block) for slot in found} == {(0, Block.AM)}
    assert len(found) == len([s for s in slots(small, term) if s.date.weekday() == 0 and s.block is Block.AM])


def test_classes_move_up_with_the_school_year(small: SmallTerm) -> None:
    school = small.session.scalars(sa.select(School).where(School.code == "S0")).one()
    known = {row.label: row for row in school.classes}
    assert set(known) == {"1-1", "1-2"}
    known["1-1"].pupils, known["1-2"].pupils, known["1-2"].considered = 18, 23, 2
    small.session.add(SchoolClass(school_id=school.id, label="3-1", pupils=30, chaperones_needed=3))
    small.session.flush()
    small.session.expire_all()
    term = create_term(small.session, small.coordinator, SPRING)
    at(small, dt.date(2028, 1, 10))
    moving = turning(small.session, small.clock, term).moving
    # two classes of first graders in each of three schools, and one that leaves
    assert moving is not None
    assert moving.leaving == 1
    assert moving.classes == moving.believed == 6

    start(small, term)

    small.session.refresh(school, ["classes"])
    assert {row.label: (row.grade, row.pupils, row.considered, row.active) for row in school.classes} == {
        "1-1": (1, 18, 0, True), "1-2": (1, 23, 0, True),
        "2-1": (2, 18, 0, True), "2-2": (2, 23, 2, True),
        "3-1": (3, 30, 0, False),
    }  # fmt: skip
    small.judge()


def test_classes_stay_where_the_office_says_so(small: SmallTerm) -> None:
    before = small.session.scalars(sa.select(SchoolClass.label)).all()
    term = create_term(small.session, small.coordinator, SPRING)
    at(small, dt.date(2028, 1, 10))
    start(small, term, move_up=False)
    assert small.session.scalars(sa.select(SchoolClass.label)).all() == before


def test_what_changed_since_the_page_was_shown_is_shown_first(small: SmallTerm) -> None:
    term = create_term(small.session, small.coordinator, NEXT)
    seen = turning(small.session, small.clock, term).seen
    small.request("V0003").status = RequestStatus.WITHDRAWN
    small.session.flush()
    with pytest.raises(Conflict) as refused:
        start(small, term, seen=seen)
    assert refused.value.reason == "changed"
    assert current_term(small.session).id == small.term.id


def test_there_is_no_such_term(small: SmallTerm) -> None:
    entry: TermEntry = NEXT
    with pytest.raises(NotFound):
        change_term(small.session, small.coordinator, type(small.term.id)(987_654), entry, "")
