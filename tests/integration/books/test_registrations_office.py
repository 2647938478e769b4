"""What the office does with who is registered for a session, what moves with the session, and what may never be."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from booking.clock import seoul_time
from booking.domain.errors import Forbidden, IllegalTransition, InvalidForm, NotNow
from booking.domain.ledger import Amount, Stage
from booking.domain.party_states import PartyStatus
from booking.domain.states import SessionStatus
from booking.domain.vocabulary import Language, Level
from booking.models.programmes import SessionCount
from booking.models.registrations import SessionParty
from booking.queries.ledger import Filter, total
from booking.services.audit import run_audit
from booking.services.composing import compose
from booking.services.programmes import change_session, entry_of
from booking.services.registration_desk import (
    close_registration,
    move_party,
    remove_party,
)
from booking.services.registrations import withdraw
from tests.support.factory import SmallTerm
from tests.support.registrations import DAY, now, opened, registered, teacher, told
from tests.support.visits import at

WAITING, OFFERED, REGISTERED = PartyStatus.WAITING, PartyStatus.OFFERED, PartyStatus.REGISTERED
#: the end of the third working day after Monday, 22 February; the first of March is a holiday and comes later
THURSDAY = seoul_time(dt.date(2027, 2, 25), dt.time(18))


def clean(small: SmallTerm) -> None:
    small.session.flush()
    assert run_audit(small.session, small.clock.now()) == []


def planned(small: SmallTerm) -> int:
    return total(small.session, Filter(stage=Stage.PLANNED)).people


def test_the_office_takes_one_away_with_a_reason_that_its_school_reads(small: SmallTerm) -> None:
    opening = opened(small, 30)
    party, waiting = registered(small, opening, 30), registered(small, opening, 30, school=1)
    with pytest.raises(InvalidForm):
        remove_party(small.session, small.clock, small.coordinator, party.id, " ")
    with pytest.raises(Forbidden):
        remove_party(small.session, small.clock, teacher(small), party.id, "겹침")
    remove_party(small.session, small.clock, small.coordinator, party.id, "같은 학급이 두 번 있었습니다.")
    assert (party.status, waiting.status) == (PartyStatus.REMOVED, OFFERED)
    assert told(small, "session_removed")[0].facts["reason"] == "같은 학급이 두 번 있었습니다."
    with pytest.raises(IllegalTransition):
        withdraw(small.session, small.clock, teacher(small), party.id, seen=party.version)
    clean(small)


def test_one_is_moved_to_another_session_and_told_once(small: SmallTerm) -> None:
    here, there = opened(small, 30), opened(small, 30, DAY + dt.timedelta(days=1))
    party, waiting = registered(small, here, 30), registered(small, here, 25, school=1)
    moved = move_party(small.session, small.clock, small.coordinator, party.id, there.session_id)
    assert (party.status, moved.status, waiting.status) == (PartyStatus.REMOVED, REGISTERED, OFFERED)
    change = told(small, "session_changed")
    assert [(one.facts["was"]["date"], one.facts["date"]) for one in change] == [("2027-03-17", "2027-03-18")]
    change[0].language = Language.EN
    mail = compose(small.session, small.clock, small.config, change[0]).email
    assert mail is not None
    assert "Before: " in mail.text, mail.text
    with pytest.raises(InvalidForm) as refused:
        move_party(small.session, small.clock, small.coordinator, waiting.id, there.session_id)
    assert refused.value.faults[0].reason == "no_room"
    with pytest.raises(InvalidForm):
        move_party(small.session, small.clock, small.coordinator, moved.id, there.session_id)
    clean(small)


def test_a_session_that_moves_is_told_once_and_one_that_is_called_off_ends_everything(small: SmallTerm) -> None:
    opening = opened(small, 30)
    registered(small, opening, 20), registered(small, opening, 10, "1-2")
    registered(small, opening, 20, school=1)
    row = opening.session
    moved = replace(entry_of(row), place="구청 강당")
    change_session(small.session, small.clock, small.coordinator, row.id, moved, seen=row.version)
    assert [(one.facts["was"]["place"], one.facts["place"]) for one in told(small, "session_changed")] == [
        ("", "구청 강당")
    ] * 2
    change_session(
        small.session, small.clock, small.coordinator, row.id, replace(moved, notes="마이크"), seen=row.version
    )
    assert len(told(small, "session_changed")) == 2

    off = replace(entry_of(row), status=SessionStatus.CANCELLED)
    change_session(small.session, small.clock, small.coordinator, row.id, off, seen=row.version)
    assert {party.status for party in now(small, opening).parties} == {PartyStatus.CALLED_OFF}
    assert [len(one.facts["groups"]) for one in told(small, "session_called_off")] == [2, 1]
    assert planned(small) == 0
    with pytest.raises(NotNow):
        registered(small, opening, 5, "1-3")
    # planned again, it begins with nobody
    again = replace(entry_of(row), status=SessionStatus.PLANNED)
    change_session(small.session, small.clock, small.coordinator, row.id, again, seen=row.version)
    assert planned(small) == 0
    close_registration(small.session, small.clock, small.coordinator, row.id, closed=False)
    assert registered(small, opening, 5, "1-3").status is REGISTERED
    clean(small)


def test_a_session_is_held_with_the_schools_that_were_registered(small: SmallTerm) -> None:
    opening = opened(small, 60)
    registered(small, opening, 28), registered(small, opening, 20, school=1)
    row = opening.session
    at(small, DAY)
    counts = tuple(replace(one, attended=one.planned - 1) for one in entry_of(row).counts if one.school_id is not None)
    assert [one.planned for one in counts] == [28, 20]
    held = replace(entry_of(row), status=SessionStatus.HELD, counts=counts[:1])
    change_session(small.session, small.clock, small.coordinator, row.id, held, seen=row.version)
    came = {one.school_id: (one.planned, one.attended) for one in row.counts}
    assert came == {counts[0].school_id: (28, 27), counts[1].school_id: (20, 0)}
    assert total(small.session, Filter(stage=Stage.ATTENDED)) == Amount(1, 27)
    with pytest.raises(NotNow):
        close_registration(small.session, small.clock, small.coordinator, row.id, closed=True)
    clean(small)


def test_the_database_promises_no_more_than_there_is_and_lets_nothing_that_ended_begin_again(small: SmallTerm) -> None:
    opening = opened(small, 30)
    party = registered(small, opening, 30)
    waiting = registered(small, opening, 10, school=1)
    small.session.flush()
    for statement, said in (
        (f"UPDATE session_party SET status = 'registered' WHERE id = {waiting.id}", "places, and"),
        (f"UPDATE session_opening SET places = 29 WHERE session_id = {opening.session_id}", "places, and"),
        (f"UPDATE session_party SET pupils = 31 WHERE id = {party.id}", "places, and"),
        (f"UPDATE session_party SET school_id = {waiting.school_id} WHERE id = {party.id}", "stays with"),
        (f"UPDATE session_party SET status = 'offered' WHERE id = {waiting.id}", "offered_until"),
        (f"UPDATE session_party SET gathers = true WHERE id = {party.id}", "gathers_while_waiting"),
    ):
        with pytest.raises(IntegrityError, match=said), small.session.begin_nested():
            small.session.execute(sa.text(statement))
    withdraw(small.session, small.clock, teacher(small), party.id, seen=party.version)
    small.session.flush()
    with pytest.raises(IntegrityError, match="ended"), small.session.begin_nested():
        small.session.execute(sa.text(f"UPDATE session_party SET status = 'waiting' WHERE id = {party.id}"))


@pytest.mark.parametrize(
    ("statements", "rule"),
    [
        (("UPDATE session_opening SET places = 1",), "session_within_its_places"),
        (("UPDATE session_count SET planned = 7 WHERE school_id IS NOT NULL",), "registered_schools_are_counted"),
        (
            (
                "UPDATE session_party SET status = 'offered', offered_until = now() WHERE status = 'registered'",
                "UPDATE session_count SET planned = 0",
            ),
            "offered_places_were_told",
        ),
    ],
)
def test_the_audit_names_what_must_not_be(small: SmallTerm, statements: tuple[str, ...], rule: str) -> None:
    registered(small, opened(small, 30), 30)
    small.session.flush()
    for table in ("session_opening", "session_party"):
        small.session.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    for statement in statements:
        small.session.execute(sa.text(statement))
    assert rule in {breach.rule for breach in run_audit(small.session, small.clock.now())}


def test_an_estimate_for_a_level_gives_way_to_the_schools(small: SmallTerm) -> None:
    opening = opened(small)
    row = opening.session
    row.counts.append(SessionCount(school_id=None, level=Level.MIDDLE, planned=0, attended=None))
    small.session.flush()
    estimate = replace(entry_of(row), counts=(replace(entry_of(row).counts[-1], planned=60),))
    change_session(small.session, small.clock, small.coordinator, row.id, estimate, seen=row.version)
    assert planned(small) == 0
    party = registered(small, opening, 28)
    assert planned(small) == 28
    withdraw(small.session, small.clock, teacher(small), party.id, seen=party.version)
    assert planned(small) == 0
    assert small.session.scalars(sa.select(SessionParty.status)).all() == [PartyStatus.WITHDRAWN]
    clean(small)
