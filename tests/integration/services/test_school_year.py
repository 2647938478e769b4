"""A school's calendar in the tables: taken over, changed by hand, and in the way of requests."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from booking.domain.errors import Conflict, Forbidden, IllegalTransition, InvalidForm, InvalidInput, NotFound
from booking.domain.ids import SlotId
from booking.domain.person import Person
from booking.domain.school_texts import PastedClass
from booking.domain.school_year import Blocked, CalendarDay, DayBlocks, DayKind, DaySource, ImportKind
from booking.domain.states import ImportStatus
from booking.domain.vocabulary import JobField, Role
from booking.models.school_year import SchoolDay, SchoolImport
from booking.models.schools import SchoolClass
from booking.services import school_classes, school_imports, school_year
from booking.services.instance_builder import build_instance
from booking.services.request_judging import RequestDraft
from booking.services.requests import RequestChange, change_request, submit_requests
from tests.support.factory import SmallTerm

TUESDAY = dt.date(2027, 3, 16)
HEAD = "학년,시작일,종료일,구분,내용\n"


@pytest.fixture
def teacher(small: SmallTerm) -> Person:
    return small.person(Role.TEACHER, "S0")


def enter(
    small: SmallTerm, teacher: Person, kind: DayKind = DayKind.EXAM, *grades: int, name: str = "중간고사",
    blocks: DayBlocks = DayBlocks.ALL, date: dt.date = TUESDAY,
) -> None:  # fmt: skip
    day = CalendarDay(date, name, kind, grades, blocks)
    school_year.add_days(small.session, teacher, teacher.school_ids[0], date, date, day)


def blocked(small: SmallTerm, teacher: Person, *grades: int | None) -> dict[str, Blocked]:
    slots = small.slots()
    codes = {slot.id: slot.code for slot in slots}
    found = school_year.blocked(small.session, teacher.school_ids[0], grades, school_year.halves(slots))
    return {codes[slot]: reason for slot, reason in found.items()}


def read_csv(small: SmallTerm, teacher: Person, text: str) -> SchoolImport:
    return school_imports.read_csv(small.session, small.clock, teacher, teacher.school_ids[0], (HEAD + text).encode())


def stored(small: SmallTerm) -> list[tuple[str, str, str, tuple[int, ...]]]:
    rows = small.session.scalars(
        sa.select(SchoolDay).where(~SchoolDay.removed).order_by(SchoolDay.date, SchoolDay.name)
    )
    return [(f"{row.date:%m-%d}", row.name, row.source.value, tuple(row.grades)) for row in rows]


def test_a_school_without_a_calendar_is_free(small: SmallTerm, teacher: Person) -> None:
    assert blocked(small, teacher, 1, 2, 3) == {}


def test_days_keep_their_grades_in_their_halves(small: SmallTerm, teacher: Person) -> None:
    enter(small, teacher, DayKind.EXAM, 1)
    enter(small, teacher, DayKind.EVENT, name="축제", blocks=DayBlocks.PM, date=TUESDAY + dt.timedelta(days=1))
    enter(small, teacher, DayKind.HINT, name="진로의 날", date=TUESDAY + dt.timedelta(days=2))
    exam, event = Blocked(DayKind.EXAM, "중간고사"), Blocked(DayKind.EVENT, "축제")
    assert blocked(small, teacher, 1) == {"2027-03-16/AM": exam, "2027-03-16/PM": exam, "2027-03-17/PM": event}
    assert blocked(small, teacher, 2, None) == {"2027-03-17/PM": event}
    assert blocked(small, small.person(Role.TEACHER, "S1"), 1) == {}


def test_the_centre_closes_a_day_for_everybody(small: SmallTerm, teacher: Person) -> None:
    day = school_year.add_one_off_day(small.session, small.coordinator, TUESDAY, " 임시공휴일 ")
    assert blocked(small, teacher, None)["2027-03-16/PM"] == Blocked(DayKind.HOLIDAY, "임시공휴일")
    with pytest.raises(InvalidForm):
        school_year.add_one_off_day(small.session, small.coordinator, TUESDAY, "again")
    with pytest.raises(Forbidden):
        school_year.add_one_off_day(small.session, teacher, TUESDAY, "mine")
    school_year.remove_one_off_day(small.session, small.coordinator, day.id)
    assert blocked(small, teacher, None) == {}


def test_a_blocked_slot_is_refused_whether_wished_or_possible(small: SmallTerm, teacher: Person) -> None:
    enter(small, teacher, DayKind.EXAM, 1)
    slots = {slot.code: slot.id for slot in small.slots()}
    classes = small.session.scalars(sa.select(SchoolClass).where(SchoolClass.school_id == teacher.school_ids[0])).all()
    assert {one.grade for one in classes} == {1}

    def ask(requested: str, negotiable: str) -> None:
        draft = RequestDraft(
            teacher.school_ids[0],
            tuple(one.id for one in classes),
            False,
            (JobField.ARTS,),
            (slots[requested],),
            (slots[negotiable],),
        )
        submit_requests(small.session, small.clock, teacher, draft)

    for pair in (("2027-03-16/AM", "2027-03-18/AM"), ("2027-03-18/AM", "2027-03-16/PM")):
        with pytest.raises(InvalidForm) as refused:
            ask(*pair)
        assert [(fault.field, fault.reason) for fault in refused.value.faults] == [("requested", "blocked")]
    ask("2027-03-18/AM", "2027-03-18/PM")


def test_a_request_cannot_be_changed_to_a_blocked_slot_and_is_named_where_one_is_in_the_way(
    small: SmallTerm, teacher: Person
) -> None:
    request = small.request("V0000")
    assert school_year.blocked_requests(small.session, request.school_id, [request]) == []
    monday = small.slots()[0]
    enter(small, teacher, DayKind.EXAM, 1, date=monday.date)
    ((found, wishes),) = school_year.blocked_requests(small.session, request.school_id, [request])
    assert (found.id, [wish.slot_id for wish in wishes]) == (request.id, [monday.id])
    change = RequestChange(20, 2, (JobField.ARTS,), (SlotId(monday.id),))
    with pytest.raises(InvalidForm, match="blocked"):
        change_request(small.session, small.clock, teacher, request.id, request.version, change)


def test_a_calendar_is_no_fact_of_the_plan(small: SmallTerm, teacher: Person) -> None:
    before = build_instance(small.session, small.clock, small.term).document
    enter(small, teacher, DayKind.EXAM, 1, date=small.slots()[0].date)
    assert build_instance(small.session, small.clock, small.term).document == before


def test_the_same_file_twice_changes_nothing_and_another_one_shows_what_it_changes(
    small: SmallTerm, teacher: Person
) -> None:
    first = read_csv(small, teacher, "1,2027-03-16,2027-03-18,시험,중간고사\n,2027-03-19,,행사,축제\n")
    assert stored(small) == []
    assert len(school_imports.apply_import(small.session, small.clock, teacher, first.id).added) == 4
    again = read_csv(small, teacher, "1,2027-03-16,2027-03-18,시험,중간고사\n,2027-03-19,,행사,축제\n")
    assert not school_imports.preview(small.session, again)
    other = read_csv(small, teacher, "2,2027-03-16,,시험,중간고사\n,2027-03-19,,행사,체육대회\n")
    found = school_imports.preview(small.session, other)
    assert [one.name for one in found.added] == ["체육대회"]
    assert [(old.grades, new.grades) for old, new in found.changed] == [((1,), (2,))]
    assert [f"{one.date:%m-%d} {one.name}" for one in found.gone] == ["03-17 중간고사", "03-18 중간고사", "03-19 축제"]
    school_imports.apply_import(small.session, small.clock, teacher, other.id)
    assert stored(small) == [("03-16", "중간고사", "csv", (2,)), ("03-19", "체육대회", "csv", ())]


def test_what_a_person_made_of_a_day_stays_and_what_was_taken_out_stays_out(small: SmallTerm, teacher: Person) -> None:
    text = "1,2027-03-16,,시험,중간고사\n,2027-03-19,,행사,축제\n"
    school_imports.apply_import(small.session, small.clock, teacher, read_csv(small, teacher, text).id)
    enter(small, teacher, DayKind.HINT, 2)
    festival = small.session.scalars(sa.select(SchoolDay).where(SchoolDay.name == "축제")).one()
    school_year.remove_day(small.session, teacher, festival.id)
    once_more = read_csv(small, teacher, text)
    found = school_imports.preview(small.session, once_more)
    assert (bool(found), found.kept) == (False, 2)
    school_imports.apply_import(small.session, small.clock, teacher, once_more.id)
    assert stored(small) == [("03-16", "중간고사", "hand", (2,))]
    with pytest.raises(NotFound):
        school_year.remove_day(small.session, teacher, festival.id)
    enter(small, teacher, DayKind.EVENT, name="축제", date=dt.date(2027, 3, 19))
    assert len(stored(small)) == 2


def test_an_import_is_decided_once_and_by_its_own_school(small: SmallTerm, teacher: Person) -> None:
    row = read_csv(small, teacher, ",2027-03-19,,행사,축제\n")
    stranger = small.person(Role.TEACHER, "S1")
    for decide in (school_imports.apply_import, school_imports.discard_import):
        with pytest.raises(NotFound):
            decide(small.session, small.clock, stranger, row.id)
    school_imports.discard_import(small.session, small.clock, teacher, row.id)
    assert row.status is ImportStatus.DISCARDED
    with pytest.raises(IllegalTransition):
        school_imports.apply_import(small.session, small.clock, teacher, row.id)


@pytest.mark.parametrize(
    ("name", "last", "field"),
    [("", TUESDAY, "name"), ("<b>", TUESDAY, "name"), ("가" * 101, TUESDAY, "name"),
     ("x", TUESDAY - dt.timedelta(days=1), "last"), ("x", dt.date(2029, 1, 1), "last")],
)  # fmt: skip
def test_a_day_that_is_none_is_refused(small: SmallTerm, teacher: Person, name: str, last: dt.date, field: str) -> None:
    day = CalendarDay(TUESDAY, name, DayKind.EXAM)
    with pytest.raises(InvalidForm) as refused:
        school_year.add_days(small.session, teacher, teacher.school_ids[0], TUESDAY, last, day)
    assert [fault.field for fault in refused.value.faults] == [field]


def test_without_a_key_nothing_is_asked_of_the_national_system(small: SmallTerm, teacher: Person) -> None:
    with pytest.raises(InvalidInput):
        school_imports.start_import(
            small.session, small.config, teacher, teacher.school_ids[0], small.term, ImportKind.CALENDAR
        )


def test_the_table_of_classes_is_refused_where_another_changed_it_first(small: SmallTerm, teacher: Person) -> None:
    school_id = teacher.school_ids[0]
    rows = small.session.scalars(sa.select(SchoolClass).where(SchoolClass.school_id == school_id)).all()
    seen = school_classes.fingerprint(rows)
    entry = school_classes.ClassEntry(rows[0].id, 27, 3, 2, True)
    assert school_classes.save_classes(small.session, teacher, school_id, [entry], seen) == 1
    with pytest.raises(Conflict):
        school_classes.save_classes(small.session, teacher, school_id, [entry], seen)
    with pytest.raises(NotFound):
        school_classes.save_classes(small.session, small.person(Role.TEACHER, "S1"), school_id, [entry], seen)
    fresh = school_classes.fingerprint(rows)
    bad = school_classes.ClassEntry(rows[0].id, 0, 21, 1, True)
    with pytest.raises(InvalidForm) as refused:
        school_classes.save_classes(small.session, teacher, school_id, [bad], fresh)
    number = rows[0].id
    assert [fault.field for fault in refused.value.faults] == [
        f"pupils-{number}", f"chaperones_needed-{number}", f"considered-{number}",
    ]  # fmt: skip


def test_pasted_classes_are_added_with_their_grade_or_brought_up_to_date(small: SmallTerm, teacher: Person) -> None:
    given = [PastedClass("1-1", 30), PastedClass("3-2", 25)]
    assert school_classes.add_classes(small.session, teacher, teacher.school_ids[0], given) == (1, 1)
    made = small.session.scalars(sa.select(SchoolClass).where(SchoolClass.label == "3-2")).one()
    assert (made.grade, made.chaperones_needed, made.considered, made.active) == (3, 3, 0, True)
    with pytest.raises(InvalidForm):
        school_classes.add_classes(small.session, teacher, teacher.school_ids[0], [PastedClass("x", 10_000)])


def test_taking_over_is_bound_to_its_source(small: SmallTerm, teacher: Person) -> None:
    school_imports.apply_import(
        small.session, small.clock, teacher, read_csv(small, teacher, ",2027-03-19,,행사,축제\n").id
    )
    span = (dt.date(2027, 3, 1), dt.date(2027, 3, 31))
    found = school_year.compare(small.session, teacher.school_ids[0], [], DaySource.NEIS, span)
    assert not found
