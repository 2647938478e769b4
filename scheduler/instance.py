"""The input: one centre, one term (wx-instance/1), frozen and checked; a bad one is refused, every fault named."""

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from scheduler.faults import Fault, InputError, Reader, load_json
from scheduler.instance_checks import check_references
from scheduler.instance_reading import Contents, read_contents
from scheduler.lock_checks import check_locks
from scheduler.parts import BLOCKS, LEVELS, Group, Placement, Policy, School, Slot, Visit, Workplace

__all__ = [
    "BLOCKS",
    "LEVELS",
    "Fault",
    "Group",
    "Instance",
    "InstanceError",
    "Placement",
    "Policy",
    "School",
    "Slot",
    "Visit",
    "Workplace",
    "instance_sha256",
    "parse_instance",
]

FORMAT = "wx-instance/1"


class InstanceError(InputError):
    """An instance that cannot be used: `faults` names every fault and its place."""


@dataclass(frozen=True)
class Instance:
    """One centre's term. Lookups are computed at first use; everything in it is read-only."""

    name: str
    slots: tuple[Slot, ...]
    schools: tuple[School, ...]
    workplaces: tuple[Workplace, ...]
    visits: tuple[Visit, ...]
    coaches: Mapping[str, int]
    policy: Policy

    @classmethod
    def from_json(cls, data: bytes) -> "Instance":
        """Read a wx-instance/1 file.

        Raises:
            InstanceError: the bytes are no usable instance; every fault is named.
        """
        document, faults = load_json(data)
        if document is None and faults:
            raise InstanceError(tuple(faults))
        return _parsed(document, faults)

    def to_document(self) -> dict[str, object]:
        """The instance as a JSON document; reading it again gives an equal instance."""
        return {
            "format": FORMAT,
            "name": self.name,
            "slots": [{**_plain(slot), "date": slot.date.isoformat()} for slot in self.slots],
            "schools": [_plain(school) for school in self.schools],
            "workplaces": [_plain(workplace) for workplace in self.workplaces],
            "visits": [_visit_document(visit) for visit in self.visits],
            "coaches": dict(self.coaches),
            "policy": _plain(self.policy),
        }

    def with_policy(self, **changes: object) -> "Instance":
        """The same term under changed prices, as `with_policy(fairness_slack=0)`.

        Raises:
            InstanceError: an unknown price or an unusable value.
        """
        unknown = changes.keys() - {field.name for field in dataclasses.fields(Policy)}
        if unknown:
            raise InstanceError(tuple(Fault(f"policy.{key}", "is unknown") for key in sorted(unknown)))
        document = self.to_document()
        document["policy"] = {**_plain(self.policy), **changes}
        return parse_instance(document)

    @cached_property
    def slot_by_id(self) -> Mapping[str, Slot]:
        """Slots by id."""
        return {slot.id: slot for slot in self.slots}

    @cached_property
    def school_by_id(self) -> Mapping[str, School]:
        """Schools by id."""
        return {school.id: school for school in self.schools}

    @cached_property
    def workplace_by_id(self) -> Mapping[str, Workplace]:
        """Workplaces by id."""
        return {workplace.id: workplace for workplace in self.workplaces}

    @cached_property
    def visit_by_id(self) -> Mapping[str, Visit]:
        """Visits by id."""
        return {visit.id: visit for visit in self.visits}

    @cached_property
    def open_at(self) -> Mapping[str, tuple[Workplace, ...]]:
        """The workplaces open at each slot, in the order of the file."""
        lists: dict[str, list[Workplace]] = {slot.id: [] for slot in self.slots}
        for workplace in self.workplaces:
            for slot in workplace.open_slots:
                lists[slot].append(workplace)
        return {slot: tuple(workplaces) for slot, workplaces in lists.items()}

    @cached_property
    def seats_by_slot(self) -> Mapping[str, int]:
        """Seats of each slot: the sum of `max_group × groups_per_slot` of the workplaces open at it, of any level."""
        return {
            slot: sum(workplace.max_group * workplace.groups_per_slot for workplace in workplaces)
            for slot, workplaces in self.open_at.items()
        }

    @cached_property
    def parties(self) -> tuple[tuple[Visit, ...], ...]:
        """What goes out together, in the order of the file: the visits of a bundle, or one visit without a bundle."""
        found: dict[tuple[str, str], list[Visit]] = {}
        for visit in self.visits:
            key = ("visit", visit.id) if visit.bundle is None else ("bundle", visit.bundle)
            found.setdefault(key, []).append(visit)
        return tuple(tuple(visits) for visits in found.values())

    @cached_property
    def party_by_visit(self) -> Mapping[str, tuple[Visit, ...]]:
        """The party of each visit, by visit id."""
        return {visit.id: party for party in self.parties for visit in party}


def parse_instance(document: object) -> Instance:
    """The instance in a JSON document already read.

    Raises:
        InstanceError: every fault in it, with its place.
    """
    return _parsed(document, [])


def instance_sha256(data: bytes) -> str:
    """The hash by which an allocation names the file that it was made for: SHA-256 of the bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _parsed(document: object, faults: list[Fault]) -> Instance:
    reader = Reader()
    reader.faults += faults
    record = reader.record(document, "")
    if reader.faults and not record:
        raise InstanceError(tuple(reader.faults))
    if record.get("format") != FORMAT:
        # Another version may mean anything by the same keys: its other faults would be guesses.
        reader.faults[:] = faults
        reader.fault("format", f"must be {FORMAT!r}" if "format" in record else f"is missing, must be {FORMAT!r}")
        raise InstanceError(tuple(reader.faults))
    contents = read_contents(record, reader)
    check_references(contents, reader)
    if not reader.faults:
        check_locks(contents, reader)
    if reader.faults:
        raise InstanceError(tuple(reader.faults))
    return _assembled(contents)


def _assembled(contents: Contents) -> Instance:
    return Instance(
        name=contents.name,
        slots=tuple(contents.slots),
        schools=tuple(contents.schools),
        workplaces=tuple(contents.workplaces),
        visits=tuple(contents.visits),
        coaches=dict(contents.coaches),
        policy=contents.policy,
    )


def _plain(part: Slot | School | Workplace | Policy) -> dict[str, object]:
    """A part as a JSON object, tuples as lists."""
    values = {field.name: getattr(part, field.name) for field in dataclasses.fields(part)}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


def _placement_document(placement: Placement | None) -> dict[str, object] | None:
    if placement is None:
        return None
    groups = placement.groups
    return {
        "slot": placement.slot,
        "groups": None if groups is None else [{"workplace": g.workplace, "pupils": g.pupils} for g in groups],
    }


def _visit_document(visit: Visit) -> dict[str, object]:
    document: dict[str, object] = {
        "id": visit.id,
        "school": visit.school,
        "label": visit.label,
        "pupils": visit.pupils,
        "chaperones_needed": visit.chaperones_needed,
        "fields": list(visit.fields),
        "requested_slots": list(visit.requested_slots),
        "negotiable_slots": list(visit.negotiable_slots),
        "bundle": visit.bundle,
        "max_travel_km": visit.max_travel_km,
        "locked": _placement_document(visit.locked),
        "previous": _placement_document(visit.previous),
    }
    if visit.class_ is not None:
        document["class"] = visit.class_
    if visit.excluded_workplaces:
        document["excluded_workplaces"] = list(visit.excluded_workplaces)
    if visit.largest_groups:
        document["largest_groups"] = [{"workplace": g.workplace, "pupils": g.pupils} for g in visit.largest_groups]
    return document
