"""프로그램 신청: sessions that are open for registration, and the classes and groups of schools that want to come."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.ids import PartyId, SchoolId, SessionId, UserId
from booking.domain.party_states import HOLDING_PARTIES, LIVE_PARTIES, PartyStatus
from booking.domain.registration import Keep, KeepUnit
from booking.models.programmes import ProgrammeSession
from booking.models.schools import School


class SessionOpening(Base):
    """A session that schools may register for. The database never lets promised and offered places exceed ``places``.

    Whoever reads or changes who comes locks the row of the session first.
    """

    __tablename__ = "session_opening"
    __table_args__ = (
        sa.CheckConstraint("places BETWEEN 1 AND 10000", name="places"),
        sa.CheckConstraint("cardinality(levels) >= 1", name="levels"),
        sa.CheckConstraint("opens_at < closes_at", name="window"),
        sa.CheckConstraint("smallest BETWEEN 1 AND largest AND largest <= 1000", name="group_size"),
        sa.CheckConstraint("keep BETWEEN 1 AND 240", name="keep"),
        sa.CheckConstraint("version >= 1", name="version"),
    )

    session_id: Mapped[SessionId] = mapped_column(
        sa.ForeignKey("programme_session.id", ondelete="CASCADE"), primary_key=True
    )
    places: Mapped[int]
    levels: Mapped[list[str]]
    #: empty: every grade of the levels
    grades: Mapped[list[int]] = mapped_column(ARRAY(sa.SmallInteger))
    opens_at: Mapped[dt.datetime]
    closes_at: Mapped[dt.datetime]
    #: closed by hand, or because the session was called off; the waiting list of a session that is held moves on
    closed_at: Mapped[dt.datetime | None]
    smallest: Mapped[int]
    largest: Mapped[int]
    #: for how many working days or hours an offered place is kept
    keep: Mapped[int] = mapped_column(sa.SmallInteger)
    keep_unit: Mapped[KeepUnit] = mapped_column(enum_column(KeepUnit, "keep_unit"))
    opened_at: Mapped[dt.datetime]
    opened_by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    #: raised by every change of what stands here: a form that saw an older one is refused
    version: Mapped[int] = mapped_column(default=1)

    session: Mapped[ProgrammeSession] = relationship()
    parties: Mapped[list[SessionParty]] = relationship(back_populates="opening", order_by="SessionParty.turn")

    @property
    def kept(self) -> Keep:
        """For how long an offered place is kept."""
        return Keep(self.keep, self.keep_unit)

    @property
    def taken(self) -> int:
        """How many places are promised, or held until an offer is answered."""
        return sum(party.pupils for party in self.parties if party.status in HOLDING_PARTIES)

    @property
    def free(self) -> int:
        """How many places nobody has."""
        return self.places - self.taken

    @property
    def waiting(self) -> list[SessionParty]:
        """The waiting list, in its order."""
        return [party for party in self.parties if party.status is PartyStatus.WAITING]

    @property
    def live(self) -> list[SessionParty]:
        """The parties that have not ended."""
        return [party for party in self.parties if party.status in LIVE_PARTIES]


class SessionParty(Base):
    """A class or a group of a school at a session: a head count, and never a name."""

    __tablename__ = "session_party"
    __table_args__ = (
        sa.UniqueConstraint("session_id", "turn"),
        # pressed twice, or by two teachers of a school: one party
        sa.Index(
            "uq_session_party_live",
            "session_id",
            "school_id",
            "label",
            unique=True,
            postgresql_where=sa.text("status IN ('waiting', 'offered', 'registered')"),
        ),
        sa.Index("ix_session_party_offered", "offered_until", postgresql_where=sa.text("status = 'offered'")),
        sa.CheckConstraint("pupils BETWEEN 1 AND 1000", name="pupils"),
        sa.CheckConstraint("grade BETWEEN 1 AND 6", name="grade"),
        sa.CheckConstraint("length(label) BETWEEN 1 AND 20", name="label_length"),
        sa.CheckConstraint("length(note) <= 200", name="note_length"),
        sa.CheckConstraint("(status = 'offered') = (offered_until IS NOT NULL)", name="offered_until"),
        sa.CheckConstraint("NOT gathers OR status = 'waiting'", name="gathers_while_waiting"),
        sa.CheckConstraint("turn >= 1 AND passed >= 0 AND version >= 1", name="counters"),
    )

    id: Mapped[PartyId] = mapped_column(sa.Identity(), primary_key=True)
    session_id: Mapped[SessionId] = mapped_column(sa.ForeignKey("session_opening.session_id", ondelete="CASCADE"))
    school_id: Mapped[SchoolId] = mapped_column(sa.ForeignKey("school.id"), index=True)
    #: which class or group: ``1-3``
    label: Mapped[str]
    grade: Mapped[int | None] = mapped_column(sa.SmallInteger)
    pupils: Mapped[int]
    note: Mapped[str] = mapped_column(default="")
    status: Mapped[PartyStatus] = mapped_column(enum_column(PartyStatus, "status"), default=PartyStatus.WAITING)
    #: its place in the order of arrival
    turn: Mapped[int]
    offered_until: Mapped[dt.datetime | None]
    #: how often a smaller one behind it was offered places first
    passed: Mapped[int] = mapped_column(default=0)
    #: the office gathers free places for it: nobody behind it goes first
    gathers: Mapped[bool] = mapped_column(default=False)
    #: why the office has taken it away
    reason: Mapped[str | None]
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    #: raised by every step and every change of what stands here
    version: Mapped[int] = mapped_column(default=1)

    opening: Mapped[SessionOpening] = relationship(back_populates="parties")
    school: Mapped[School] = relationship()
