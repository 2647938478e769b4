"""신청 준비: a request in the making is kept for its school; any teacher goes on, and none overwrites another."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.domain.draft import Draft
from booking.domain.errors import Conflict, InvalidInput, NotFound
from booking.domain.ids import DraftId, SchoolId
from booking.domain.person import Person
from booking.domain.phases import require_request
from booking.domain.vocabulary import Role
from booking.models.asking import RequestDraft
from booking.models.requests import Request
from booking.models.terms import Term
from booking.services.request_judging import RequestDraft as Asked
from booking.services.requests import submit_requests
from booking.services.school_year import lock_school
from booking.services.terms import current_term, phase_today

#: more than this lie about forgotten
MOST_DRAFTS = 20


def content_of(draft: RequestDraft) -> Draft:
    """Return what has been chosen in a stored draft."""
    return Draft.from_document(draft.content)


def start_draft(session: Session, clock: Clock, person: Person, school_id: SchoolId, content: Draft) -> RequestDraft:
    """Keep a request in the making from its first step on.

    Raises:
        PhaseClosed: the term takes no requests at present.
        InvalidInput: the school has :data:`MOST_DRAFTS` of them already (``reason`` ``too_many``).
        NotFound: another's school.
    """
    person.require_role(Role.TEACHER)
    person.require_school(school_id)
    term = current_term(session)
    require_request(phase_today(term, clock))
    lock_school(session, school_id)
    kept = sa.select(sa.func.count()).where(RequestDraft.school_id == school_id, RequestDraft.term_id == term.id)
    if session.execute(kept).scalar_one() >= MOST_DRAFTS:
        raise InvalidInput("too many drafts", field="drafts", reason="too_many")
    draft = RequestDraft(
        term_id=term.id,
        school_id=school_id,
        content=content.document(),
        created_by_id=person.user_id,
        updated_by_id=person.user_id,
        updated_at=clock.now(),
    )
    session.add(draft)
    session.flush()
    return draft


def find_draft(session: Session, person: Person, draft_id: DraftId, *, lock: bool = False) -> RequestDraft:
    """Return a draft of the current term and of one of the teacher's schools.

    Raises:
        NotFound: there is none, or it is another school's, or it was sent or thrown away meanwhile.
    """
    draft = session.get(RequestDraft, draft_id, with_for_update=lock, populate_existing=lock)
    if draft is None or draft.term_id != current_term(session).id:
        raise NotFound(f"draft {draft_id}")
    person.require_school(draft.school_id)
    return draft


def _held(session: Session, person: Person, draft_id: DraftId, version: int) -> RequestDraft:
    draft = find_draft(session, person, draft_id, lock=True)
    if draft.version != version:
        raise Conflict("the draft was changed meanwhile", yours=version, now=draft.version)
    return draft


def save_draft(
    session: Session, clock: Clock, person: Person, draft_id: DraftId, version: int, content: Draft
) -> RequestDraft:
    """Store what was chosen in a page that was opened at ``version``; what stands there already changes nothing.

    Raises:
        Conflict: somebody saved something else meanwhile; nothing was overwritten.
        NotFound: as for :func:`find_draft`.
    """
    person.require_role(Role.TEACHER)
    draft = find_draft(session, person, draft_id, lock=True)
    if content_of(draft) == content:
        return draft
    draft = _held(session, person, draft_id, version)
    draft.content = content.document()
    draft.updated_by_id = person.user_id
    draft.updated_at = clock.now()
    session.flush()
    return draft


def discard_draft(session: Session, person: Person, draft_id: DraftId, version: int) -> None:
    """Throw a draft away.

    Raises:
        Conflict, NotFound: as for :func:`save_draft`.
    """
    person.require_role(Role.TEACHER)
    session.delete(_held(session, person, draft_id, version))
    session.flush()


def submit_draft(session: Session, clock: Clock, person: Person, draft_id: DraftId, version: int) -> list[Request]:
    """Send what was seen at ``version``, and keep the draft no longer.

    Raises:
        Conflict, NotFound: as for :func:`save_draft`.
        InvalidForm, PhaseClosed: as for :func:`submit_requests`; the draft stays.
    """
    draft = _held(session, person, draft_id, version)
    content = content_of(draft)
    asked = Asked(
        school_id=draft.school_id,
        class_ids=content.class_ids,
        together=content.together,
        fields=content.fields,
        requested=content.requested,
        negotiable=content.negotiable,
    )
    made = submit_requests(session, clock, person, asked)
    session.delete(draft)
    session.flush()
    return made


def sweep_drafts(session: Session, clock: Clock) -> int:
    """Forget the drafts of terms that have closed; returns how many."""
    closed = sa.select(Term.id).where(Term.closes_on <= seoul_date(clock.now()))
    gone = session.scalars(
        sa.delete(RequestDraft).where(RequestDraft.term_id.in_(closed)).returning(RequestDraft.id)
    ).all()
    return len(gone)
