"""A new installation: its centre and its first administrator. Everything else is entered on the pages."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.contacts import clean_email, clean_line
from booking.domain.entry import LinkPurpose
from booking.domain.errors import Conflict, InvalidForm, InvalidInput
from booking.domain.vocabulary import Language, Role
from booking.models.people import User
from booking.models.terms import Centre
from booking.services.centre import CentreEntry, checked_centre
from booking.services.history import record_change
from booking.services.one_time_links import issue

ACTOR = "command line"


def found_centre(session: Session, entry: CentreEntry, *, email: str, name: str, language: Language) -> str:
    """Store the centre and invite its first administrator; return the token of the invitation.

    The link is given to whoever runs the command and not sent: a new installation may not be able to send yet.

    Raises:
        Conflict: there is a centre already.
        InvalidForm: naming each field that cannot be accepted.
    """
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("centre"))))
    if session.get(Centre, 1) is not None:
        raise Conflict("this installation has its centre already")
    faults: list[InvalidInput] = []
    values: dict[str, str | int | None] = {}
    try:
        values = checked_centre(entry)
    except InvalidForm as error:
        faults += error.faults
    try:
        email = clean_email(email)
    except InvalidInput as fault:
        faults.append(fault)
    try:
        name = clean_line(name, "administrator")
    except InvalidInput as fault:
        faults.append(fault)
    if faults:
        raise InvalidForm(faults)
    session.add(Centre(id=1, **values))
    user = User(
        email=email, name=name, role=Role.ADMINISTRATOR, language=language, active=False, invited_at=sa.func.now()
    )
    session.add(user)
    session.flush()
    record_change(session, ACTOR, "centre_founded", "centre", 1)
    record_change(session, ACTOR, "invited", "user", user.id, role=user.role.value)
    return issue(session, user.id, LinkPurpose.INVITATION)
