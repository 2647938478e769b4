"""분기 보고: the reports of the quarters with their free texts and pictures. A final one is never changed again."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.ids import ReportId, UserId
from booking.domain.quarters import Quarter
from booking.domain.report_texts import TextSection
from booking.domain.states import ReportStatus
from booking.models.people import User

_FINAL = "document IS NOT NULL AND digest IS NOT NULL AND finalised_at IS NOT NULL AND finalised_by_id IS NOT NULL"
_DRAFT = "document IS NULL AND digest IS NULL AND finalised_at IS NULL AND finalised_by_id IS NULL"


class Report(Base):
    """One issue of a quarter's report. A correction is a further issue; the former stays as it was.

    ``document`` is what was printed (:mod:`booking.domain.report_document`), ``digest`` its SHA-256: the database holds
    the two together and refuses any change of a final report.
    """

    __tablename__ = "quarterly_report"
    __table_args__ = (
        sa.UniqueConstraint("year", "quarter", "issue"),
        sa.Index(
            "uq_quarterly_report_draft", "year", "quarter", unique=True, postgresql_where=sa.text("status = 'draft'")
        ),
        sa.CheckConstraint("year BETWEEN 2000 AND 2199 AND quarter BETWEEN 1 AND 4 AND issue >= 1", name="which"),
        sa.CheckConstraint("issue = 1 OR reason <> ''", name="correction_has_reason"),
        sa.CheckConstraint("length(reason) <= 200", name="reason_length"),
        sa.CheckConstraint(f"CASE status WHEN 'final' THEN {_FINAL} ELSE {_DRAFT} END", name="final_is_kept"),
        sa.CheckConstraint("digest = encode(sha256(convert_to(document, 'UTF8')), 'hex')", name="digest"),
    )

    id: Mapped[ReportId] = mapped_column(sa.Identity(), primary_key=True)
    year: Mapped[int] = mapped_column(sa.SmallInteger)
    number: Mapped[int] = mapped_column("quarter", sa.SmallInteger)
    issue: Mapped[int] = mapped_column(sa.SmallInteger, default=1)
    #: why a further issue was made
    reason: Mapped[str] = mapped_column(default="")
    status: Mapped[ReportStatus] = mapped_column(enum_column(ReportStatus, "status"), default=ReportStatus.DRAFT)
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    finalised_at: Mapped[dt.datetime | None]
    finalised_by_id: Mapped[UserId | None] = mapped_column(sa.ForeignKey("app_user.id"))
    document: Mapped[str | None]
    digest: Mapped[str | None]

    created_by: Mapped[User] = relationship(foreign_keys=[created_by_id])
    finalised_by: Mapped[User | None] = relationship(foreign_keys=[finalised_by_id])
    texts: Mapped[list[ReportText]] = relationship(
        back_populates="report", cascade="all, delete-orphan", passive_deletes=True
    )
    pictures: Mapped[list[ReportPicture]] = relationship(
        back_populates="report",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="ReportPicture.position, ReportPicture.id",
    )

    @property
    def quarter(self) -> Quarter:
        """The quarter of which it reports."""
        return Quarter(self.year, self.number)


class ReportText(Base):
    """A free text of a report: who wrote it last, and whether it still stands as the quarter before had it."""

    __tablename__ = "quarterly_report_text"
    __table_args__ = (
        sa.CheckConstraint("version >= 1", name="version"),
        sa.CheckConstraint("length(text) <= 4000", name="length"),
    )

    report_id: Mapped[ReportId] = mapped_column(
        sa.ForeignKey("quarterly_report.id", ondelete="CASCADE"), primary_key=True
    )
    section: Mapped[TextSection] = mapped_column(enum_column(TextSection, "section"), primary_key=True)
    text: Mapped[str]
    carried: Mapped[bool] = mapped_column(default=False)
    #: raised by every change: a form that saw an older one is refused
    version: Mapped[int] = mapped_column(default=1)
    at: Mapped[dt.datetime]
    by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))

    report: Mapped[Report] = relationship(back_populates="texts")
    by: Mapped[User] = relationship()


class ReportPicture(Base):
    """관련 사진: pixels without anything that a telephone has hidden in them, and the words below."""

    __tablename__ = "quarterly_report_picture"
    __table_args__ = (
        sa.UniqueConstraint("report_id", "digest"),
        sa.CheckConstraint("length(caption) BETWEEN 1 AND 60", name="caption_length"),
        sa.CheckConstraint("digest = encode(sha256(content), 'hex')", name="digest"),
        sa.CheckConstraint("version >= 1", name="version"),
    )

    id: Mapped[int] = mapped_column(sa.Identity(), primary_key=True)
    report_id: Mapped[ReportId] = mapped_column(sa.ForeignKey("quarterly_report.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(sa.SmallInteger)
    caption: Mapped[str]
    #: JPEG; read only where it is shown or written
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    digest: Mapped[str]
    width: Mapped[int] = mapped_column(sa.SmallInteger)
    height: Mapped[int] = mapped_column(sa.SmallInteger)
    version: Mapped[int] = mapped_column(default=1)
    at: Mapped[dt.datetime]
    by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))

    report: Mapped[Report] = relationship(back_populates="pictures")
