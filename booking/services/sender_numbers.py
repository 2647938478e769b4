"""발신번호: the numbers that are registered as senders; without one no text message leaves the house."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.domain.contacts import clean_line
from booking.domain.errors import InvalidForm, InvalidInput, NotFound
from booking.domain.person import Person
from booking.domain.sender_numbers import NumberState, clean_sender_number, digits_of, number_state
from booking.domain.states import MessageStatus
from booking.domain.topics import Topic
from booking.domain.vocabulary import Role
from booking.models.messages import Message
from booking.models.sending import SenderNumber
from booking.services.history import record_change
from booking.services.outbox import enqueue_all

STAFF = (Role.COORDINATOR, Role.ADMINISTRATOR)
LONGEST_EVIDENCE = 200
#: so many days before its end a registration is to be renewed
SOON = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class NumberEntry:
    """The form, as it was typed."""

    number: str = ""
    holder: str = ""
    registered_on: str = ""
    expires_on: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class KnownNumber:
    """A registered number, whether it may be used today, and whether this installation sends from it."""

    row: SenderNumber
    state: NumberState
    in_use: bool
    #: it ends within :data:`SOON`
    ends_soon: bool


def sending_numbers(config: Config) -> list[str]:
    """The digits of the numbers from which this installation sends, each once."""
    used = [digits_of(provider.sender) for provider in (config.solapi, config.nhn) if provider is not None]
    return list(dict.fromkeys(used))


def known_numbers(session: Session, clock: Clock, config: Config) -> list[KnownNumber]:
    """Return every registered number."""
    today, used = seoul_date(clock.now()), sending_numbers(config)
    return [
        KnownNumber(
            row,
            number_state(row.expires_on, today),
            row.number in used,
            row.expires_on is not None and today <= row.expires_on < today + SOON,
        )
        for row in session.scalars(sa.select(SenderNumber).order_by(SenderNumber.number))
    ]


def unusable(session: Session, clock: Clock, config: Config) -> Sequence[tuple[str, NumberState]]:
    """The numbers from which this installation would send and may not, each with why."""
    today = seoul_date(clock.now())
    found = []
    for number in sending_numbers(config):
        row = session.get(SenderNumber, number)
        state = NumberState.UNREGISTERED if row is None else number_state(row.expires_on, today)
        if state is not NumberState.VALID:
            found.append((number, state))
    return found


def save_number(session: Session, clock: Clock, person: Person, entry: NumberEntry) -> SenderNumber:
    """Enter a number, or change what is known of it.

    Raises:
        InvalidForm: naming each field that cannot be accepted.
    """
    person.require_role(*STAFF)
    values = _checked(entry, seoul_date(clock.now()))
    row = session.get(SenderNumber, values["number"], with_for_update=True)
    if row is None:
        row = SenderNumber(**values)
        session.add(row)
    else:
        for name, value in values.items():
            setattr(row, name, value)
    _note(session, person, "sender_number_saved", row)
    session.flush()
    _let_go(session)
    return row


def _let_go(session: Session) -> None:
    """Look again at once at the messages that waited for a number; those whose number still is none wait on."""
    reasons = (NumberState.UNREGISTERED.value, NumberState.EXPIRED.value)
    waiting = session.scalars(
        sa.update(Message)
        .where(Message.status == MessageStatus.CREATED, Message.last_error.in_(reasons))
        .values(available_at=sa.func.now())
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    ).all()
    enqueue_all(session, Topic.SEND_MESSAGE, [(number, None) for number in sorted(waiting)])


def remove_number(session: Session, person: Person, number: str) -> None:
    """Forget a number: its registration has ended.

    Raises:
        NotFound: there is no such number.
    """
    person.require_role(*STAFF)
    row = session.get(SenderNumber, number, with_for_update=True)
    if row is None:
        raise NotFound(f"sender number {number}")
    _note(session, person, "sender_number_removed", row)
    session.delete(row)
    session.flush()


def _note(session: Session, person: Person, action: str, row: SenderNumber) -> None:
    expires = row.expires_on.isoformat() if row.expires_on else None
    record_change(session, person.actor, action, "centre", 1, number=row.number, expires_on=expires)


def _checked(entry: NumberEntry, today: dt.date) -> dict[str, str | dt.date | None]:
    faults: list[InvalidInput] = []
    values: dict[str, str | dt.date | None] = {}

    def keep(name: str, read: Callable[[], str | dt.date | None]) -> None:
        try:
            values[name] = read()
        except InvalidInput as fault:
            faults.append(fault)

    keep("number", lambda: clean_sender_number(entry.number))
    keep("holder", lambda: clean_line(entry.holder, "holder"))
    keep("registered_on", lambda: _date(entry.registered_on, "registered_on", latest=today))
    keep("expires_on", lambda: _date(entry.expires_on, "expires_on") if entry.expires_on.strip() else None)
    keep("evidence", lambda: clean_line(entry.evidence, "evidence", LONGEST_EVIDENCE))
    first, last = values.get("registered_on"), values.get("expires_on")
    if isinstance(first, dt.date) and isinstance(last, dt.date) and last < first:
        faults.append(InvalidInput(field="expires_on", reason="order"))
    if faults:
        raise InvalidForm(faults)
    return values


def _date(text: str, field: str, latest: dt.date | None = None) -> dt.date:
    if not text.strip():
        raise InvalidInput(field=field, reason="required")
    try:
        date = dt.date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput(field=field, reason="date") from None
    if latest is not None and date > latest:
        raise InvalidInput(field=field, reason="future")
    return date
