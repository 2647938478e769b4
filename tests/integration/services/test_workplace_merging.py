"""Two entries become one: all that pointed to the one points to the other, or nothing happens."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.base import Base
from booking.domain.errors import Conflict, Forbidden, InvalidForm
from booking.domain.ids import WorkplaceId
from booking.domain.states import LIVE_GROUPS, GroupStatus
from booking.domain.vocabulary import Block, Role, WorkplaceStatus
from booking.models.history import HistoryEntry
from booking.models.messages import Message
from booking.models.requests import ExcludedWorkplace
from booking.models.runs import ProposalGroup
from booking.models.visits import VisitGroup, WorkplaceNotice
from booking.models.workplaces import Workplace, WorkplaceException, WorkplaceHours
from booking.queries.duplicates import duplicates
from booking.queries.pipeline import by_status, quarters
from booking.services.audit import run_audit
from booking.services.merging_rows import BY_ITSELF, STAYS, TWICE, pointing
from booking.services.notices import group_uid
from booking.services.workplace_merging import clashes, merge, say_distinct
from booking.services.workplaces import find_workplace
from tests.integration.services.test_workplaces import clean, without_offers
from tests.support.factory import SmallTerm


@pytest.fixture
def small(session: Session) -> SmallTerm:
    """A published term in which nothing is held for an offer."""
    small = SmallTerm(session, without_offers(2))
    small.publish()
    return small


def with_groups(small: SmallTerm) -> list[Workplace]:
    """Workplaces that have groups, the one with most first."""
    found = small.session.execute(
        sa.select(VisitGroup.workplace_id)
        .group_by(VisitGroup.workplace_id)
        .order_by(sa.func.count().desc(), VisitGroup.workplace_id)
    )
    return [find_workplace(small.session, WorkplaceId(number)) for (number,) in found]


def idle(small: SmallTerm) -> Workplace:
    """A workplace where nobody is expected, open for all whom the busiest receives."""
    busy = {place.id for place in with_groups(small)}
    free = sa.select(Workplace.id).where(Workplace.id.not_in(busy)).order_by(Workplace.id)
    number = small.session.scalars(free).first()
    assert number is not None
    place, busiest = find_workplace(small.session, number), with_groups(small)[0]
    place.min_group, place.max_group, place.levels = busiest.min_group, busiest.max_group, list(busiest.levels)
    place.groups_per_slot, place.visits_per_day = busiest.groups_per_slot, busiest.visits_per_day
    place.visits_per_week, place.visits_per_term = busiest.visits_per_week, busiest.visits_per_term
    place.hours = [WorkplaceHours(weekday=row.weekday, block=row.block) for row in busiest.hours]
    small.session.flush()
    return place


def make_one(small: SmallTerm, keep: Workplace, other: Workplace, *taken: str) -> Workplace:
    merged = merge(
        small.session, small.clock, small.config, small.coordinator, keep.id, other.id, taken,
        seen=(keep.version, other.version),
    )  # fmt: skip
    small.judge()
    small.session.expire_all()
    return merged


def test_all_that_pointed_to_the_one_points_to_the_other(small: SmallTerm) -> None:
    other, keep = with_groups(small)[0], idle(small)
    session = small.session
    groups = list(session.scalars(sa.select(VisitGroup).where(VisitGroup.workplace_id == other.id)))
    names = {group.id: group_uid(group) for group in groups}
    messages = session.scalar(sa.select(sa.func.count()).where(Message.workplace_id == other.id))
    notices = session.scalar(sa.select(sa.func.count()).where(WorkplaceNotice.workplace_id == other.id))
    written = session.scalar(sa.select(sa.func.count()).select_from(Message))
    asked = small.request("V0001").id
    for place in (other, keep):
        session.add(ExcludedWorkplace(request_id=asked, workplace_id=place.id, reason="멂", by_hand=True))
    other.notes, keep.notes = "뒤의 메모", "앞의 메모"
    session.flush()

    make_one(small, keep, other)

    assert {group.workplace_id for group in groups} == {keep.id}
    assert {group.id: group_uid(group) for group in groups} == names, "calendars call them as before"
    assert session.scalar(sa.select(sa.func.count()).where(Message.workplace_id == keep.id)) == messages
    assert session.scalar(sa.select(sa.func.count()).where(WorkplaceNotice.workplace_id == keep.id)) == notices
    assert session.scalar(sa.select(sa.func.count()).select_from(Message)) == written, "nobody is told of it"
    assert session.scalar(sa.select(sa.func.count()).where(ExcludedWorkplace.workplace_id == keep.id)) == 1
    assert keep.notes == "앞의 메모\n\n뒤의 메모"
    assert (other.status, other.merged_into_id, other.contact) == (WorkplaceStatus.ENDED, keep.id, None)
    for table, column in pointing():
        if column == "workplace_id" and table not in {"workplace_step", "workplace_hours", "workplace_exception"}:
            left = session.scalar(
                sa.select(sa.func.count()).select_from(Base.metadata.tables[table])
                .where(Base.metadata.tables[table].c[column] == other.id)
            )  # fmt: skip
            assert left == 0, table
    actions = session.scalars(sa.select(HistoryEntry.action).where(HistoryEntry.action.like("workplace_merged%")))
    assert sorted(actions) == ["workplace_merged", "workplace_merged_away"]
    assert clean(small)


def test_what_is_chosen_of_the_one_that_goes_is_taken_over(small: SmallTerm) -> None:
    other, keep = with_groups(small)[0], idle(small)
    day = small.slots()[-1].date
    other.exceptions.append(WorkplaceException(date=day, block=Block.AM, open=True, reason="더 엶"))
    other.name, other.address, other.lat, other.max_group = "딴 이름", "딴 곳", 37.51, keep.max_group + 3
    assert other.contact is not None
    email = other.contact.email
    small.session.flush()
    make_one(small, keep, other, "address", "sizes", "contact")
    assert keep.name != "딴 이름"
    assert (keep.address, keep.lat) == ("딴 곳", 37.51)
    assert keep.max_group == other.max_group
    assert keep.contact is not None
    assert keep.contact.email == email
    assert [(row.date, row.open) for row in keep.exceptions] == [(day, True)]


def same_slot(small: SmallTerm) -> tuple[Workplace, Workplace]:
    """Two workplaces with a group of two visits at one slot."""
    groups = list(small.session.scalars(sa.select(VisitGroup).order_by(VisitGroup.id)))
    one, other = next(
        (one, other) for one in groups for other in groups
        if one.workplace_id != other.workplace_id and one.slot_id == other.slot_id
    )  # fmt: skip
    return find_workplace(small.session, one.workplace_id), find_workplace(small.session, other.workplace_id)


def test_groups_that_do_not_fit_into_one_refuse_the_merge_by_name(small: SmallTerm) -> None:
    keep, other = same_slot(small)
    found = clashes(small.session, small.clock, keep, other, ())
    assert found
    versions = keep.version, other.version
    with pytest.raises(InvalidForm) as refused:
        make_one(small, keep, other)
    assert refused.value.faults[0].reason == "clash"
    assert (keep.version, other.version) == versions
    assert other.merged_into_id is None


def test_groups_of_two_classes_share_a_slot_where_there_are_seats(session: Session) -> None:
    small = SmallTerm(session, without_offers(6))
    small.publish()
    groups = list(session.scalars(sa.select(VisitGroup).order_by(VisitGroup.id)))
    pairs = [
        (one, two) for one in groups for two in groups
        if one.slot_id == two.slot_id and one.visit_id != two.visit_id and one.workplace_id != two.workplace_id
    ]  # fmt: skip
    assert pairs
    for one, two in pairs:
        keep, other = (find_workplace(session, group.workplace_id) for group in (one, two))
        keep.groups_per_slot, keep.visits_per_day, keep.visits_per_week, keep.visits_per_term = 9, None, None, None
        session.flush()
        if not clashes(session, small.clock, keep, other, ()):
            make_one(small, keep, other)
            seats = session.execute(
                sa.select(VisitGroup.slot_id, VisitGroup.seat)
                .where(VisitGroup.workplace_id == keep.id, VisitGroup.status.in_(LIVE_GROUPS))
            ).all()  # fmt: skip
            assert len(seats) == len(set(seats)) >= 2
            notices = session.execute(
                sa.select(WorkplaceNotice.date).where(WorkplaceNotice.workplace_id == keep.id)
            ).all()
            assert len(notices) == len(set(notices))
            assert run_audit(session, small.clock.now()) == []
            return
    pytest.fail("no two workplaces could be made one")


def test_whoever_comes_second_changes_nothing(small: SmallTerm) -> None:
    other, keep = with_groups(small)[0], idle(small)
    with pytest.raises(Conflict) as changed:
        merge(
            small.session, small.clock, small.config, small.coordinator, keep.id, other.id, (),
            seen=(keep.version, other.version + 1),
        )  # fmt: skip
    assert changed.value.reason == "changed"
    make_one(small, keep, other)
    with pytest.raises(Conflict) as merged:
        make_one(small, keep, other)
    assert merged.value.reason == "merged"
    with pytest.raises(InvalidForm):
        make_one(small, keep, keep)


def test_only_the_office_merges(small: SmallTerm) -> None:
    other, keep = with_groups(small)[0], idle(small)
    with pytest.raises(Forbidden):
        merge(
            small.session, small.clock, small.config, small.person(Role.OFFICER), keep.id, other.id, (),
            seen=(keep.version, other.version),
        )  # fmt: skip


def test_an_entry_that_went_is_no_workplace_in_the_figures(small: SmallTerm) -> None:
    other, keep = with_groups(small)[0], idle(small)
    year = small.clock.now().year
    before, standing = quarters(small.session, year), by_status(small.session)
    make_one(small, keep, other)
    assert quarters(small.session, year) == before
    assert by_status(small.session).total() == standing.total() - 1


def test_proposals_of_both_are_one_group(small: SmallTerm) -> None:
    session = small.session
    proposal = session.scalars(sa.select(ProposalGroup.proposal_id)).first()
    assert proposal is not None
    mine = list(session.scalars(sa.select(ProposalGroup).where(ProposalGroup.proposal_id == proposal)))
    pupils = sum(group.pupils for group in mine)
    # two that no visit is at any more, so that only what was proposed has to be made one
    for group in session.scalars(sa.select(VisitGroup)):
        group.status = GroupStatus.RELEASED
    session.flush()
    keep, other = (find_workplace(session, group.workplace_id) for group in mine[:2])
    merge(
        session, small.clock, small.config, small.coordinator, keep.id, other.id, (), seen=(keep.version, other.version)
    )  # fmt: skip
    session.expire_all()
    after = list(session.scalars(sa.select(ProposalGroup).where(ProposalGroup.proposal_id == proposal)))
    assert sum(group.pupils for group in after) == pupils
    assert len(after) == len(mine) - 1


def test_pairs_are_found_until_a_person_says_that_they_are_two(small: SmallTerm) -> None:
    one, two = list(small.session.scalars(sa.select(Workplace).order_by(Workplace.id)))[:2]
    one.name, two.name = "보기 공방", "(주)보기공방"
    one.address = two.address = "서울 구로구 보기로 10"
    small.session.flush()
    assert (one.id, two.id) in [(pair.one.id, pair.other.id) for pair in duplicates(small.session)]
    say_distinct(small.session, small.clock, small.coordinator, two.id, one.id)
    say_distinct(small.session, small.clock, small.coordinator, one.id, two.id)
    assert (one.id, two.id) not in [(pair.one.id, pair.other.id) for pair in duplicates(small.session)]


def test_a_table_that_may_hold_both_at_once_has_its_own_rule() -> None:
    """Whoever adds a table with a key over a workplace is asked here what becomes of two of its rows."""
    ruled = BY_ITSELF | set(TWICE) | set(STAYS)
    for table, column in pointing():
        found = Base.metadata.tables[table]
        unique = [*found.constraints, *(index for index in found.indexes if index.unique)]
        keyed = any(
            column in {part.name for part in one.columns}
            for one in unique
            if isinstance(one, sa.PrimaryKeyConstraint | sa.UniqueConstraint | sa.Index)
        )
        assert not keyed or table in ruled, f"{table}.{column}: see booking/services/merging_rows.py"
