"""Any order of registering, changing, answering, waiting and enlarging: nobody is lost, doubled, or told twice."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import ClassVar

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.orm import Session

from booking.domain.errors import BookingError
from booking.domain.ids import PartyId
from booking.domain.party_states import LIVE_PARTIES, PartyStatus
from booking.domain.registration import last_moment
from booking.domain.states import SessionStatus
from booking.models.messages import Message
from booking.models.programmes import ProgrammeSession
from booking.models.registrations import SessionParty
from booking.services.audit import run_audit
from booking.services.programmes import change_session, entry_of
from booking.services.registration_deadlines import expire_places
from booking.services.registration_desk import close_registration, gather_places, place_party, remove_party
from booking.services.registrations import answer_place, change_size, withdraw
from tests.support.factory import SmallTerm
from tests.support.registrations import DAY, now, opened, places, registered, teacher

#: what a school is told when its class comes to a state; of the others it has said so itself
TOLD = {
    PartyStatus.WAITING: "session_waiting",
    PartyStatus.OFFERED: "session_offer",
    PartyStatus.REGISTERED: "session_registered",
    PartyStatus.EXPIRED: "session_offer_expired",
    PartyStatus.REMOVED: "session_removed",
}
WHICH, PUPILS = st.integers(0, 11), st.integers(4, 34)
SCHOOLS, LABELS = st.integers(0, 2), st.sampled_from(("1-1", "1-2", "1-3"))
Standing = dict[PartyId, tuple[PartyStatus, int]]


class Registering(RuleBasedStateMachine):
    """One session of the small term, and whatever schools, the office and time may do to it."""

    session: ClassVar[Session]

    def __init__(self) -> None:
        super().__init__()
        self.outer = self.session.begin_nested()
        self.small = SmallTerm(self.session)
        self.opening = opened(self.small, 40)
        self.ids: set[PartyId] = set()

    def teardown(self) -> None:
        """See that the books have what stands, and forget all of it."""
        self.session.flush()
        assert run_audit(self.session, self.small.clock.now()) == []
        self.outer.rollback()
        self.session.expire_all()

    def standing(self) -> Standing:
        """State and size of every class."""
        self.session.flush()
        self.session.expire_all()
        found = self.session.execute(sa.select(SessionParty.id, SessionParty.status, SessionParty.pupils))
        return {number: (status, pupils) for number, status, pupils in found}

    def said(self) -> Counter[tuple[str, str]]:
        """How often each kind was said of each subject."""
        found = sa.select(Message.kind, Message.subject).where(
            Message.kind.like("session_%"), Message.channel == "email"
        )
        return Counter((kind, subject) for kind, subject in self.session.execute(found))

    def do(self, step: Callable[[], object]) -> None:
        """Take a step, or see it refused and undone; whatever came of it was told once, and nothing else was."""
        before, told = self.standing(), self.said()
        savepoint = self.session.begin_nested()
        try:
            step()
            self.session.flush()
        except BookingError:
            savepoint.rollback()
            assert self.standing() == before
            assert self.said() == told
            return
        savepoint.commit()
        after = self.standing()
        assert before.keys() <= after.keys()
        expected: Counter[tuple[str, str]] = Counter()
        off: set[int] = set()
        for number, (status, _pupils) in after.items():
            if number in before and before[number][0] is status:
                continue
            if status in TOLD:
                expected[TOLD[status], f"party:{number}"] += 1
            if status is PartyStatus.CALLED_OFF:
                off.add(self.session.get_one(SessionParty, number).school_id)
        for school in off:
            expected["session_called_off", f"session:{self.opening.session_id}:{school}"] += 1
        new = self.said()
        new.subtract(told)
        assert +new == expected
        assert len(after) - len(before) in {0, 1}

    @initialize(sizes=st.lists(st.integers(8, 30), min_size=3, max_size=6))
    def begin(self, sizes: list[int]) -> None:
        """Some classes are there, and mostly some wait."""
        for number, pupils in enumerate(sizes):
            self.register(number % 3, f"1-{number // 3 + 1}", pupils)

    def party(self, at: int, *wanted: PartyStatus) -> SessionParty | None:
        """One of the classes: of those that stand so where there are any, else whatever has become of it."""
        there = now(self.small, self.opening).parties
        found = [party for party in there if party.status in wanted] or there
        return found[at % len(found)] if found else None

    @rule(school=SCHOOLS, label=LABELS, pupils=PUPILS)
    def register(self, school: int, label: str, pupils: int) -> None:
        """A school registers a class, perhaps one that is there."""
        self.do(lambda: registered(self.small, self.opening, pupils, label, school))

    def each(self, at: int, step: Callable[[SessionParty], object], *wanted: PartyStatus) -> None:
        """Do something to one of the classes."""
        party = self.party(at, *wanted)
        if party is not None:
            self.do(lambda: step(party))

    def of_school(self, party: SessionParty) -> int:
        """Which of the three schools a class is of."""
        return next(n for n in range(3) if teacher(self.small, n).school_ids == (party.school_id,))

    @rule(at=WHICH, pupils=PUPILS)
    def change(self, at: int, pupils: int) -> None:
        """Its teacher changes how many come."""
        self.each(at, lambda party: change_size(
            self.session, self.small.clock, teacher(self.small, self.of_school(party)), party.id, pupils,
            seen=party.version,
        ), *LIVE_PARTIES)  # fmt: skip

    @rule(at=WHICH)
    def take_back(self, at: int) -> None:
        """Its teacher withdraws it."""
        self.each(at, lambda party: withdraw(
            self.session, self.small.clock, teacher(self.small, self.of_school(party)), party.id, seen=party.version
        ), PartyStatus.REGISTERED)  # fmt: skip

    @rule(at=WHICH, accept=st.booleans())
    def answer(self, at: int, accept: bool) -> None:
        """Its teacher answers an offer, or something that is none any more."""
        self.each(at, lambda party: answer_place(
            self.session, self.small.clock, teacher(self.small, self.of_school(party)), party.id, accept=accept
        ), PartyStatus.OFFERED)  # fmt: skip

    @rule(at=WHICH, on=st.booleans())
    def gather(self, at: int, on: bool) -> None:
        """The office gathers places for it, or no longer."""
        self.each(at, lambda party: gather_places(
            self.session, self.small.clock, self.small.coordinator, party.id, on=on
        ), PartyStatus.WAITING)  # fmt: skip

    @rule(at=WHICH)
    def place(self, at: int) -> None:
        """The office gives it places out of its turn."""
        self.each(at, lambda party: place_party(
            self.session, self.small.clock, self.small.coordinator, party.id
        ), PartyStatus.WAITING)  # fmt: skip

    @rule(at=WHICH)
    def remove(self, at: int) -> None:
        """The office takes it away."""
        self.each(at, lambda party: remove_party(
            self.session, self.small.clock, self.small.coordinator, party.id, "겹침"
        ), *LIVE_PARTIES)  # fmt: skip

    @rule(number=st.integers(20, 70))
    def resize(self, number: int) -> None:
        """More places, or fewer."""
        self.do(lambda: places(self.small, now(self.small, self.opening), number))

    @rule(hours=st.sampled_from((1, 20, 80)), twice=st.booleans())
    def wait(self, hours: int, twice: bool) -> None:
        """Time passes, and what nobody has answered is given up; another beat changes nothing."""
        self.small.clock.advance(dt.timedelta(hours=hours))
        self.do(lambda: expire_places(self.session, self.small.clock))
        if twice:
            before = self.standing()
            assert expire_places(self.session, self.small.clock) == 0
            assert self.standing() == before

    def take_to(self, row: ProgrammeSession, status: SessionStatus) -> None:
        """The office takes the session to a state."""
        entry = replace(entry_of(row), status=status)
        change_session(self.session, self.small.clock, self.small.coordinator, row.id, entry, seen=row.version)

    @rule(dice=st.integers(1, 6))
    def call_off(self, dice: int) -> None:
        """Now and then the session is called off, planned again and opened again."""
        if dice < 6:
            return
        row = now(self.small, self.opening).session
        who, clock = self.small.coordinator, self.small.clock
        for status in (SessionStatus.CANCELLED, SessionStatus.PLANNED):
            self.do(partial(self.take_to, row, status))
        close_registration(self.session, clock, who, row.id, closed=False)

    @invariant()
    def nobody_is_promised_what_is_not_there(self) -> None:
        """Promised and held places never exceed the places."""
        assert now(self.small, self.opening).free >= 0

    @invariant()
    def nobody_waits_for_what_is_free(self) -> None:
        """Whoever fits into the free places has them, unless the office gathers them for one that came earlier."""
        opening = now(self.small, self.opening)
        if self.small.clock.now() >= last_moment(DAY):
            return
        for party in opening.waiting:
            assert party.pupils > opening.free
            if party.gathers:
                break

    @invariant()
    def nobody_is_there_twice(self) -> None:
        """A class of a school stands there once, and every turn is one class's."""
        parties = now(self.small, self.opening).parties
        live = [(party.school_id, party.label) for party in parties if party.status in LIVE_PARTIES]
        assert len(live) == len(set(live))
        assert self.ids <= {party.id for party in parties}
        self.ids = {party.id for party in parties}


@pytest.mark.timeout(600)
def test_whatever_is_done(session: Session) -> None:
    Registering.session = session
    run_state_machine_as_test(Registering, settings=settings(max_examples=40, stateful_step_count=25, deadline=None))
