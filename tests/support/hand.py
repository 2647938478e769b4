"""The coordinator at a proposed plan, for the tests of changes by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.ids import RunId, WorkplaceId
from booking.domain.person import Person
from booking.models.hand_changes import HandChange
from booking.models.runs import AllocationRun, Proposal
from booking.models.workplaces import Workplace
from booking.services import hand_changes, hand_undo
from booking.services.audit import run_audit
from booking.services.hand_states import state_of
from booking.services.proposals import plan_of
from scheduler.verifier import verify
from tests.support.factory import SmallTerm

WHY = "학교에서 전화로 부탁했습니다."
#: slots by number: the first wish of all, taken by V0000 and V0001; the second, by V0002 and V0003; and one where
#: nobody is, which every school would have to be asked for (the bundle V0004 and V0005 is at the other such slot)
FIRST, SECOND, EMPTY = 0, 4, 14


class Hand:
    """The coordinator at a proposed plan, with the page always just opened."""

    def __init__(self, small: SmallTerm, run: AllocationRun) -> None:
        self.small = small
        self.run = run

    @property
    def opened(self) -> tuple[Session, Clock, Person, RunId, int]:
        return (self.small.session, self.small.clock, self.small.coordinator, self.run.id, self.run.version)

    def move(self, code: str, slot: int | None, why: str = WHY) -> None:
        target = None if slot is None else self.small.slots()[slot].id
        hand_changes.move(*self.opened, self.small.request(code).id, target, why)

    def swap(self, code: str, other: str, why: str = WHY) -> None:
        hand_changes.swap(*self.opened, self.small.request(code).id, self.small.request(other).id, why)

    def split(self, code: str, groups: Mapping[str, int]) -> None:
        chosen = {self.place(name): pupils for name, pupils in groups.items()}
        hand_changes.split(*self.opened, self.small.request(code).id, chosen, WHY)

    def exclude(self, code: str, name: str, why: str = WHY) -> None:
        hand_changes.exclude(*self.opened, self.small.request(code).id, self.place(name), why)

    def admit(self, code: str, name: str) -> None:
        hand_changes.admit(*self.opened, self.small.request(code).id, self.place(name))

    def pin(self, code: str, pinned: bool = True) -> None:
        hand_changes.set_pin(*self.opened, self.small.request(code).id, pinned)

    def undo(self) -> None:
        hand_undo.undo(*self.opened)

    def redo(self) -> None:
        hand_undo.redo(*self.opened)

    def place(self, name: str) -> WorkplaceId:
        found = self.small.session.scalar(sa.select(Workplace.id).where(Workplace.code == name))
        assert found is not None
        return found

    def state(self) -> dict[str, Any]:
        """Everything of the plan that can be changed by hand, as it stands in the database."""
        self.small.session.flush()
        self.small.session.expire_all()
        plan = plan_of(self.small.session, self.run.id)
        return state_of(plan, plan.by_code)

    def proposal(self, code: str) -> Proposal:
        self.small.session.expire_all()
        return plan_of(self.small.session, self.run.id).by_code[code]

    def slot(self, code: str) -> int | None:
        given = self.proposal(code).slot_id
        return None if given is None else [slot.id for slot in self.small.slots()].index(given)

    def groups(self, code: str) -> dict[str, int]:
        return dict(self.state()["visits"][code]["groups"])

    def journal(self) -> list[HandChange]:
        found = sa.select(HandChange).where(HandChange.run_id == self.run.id).order_by(HandChange.sequence)
        return list(self.small.session.scalars(found))

    def holds(self) -> None:
        """The plan breaks no rule, and neither does the database."""
        plan = plan_of(self.small.session, self.run.id)
        verdict = verify(plan.instance, plan.allocation)
        assert verdict.clean, verdict.violations
        assert run_audit(self.small.session, self.small.clock.now()) == []
