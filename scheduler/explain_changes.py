"""What can be given so that a visit finds its place, and the term with it given. Plain Python."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from scheduler.instance import Instance
from scheduler.parts import Placement, Visit, Workplace


class ChangeCode(StrEnum):
    """What is to be given, with its facts.

    - ACCEPT_SLOT: the school accepts `slot` for `visits`.
    - MORE_COACHES: `count` more coaches at `slot`.
    - MORE_SEATS: `groups` more groups of up to `max_group` pupils (`pupils` in all) for `level` at `slot`, near
      `school` and in its field of work `field`.
    - RAISE_TRAVEL_LIMIT: `visits` may travel `km`.
    - SPLIT_BUNDLE: the `visits` of `bundle` need not go out together.
    """

    ACCEPT_SLOT = "accept_slot"
    MORE_COACHES = "more_coaches"
    MORE_SEATS = "more_seats"
    RAISE_TRAVEL_LIMIT = "raise_travel_limit"
    SPLIT_BUNDLE = "split_bundle"


@dataclass(frozen=True, slots=True)
class AcceptSlot:
    """A school accepts another slot for some of its visits: one favour."""

    slot: str
    visits: tuple[str, ...]

    @property
    def effort(self) -> int:
        """Favours to be asked for."""
        return 1

    def document(self) -> dict[str, object]:
        """Code and facts."""
        return {"code": ChangeCode.ACCEPT_SLOT.value, "slot": self.slot, "visits": list(self.visits)}

    def apply(self, instance: Instance) -> Instance:
        """The term with the slot negotiable for these visits."""
        return accepting(instance, self.visits, self.slot)


@dataclass(frozen=True, slots=True)
class MoreCoaches:
    """More coaches at a slot: a favour each."""

    slot: str
    count: int

    @property
    def effort(self) -> int:
        """Favours to be asked for."""
        return self.count

    def document(self) -> dict[str, object]:
        """Code and facts."""
        return {"code": ChangeCode.MORE_COACHES.value, "slot": self.slot, "count": self.count}

    def apply(self, instance: Instance) -> Instance:
        """The term with so many coaches more."""
        there = instance.coaches.get(self.slot, 0)
        return replace(instance, coaches={**instance.coaches, self.slot: there + self.count})


@dataclass(frozen=True, slots=True)
class MoreSeats:
    """More groups for a level at a slot, each at a workplace of its own near a school: a favour each."""

    slot: str
    level: str
    groups: int
    max_group: int
    school: str
    field: str

    @property
    def effort(self) -> int:
        """Favours to be asked for."""
        return self.groups

    def document(self) -> dict[str, object]:
        """Code and facts."""
        return {
            "code": ChangeCode.MORE_SEATS.value,
            "slot": self.slot,
            "level": self.level,
            "groups": self.groups,
            "max_group": self.max_group,
            "pupils": self.groups * self.max_group,
            "school": self.school,
            "field": self.field,
        }

    def apply(self, instance: Instance) -> Instance:
        """The term with so many workplaces more, open at this slot alone."""
        school = instance.school_by_id[self.school]
        names = (f"more:{self.slot}:{number}" for number in range(len(instance.workplaces) + self.groups))
        free = [name for name in names if name not in instance.workplace_by_id][: self.groups]
        more = tuple(
            Workplace(
                id=name,
                name=name,
                field=self.field,
                lat=school.lat,
                lon=school.lon,
                min_group=1,
                max_group=self.max_group,
                groups_per_slot=1,
                visits_per_day=None,
                visits_per_week=None,
                visits_per_term=None,
                levels=(self.level,),
                open_slots=(self.slot,),
            )
            for name in free
        )
        return replace(instance, workplaces=instance.workplaces + more)


@dataclass(frozen=True, slots=True)
class RaiseTravelLimit:
    """Some visits of a school may travel farther: one favour."""

    visits: tuple[str, ...]
    km: float

    @property
    def effort(self) -> int:
        """Favours to be asked for."""
        return 1

    def document(self) -> dict[str, object]:
        """Code and facts."""
        return {"code": ChangeCode.RAISE_TRAVEL_LIMIT.value, "visits": list(self.visits), "km": self.km}

    def apply(self, instance: Instance) -> Instance:
        """The term with limits of these visits not below `km`."""

        def farther(visit: Visit) -> Visit:
            limit = visit.max_travel_km
            return visit if limit is None else replace(visit, max_travel_km=max(limit, self.km))

        return _with_visits(instance, self.visits, farther)


@dataclass(frozen=True, slots=True)
class SplitBundle:
    """The visits of a bundle may go out at different slots: one favour."""

    bundle: str
    visits: tuple[str, ...]

    @property
    def effort(self) -> int:
        """Favours to be asked for."""
        return 1

    def document(self) -> dict[str, object]:
        """Code and facts."""
        return {"code": ChangeCode.SPLIT_BUNDLE.value, "bundle": self.bundle, "visits": list(self.visits)}

    def apply(self, instance: Instance) -> Instance:
        """The term without the bundle."""
        return _with_visits(instance, self.visits, lambda visit: replace(visit, bundle=None))


Change = AcceptSlot | MoreCoaches | MoreSeats | RaiseTravelLimit | SplitBundle


@dataclass(frozen=True, slots=True)
class Remedy:
    """A repair: with `changes` made, the visits stand at `slots` (by visit id). No changes: there is room as it is.

    `effort` counts the favours to be asked for; `date_stage` is what the visits add to it there, others as they are.
    """

    slots: Mapping[str, str]
    changes: tuple[Change, ...]
    date_stage: float

    @property
    def effort(self) -> int:
        """Favours to be asked for, in all."""
        return sum(change.effort for change in self.changes)

    @property
    def rank(self) -> tuple[float, ...]:
        """Fewest favours first, then the smallest cost."""
        return self.effort, self.date_stage

    def document(self) -> dict[str, object]:
        """The repair as a JSON object."""
        return {
            "slots": dict(self.slots),
            "changes": [change.document() for change in self.changes],
            "effort": self.effort,
            "date_stage": round(self.date_stage, 2),
        }


def apply_changes(instance: Instance, changes: Iterable[Change]) -> Instance:
    """The term with every change made."""
    for change in changes:
        instance = change.apply(instance)
    return instance


def apply_repair(instance: Instance, remedy: Remedy) -> Instance:
    """The term with a repair made: everything given, and the visits locked to the slots that it was given for.

    Without the lock another visit might take what was got for this one.
    """
    return locked_to(apply_changes(instance, remedy.changes), remedy.slots)


def locked_to(instance: Instance, slots: Mapping[str, str]) -> Instance:
    """The term with visits locked to slots (by visit id); a visit with a lock keeps the one that it has."""
    return _with_visits(
        instance,
        slots,
        lambda visit: visit if visit.locked is not None else replace(visit, locked=Placement(slots[visit.id], None)),
    )


def accepting(instance: Instance, visits: Iterable[str], slot: str) -> Instance:
    """The term with a slot negotiable for visits that do not accept it yet."""

    def accepted(visit: Visit) -> Visit:
        if slot in visit.requested_slots or slot in visit.negotiable_slots:
            return visit
        return replace(visit, negotiable_slots=(*visit.negotiable_slots, slot))

    return _with_visits(instance, visits, accepted)


def _with_visits(instance: Instance, names: Iterable[str], changed: Callable[[Visit], Visit]) -> Instance:
    some = set(names)
    return replace(instance, visits=tuple(changed(v) if v.id in some else v for v in instance.visits))
