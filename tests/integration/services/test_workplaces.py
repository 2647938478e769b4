"""The register is changed: nothing silently, nothing twice, and no visit loses its place without a yes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.answers import DeclineReason
from booking.domain.errors import Conflict, Forbidden, InvalidForm, StandingVisits
from booking.domain.ids import GroupId
from booking.domain.standing import Hit
from booking.domain.states import ACTIVE_RUNS, GroupStatus, RunKind, VisitStatus
from booking.domain.vocabulary import Block, Role, WorkplaceStatus
from booking.domain.workplace_entry import ClosureEntry, read_workplace
from booking.models.history import HistoryEntry
from booking.models.runs import AllocationRun
from booking.models.visits import VisitGroup
from booking.models.workplaces import Workplace, WorkplaceStep
from booking.services.audit import run_audit
from booking.services.instance_builder import build_instance
from booking.services.placing import live_groups, settle
from booking.services.workplace_effects import Effect, Patch
from booking.services.workplaces import add_workplace, change_workplace, find_workplace
from tests.support.factory import SmallTerm, small_document
from tests.unit.domain.test_workplace_entry import GOOD

MONDAY = dt.date(2027, 3, 15)
LATER = dt.datetime(2027, 3, 20, tzinfo=dt.UTC)


def without_offers(visits: int) -> dict[str, Any]:
    """A term of so many visits in which everybody fits at a date that was asked for: nothing is held for an offer."""
    document = small_document()
    for visit in document["visits"]:
        visit["requested_slots"].append(document["slots"][6]["id"])
        visit["negotiable_slots"] = []
    return {**document, "visits": document["visits"][:visits]}


@pytest.fixture
def small(session: Session) -> SmallTerm:
    """A term of two visits, so that workplaces have one group."""
    return SmallTerm(session, without_offers(2))


@pytest.fixture
def crowd(session: Session) -> SmallTerm:
    """A term in which workplaces have several groups."""
    return SmallTerm(session, without_offers(6))


def busy(small: SmallTerm) -> Workplace:
    """A workplace that has exactly one group in the plan: the largest such, so that a smaller size is too small."""
    small.publish()
    found = small.session.scalars(
        sa.select(VisitGroup.workplace_id)
        .group_by(VisitGroup.workplace_id)
        .having(sa.func.count() == 1)
        .order_by(sa.func.max(VisitGroup.pupils).desc(), VisitGroup.workplace_id)
    ).first()
    assert found is not None
    return find_workplace(small.session, found)


def group_at(small: SmallTerm, place: Workplace) -> VisitGroup:
    return small.session.scalars(sa.select(VisitGroup).where(VisitGroup.workplace_id == place.id)).one()


def change(small: SmallTerm, place: Workplace, patch: Patch, agreed: set[GroupId] | None = None, **more: Any) -> Effect:
    effect = change_workplace(
        small.session, small.clock, small.config, more.get("person", small.coordinator), place.id, patch,
        seen=more.get("seen", place.version), agreed=agreed or set(),
    )  # fmt: skip
    small.judge()
    return effect


def clean(small: SmallTerm) -> bool:
    return run_audit(small.session, small.clock.now()) == []


def repairs(small: SmallTerm) -> int:
    return (
        small.session.scalar(
            sa.select(sa.func.count()).where(
                AllocationRun.kind == RunKind.REPAIR, AllocationRun.status.in_(ACTIVE_RUNS)
            )
        )
        or 0
    )


def test_what_has_expired_on_the_date_of_a_slot_cannot_be_assigned(small: SmallTerm) -> None:
    place = small.session.scalars(sa.select(Workplace).where(Workplace.code == "W0")).one()

    def open_dates() -> set[str]:
        small.session.flush()
        document = build_instance(small.session, small.clock, small.term).document
        return {code[:10] for entry in document["workplaces"] if entry["id"] == "W0" for code in entry["open_slots"]}

    assert max(open_dates()) == "2027-03-26"
    for check in ("safety_valid_until", "insurance_valid_until", "certified_until"):
        before = getattr(place, check)
        setattr(place, check, dt.date(2027, 3, 17))
        assert max(open_dates()) == "2027-03-17", check
        setattr(place, check, before)
    place.safety_valid_until = None
    assert open_dates() == set()


def test_a_closure_names_the_visit_it_costs_and_starts_a_repair_after_the_yes(small: SmallTerm) -> None:
    place = busy(small)
    group = group_at(small, place)
    for other in live_groups(group.visit):
        other.status = GroupStatus.ACCEPTED
    settle(group.visit)
    small.session.flush()
    slot = group.visit.slot
    patch = Patch(closures=(ClosureEntry(slot.date, slot.date, (slot.block,), open=False, reason="재고 조사"),))

    with pytest.raises(StandingVisits) as refused:
        change(small, place, patch)
    assert refused.value.facts["groups"] == {group.id: Hit.CLOSED}
    assert (group.status, repairs(small)) == (GroupStatus.ACCEPTED, 0)
    assert place.exceptions == []

    change(small, place, patch, {group.id})

    small.session.refresh(group)
    assert (group.status, group.answer_reason) == (GroupStatus.DECLINED, DeclineReason.NOT_THIS_DAY)
    assert group.visit.status is VisitStatus.PUBLISHED
    assert repairs(small) == 1
    document = build_instance(small.session, small.clock, small.term).document
    opened = next(entry["open_slots"] for entry in document["workplaces"] if entry["id"] == place.code)
    assert slot.code not in opened
    entry = small.session.scalars(sa.select(HistoryEntry).where(HistoryEntry.action == "workplace_changed")).one()
    assert (entry.actor, entry.reason, entry.detail["groups"]) == (small.coordinator.actor, "재고 조사", 1)
    assert clean(small)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"max_group": 2}, Hit.SIZE),
        ({"levels": ["high"]}, Hit.LEVEL),
        ({"insurance_valid_until": dt.date(2027, 3, 1)}, Hit.EXPIRED),
        ({"certified_until": dt.date(2027, 3, 1)}, Hit.EXPIRED),
    ],
)
def test_each_narrowing_finds_the_visit_that_it_costs(small: SmallTerm, values: dict[str, Any], why: Hit) -> None:
    place = busy(small)
    group = group_at(small, place)

    with pytest.raises(StandingVisits) as refused:
        change(small, place, Patch(values))
    assert refused.value.facts["groups"] == {group.id: why}
    change(small, place, Patch(values), {group.id})

    small.session.refresh(group)
    assert group.status is GroupStatus.DECLINED
    assert clean(small)


def test_a_yes_to_other_groups_is_no_yes(small: SmallTerm) -> None:
    place = busy(small)

    with pytest.raises(StandingVisits):
        change(small, place, Patch({"max_group": 2}), {GroupId(group_at(small, place).id + 1)})
    with pytest.raises(StandingVisits):
        change(small, place, Patch({"notes": "문이 뒤에 있음"}), {group_at(small, place).id})


def test_ending_goes_by_its_steps_and_keeps_the_days(small: SmallTerm) -> None:
    place = busy(small)
    with pytest.raises(InvalidForm):
        change(small, place, Patch(status=WorkplaceStatus.TALKS))
    with pytest.raises(InvalidForm) as refused:
        change(small, place, Patch(status=WorkplaceStatus.PAUSED, since=dt.date(2027, 3, 1)))
    assert [(fault.field, fault.reason) for fault in refused.value.faults] == [("since", "future")]

    change(small, place, Patch(status=WorkplaceStatus.ENDED, since=dt.date(2027, 2, 20)), {group_at(small, place).id})

    step = small.session.scalars(sa.select(WorkplaceStep)).one()
    assert (step.status_before, step.status, step.since) == (
        WorkplaceStatus.ACTIVE, WorkplaceStatus.ENDED, dt.date(2027, 2, 20),
    )  # fmt: skip
    with pytest.raises(InvalidForm) as refused:
        change(small, place, Patch(status=WorkplaceStatus.FOUND, since=dt.date(2027, 2, 19)))
    assert refused.value.faults[0].reason == "before_last_step"
    assert clean(small)


def test_the_days_of_the_pipeline_cannot_be_rewritten_or_skipped(small: SmallTerm) -> None:
    place = small.session.scalars(sa.select(Workplace).limit(1)).one()
    change(small, find_workplace(small.session, place.id), Patch(status=WorkplaceStatus.PAUSED))
    for statement in (
        "UPDATE workplace_step SET since = '2020-01-01'",
        "INSERT INTO workplace_step (workplace_id, status_before, status, since)"
        " SELECT workplace_id, 'found', 'talks', '2030-01-01' FROM workplace_step",
    ):
        with pytest.raises(sa.exc.DBAPIError), small.session.begin_nested():
            small.session.execute(sa.text(statement))


def test_a_form_opened_before_anothers_change_is_refused(small: SmallTerm) -> None:
    place = find_workplace(small.session, small.session.scalars(sa.select(Workplace.id)).first())  # type: ignore[arg-type]  # there are eight
    change(small, place, Patch({"notes": "첫째"}))

    with pytest.raises(Conflict):
        change(small, place, Patch({"notes": "둘째"}), seen=1)
    assert place.notes == "첫째"
    assert place.version == 2
    # the same once more is no change
    change(small, place, Patch({"notes": "첫째"}), seen=1)
    assert place.version == 2


def test_visits_of_the_past_stay_whatever_closes_and_forbid_a_smaller_size_this_term(small: SmallTerm) -> None:
    place = busy(small)
    group = group_at(small, place)
    small.clock.moment = LATER
    assert group.visit.slot.date <= LATER.date()

    with pytest.raises(InvalidForm) as refused:
        change(small, place, Patch({"max_group": 2}))
    assert [(fault.field, fault.reason) for fault in refused.value.faults] == [("max_group", "term_so_far")]
    change(small, place, Patch(status=WorkplaceStatus.ENDED))

    assert group.status is GroupStatus.ASKED
    built = build_instance(small.session, small.clock, small.term)
    assert built.dropped_locks == {}
    assert clean(small)


def test_groups_that_stay_move_to_the_seats_that_are_left(crowd: SmallTerm) -> None:
    small = crowd
    small.publish()
    place = find_workplace(
        small.session, small.session.scalars(sa.select(Workplace.id).where(Workplace.code == "W7")).one()
    )
    groups = list(small.session.scalars(sa.select(VisitGroup).where(VisitGroup.workplace_id == place.id)))
    slots = [group.slot_id for group in groups]
    twice = [group for group in groups if slots.count(group.slot_id) == 2]
    assert twice, "the plan has no two groups at a time at the only workplace for two"
    twice[1].status = GroupStatus.ACCEPTED
    small.session.flush()
    with pytest.raises(StandingVisits) as refused:
        change(small, place, Patch({"groups_per_slot": 1}))
    hits = set(refused.value.facts["groups"])  # type: ignore[call-overload]  # facts carry no types
    assert twice[0].id in hits
    assert twice[1].id not in hits

    change(small, place, Patch({"groups_per_slot": 1}), hits)

    small.session.refresh(twice[1])
    assert twice[1].seat == 1
    assert clean(small)


def test_a_new_workplace_comes_in_with_its_day_and_its_pattern(small: SmallTerm) -> None:
    entry = read_workplace({**GOOD, "contact_name": ["이나라"], "contact_phone": ["010-0000-0002"]})
    added = add_workplace(
        small.session, small.clock, small.coordinator, entry, WorkplaceStatus.FOUND, dt.date(2027, 2, 1)
    )
    small.judge()

    place = find_workplace(small.session, added.id)
    assert place.code == "W0009"
    assert {(row.weekday, row.block) for row in place.hours} == {(1, Block.AM), (3, Block.PM)}
    assert place.contact is not None
    assert [(step.status_before, step.status) for step in place.steps] == [(None, WorkplaceStatus.FOUND)]
    with pytest.raises(InvalidForm):
        add_workplace(small.session, small.clock, small.coordinator, entry, WorkplaceStatus.FOUND, dt.date(2027, 2, 1))
    with pytest.raises(Forbidden):
        add_workplace(
            small.session, small.clock, small.person(Role.OFFICER), entry, WorkplaceStatus.FOUND, dt.date(2027, 2, 1)
        )
    assert clean(small)
