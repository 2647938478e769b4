"""What a workplace says beside yes and no: another time, call us, closed days, a rest, its own contact."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from booking.domain.answers import Answer
from booking.domain.errors import InvalidForm, InvalidInput, LinkInvalid, StandingVisits
from booking.domain.states import GroupStatus, MessageStatus
from booking.domain.vocabulary import Block, WorkplaceStatus
from booking.domain.workplace_notes import NoteKind
from booking.models.history import HistoryEntry
from booking.models.messages import Message
from booking.models.visits import VisitGroup
from booking.models.workplace_words import WorkplaceFeed, WorkplaceNote
from booking.queries.calls import count_calls
from booking.services.placing import live_groups
from booking.services.successors import tell_new_contact
from booking.services.wish_effects import Consent, wish_effects
from booking.services.workplace_effects import Patch
from booking.services.workplace_feeds import make_workplace_feed, resolve_workplace_feed
from booking.services.workplace_notes import ask_for_call, propose_time, settle_note
from booking.services.workplace_self import (
    change_days,
    change_details,
    closing_patch,
    half_days,
    place_of,
    read_details,
    resting_patch,
)
from tests.support.answers import clean, link_of, repairs, status_of
from tests.support.factory import SmallTerm

YES = Answer(True)


@pytest.fixture
def published(small: SmallTerm) -> SmallTerm:
    small.publish()
    small.session.execute(
        sa.update(Message).where(Message.status == MessageStatus.CREATED).values(status=MessageStatus.SENT)
    )
    return small


# ------------------------------------------------------------------------------------------------------------ wishes
def open_notes(small: SmallTerm, kind: NoteKind) -> list[WorkplaceNote]:
    return list(
        small.session.scalars(
            sa.select(WorkplaceNote).where(WorkplaceNote.kind == kind, WorkplaceNote.settled_at.is_(None))
        )
    )


def test_who_wants_to_be_called_stands_once_on_the_list(published: SmallTerm) -> None:
    token = link_of(published, live_groups(published.visit("V0000"))[0])
    today = published.clock.now().date()
    before = published.session.scalar(count_calls(published.term.id, today)) or 0

    assert ask_for_call(published.session, published.clock, token, "오후 세 시쯤")
    assert not ask_for_call(published.session, published.clock, token, "오후 세 시쯤")
    assert ask_for_call(published.session, published.clock, token, "오전이 좋습니다")

    (note,) = open_notes(published, NoteKind.CALL_ME)
    assert note.text == "오전이 좋습니다"
    assert published.session.scalar(count_calls(published.term.id, today)) == before + 1
    settle_note(published.session, published.clock, published.coordinator, note.id)
    settle_note(published.session, published.clock, published.coordinator, note.id)
    assert published.session.scalar(count_calls(published.term.id, today)) == before
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


# ------------------------------------------------------------------------------------------------ closed days, a rest
def test_closed_half_days_cost_nobody_unseen(published: SmallTerm) -> None:
    group = live_groups(published.visit("V0000"))[0]
    token = link_of(published, group)
    place = place_of(published.session, token)
    known = half_days(published.session, published.clock, place)
    closed = {(dt.date(2027, 3, 15), Block.AM), (dt.date(2027, 3, 16), Block.PM)}
    patch = closing_patch(known, closed)

    with pytest.raises(StandingVisits) as refused:
        change_days(published.session, published.clock, published.config, token, patch, seen=place.version, agreed=())
    assert status_of(published, group) is GroupStatus.ASKED
    hits = refused.value.facts["groups"]
    assert isinstance(hits, dict)

    change_days(
        published.session, published.clock, published.config, token, patch, seen=place.version, agreed=set(hits)
    )
    published.judge()

    assert status_of(published, group) is GroupStatus.DECLINED
    assert len(repairs(published)) == 1
    published.session.refresh(place, ["exceptions"])
    again = half_days(published.session, published.clock, place)
    assert {half.half for half in again if half.closed} == closed
    assert closing_patch(again, closed) == Patch()
    assert [note.kind for note in open_notes(published, NoteKind.CLOSED)] == [NoteKind.CLOSED]
    opened = closing_patch(again, set())
    assert opened.undone == closed
    assert clean(published)


def test_a_rest_frees_what_lies_in_it_and_ends_by_itself(published: SmallTerm) -> None:
    group = live_groups(published.visit("V0000"))[0]
    token = link_of(published, group)
    place = place_of(published.session, token)
    patch = resting_patch(published.clock, dt.date(2027, 3, 16))
    hits = {
        one.id
        for one in published.session.scalars(sa.select(VisitGroup).where(VisitGroup.workplace_id == place.id))
        if one.visit.slot.date <= dt.date(2027, 3, 16)
    }

    change_days(published.session, published.clock, published.config, token, patch, seen=place.version, agreed=hits)

    assert group.status is GroupStatus.DECLINED
    assert place.status is WorkplaceStatus.ACTIVE
    published.session.refresh(place, ["exceptions"])
    closed = {half.half[0] for half in half_days(published.session, published.clock, place) if half.closed}
    assert max(closed) == dt.date(2027, 3, 16)
    (note,) = open_notes(published, NoteKind.PAUSED)
    assert note.text == "2027-03-16"


@pytest.mark.parametrize("until", [None, dt.date(2027, 2, 22), dt.date(2028, 2, 22)])
def test_a_rest_has_an_end_that_can_be(small: SmallTerm, until: dt.date | None) -> None:
    with pytest.raises(InvalidForm):
        resting_patch(small.clock, until)


# ------------------------------------------------------------------------------------------------------- own details
def test_a_contact_changes_what_is_typed_anew_and_the_office_reads_of_it(published: SmallTerm) -> None:
    token = link_of(published, live_groups(published.visit("V0000"))[0])
    place = place_of(published.session, token)
    assert place.contact is not None
    email = place.contact.email
    given = {
        "name": ["한바다"], "title": ["대표님"], "phone": ["010-0000-7777"], "email": [""], "language": ["en"],
        "prepares": ["편한 신발"],
    }  # fmt: skip

    details = read_details(given, place)
    change_details(published.session, published.clock, published.config, token, details, seen=place.version)

    published.session.refresh(place)
    contact = place.contact
    assert contact is not None
    assert (contact.name, contact.phone, contact.email, contact.language) == ("한바다", "010-0000-7777", email, "en")
    assert place.prepares == "편한 신발"
    (note,) = open_notes(published, NoteKind.DETAILS)
    assert note.text == "contact,prepares"
    kept = published.session.scalars(sa.select(HistoryEntry).order_by(HistoryEntry.id.desc()).limit(5)).all()
    assert not any("7777" in str(entry.detail) for entry in kept)


def test_somebody_has_to_be_reachable(published: SmallTerm) -> None:
    token = link_of(published, live_groups(published.visit("V0000"))[0])
    place = place_of(published.session, token)
    assert place.contact is not None
    place.contact.email = place.contact.phone = None
    with pytest.raises(InvalidForm):
        read_details({"name": ["한바다"], "language": ["ko"]}, place)


def test_a_calendar_lasts_until_it_is_renewed_or_somebody_else_answers(published: SmallTerm) -> None:
    token = link_of(published, live_groups(published.visit("V0000"))[0])
    first = make_workplace_feed(published.session, token)
    second = make_workplace_feed(published.session, token)

    with pytest.raises(LinkInvalid):
        resolve_workplace_feed(published.session, first)
    place_id = resolve_workplace_feed(published.session, second).workplace_id
    stored = published.session.scalars(sa.select(WorkplaceFeed.token_hash)).all()
    assert all(second.encode() not in one for one in stored)
    tell_new_contact(published.session, published.clock, published.coordinator, place_id)
    with pytest.raises(LinkInvalid):
        resolve_workplace_feed(published.session, second)
