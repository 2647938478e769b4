"""학기 넘기기: the next term becomes the one in which everybody works, and the old one closes.

Workplaces keep their weekly patterns and contacts, since these belong to no term; their exceptions have dates and stay
behind. Where a school year begins, classes move up.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock, seoul_date
from booking.domain.errors import Conflict
from booking.domain.ids import CoachId, SlotId, TermId
from booking.domain.person import Person
from booking.domain.states import ACTIVE_RUNS, LIVE_VISITS, OPEN_REQUESTS, OfferStatus, RequestStatus, VisitStatus
from booking.domain.terms import ClassCount, moved_up, school_year
from booking.domain.vocabulary import Block
from booking.models.coaches import Coach, CoachAvailability
from booking.models.offers import Offer
from booking.models.requests import Request
from booking.models.runs import AllocationRun
from booking.models.schools import School, SchoolClass
from booking.models.terms import Slot, Term
from booking.models.visits import Visit
from booking.queries.afterwards import count_missing_attendance
from booking.queries.openings import slots_of
from booking.services.history import record_change
from booking.services.outlook_asking import ask_outlook
from booking.services.term_keeping import STAFF, find_term, stored_term
from booking.services.terms import lock_term


@dataclass(frozen=True, slots=True)
class Moving:
    """What moving up would do, over all schools."""

    classes: int
    #: of the highest grade, or without a class that moves into their place
    leaving: int
    #: of the lowest grade, as large as the last one until the school knows better
    believed: int


@dataclass(frozen=True, slots=True)
class Turning:
    """What turning to a term finds: what stands in the way, what is left behind, and what is taken along."""

    old: Term | None
    #: in the way
    visits_to_come: int
    offers_out: int
    runs_active: int
    #: left behind
    attendance_missing: int
    unserved: int
    #: taken along; None where the school year stays the same
    moving: Moving | None
    coaches: int

    @property
    def stands(self) -> bool:
        """Whether something stands in the way."""
        return bool(self.visits_to_come or self.offers_out or self.runs_active)

    @property
    def seen(self) -> str:
        """What a page has seen; another mark later means that something has changed."""
        return f"{self.old.id if self.old else 0}-{self.attendance_missing}-{self.unserved}"


def turning(session: Session, clock: Clock, term: Term) -> Turning:
    """Return what turning to ``term`` would meet today."""
    today = seoul_date(clock.now())
    old = session.scalar(sa.select(Term).where(Term.is_current))
    if old is None:
        return Turning(None, 0, 0, 0, 0, 0, None, 0)
    of_old = Request.term_id == old.id
    visits = sa.select(sa.func.count()).select_from(Visit).join(Visit.request).join(Visit.slot)
    offers = sa.select(sa.func.count()).select_from(Offer).join(Offer.request)
    return Turning(
        old=old,
        visits_to_come=_count(
            session,
            visits.where(of_old, Visit.status.in_(LIVE_VISITS - {VisitStatus.COMPLETED}), Slot.date >= today),
        ),
        offers_out=_count(session, offers.where(of_old, Offer.status == OfferStatus.SENT)),
        runs_active=_count(
            session,
            sa.select(sa.func.count())
            .select_from(AllocationRun)
            .where(AllocationRun.term_id == old.id, AllocationRun.status.in_(ACTIVE_RUNS)),
        ),
        attendance_missing=_count(session, count_missing_attendance(old.id, today)),
        unserved=_count(
            session,
            sa.select(sa.func.count())
            .select_from(Request)
            .where(of_old, Request.status.in_(OPEN_REQUESTS - {RequestStatus.ALLOCATED})),
        ),
        moving=_moving(session) if _new_year(session, old, term) else None,
        coaches=len(_patterns(session, old)),
    )


def _count(session: Session, statement: sa.Select[int]) -> int:
    return session.scalar(statement) or 0


def _new_year(session: Session, old: Term, term: Term) -> bool:
    return school_year(stored_term(session, term).first_day) > school_year(stored_term(session, old).first_day)


def start_term(
    session: Session, clock: Clock, person: Person, term_id: TermId, *, seen: str, move_up: bool, coaches: bool
) -> Term:
    """Make a term the current one.

    ``seen`` is the mark of what the page has shown. Where a school year begins, ``move_up`` lets the classes of every
    school move up. ``coaches`` lets those who came at most dates of a weekday's half say yes to that half again.

    Raises:
        NotFound: there is no such term.
        Conflict: it is the current one already (``current``) or older than it (``older``), what the page has shown
            has changed (``changed``), or something stands in the way (``stands``).
    """
    person.require_role(*STAFF)
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("term"))))
    term = find_term(session, term_id, lock=True)
    if term.is_current:
        raise Conflict("it is the current term", reason="current")
    found = turning(session, clock, term)
    old = found.old
    if old is not None:
        lock_term(session, old)
        if stored_term(session, old).first_day >= stored_term(session, term).first_day:
            raise Conflict("only a later term takes over", reason="older")
        if found.stands:
            raise Conflict("visits, offers or runs of the current term are open", reason="stands")
        if found.seen != seen:
            raise Conflict("the term has changed", reason="changed")
        if move_up and found.moving is not None:
            _move_up(session, person)
        if coaches:
            _copy_coaches(session, old, term)
        term.weekly_day, term.weekly_hour = old.weekly_day, old.weekly_hour
        term.weekly_done_at = clock.now() if old.weekly_day is not None else None
        old.weekly_day = old.weekly_hour = None
        old.is_current = False
        today = seoul_date(clock.now())
        if old.leftovers_on < today < old.closes_on:
            old.closes_on = today
        session.flush()  # only one term is current at any statement
    term.is_current = True
    record_change(
        session, person.actor, "term_started", "term", term.id, before=old.id if old else None,
        moved_up=move_up and found.moving is not None, coaches=coaches, unserved=found.unserved,
    )  # fmt: skip
    ask_outlook(session, term.id)
    session.flush()
    return term


def _schools(session: Session) -> list[tuple[School, dict[str, SchoolClass], list[ClassCount]]]:
    rows = session.scalars(sa.select(School).options(selectinload(School.classes)).order_by(School.id))
    found = []
    for school in rows:
        known = {row.label: row for row in school.classes}
        counts = [
            ClassCount(row.label, row.pupils, row.chaperones_needed, row.considered, row.active)
            for row in known.values()
        ]
        found.append((school, known, moved_up(counts, school.level.grades)))
    return found


def _moving(session: Session) -> Moving:
    classes = leaving = believed = 0
    for school, known, after in _schools(session):
        now = sum(row.active for row in known.values())
        later = [one for one in after if one.active]
        first = sum(
            row.active and row.grade == school.level.grades[0] and row.label in {one.label for one in later}
            for row in known.values()
        )
        classes += len(later) - first
        leaving += now - (len(later) - first)
        believed += first
    return Moving(classes, leaving, believed)


def _move_up(session: Session, person: Person) -> None:
    for school, known, after in _schools(session):
        changed = 0
        for one in after:
            row = known.get(one.label)
            if row is None:
                row = SchoolClass(school_id=school.id, label=one.label, pupils=one.pupils, chaperones_needed=0)
                session.add(row)
            elif (row.pupils, row.chaperones_needed, row.considered, row.active) == (
                one.pupils, one.chaperones_needed, one.considered, one.active,
            ):  # fmt: skip
                continue
            row.pupils, row.chaperones_needed = one.pupils, one.chaperones_needed
            row.considered, row.active = one.considered, one.active
            changed += 1
        if changed:
            record_change(session, person.actor, "classes_moved_up", "school", school.id, changed=changed)
    session.flush()


def _patterns(session: Session, old: Term) -> dict[CoachId, set[tuple[int, Block]]]:
    """Return when each coach comes: the halves of weekdays in which there was a yes at more than half of the dates."""
    halves = {slot.id: (slot.date.weekday(), slot.block) for slot in slots_of(session, old.id)}
    dates = Counter(halves.values())
    came: defaultdict[CoachId, Counter[tuple[int, Block]]] = defaultdict(Counter)
    for coach_id, slot_id in session.execute(
        sa.select(CoachAvailability.coach_id, CoachAvailability.slot_id)
        .join(Coach, Coach.id == CoachAvailability.coach_id)
        .where(CoachAvailability.slot_id.in_(halves), Coach.ended_on.is_(None))
    ):
        came[coach_id][halves[slot_id]] += 1
    found = {
        coach_id: {half for half, count in counts.items() if 2 * count > dates[half]}
        for coach_id, counts in came.items()
    }
    return {coach_id: halves for coach_id, halves in found.items() if halves}


def _copy_coaches(session: Session, old: Term, term: Term) -> None:
    there: set[tuple[CoachId, SlotId]] = {
        (row.coach_id, row.slot_id)
        for row in session.scalars(
            sa.select(CoachAvailability).where(
                CoachAvailability.slot_id.in_(sa.select(Slot.id).where(Slot.term_id == term.id))
            )
        )
    }
    slots = slots_of(session, term.id)
    session.add_all(
        CoachAvailability(coach_id=coach_id, slot_id=slot.id)
        for coach_id, halves in _patterns(session, old).items()
        for slot in slots
        if (slot.date.weekday(), slot.block) in halves and (coach_id, slot.id) not in there
    )
    session.flush()
