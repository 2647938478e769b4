"""관련 사진: put into a draft, told what they show, brought into an order, taken out again."""

from __future__ import annotations

from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.contacts import clean_line
from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound
from booking.domain.ids import ReportId
from booking.domain.person import Person
from booking.domain.report_texts import printable
from booking.domain.vocabulary import Role
from booking.exchange.pictures import Kept, take_picture
from booking.models.reports import Report, ReportPicture
from booking.services.history import record_change
from booking.services.reports import lock_draft

STAFF = (Role.COORDINATOR, Role.ADMINISTRATOR)
MOST_PICTURES = 24
LONGEST_CAPTION = 60


def add_picture(
    session: Session, clock: Clock, person: Person, report_id: ReportId, data: bytes, caption: str
) -> ReportPicture:
    """Put a picture at the end of a draft.

    Raises:
        InvalidForm: it has no caption (``caption``), cannot be read, or is there already (``picture``).
    """
    person.require_role(*STAFF)
    report = lock_draft(session, report_id)
    faults: list[InvalidInput] = []
    kept: Kept | None = None
    try:
        kept = take_picture(data)
        if any(one.digest == kept.digest for one in report.pictures):
            faults.append(InvalidInput(field="picture", reason="picture_twice"))
        elif len(report.pictures) >= MOST_PICTURES:
            faults.append(InvalidInput(field="picture", reason="picture_many"))
    except InvalidInput as fault:
        faults.append(fault)
    text = _caption(caption, faults)
    if faults or kept is None:
        raise InvalidForm(faults)
    picture = ReportPicture(
        report_id=report.id, position=max((one.position for one in report.pictures), default=0) + 1, caption=text,
        content=kept.content, digest=kept.digest, width=kept.width, height=kept.height, at=clock.now(),
        by_id=person.user_id,
    )  # fmt: skip
    session.add(picture)
    record_change(session, person.actor, "report_picture_added", "quarterly_report", report.id, digest=kept.digest)
    session.flush()
    return picture


def _caption(text: str, faults: list[InvalidInput]) -> str:
    try:
        return clean_line(printable(text), "caption", LONGEST_CAPTION)
    except InvalidInput as fault:
        faults.append(fault)
        return ""


def _picture(session: Session, report_id: ReportId, picture_id: int, seen: int) -> tuple[Report, ReportPicture]:
    report = lock_draft(session, report_id)
    picture = next((one for one in report.pictures if one.id == picture_id), None)
    if picture is None:
        raise NotFound(f"picture {picture_id} of report {report_id}")
    if picture.version != seen:
        raise Conflict(f"picture {picture_id}", reason="picture")
    return report, picture


def name_picture(
    session: Session, person: Person, report_id: ReportId, picture_id: int, caption: str, *, seen: int
) -> None:
    """Say what a picture shows.

    Raises:
        InvalidInput: nothing is said, or too much (``caption``).
        Conflict: somebody else has changed it since (``picture``).
    """
    person.require_role(*STAFF)
    text = clean_line(printable(caption), "caption", LONGEST_CAPTION)
    _, picture = _picture(session, report_id, picture_id, seen)
    if picture.caption != text:
        picture.caption = text
        picture.version += 1
    session.flush()


def bring_forward(session: Session, person: Person, report_id: ReportId, picture_id: int, *, seen: int) -> None:
    """Let a picture change places with the one before it.

    Raises:
        Conflict: somebody else has changed it since (``picture``).
    """
    person.require_role(*STAFF)
    report, picture = _picture(session, report_id, picture_id, seen)
    at = report.pictures.index(picture)
    if at > 0:
        former = report.pictures[at - 1]
        former.position, picture.position = picture.position, former.position
        picture.version += 1
        former.version += 1
    session.flush()


def remove_picture(session: Session, person: Person, report_id: ReportId, picture_id: int, *, seen: int) -> None:
    """Take a picture out.

    Raises:
        Conflict: somebody else has changed it since (``picture``).
    """
    person.require_role(*STAFF)
    report, picture = _picture(session, report_id, picture_id, seen)
    record_change(session, person.actor, "report_picture_removed", "quarterly_report", report.id, digest=picture.digest)
    session.delete(picture)
    session.flush()
