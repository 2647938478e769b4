"""Why a visit is not at its first choice: a code, and facts that a person can check, for each better slot."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from scheduler.allocation import Assignment, Why
from scheduler.costs import groups_price, may_use, rank_of, sizes
from scheduler.instance import Instance
from scheduler.knapsack import reachable
from scheduler.parts import Visit
from scheduler.placing import date_cost_at, place_party
from scheduler.usage import Usage

Facts = dict[str, object]


class WhyCode(StrEnum):
    """What kept a visit (with its bundle) from a slot, everybody else where they are.

    Facts of every code: `slot`, `rank` (null for a negotiable slot).

    - CLOSED: no groups of this visit add up there even if it were alone: `open_workplaces` it may use, their `seats`.
    - BUNDLE_TOO_LARGE: the bundle's `pupils` are more than the `seats` open to its level there, `visits` in all.
    - BUNDLE_NOT_ACCEPTED: other visits of the bundle do not accept the slot: `visits` (ids).
    - COACHES_SHORT: `needed` coaches with this visit, `there`; `alone` says whether it needs too many by itself.
    - CLASS_SAME_DAY: the `class` has another visit on the `date`.
    - SEATS_TAKEN: no groups add up in what is left: `load` of `seats` taken by `visits`, `free_seats` by all limits.
    - LEVELLED: it would fit, but costs everybody more: congestion prices `price_there` and `price_here`, `extra` cost
      in all of both stages.
    - LOCKED: the visit (or its bundle) is locked to `locked`.
    - WITHIN_GAP: it would fit and save `saving` in all; the plan is only proven to within its gap (or fairness).
    - NOT_REQUESTED: the school asked for no slot; only negotiable ones are there.
    """

    CLOSED = "closed"
    BUNDLE_TOO_LARGE = "bundle_too_large"
    BUNDLE_NOT_ACCEPTED = "bundle_not_accepted"
    COACHES_SHORT = "coaches_short"
    CLASS_SAME_DAY = "class_same_day"
    SEATS_TAKEN = "seats_taken"
    LEVELLED = "levelled"
    LOCKED = "locked"
    WITHIN_GAP = "within_gap"
    NOT_REQUESTED = "not_requested"


def reasons(instance: Instance, visits: Sequence[Assignment]) -> tuple[Assignment, ...]:
    """The same assignments, each with its reason: null exactly for a visit at its first requested slot.

    The code and facts are those of the best slot missed; `better` lists every better slot with its own code and facts
    (for a visit that is not placed, every slot that it accepts).
    """
    given = {assignment.id: assignment for assignment in visits}
    usage = Usage.of(instance, visits)
    found: dict[str, Why | None] = {}
    for party in instance.parties:
        if all(_at_first_choice(visit, given[visit.id].slot) for visit in party):
            found |= dict.fromkeys((visit.id for visit in party), None)
            continue
        placed = {visit.id: given[visit.id] for visit in party}
        _count(usage, party, placed, -1)
        entries: dict[str, Facts] = {}
        for visit in party:
            found[visit.id] = _why(instance, usage, visit, party, placed, entries)
        _count(usage, party, placed, 1)
    return tuple(replace(assignment, why=found[assignment.id]) for assignment in visits)


def _at_first_choice(visit: Visit, slot: str | None) -> bool:
    return slot is not None and visit.requested_slots[:1] == (slot,)


def _count(usage: Usage, party: Sequence[Visit], placed: Mapping[str, Assignment], sign: int) -> None:
    for visit in party:
        slot = placed[visit.id].slot
        if slot is not None:
            usage.add(visit, slot, placed[visit.id].groups, sign)


def _why(
    instance: Instance,
    usage: Usage,
    visit: Visit,
    party: Sequence[Visit],
    placed: Mapping[str, Assignment],
    entries: dict[str, Facts],
) -> Why | None:
    """The reason of one visit; `entries` keeps what was found out for its party, by slot."""
    here = placed[visit.id].slot
    if _at_first_choice(visit, here):
        return None
    rank = rank_of(visit, here) if here is not None else None
    missed = list(visit.requested_slots if rank is None else visit.requested_slots[:rank])
    if here is None:
        missed += visit.negotiable_slots
    better: list[Facts] = []
    for slot in missed:
        if slot not in entries:
            entries[slot] = _missed(instance, usage, party, placed, slot)
        better.append({"slot": slot, "rank": rank_of(visit, slot), **entries[slot]})
    if not better:
        return Why(WhyCode.NOT_REQUESTED.value, {"slot": here, "better": []})
    first = {key: value for key, value in better[0].items() if key != "code"}
    return Why(str(better[0]["code"]), {**first, "better": better})


def _missed(
    instance: Instance, usage: Usage, party: Sequence[Visit], placed: Mapping[str, Assignment], slot: str
) -> Facts:
    """What keeps a party from a slot with everybody else, and not the party, in `usage`."""
    locked = next((v.locked.slot for v in party if v.locked is not None and v.locked.slot is not None), None)
    if locked is not None and locked != slot:
        return {"code": WhyCode.LOCKED.value, "locked": locked}
    against = [visit.id for visit in party if slot not in visit.requested_slots + visit.negotiable_slots]
    if against:
        return {"code": WhyCode.BUNDLE_NOT_ACCEPTED.value, "visits": against}
    return (
        _impossible(instance, party, slot)
        or _refused(instance, usage, party, placed, slot)
        or _dearer(instance, usage, party, placed, slot)
    )


def _impossible(instance: Instance, party: Sequence[Visit], slot: str) -> Facts | None:
    """What would keep the party away even if it were alone in the term."""
    empty = Usage(instance)
    usable: set[str] = set()
    for visit in party:
        mine = [w for w in instance.open_at[slot] if may_use(instance, visit, w)]
        usable |= {workplace.id for workplace in mine}
        if not reachable([sizes(visit, workplace) for workplace in mine], visit.pupils):
            seats = sum(workplace.max_group * workplace.groups_per_slot for workplace in mine)
            return {"code": WhyCode.CLOSED.value, "visit": visit.id, "open_workplaces": len(mine), "seats": seats}
    needed, there = empty.coaches_needed(slot, party), instance.coaches.get(slot, 0)
    if needed > there:
        return {"code": WhyCode.COACHES_SHORT.value, "needed": needed, "there": there, "alone": True}
    pupils = sum(visit.pupils for visit in party)
    seats = sum(w.max_group * empty.free_groups(w, slot) for w in instance.open_at[slot] if w.id in usable)
    if seats < pupils:
        facts = {"pupils": pupils, "seats": seats, "visits": len(party)}
        return {"code": WhyCode.BUNDLE_TOO_LARGE.value, **facts}
    return None


def _refused(
    instance: Instance, usage: Usage, party: Sequence[Visit], placed: Mapping[str, Assignment], slot: str
) -> Facts | None:
    """What the others' classes and coaches leave no room for."""
    date = instance.slot_by_id[slot].date.isoformat()
    for visit in party:
        taken = usage.class_on(visit.class_, date) if visit.class_ is not None else 0
        if taken:
            return {"code": WhyCode.CLASS_SAME_DAY.value, "class": visit.class_, "date": date}
    needed, there = usage.coaches_needed(slot, party), instance.coaches.get(slot, 0)
    if needed > there:
        return {"code": WhyCode.COACHES_SHORT.value, "needed": needed, "there": there, "alone": False}
    return None


def _dearer(
    instance: Instance, usage: Usage, party: Sequence[Visit], placed: Mapping[str, Assignment], slot: str
) -> Facts:
    """What the slot costs more, where the party fits there; else who has the seats."""
    groups = place_party(instance, usage, party, slot)
    seats, load = instance.seats_by_slot[slot], usage.loads[slot]
    if groups is None:
        free = sum(
            workplace.max_group * usage.free_groups(workplace, slot)
            for workplace in instance.open_at[slot]
            if any(may_use(instance, visit, workplace) for visit in party)
        )
        facts = {"load": load, "seats": seats, "visits": usage.visits_at(slot), "free_seats": free}
        return {"code": WhyCode.SEATS_TAKEN.value, **facts, "pupils": sum(visit.pupils for visit in party)}
    here = placed[party[0].id].slot
    if here is None:
        return {"code": WhyCode.WITHIN_GAP.value, "saving": sum(visit.pupils for visit in party)}
    there_cost = date_cost_at(instance, usage.loads, party, slot)
    extra = there_cost - date_cost_at(instance, usage.loads, party, here)
    for visit in party:
        extra += groups_price(instance, visit, groups[visit.id])
        extra -= groups_price(instance, visit, placed[visit.id].groups)
    if extra <= 0:
        return {"code": WhyCode.WITHIN_GAP.value, "saving": round(-extra, 2)}
    double = 2 * instance.policy.crowding_price
    facts_of_prices: Facts = {
        "price_there": round(double * load / seats, 2),
        "price_here": round(double * usage.loads[here] / instance.seats_by_slot[here], 2),
        "extra": round(extra, 2),
    }
    return {"code": WhyCode.LEVELLED.value, **facts_of_prices}
