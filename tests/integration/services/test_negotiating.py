"""Negotiating: chosen offers are sent, taken back, answered by telephone, or expire; what was held is free again."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
import sqlalchemy as sa

from booking.domain.errors import Conflict, Forbidden, IllegalTransition, InvalidInput, NotFound, OffersDoNotFit
from booking.domain.ids import OfferId
from booking.domain.states import GroupStatus, OfferStatus, RequestStatus, VisitStatus
from booking.domain.vocabulary import Role
from booking.models.messages import Message
from booking.models.offers import Offer
from booking.models.school_year import SchoolDay
from booking.models.schools import School
from booking.models.visits import VisitGroup
from booking.queries.offers import held_places, past_offers, school_offers
from booking.services.audit import run_audit
from booking.services.instance_builder import build_instance
from booking.services.offer_choosing import Refused, default_deadline, preview_found, send_found
from booking.services.offer_deadlines import expire_offers
from booking.services.offer_withdrawing import withdraw_offers
from booking.services.offers import answer_offers
from booking.services.placing import live_groups
from booking.services.published_plan import published_plan
from scheduler.moves import best_groups
from tests.support.factory import SmallTerm
from tests.support.searching import BUNDLE, Answer, found
from tests.support.shifts import OTHER, history, line, published, send

UNTIL = dt.date(2027, 3, 5)
#: eight workplaces with nine places for six pupils: a bundle of 40 fills them nearly
FULL = OTHER


def chosen(small: SmallTerm, *answers: Answer) -> list[OfferId]:
    """A published plan, and what was found in it: the first offer of each question."""
    published(small)
    offers = found(small, *answers)
    heads = {answer.visits[0] for answer in answers}
    return [offer.id for offer in offers if offer.request.code in heads]


def told(small: SmallTerm, kind: str) -> Counter[tuple[str, str]]:
    rows = small.session.scalars(sa.select(Message).where(Message.kind == kind))
    return Counter((message.facts["school"], message.channel.value) for message in rows)


def whole(small: SmallTerm) -> None:
    small.judge()
    assert run_audit(small.session, small.clock.now()) == []


def fits(small: SmallTerm, code: str, slot: str) -> bool:
    """Whether the next run would find groups for a visit there."""
    built = build_instance(small.session, small.clock, small.term)
    return best_groups(built.instance, published_plan(small.session, built), code, slot) is not None


def locked_slot(small: SmallTerm, code: str) -> str | None:
    """The slot that the next run may not take from a visit."""
    document = build_instance(small.session, small.clock, small.term).document
    locked = {visit["id"]: visit["locked"] for visit in document["visits"]}
    return locked[code]["slot"] if locked[code] else None


# ------------------------------------------------------------------------------------------------------------- sending
def test_what_was_chosen_is_sent_at_once_and_the_rest_stays(small: SmallTerm) -> None:
    ids = chosen(small, BUNDLE, Answer(("V0000",), slot="2027-03-25/AM"))

    sent = send_found(small.session, small.clock, small.coordinator, ids[:1], UNTIL)
    whole(small)

    # a bundle goes as one, whichever of its classes was named; the rows that were found are the rows that are sent
    assert {offer.request.code for offer in sent.offers} == {"V0004", "V0005"}
    assert {(offer.status, offer.answer_by, offer.gains["pupils_gained"]) for offer in sent.offers} == {
        (OfferStatus.SENT, UNTIL, 40)
    }
    assert {small.visit(code).status for code in ("V0004", "V0005")} == {VisitStatus.PROPOSED}
    assert told(small, "shift_offer") == {("다솜중", "email"): 1, ("다솜중", "sms"): 1}
    assert [entry.actor for entry in history(small, "offer_sent")] == [small.coordinator.actor] * 2
    left = small.session.scalars(sa.select(Offer).where(Offer.status == OfferStatus.FOUND)).one()
    assert left.request.code == "V0000"
    [held] = held_places(small.session, small.term.id)
    assert (held.slot.code, held.pupils, held.until) == (OTHER, 40, UNTIL)
    assert held.workplaces == len({group.workplace_id for group in held.groups}) >= 7


def test_a_look_before_sending_writes_nothing(small: SmallTerm) -> None:
    ids = chosen(small, BUNDLE)
    before = small.session.scalar(sa.text("SELECT count(*) FROM message"))

    letters = preview_found(small.session, small.clock, small.coordinator, ids, UNTIL)

    assert [(letter.school, letter.channel.value) for letter in letters] == [("다솜중", "email"), ("다솜중", "sms")]
    assert letters[0].facts["answer_by"] == "2027-03-05"
    assert small.session.scalar(sa.text("SELECT count(*) FROM message")) == before
    assert {offer.status for offer in small.session.scalars(sa.select(Offer))} == {OfferStatus.FOUND}
    assert held_places(small.session, small.term.id) == []
    whole(small)


def test_one_that_no_longer_fits_is_named_and_nothing_is_sent(small: SmallTerm) -> None:
    bundle, class_ = chosen(small, BUNDLE, Answer(("V0000",)))
    day = {"name": "체육대회", "kind": "event", "grades": [1], "blocks": "all", "source": "hand"}
    school = small.request("V0000").school_id
    with pytest.raises(OffersDoNotFit) as refused, small.session.begin_nested():
        send_found(small.session, small.clock, small.coordinator, [bundle, class_], UNTIL)
    assert reasons(refused.value) == {(class_, "no_room")}
    small.session.add(SchoolDay(school_id=school, date=dt.date(2027, 3, 25), **day))
    small.session.flush()
    with pytest.raises(OffersDoNotFit) as refused, small.session.begin_nested():
        send_found(small.session, small.clock, small.coordinator, [bundle, class_], UNTIL)
    assert reasons(refused.value) == {(class_, "blocked")}


def reasons(error: OffersDoNotFit) -> set[tuple[OfferId, str]]:
    obstacles = error.facts["obstacles"]
    assert isinstance(obstacles, list)
    return {(one.offer_id, one.obstacle.reason) for one in obstacles if isinstance(one, Refused)}


def test_what_was_chosen_is_checked_before_anything_else(small: SmallTerm) -> None:
    ids = chosen(small, BUNDLE, Answer(("V0000",), slot="2027-03-25/AM"))

    def refused(numbers: list[OfferId], until: dt.date | None) -> tuple[str | None, str | None]:
        with pytest.raises(InvalidInput) as caught:
            send_found(small.session, small.clock, small.coordinator, numbers, until)
        return caught.value.field, caught.value.reason

    assert refused([], UNTIL) == ("offers", "required")
    assert refused(ids, None) == ("until", "required")
    assert refused(ids, dt.date(2027, 2, 21)) == ("until", "past")
    assert refused(ids, dt.date(2027, 3, 25)) == ("until", "too_late")
    with pytest.raises(NotFound):
        send_found(small.session, small.clock, small.coordinator, [OfferId(10**9)], UNTIL)
    with pytest.raises(Forbidden):
        send_found(small.session, small.clock, small.person(Role.TEACHER, "S2"), ids, UNTIL)
    offers = list(small.session.scalars(sa.select(Offer)))
    # a week from now, and before the first of the dates
    assert default_deadline(small.session, small.clock, offers) == dt.date(2027, 3, 1)
    small.clock.moment = dt.datetime(2027, 3, 22, tzinfo=dt.UTC)
    assert default_deadline(small.session, small.clock, offers) == dt.date(2027, 3, 24)


def test_a_page_opened_before_another_sending_is_refused(small: SmallTerm) -> None:
    ids = chosen(small, BUNDLE, Answer(("V0000",), slot="2027-03-25/AM"))
    send_found(small.session, small.clock, small.coordinator, ids[:1], UNTIL)
    with pytest.raises(Conflict) as again:
        send_found(small.session, small.clock, small.coordinator, ids, UNTIL)
    assert again.value.reason == "changed"
    small.session.execute(sa.text("UPDATE allocation_run SET status = 'superseded' WHERE status = 'published'"))
    small.session.expire_all()
    with pytest.raises(Conflict) as gone:
        send_found(small.session, small.clock, small.coordinator, ids[1:], UNTIL)
    assert gone.value.reason == "no_plan"


def test_a_school_has_three_questions_at_a_time(small: SmallTerm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("booking.services.offer_choosing.MOST_PER_SCHOOL", 1)
    ids = chosen(small, BUNDLE, Answer(("V0000",), slot="2027-03-25/AM"), Answer(("V0001",), slot="2027-03-23/AM"))
    with pytest.raises(InvalidInput) as many:
        send_found(small.session, small.clock, small.coordinator, ids, UNTIL)
    assert (many.value.field, many.value.reason, many.value.facts["school"]) == ("offers", "too_many", "가람중")
    # the bundle is one question, and what waits already counts
    send_found(small.session, small.clock, small.coordinator, ids[:2], UNTIL)
    with pytest.raises(InvalidInput):
        send_found(small.session, small.clock, small.coordinator, ids[2:], UNTIL)


def test_the_command_sends_what_was_found_as_well(small: SmallTerm) -> None:
    [number] = chosen(small, BUNDLE)
    sent = send(small, line(small, "V0004", "V0005", date_stage_gained=99.0))
    assert number in {offer.id for offer in sent.offers}
    assert {offer.gains["date_stage_gained"] for offer in sent.offers} == {99.0}
    [other] = [offer.id for offer in found(small, Answer(("V0000",), slot="2027-03-25/AM"))]
    send(small, line(small, "V0000", school="S0", kind="level", slot="2027-03-23/AM"))
    assert small.session.get_one(Offer, other).status is OfferStatus.WITHDRAWN


# ------------------------------------------------------------------------------------------- withdrawn, expired: freed
def test_withdrawing_frees_the_places_for_the_next_run_and_tells_once(small: SmallTerm) -> None:
    [number] = chosen(small, BUNDLE)
    assert fits(small, "V0001", FULL)
    send_found(small.session, small.clock, small.coordinator, [number], UNTIL)
    assert not fits(small, "V0001", FULL)
    groups = [group.id for code in ("V0004", "V0005") for group in live_groups(small.visit(code))]
    assert locked_slot(small, "V0004") == OTHER

    for _ in range(2):
        withdraw_offers(small.session, small.clock, small.config, small.coordinator, [number], "일터 사정")
    whole(small)

    assert {small.session.get_one(VisitGroup, one).status for one in groups} == {GroupStatus.RELEASED}
    assert {small.request(code).status for code in ("V0004", "V0005")} == {RequestStatus.UNSERVED}
    assert fits(small, "V0001", FULL)
    assert held_places(small.session, small.term.id) == []
    assert told(small, "shift_withdrawn") == {("다솜중", "email"): 1, ("다솜중", "sms"): 1}
    message = small.session.scalars(sa.select(Message).where(Message.kind == "shift_withdrawn")).first()
    assert message is not None
    assert [offer["label"] for offer in message.facts["offers"]] == ["1-1", "1-2"]
    assert [entry.reason for entry in history(small, "offer_withdrawn")] == ["일터 사정"] * 2
    with pytest.raises(Forbidden):
        withdraw_offers(small.session, small.clock, small.config, small.person(Role.TEACHER, "S2"), [number])


def test_an_answered_offer_is_not_taken_back(small: SmallTerm) -> None:
    [number] = chosen(small, BUNDLE)
    send_found(small.session, small.clock, small.coordinator, [number], UNTIL)
    teacher = small.person(Role.TEACHER, "S2")
    answer_offers(small.session, small.clock, small.config, teacher, [number], True)
    with pytest.raises(IllegalTransition):
        withdraw_offers(small.session, small.clock, small.config, small.coordinator, [number])
    assert not told(small, "shift_withdrawn")
    assert {small.visit(code).status for code in ("V0004", "V0005")} == {VisitStatus.PUBLISHED}


def test_silence_is_told_once_and_frees_the_places(small: SmallTerm) -> None:
    [number, move] = chosen(small, BUNDLE, Answer(("V0000",), slot="2027-03-25/AM"))
    send_found(small.session, small.clock, small.coordinator, [number, move], UNTIL)
    stands = small.visit("V0000").slot_id
    small.clock.moment = dt.datetime(2027, 3, 6, 1, tzinfo=dt.UTC)
    assert expire_offers(small.session, small.clock, small.config) == 3
    assert expire_offers(small.session, small.clock, small.config) == 0
    whole(small)
    assert told(small, "shift_expired") == {
        (school, channel): 1 for school in ("가람중", "다솜중") for channel in ("email", "sms")
    }
    assert fits(small, "V0001", FULL)
    assert small.visit("V0000").slot_id == stands
    past = past_offers(small.session, 1, term_id=small.term.id)
    assert {row.offer.status for row in past.rows} == {OfferStatus.EXPIRED}
    assert all(row.ended_at is not None for row in past.rows)


# ----------------------------------------------------------------------------------------------------- by telephone
@pytest.mark.parametrize("accept", [True, False])
def test_an_answer_by_telephone_counts_like_the_schools_own(small: SmallTerm, accept: bool) -> None:
    [number] = chosen(small, BUNDLE)
    send_found(small.session, small.clock, small.coordinator, [number], UNTIL)

    answer_offers(small.session, small.clock, small.config, small.coordinator, [number], accept, "통화함")
    whole(small)

    offer = small.session.get_one(Offer, number)
    assert (offer.by_telephone, offer.answered_by_id, offer.reason) == (True, small.coordinator.user_id, "통화함")
    action = "offer_accepted" if accept else "offer_declined"
    assert [(entry.actor, entry.detail["telephone"]) for entry in history(small, action)] == [
        (small.coordinator.actor, True)
    ] * 2
    credit = small.session.get_one(School, offer.request.school_id).fairness_credit
    assert (credit > 0) is accept
    [row] = [row for row in school_offers(small.session, offer.request.school_id, 1).rows if row.offer.id == number]
    assert row.entered_by == small.coordinator.name
    assert row.gave == (40 if accept else 0)
    assert fits(small, "V0001", FULL) is not accept


def test_the_schools_own_answer_is_no_telephone_call(small: SmallTerm) -> None:
    [number] = chosen(small, BUNDLE)
    send_found(small.session, small.clock, small.coordinator, [number], UNTIL)
    answer_offers(small.session, small.clock, small.config, small.person(Role.TEACHER, "S2"), [number], False)
    assert small.session.get_one(Offer, number).by_telephone is False
    with pytest.raises(IllegalTransition):
        answer_offers(small.session, small.clock, small.config, small.coordinator, [number], True)
