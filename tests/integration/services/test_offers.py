"""Offers with everything: another date instead, a deadline, made from the command line, moved on acceptance."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from booking.domain.errors import Conflict, IllegalTransition, InvalidInput, NotFound, OfferGone
from booking.domain.ids import SlotId
from booking.domain.states import GroupStatus, OfferStatus, RequestStatus, VisitStatus
from booking.domain.vocabulary import Role, SlotWish
from booking.exchange.shift_offers import ShiftLine, read_shift_offers
from booking.models.history import HistoryEntry
from booking.models.messages import Message
from booking.models.offers import Offer
from booking.models.school_year import SchoolDay
from booking.models.schools import School
from booking.models.visits import Visit, VisitGroup
from booking.services.audit import run_audit
from booking.services.instance_builder import build_instance
from booking.services.offer_counters import counter_offers
from booking.services.offer_deadlines import expire_offers
from booking.services.offer_sending import Sent, send_offers
from booking.services.offers import answer_offers, withdraw_gone
from booking.services.placing import live_groups
from booking.services.publication import load_proposals, needs_consent
from booking.services.published_plan import published_plan
from booking.services.remedies import askable_slots
from scheduler.__main__ import main
from scheduler.allocation import Assignment
from scheduler.faults import InputError
from scheduler.moves import best_groups
from scheduler.verifier import verify
from tests.support.factory import SmallTerm, at_slot

OFFERED = "2027-03-19/AM"
OTHER = "2027-03-25/PM"


def published(small: SmallTerm, **gone: str | None) -> None:
    """A published plan without the bundle, and with the visits named at other slots."""
    _, plan = small.plan()
    visits = {given.id: given for given in plan.visits}
    for code in ("V0004", "V0005"):
        visits[code] = Assignment(code, None)
    for code, slot in gone.items():
        visits[code] = next(given for given in at_slot(plan, code, slot) if given.id == code)
    small.publish(small.propose(visits.values()))


def held(small: SmallTerm) -> Offer:
    """One offer that holds places: V0002 at a date that its school did not ask for."""
    published(small, V0002=OFFERED)
    return small.session.scalars(sa.select(Offer)).one()


def line(small: SmallTerm, *visits: str, slot: str = OTHER, school: str = "S2", **gains: Any) -> ShiftLine:
    """A line as the engine writes it."""
    side = {"pupils": 40, "price_here": None, "price_there": 3.5, "yielded": 12.0}
    record = {
        "kind": "place",
        "school": school,
        "visits": list(visits),
        "slot": slot,
        "unplaced_pupils": 0,
        "date_stage": 812.5,
        "pupils_gained": 40,
        "date_stage_gained": 312.0,
        "for_school": side,
        "solved": True,
        **gains,
    }
    return read_shift_offers(json.dumps([record]).encode())[0]


def send(small: SmallTerm, *lines: ShiftLine, until: dt.date = dt.date(2027, 3, 5)) -> Sent:
    sent = send_offers(small.session, small.clock, lines, until, "command line")
    small.judge()
    return sent


def faults(small: SmallTerm, *lines: ShiftLine) -> list[str]:
    with pytest.raises(InputError) as refused:
        send_offers(small.session, small.clock, lines, dt.date(2027, 3, 5), "command line")
    return [str(fault) for fault in refused.value.faults]


def history(small: SmallTerm, action: str) -> list[HistoryEntry]:
    return list(small.session.scalars(sa.select(HistoryEntry).where(HistoryEntry.action == action)))


# ---------------------------------------------------------------------------------------------------- another date
def test_a_counter_frees_the_places_and_may_be_used_without_asking_again(small: SmallTerm) -> None:
    offer = held(small)
    groups = [group.id for group in live_groups(small.visit("V0002"))]
    teacher = small.person(Role.TEACHER, "S1")
    slot = small.slot(OTHER)

    counter_offers(small.session, small.clock, small.config, teacher, [offer.id], slot.id, "체육대회 뒤가 좋습니다")
    small.judge()

    request = small.request("V0002")
    small.session.refresh(request)
    assert (offer.status, offer.counter_slot_id) == (OfferStatus.COUNTERED, slot.id)
    assert {small.session.get_one(VisitGroup, number).status for number in groups} == {GroupStatus.RELEASED}
    assert request.status is RequestStatus.UNSERVED
    assert [wish.slot.code for wish in request.negotiable] == [OTHER]
    assert [entry.detail["slot"] for entry in history(small, "offer_countered")] == [OTHER]
    assert small.session.get_one(School, request.school_id).fairness_credit == 0
    assert run_audit(small.session, small.clock.now()) == []

    # the next run puts it there, and publishing asks nobody
    built = build_instance(small.session, small.clock, small.term)
    found = best_groups(built.instance, published_plan(small.session, built), "V0002", OTHER)
    assert found is not None
    plan = [
        Assignment("V0002", OTHER, found) if given.id == "V0002" else given
        for given in published_plan(small.session, built).visits
    ]
    run = small.propose(plan)
    assert needs_consent(small.session, load_proposals(small.session, run.id)) == set()
    small.publish(run)
    assert small.visit("V0002").status is VisitStatus.PUBLISHED
    assert small.session.scalars(sa.select(Offer.status)).all() == [OfferStatus.COUNTERED]


def test_a_visit_that_stands_may_move_to_a_date_that_its_school_proposed(small: SmallTerm) -> None:
    published(small)
    send(small, line(small, "V0000", slot="2027-03-25/AM", school="S0", kind="level"))
    offer = small.session.scalars(sa.select(Offer)).one()
    before = small.visit("V0000").slot_id
    teacher = small.person(Role.TEACHER, "S0")

    counter_offers(small.session, small.clock, small.config, teacher, [offer.id], small.slot(OTHER).id)
    small.judge()

    assert small.visit("V0000").slot_id == before
    assert small.request("V0000").status is RequestStatus.ALLOCATED
    document = build_instance(small.session, small.clock, small.term).document
    asked = {visit["id"]: visit for visit in document["visits"]}
    assert OTHER in asked["V0000"]["negotiable_slots"]
    assert asked["V0001"]["negotiable_slots"] == []


def test_consent_is_taken_back_by_a_later_no(small: SmallTerm) -> None:
    offer = held(small)
    teacher = small.person(Role.TEACHER, "S1")
    counter_offers(small.session, small.clock, small.config, teacher, [offer.id], small.slot(OTHER).id)
    small.clock.advance(dt.timedelta(hours=1))
    send(small, line(small, "V0002", school="S1"))
    later = small.session.scalars(sa.select(Offer).where(Offer.status == OfferStatus.SENT)).one()

    answer_offers(small.session, small.clock, small.config, teacher, [later.id], False)
    small.judge()

    run = small.propose(published_plan(small.session, build_instance(small.session, small.clock, small.term)).visits)
    proposal = next(one for one in load_proposals(small.session, run.id) if one.request.code == "V0002")
    proposal.slot = small.slot(OTHER)
    assert needs_consent(small.session, [proposal]) == {proposal.request_id}
    assert faults(small, line(small, "V0002", school="S1")) == [f"[0].slot: {OTHER} was declined by the school before"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [(None, "required"), (OFFERED, "offered"), ("2027-03-15/AM", "requested"), ("2027-03-24/AM", "blocked")],
)
def test_a_date_that_cannot_be_proposed_is_named(small: SmallTerm, code: str | None, reason: str) -> None:
    offer = held(small)
    day = {"name": "1차 지필평가", "kind": "exam", "grades": [1], "blocks": "all", "source": "hand"}
    small.session.add(SchoolDay(school_id=offer.request.school_id, date=dt.date(2027, 3, 24), **day))
    small.session.flush()
    slot = small.slot(code).id if code else None
    teacher = small.person(Role.TEACHER, "S1")

    with pytest.raises(InvalidInput) as refused:
        counter_offers(small.session, small.clock, small.config, teacher, [offer.id], slot)

    assert (refused.value.field, refused.value.reason) == ("counter", reason)
    assert offer.status is OfferStatus.SENT


def test_past_and_unknown_dates_cannot_be_proposed(small: SmallTerm) -> None:
    offer = held(small)
    teacher = small.person(Role.TEACHER, "S1")
    with pytest.raises(InvalidInput, match="slot") as unknown:
        counter_offers(small.session, small.clock, small.config, teacher, [offer.id], SlotId(10**9))
    assert unknown.value.reason == "out_of_term"
    small.clock.moment = dt.datetime(2027, 3, 16, 3, tzinfo=dt.UTC)
    with pytest.raises(InvalidInput) as past:
        counter_offers(small.session, small.clock, small.config, teacher, [offer.id], small.slot("2027-03-16/PM").id)
    assert past.value.reason == "past"


def test_a_second_date_is_refused_and_the_same_again_changes_nothing(small: SmallTerm) -> None:
    offer = held(small)
    teacher = small.person(Role.TEACHER, "S1")
    for _ in range(2):
        counter_offers(small.session, small.clock, small.config, teacher, [offer.id], small.slot(OTHER).id)
    assert len(history(small, "offer_countered")) == 1
    with pytest.raises(IllegalTransition):
        counter_offers(small.session, small.clock, small.config, teacher, [offer.id], small.slot("2027-03-25/AM").id)
    stranger = small.person(Role.TEACHER, "S0")
    with pytest.raises(NotFound):
        counter_offers(small.session, small.clock, small.config, stranger, [offer.id], small.slot(OTHER).id)


# ---------------------------------------------------------------------------------------------------- the deadline
def test_an_offer_is_open_on_its_last_day_and_gone_the_day_after(small: SmallTerm) -> None:
    offer = held(small)
    last = offer.answer_by
    small.clock.moment = dt.datetime.combine(last, dt.time(23, 59), tzinfo=dt.timezone(dt.timedelta(hours=9)))
    assert expire_offers(small.session, small.clock, small.config) == 0
    assert offer.status is OfferStatus.SENT

    small.clock.advance(dt.timedelta(minutes=2))
    assert expire_offers(small.session, small.clock, small.config) == 1
    small.judge()

    assert small.session.get_one(Offer, offer.id).status is OfferStatus.EXPIRED
    assert small.request("V0002").status is RequestStatus.UNSERVED
    assert [wish.slot.code for wish in small.request("V0002").negotiable] == [OFFERED]
    assert not small.session.scalars(
        sa.select(Visit).where(Visit.request_id == offer.request_id, Visit.status != VisitStatus.CANCELLED)
    ).all()
    assert [entry.actor for entry in history(small, "offer_expired")] == ["worker"]
    assert expire_offers(small.session, small.clock, small.config) == 0
    with pytest.raises(IllegalTransition):
        answer_offers(
            small.session, small.clock, small.config, small.person(Role.TEACHER, "S1"), [offer.id], accept=True
        )
    assert run_audit(small.session, small.clock.now()) == []


# ---------------------------------------------------------------------------------------------------- sent from a file
def test_a_bundle_without_a_place_is_held_at_one_slot_and_its_school_told_once(small: SmallTerm) -> None:
    published(small)
    sent = send(small, line(small, "V0004", "V0005"))

    assert (len(sent.offers), sent.held, sent.schools) == (2, 2, 1)
    visits = [small.visit(code) for code in ("V0004", "V0005")]
    assert {visit.status for visit in visits} == {VisitStatus.PROPOSED}
    assert {visit.slot_id for visit in visits} == {small.slot(OTHER).id}
    assert [sum(group.pupils for group in live_groups(visit)) for visit in visits] == [20, 20]
    assert {offer.gains["date_stage_gained"] for offer in sent.offers} == {312.0}
    told = small.session.scalars(sa.select(Message).where(Message.kind == "shift_offer")).all()
    assert {(message.channel.value, message.facts["held"]) for message in told} == {("email", True), ("sms", True)}
    assert [offer["label"] for offer in told[0].facts["offers"]] == ["1-1", "1-2"]
    assert run_audit(small.session, small.clock.now()) == []

    teacher = small.person(Role.TEACHER, "S2")
    answer_offers(small.session, small.clock, small.config, teacher, [sent.offers[0].id], True)
    small.judge()
    assert {small.visit(code).status for code in ("V0004", "V0005")} == {VisitStatus.PUBLISHED}
    assert run_audit(small.session, small.clock.now()) == []


def moving(small: SmallTerm) -> Offer:
    """An offer to a visit that stands elsewhere."""
    published(small)
    return send(small, line(small, "V0000", school="S0", kind="level")).offers[0]


def test_a_visit_that_stands_elsewhere_moves_when_its_school_agrees(small: SmallTerm) -> None:
    offer = moving(small)
    visit = small.visit("V0000")
    before, version = visit.slot_id, visit.version
    told = small.session.scalars(sa.select(Message).where(Message.kind == "shift_offer")).all()
    assert {message.facts["held"] for message in told} == {False}
    assert visit.status is VisitStatus.PUBLISHED

    teacher = small.person(Role.TEACHER, "S0")
    answer_offers(small.session, small.clock, small.config, teacher, [offer.id], True)
    small.judge()

    visit = small.visit("V0000")
    assert before != visit.slot_id == small.slot(OTHER).id
    assert visit.version == version + 1
    assert {group.status for group in live_groups(visit)} == {GroupStatus.ASKED}
    assert sum(group.pupils for group in live_groups(visit)) == 20
    credited = history(small, "credited")
    assert [(entry.detail["labels"], entry.detail["slot"]) for entry in credited] == [(["1-1"], OTHER)]
    assert run_audit(small.session, small.clock.now()) == []
    # the date is agreed: no later run takes it away
    document = build_instance(small.session, small.clock, small.term).document
    locked = {one["id"]: one["locked"] for one in document["visits"]}
    assert locked["V0000"] == {"slot": OTHER, "groups": None}


def test_where_the_room_is_gone_the_offer_is_put_away_and_the_visit_stays(small: SmallTerm) -> None:
    offer = moving(small)
    before = small.visit("V0000").slot_id
    small.session.execute(sa.text("UPDATE workplace SET status = 'paused' WHERE code <> 'W0'"))
    teacher = small.person(Role.TEACHER, "S0")

    with pytest.raises(OfferGone) as gone, small.session.begin_nested():
        answer_offers(small.session, small.clock, small.config, teacher, [offer.id], True)
    assert gone.value.facts["offers"] == [offer.id]
    small.session.expire_all()
    withdraw_gone(small.session, teacher, [offer.id])
    small.judge()

    assert small.session.get_one(Offer, offer.id).status is OfferStatus.WITHDRAWN
    assert small.visit("V0000").slot_id == before
    assert [entry.reason for entry in history(small, "offer_withdrawn")] == ["no_room"]


def test_declining_a_move_leaves_the_visit_where_it_is(small: SmallTerm) -> None:
    offer = moving(small)
    before = small.visit("V0000").slot_id
    teacher = small.person(Role.TEACHER, "S0")
    answer_offers(small.session, small.clock, small.config, teacher, [offer.id], False, "행사")
    small.judge()
    assert small.visit("V0000").slot_id == before
    assert small.request("V0000").status is RequestStatus.ALLOCATED


def test_every_line_at_fault_is_named_and_nothing_is_written(small: SmallTerm) -> None:
    offer = held(small)
    small.request("V0003").status = RequestStatus.WITHDRAWN
    small.visit("V0003").status = VisitStatus.CANCELLED
    for group in small.session.scalars(sa.select(VisitGroup).where(VisitGroup.visit.has(request_id=3))):
        group.status = GroupStatus.RELEASED
    small.session.flush()
    wrong = [
        line(small, "V0004", slot="2027-04-01/AM"),
        line(small, "V0004"),
        line(small, "V0099", school="S1"),
        line(small, "V0003", school="S1"),
        line(small, "V0002", school="S1"),
        line(small, "V0000", school="S1"),
        line(small, "V0001", slot="2027-03-15/AM", school="S0"),
    ]
    found = faults(small, *wrong)
    for words in (
        "2027-04-01/AM is no slot of the term",
        "must be all that go out together: V0004, V0005",
        "V0099 is no request of the term",
        "V0003 is withdrawn, and not to be placed",
        "V0002 has an offer that waits for its answer",
        "V0000 is a request of S0",
        "2027-03-15/AM is a date that the school asked for",
    ):
        assert any(words in text for text in found), (words, found)
    assert small.session.scalars(sa.select(Offer.id)).all() == [offer.id]


def test_two_lines_never_take_the_same_places(small: SmallTerm) -> None:
    """Eight workplaces take 6 pupils each: a bundle of 40 and a class of 20 do not fit at one slot."""
    published(small)
    found = faults(small, line(small, "V0004", "V0005"), line(small, "V0001", school="S0"))
    assert len(found) == 1
    assert found[0].startswith(f"[0].slot: no room at {OTHER} as the plan stands now: V0001")


def test_a_second_date_for_the_same_visits_is_passed_over(small: SmallTerm) -> None:
    published(small)
    sent = send(small, line(small, "V0004", "V0005"), line(small, "V0004", "V0005", slot="2027-03-25/AM"))
    assert (len(sent.offers), len(sent.passed_over)) == (2, 1)


def test_offers_need_a_published_plan_and_a_day_to_come(small: SmallTerm) -> None:
    with pytest.raises(Conflict):
        send(small, line(small, "V0004", "V0005"))
    with pytest.raises(InvalidInput):
        send(small, line(small, "V0004", "V0005"), until=dt.date(2027, 2, 21))


def test_what_the_engine_writes_is_what_is_read_and_sent(
    small: SmallTerm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the term as the next run would see it to offers that stand: nothing is translated on the way."""
    published(small)
    for code in ("V0004", "V0005"):
        # asked for two mornings that are too small for both: only a date that nobody named can help
        small.request(code).wishes = [wish for wish in small.request(code).wishes if wish.wish is SlotWish.REQUESTED]
    small.session.flush()
    built = build_instance(small.session, small.clock, small.term)
    plan = published_plan(small.session, built)
    judged = replace(plan, kpis=verify(built.instance, plan).kpis)
    documents = {
        "term": built.document,
        "plan": judged.to_document(),
        "calendar": {code: sorted(slots) for code, slots in askable_slots(small.session, small.clock, built).items()},
    }
    paths = {name: tmp_path / f"{name}.json" for name in documents}
    for name, document in documents.items():
        paths[name].write_text(json.dumps(document), encoding="utf-8")
    files = [str(paths["term"]), str(paths["plan"]), "--calendar", str(paths["calendar"])]

    assert main(["offers", *files, "--json", "--time-limit", "20"]) == 0

    lines = read_shift_offers(capsys.readouterr().out.encode())
    assert {"V0004", "V0005"} in [set(line.visits) for line in lines]
    sent = send(small, *lines)
    assert {"V0004", "V0005"} <= {offer.request.code for offer in sent.offers}
    assert run_audit(small.session, small.clock.now()) == []


def test_a_file_that_is_none_of_the_engines_is_refused_line_by_line() -> None:
    with pytest.raises(InputError, match="not JSON"):
        read_shift_offers(b"[")
    with pytest.raises(InputError, match="must be a list"):
        read_shift_offers(b"{}")
    broken = [{"kind": "swap", "school": "S0", "visits": [], "slot": 3, "solved": 1}]
    with pytest.raises(InputError) as refused:
        read_shift_offers(json.dumps(broken).encode())
    paths = {fault.path for fault in refused.value.faults}
    assert {"[0].kind", "[0].visits", "[0].slot", "[0].for_school", "[0].solved", "[0].pupils_gained"} <= paths
