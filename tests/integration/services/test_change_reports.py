"""What a school reports changes nothing by itself; a person applies it, and only those concerned are told."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.domain.errors import Conflict, Forbidden, IllegalTransition, InvalidForm, InvalidInput, NotFound, NotNow
from booking.domain.states import ChangeReportStatus, RequestStatus, RunKind, RunStatus, VisitStatus
from booking.domain.vocabulary import ChangeKind, Role
from booking.models.afterwards import ChangeReport
from booking.models.messages import Message
from booking.models.runs import AllocationRun
from booking.models.visits import Visit, WorkplaceNotice
from booking.queries.attention import visits_to_repair
from booking.services.audit import run_audit
from booking.services.change_reports import Change, apply_report, refuse_report, report_change, withdraw_report
from booking.services.placing import live_groups
from booking.services.publishing import publish
from booking.services.solving import Engine, solve_run
from scheduler.limits import Limits
from scheduler.repair import repair
from tests.support.factory import SmallTerm
from tests.support.visits import DAY, at, confirmed, everything_left

OFF = Change(ChangeKind.CANCEL, "체육대회와 겹칩니다", again=False)
OTHER_DAY = Change(ChangeKind.CANCEL, "체육대회와 겹칩니다", again=True)


def size(pupils: int) -> Change:
    return Change(ChangeKind.SIZE, "전학", pupils=pupils)


@pytest.fixture
def published(small: SmallTerm) -> SmallTerm:
    small.publish()
    everything_left(small)
    return small


def reported(small: SmallTerm, change: Change, code: str = "V0000", school: str = "S0") -> ChangeReport:
    teacher = small.person(Role.TEACHER, school)
    return report_change(small.session, small.clock, teacher, small.request(code).id, change)


def applied(small: SmallTerm, report: ChangeReport, note: str = "") -> ChangeReport:
    done = apply_report(small.session, small.clock, small.config, small.coordinator, report.id, note)
    small.judge()
    return done


def answers(small: SmallTerm) -> list[Message]:
    return list(small.session.scalars(sa.select(Message).where(Message.kind == "change_answered")))


def repairs(small: SmallTerm) -> list[AllocationRun]:
    return list(small.session.scalars(sa.select(AllocationRun).where(AllocationRun.kind == RunKind.REPAIR)))


def test_a_report_alone_changes_nothing(published: SmallTerm) -> None:
    reported(published, size(23))
    assert published.request("V0000").pupils == 20
    assert repairs(published) == []
    assert published.visit("V0000").status is VisitStatus.PUBLISHED
    assert run_audit(published.session, published.clock.now()) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (size(0), "pupils"),
        (size(10_000), "pupils"),
        (size(20), "pupils"),
        (Change(ChangeKind.SIZE, "전학"), "pupils"),
        (Change(ChangeKind.SIZE, " ", pupils=22), "reason-size"),
        (Change(ChangeKind.CANCEL, "행사"), "again"),
        (Change(ChangeKind.CANCEL, "", again=True), "reason-cancel"),
        (Change(ChangeKind.OTHER, "가" * 501), "reason-other"),
    ],
)
def test_a_report_that_makes_no_sense_names_its_field(published: SmallTerm, change: Change, field: str) -> None:
    with pytest.raises(InvalidForm) as refused:
        reported(published, change)
    assert [fault.field for fault in refused.value.faults] == [field]
    assert not published.session.scalars(sa.select(ChangeReport)).all()


def test_one_report_waits_at_a_time_and_a_double_tap_is_one(published: SmallTerm) -> None:
    first = reported(published, size(23))
    assert reported(published, size(23)).id == first.id
    with pytest.raises(Conflict) as refused:
        reported(published, size(24))
    assert refused.value.reason == "open_report"


def test_a_report_comes_until_the_day_and_only_from_the_own_school(published: SmallTerm) -> None:
    with pytest.raises(NotFound):
        reported(published, size(23), school="S1")
    with pytest.raises(Forbidden):
        report_change(
            published.session, published.clock, published.coordinator, published.request("V0000").id, size(23)
        )
    at(published, DAY)
    assert reported(published, size(23)).status is ChangeReportStatus.OPEN
    at(published, DAY + dt.timedelta(days=1))
    with pytest.raises(NotNow):
        reported(published, size(23), code="V0001")


def test_a_school_takes_its_report_back(published: SmallTerm) -> None:
    teacher, stranger = published.person(Role.TEACHER, "S0"), published.person(Role.TEACHER, "S1")
    report = reported(published, OFF)
    with pytest.raises(NotFound):
        withdraw_report(published.session, published.clock, stranger, report.request_id, report.id)
    with pytest.raises(NotFound):
        withdraw_report(published.session, published.clock, teacher, published.request("V0001").id, report.id)
    for _ in range(2):
        withdraw_report(published.session, published.clock, teacher, report.request_id, report.id)
    with pytest.raises(IllegalTransition):
        applied(published, report)
    assert published.visit("V0000").status is VisitStatus.PUBLISHED
    assert reported(published, size(22)).id != report.id


def test_refusing_needs_a_reason_and_tells_the_school(published: SmallTerm) -> None:
    report = reported(published, OFF)
    with pytest.raises(InvalidInput):
        refuse_report(published.session, published.clock, published.coordinator, report.id, " ")
    refuse_report(published.session, published.clock, published.coordinator, report.id, "버스가 이미 예약되었습니다")
    assert report.status is ChangeReportStatus.REFUSED
    (told,) = answers(published)
    assert (told.facts["applied"], told.facts["cancelled"], told.facts["date"]) == (False, False, "2027-03-15")
    with pytest.raises(IllegalTransition):
        applied(published, report)


def test_only_the_office_answers(published: SmallTerm) -> None:
    report = reported(published, OFF)
    with pytest.raises(Forbidden):
        apply_report(
            published.session, published.clock, published.config, published.person(Role.TEACHER, "S0"), report.id, ""
        )


@pytest.mark.parametrize("pupils", [23, 17])
def test_a_new_size_waits_for_its_repair(published: SmallTerm, pupils: int) -> None:
    confirmed(published)
    report = reported(published, size(pupils))
    before = published.request("V0000").version

    applied(published, report, "고쳤습니다")
    applied(published, report)  # a second click

    request, visit = published.request("V0000"), published.visit("V0000")
    assert (request.pupils, request.version) == (pupils, before + 1)
    assert visit.status is VisitStatus.PUBLISHED
    assert sum(group.pupils for group in live_groups(visit)) == 20
    assert [run.status for run in repairs(published)] == [RunStatus.QUEUED]
    assert [found.id for found in published.session.scalars(visits_to_repair(published.term.id))] == [visit.id]
    (told,) = answers(published)
    assert (told.facts["size"], told.facts["note"]) == (pupils, "고쳤습니다")
    assert run_audit(published.session, published.clock.now()) == []


def test_a_visit_given_up_frees_its_places_and_tells_its_workplaces(published: SmallTerm) -> None:
    visit = confirmed(published)
    places = {group.workplace_id for group in live_groups(visit)}
    notices = {
        f"notice:{notice.id}"
        for notice in published.session.scalars(
            sa.select(WorkplaceNotice).where(WorkplaceNotice.workplace_id.in_(places), WorkplaceNotice.date == DAY)
        )
    }
    everything_left(published)
    at(published, dt.date(2027, 3, 1))
    newest = published.session.scalar(sa.select(sa.func.max(Message.id))) or 0

    applied(published, reported(published, OFF))

    assert visit.status is VisitStatus.CANCELLED
    assert visit.cancelled_by == published.coordinator.actor
    assert live_groups(visit) == []
    request = published.request("V0000")
    assert (request.status, request.withdrawn_reason) == (RequestStatus.WITHDRAWN, OFF.reason)
    told = list(published.session.scalars(sa.select(Message).where(Message.id > newest)))
    to_places = [message for message in told if message.workplace_id is not None]
    assert {message.subject for message in to_places} == notices
    assert {message.workplace_id for message in to_places} == places
    (answer,) = answers(published)
    assert answer.facts["cancelled"] is True
    assert answer.facts["sequence"] == visit.version
    assert repairs(published) == []
    assert run_audit(published.session, published.clock.now()) == []


def test_a_visit_that_wants_another_day_waits_for_it_alone(published: SmallTerm) -> None:
    slot = published.visit("V0000").slot_id
    applied(published, reported(published, OTHER_DAY))
    request = published.request("V0000")
    published.session.refresh(request, ["wishes"])
    assert request.status is RequestStatus.SUBMITTED
    assert request.bundle_id is None
    assert slot not in {wish.slot_id for wish in request.wishes}
    assert [wish.position for wish in request.requested] == list(range(len(request.requested)))
    assert request.requested
    assert published.session.scalar(sa.select(sa.func.count()).where(Visit.status == "cancelled")) == 1
    assert run_audit(published.session, published.clock.now()) == []
    # a later plan finds it another date, and it is published like any other
    published.publish()
    assert published.visit("V0000").slot_id != slot
    assert run_audit(published.session, published.clock.now()) == []


def test_a_visit_that_is_gone_by_itself_is_not_called_off_twice(published: SmallTerm) -> None:
    report = reported(published, OFF)
    published.session.execute(sa.text("SET session_replication_role = replica"))
    published.session.execute(sa.update(Visit).values(status="cancelled"))
    published.session.expire_all()
    with pytest.raises(Conflict) as refused:
        applied(published, report)
    assert refused.value.reason == "no_visit"


# ------------------------------------------------------------------------------- the repair, with the engine's own code
@pytest.mark.parametrize("pupils", [23, 17])
def test_the_repair_of_a_new_size_changes_and_tells_the_fewest(sessions: sessionmaker[Session], pupils: int) -> None:
    with sessions() as session:
        small = SmallTerm(session)
        small.publish()
        for code in ("V0000", "V0001", "V0002"):
            confirmed(small, code)
        everything_left(small)
        before = {group.workplace_id: group.pupils for group in live_groups(small.visit("V0000"))}
        others = {code: small.visit(code).version for code in ("V0001", "V0002", "V0003")}
        applied(small, reported(small, size(pupils)))
        session.commit()
        (run,) = repairs(small)
        engine = Engine(allocate=repair, repair=repair, limits=Limits)
        solve_run(sessions, small.clock, small.config, run.id, engine)
        session.expire_all()
        assert run.status is RunStatus.PROPOSED, run.error
        newest = session.scalar(sa.select(sa.func.max(Message.id))) or 0

        publish(session, small.clock, small.config, small.coordinator, run.id, run.version)
        small.judge()

        visit = small.visit("V0000")
        session.refresh(visit, ["groups"])
        after = {group.workplace_id: group.pupils for group in live_groups(visit)}
        assert sum(after.values()) == pupils
        assert visit.slot.date == DAY
        changed = {place for place in {*before, *after} if before.get(place) != after.get(place)}
        assert 1 <= len(changed) <= 2
        assert {code: small.visit(code).version for code in others} == others
        told = list(session.scalars(sa.select(Message).where(Message.id > newest)))
        assert {message.workplace_id for message in told if message.workplace_id} == changed
        teachers = {message.user_id for message in told if message.user_id}
        assert teachers == {small.person(Role.TEACHER, "S0").user_id}
        assert run_audit(session, small.clock.now()) == []
