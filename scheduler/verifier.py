"""Every hard rule and every figure again, in plain loops; shares no code with the models and the stages."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from scheduler.allocation import Allocation, Assignment, Kpis
from scheduler.instance import Instance
from scheduler.parts import School, Visit, Workplace


@dataclass(frozen=True, slots=True)
class Violation:
    """A hard rule broken: `rule` H1..H8, `subject` the id concerned, facts as JSON values."""

    rule: str
    subject: str
    message: str
    facts: Mapping[str, object]

    def __str__(self) -> str:
        return f"{self.rule} {self.subject}: {self.message}"


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that the plan claims otherwise than it is."""

    name: str
    claimed: float
    actual: float

    def __str__(self) -> str:
        return f"kpis.{self.name} says {self.claimed}, is {self.actual}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the verifier found: the rules broken, the figures recomputed, and where the plan claims other figures."""

    violations: tuple[Violation, ...]
    kpis: Kpis
    differences: tuple[Difference, ...]

    @property
    def clean(self) -> bool:
        """Whether no rule is broken; claimed figures are another matter (`differences`)."""
        return not self.violations


def verify(instance: Instance, allocation: Allocation) -> Verdict:
    """Judge a plan: every rule H1–H8 and every figure of the contract, from the plan alone."""
    found: list[Violation] = []
    known = _known_visits(instance, allocation, found)
    for visit, given in known:
        _check_slot(instance, visit, given, found)
        _check_groups(instance, visit, given, found)
        _check_lock(visit, given, found)
    placed = [(visit, given) for visit, given in known if given.slot in instance.slot_by_id]
    _check_limits(instance, placed, found)
    _check_chaperones(instance, placed, found)
    _check_bundles(known, found)
    _check_classes(instance, placed, found)
    kpis = figures(instance, known)
    return Verdict(tuple(found), kpis, _differences(allocation.kpis, kpis))


def _distance_km(school: School, workplace: Workplace) -> float:
    """Great-circle distance on a sphere of radius 6371.0088 km."""
    phi1, phi2 = math.radians(school.lat), math.radians(workplace.lat)
    half_lat = (phi2 - phi1) / 2
    half_lon = (math.radians(workplace.lon) - math.radians(school.lon)) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lon) ** 2
    return 2 * 6371.0088 * math.asin(min(1.0, math.sqrt(chord)))


def _known_visits(instance: Instance, allocation: Allocation, found: list[Violation]) -> list[tuple[Visit, Assignment]]:
    """H1: every visit of the instance once, and no other."""
    given: dict[str, Assignment] = {}
    for assignment in allocation.visits:
        if assignment.id not in instance.visit_by_id:
            found.append(Violation("H1", assignment.id, "unknown visit", {}))
        elif assignment.id in given:
            found.append(Violation("H1", assignment.id, "stands twice", {}))
        else:
            given[assignment.id] = assignment
    for visit in instance.visits:
        if visit.id not in given:
            found.append(Violation("H1", visit.id, "is missing", {}))
    return [(visit, given[visit.id]) for visit in instance.visits if visit.id in given]


def _check_slot(instance: Instance, visit: Visit, given: Assignment, found: list[Violation]) -> None:
    """H1: placed whole at one of its requested or negotiable slots, or not at all."""
    if given.slot is None:
        if given.groups:
            found.append(Violation("H1", visit.id, "has groups without a slot", {"groups": len(given.groups)}))
    elif given.slot not in instance.slot_by_id:
        found.append(Violation("H1", visit.id, f"unknown slot {given.slot}", {"slot": given.slot}))
    elif given.slot not in visit.requested_slots and given.slot not in visit.negotiable_slots:
        message = f"{given.slot} is neither requested nor negotiable"
        found.append(Violation("H1", visit.id, message, {"slot": given.slot}))


def _check_groups(instance: Instance, visit: Visit, given: Assignment, found: list[Violation]) -> None:
    """H2: groups add up, each within its workplace's sizes, no workplace twice. H4: only where the visit may go."""
    if given.slot not in instance.slot_by_id:
        return
    seen: set[str] = set()
    for group in given.groups:
        facts = {"workplace": group.workplace, "pupils": group.pupils, "slot": given.slot}
        workplace = instance.workplace_by_id.get(group.workplace)
        if group.workplace in seen:
            found.append(Violation("H2", visit.id, f"{group.workplace} stands twice", facts))
        seen.add(group.workplace)
        if workplace is None:
            found.append(Violation("H4", visit.id, f"unknown workplace {group.workplace}", facts))
            continue
        least, most = workplace.min_group, workplace.max_group
        for limit in visit.largest_groups:
            if limit.workplace == workplace.id:
                most = min(most, limit.pupils)
        if not least <= group.pupils <= most:
            message = f"{group.pupils} pupils at {workplace.id}, outside {least}..{most}"
            found.append(Violation("H2", visit.id, message, facts))
        for message in _not_here(instance, visit, workplace, given.slot or ""):
            found.append(Violation("H4", visit.id, f"{workplace.id} {message}", facts))
    total = sum(group.pupils for group in given.groups)
    if total != visit.pupils:
        message = f"groups hold {total} of {visit.pupils} pupils"
        found.append(Violation("H2", visit.id, message, {"grouped": total, "pupils": visit.pupils}))


def _not_here(instance: Instance, visit: Visit, workplace: Workplace, slot: str) -> Iterable[str]:
    """H4: closed, not for the level, excluded, or too far."""
    school = instance.school_by_id[visit.school]
    if slot not in workplace.open_slots:
        yield f"is closed at {slot}"
    if school.level not in workplace.levels:
        yield f"is not for level {school.level}"
    if workplace.id in visit.excluded_workplaces:
        yield "is excluded by the visit"
    if visit.max_travel_km is not None:
        km = _distance_km(school, workplace)
        if km > visit.max_travel_km + 1e-9:
            yield f"is {km:.2f} km away, over {visit.max_travel_km:g}"


def _check_lock(visit: Visit, given: Assignment, found: list[Violation]) -> None:
    """H7: a locked visit keeps its slot, and its groups where given."""
    lock = visit.locked
    if lock is None:
        return
    if given.slot != lock.slot:
        where = "not placed" if given.slot is None else f"placed at {given.slot}"
        facts = {"locked": lock.slot, "slot": given.slot}
        found.append(Violation("H7", visit.id, f"locked to {lock.slot}, {where}", facts))
    elif lock.groups is not None and sorted(given.groups) != sorted(lock.groups):
        found.append(Violation("H7", visit.id, "locked groups were changed", {"slot": given.slot}))


def _check_limits(instance: Instance, placed: list[tuple[Visit, Assignment]], found: list[Violation]) -> None:
    """H3: groups of a workplace at a slot, on a date, in a week, in the term."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for _, given in placed:
        slot = instance.slot_by_id[given.slot or ""]
        for group in given.groups:
            counts[group.workplace, "groups_per_slot", slot.id] += 1
            counts[group.workplace, "visits_per_day", slot.date.isoformat()] += 1
            counts[group.workplace, "visits_per_week", slot.week] += 1
            counts[group.workplace, "visits_per_term", "term"] += 1
    for (name, limit, period), number in counts.items():
        workplace = instance.workplace_by_id.get(name)
        most: int | None = None if workplace is None else getattr(workplace, limit)
        if most is not None and number > most:
            message = f"{number} groups in {period}, {limit} is {most}"
            facts = {"limit": limit, "period": period, "groups": number, "most": most}
            found.append(Violation("H3", name, message, facts))


def _check_chaperones(instance: Instance, placed: list[tuple[Visit, Assignment]], found: list[Violation]) -> None:
    """H5: what the schools at a slot need beyond their own chaperones comes from the coaches of that slot."""
    needed: Counter[tuple[str, str]] = Counter()
    for visit, given in placed:
        needed[given.slot or "", visit.school] += visit.chaperones_needed
    extra: Counter[str] = Counter()
    for (slot, school), number in needed.items():
        extra[slot] += max(0, number - instance.school_by_id[school].own_chaperones_per_slot)
    for slot, number in extra.items():
        there = instance.coaches.get(slot, 0)
        if number > there:
            facts = {"needed": number, "there": there}
            found.append(Violation("H5", slot, f"{number} coaches needed, {there} there", facts))


def _check_bundles(known: list[tuple[Visit, Assignment]], found: list[Violation]) -> None:
    """H6: the visits of a bundle share their slot, or none of them is placed."""
    used: dict[str, list[str | None]] = defaultdict(list)
    for visit, given in known:
        if visit.bundle is not None and given.slot not in used[visit.bundle]:
            used[visit.bundle].append(given.slot)
    for bundle, slots in used.items():
        if len(slots) > 1:
            names = ", ".join("not placed" if slot is None else slot for slot in slots)
            found.append(Violation("H6", bundle, f"is split over {names}", {"slots": list(slots)}))


def _check_classes(instance: Instance, placed: list[tuple[Visit, Assignment]], found: list[Violation]) -> None:
    """H8: two visits of one class are never on the same date."""
    days: Counter[tuple[str, str]] = Counter()
    for visit, given in placed:
        if visit.class_ is not None:
            days[visit.class_, instance.slot_by_id[given.slot or ""].date.isoformat()] += 1
    for (name, date), number in days.items():
        if number > 1:
            facts = {"date": date, "visits": number}
            found.append(Violation("H8", name, f"goes out {number} times on {date}", facts))


def figures(instance: Instance, given: Iterable[tuple[Visit, Assignment]]) -> Kpis:
    """Every figure of a plan, exactly summed and rounded once."""
    policy = instance.policy
    given = list(given)
    placed = [(v, a, a.slot) for v, a in given if a.slot is not None and a.slot in instance.slot_by_id]
    load: Counter[str] = Counter()
    for visit, _, slot in placed:
        load[slot] += visit.pupils
    pupils = sum(load.values())
    costs = [(visit, _date_price(instance, visit, slot) * visit.pupils) for visit, _, slot in placed]
    date_cost = math.fsum(cost for _, cost in costs)
    crowding = policy.crowding_price * math.fsum(_crowd(instance, slot, n) for slot, n in load.items())
    moved = sum(v.pupils for v, _, slot in placed if v.previous is not None and v.previous.slot not in (None, slot))
    first = sum(v.pupils for v, _, slot in placed if v.requested_slots and v.requested_slots[0] == slot)
    shifted = sum(1 for v, _, slot in placed if slot not in v.requested_slots)
    square = sum(n * n for n in load.values())
    off_field, kilometres, groups, regrouped = _workplace_figures(instance, [(v, a) for v, a, _ in placed])
    return Kpis(
        unplaced_pupils=sum(v.pupils for v, _ in given) - pupils,
        placed_pupils=pupils,
        shifted_visits=shifted,
        first_choice_share=round(first / pupils, 4) if pupils else 0.0,
        peak_load=max(load.values(), default=0),
        bunching=round(square * len(instance.slots) / pupils**2, 4) if pupils else 0.0,
        date_cost=round(date_cost, 2),
        crowding=round(crowding, 2),
        date_stage=round(math.fsum((date_cost, crowding, policy.change_cost * moved)), 2),
        worst_school_cost=_worst_school(instance, costs),
        off_field_pupils=off_field,
        travel_pupil_km=round(kilometres, 2),
        groups=groups,
        workplace_stage=round(
            math.fsum(
                (
                    policy.off_field_cost * off_field,
                    policy.travel_cost * kilometres,
                    policy.group_cost * groups,
                    policy.change_cost * regrouped,
                )
            ),
            2,
        ),
        changed_visits=sum(1 for visit, assignment in given if _changed(visit, assignment)),
    )


def _date_price(instance: Instance, visit: Visit, slot: str) -> float:
    """Cost per pupil of a slot: by its rank among the requested ones, or the price of a shift."""
    prices = instance.policy.date_cost
    for rank, requested in enumerate(visit.requested_slots):
        if requested == slot:
            return prices[rank] if rank < len(prices) else prices[-1]
    return instance.policy.shift_cost


def _crowd(instance: Instance, slot: str, load: int) -> float:
    """load² / seats; a slot without seats adds nothing."""
    seats = sum(w.max_group * w.groups_per_slot for w in instance.open_at[slot])
    return load * load / seats if seats else 0.0


def _worst_school(instance: Instance, costs: list[tuple[Visit, float]]) -> float:
    """The largest mean date cost per placed pupil plus credit, over schools with a placed visit."""
    paid: dict[str, list[float]] = defaultdict(list)
    pupils: Counter[str] = Counter()
    for visit, cost in costs:
        paid[visit.school].append(cost)
        pupils[visit.school] += visit.pupils
    means = [math.fsum(paid[s]) / n + instance.school_by_id[s].fairness_credit for s, n in pupils.items()]
    return round(max(means, default=0.0), 4)


def _workplace_figures(instance: Instance, placed: list[tuple[Visit, Assignment]]) -> tuple[int, float, int, int]:
    """Pupils outside their fields, pupil-kilometres, groups, and pupils whose workplace changed."""
    off_field = groups = regrouped = 0
    kilometres: list[float] = []
    for visit, assignment in placed:
        now: Counter[str] = Counter()
        for group in assignment.groups:
            now[group.workplace] += group.pupils
            groups += 1
            workplace = instance.workplace_by_id.get(group.workplace)
            if workplace is not None:
                off_field += 0 if workplace.field in visit.fields else group.pupils
                kilometres.append(_distance_km(instance.school_by_id[visit.school], workplace) * group.pupils)
        if visit.previous is not None and visit.previous.groups is not None:
            before = {group.workplace: group.pupils for group in visit.previous.groups}
            regrouped += sum(max(0, pupils - before.get(name, 0)) for name, pupils in now.items())
    return off_field, math.fsum(kilometres), groups, regrouped


def _changed(visit: Visit, assignment: Assignment) -> bool:
    """Whether a visit with a previous place has another slot now, or other groups where they were given."""
    before = visit.previous
    if before is None:
        return False
    if assignment.slot != before.slot:
        return True
    return before.groups is not None and sorted(assignment.groups) != sorted(before.groups)


def _differences(claimed: Kpis, actual: Kpis) -> tuple[Difference, ...]:
    """Claimed figures off by more than the last digit kept."""
    pairs = [(f.name, float(getattr(claimed, f.name)), float(getattr(actual, f.name))) for f in fields(Kpis)]
    return tuple(Difference(*pair) for pair in pairs if not math.isclose(pair[1], pair[2], rel_tol=0, abs_tol=1e-9))
