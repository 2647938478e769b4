"""신청: what schools ask for, class by class."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.ids import BundleId, ClassId, RequestId, SchoolId, SlotId, TermId, UserId, WorkplaceId
from booking.domain.states import RequestStatus
from booking.domain.vocabulary import SlotWish
from booking.models.schools import School
from booking.models.terms import Slot


class Bundle(Base):
    """함께 가는 학급: requests of one school that go out together, all at one slot or not at all."""

    __tablename__ = "bundle"
    __table_args__ = (
        sa.UniqueConstraint("term_id", "code"),
        # so that a request of another school cannot join
        sa.UniqueConstraint("id", "school_id"),
    )

    id: Mapped[BundleId] = mapped_column(sa.Identity(), primary_key=True)
    term_id: Mapped[TermId] = mapped_column(sa.ForeignKey("term.id", ondelete="CASCADE"))
    school_id: Mapped[SchoolId] = mapped_column(sa.ForeignKey("school.id"))
    code: Mapped[str]


class Request(Base):
    """One class's request for one visit. The head count belongs to the request, not to the class."""

    __tablename__ = "request"
    __table_args__ = (
        sa.UniqueConstraint("term_id", "code"),
        sa.ForeignKeyConstraint(["bundle_id", "school_id"], ["bundle.id", "bundle.school_id"]),
        sa.CheckConstraint("pupils BETWEEN 1 AND 100", name="pupils"),
        sa.CheckConstraint("chaperones_needed >= 0", name="chaperones"),
        sa.CheckConstraint("max_travel_km > 0", name="travel"),
    )

    id: Mapped[RequestId] = mapped_column(sa.Identity(), primary_key=True)
    term_id: Mapped[TermId] = mapped_column(sa.ForeignKey("term.id", ondelete="CASCADE"), index=True)
    school_id: Mapped[SchoolId] = mapped_column(sa.ForeignKey("school.id"), index=True)
    #: the visit's id in an instance
    code: Mapped[str]
    #: which class this is, where that is known (two visits of one class are never on one date)
    class_id: Mapped[ClassId | None] = mapped_column(sa.ForeignKey("school_class.id"), index=True)
    label: Mapped[str]
    pupils: Mapped[int]
    chaperones_needed: Mapped[int]
    fields: Mapped[list[str]]
    bundle_id: Mapped[BundleId | None] = mapped_column(index=True)
    max_travel_km: Mapped[float | None]
    status: Mapped[RequestStatus] = mapped_column(enum_column(RequestStatus, "status"), default=RequestStatus.SUBMITTED)
    #: asked for after the window had closed: waits for the left-over phase, and no run before it looks at it
    late: Mapped[bool] = mapped_column(default=False)
    #: 고정: the coordinator keeps this request at this slot in every later run
    pinned_slot_id: Mapped[SlotId | None] = mapped_column(sa.ForeignKey("slot.id"))
    withdrawn_reason: Mapped[str | None]
    created_by_id: Mapped[UserId | None] = mapped_column(sa.ForeignKey("app_user.id"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    #: raised by every change; a form that was opened before is refused
    version: Mapped[int] = mapped_column(default=1)

    school: Mapped[School] = relationship()
    bundle: Mapped[Bundle | None] = relationship(overlaps="school")
    wishes: Mapped[list[RequestSlot]] = relationship(
        back_populates="request", order_by="RequestSlot.wish.desc(), RequestSlot.position", cascade="all, delete-orphan"
    )
    exclusions: Mapped[list[ExcludedWorkplace]] = relationship(
        back_populates="request", order_by="ExcludedWorkplace.workplace_id", cascade="all, delete-orphan"
    )

    __mapper_args__ = {"version_id_col": version}

    @property
    def requested(self) -> list[RequestSlot]:
        """The ranked wishes, best first."""
        return [wish for wish in self.wishes if wish.wish is SlotWish.REQUESTED]

    @property
    def negotiable(self) -> list[RequestSlot]:
        """Slots the calendar allows, but which the school has to be asked for."""
        return [wish for wish in self.wishes if wish.wish is SlotWish.NEGOTIABLE]


class RequestSlot(Base):
    """A slot that a request names: requested at a rank (0 = first), or negotiable. Never both."""

    __tablename__ = "request_slot"
    __table_args__ = (
        sa.UniqueConstraint("request_id", "wish", "position", deferrable=True, initially="DEFERRED"),
        sa.CheckConstraint("position >= 0", name="position"),
    )

    request_id: Mapped[RequestId] = mapped_column(sa.ForeignKey("request.id", ondelete="CASCADE"), primary_key=True)
    slot_id: Mapped[SlotId] = mapped_column(sa.ForeignKey("slot.id"), primary_key=True, index=True)
    wish: Mapped[SlotWish] = mapped_column(enum_column(SlotWish, "wish"))
    position: Mapped[int]

    request: Mapped[Request] = relationship(back_populates="wishes")
    slot: Mapped[Slot] = relationship()


class ExcludedWorkplace(Base):
    """A workplace that is not asked for this request again: it has declined, or a person decided so (``by_hand``)."""

    __tablename__ = "excluded_workplace"

    request_id: Mapped[RequestId] = mapped_column(sa.ForeignKey("request.id", ondelete="CASCADE"), primary_key=True)
    workplace_id: Mapped[WorkplaceId] = mapped_column(sa.ForeignKey("workplace.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(default="")
    by_hand: Mapped[bool] = mapped_column(default=False, server_default=sa.false())

    request: Mapped[Request] = relationship(back_populates="exclusions")
