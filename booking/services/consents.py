"""홍보 수신 동의: given and withdrawn, by oneself, on an e-mail's link, or said to the office; effective at once."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.announcements import ConsentBy
from booking.domain.errors import LinkInvalid
from booking.domain.whose import Whose
from booking.models.announcements import Consent
from booking.services.history import record_change

COLUMNS: dict[Whose, Any] = {
    Whose.USER: Consent.user_id,
    Whose.WORKPLACE: Consent.workplace_id,
    Whose.COACH: Consent.coach_id,
}
#: the key under which the links of e-mails are signed; they say no, and open nothing
SALT = "announcement-off"


def agreed(session: Session, kind: Whose, number: int) -> Consent | None:
    """Return the consent that stands, or None."""
    return session.scalar(sa.select(Consent).where(COLUMNS[kind] == number, Consent.withdrawn_at.is_(None)))


def set_consent(
    session: Session, clock: Clock, actor: str, kind: Whose, number: int, *, wanted: bool, by: ConsentBy
) -> bool:
    """Note a yes or a no; returns whether that changed anything. The same again, or twice at once, changes nothing."""
    changed = _grant(session, clock, kind, number, by) if wanted else bool(_end(session, clock, kind, [number], by))
    if changed:
        action = "consent_granted" if wanted else "consent_withdrawn"
        record_change(session, actor, action, kind.value, number, by=by.value)
        session.flush()
    return changed


def _grant(session: Session, clock: Clock, kind: Whose, number: int, by: ConsentBy) -> bool:
    values = {COLUMNS[kind].key: number, "granted_at": clock.now(), "granted_by": by}
    new = insert(Consent).values(values).on_conflict_do_nothing().returning(Consent.id)
    return session.scalar(new) is not None


def _end(session: Session, clock: Clock, kind: Whose, numbers: Collection[int], by: ConsentBy) -> list[int]:
    ended = (
        sa.update(Consent)
        .where(COLUMNS[kind].in_(numbers), Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=clock.now(), withdrawn_by=by)
        .returning(COLUMNS[kind])
    )
    return list(session.scalars(ended))


def end_consents(session: Session, clock: Clock, actor: str, kind: Whose, numbers: Collection[int]) -> None:
    """End what people have agreed to who are gone: a yes is that of whoever said it, and nobody inherits it."""
    for number in _end(session, clock, kind, numbers, ConsentBy.GONE):
        record_change(session, actor, "consent_withdrawn", kind.value, number, by=ConsentBy.GONE.value)


def off_token(secret: str, kind: Whose, number: int) -> str:
    """What the link of an e-mail carries, by which its reader says no for good. It needs no table: it never ends."""
    return str(URLSafeSerializer(secret, salt=SALT).dumps([kind.value, number]))


def read_off_token(secret: str, token: str) -> tuple[Whose, int]:
    """Return who says no by this link.

    Raises:
        LinkInvalid: nobody of this house has signed it.
    """
    try:
        kind, number = URLSafeSerializer(secret, salt=SALT).loads(token)
        return Whose(kind), int(number)
    except (BadSignature, ValueError, TypeError) as error:
        raise LinkInvalid("no link of ours", reason="unknown") from error
