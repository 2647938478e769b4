"""People who sign in, their sessions, the links that let them in once, and the throttle that guards the door."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.entry import LinkPurpose
from booking.domain.ids import SchoolId, UserId
from booking.domain.vocabulary import Language, Role
from booking.models.schools import School


class User(Base):
    """A person with an account. E-mail addresses are stored in lower case and are unique."""

    __tablename__ = "app_user"
    __table_args__ = (
        sa.CheckConstraint("email = lower(email)", name="email_lower"),
        sa.CheckConstraint(
            "erased_at IS NULL OR (phone IS NULL AND password_hash IS NULL AND NOT active)", name="erased"
        ),
    )

    id: Mapped[UserId] = mapped_column(sa.Identity(), primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    phone: Mapped[str | None]
    role: Mapped[Role] = mapped_column(enum_column(Role, "role"))
    password_hash: Mapped[str | None]
    language: Mapped[Language] = mapped_column(enum_column(Language, "language"), default=Language.KO)
    #: off until an invitation is accepted, and whenever it is switched off
    active: Mapped[bool] = mapped_column(default=True)
    #: an invitation waits since then; empty once it was accepted or withdrawn
    invited_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    #: name and addresses were erased then; the number stays, so that what was done still has somebody
    erased_at: Mapped[dt.datetime | None]

    posts: Mapped[list[TeacherPost]] = relationship(back_populates="user")
    second_factor: Mapped[SecondFactor | None] = relationship()


class TeacherPost(Base):
    """Which school a teacher speaks for, from when until when (``until`` empty: now)."""

    __tablename__ = "teacher_post"
    __table_args__ = (
        sa.Index("uq_teacher_post_now", "user_id", "school_id", unique=True, postgresql_where=sa.text("until IS NULL")),
    )

    id: Mapped[int] = mapped_column(sa.Identity(), primary_key=True)
    user_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"), index=True)
    school_id: Mapped[SchoolId] = mapped_column(sa.ForeignKey("school.id"), index=True)
    #: the label differs by school: 진로부장교사, 진로전담교사, 진학부장교사
    title: Mapped[str]
    since: Mapped[dt.date]
    until: Mapped[dt.date | None]

    user: Mapped[User] = relationship(back_populates="posts")
    school: Mapped[School] = relationship()


class WebSession(Base):
    """A signed-in browser. The cookie holds a random token, this row its hash, so that a session can be ended here."""

    __tablename__ = "web_session"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    expires_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    ip: Mapped[str | None] = mapped_column(INET)
    #: the second factor was asked and answered here
    second_factor_at: Mapped[dt.datetime | None]

    user: Mapped[User] = relationship()


class SecondFactor(Base):
    """What a telephone shares with the house. The secret has to be known here, so it stands as it is."""

    __tablename__ = "second_factor"

    user_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"), primary_key=True)
    secret: Mapped[str]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    #: empty while it is being set up
    confirmed_at: Mapped[dt.datetime | None]
    #: the half minute whose code was used last: no code opens the door twice
    last_step: Mapped[int] = mapped_column(sa.BigInteger, server_default="0", default=0)


class RecoveryCode(Base):
    """A code for a lost telephone: only its hash is kept, and it opens the door once."""

    __tablename__ = "recovery_code"
    __table_args__ = (sa.UniqueConstraint("user_id", "code_hash"),)

    id: Mapped[int] = mapped_column(sa.Identity(), primary_key=True)
    user_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    code_hash: Mapped[bytes]
    used_at: Mapped[dt.datetime | None]


class OneTimeLink(Base):
    """A link that lets one person in once: only the hash of its token is kept, and the database's clock closes it."""

    __tablename__ = "one_time_link"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"), index=True)
    purpose: Mapped[LinkPurpose] = mapped_column(enum_column(LinkPurpose, "purpose"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.clock_timestamp())
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]
    #: another one was used, or it was withdrawn
    closed_at: Mapped[dt.datetime | None]
    #: from where it was used
    ip: Mapped[str | None] = mapped_column(INET)

    user: Mapped[User] = relationship()


class CalendarFeed(Base):
    """구독 주소: a private address from which a calendar program fetches the visits; only its hash is kept."""

    __tablename__ = "calendar_feed"
    __table_args__ = (
        sa.Index("uq_calendar_feed_now", "user_id", unique=True, postgresql_where=sa.text("revoked_at IS NULL")),
    )

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.clock_timestamp())
    revoked_at: Mapped[dt.datetime | None]

    user: Mapped[User] = relationship()


class Throttle(Base):
    """How often a key was tried within its window; shared by all web processes, unlike a counter in memory."""

    __tablename__ = "throttle"

    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    window_ends_at: Mapped[dt.datetime]
