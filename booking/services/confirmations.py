"""확정: a workplace reads its day under a private link and answers, group by group; or it says so on the telephone."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.config import Config
from booking.domain.answers import CALLED, Answer, DeclineReason
from booking.domain.errors import Conflict, InvalidInput
from booking.domain.ids import GroupId, NoticeId, RequestId, WorkplaceId
from booking.domain.person import Person
from booking.domain.states import GROUP_STEPS, GroupStatus, VisitStatus, step
from booking.models.requests import ExcludedWorkplace
from booking.models.terms import Slot, Term
from booking.models.visits import VisitGroup, WorkplaceNotice
from booking.models.workplace_words import GroupLimit
from booking.models.workplaces import WorkplaceException
from booking.services.allocations import STAFF, request_repair
from booking.services.answer_sheets import Sheet, read_notice, read_sheet, sheet_of
from booking.services.history import record_change
from booking.services.notices import Pair, confirm_notices, group_uid
from booking.services.outlook_asking import ask_outlook
from booking.services.placing import live_groups, settle
from booking.services.telling import tell_confirmed
from booking.services.terms import lock_term


def answer(
    session: Session, clock: Clock, config: Config, token: str, answers: Mapping[GroupId, Answer], seen: str = ""
) -> Sheet:
    """Take a workplace's answers. The same answer again changes nothing; a yes can become a no until the day before.

    A decline frees the place, is remembered against asking again, and starts a repair; so does a yes to fewer pupils,
    for those who are left. When the last workplace of a visit has said yes, the visit is confirmed and everybody
    concerned is told. ``seen`` is the mark of the page: with it the whole week can be answered, else one day.

    Raises:
        LinkInvalid: as for ``read_sheet``.
        InvalidInput: an answer for a group that is not on this page, a decline without a reason, a number of pupils
            that is no smaller group.
        Conflict: the day has come, a no is to become a yes after its place was given away, or the page has shown what
            is no longer so (``changed``).
    """
    lock_term_of(session, read_sheet(session, clock, token).notice)
    sheet = read_sheet(session, clock, token)
    if seen and seen != sheet.seen:
        raise Conflict("the notices of the week have changed", reason="changed")
    return _take(session, clock, config, sheet, answers, workplace_actor(sheet.workplace.id), week=bool(seen))


def workplace_actor(workplace_id: WorkplaceId) -> str:
    """How the history names a workplace that did something on its link."""
    return f"workplace:{workplace_id}"


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
    lock_term_of(session, read_notice(session, clock, notice_id).notice)
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


def lock_term_of(session: Session, notice: WorkplaceNotice) -> None:
    """Let one answer at a time go on in the term of a notice."""
    term = session.scalars(
        sa.select(Term).join(Slot, Slot.term_id == Term.id).where(Slot.date == notice.date).limit(1)
    ).one()
    lock_term(session, term)


def _take(
    session: Session,
    clock: Clock,
    config: Config,
    sheet: Sheet,
    answers: Mapping[GroupId, Answer],
    actor: str,
    *,
    week: bool = False,
) -> Sheet:
    by_id = {group.id: group for group in sheet.answerable(week=week)}
    if not by_id:
        raise Conflict("the day has come", reason="too_late")
    if not answers or not set(answers) <= set(by_id):
        raise InvalidInput("answers for groups of another page", field="answer", reason="required")
    freed: list[VisitGroup] = []
    touched: set[Pair] = set()
    for group_id, given in answers.items():
        group = by_id[group_id]
        if given.accept and given.pupils is not None and given.pupils != group.pupils:
            _accept_fewer(session, clock, sheet, group, given.pupils, actor)
            freed.append(group)
        elif given.accept:
            _accept(session, clock, group, actor)
        else:
            if given.reason is None:
                raise InvalidInput("a decline needs its reason", field="reason", reason="required")
            if _decline(session, clock, group, given.reason, actor):
                freed.append(group)
    session.flush()
    for group in by_id.values():
        if settle(group.visit):
            tell_confirmed(session, clock, group.visit)
            touched |= {(other.workplace_id, group.visit.slot.date) for other in live_groups(group.visit)}
    confirm_notices(session, clock, touched)
    if freed:
        term_id = freed[0].visit.slot.term_id
        request_repair(session, clock, config, term_id, actor)
        ask_outlook(session, term_id)
    session.flush()
    return sheet_of(session, clock, sheet.notice, week=week)


def _accept(session: Session, clock: Clock, group: VisitGroup, actor: str) -> None:
    if group.status is GroupStatus.ACCEPTED:
        return
    if group.status is GroupStatus.DECLINED:
        raise Conflict("the place was given away", reason="declined_before")
    group.status = step(GROUP_STEPS, group.status, GroupStatus.ACCEPTED)
    group.answered_at = clock.now()
    record_change(session, actor, "group_accepted", "group", group.id, request=group.visit.request_id)


def _accept_fewer(session: Session, clock: Clock, sheet: Sheet, group: VisitGroup, pupils: int, actor: str) -> None:
    """Welcome a part of a group. Its place is kept for so many; the others are without one until the repair."""
    if not sheet.workplace.min_group <= pupils < group.pupils:
        raise InvalidInput(f"{pupils} of {group.pupils}", field=f"pupils-{group.id}", reason="fewer")
    _accept(session, clock, group, actor)
    before, group.pupils = group.pupils, pupils
    request_id = group.visit.request_id
    limit = session.get(GroupLimit, (request_id, group.workplace_id))
    if limit is None:
        session.add(GroupLimit(request_id=request_id, workplace_id=group.workplace_id, pupils=pupils))
    else:
        limit.pupils = pupils
    for day in sheet.days:
        if day.notice.date == group.visit.slot.date:
            _note_fewer(day.notice, group)
    record_change(session, actor, "group_reduced", "group", group.id, request=request_id, before=before, pupils=pupils)


def _note_fewer(notice: WorkplaceNotice, group: VisitGroup) -> None:
    """Keep the list of a notice true after its workplace has taken a smaller group: it knows of that by itself."""
    listed = [
        {**known, "pupils": group.pupils} if known["uid"] == group_uid(group) else known
        for known in notice.facts["groups"]
    ]
    notice.facts = {**notice.facts, "groups": listed}


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
