"""What a plan uses: groups of each workplace by slot, day, week and term, coaches, classes and loads. Plain Python."""

from collections import Counter
from collections.abc import Iterable

from scheduler.allocation import Assignment
from scheduler.instance import Instance
from scheduler.parts import Group, Visit, Workplace


class Usage:
    """Counts of what is taken, to which placements are added one by one; the question is always what is still free."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.loads: Counter[str] = Counter()
        self._visits: Counter[str] = Counter()
        self._groups: Counter[tuple[str, str]] = Counter()
        self._chaperones: Counter[tuple[str, str]] = Counter()
        self._classes: Counter[tuple[str, str]] = Counter()

    @classmethod
    def of(cls, instance: Instance, assignments: Iterable[Assignment]) -> "Usage":
        """The usage of the given assignments; those of unknown visits or slots are left out."""
        usage = cls(instance)
        for assignment in assignments:
            visit = instance.visit_by_id.get(assignment.id)
            if visit is not None and assignment.slot is not None and assignment.slot in instance.slot_by_id:
                usage.add(visit, assignment.slot, assignment.groups)
        return usage

    def add(self, visit: Visit, slot: str, groups: Iterable[Group], sign: int = 1) -> None:
        """Take (or with sign -1 give back) what a visit at a slot uses."""
        when = self.instance.slot_by_id[slot]
        date = when.date.isoformat()
        self.loads[slot] += sign * visit.pupils
        self._visits[slot] += sign
        self._chaperones[slot, visit.school] += sign * visit.chaperones_needed
        if visit.class_ is not None:
            self._classes[visit.class_, date] += sign
        for group in groups:
            for period in (slot, date, when.week, ""):
                self._groups[group.workplace, period] += sign

    def free_groups(self, workplace: Workplace, slot: str) -> int:
        """Groups that a workplace can still take at a slot, by all its limits (H3); open or not is not asked here."""
        when = self.instance.slot_by_id[slot]
        free = workplace.groups_per_slot - self._groups[workplace.id, slot]
        for limit, period in (
            (workplace.visits_per_day, when.date.isoformat()),
            (workplace.visits_per_week, when.week),
            (workplace.visits_per_term, ""),
        ):
            if limit is not None:
                free = min(free, limit - self._groups[workplace.id, period])
        return max(0, free)

    def visits_at(self, slot: str) -> int:
        """Visits counted at a slot."""
        return self._visits[slot]

    def class_on(self, name: str, date: str) -> int:
        """Visits of a class counted on a date (ISO)."""
        return self._classes[name, date]

    def coaches_needed(self, slot: str, more: Iterable[Visit] = ()) -> int:
        """Coaches needed at a slot, with more visits there than are counted so far (H5)."""
        needed = {school: n for (where, school), n in self._chaperones.items() if where == slot}
        for visit in more:
            needed[visit.school] = needed.get(visit.school, 0) + visit.chaperones_needed
        own = self.instance.school_by_id
        return sum(max(0, n - own[school].own_chaperones_per_slot) for school, n in needed.items())

    def admits(self, party: Iterable[Visit], slot: str) -> bool:
        """Whether coaches (H5) and classes (H8) allow a party at a slot; workplaces are not asked here."""
        visits = tuple(party)
        date = self.instance.slot_by_id[slot].date.isoformat()
        classes = [visit.class_ for visit in visits if visit.class_ is not None]
        if len(set(classes)) < len(classes) or any(self._classes[name, date] for name in classes):
            return False
        needs = self.coaches_needed(slot, visits)
        return needs <= self.instance.coaches.get(slot, 0) or needs <= self.coaches_needed(slot)
