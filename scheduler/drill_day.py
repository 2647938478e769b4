"""One day of a plan without some of its workplaces: can every visit keep its slot?

Groups may change, slots not. A quick try seats only who lost a group; where that fails a small program decides exactly.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace

from scheduler.allocation import Allocation, Assignment
from scheduler.baseline import quick_groups
from scheduler.children import Stopped
from scheduler.costs import may_use
from scheduler.instance import Instance
from scheduler.mip import Mip
from scheduler.parts import Visit, Workplace
from scheduler.usage import Usage

SECONDS = 5.0
"""Backstop of one exact decision, wall clock; what is not decided counts as not survived."""


class Day:
    """The visits of one date, with everything outside the date as the plan has it.

    `undecided`: some loss was not decided in time.
    """

    def __init__(
        self, instance: Instance, plan: Allocation, date: str, should_stop: Callable[[], bool] = lambda: False
    ) -> None:
        self._instance = instance
        self._should_stop = should_stop
        self.undecided = False
        slots = {slot.id for slot in instance.slots if slot.date.isoformat() == date}
        placed = [a for a in plan.visits if a.slot is not None and a.id in instance.visit_by_id]
        self.visits: tuple[Assignment, ...] = tuple(a for a in placed if a.slot in slots)
        self.slots = tuple(slot.id for slot in instance.slots if slot.id in slots)
        self.used = tuple(sorted({group.workplace for a in self.visits for group in a.groups}))
        self._elsewhere = [a for a in placed if a.slot not in slots]
        self._known: dict[tuple[frozenset[str], tuple[Workplace, ...]], bool] = {}

    def hit(self, lost: Iterable[str]) -> tuple[Visit, ...]:
        """The visits with a group at one of the lost workplaces."""
        gone = set(lost)
        return tuple(
            self._instance.visit_by_id[a.id] for a in self.visits if any(g.workplace in gone for g in a.groups)
        )

    def survives(self, lost: Iterable[str], reserve: tuple[Workplace, ...] = ()) -> bool:
        """Whether every visit of the day keeps its slot without the lost workplaces, with a reserve standing by.

        Raises:
            Stopped: the caller wants to stop.
        """
        gone = frozenset(lost)
        if (gone, reserve) not in self._known:
            if self._should_stop():
                raise Stopped
            term = self._term(gone, reserve)
            self._known[gone, reserve] = self._quickly(term, gone) or self._exactly(term)
        return self._known[gone, reserve]

    def _term(self, gone: frozenset[str], reserve: tuple[Workplace, ...]) -> Instance:
        """The term in which the lost workplaces are closed on this day and the reserve is open."""
        there = {workplace.id: workplace for workplace in reserve}
        workplaces = tuple(
            replace(w, open_slots=tuple(s for s in w.open_slots if s not in self.slots))
            if w.id in gone
            else there.get(w.id, w)
            for w in self._instance.workplaces
        )
        return replace(self._instance, workplaces=workplaces)

    def _quickly(self, term: Instance, gone: frozenset[str]) -> bool:
        usage = Usage.of(term, self._elsewhere)
        waiting = []
        for a in self.visits:
            if any(group.workplace in gone for group in a.groups):
                waiting.append(a)
            else:
                usage.add(term.visit_by_id[a.id], a.slot or "", a.groups)
        for a in sorted(waiting, key=lambda a: (-term.visit_by_id[a.id].pupils, a.id)):
            visit, slot = term.visit_by_id[a.id], a.slot or ""
            groups = quick_groups(term, usage, visit, slot, term.open_at[slot])
            if groups is None:
                return False
            usage.add(visit, slot, groups)
        return True

    def _exactly(self, term: Instance) -> bool:
        """A choice of workplaces for every visit: their smallest groups at most its pupils, their largest at least."""
        from scheduler.mip_solving import solve_mip

        mip, usage = Mip(), Usage.of(term, self._elsewhere)
        at_slot: dict[tuple[str, str], list[int]] = defaultdict(list)
        on_day: dict[str, list[int]] = defaultdict(list)
        for a in self.visits:
            visit, slot = term.visit_by_id[a.id], a.slot or ""
            sent: list[int] = []
            least: list[float] = []
            most: list[float] = []
            for workplace in term.open_at[slot]:
                if workplace.min_group > visit.pupils or not usage.free_groups(workplace, slot):
                    continue
                if may_use(term, visit, workplace):
                    sent.append(mip.binary())
                    least.append(float(workplace.min_group))
                    most.append(float(min(workplace.max_group, visit.pupils)))
                    at_slot[workplace.id, slot].append(sent[-1])
                    on_day[workplace.id].append(sent[-1])
            if sum(most) < visit.pupils:
                return False
            mip.row(sent, most, lower=visit.pupils)
            mip.row(sent, least, upper=visit.pupils)
        for (name, _), sent in at_slot.items():
            mip.row(sent, upper=term.workplace_by_id[name].groups_per_slot)
        for name, sent in on_day.items():
            # Free on the day by day, week and term: what one slot would leave if it had no limit of its own.
            unbound = replace(term.workplace_by_id[name], groups_per_slot=len(sent))
            mip.row(sent, upper=usage.free_groups(unbound, self.slots[0]))
        result = solve_mip(mip, gap=1.0, seconds=SECONDS)
        self.undecided = self.undecided or not (result.values is not None or result.finished)
        return result.values is not None
