"""What the database refuses by itself, whoever writes, and however many write at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from booking.db import make_engine, make_sessions, transaction
from booking.domain.ids import WorkplaceId
from booking.domain.states import GroupStatus, RequestStatus, VisitStatus
from booking.models.history import HistoryEntry
from booking.models.terms import Term
from booking.models.visits import VisitGroup
from booking.models.workplaces import Workplace
from booking.services.audit import run_audit
from booking.services.history import record_change
from booking.services.placing import live_groups
from tests.support.factory import SmallTerm

WRITERS = 12


def group_at(small: SmallTerm, code: str, place: WorkplaceId, seat: int) -> VisitGroup:
    visit = small.visit(code)
    group = VisitGroup(
        visit_id=visit.id, slot_id=visit.slot_id, workplace_id=place, pupils=2, seat=seat, status=GroupStatus.ASKED
    )
    small.session.add(group)
    return group


def used_place(small: SmallTerm, code: str) -> WorkplaceId:
    return live_groups(small.visit(code))[0].workplace_id


def test_a_seat_is_taken_once(small: SmallTerm) -> None:
    small.publish()
    group_at(small, "V0001", used_place(small, "V0000"), seat=1)

    with pytest.raises(IntegrityError, match="uq_visit_group_seat"):
        small.session.flush()


def test_there_are_no_seats_beyond_the_limit(small: SmallTerm) -> None:
    small.publish()
    group_at(small, "V0001", used_place(small, "V0000"), seat=2)

    with pytest.raises(IntegrityError, match="seat"):
        small.session.flush()


@pytest.mark.parametrize("limit", ["visits_per_day", "visits_per_week", "visits_per_term"])
def test_budgets_hold(small: SmallTerm, limit: str) -> None:
    small.publish()
    place = small.session.get_one(Workplace, used_place(small, "V0000"))
    free = next(
        group.workplace_id
        for group in live_groups(small.visit("V0002"))
        if group.workplace_id == place.id or group.workplace_id != used_place(small, "V0003")
    )
    target = small.session.get_one(Workplace, free)
    setattr(target, limit, 1)
    target.groups_per_slot = 2
    small.session.flush()
    taken = {group.seat for group in small.session.scalars(sa.select(VisitGroup)) if group.workplace_id == free}
    group_at(small, "V0003", free, seat=2 if 1 in taken else 1)

    with pytest.raises(IntegrityError, match="beyond its limits"):
        small.judge()


def test_a_group_is_where_its_visit_is(small: SmallTerm) -> None:
    small.publish()
    group = live_groups(small.visit("V0000"))[0]
    group.slot_id = small.slot("2027-03-26/PM").id

    with pytest.raises(IntegrityError, match="at another slot"):
        small.judge()


def test_a_cancelled_visit_holds_nothing(small: SmallTerm) -> None:
    small.publish()
    small.visit("V0000").status = VisitStatus.CANCELLED

    with pytest.raises(IntegrityError, match="still holds places"):
        small.judge()


def test_a_final_state_is_final(small: SmallTerm) -> None:
    request = small.request("V0000")
    request.status = RequestStatus.WITHDRAWN
    small.session.flush()
    request.status = RequestStatus.SUBMITTED

    with pytest.raises(IntegrityError, match="final"):
        small.session.flush()


@pytest.mark.parametrize("statement", ["UPDATE {t} SET actor = 'x'", "DELETE FROM {t}", "TRUNCATE {t}"])
def test_history_is_written_once(small: SmallTerm, statement: str) -> None:
    record_change(small.session, "test", "tried", "term", small.term.id)
    small.session.flush()

    with pytest.raises(DBAPIError, match="append-only"):
        small.session.execute(sa.text(statement.format(t=HistoryEntry.__tablename__)))


def test_phases_stand_in_order(small: SmallTerm) -> None:
    small.term.allocation_on, small.term.closes_on = small.term.closes_on, small.term.allocation_on

    with pytest.raises(IntegrityError, match="phases_in_order"):
        small.session.flush()


def test_there_is_one_current_term(small: SmallTerm) -> None:
    values = {column.key: getattr(small.term, column.key) for column in sa.inspect(Term).columns if column.key != "id"}
    small.session.add(Term(**{**values, "instance_name": "other"}))

    with pytest.raises(IntegrityError, match="uq_term_current"):
        small.session.flush()


def race(work: Callable[[int], None]) -> list[BaseException | None]:
    """Run ``work`` in many threads that start together; returns what each raised."""
    barrier = threading.Barrier(WRITERS)
    ends: list[BaseException | None] = [None] * WRITERS

    def run(number: int) -> None:
        barrier.wait()
        try:
            work(number)
        except DBAPIError as error:
            ends[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


def test_of_many_who_want_the_last_seat_one_gets_it(database_url: str) -> None:
    engine = make_engine(database_url, pool_size=WRITERS, max_overflow=4)
    sessions = make_sessions(engine)
    try:
        with sessions() as session, transaction(session):
            small = SmallTerm(session)
            small.publish()
            visit = small.visit("V0000")
            group = live_groups(visit)[0]
            place, slot, visit_id = group.workplace_id, group.slot_id, visit.id
            group.status = GroupStatus.RELEASED

        def take(_number: int) -> None:
            with sessions() as session, transaction(session):
                session.add(
                    VisitGroup(
                        visit_id=visit_id, slot_id=slot, workplace_id=place, pupils=6, seat=1, status=GroupStatus.ASKED
                    )
                )

        ends = race(take)

        assert ends.count(None) == 1
        with sessions() as session:
            live = session.scalars(
                sa.select(VisitGroup).where(
                    VisitGroup.workplace_id == place, VisitGroup.slot_id == slot, VisitGroup.status == GroupStatus.ASKED
                )
            ).all()
            assert len(live) == 1
            assert run_audit(session, small.clock.now()) == []
    finally:
        engine.dispose()


def test_the_audit_finds_what_it_is_for(session: Session) -> None:
    """Each breach is made with the guards switched off: an audit that cannot fail would be none."""
    small = SmallTerm(session)
    small.publish()
    session.execute(sa.text("SET session_replication_role = replica"))
    session.execute(
        sa.text("UPDATE visit SET status = 'cancelled' WHERE request_id = :r"), {"r": small.request("V0000").id}
    )
    session.execute(sa.text("UPDATE visit_group SET pupils = 99 WHERE visit_id = :v"), {"v": small.visit("V0001").id})
    session.execute(sa.text("DELETE FROM message WHERE workplace_id IS NOT NULL"))
    session.execute(sa.text("UPDATE job SET done_at = now()"))

    found = {breach.rule for breach in run_audit(session, small.clock.now())}

    assert {
        "cancelled_visit_holds_nothing",
        "group_within_size",
        "visit_is_whole_or_under_repair",
        "workplace_was_asked",
        "unsent_message_has_a_job",
        "allocated_request_has_a_visit",
    } <= found
