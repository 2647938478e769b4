"""Visits that were completed before there were books stand in them from the migration on."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from booking.db import make_engine, make_sessions
from booking.domain.ledger import Amount
from booking.domain.vocabulary import Role
from booking.queries.ledger import Filter, by_school, total
from booking.services.attendance import report_attendance
from booking.services.audit import run_audit
from tests.support.factory import SmallTerm
from tests.support.servers import flask, settings
from tests.support.visits import DAY, at, confirmed, figures


def test_completed_visits_are_entered_by_the_migration(database_url: str) -> None:
    engine = make_engine(database_url)
    with make_sessions(engine)() as session:
        small = SmallTerm(session)
        small.publish()
        confirmed(small)
        at(small, DAY + dt.timedelta(days=1))
        teacher = small.person(Role.TEACHER, "S0")
        report_attendance(
            session, small.clock, teacher, small.request("V0000").id, figures(small.visit("V0000"), fewer=3)
        )
        session.commit()
        school = small.request("V0000").school.name
    engine.dispose()

    flask(["db", "downgrade", "0018"], settings(database_url))
    flask(["db", "upgrade"], settings(database_url))

    engine = make_engine(database_url)
    with make_sessions(engine)() as session:
        assert total(session, Filter()) == Amount(1, 17)
        assert [(found.name, amount.people) for found, amount in by_school(session, Filter()) if found] == [
            (school, 17)
        ]
        assert session.scalar(sa.text("SELECT date FROM ledger_entry")) == DAY
        assert run_audit(session, small.clock.now()) == []
    engine.dispose()
