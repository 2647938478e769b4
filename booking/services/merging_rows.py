"""What points to a workplace when it is merged: every table that does is named here or moved as it is.

A table that may hold both at once (a key or a uniqueness over the workplace) is merged row by row. A new one is found
by :func:`pointing`, and a test asks what is to become of it.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.base import Base
from booking.domain.ids import WorkplaceId
from booking.models.visits import WorkplaceNotice
from booking.services.links import revoke_older
from booking.services.messages import withdraw_messages
from booking.services.notices import notice_subject

#: moved by the merge itself, or no more than a part of the entry that goes
BY_ITSELF = frozenset({
    "visit_group", "workplace_hours", "workplace_exception", "workplace_contact", "workplace_step", "workplace",
    "workplace_notice", "distinct_pair",
    # a yes to announcements is that of whoever said it, and is carried over to nobody
    "consent",
})  # fmt: skip
#: rows that both may have: what becomes of two is said here, what only the other has is moved
TWICE: dict[str, str] = {
    "excluded_workplace": """
        DELETE FROM excluded_workplace o USING excluded_workplace k
         WHERE o.workplace_id = :other AND k.workplace_id = :keep AND k.request_id = o.request_id""",
    # two groups of one proposal at two entries of one place were one group
    "proposal_group": """
        WITH gone AS (
            DELETE FROM proposal_group o USING proposal_group k
             WHERE o.workplace_id = :other AND k.workplace_id = :keep AND k.proposal_id = o.proposal_id
            RETURNING o.proposal_id, o.pupils)
        UPDATE proposal_group k SET pupils = k.pupils + gone.pupils
          FROM gone WHERE k.proposal_id = gone.proposal_id AND k.workplace_id = :keep""",
    # what each has said of its size for one request: the entry that stays knows
    "group_limit": """
        DELETE FROM group_limit o USING group_limit k
         WHERE o.workplace_id = :other AND k.workplace_id = :keep AND k.request_id = o.request_id""",
    "session_workplace": """
        DELETE FROM session_workplace o USING session_workplace k
         WHERE o.workplace_id = :other AND k.workplace_id = :keep AND k.session_id = o.session_id""",
    # both answered for one day: what the entry that stays said stands
    "workplace_opinion": """
        DELETE FROM workplace_opinion o USING workplace_opinion k
         WHERE o.workplace_id = :other AND k.workplace_id = :keep AND (k.date, k.question) = (o.date, o.question)""",
    "remark": """
        DELETE FROM remark o USING remark k
         WHERE o.workplace_id = :other AND k.workplace_id = :keep AND k.date = o.date""",
    # a calendar's address was given to the contact who goes
    "workplace_feed": """
        UPDATE workplace_feed SET revoked_at = now() WHERE workplace_id = :other AND revoked_at IS NULL""",
    # both ask to be called: once is enough
    "workplace_note": """
        DELETE FROM workplace_note o USING workplace_note k
         WHERE o.workplace_id = :other AND k.workplace_id = :keep AND o.kind = 'call_me' AND k.kind = 'call_me'
           AND o.settled_at IS NULL AND k.settled_at IS NULL""",
}

#: a word that both have had stays with each: there is one for a recipient, kind, subject and version
STAYS: dict[str, str] = {
    "message": """
        UPDATE message o SET workplace_id = :keep
         WHERE o.workplace_id = :other AND NOT EXISTS (
               SELECT FROM message k WHERE k.workplace_id = :keep
                  AND (k.kind, k.subject, k.version, k.channel) = (o.kind, o.subject, o.version, o.channel))""",
}


def pointing() -> list[tuple[str, str]]:
    """Return every table and column that points to a workplace."""
    return sorted(
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.target_fullname == "workplace.id"
    )


def move_rows(session: Session, keep: WorkplaceId, other: WorkplaceId) -> None:
    """Let whatever points to the other point to this one."""
    both = {"keep": keep, "other": other}
    for table, column in pointing():
        if table in BY_ITSELF:
            continue
        if table in STAYS:
            session.execute(sa.text(STAYS[table]), both)
            continue
        if table in TWICE:
            session.execute(sa.text(TWICE[table]), both)
        where = Base.metadata.tables[table]
        session.execute(sa.update(where).where(where.c[column] == other).values({column: keep}))


def move_notices(session: Session, keep: WorkplaceId, other: WorkplaceId) -> set[dt.date]:
    """Let the other's notices be this one's, with their links; returns the dates of which both have one.

    On those the older list is told no more: its links close, and what has not left is withdrawn.
    """
    session.flush()
    mine = set(session.scalars(sa.select(WorkplaceNotice.date).where(WorkplaceNotice.workplace_id == keep)))
    both: set[dt.date] = set()
    for notice in session.scalars(
        sa.select(WorkplaceNotice).where(WorkplaceNotice.workplace_id == other).with_for_update(key_share=True)
    ):
        if notice.date not in mine:
            notice.workplace_id = keep
            continue
        both.add(notice.date)
        notice.version += 1
        notice.facts = {"groups": []}
        withdraw_messages(session, notice_subject(notice), below_version=notice.version)
        revoke_older(session, notice.id, notice.version)
    session.flush()
    return both
