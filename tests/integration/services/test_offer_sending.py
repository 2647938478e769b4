"""Date shifts that the engine found, sent from the command line: held, or moved once a school agrees."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from booking.domain.errors import Conflict, InvalidInput, OfferGone
from booking.domain.states import GroupStatus, OfferStatus, RequestStatus, VisitStatus
from booking.domain.vocabulary import Role, SlotWish
from booking.exchange.shift_offers import read_shift_offers
from booking.models.messages import Message
from booking.models.offers import Offer
from booking.models.visits import VisitGroup
from booking.services.audit import run_audit
from booking.services.instance_builder import build_instance
from booking.services.offer_withdrawing import withdraw_gone
from booking.services.offers import answer_offers
from booking.services.placing import live_groups
from booking.services.published_plan import published_plan
from booking.services.remedies import askable_slots
from scheduler.__main__ import main
from scheduler.faults import InputError
from scheduler.verifier import verify
from tests.support.factory import SmallTerm
from tests.support.shifts import OTHER, faults, held, history, line, published, send


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
    visit.consent_at, visit.consent_by_id = small.clock.now(), teacher.user_id
    small.session.flush()

    answer_offers(small.session, small.clock, small.config, teacher, [offer.id], True)
    small.judge()

    visit = small.visit("V0000")
    assert before != visit.slot_id == small.slot(OTHER).id
    assert visit.version == version + 1
    # parents agreed to another date
    assert (visit.consent_at, visit.consent_by_id) == (None, None)
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
    small.session.expire_all()
    teacher = small.person(Role.TEACHER, "S0")

    with pytest.raises(OfferGone) as gone, small.session.begin_nested():
        answer_offers(small.session, small.clock, small.config, teacher, [offer.id], True)
    assert gone.value.facts["offers"] == [offer.id]
    small.session.expire_all()
    withdraw_gone(small.session, small.clock, teacher, [offer.id])
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
