"""How many came, and what pupils said: once, within bounds, corrected only by who has seen what stands."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from booking.domain.errors import Conflict, Forbidden, InvalidForm, NotFound, NotNow
from booking.domain.states import RequestStatus, VisitStatus
from booking.domain.vocabulary import Role
from booking.models.afterwards import Attendance, Satisfaction
from booking.models.history import HistoryEntry
from booking.queries.afterwards import missing_attendance, satisfaction_of, seen
from booking.services.attendance import report_attendance, report_satisfaction
from booking.services.audit import run_audit
from booking.services.instance_builder import build_instance
from booking.services.placing import live_groups
from booking.services.requests import withdraw_request
from tests.support.factory import SmallTerm
from tests.support.visits import DAY, QUESTION, at, confirmed, figures


@pytest.fixture
def gone(small: SmallTerm) -> SmallTerm:
    """The day after V0000 and V0001 went out."""
    small.publish()
    confirmed(small)
    at(small, DAY + dt.timedelta(days=1))
    return small


def report(small: SmallTerm, *, code: str = "V0000", role: Role = Role.TEACHER, **how: object) -> None:
    person = small.person(role, "S0") if role is Role.TEACHER else small.person(role)
    given = figures(small.visit(code), **how)  # type: ignore[arg-type]  # each test names what it needs
    report_attendance(small.session, small.clock, person, small.request(code).id, given)
    small.judge()


def answers(small: SmallTerm, numbers: list[int], shown: str = "") -> None:
    teacher = small.person(Role.TEACHER, "S0")
    request = small.request("V0000").id
    report_satisfaction(small.session, small.clock, teacher, request, {QUESTION: numbers}, shown)


def test_the_last_group_completes_the_visit_and_serves_the_request(gone: SmallTerm) -> None:
    teacher = gone.person(Role.TEACHER, "S0")
    request = gone.request("V0000")
    all_of_them = figures(gone.visit("V0000"), fewer=1)
    report_attendance(gone.session, gone.clock, teacher, request.id, all_of_them[:-1])
    assert gone.visit("V0000").status is VisitStatus.CONFIRMED
    assert [row.visit.id for row in missing_attendance(gone.session, gone.term.id, DAY + dt.timedelta(days=1))]

    report_attendance(gone.session, gone.clock, teacher, request.id, all_of_them[-1:])
    gone.judge()

    assert gone.visit("V0000").status is VisitStatus.COMPLETED
    assert gone.request("V0000").status is RequestStatus.SERVED
    assert gone.session.scalar(sa.select(sa.func.sum(Attendance.attended))) == 19
    assert run_audit(gone.session, gone.clock.now()) == []


def test_a_visit_whose_workplace_never_answered_is_completed_as_well(gone: SmallTerm) -> None:
    assert gone.visit("V0001").status is VisitStatus.PUBLISHED
    report(gone, code="V0001")
    assert gone.visit("V0001").status is VisitStatus.COMPLETED
    assert run_audit(gone.session, gone.clock.now()) == []


def test_a_completed_visit_stays_as_it_is_in_every_later_plan(gone: SmallTerm) -> None:
    before = build_instance(gone.session, gone.clock, gone.term).facts_sha256
    report(gone)
    built = build_instance(gone.session, gone.clock, gone.term)
    assert built.facts_sha256 == before
    assert built.dropped_locks == {}
    locked = built.instance.visit_by_id["V0000"].locked
    assert locked is not None
    assert locked.groups is not None
    gone.publish()
    assert gone.visit("V0000").status is VisitStatus.COMPLETED
    assert run_audit(gone.session, gone.clock.now()) == []


def test_nothing_is_reported_before_the_day(gone: SmallTerm) -> None:
    at(gone, DAY - dt.timedelta(days=1), dt.time(23, 59))
    with pytest.raises(NotNow) as refused:
        report(gone)
    assert refused.value.reason == "before_the_day"
    assert not gone.session.scalars(sa.select(Attendance)).all()
    at(gone, DAY, dt.time(0, 0))
    report(gone)
    assert gone.visit("V0000").status is VisitStatus.COMPLETED


@pytest.mark.parametrize("attended", [-1, 10, 10_000])
def test_numbers_stay_near_what_was_planned(gone: SmallTerm, attended: int) -> None:
    teacher = gone.person(Role.TEACHER, "S0")
    given = figures(gone.visit("V0000"))
    small_group = min(given, key=lambda one: one.attended)
    wrong = [replace(one, attended=attended + small_group.attended * (attended == 10)) for one in given[:1]]
    with pytest.raises(InvalidForm) as refused:
        report_attendance(gone.session, gone.clock, teacher, gone.request("V0000").id, [*wrong, *given[1:]])
    assert [fault.field for fault in refused.value.faults] == [f"attended-{given[0].group_id}"]
    assert not gone.session.scalars(sa.select(Attendance)).all()


def test_five_more_than_planned_may_come(gone: SmallTerm) -> None:
    report(gone, fewer=-5)
    assert gone.session.scalar(sa.select(sa.func.sum(Attendance.attended))) == 25


def test_a_remark_has_a_limit(gone: SmallTerm) -> None:
    with pytest.raises(InvalidForm):
        report(gone, remark="가" * 501)
    report(gone, remark="가" * 500)


def test_the_same_figures_twice_are_one_report(gone: SmallTerm) -> None:
    report(gone)
    report(gone)
    rows = gone.session.scalars(sa.select(Attendance)).all()
    assert {row.version for row in rows} == {1}
    told = sa.select(sa.func.count()).where(HistoryEntry.action == "attendance_reported")
    assert gone.session.scalar(told) == len(rows)


def test_a_correction_raises_the_version_and_an_older_form_is_refused(gone: SmallTerm) -> None:
    report(gone)
    report(gone, fewer=2, version=1)
    first = live_groups(gone.visit("V0000"))[0]
    row = gone.session.get_one(Attendance, first.id)
    assert (row.attended, row.version) == (first.pupils - 2, 2)

    with pytest.raises(Conflict):
        report(gone, fewer=1, version=1)

    assert (row.attended, row.version) == (first.pupils - 2, 2)
    assert gone.visit("V0000").status is VisitStatus.COMPLETED


def test_the_centre_enters_what_it_is_told_on_the_telephone(gone: SmallTerm) -> None:
    report(gone, role=Role.COORDINATOR)
    row = gone.session.scalars(sa.select(Attendance)).first()
    assert row is not None
    assert row.reported_by_id == gone.coordinator.user_id
    with pytest.raises(Forbidden):
        report(gone, role=Role.OFFICER)


def test_another_school_reports_nothing(gone: SmallTerm) -> None:
    stranger = gone.person(Role.TEACHER, "S1")
    at(gone, DAY + dt.timedelta(days=20))
    with pytest.raises(NotFound):
        report_attendance(gone.session, gone.clock, stranger, gone.request("V0000").id, figures(gone.visit("V0000")))
    with pytest.raises(NotFound):
        report_attendance(gone.session, gone.clock, stranger, gone.request("V0002").id, figures(gone.visit("V0000")))


def test_a_visit_that_was_reported_is_not_called_off(gone: SmallTerm) -> None:
    teacher = gone.person(Role.TEACHER, "S0")
    request = gone.request("V0000")
    first = figures(gone.visit("V0000"))[:1]
    report_attendance(gone.session, gone.clock, teacher, request.id, first)
    with pytest.raises(Conflict) as refused:
        withdraw_request(gone.session, gone.clock, gone.config, teacher, request.id, request.version, "비")
    assert refused.value.reason == "reported"


def test_satisfaction_comes_after_attendance_and_stays_within_it(gone: SmallTerm) -> None:
    with pytest.raises(NotNow):
        answers(gone, [0, 0, 0, 0, 20])
    report(gone, fewer=1)
    with pytest.raises(InvalidForm) as refused:
        answers(gone, [0, 0, 5, 5, 10])
    assert [fault.field for fault in refused.value.faults] == ["q-overall"]
    answers(gone, [0, 0, 5, 5, 9])
    visit = gone.visit("V0000")
    assert satisfaction_of(gone.session, visit.id) == {QUESTION: [0, 0, 5, 5, 9]}
    assert run_audit(gone.session, gone.clock.now()) == []


def test_a_question_can_be_left_out_and_taken_back(gone: SmallTerm) -> None:
    teacher = gone.person(Role.TEACHER, "S0")
    request = gone.request("V0000").id
    report(gone)
    both = {QUESTION: [0, 0, 0, 0, 20], "safety": [1, 0, 0, 0, 2]}
    report_satisfaction(gone.session, gone.clock, teacher, request, both, "")
    assert gone.session.scalar(sa.select(sa.func.count()).select_from(Satisfaction)) == 10
    only = {"safety": [1, 0, 0, 0, 2]}
    report_satisfaction(gone.session, gone.clock, teacher, request, only, seen(both))
    assert satisfaction_of(gone.session, gone.visit("V0000").id) == only


def test_answers_that_another_entered_are_not_overwritten(gone: SmallTerm) -> None:
    report(gone)
    answers(gone, [0, 0, 0, 0, 20])
    answers(gone, [0, 0, 0, 0, 20])  # the same once more
    with pytest.raises(Conflict):
        answers(gone, [0, 0, 0, 1, 19])
    assert satisfaction_of(gone.session, gone.visit("V0000").id) == {QUESTION: [0, 0, 0, 0, 20]}


def test_a_correction_does_not_fall_below_what_was_answered(gone: SmallTerm) -> None:
    report(gone)
    answers(gone, [0, 0, 0, 0, 20])
    with pytest.raises(InvalidForm) as refused:
        report(gone, fewer=1, version=1)
    assert refused.value.faults[0].reason == "fewer_than_answered"


def test_the_audit_finds_each_breach(gone: SmallTerm) -> None:
    """Each breach is made with the guards switched off: an audit that cannot fail would be none."""
    report(gone)
    answers(gone, [0, 0, 0, 0, 20])
    assert run_audit(gone.session, gone.clock.now()) == []
    gone.session.execute(sa.text("SET session_replication_role = replica"))
    group = live_groups(gone.visit("V0000"))[0].id

    def found(statement: str) -> set[str]:
        with gone.session.begin_nested() as point:
            gone.session.execute(sa.text(statement), {"g": group} if ":g" in statement else {})
            rules = {breach.rule for breach in run_audit(gone.session, gone.clock.now())}
            point.rollback()
        return rules

    assert "satisfaction_within_attended" in found("UPDATE attendance SET attended = 0")
    assert "completed_visit_has_all_attendance" in found("DELETE FROM attendance WHERE group_id = :g")
    assert "attendance_of_visits_that_took_place" in found("UPDATE visit SET status = 'cancelled'")
    assert "attendance_of_visits_that_took_place" in found("UPDATE slot SET date = date + 700")
    assert "completed_visit_serves_its_request" in found("UPDATE request SET status = 'allocated'")
