"""설정: how the centre is called, when and how often it writes, how long workplaces have, the target of the year."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass

from sqlalchemy.orm import Session

from booking.domain.contacts import clean_line, clean_phone
from booking.domain.errors import Conflict, InvalidForm, InvalidInput
from booking.domain.person import Person
from booking.domain.quiet import HOURS
from booking.domain.sms import measure
from booking.domain.vocabulary import Role
from booking.models.terms import Centre
from booking.services.history import record_change
from booking.services.terms import the_centre

#: bytes: every kind of text message is written so that it fits one SMS beside a head of this length
LONGEST_HEADER = 14
ANSWER_DAYS = range(2, 22)
LARGEST_TARGET = 1_000_000
DAILY_LIMITS = range(1, 101)
RESERVE_DAYS = range(1, 8)
FIELDS = (
    "name", "name_en", "sms_header", "sms_header_en", "telephone", "answer_days", "reserve_days", "repairs_itself",
    "yearly_target", "quiet_from", "quiet_until", "daily_limit",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CentreEntry:
    """The form, as it was typed."""

    name: str
    name_en: str
    sms_header: str
    sms_header_en: str
    telephone: str
    answer_days: str
    yearly_target: str
    quiet_from: str
    quiet_until: str
    daily_limit: str
    #: how long a workplace has that is asked in another's stead
    reserve_days: str = "2"
    #: ``1``: repairs that disturb nobody are published without a person
    repairs_itself: str = ""


def stored_entry(centre: Centre) -> CentreEntry:
    """What the form shows of the stored settings."""
    values = {field: getattr(centre, field) for field in FIELDS}
    return CentreEntry(**{field: _typed(value) for field, value in values.items()})


def _typed(value: str | int | bool | None) -> str:
    """A value as its field holds it; a box that is not ticked holds nothing."""
    if value is None or value is False:
        return ""
    return "1" if value is True else str(value)


def fingerprint(centre: Centre) -> str:
    """What tells these settings from any other; a form that shows older ones is refused."""
    return hashlib.sha256(repr(sorted(asdict(stored_entry(centre)).items())).encode()).hexdigest()[:16]


def save_centre(session: Session, person: Person, entry: CentreEntry, seen: str) -> list[str]:
    """Store the settings and return the fields that have changed.

    Raises:
        InvalidForm: naming each field that cannot be accepted.
        Conflict: somebody else has changed them since the form was opened.
    """
    person.require_role(Role.COORDINATOR, Role.ADMINISTRATOR)
    values = checked_centre(entry)
    centre = the_centre(session)
    session.refresh(centre, with_for_update=True)
    if fingerprint(centre) != seen:
        raise Conflict("the settings were changed meanwhile")
    changed = [field for field in FIELDS if getattr(centre, field) != values[field]]
    for field in changed:
        before = getattr(centre, field)
        setattr(centre, field, values[field])
        record_change(
            session, person.actor, "centre_changed", "centre", centre.id, field=field, before=before, now=values[field]
        )
    session.flush()
    return changed


def checked_centre(entry: CentreEntry) -> dict[str, str | int | None]:
    """Return the settings as they are stored.

    Raises:
        InvalidForm: naming each field that cannot be accepted.
    """
    faults: list[InvalidInput] = []
    values: dict[str, str | int | None] = {}
    readers: dict[str, Callable[[str], str | int | None]] = {
        "name": lambda text: clean_line(text, "name"),
        "name_en": lambda text: clean_line(text, "name_en"),
        "sms_header": lambda text: _header(text, "sms_header"),
        "sms_header_en": lambda text: _header(text, "sms_header_en"),
        "telephone": _telephone,
        "answer_days": lambda text: _number(text, "answer_days", ANSWER_DAYS),
        "reserve_days": lambda text: _number(text, "reserve_days", RESERVE_DAYS),
        "repairs_itself": lambda text: text == "1",
        "yearly_target": lambda text: _number(text, "yearly_target", range(1, LARGEST_TARGET + 1)) if text else None,
        "quiet_from": lambda text: _number(text, "quiet_from", HOURS) if text else None,
        "quiet_until": lambda text: _number(text, "quiet_until", HOURS) if text else None,
        "daily_limit": lambda text: _number(text, "daily_limit", DAILY_LIMITS) if text else None,
    }
    for field, read in readers.items():
        try:
            values[field] = read(str(getattr(entry, field)).strip())
        except InvalidInput as fault:
            faults.append(fault)
    begins, ends = values.get("quiet_from"), values.get("quiet_until")
    if not {"quiet_from", "quiet_until"} & {fault.field for fault in faults}:
        if (begins is None) != (ends is None):
            faults.append(InvalidInput(field="quiet_from" if begins is None else "quiet_until", reason="pair"))
        elif begins is not None and begins == ends:
            faults.append(InvalidInput(field="quiet_until", reason="pair"))
    if faults:
        raise InvalidForm(faults)
    return values


def _header(text: str, field: str) -> str:
    line = clean_line(text, field)
    measured = measure(line)
    if measured.kind is None or measured.size > LONGEST_HEADER or not (line[0] == "[" and line[-1] == "]"):
        raise InvalidInput(field=field, reason="sms_header")
    return measured.text


def _telephone(text: str) -> str:
    try:
        number = clean_phone(text)
    except InvalidInput:
        raise InvalidInput(field="telephone", reason="phone") from None
    if number is None:
        raise InvalidInput(field="telephone", reason="required")
    return number


def _number(text: str, field: str, allowed: range) -> int:
    plain = text.replace(",", "")
    if not plain.isdecimal() or len(plain) > 9:
        raise InvalidInput(field=field, reason="number" if text else "required")
    if int(plain) not in allowed:
        raise InvalidInput(field=field, reason="range")
    return int(plain)
