"""비상 연습: rehearsals of a plan without some of its workplaces, with what came of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.ids import DrillId, RunId, TermId, UserId
from booking.domain.states import DrillStatus
from booking.models.people import User
from booking.models.runs import AllocationRun


class PlanDrill(Base):
    """One drill in the plan of a run. It changes nothing; ``plan_sha256`` says to which plan its result belongs."""

    __tablename__ = "plan_drill"
    __table_args__ = (
        sa.Index(
            "uq_plan_drill_active",
            "term_id",
            unique=True,
            postgresql_where=sa.text("status IN ('queued', 'rehearsing')"),
        ),
        sa.CheckConstraint("first_day <= last_day", name="days_in_order"),
        sa.CheckConstraint("losses BETWEEN 1 AND 20", name="losses"),
        sa.CheckConstraint(
            "(status = 'done') = (result IS NOT NULL) AND (result IS NULL OR plan_sha256 IS NOT NULL)",
            name="done_with_result",
        ),
    )

    id: Mapped[DrillId] = mapped_column(sa.Identity(), primary_key=True)
    term_id: Mapped[TermId] = mapped_column(sa.ForeignKey("term.id", ondelete="CASCADE"))
    run_id: Mapped[RunId] = mapped_column(sa.ForeignKey("allocation_run.id", ondelete="CASCADE"), index=True)
    status: Mapped[DrillStatus] = mapped_column(enum_column(DrillStatus, "status"), default=DrillStatus.QUEUED)
    first_day: Mapped[dt.date]
    last_day: Mapped[dt.date]
    #: workplaces lost on a day
    losses: Mapped[int] = mapped_column(sa.SmallInteger)
    created_by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]
    #: how long it may take, in seconds
    time_limit: Mapped[float]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    #: days to be rehearsed, and how many have been
    days: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    days_done: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    #: where everybody is in the plan that was rehearsed, as :func:`booking.queries.drills.plan_mark` says
    plan_sha256: Mapped[str | None]
    #: what it was made with, as of :attr:`AllocationRun.facts_sha256`
    facts_sha256: Mapped[str | None]
    #: the document of ``scheduler.drill.Drill``
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    error: Mapped[str | None]

    run: Mapped[AllocationRun] = relationship()
    created_by: Mapped[User] = relationship()
