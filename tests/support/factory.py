"""A small term to test with: three schools, eight workplaces, two weeks, and the steps that bring it somewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import FixedClock
from booking.config import Config, load_config
from booking.demo.load import load_demo
from booking.domain.person import Person
from booking.domain.states import RUN_STEPS, RunStatus, step
from booking.domain.vocabulary import Role
from booking.models.people import User
from booking.models.requests import Request
from booking.models.runs import AllocationRun, Proposal, ProposalGroup
from booking.models.terms import Slot, Term
from booking.models.visits import Visit, WorkplaceNotice
from booking.services import links
from booking.services.allocations import start_run
from booking.services.instance_builder import build_instance
from booking.services.published_plan import unproven
from booking.services.publishing import publish
from scheduler.allocation import Allocation, Assignment
from scheduler.baseline import first_come_first_served
from scheduler.instance import Instance, parse_instance
from scheduler.verifier import verify

#: a Monday three weeks before the first slot: requests are open, plans can be published
NOW = dt.datetime(2027, 2, 22, 0, 0, tzinfo=dt.UTC)
FIRST_DAY = dt.date(2027, 3, 15)


def _slots() -> list[dict[str, Any]]:
    slots = []
    for day in range(12):
        date = FIRST_DAY + dt.timedelta(days=day)
        if date.weekday() < 5:
            year, week, _ = date.isocalendar()
            slots += [
                {"id": f"{date}/{block}", "date": str(date), "block": block, "week": f"{year}-W{week:02d}"}
                for block in ("AM", "PM")
            ]
    return slots


def small_document(**changes: Any) -> dict[str, Any]:
    """A wx-instance/1 document: everybody's first wish is the first Monday morning, where not everybody fits."""
    slots = [slot["id"] for slot in _slots()]
    document: dict[str, Any] = {
        "format": "wx-instance/1",
        "name": "small",
        "slots": _slots(),
        "schools": [
            {
                "id": f"S{n}",
                "name": name,
                "level": "middle",
                "lat": 37.49 + n / 100,
                "lon": 126.86,
                "own_chaperones_per_slot": 4,
                "fairness_credit": 0,
            }
            for n, name in enumerate(("가람중", "나래중", "다솜중"))
        ],
        "workplaces": [
            {
                "id": f"W{n}",
                "name": f"일터 {n}",
                "field": "arts" if n % 2 else "health",
                "lat": 37.49,
                "lon": 126.86 + n / 100,
                "min_group": 2,
                "max_group": 6,
                "groups_per_slot": 2 if n == 7 else 1,
                "visits_per_day": 2,
                "visits_per_week": 6,
                "visits_per_term": None,
                "levels": ["middle", "high"],
                "open_slots": slots if n != 3 else slots[::2],
            }
            for n in range(8)
        ],
        "visits": [
            {
                "id": f"V{n:04d}",
                "school": f"S{n // 2}",
                "label": f"1-{n % 2 + 1}",
                "pupils": 20,
                "chaperones_needed": 2,
                "fields": ["arts"],
                "requested_slots": [slots[0], slots[4], *([slots[10]] if n == 3 else [])],
                "negotiable_slots": [slots[8]],
                "bundle": "S2-B" if n // 2 == 2 else None,
                "max_travel_km": None,
                "locked": None,
                "previous": None,
            }
            for n in range(6)
        ],
        "coaches": dict.fromkeys(slots, 3),
        "policy": {
            "date_cost": [0, 1, 3],
            "shift_cost": 15,
            "crowding_price": 10,
            "off_field_cost": 10,
            "travel_cost": 1,
            "group_cost": 1,
            "change_cost": 2,
            "fairness_slack": 0.005,
        },
    }
    return {**document, **changes}


def settings(**changes: str) -> Config:
    """The configuration of a test: nothing waits."""
    return load_config(
        {
            "SECRET_KEY": "only-for-tests-" + "0123456789abcdef" * 2,
            "DATABASE_URL": "postgresql+psycopg://unused",
            "REDIS_URL": "redis+socket:///nowhere",
            "SETTLE_SECONDS": "0",
            **changes,
        }
    )


class SmallTerm:
    """A loaded term with its clock, configuration and people; ``term`` where it has been loaded by somebody else."""

    def __init__(
        self,
        session: Session,
        document: dict[str, Any] | None = None,
        *,
        term: Term | None = None,
        now: dt.datetime = NOW,
    ) -> None:
        self.session = session
        self.clock = FixedClock(now)
        self.config = settings()
        self.term: Term = term or load_demo(
            session, self.clock, parse_instance(document or small_document()), current=False
        )
        self.coordinator = self.person(Role.COORDINATOR)

    def person(self, role: Role, school: str | None = None) -> Person:
        """Somebody of the role; for a teacher the one of the school with this code."""
        if role is Role.TEACHER:
            request = self.session.scalars(sa.select(Request).where(Request.school.has(code=school))).first()
            assert request is not None
            user = self.session.scalars(sa.select(User).where(User.posts.any(school_id=request.school_id))).one()
            return Person(user.id, user.name, role, user.language, (request.school_id,))
        user = self.session.scalars(sa.select(User).where(User.role == role)).one()
        return Person(user.id, user.name, role, user.language)

    def slot(self, code: str) -> Slot:
        """The slot with this code."""
        return self.session.scalars(sa.select(Slot).where(Slot.code == code)).one()

    def slots(self) -> list[Slot]:
        """All slots in order."""
        return list(self.session.scalars(sa.select(Slot).order_by(Slot.date, Slot.block)))

    def request(self, code: str) -> Request:
        """The request with this code."""
        return self.session.scalars(sa.select(Request).where(Request.code == code)).one()

    def visit(self, code: str) -> Visit:
        """The live visit of the request with this code."""
        return self.session.scalars(
            sa.select(Visit).where(Visit.request.has(code=code), Visit.status != "cancelled")
        ).one()

    def propose(self, plan: Iterable[Assignment] | None = None) -> AllocationRun:
        """A run whose plan is ``plan``, else first come first served, judged and stored as a worker would."""
        run = start_run(self.session, self.clock, self.config, self.coordinator)
        built = build_instance(self.session, self.clock, self.term)
        allocation = unproven(built.instance, plan or first_come_first_served(built.instance), "test")
        verdict = verify(built.instance, allocation)
        assert verdict.clean, verdict.violations
        run.instance = built.document
        run.facts_sha256 = built.facts_sha256
        for assignment in allocation.visits:
            self.session.add(
                Proposal(
                    run_id=run.id,
                    request_id=built.requests[assignment.id],
                    slot_id=built.slots[assignment.slot] if assignment.slot else None,
                    why=None,
                    groups=[
                        ProposalGroup(workplace_id=built.workplaces[group.workplace], pupils=group.pupils)
                        for group in assignment.groups
                    ],
                )
            )
        for status in (RunStatus.SOLVING, RunStatus.PROPOSED):
            run.status = step(RUN_STEPS, run.status, status)
        self.session.flush()
        return run

    def publish(self, run: AllocationRun | None = None) -> AllocationRun:
        """Publish the run, else a new one, and let the deferred guards of the database judge it."""
        chosen = run or self.propose()
        published = publish(self.session, self.clock, self.config, self.coordinator, chosen.id, chosen.version)
        self.judge()
        return published

    def judge(self) -> None:
        """Run the database's deferred guards now, as a commit would."""
        self.session.flush()
        self.session.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))
        self.session.execute(sa.text("SET CONSTRAINTS ALL DEFERRED"))

    def link(self, notice: WorkplaceNotice) -> str:
        """A private link of the notice at its present version."""
        return links.issue(self.session, notice.id, notice.version)

    def plan(self) -> tuple[Instance, Allocation]:
        """The bare instance and its first-come-first-served plan, to be bent by a test."""
        built = build_instance(self.session, self.clock, self.term, keep=False)
        return built.instance, unproven(built.instance, first_come_first_served(built.instance), "test")


def at_slot(plan: Allocation, visit: str, slot: str | None) -> list[Assignment]:
    """The plan with one visit at another slot, its groups as they are."""
    return [
        replace(given, slot=slot, groups=given.groups if slot else ()) if given.id == visit else given
        for given in plan.visits
    ]
