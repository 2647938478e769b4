"""The current term and where it stands today."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.domain.errors import NoTerm, NotFound
from booking.domain.phases import Phase
from booking.models.terms import Centre, Term


def current_term(session: Session) -> Term:
    """Return the term in which everybody works.

    Raises:
        NoTerm: none has been set up.
    """
    term = session.scalar(sa.select(Term).where(Term.is_current))
    if term is None:
        raise NoTerm("no current term")
    return term


def lock_term(session: Session, term: Term) -> None:
    """Let one publication, answer or change of the plan of this term go on at a time, until the transaction ends.

    Rows that only name the term (a teacher's new request, a drill) are still written meanwhile.
    """
    session.execute(sa.select(Term.id).where(Term.id == term.id).with_for_update(key_share=True))


def phase_today(term: Term, clock: Clock) -> Phase:
    """Return the phase of the term on today's date in Seoul."""
    return term.calendar.phase(seoul_date(clock.now()))


def the_centre(session: Session) -> Centre:
    """Return the centre of this installation.

    Raises:
        NotFound: it has not been set up.
    """
    centre = session.get(Centre, 1)
    if centre is None:
        raise NotFound("no centre")
    return centre
