"""What a workplace says beside yes and no: fewer, another time, call us, the whole week, closed days, a rest."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from booking.domain.answers import Answer, DeclineReason
from booking.domain.errors import Conflict, InvalidInput
from booking.domain.states import LIVE_GROUPS, GroupStatus, MessageStatus, RunStatus, VisitStatus
from booking.domain.vocabulary import WorkplaceStatus
from booking.domain.workplace_notes import NoteKind
from booking.models.history import HistoryEntry
from booking.models.messages import Message
from booking.models.visits import VisitGroup
from booking.models.workplace_words import GroupLimit
from booking.models.workplaces import Workplace
from booking.queries.calls import count_calls
from booking.services.answer_sheets import read_sheet
from booking.services.confirmations import answer
from booking.services.instance_builder import build_instance
from booking.services.placing import live_groups
from booking.services.wish_effects import Consent, wish_effects
from booking.services.workplace_notes import ask_for_call, propose_time, settle_note
from scheduler.repair import repair
from scheduler.verifier import verify
from tests.support.answering import clean, link_of, notice_of, open_notes, repairs
from tests.support.factory import SmallTerm

YES = Answer(True)


@pytest.fixture
def published(small: SmallTerm) -> SmallTerm:
    small.publish()
    small.session.execute(
        sa.update(Message).where(Message.status == MessageStatus.CREATED).values(status=MessageStatus.SENT)
    )
    return small


def reduced(small: SmallTerm, pupils: int) -> VisitGroup:
    group = max(live_groups(small.visit("V0000")), key=lambda one: one.pupils)
    answer(small.session, small.clock, small.config, link_of(small, group), {group.id: Answer(True, pupils=pupils)})
    small.judge()
    return group


# ------------------------------------------------------------------------------------------------------------- fewer
def test_a_smaller_group_keeps_its_place_and_the_rest_are_repaired(published: SmallTerm) -> None:
    group = reduced(published, 4)

    assert (group.status, group.pupils) == (GroupStatus.ACCEPTED, 4)
    assert [run.status for run in repairs(published)] == [RunStatus.QUEUED]
    assert published.session.get_one(GroupLimit, (group.visit.request_id, group.workplace_id)).pupils == 4
    listed = [known["pupils"] for known in notice_of(published, group).facts["groups"]]
    assert 4 in listed
    assert clean(published)


def test_the_repair_leaves_the_smaller_group_as_it_is(published: SmallTerm) -> None:
    from booking.services.published_plan import published_plan

    group = reduced(published, 4)
    built = build_instance(published.session, published.clock, published.term)
    mended = repair(built.instance, published_plan(published.session, built))

    assert verify(built.instance, mended).clean
    place = published.session.get_one(Workplace, group.workplace_id).code
    groups = {one.workplace: one.pupils for one in mended.by_visit["V0000"].groups}
    assert groups[place] == 4
    assert sum(groups.values()) == 20


def test_a_smaller_group_again_does_nothing_twice(published: SmallTerm) -> None:
    group = reduced(published, 4)
    token = link_of(published, group)

    answer(published.session, published.clock, published.config, token, {group.id: Answer(True, pupils=4)})

    changes = published.session.scalars(sa.select(HistoryEntry.id).where(HistoryEntry.action == "group_reduced")).all()
    assert len(changes) == 1
    assert len(repairs(published)) == 1


def test_a_confirmed_visit_is_open_again_when_a_workplace_takes_fewer(published: SmallTerm) -> None:
    visit = published.visit("V0000")
    for group in live_groups(visit):
        token = link_of(published, group)
        answer(published.session, published.clock, published.config, token, {group.id: YES})
    assert published.visit("V0000").status is VisitStatus.CONFIRMED

    reduced(published, 4)

    assert published.visit("V0000").status is VisitStatus.PUBLISHED
    assert clean(published)


@pytest.mark.parametrize("pupils", [0, 1, 7, 99])
def test_no_smaller_group_is_one_that_the_workplace_does_not_take(published: SmallTerm, pupils: int) -> None:
    with pytest.raises(InvalidInput):
        reduced(published, pupils)


def test_who_has_left_the_register_binds_no_run(published: SmallTerm) -> None:
    group = live_groups(published.visit("V0000"))[0]
    no = Answer(False, DeclineReason.NOT_ANY_MORE)
    answer(published.session, published.clock, published.config, link_of(published, group), {group.id: no})
    others = sa.update(VisitGroup).where(VisitGroup.workplace_id == group.workplace_id)
    published.session.execute(others.where(VisitGroup.status.in_(LIVE_GROUPS)).values(status=GroupStatus.RELEASED))
    place = published.session.get_one(Workplace, group.workplace_id)
    place.status = WorkplaceStatus.PAUSED
    published.session.flush()

    built = build_instance(published.session, published.clock, published.term)

    assert place.code not in built.instance.workplace_by_id


# -------------------------------------------------------------------------------------------------------------- week
def busy(small: SmallTerm) -> VisitGroup:
    """A group of a workplace that is asked about two days of one week."""
    for group in live_groups(small.visit("V0000")):
        if read_sheet(small.session, small.clock, link_of(small, group)).beside:
            return group
    raise AssertionError("no workplace has two days in a week")


def test_the_week_is_answered_together(published: SmallTerm) -> None:
    token = link_of(published, busy(published))
    sheet = read_sheet(published.session, published.clock, token)
    groups = sheet.answerable(week=True)
    assert len({group.visit.slot.date for group in groups}) == 2

    answer(
        published.session,
        published.clock,
        published.config,
        token,
        dict.fromkeys([g.id for g in groups], YES),
        sheet.seen,
    )

    assert {group.status for group in groups} == {GroupStatus.ACCEPTED}
    assert clean(published)


def test_another_day_is_not_answered_without_having_been_shown(published: SmallTerm) -> None:
    token = link_of(published, busy(published))
    sheet = read_sheet(published.session, published.clock, token)
    other = sheet.beside[0].groups[0]

    with pytest.raises(InvalidInput):
        answer(published.session, published.clock, published.config, token, {other.id: YES})
    assert other.status is GroupStatus.ASKED


def test_a_week_that_has_changed_is_shown_again(published: SmallTerm) -> None:
    group = busy(published)
    token = link_of(published, group)
    sheet = read_sheet(published.session, published.clock, token)
    seen = sheet.seen
    sheet.beside[0].notice.version += 1
    published.session.flush()

    with pytest.raises(Conflict) as refused:
        answer(published.session, published.clock, published.config, token, {group.id: YES}, seen)
    assert refused.value.reason == "changed"
    assert group.status is GroupStatus.ASKED


# ------------------------------------------------------------------------------------------------------------ wishes
def test_who_wants_to_be_called_stands_once_on_the_list(published: SmallTerm) -> None:
    token = link_of(published, live_groups(published.visit("V0000"))[0])
    today = published.clock.now().date()
    before = count_calls(published.session, published.term.id, today)

    assert ask_for_call(published.session, published.clock, token, "오후 세 시쯤")
    assert not ask_for_call(published.session, published.clock, token, "오후 세 시쯤")
    assert ask_for_call(published.session, published.clock, token, "오전이 좋습니다")

    (note,) = open_notes(published, NoteKind.CALL_ME)
    assert note.text == "오전이 좋습니다"
    assert count_calls(published.session, published.term.id, today) == before + 1
    settle_note(published.session, published.clock, published.coordinator, note.id)
    settle_note(published.session, published.clock, published.coordinator, note.id)
    assert count_calls(published.session, published.term.id, today) == before
    assert ask_for_call(published.session, published.clock, token, "다시")


def test_another_time_moves_nothing_and_its_effect_is_said(published: SmallTerm) -> None:
    group = live_groups(published.visit("V0000"))[0]
    token = link_of(published, group)
    wished, unasked = published.slot("2027-03-17/AM"), published.slot("2027-03-16/PM")

    assert propose_time(published.session, published.clock, token, group.id, wished.id, "")
    assert propose_time(published.session, published.clock, token, group.id, unasked.id, "오후가 좋습니다")

    (note,) = open_notes(published, NoteKind.OTHER_TIME)
    assert (note.slot_id, note.text) == (unasked.id, "오후가 좋습니다")
    assert (group.status, group.visit.slot.code) == (GroupStatus.ASKED, "2027-03-15/AM")
    assert not repairs(published)
    effect = wish_effects(published.session, published.clock, published.term, [note])[note.id]
    assert effect.consent is Consent.TO_ASK
    assert (effect.visits, effect.reason) == (1, None)
    assert effect.groups >= 4
    note.slot_id = wished.id
    published.session.flush()
    published.session.refresh(note)
    assert wish_effects(published.session, published.clock, published.term, [note])[note.id].consent is Consent.WISHED


def test_no_other_time_is_the_same_a_past_or_an_unknown_one(published: SmallTerm) -> None:
    group, stranger = live_groups(published.visit("V0000"))[:2]
    token = link_of(published, group)
    own, other = published.slot("2027-03-15/AM"), published.slot("2027-03-16/PM")
    for chosen, slot in ((group, own.id), (group, 10**9), (stranger, other.id)):
        with pytest.raises(InvalidInput):
            propose_time(published.session, published.clock, token, chosen.id, slot, "")  # type: ignore[arg-type]
    assert not open_notes(published, NoteKind.OTHER_TIME)
