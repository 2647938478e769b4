"""The cheapest repair for every request that has no place, or not its first choice; found after a plan was stored.

It is plain Python and takes a while, so it works with no transaction open and within a budget of time: requests without
a place come first, and what was not reached has no remedy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import Clock, seoul_date
from booking.db import transaction
from booking.domain.ids import RequestId, RunId
from booking.domain.states import RunKind
from booking.domain.vocabulary import Block
from booking.models.requests import Request
from booking.models.runs import Proposal
from booking.services.instance_builder import BuiltInstance
from booking.services.school_year import blocked, request_grade
from scheduler.allocation import Allocation
from scheduler.explain_repairs import cheapest_repair
from scheduler.instance import Instance

#: how long the search may take; the next repair waits in the same queue, so that a repair takes less
SECONDS = {RunKind.TERM: 15.0, RunKind.REPAIR: 3.0}

Allowed = Mapping[str, frozenset[str]]
Remedies = dict[str, dict[str, Any]]


def askable_slots(session: Session, clock: Clock, built: BuiltInstance) -> Allowed:
    """Return the slots, by visit, that a school could be asked for: to come, and not blocked in its calendar."""
    today = seoul_date(clock.now())
    ahead = [(built.slots[slot.id], slot.date, Block(slot.block)) for slot in built.instance.slots if slot.date > today]
    codes = {number: code for code, number in built.slots.items()}
    found: dict[str, frozenset[str]] = {}
    known: dict[tuple[Any, int | None], frozenset[str]] = {}
    requests = session.scalars(sa.select(Request).where(Request.id.in_(built.requests.values())))
    for request in requests:
        grade = request_grade(session, request)
        key = request.school_id, grade
        if key not in known:
            gone = blocked(session, request.school_id, [grade], ahead)
            known[key] = frozenset(codes[slot] for slot, _, _ in ahead if slot not in gone)
        found[request.code] = known[key]
    return found


def find_remedies(instance: Instance, plan: Allocation, allowed: Allowed, clock: Clock, seconds: float) -> Remedies:
    """Return the cheapest repair by visit, those without a place first, until the time is up.

    Who has no place may be asked for any slot that its calendar leaves free; who has one is told what its better wishes
    would take. A bundle has one repair for all.
    """
    until = clock.now() + dt.timedelta(seconds=seconds)
    found: Remedies = {}
    for party, slots in _parties(instance, plan, allowed):
        if clock.now() >= until:
            break
        remedy = cheapest_repair(instance, plan, party[0], slots=slots)
        # where a place would be free as it is, nothing has to be given: the reason itself says why it was not taken
        if remedy is not None and (remedy.changes or plan.by_visit[party[0]].slot is None):
            found.update(dict.fromkeys(party, remedy.document()))
    return found


def _parties(instance: Instance, plan: Allocation, allowed: Allowed) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Who is looked at, and at which slots: the unplaced, the largest first, then those not at their first choice."""
    out, worse = [], []
    for party in instance.parties:
        names = tuple(visit.id for visit in party)
        here = plan.by_visit[names[0]].slot
        free = [slot.id for slot in instance.slots if all(slot.id in allowed.get(name, ()) for name in names)]
        if here is None:
            out.append((names, tuple(free)))
            continue
        wishes = party[0].requested_slots
        better = wishes[: wishes.index(here)] if here in wishes else wishes
        if better:
            worse.append((names, tuple(slot for slot in better if slot in free)))
    out.sort(key=lambda entry: -sum(instance.visit_by_id[name].pupils for name in entry[0]))
    return [(names, slots) for names, slots in [*out, *worse] if slots]


def store_remedies(
    sessions: sessionmaker[Session], run_id: RunId, requests: Mapping[str, RequestId], found: Remedies
) -> None:
    """Keep the repairs with the plan; what a person has put elsewhere by hand meanwhile needs none."""
    with sessions() as session, transaction(session):
        for code, remedy in _in_order(found, requests):
            session.execute(
                sa.update(Proposal)
                .where(Proposal.run_id == run_id, Proposal.request_id == requests[code], ~Proposal.by_hand)
                .values(remedy=remedy)
            )


def _in_order(found: Remedies, requests: Mapping[str, RequestId]) -> Iterable[tuple[str, dict[str, Any]]]:
    """By number, so that two writers never wait for each other crosswise."""
    return sorted(found.items(), key=lambda entry: requests[entry[0]])
