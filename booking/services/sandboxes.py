"""연습장: a copy of the term in a schema of its own, in which one can try anything; put away as a whole.

No page chooses a term for it, and no select leaves its rows out: a session that works in a sandbox finds the tables of
the sandbox under the names of the service's own (:func:`booking.db.work_in`). So whatever reads or writes there reads
and writes the copy, today's code and tomorrow's; and whatever works in the service cannot see it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from booking.clock import Clock
from booking.domain.contacts import clean_line
from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound
from booking.domain.ids import SandboxId
from booking.domain.person import Person
from booking.domain.vocabulary import Role
from booking.models.sandboxes import Sandbox
from booking.services.history import record_change
from booking.services.sandbox_copying import fill_schema
from booking.services.terms import current_term

STAFF = (Role.COORDINATOR, Role.ADMINISTRATOR)
#: sandboxes side by side, and how long one is kept: a copy of the term grows old
MOST, KEPT = 5, dt.timedelta(days=14)
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Kept:
    """A sandbox in the list; not ``usable`` after an upgrade, or a restore, which brings back the list alone."""

    sandbox: Sandbox
    usable: bool


def _revision(session: Session) -> str:
    return str(session.execute(sa.text("SELECT version_num FROM public.alembic_version")).scalar_one())


def sandboxes(session: Session) -> list[Kept]:
    """Return the sandboxes, the newest first."""
    rows: Sequence[Sandbox] = session.scalars(
        sa.select(Sandbox).options(joinedload(Sandbox.created_by)).order_by(Sandbox.id.desc())
    ).all()
    there = set(session.scalars(sa.text("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'sandbox\\_%'")))
    now = _revision(session)
    return [Kept(row, row.revision == now and row.schema in there) for row in rows]


def find_sandbox(session: Session, number: SandboxId) -> Sandbox:
    """Return a sandbox that can be worked in.

    Raises:
        NotFound: there is none, or it can only be put away.
    """
    found = next((kept.sandbox for kept in sandboxes(session) if kept.sandbox.id == number and kept.usable), None)
    if found is None:
        raise NotFound(f"sandbox {number}")
    return found


def make_sandbox(session: Session, clock: Clock, person: Person, name: str) -> Sandbox:
    """Copy the current term.

    Raises:
        InvalidForm: no name, one that is too long, or that of another sandbox.
        Conflict: there are as many as there may be (``too_many``).
    """
    person.require_role(*STAFF)
    try:
        wanted = clean_line(name, "name", LONGEST_NAME)
    except InvalidInput as fault:
        raise InvalidForm([fault]) from None
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("sandbox"))))
    known = session.scalars(sa.select(Sandbox.name)).all()
    if wanted in known:
        raise InvalidForm([InvalidInput(field="name", reason="same_sandbox_name")])
    if len(known) >= MOST:
        raise Conflict("so many sandboxes are enough", reason="too_many")
    term = current_term(session)
    sandbox = Sandbox(
        name=wanted,
        term_id=term.id,
        revision=_revision(session),
        created_by_id=person.user_id,
        created_at=clock.now(),
    )
    session.add(sandbox)
    session.flush()
    record_change(session, person.actor, "sandbox_made", "term", term.id, sandbox=sandbox.id, name=wanted)
    session.flush()
    fill_schema(session, sandbox.schema, sandbox.id, term.id)
    return sandbox


def discard_sandbox(session: Session, person: Person, number: SandboxId) -> None:
    """Put a sandbox away with everything in it. Putting it away twice does nothing."""
    person.require_role(*STAFF)
    _discard(session, session.get(Sandbox, number, with_for_update=True), person.actor)


def discard_old(session: Session, clock: Clock) -> int:
    """Put away what is older than :data:`KEPT`; returns how many that were."""
    old = session.scalars(sa.select(Sandbox).where(Sandbox.created_at < clock.now() - KEPT).with_for_update()).all()
    for sandbox in old:
        _discard(session, sandbox, "beat")
    return len(old)


def _discard(session: Session, sandbox: Sandbox | None, actor: str) -> None:
    if sandbox is None:
        return
    session.execute(sa.text(f"DROP SCHEMA IF EXISTS {sandbox.schema} CASCADE"))
    record_change(session, actor, "sandbox_discarded", "term", sandbox.term_id, sandbox=sandbox.id, name=sandbox.name)
    session.delete(sandbox)
    session.flush()
