"""The demo's term has one before it, from which a school's request can be brought over."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import FixedClock
from booking.demo.load import load_demo
from booking.models.requests import Request
from booking.models.schools import School
from booking.models.terms import Term
from booking.services.audit import run_audit
from booking.services.instance_builder import build_instance
from booking.services.last_term import earlier_requests, last_term_of
from scheduler.instance import Instance, parse_instance
from tests.support.factory import NOW, small_document


def loaded(session: Session) -> tuple[Term, Instance, FixedClock]:
    instance, clock = parse_instance(small_document()), FixedClock(NOW)
    return load_demo(session, clock, instance, current=True), instance, clock


def test_a_year_before_the_demo_s_term_the_same_was_asked_for(session: Session) -> None:
    term, instance, clock = loaded(session)
    assert term.is_current
    school = session.scalars(sa.select(School).where(School.code == "S2")).one()
    old = last_term_of(session, term, school.id)
    assert old is not None
    assert (old.is_current, old.closes_on) == (False, term.closes_on - dt.timedelta(days=364))
    (asked,) = earlier_requests(session, school.id, old)
    assert (asked.labels, asked.together) == (("1-1", "1-2"), True)
    assert [slot.date.weekday() for slot in asked.requested] == [0, 2]
    # the demo's own term is what was loaded, no more and no less
    assert len(build_instance(session, clock, term, keep=False).instance.visits) == len(instance.visits)
    counted = sa.select(sa.func.count()).select_from(Request).where(Request.term_id == term.id)
    assert session.scalar(counted) == len(instance.visits)
    assert run_audit(session, clock.now()) == []
