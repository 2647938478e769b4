"""Checks of a term against itself: every id unique, every id named known, no slot twice, bundles of one school."""

from collections.abc import Iterable

from scheduler.faults import Reader, shown
from scheduler.instance_reading import Contents
from scheduler.parts import Placement, Visit


def check_references(contents: Contents, reader: Reader) -> None:
    """Note every id that stands twice, is unknown, or joins what does not belong together."""
    slots = _unique("slots", [slot.id for slot in contents.slots], reader)
    schools = _unique("schools", [school.id for school in contents.schools], reader)
    workplaces = _unique("workplaces", [workplace.id for workplace in contents.workplaces], reader)
    _unique("visits", [visit.id for visit in contents.visits], reader)
    for i, workplace in enumerate(contents.workplaces):
        _listed(f"workplaces[{i}].open_slots", workplace.open_slots, slots, "slot", reader)
    for slot in contents.coaches:
        if slot not in slots:
            reader.fault(f"coaches.{slot}", "unknown slot")
    for i, visit in enumerate(contents.visits):
        _check_visit(f"visits[{i}]", visit, slots, workplaces, reader)
        if visit.school and visit.school not in schools:
            reader.fault(f"visits[{i}].school", f"unknown school {shown(visit.school)}")
    _check_bundles(contents, reader)


def _unique(path: str, ids: list[str], reader: Reader) -> set[str]:
    first: dict[str, int] = {}
    for i, identifier in enumerate(ids):
        if identifier and first.setdefault(identifier, i) != i:
            reader.fault(f"{path}[{i}].id", f"{shown(identifier)} stands at {path}[{first[identifier]}] already")
    return set(first)


def _listed(path: str, ids: Iterable[str], known: set[str], kind: str, reader: Reader) -> None:
    seen: set[str] = set()
    for i, identifier in enumerate(ids):
        if not identifier:
            continue
        if identifier not in known:
            reader.fault(f"{path}[{i}]", f"unknown {kind} {shown(identifier)}")
        elif identifier in seen:
            reader.fault(f"{path}[{i}]", f"{kind} {shown(identifier)} stands twice")
        seen.add(identifier)


def _check_visit(path: str, visit: Visit, slots: set[str], workplaces: set[str], reader: Reader) -> None:
    _listed(f"{path}.requested_slots", visit.requested_slots, slots, "slot", reader)
    _listed(f"{path}.negotiable_slots", visit.negotiable_slots, slots, "slot", reader)
    asked = set(visit.requested_slots)
    for i, slot in enumerate(visit.negotiable_slots):
        if slot and slot in asked:
            reader.fault(f"{path}.negotiable_slots[{i}]", f"slot {shown(slot)} is requested already")
    _listed(f"{path}.excluded_workplaces", visit.excluded_workplaces, workplaces, "workplace", reader)
    limited = [group.workplace for group in visit.largest_groups]
    _listed(f"{path}.largest_groups", limited, workplaces, "workplace", reader)
    _check_placement(f"{path}.locked", visit.locked, slots, workplaces, reader)
    _check_placement(f"{path}.previous", visit.previous, slots, workplaces, reader)


def _check_placement(
    path: str, placement: Placement | None, slots: set[str], workplaces: set[str], reader: Reader
) -> None:
    if placement is None:
        return
    if placement.slot and placement.slot not in slots:
        reader.fault(f"{path}.slot", f"unknown slot {shown(placement.slot)}")
    seen: set[str] = set()
    for i, group in enumerate(placement.groups or ()):
        if group.workplace and group.workplace not in workplaces:
            reader.fault(f"{path}.groups[{i}].workplace", f"unknown workplace {shown(group.workplace)}")
        elif group.workplace in seen:
            reader.fault(f"{path}.groups[{i}].workplace", f"workplace {shown(group.workplace)} stands twice")
        seen.add(group.workplace)


def _check_bundles(contents: Contents, reader: Reader) -> None:
    first: dict[str, tuple[int, str]] = {}
    for i, visit in enumerate(contents.visits):
        if visit.bundle:
            at, school = first.setdefault(visit.bundle, (i, visit.school))
            if school != visit.school:
                reader.fault(
                    f"visits[{i}].bundle",
                    f"bundle {shown(visit.bundle)} is of school {shown(school)} at visits[{at}], "
                    f"of {shown(visit.school)} here",
                )
