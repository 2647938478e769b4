"""배정 실행: runs of the solver, their progress, and the plan that each proposes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.ids import ProposalId, RequestId, RunId, SlotId, TermId, UserId, WorkplaceId
from booking.domain.states import RunKind, RunStatus
from booking.models.requests import Request
from booking.models.terms import Slot
from booking.models.workplaces import Workplace


class AllocationRun(Base):
    """One run. Its input is kept as it was solved, so that anybody can solve it again and get the same plan."""

    __tablename__ = "allocation_run"
    __table_args__ = (
        # two runs of one kind are never solved at once
        sa.Index(
            "uq_allocation_run_active",
            "term_id",
            "kind",
            unique=True,
            postgresql_where=sa.text("status IN ('queued', 'solving')"),
        ),
        sa.Index(
            "uq_allocation_run_published", "term_id", unique=True, postgresql_where=sa.text("status = 'published'")
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 60", name="name_length"),
        # a search for alternatives and a trial propose nothing by themselves, and always look at the plan of a run
        sa.CheckConstraint(
            "CASE WHEN kind IN ('frontier', 'trial') THEN source_id IS NOT NULL AND NOT kept"
            " AND status IN ('queued', 'solving', 'found', 'cancelled', 'failed') ELSE status <> 'found' END",
            name="frontier_is_no_plan",
        ),
    )

    id: Mapped[RunId] = mapped_column(sa.Identity(), primary_key=True)
    term_id: Mapped[TermId] = mapped_column(sa.ForeignKey("term.id", ondelete="CASCADE"), index=True)
    kind: Mapped[RunKind] = mapped_column(enum_column(RunKind, "kind"), default=RunKind.TERM)
    status: Mapped[RunStatus] = mapped_column(enum_column(RunStatus, "status"), default=RunStatus.QUEUED)
    created_by_id: Mapped[UserId | None] = mapped_column(sa.ForeignKey("app_user.id"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]
    published_at: Mapped[dt.datetime | None]
    #: how people call this draft; None: by its number
    name: Mapped[str | None]
    #: a kept draft is not put away when later ones come
    kept: Mapped[bool] = mapped_column(default=False)
    #: the ISO weeks in play; visits of the published plan outside them stay where they are. None: the whole term
    weeks: Mapped[list[str] | None]
    #: for a search: the run whose alternatives are looked for; for a plan: the search from which it was chosen
    source_id: Mapped[RunId | None] = mapped_column(sa.ForeignKey("allocation_run.id"), index=True)
    #: what this run overrides in the term's policy
    policy: Mapped[dict[str, Any]] = mapped_column(default=dict)
    seed: Mapped[int] = mapped_column(default=0)
    time_limit: Mapped[float]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    #: something changed while it was solved: its plan is dropped and it is solved again
    again: Mapped[bool] = mapped_column(default=False)
    #: how often a worker has taken it up; a poison run is failed after the third
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[dt.datetime | None]
    #: the document that was solved, and the fingerprint of its facts (locks and previous plan left out)
    instance: Mapped[dict[str, Any] | None] = mapped_column(JSONB, deferred=True)
    facts_sha256: Mapped[str | None]
    kpis: Mapped[dict[str, Any] | None]
    #: the figures had everybody got the first choice, or the published plan before a repair
    kpis_before: Mapped[dict[str, Any] | None]
    bounds: Mapped[dict[str, Any] | None]
    solver: Mapped[dict[str, Any] | None]
    #: pupils by slot code had everybody got the first choice
    load_before: Mapped[dict[str, Any] | None]
    #: requests whose lock could not be kept, with the reason: they need a person
    needs_repair: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]
    #: raised by every change by hand; a page that was opened before is refused
    version: Mapped[int] = mapped_column(default=1)

    progress: Mapped[list[RunProgress]] = relationship(order_by="RunProgress.id")
    proposals: Mapped[list[Proposal]] = relationship(back_populates="run", order_by="Proposal.request_id")

    __mapper_args__ = {"version_id_col": version}


class RunProgress(Base):
    """What the solver said while it worked; written by the worker in short transactions of its own."""

    __tablename__ = "run_progress"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    run_id: Mapped[RunId] = mapped_column(sa.ForeignKey("allocation_run.id", ondelete="CASCADE"), index=True)
    at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    stage: Mapped[str]
    seconds: Mapped[float]
    incumbent: Mapped[float | None]
    bound: Mapped[float | None]
    gap: Mapped[float | None]
    placed_pupils: Mapped[int | None]
    load: Mapped[dict[str, Any] | None]


class FrontierPoint(Base):
    """One of the plans between first choices and level days that a search has found; never changed afterwards.

    ``date_cost`` (changes included) and ``spread`` are the two sides of the frontier, ``kpis`` the figures under the
    prices of the run that was looked at, ``plan`` is the document of the allocation.
    """

    __tablename__ = "frontier_point"
    __table_args__ = (sa.CheckConstraint("position >= 1", name="position"),)

    run_id: Mapped[RunId] = mapped_column(sa.ForeignKey("allocation_run.id", ondelete="CASCADE"), primary_key=True)
    #: from 1, the plan with the most first choices, to the most level one
    position: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True, autoincrement=False)
    crowding_price: Mapped[float]
    date_cost: Mapped[float]
    spread: Mapped[float]
    #: found at the price of the run itself
    own: Mapped[bool]
    #: more of either side begins to cost most here
    knee: Mapped[bool]
    kpis: Mapped[dict[str, Any]]
    plan: Mapped[dict[str, Any]] = mapped_column(JSONB, deferred=True)
    #: the draft that was made of it
    chosen_run_id: Mapped[RunId | None] = mapped_column(sa.ForeignKey("allocation_run.id"), unique=True)


class Proposal(Base):
    """Where a run puts one request; ``slot_id`` NULL: unplaced. ``why`` is the engine's reason, in codes and facts."""

    __tablename__ = "proposal"
    __table_args__ = (
        sa.UniqueConstraint("run_id", "request_id"),
        sa.CheckConstraint(
            "overrides IS NULL OR coalesce(overrides ->> 'reason', '') <> ''", name="override_has_a_reason"
        ),
    )

    id: Mapped[ProposalId] = mapped_column(sa.Identity(), primary_key=True)
    run_id: Mapped[RunId] = mapped_column(sa.ForeignKey("allocation_run.id", ondelete="CASCADE"))
    request_id: Mapped[RequestId] = mapped_column(sa.ForeignKey("request.id"), index=True)
    slot_id: Mapped[SlotId | None] = mapped_column(sa.ForeignKey("slot.id"))
    why: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    #: the cheapest repair that the engine found, as ``scheduler.explain_repairs`` states it; NULL: none, or not asked
    remedy: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    #: put here by a person, not by the solver
    by_hand: Mapped[bool] = mapped_column(default=False)
    #: ``{"rules": [...], "reason": "..."}``: the soft rules that a person decided against here, and why
    overrides: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))

    run: Mapped[AllocationRun] = relationship(back_populates="proposals")
    request: Mapped[Request] = relationship()
    slot: Mapped[Slot | None] = relationship()
    groups: Mapped[list[ProposalGroup]] = relationship(
        back_populates="proposal", cascade="all, delete-orphan", order_by="ProposalGroup.workplace_id"
    )


class ProposalGroup(Base):
    """The pupils of a proposal at one workplace."""

    __tablename__ = "proposal_group"
    __table_args__ = (sa.CheckConstraint("pupils >= 1", name="pupils"),)

    proposal_id: Mapped[ProposalId] = mapped_column(sa.ForeignKey("proposal.id", ondelete="CASCADE"), primary_key=True)
    workplace_id: Mapped[WorkplaceId] = mapped_column(sa.ForeignKey("workplace.id"), primary_key=True)
    pupils: Mapped[int]

    proposal: Mapped[Proposal] = relationship(back_populates="groups")
    workplace: Mapped[Workplace] = relationship()
