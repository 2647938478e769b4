"""What schools are told of their classes and groups at sessions: each fact once, the newest in place of older ones."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session

from booking.clock import SEOUL, Clock
from booking.domain.ids import SchoolId
from booking.models.programmes import ProgrammeSession
from booking.models.registrations import SessionParty
from booking.models.schools import School
from booking.notify.catalogue import Kind
from booking.services.messages import withdraw_messages
from booking.services.telling import tell_school


def session_facts(row: ProgrammeSession) -> dict[str, Any]:
    """A session as messages carry it."""
    return {
        "session": row.id,
        "title": row.title,
        "date": row.date.isoformat(),
        "starts": row.starts_at.strftime("%H:%M") if row.starts_at else None,
        "place": row.place,
    }


def moment_facts(moment: dt.datetime) -> dict[str, str]:
    """A moment in Seoul: its day, and the time of day."""
    here = moment.astimezone(SEOUL)
    return {"date": here.date().isoformat(), "time": here.strftime("%H:%M")}


def tell_party(session: Session, clock: Clock, kind: Kind, party: SessionParty, **facts: Any) -> None:
    """Tell a school what has become of its class or group; what was said of an earlier version and has not left is
    taken back.
    """
    subject = f"party:{party.id}"
    withdraw_messages(session, subject, below_version=party.version)
    told = {
        **session_facts(party.opening.session),
        "school": party.school.name,
        "school_sms": party.school.sms_name,
        "label": party.label,
        "pupils": party.pupils,
        **facts,
    }
    tell_school(session, clock, party.school_id, kind, subject, party.version, told)


def tell_of_session(
    session: Session, clock: Clock, kind: Kind, row: ProgrammeSession, parties: list[SessionParty], **facts: Any
) -> None:
    """Tell each school once of something that concerns all of its classes and groups at a session."""
    by_school: dict[SchoolId, list[SessionParty]] = {}
    for party in parties:
        by_school.setdefault(party.school_id, []).append(party)
    for school_id, theirs in by_school.items():
        school = session.get_one(School, school_id)
        told = {
            **session_facts(row),
            "school": school.name,
            "school_sms": school.sms_name,
            "groups": [{"label": party.label, "pupils": party.pupils, "status": party.status} for party in theirs],
            **facts,
        }
        tell_school(session, clock, school_id, kind, f"session:{row.id}:{school_id}", row.version, told)
