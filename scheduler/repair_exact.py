"""Repair, second look: one slot at a time, every visit there free, the fewest changes found exactly by a small program.

Asked where the quick mend changed more visits than were broken by themselves, or left somebody out. Who may leave the
slot has one place to go to, found beside everybody else; what comes out is taken only if it is better and clean.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from scheduler.allocation import Assignment
from scheduler.costs import groups_price, may_use, pupil_price, pupils_before, sizes
from scheduler.instance import Instance
from scheduler.mip import Mip
from scheduler.parts import Group, Visit, Workplace
from scheduler.placing import date_cost_at
from scheduler.repair_damage import Given
from scheduler.usage import Usage

SECONDS = 1.0
"""Backstop of one program, wall clock; its answer is then left aside."""


@dataclass(frozen=True, slots=True)
class Away:
    """Where a party goes if it leaves the slot: assignments of all its visits, or nobody placed (empty)."""

    given: Mapping[str, Assignment]


@dataclass(slots=True)
class _Choice:
    """The variables of one visit at the slot: kept groups, and other groups with their pupils."""

    kept: dict[Group, int] = field(default_factory=dict)
    other: dict[str, tuple[int, int]] = field(default_factory=dict)
    changed: int | None = None


class SlotProgram:
    """All visits of some parties that stand, or stood, at one slot; everybody else as they are."""

    def __init__(
        self,
        instance: Instance,
        others: Iterable[Assignment],
        slot: str,
        parties: Sequence[Sequence[Visit]],
        before: Given,
        away: Mapping[int, Away],
    ) -> None:
        """The program.

        Args:
            instance: the truth now.
            others: the plan of everybody else.
            slot: the slot.
            parties: who stood at the slot before.
            before: the plan before, by visit id.
            away: for parties by number, where they would go; who is not in it stays at the slot.
        """
        listed = list(others)
        self._instance, self._usage, self._slot = instance, Usage.of(instance, listed), slot
        self._others_here = [instance.visit_by_id[a.id] for a in listed if a.slot == slot]
        self._parties, self._before, self._away = parties, before, away
        self._mip = Mip()
        self._out = {p: self._mip.binary() for p in away}
        self._choices: dict[str, _Choice] = {}
        self._seats = {w.id: w for w in instance.open_at[slot] if self._usage.free_groups(w, slot) > 0}
        for p, party in enumerate(parties):
            for visit in party:
                self._choices[visit.id] = self._add(visit, self._out.get(p))
        for name, variables in self._taken().items():
            free = self._usage.free_groups(self._seats[name], slot)
            if len(variables) > free:
                self._mip.row(variables, upper=free)
        self._coaches()
        self._classes()

    def solve(self) -> Given | None:
        """The best choice by visit id (absent: not placed); None where none was found in time."""
        # Here, so that reading about repairs does not load a solver.
        from scheduler.mip_solving import solve_mip

        changes = self._changes()
        self._price(changes)
        first = solve_mip(self._mip, gap=0.0, absolute_gap=0.5, seconds=SECONDS)
        if first.values is None or not first.finished:
            return None
        fewest = round(sum(first.values[variable] * weight for variable, weight in changes.items()))
        if changes:
            self._mip.row(list(changes), list(changes.values()), upper=fewest + 0.5)
        self._price(self._costs())
        best = solve_mip(self._mip, gap=1e-7, seconds=SECONDS)
        values = best.values if best.values is not None else first.values
        return self._given(values)

    def _add(self, visit: Visit, out: int | None) -> _Choice:
        """A visit with all its pupils in groups at the slot, or away."""
        choice, mip = _Choice(), self._mip
        stood = self._before.get(visit.id)
        here = stood.groups if stood is not None and stood.slot == self._slot else ()
        lock = visit.locked.groups if visit.locked is not None else None
        sums: dict[int, float] = {} if out is None else {out: float(visit.pupils)}
        for workplace in self._seats.values():
            if not may_use(self._instance, visit, workplace):
                continue
            fits = [g for g in here if g.workplace == workplace.id and _of_size(visit, workplace, g)]
            for group in fits[:1]:
                choice.kept[group] = mip.binary()
                sums[choice.kept[group]] = float(group.pupils)
            if lock is not None or workplace.min_group > visit.pupils:
                continue
            sent, pupils = mip.binary(), mip.variable()
            choice.other[workplace.id] = sent, pupils
            sums[pupils] = 1.0
            most = min(sizes(visit, workplace)[1], visit.pupils)
            mip.row([pupils, sent], [1.0, -float(most)], upper=0.0)
            mip.row([pupils, sent], [1.0, -float(workplace.min_group)], lower=0.0)
            if fits:
                mip.row([sent, choice.kept[fits[0]]], upper=1.0)
        mip.row(list(sums), list(sums.values()), lower=visit.pupils, upper=visit.pupils)
        whole = bool(here) and len(choice.kept) == len(here) and sum(g.pupils for g in here) == visit.pupils
        if whole:
            choice.changed = mip.binary()
            for kept in choice.kept.values():
                mip.row([kept, choice.changed], lower=1.0)
        return choice

    def _taken(self) -> dict[str, list[int]]:
        """The variables that take a group of each workplace."""
        taken: dict[str, list[int]] = defaultdict(list)
        for choice in self._choices.values():
            for group, kept in choice.kept.items():
                taken[group.workplace].append(kept)
            for name, (sent, _) in choice.other.items():
                taken[name].append(sent)
        return taken

    def _coaches(self) -> None:
        """H5 at the slot: schools' needs beyond their own chaperones, of those who stay and all others there."""
        schools = {party[0].school for party in self._parties}
        fixed: Counter[str] = Counter()
        for visit in self._others_here:
            fixed[visit.school] += visit.chaperones_needed
        own = {school.id: school.own_chaperones_per_slot for school in self._instance.schools}
        elsewhere = sum(max(0, n - own[school]) for school, n in fixed.items() if school not in schools)
        sent = []
        for school in sorted(schools):
            needs = fixed[school]
            variables, values = [], []
            for p, party in enumerate(self._parties):
                if party[0].school == school:
                    mine = sum(visit.chaperones_needed for visit in party)
                    needs += mine
                    if p in self._out:
                        variables.append(self._out[p])
                        values.append(float(mine))
            coaches = self._mip.variable()
            self._mip.row([coaches, *variables], [1.0, *values], lower=needs - own[school])
            sent.append(coaches)
        self._mip.row(sent, upper=max(0, self._instance.coaches.get(self._slot, 0) - elsewhere))

    def _classes(self) -> None:
        """H8 on the slot's date: of the parties with a class at most one stays, and none if it is out already."""
        date = self._instance.slot_by_id[self._slot].date.isoformat()
        mine: dict[str, list[int]] = defaultdict(list)
        for p, party in enumerate(self._parties):
            for name in {visit.class_ for visit in party if visit.class_ is not None}:
                mine[name].append(p)
        for name, parties in mine.items():
            leaving = [self._out[p] for p in parties if p in self._out]
            too_many = len(parties) + self._usage.class_on(name, date) - 1
            if too_many > 0 and leaving:
                self._mip.row(leaving, lower=min(too_many, len(leaving)))

    def _changes(self) -> dict[int, float]:
        """What is fewest first: pupils left out, far before visits changed that need not."""
        lost = {p: sum(v.pupils for v in self._parties[p]) for p, away in self._away.items() if not away.given}
        weights = {self._out[p]: 1000.0 * pupils for p, pupils in lost.items()}
        changed = (self._choices[visit.id].changed for party in self._parties for visit in party)
        return weights | {variable: 1.0 for variable in changed if variable is not None}

    def _costs(self) -> dict[int, float]:
        """Changed groups, then the costs of both stages."""
        instance, policy = self._instance, self._instance.policy
        costs: dict[int, float] = {}
        for party in self._parties:
            for visit in party:
                choice, stood = self._choices[visit.id], pupils_before(visit)
                for group, kept in choice.kept.items():
                    costs[kept] = groups_price(instance, visit, (group,))
                for name, (sent, pupils) in choice.other.items():
                    rate = pupil_price(instance, visit, instance.workplace_by_id[name])
                    costs[sent] = policy.group_cost
                    costs[pupils] = rate + (policy.change_cost if stood is not None and name not in stood else 0.0)
        for p, out in self._out.items():
            party, given = self._parties[p], self._away[p].given
            if given:
                loads = self._usage.loads
                there = date_cost_at(instance, loads, party, next(iter(given.values())).slot or "")
                here = date_cost_at(instance, loads, party, self._slot)
                costs[out] = there - here + sum(groups_price(instance, v, given[v.id].groups) for v in party)
        dearest = 1.0 + sum(max(0.0, cost) for cost in costs.values()) / max(1, len(self._choices))
        above = 10.0 ** len(str(int(dearest)))
        for choice in self._choices.values():
            for sent, _ in choice.other.values():
                costs[sent] += above
        for p, out in self._out.items():
            costs[out] = costs.get(out, 0.0) + above * sum(len(a.groups) for a in self._away[p].given.values())
        return costs

    def _price(self, costs: Mapping[int, float]) -> None:
        for variable in range(self._mip.variables):
            self._mip.costs[variable] = costs.get(variable, 0.0)

    def _given(self, values: Sequence[float]) -> Given:
        given: Given = {}
        for p, party in enumerate(self._parties):
            if p in self._out and values[self._out[p]] > 0.5:
                given |= self._away[p].given
                continue
            for visit in party:
                choice = self._choices[visit.id]
                groups = [group for group, kept in choice.kept.items() if values[kept] > 0.5]
                groups += [Group(w, round(values[n])) for w, (x, n) in choice.other.items() if values[x] > 0.5]
                given[visit.id] = Assignment(visit.id, self._slot, tuple(groups))
        return given


def _of_size(visit: Visit, workplace: Workplace, group: Group) -> bool:
    least, most = sizes(visit, workplace)
    return least <= group.pupils <= most
