"""What sending depends on beside the messages: registered sender numbers, 알림톡 templates, providers that rest."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.base import Base, enum_column
from booking.domain.alimtalk import TemplateState
from booking.domain.vocabulary import Language


class SenderNumber(Base):
    """발신번호: a number that is registered with the providers; no text message leaves from any other."""

    __tablename__ = "sender_number"
    __table_args__ = (
        sa.CheckConstraint("number ~ '^[0-9]{8,12}$'", name="digits"),
        sa.CheckConstraint("expires_on IS NULL OR expires_on >= registered_on", name="dates_in_order"),
    )

    #: digits alone
    number: Mapped[str] = mapped_column(primary_key=True)
    #: whose number it is; another body's needs its consent in writing
    holder: Mapped[str]
    registered_on: Mapped[dt.date]
    #: the last day on which it may be used; None: no end is known
    expires_on: Mapped[dt.date | None]
    #: where the papers of the registration are kept
    evidence: Mapped[str] = mapped_column(default="")


class AlimtalkTemplate(Base):
    """알림톡 template: the text of one kind of message in one language, as it was handed in to Kakao for approval."""

    __tablename__ = "alimtalk_template"
    __table_args__ = (sa.CheckConstraint("refused_at IS NULL OR refused_code <> ''", name="refused_with_a_code"),)

    #: a kind of the catalogue
    kind: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[Language] = mapped_column(enum_column(Language, "language"), primary_key=True)
    #: the provider's name of it
    code: Mapped[str]
    body: Mapped[str]
    #: the address behind its button, empty without one; what it names as ``#{…}`` is handed over with the rest
    button: Mapped[str] = mapped_column(default="")
    state: Mapped[TemplateState] = mapped_column(enum_column(TemplateState, "template_state"))
    #: since when the provider will not have it, though it was approved: not used until somebody has looked
    refused_at: Mapped[dt.datetime | None]
    refused_code: Mapped[str] = mapped_column(default="")
    changed_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now(), onupdate=sa.func.now())


class ProviderRest(Base):
    """A provider that has failed or was slow of late: how often in a row, and until when it is left alone.

    In the database because several workers share what they have seen. No row: all is well.
    """

    __tablename__ = "provider_rest"

    provider: Mapped[str] = mapped_column(primary_key=True)
    #: troubles in a row
    troubles: Mapped[int] = mapped_column(default=0)
    #: which rest in a row this is
    rests: Mapped[int] = mapped_column(default=0)
    until: Mapped[dt.datetime | None]
    #: until then one worker tries whether it is well again
    trial_until: Mapped[dt.datetime | None]
    #: the last trouble, in the provider's code and ours
    last_error: Mapped[str | None]
    since: Mapped[dt.datetime]
