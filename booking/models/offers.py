"""조정 제안: dates that a school did not ask for and is asked to take."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.ids import OfferId, RequestId, RunId, SearchId, SlotId, TermId, UserId
from booking.domain.states import OfferStatus, SearchStatus
from booking.models.requests import Request
from booking.models.terms import Slot


class OfferSearch(Base):
    """One search for date shifts worth asking for in the plan of a run; what it finds are offers in state ``found``."""

    __tablename__ = "offer_search"
    __table_args__ = (
        # a term is searched by one worker at a time: what it finds takes the place of what was found before
        sa.Index(
            "uq_offer_search_active",
            "term_id",
            unique=True,
            postgresql_where=sa.text("status IN ('queued', 'searching')"),
        ),
    )

    id: Mapped[SearchId] = mapped_column(sa.Identity(), primary_key=True)
    term_id: Mapped[TermId] = mapped_column(sa.ForeignKey("term.id", ondelete="CASCADE"))
    run_id: Mapped[RunId] = mapped_column(sa.ForeignKey("allocation_run.id", ondelete="CASCADE"), index=True)
    status: Mapped[SearchStatus] = mapped_column(enum_column(SearchStatus, "status"), default=SearchStatus.QUEUED)
    created_by_id: Mapped[UserId | None] = mapped_column(sa.ForeignKey("app_user.id"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]
    #: how long it may take, in seconds
    time_limit: Mapped[float]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    #: how often a worker has taken it up; after the third it is failed
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[dt.datetime | None]
    #: dates that could be asked for, how many of them have been weighed, and how many questions came of it
    candidates: Mapped[int] = mapped_column(default=0)
    weighed: Mapped[int] = mapped_column(default=0)
    found: Mapped[int] = mapped_column(default=0)
    #: the facts that it was made with, as of :attr:`AllocationRun.facts_sha256`
    facts_sha256: Mapped[str | None]
    error: Mapped[str | None]


class Offer(Base):
    """One request (each of a bundle has its own) is asked to go at ``slot``; its places are held until the answer."""

    __tablename__ = "offer"
    __table_args__ = (
        sa.Index("uq_offer_open", "request_id", unique=True, postgresql_where=sa.text("status IN ('found', 'sent')")),
        sa.CheckConstraint("(status = 'countered') = (counter_slot_id IS NOT NULL)", name="countered"),
        sa.CheckConstraint("status <> 'found' OR search_id IS NOT NULL", name="found_by_a_search"),
        sa.CheckConstraint("NOT by_telephone OR answered_by_id IS NOT NULL", name="telephone_entered_by"),
    )

    id: Mapped[OfferId] = mapped_column(sa.Identity(), primary_key=True)
    request_id: Mapped[RequestId] = mapped_column(sa.ForeignKey("request.id"), index=True)
    slot_id: Mapped[SlotId] = mapped_column(sa.ForeignKey("slot.id"))
    run_id: Mapped[RunId] = mapped_column(sa.ForeignKey("allocation_run.id"))
    status: Mapped[OfferStatus] = mapped_column(enum_column(OfferStatus, "status"), default=OfferStatus.FOUND)
    #: what the school gains and what everybody gains, as the engine states it
    gains: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: the last day to answer; of an offer that is only found, the day to be suggested
    answer_by: Mapped[dt.date]
    #: the search that found it; NULL: the offer came with a publication or from the command line
    search_id: Mapped[SearchId | None] = mapped_column(sa.ForeignKey("offer_search.id"))
    #: when the school was asked; NULL: it never was
    sent_at: Mapped[dt.datetime | None]
    #: the date that the school proposes instead
    counter_slot_id: Mapped[SlotId | None] = mapped_column(sa.ForeignKey("slot.id"))
    answered_by_id: Mapped[UserId | None] = mapped_column(sa.ForeignKey("app_user.id"))
    answered_at: Mapped[dt.datetime | None]
    #: somebody at the centre entered what the school said on the telephone: ``answered_by_id`` says who
    by_telephone: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    reason: Mapped[str | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())

    request: Mapped[Request] = relationship()
    slot: Mapped[Slot] = relationship(foreign_keys=[slot_id])
    counter_slot: Mapped[Slot | None] = relationship(foreign_keys=[counter_slot_id])
