"""What its first choice would have cost everybody, by rule of thumb: milliseconds, for every visit of a plan.

Exact is only solving again (`explain_cost`). The rule: the party pays its own prices; who stands in the way moves, the
cheapest first, at least to the next-best slot on their own lists, if need be out of the plan.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from scheduler.allocation import Allocation, Assignment
from scheduler.costs import accepted_slots, may_use
from scheduler.explain import WhyCode, reasons
from scheduler.instance import Instance
from scheduler.parts import Visit
from scheduler.placing import date_cost_at, place_party
from scheduler.usage import Usage

IMPOSSIBLE = (
    WhyCode.CLOSED.value,
    WhyCode.BUNDLE_TOO_LARGE.value,
    WhyCode.BUNDLE_NOT_ACCEPTED.value,
    WhyCode.LOCKED.value,
    WhyCode.NOT_REQUESTED.value,
)
"""Reasons that no price buys off: the first choice could not be had even if the visit were alone."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """About what a visit's first choice costs everybody.

    `unplaced_pupils` more pupils out (fewer: below 0), `date_stage` more cost. `basis` says how it was reckoned:
    `as_it_stands` (there is room: everybody else stays, so that the true cost is at most this) or `others_move`.
    """

    slot: str
    unplaced_pupils: int
    date_stage: float
    basis: str


def estimate_first_choices(
    instance: Instance,
    allocation: Allocation,
    visits: Iterable[str] | None = None,
    *,
    should_stop: Callable[[], bool] = lambda: False,
) -> dict[str, Estimate | None]:
    """About what it would cost everybody to give a visit (with its bundle) its first requested slot, by visit id.

    `visits` are those asked about; by default all that are not at their first choice. None where no price buys it
    (closed, its bundle too large or unwilling, too few coaches for it alone, locked), and for a visit that is there.
    `should_stop` is asked between visits: once true, those reckoned so far are returned and the others are not in it.

    Raises:
        KeyError: an unknown visit.
    """
    given = tuple(allocation.by_visit.get(v.id, Assignment(v.id, None)) for v in instance.visits)
    why = {assignment.id: assignment.why for assignment in reasons(instance, given)}
    found: dict[str, Estimate | None] = {}
    known: dict[tuple[str, str], Estimate] = {}
    for name in visits if visits is not None else [name for name, reason in why.items() if reason is not None]:
        if should_stop():
            break
        reason = why[name]
        if reason is None or reason.code in IMPOSSIBLE or reason.facts.get("alone") is True:
            found[name] = None
            continue
        party, slot = instance.party_by_visit[name], instance.visit_by_id[name].requested_slots[0]
        if (party[0].id, slot) not in known:
            known[party[0].id, slot] = estimate_at(instance, given, party, slot)
        found[name] = known[party[0].id, slot]
    return found


def estimate_at(instance: Instance, given: Sequence[Assignment], party: Sequence[Visit], slot: str) -> Estimate:
    """The same for a party at a slot where it could stand if it were alone."""
    mine = {visit.id for visit in party}
    others = {a.id: a for a in given if a.id not in mine and a.slot is not None}
    usage = Usage.of(instance, others.values())
    here = next((a.slot for a in given if a.id in mine), None)
    pupils = sum(visit.pupils for visit in party)
    out = -pupils if here is None else 0
    cost = 0.0 if here is None else -date_cost_at(instance, usage.loads, party, here)
    basis = "as_it_stands"
    if place_party(instance, usage, party, slot) is None:
        basis = "others_move"
        more, moved = _make_way(instance, usage, others, party, slot)
        out, cost = out + more, cost + moved
    cost += date_cost_at(instance, usage.loads, party, slot)
    return Estimate(slot, out, round(cost, 2), basis)


def _make_way(
    instance: Instance, usage: Usage, others: dict[str, Assignment], party: Sequence[Visit], slot: str
) -> tuple[int, float]:
    """Take parties from a slot, the cheapest per pupil first, until the party fits: pupils left out, cost of moving.

    `usage` is left without them at the slot, and with those who moved where they went.
    """
    there = dict.fromkeys(instance.party_by_visit[a.id] for a in others.values() if a.slot == slot)
    ways = []
    for other in there:
        if any(visit.locked is not None for visit in other):
            continue
        pupils = sum(visit.pupils for visit in other)
        _count(usage, others, other, -1)
        now = date_cost_at(instance, usage.loads, other, slot)
        costs = [
            (date_cost_at(instance, usage.loads, other, s) - now, s)
            for s in accepted_slots(other)
            if s != slot and usage.admits(other, s) and _seats_free(instance, usage, other, s) >= pupils
        ]
        _count(usage, others, other, 1)
        extra, target = min(costs, default=(0.0, None))
        ways.append((target is None, extra / pupils if target is not None else pupils, other[0].id, other, target))
    out, cost = 0, 0.0
    for _, _, _, other, target in sorted(ways, key=lambda way: way[:3]):
        _count(usage, others, other, -1)
        cost -= date_cost_at(instance, usage.loads, other, slot)
        if target is None:
            out += sum(visit.pupils for visit in other)
        else:
            cost += date_cost_at(instance, usage.loads, other, target)
            for visit in other:
                usage.add(visit, target, ())
        if place_party(instance, usage, party, slot) is not None:
            break
    return out, cost


def _count(usage: Usage, others: dict[str, Assignment], party: Sequence[Visit], sign: int) -> None:
    for visit in party:
        assignment = others[visit.id]
        usage.add(visit, assignment.slot or "", assignment.groups, sign)


def _seats_free(instance: Instance, usage: Usage, party: Sequence[Visit], slot: str) -> int:
    return sum(
        workplace.max_group * usage.free_groups(workplace, slot)
        for workplace in instance.open_at[slot]
        if may_use(instance, party[0], workplace)
    )
