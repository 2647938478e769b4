"""One example of each message that a publication would send, filled by the same templates that fill the real ones."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock, seoul_date
from booking.domain.ids import WorkplaceId
from booking.domain.vocabulary import Channel, Language
from booking.models.runs import AllocationRun, Proposal, ProposalGroup
from booking.models.terms import Centre
from booking.models.workplaces import Workplace
from booking.notify.catalogue import CATALOGUE, Kind
from booking.notify.rendering import CannotRender, Letter, Letterhead, Reader, render_email, render_sms
from booking.services.publication import PlannedVisit, Publication
from booking.services.telling import rank_of, slot_facts
from booking.services.terms import the_centre

Facts = dict[str, Any]
SAMPLE_LINK = "https://…/w/…"


@dataclass(frozen=True, slots=True)
class Example:
    """What one recipient will read: the e-mail's subject and text, the text message and how long it is."""

    to: str
    subject: str
    text: str
    sms: str
    sms_size: str


def examples(session: Session, clock: Clock, run: AllocationRun, publication: Publication) -> dict[Kind, Example]:
    """Return one example of each kind that would be sent; a kind that cannot be filled has none."""
    centre = the_centre(session)
    answer_by = seoul_date(clock.now()) + dt.timedelta(days=centre.answer_days)
    found: dict[Kind, Example] = {}
    told = [*publication.new, *publication.moved, *publication.regrouped]
    if told:
        school = told[0].request.school
        mine = [planned for planned in told if planned.request.school_id == school.id]
        facts = _allocation_facts(mine, publication, answer_by)
        found |= _example(centre, Kind.ALLOCATION_PROPOSED, facts, school.name, school.name)
        found |= _workplace_example(session, centre, run, told, answer_by)
    if publication.held:
        school = publication.held[0].request.school
        mine = [planned for planned in publication.held if planned.request.school_id == school.id]
        found |= _example(centre, Kind.SHIFT_OFFER, _offer_facts(mine, answer_by), school.name, school.name)
    return found


def _school_facts(planned: PlannedVisit, answer_by: dt.date) -> Facts:
    school = planned.request.school
    return {"school": school.name, "school_sms": school.sms_name, "answer_by": answer_by.isoformat()}


def _allocation_facts(mine: list[PlannedVisit], publication: Publication, answer_by: dt.date) -> Facts:
    moved = {id(planned) for planned in publication.moved}
    new = {id(planned) for planned in publication.new}
    visits = []
    for planned in mine:
        if planned.slot is None:
            continue
        kind = "moved" if id(planned) in moved else "new" if id(planned) in new else "regrouped"
        visits.append(
            {
                "label": planned.request.label,
                **(slot_facts(planned.slot) or {}),
                "starts": planned.request.school.hours(planned.slot.block)[0].strftime("%H:%M"),
                "pupils": planned.request.pupils,
                "workplaces": planned.groups,
                "rank": rank_of(planned.request, planned.slot),
                "change": kind,
                "was": slot_facts(planned.was) if kind == "moved" else None,
            }
        )
    return {**_school_facts(mine[0], answer_by), "visits": visits, "unplaced": []}


def _offer_facts(mine: list[PlannedVisit], answer_by: dt.date) -> Facts:
    offers = []
    for planned in mine:
        wishes = planned.request.requested
        offers.append(
            {
                "label": planned.request.label,
                "pupils": planned.request.pupils,
                "wanted": slot_facts(wishes[0].slot) if wishes else None,
                "offered": slot_facts(planned.slot),
            }
        )
    return {**_school_facts(mine[0], answer_by), "offers": offers}


def _workplace_example(
    session: Session, centre: Centre, run: AllocationRun, told: list[PlannedVisit], answer_by: dt.date
) -> dict[Kind, Example]:
    """The workplace and date with the most groups among the visits that are told."""
    slots = {planned.request.id: planned.slot for planned in told if planned.slot is not None}
    requests = {planned.request.id: planned.request for planned in told}
    days: defaultdict[tuple[WorkplaceId, dt.date], list[tuple[Proposal, ProposalGroup]]] = defaultdict(list)
    proposals = session.scalars(
        sa.select(Proposal)
        .where(Proposal.run_id == run.id, Proposal.request_id.in_(slots))
        .options(selectinload(Proposal.groups))
    )
    for proposal in proposals:
        for group in proposal.groups:
            days[group.workplace_id, slots[proposal.request_id].date].append((proposal, group))
    if not days:
        return {}
    (place_id, date), groups = max(days.items(), key=lambda item: (len(item[1]), -item[0][0]))
    place = session.get_one(Workplace, place_id, options=[selectinload(Workplace.contact)])
    listed = []
    for proposal, group in groups:
        request, slot = requests[proposal.request_id], slots[proposal.request_id]
        starts, ends = request.school.hours(slot.block)
        listed.append(
            {
                "uid": f"example-{proposal.id}",
                "school": request.school.name,
                "school_sms": request.school.sms_name,
                "label": request.label,
                "pupils": group.pupils,
                "block": slot.block.value,
                "starts": starts.strftime("%H:%M"),
                "ends": ends.strftime("%H:%M"),
                "change": "new",
            }
        )
    # the person behind the workplace is not needed to judge the text: a title stands for the name
    contact = place.contact.title if place.contact is not None and place.contact.title else place.name
    facts: Facts = {
        "workplace": place.name,
        "workplace_sms": place.sms_name,
        "contact": contact,
        "date": date.isoformat(),
        "answer_by": min(answer_by, date - dt.timedelta(days=1)).isoformat(),
        "sequence": 1,
        "groups": listed,
    }
    return _example(centre, Kind.WORKPLACE_ASK, facts, place.name, contact)


def _example(centre: Centre, kind: Kind, facts: Facts, to: str, reader: str) -> dict[Kind, Example]:
    entry = CATALOGUE[kind]
    letter = Letter(
        kind=kind,
        language=Language.KO,
        facts=facts,
        centre=Letterhead(centre.name, centre.telephone, centre.sms_header, "https://…"),
        reader=Reader(reader),
        link=SAMPLE_LINK if entry.private_link else "",
    )
    try:
        email = render_email(letter)
        sms = render_sms(letter) if Channel.SMS in entry.channels else None
    except CannotRender:
        return {}
    return {kind: Example(to, email.subject, email.text, sms.text if sms else "", sms.label if sms else "")}
