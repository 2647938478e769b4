"""나갈 알림: what publishing a plan would send, written down by a worker so that it can be read page by page."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.base import Base, enum_column
from booking.domain.ids import CoachId, RunId, UserId, WorkplaceId
from booking.domain.sms import SmsKind
from booking.domain.vocabulary import Channel, Language


class Foretelling(Base):
    """One trial of a publication: of which version of the plan, when, or why it could not be.

    It is of use while people look at a draft; a day later it is thrown away, since it names whom it would be sent to.
    """

    __tablename__ = "foretelling"
    __table_args__ = (sa.CheckConstraint("refusal IS NULL OR error IS NULL", name="one_reason"),)

    run_id: Mapped[RunId] = mapped_column(sa.ForeignKey("allocation_run.id", ondelete="CASCADE"), primary_key=True)
    run_version: Mapped[int]
    written_at: Mapped[dt.datetime]
    #: the code of the error with which publishing would be refused
    refusal: Mapped[str | None]
    #: why there is no answer although a worker tried
    error: Mapped[str | None]


class ForetoldMessage(Base):
    """A message as publishing would write it, and what is known of its text: its columns are those of ``message``."""

    __tablename__ = "foretold_message"
    __table_args__ = (
        sa.CheckConstraint("num_nonnulls(user_id, workplace_id, coach_id) = 1", name="one_recipient"),
        sa.CheckConstraint("sms_kind IS NULL OR channel = 'sms'", name="sms_kind_of_a_text"),
    )

    run_id: Mapped[RunId] = mapped_column(sa.ForeignKey("foretelling.run_id", ondelete="CASCADE"), primary_key=True)
    #: from 1, in the order in which they would be written
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[UserId | None] = mapped_column(sa.ForeignKey("app_user.id", ondelete="CASCADE"))
    workplace_id: Mapped[WorkplaceId | None] = mapped_column(sa.ForeignKey("workplace.id", ondelete="CASCADE"))
    coach_id: Mapped[CoachId | None] = mapped_column(sa.ForeignKey("coach.id", ondelete="CASCADE"))
    kind: Mapped[str]
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, "channel"))
    subject: Mapped[str]
    version: Mapped[int]
    language: Mapped[Language] = mapped_column(enum_column(Language, "language"))
    facts: Mapped[dict[str, Any]]
    #: what the recipient is called, to be looked for
    recipient: Mapped[str]
    #: at which price a text message goes; None: it is none, or it cannot go
    sms_kind: Mapped[SmsKind | None] = mapped_column(enum_column(SmsKind, "sms_kind"))
    #: it goes to KakaoTalk first
    in_kakaotalk: Mapped[bool]
    #: why it cannot go
    fault: Mapped[str | None]
