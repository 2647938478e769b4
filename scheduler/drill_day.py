"""One day of a plan without some of its workplaces: can every visit keep its slot?

Groups may change, slots not. A quick try seats only who lost a group; where that fails a small program decides exactly,
and where the day breaks another one says with how few pupils left behind.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
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

    def lost_groups(self, lost: Iterable[str]) -> Mapping[str, int]:
        """How many groups each visit that is hit has at the lost workplaces."""
        gone = set(lost)
        counted = {a.id: sum(group.workplace in gone for group in a.groups) for a in self.visits}
        return {name: count for name, count in counted.items() if count}

    def left(self, lost: Iterable[str]) -> tuple[Visit, ...]:
        """The visits that lose their slot with the lost workplaces, so chosen that they are the fewest pupils together.

        A visit that lost nothing may be among them where it makes room for a larger one. What is not decided in time
        counts as all visits that are hit.

        Raises:
            Stopped: the caller wants to stop.
        """
        from scheduler.mip_solving import solve_mip

        gone = frozenset(lost)
        if self.survives(gone):
            return ()
        if self._should_stop():
            raise Stopped
        mip, stays = self._program(self._term(gone, ()), all_stay=False)
        result = solve_mip(mip, gap=1e-6, seconds=SECONDS)
        self.undecided = self.undecided or not result.finished
        if result.values is None:
            return self.hit(gone)
        values = result.values
        there = {name for name, variable in stays.items() if values[variable] > 0.5}
        return tuple(self._instance.visit_by_id[a.id] for a in self.visits if a.id not in there)

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
        from scheduler.mip_solving import solve_mip

        mip, stays = self._program(term, all_stay=True)
        if len(stays) < len(self.visits):
            return False
        result = solve_mip(mip, gap=1.0, seconds=SECONDS)
        self.undecided = self.undecided or not (result.values is not None or result.finished)
        return result.values is not None

    def _program(self, term: Instance, *, all_stay: bool) -> tuple[Mip, dict[str, int]]:
        """A choice of workplaces for every visit: their smallest groups at most its pupils, their largest at least.

        Returned with the variables that say of each visit whether it stays: 1 where all have to, else worth its pupils.
        A visit for which no workplaces would be enough has none.
        """
        mip, usage = Mip(), Usage.of(term, self._elsewhere)
        stays: dict[str, int] = {}
        at_slot: dict[tuple[str, str], list[int]] = defaultdict(list)
        on_day: dict[str, list[int]] = defaultdict(list)
        for a in self.visits:
            visit, slot = term.visit_by_id[a.id], a.slot or ""
            usable = [
                workplace
                for workplace in term.open_at[slot]
                if workplace.min_group <= visit.pupils
                and usage.free_groups(workplace, slot)
                and may_use(term, visit, workplace)
            ]
            most = [float(min(workplace.max_group, visit.pupils)) for workplace in usable]
            if sum(most) < visit.pupils:
                continue
            sent = [mip.binary() for _ in usable]
            for workplace, variable in zip(usable, sent, strict=True):
                at_slot[workplace.id, slot].append(variable)
                on_day[workplace.id].append(variable)
            stays[a.id] = mip.variable(-float(visit.pupils), float(all_stay), 1.0, integer=True)
            least = [float(workplace.min_group) for workplace in usable]
            mip.row([*sent, stays[a.id]], [*most, -float(visit.pupils)], lower=0.0)
            mip.row([*sent, stays[a.id]], [*least, -float(visit.pupils)], upper=0.0)
        for (name, _), sent in at_slot.items():
            mip.row(sent, upper=term.workplace_by_id[name].groups_per_slot)
        for name, sent in on_day.items():
            # Free on the day by day, week and term: what one slot would leave if it had no limit of its own.
            unbound = replace(term.workplace_by_id[name], groups_per_slot=len(sent))
            mip.row(sent, upper=usage.free_groups(unbound, self.slots[0]))
        return mip, stays
