"""기록: what happened and who looked at whose data, searched by who, what, whose and when. Newest first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import seoul_time
from booking.models.coaches import Coach
from booking.models.history import AccessEntry, HistoryEntry
from booking.models.people import User
from booking.models.workplaces import Workplace
from booking.queries.paging import Page, paged

PER_PAGE = 40
#: more than a year of a busy centre; beyond it a search has to be narrowed before it is downloaded
MOST_EXPORTED = 20_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search asks for; empty and None ask for nothing.

    ``who`` is a part of a name: of an account, or of the workplace that answered on its link. ``since`` and ``until``
    are days in Seoul, both included.
    """

    subject_type: str = ""
    subject_id: int | None = None
    who: str = ""
    action: str = ""
    since: dt.date | None = None
    until: dt.date | None = None


def _like(text: str) -> str:
    for sign in "\\%_":
        text = text.replace(sign, f"\\{sign}")
    return f"%{text}%"


def _common(table: type[HistoryEntry] | type[AccessEntry], wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.subject_type:
        found.append(table.subject_type == wanted.subject_type)
    if wanted.subject_id is not None:
        found.append(table.subject_id == wanted.subject_id)
    if wanted.action:
        found.append(table.action == wanted.action)
    if wanted.since is not None:
        found.append(table.at >= seoul_time(wanted.since, dt.time(0)))
    if wanted.until is not None:
        found.append(table.at < seoul_time(wanted.until + dt.timedelta(days=1), dt.time(0)))
    return found


def _changes(wanted: Wanted) -> sa.Select[HistoryEntry]:
    statement = sa.select(HistoryEntry).where(*_common(HistoryEntry, wanted)).order_by(HistoryEntry.id.desc())
    if wanted.who:
        named = [
            sa.select(sa.func.concat(prefix, table.id)).where(table.name.ilike(_like(wanted.who)))
            for prefix, table in (("user:", User), ("workplace:", Workplace), ("coach:", Coach))
        ]
        statement = statement.where(sa.or_(*(HistoryEntry.actor.in_(actors) for actors in named)))
    return statement


def _looks(wanted: Wanted) -> sa.Select[AccessEntry, str]:
    statement = (
        sa.select(AccessEntry, User.name)
        .outerjoin(User, User.id == AccessEntry.user_id)
        .where(*_common(AccessEntry, wanted))
        .order_by(AccessEntry.id.desc())
    )
    return statement.where(User.name.ilike(_like(wanted.who))) if wanted.who else statement


def history(session: Session, wanted: Wanted, number: int) -> Page[HistoryEntry]:
    """Return a page of what happened."""
    return paged(session, _changes(wanted), number, PER_PAGE, lambda selected: list(session.scalars(selected)))


def accesses(session: Session, wanted: Wanted, number: int) -> Page[tuple[AccessEntry, str | None]]:
    """Return a page of the looks at personal data, with the name of who looked."""
    return paged(session, _looks(wanted), number, PER_PAGE, lambda selected: list(session.execute(selected)))


def all_history(session: Session, wanted: Wanted) -> list[HistoryEntry]:
    """Return all that a search finds, at most :data:`MOST_EXPORTED` and one: more can be told from that many."""
    return list(session.scalars(_changes(wanted).limit(MOST_EXPORTED + 1)))


def all_accesses(session: Session, wanted: Wanted) -> list[tuple[AccessEntry, str | None]]:
    """The same of the looks at personal data."""
    return [(entry, name) for entry, name in session.execute(_looks(wanted).limit(MOST_EXPORTED + 1))]


def actor_names(session: Session, actors: Sequence[str]) -> dict[str, str]:
    """Return the names behind ``user:7``, ``workplace:12`` and ``coach:3`` among ``actors``."""
    found: dict[str, str] = {}
    tables: tuple[tuple[str, type[User] | type[Workplace] | type[Coach]], ...] = (
        ("user", User), ("workplace", Workplace), ("coach", Coach),
    )  # fmt: skip
    for kind, table in tables:
        ids = {
            int(actor.partition(":")[2])
            for actor in actors
            if actor.startswith(f"{kind}:") and actor.partition(":")[2].isdigit()
        }
        if ids:
            rows: Any = session.execute(sa.select(table.id, table.name).where(table.id.in_(ids)))
            found |= {f"{kind}:{number}": name for number, name in rows}
    return found
