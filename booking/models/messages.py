"""알림: what is sent, to whom, over which channel, and what the providers said of it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.base import Base, enum_column
from booking.domain.alimtalk import SentAs
from booking.domain.ids import CoachId, MessageId, UserId, WorkplaceId
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel, Language


class Message(Base):
    """One message to one recipient over one channel about one version of one subject: unique in the database.

    ``facts`` is everything its text needs, as it was when the message was decided; tokens are never in it.
    """

    __tablename__ = "message"
    __table_args__ = (
        sa.CheckConstraint("num_nonnulls(user_id, workplace_id, coach_id) = 1", name="one_recipient"),
        sa.Index(
            "uq_message_user",
            "user_id",
            "kind",
            "subject",
            "version",
            "channel",
            unique=True,
            postgresql_where=sa.text("user_id IS NOT NULL"),
        ),
        sa.Index(
            "uq_message_workplace",
            "workplace_id",
            "kind",
            "subject",
            "version",
            "channel",
            unique=True,
            postgresql_where=sa.text("workplace_id IS NOT NULL"),
        ),
        sa.Index(
            "uq_message_coach",
            "coach_id",
            "kind",
            "subject",
            "version",
            "channel",
            unique=True,
            postgresql_where=sa.text("coach_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_message_unsent", "available_at", postgresql_where=sa.text("status IN ('created', 'sending', 'unknown')")
        ),
        sa.Index("ix_message_subject", "subject"),
        # what is on its way to a recipient: an earlier one leaves first
        sa.Index(
            "ix_message_waiting_user",
            "user_id",
            "channel",
            "id",
            postgresql_where=sa.text("status IN ('created', 'sending')"),
        ),
        sa.Index(
            "ix_message_waiting_workplace",
            "workplace_id",
            "channel",
            "id",
            postgresql_where=sa.text("status IN ('created', 'sending')"),
        ),
        sa.Index(
            "ix_message_waiting_coach",
            "coach_id",
            "channel",
            "id",
            postgresql_where=sa.text("status IN ('created', 'sending')"),
        ),
        sa.Index("ix_message_ask_at", "ask_at", postgresql_where=sa.text("ask_at IS NOT NULL")),
        sa.CheckConstraint("own_subject IS NULL OR own_text IS NOT NULL", name="own_text"),
        sa.CheckConstraint(
            "emptied_at IS NULL OR (body IS NULL AND substitute IS NULL AND own_subject IS NULL AND own_text IS NULL"
            " AND facts = '{}')",
            name="emptied",
        ),
    )

    id: Mapped[MessageId] = mapped_column(sa.Identity(), primary_key=True)
    #: our own reference: Message-ID, or the provider's custom field, for looking up and for receipts
    ref: Mapped[uuid.UUID] = mapped_column(unique=True, default=uuid.uuid4)
    user_id: Mapped[UserId | None] = mapped_column(sa.ForeignKey("app_user.id"))
    workplace_id: Mapped[WorkplaceId | None] = mapped_column(sa.ForeignKey("workplace.id"))
    coach_id: Mapped[CoachId | None] = mapped_column(sa.ForeignKey("coach.id"))
    kind: Mapped[str]
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, "channel"))
    #: what it is about, as ``notice:12``, ``visit:7``, ``publication:3:school:4``
    subject: Mapped[str]
    version: Mapped[int]
    language: Mapped[Language] = mapped_column(enum_column(Language, "language"))
    facts: Mapped[dict[str, Any]]
    status: Mapped[MessageStatus] = mapped_column(enum_column(MessageStatus, "status"), default=MessageStatus.CREATED)
    available_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[dt.datetime | None]
    provider: Mapped[str | None]
    provider_ref: Mapped[str | None] = mapped_column(index=True)
    #: the text as it left, with private links blotted out
    body: Mapped[str | None]
    #: the text message that stands in where the 알림톡 in ``body`` cannot be shown
    substitute: Mapped[str | None]
    #: in which form a text message left, and then arrived
    sent_as: Mapped[SentAs | None] = mapped_column(enum_column(SentAs, "sent_as"))
    #: a person's words in place of the template's
    own_subject: Mapped[str | None]
    own_text: Mapped[str | None]
    #: a person has said yes to disturbing its reader in the quiet hours
    disturb: Mapped[bool] = mapped_column(default=False)
    #: when the provider is asked for the receipt that has not come
    ask_at: Mapped[dt.datetime | None]
    #: the provider's reason in its own code, and ours
    last_error: Mapped[str | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    sent_at: Mapped[dt.datetime | None]
    settled_at: Mapped[dt.datetime | None]
    #: its words were erased then; that it was sent, to whom and what became of it stays
    emptied_at: Mapped[dt.datetime | None]


class Receipt(Base):
    """A delivery receipt as it came in: stored first, applied second, each event once, in any order."""

    __tablename__ = "receipt"

    provider: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    ref: Mapped[str | None] = mapped_column(index=True)
    provider_ref: Mapped[str | None] = mapped_column(index=True)
    code: Mapped[str]
    #: in which form the message is, where the provider says so
    sent_as: Mapped[SentAs | None] = mapped_column(enum_column(SentAs, "sent_as"))
    received_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    applied_at: Mapped[dt.datetime | None]
