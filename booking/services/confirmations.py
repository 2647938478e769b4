"""확정: a workplace reads its day under a private link and answers, group by group; or it says so on the telephone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.domain.answers import CALLED, Answer, DeclineReason
from booking.domain.errors import Conflict, InvalidInput, NotFound
from booking.domain.ids import GroupId, NoticeId, RequestId, WorkplaceId
from booking.domain.person import Person
from booking.domain.states import GROUP_STEPS, GroupStatus, VisitStatus, step
from booking.models.requests import ExcludedWorkplace, Request
from booking.models.terms import Slot, Term
from booking.models.visits import Visit, VisitGroup, WorkplaceNotice
from booking.models.workplaces import Workplace, WorkplaceException
from booking.services.allocations import STAFF, request_repair
from booking.services.history import record_change
from booking.services.links import resolve
from booking.services.notices import Pair, confirm_notices
from booking.services.outlook_asking import ask_outlook
from booking.services.placing import live_groups, settle
from booking.services.telling import tell_confirmed
from booking.services.terms import lock_term

#: groups that a workplace sees on its page: those it expects, and those it has declined there
SHOWN = (GroupStatus.ASKED, GroupStatus.ACCEPTED, GroupStatus.EXPIRED, GroupStatus.DECLINED)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a private link shows: one workplace, one date, its groups."""

    notice: WorkplaceNotice
    workplace: Workplace
    groups: list[VisitGroup]
    may_answer: bool

    @property
    def contact_name(self) -> str:
        """How the page addresses its reader."""
        contact = self.workplace.contact
        return f"{contact.name} {contact.title}".strip() if contact is not None else self.workplace.name


def _groups_of(session: Session, notice: WorkplaceNotice) -> list[VisitGroup]:
    return list(
        session.scalars(
            sa.select(VisitGroup)
            .join(Slot, Slot.id == VisitGroup.slot_id)
            .where(
                VisitGroup.workplace_id == notice.workplace_id,
                Slot.date == notice.date,
                VisitGroup.status.in_(SHOWN),
            )
            .options(
                selectinload(VisitGroup.visit).selectinload(Visit.request).selectinload(Request.school),
                selectinload(VisitGroup.visit).selectinload(Visit.slot),
                selectinload(VisitGroup.visit).selectinload(Visit.groups).selectinload(VisitGroup.workplace),
            )
            .order_by(Slot.block, VisitGroup.id)
            .execution_options(populate_existing=True)
        )
    )


def read_sheet(session: Session, clock: Clock, token: str) -> Sheet:
    """Return what the link shows; reading changes nothing, because mail scanners open links.

    Raises:
        LinkInvalid: forged, expired, or replaced by a newer one (``reason``).
    """
    return _sheet(session, clock, resolve(session, token).notice)


def read_notice(session: Session, clock: Clock, notice_id: NoticeId) -> Sheet:
    """Return the same to the centre, which needs no link.

    Raises:
        NotFound: there is no such notice.
    """
    notice = session.get(WorkplaceNotice, notice_id, populate_existing=True)
    if notice is None:
        raise NotFound(f"notice {notice_id}")
    return _sheet(session, clock, notice)


def _sheet(session: Session, clock: Clock, notice: WorkplaceNotice) -> Sheet:
    workplace = session.get_one(Workplace, notice.workplace_id, options=[selectinload(Workplace.contact)])
    groups = _groups_of(session, notice)
    return Sheet(notice, workplace, groups, may_answer=notice.date > seoul_date(clock.now()) and bool(groups))


def answer(session: Session, clock: Clock, config: Config, token: str, answers: Mapping[GroupId, Answer]) -> Sheet:
    """Take a workplace's answers. The same answer again changes nothing; a yes can become a no until the day before.

    A decline frees the place, is remembered against asking again, and starts a repair. When the last workplace of a
    visit has said yes, the visit is confirmed and everybody concerned is told.

    Raises:
        LinkInvalid: as for ``read_sheet``.
        InvalidInput: an answer for a group that is not on this page, or a decline without a reason.
        Conflict: the day has come, or a no is to become a yes after its place was given away.
    """
    _lock_term_of(session, read_sheet(session, clock, token).notice)
    sheet = read_sheet(session, clock, token)
    return _take(session, clock, config, sheet, answers, f"workplace:{sheet.workplace.id}")


def answer_by_telephone(
    session: Session,
    clock: Clock,
    config: Config,
    person: Person,
    notice_id: NoticeId,
    version: int,
    answers: Mapping[GroupId, Answer],
) -> Sheet:
    """Enter what a workplace has said on the telephone: as if it had answered itself, with the name of who entered it.

    Raises:
        NotFound: there is no such notice.
        InvalidInput, Conflict: as for ``answer``; and what was read to the workplace has changed meanwhile.
    """
    person.require_role(*STAFF)
    _lock_term_of(session, read_notice(session, clock, notice_id).notice)
    sheet = read_notice(session, clock, notice_id)
    if sheet.notice.version != version:
        raise Conflict("the notice was changed meanwhile", yours=version, now=sheet.notice.version)
    return _take(session, clock, config, sheet, answers, person.actor)


def note_call(session: Session, clock: Clock, person: Person, notice_id: NoticeId) -> None:
    """Note that a workplace was called about a day and nobody could answer.

    Raises:
        NotFound: there is no such notice.
    """
    person.require_role(*STAFF)
    sheet = read_notice(session, clock, notice_id)
    record_change(session, person.actor, CALLED, "notice", notice_id, workplace=sheet.workplace.id)


def _lock_term_of(session: Session, notice: WorkplaceNotice) -> None:
    term = session.scalars(
        sa.select(Term).join(Slot, Slot.term_id == Term.id).where(Slot.date == notice.date).limit(1)
    ).one()
    lock_term(session, term)


def _take(
    session: Session, clock: Clock, config: Config, sheet: Sheet, answers: Mapping[GroupId, Answer], actor: str
) -> Sheet:
    if not sheet.may_answer:
        raise Conflict("the day has come", reason="too_late")
    by_id = {group.id: group for group in sheet.groups}
    if not answers or not set(answers) <= set(by_id):
        raise InvalidInput("answers for groups of another page", field="answer", reason="required")
    declined: list[tuple[VisitGroup, DeclineReason]] = []
    touched: set[Pair] = set()
    for group_id, given in answers.items():
        group = by_id[group_id]
        if given.accept:
            _accept(session, clock, group, actor)
        else:
            if given.reason is None:
                raise InvalidInput("a decline needs its reason", field="reason", reason="required")
            if _decline(session, clock, group, given.reason, actor):
                declined.append((group, given.reason))
    session.flush()
    for group in by_id.values():
        if settle(group.visit):
            tell_confirmed(session, clock, group.visit)
            touched |= {(other.workplace_id, group.visit.slot.date) for other in live_groups(group.visit)}
    confirm_notices(session, clock, touched)
    if declined:
        term_id = declined[0][0].visit.slot.term_id
        request_repair(session, clock, config, term_id, actor)
        ask_outlook(session, term_id)
    session.flush()
    return _sheet(session, clock, sheet.notice)


def _accept(session: Session, clock: Clock, group: VisitGroup, actor: str) -> None:
    if group.status is GroupStatus.ACCEPTED:
        return
    if group.status is GroupStatus.DECLINED:
        raise Conflict("the place was given away", reason="declined_before")
    group.status = step(GROUP_STEPS, group.status, GroupStatus.ACCEPTED)
    group.answered_at = clock.now()
    record_change(session, actor, "group_accepted", "group", group.id, request=group.visit.request_id)


def _decline(session: Session, clock: Clock, group: VisitGroup, reason: DeclineReason, actor: str) -> bool:
    """Decline one group; returns whether this is news."""
    if group.status is GroupStatus.DECLINED:
        return False
    group.status = step(GROUP_STEPS, group.status, GroupStatus.DECLINED)
    group.answer_reason = reason.value
    group.answered_at = clock.now()
    visit = group.visit
    if visit.status is VisitStatus.CONFIRMED:
        settle(visit)
    _exclude(session, visit.request_id, group.workplace_id, reason)
    if reason is DeclineReason.NOT_THIS_DAY:
        _close(session, group.workplace_id, visit.slot)
    record_change(session, actor, "group_declined", "group", group.id, reason=reason.value, request=visit.request_id)
    return True


def _exclude(session: Session, request_id: RequestId, workplace_id: WorkplaceId, reason: DeclineReason) -> None:
    if session.get(ExcludedWorkplace, (request_id, workplace_id)) is None:
        session.add(ExcludedWorkplace(request_id=request_id, workplace_id=workplace_id, reason=reason.value))


def _close(session: Session, workplace_id: WorkplaceId, slot: Slot) -> None:
    """Close the block of that day at the workplace, so that nobody else is sent there instead."""
    known = session.get(WorkplaceException, (workplace_id, slot.date, slot.block))
    if known is None:
        session.add(
            WorkplaceException(
                workplace_id=workplace_id,
                date=slot.date,
                block=slot.block,
                open=False,
                reason=DeclineReason.NOT_THIS_DAY.value,
            )
        )
    else:
        known.open = False
