"""Reading wx-instance/1: every record of the document into its part, every wrong type or value noted."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass

from scheduler.faults import Reader, join, shown
from scheduler.parts import BLOCKS, LEVELS, Group, Placement, Policy, School, Slot, Visit, Workplace

MOST_PUPILS = 10_000
"""Most pupils of one visit: a visit is one class's outing."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(slots=True)
class Contents:
    """What a document holds, not yet checked against itself; the position of a part is its place in the file."""

    name: str
    slots: list[Slot]
    schools: list[School]
    workplaces: list[Workplace]
    visits: list[Visit]
    coaches: dict[str, int]
    policy: Policy


def read_contents(record: Mapping[str, object], reader: Reader) -> Contents:
    """Every part of the document; faulty values are noted in `reader` and replaced by harmless ones."""
    return Contents(
        name=reader.text(record, "name", "", empty=True),
        slots=[_slot(v, f"slots[{i}]", reader) for i, v in enumerate(reader.items(record, "slots", ""))],
        schools=[_school(v, f"schools[{i}]", reader) for i, v in enumerate(reader.items(record, "schools", ""))],
        workplaces=[
            _workplace(v, f"workplaces[{i}]", reader) for i, v in enumerate(reader.items(record, "workplaces", ""))
        ],
        visits=[_visit(v, f"visits[{i}]", reader) for i, v in enumerate(reader.items(record, "visits", ""))],
        coaches=_coaches(record, reader),
        policy=_policy(record, reader),
    )


def _slot(value: object, path: str, reader: Reader) -> Slot:
    record = reader.record(value, path)
    written = reader.text(record, "date", path)
    date = datetime.date.min
    try:
        if written and not _DATE.fullmatch(written):
            raise ValueError(written)
        date = datetime.date.fromisoformat(written) if written else date
    except ValueError:
        reader.fault(join(path, "date"), f"{shown(written)}, must be a date as YYYY-MM-DD")
        written = ""
    week = reader.text(record, "week", path)
    if written and week:
        iso = date.isocalendar()
        right = f"{iso.year:04d}-W{iso.week:02d}"
        if week != right:
            reader.fault(join(path, "week"), f"{shown(week)}, must be {right}, the ISO week of {written}")
    return Slot(reader.text(record, "id", path), date, _one_of(record, "block", path, BLOCKS, reader), week)


def _one_of(record: Mapping[str, object], key: str, path: str, known: tuple[str, ...], reader: Reader) -> str:
    value = reader.text(record, key, path)
    if value and value not in known:
        reader.fault(join(path, key), f"{shown(value)}, must be one of {', '.join(known)}")
    return value if value in known else known[0]


def _school(value: object, path: str, reader: Reader) -> School:
    record = reader.record(value, path)
    return School(
        id=reader.text(record, "id", path),
        name=reader.text(record, "name", path, empty=True),
        level=_one_of(record, "level", path, LEVELS, reader),
        lat=reader.number(record, "lat", path, -90.0, 90.0),
        lon=reader.number(record, "lon", path, -180.0, 180.0),
        own_chaperones_per_slot=reader.whole(record, "own_chaperones_per_slot", path, 0),
        fairness_credit=reader.number(record, "fairness_credit", path),
    )


def _workplace(value: object, path: str, reader: Reader) -> Workplace:
    record = reader.record(value, path)
    min_group = reader.whole(record, "min_group", path, 1)
    max_group = reader.whole(record, "max_group", path, 1)
    if max_group < min_group and isinstance(record.get("max_group"), int):
        reader.fault(join(path, "max_group"), f"{max_group}, must be at least min_group, {min_group}")
    levels = _strings(record, "levels", path, reader)
    for i, level in enumerate(levels):
        if level and level not in LEVELS:
            reader.fault(f"{path}.levels[{i}]", f"{shown(level)}, must be one of {', '.join(LEVELS)}")
    return Workplace(
        id=reader.text(record, "id", path),
        name=reader.text(record, "name", path, empty=True),
        field=reader.text(record, "field", path),
        lat=reader.number(record, "lat", path, -90.0, 90.0),
        lon=reader.number(record, "lon", path, -180.0, 180.0),
        min_group=min_group,
        max_group=max(min_group, max_group),
        groups_per_slot=reader.whole(record, "groups_per_slot", path, 1),
        visits_per_day=reader.limit(record, "visits_per_day", path),
        visits_per_week=reader.limit(record, "visits_per_week", path),
        visits_per_term=reader.limit(record, "visits_per_term", path),
        levels=levels,
        open_slots=_strings(record, "open_slots", path, reader),
    )


def _visit(value: object, path: str, reader: Reader) -> Visit:
    record = reader.record(value, path)
    travel = None
    if reader.present(record, "max_travel_km", path) is not None:
        travel = reader.number(record, "max_travel_km", path)
    return Visit(
        id=reader.text(record, "id", path),
        school=reader.text(record, "school", path),
        label=reader.text(record, "label", path, empty=True),
        pupils=reader.whole(record, "pupils", path, 1, MOST_PUPILS),
        chaperones_needed=reader.whole(record, "chaperones_needed", path, 0),
        fields=_strings(record, "fields", path, reader),
        requested_slots=_strings(record, "requested_slots", path, reader),
        negotiable_slots=_strings(record, "negotiable_slots", path, reader),
        bundle=_optional_text(record, "bundle", path, reader),
        max_travel_km=travel,
        class_=_optional_text(record, "class", path, reader) if "class" in record else None,
        excluded_workplaces=(
            _strings(record, "excluded_workplaces", path, reader) if "excluded_workplaces" in record else ()
        ),
        locked=_placement(record, "locked", path, reader),
        previous=_placement(record, "previous", path, reader),
        largest_groups=_groups(record, "largest_groups", path, reader) if "largest_groups" in record else (),
    )


def _optional_text(record: Mapping[str, object], key: str, path: str, reader: Reader) -> str | None:
    if reader.present(record, key, path) is None:
        return None
    return reader.text(record, key, path)


def _strings(record: Mapping[str, object], key: str, path: str, reader: Reader) -> tuple[str, ...]:
    here = join(path, key)
    return tuple(reader.string(v, f"{here}[{i}]") for i, v in enumerate(reader.items(record, key, path)))


def _placement(record: Mapping[str, object], key: str, path: str, reader: Reader) -> Placement | None:
    value = reader.present(record, key, path)
    if value is None:
        return None
    here = join(path, key)
    inner = reader.record(value, here)
    slot = None
    # A lock without a slot would be a lock to nothing; only `previous` may say "was not placed".
    if key == "locked" or reader.present(inner, "slot", here) is not None:
        slot = reader.text(inner, "slot", here)
    if reader.present(inner, "groups", here) is None:
        return Placement(slot, None)
    listed = reader.items(inner, "groups", here)
    groups = tuple(_group(v, f"{here}.groups[{i}]", reader) for i, v in enumerate(listed))
    if not groups and key == "locked" and isinstance(inner.get("groups"), list):
        reader.fault(join(here, "groups"), "is empty; null leaves the groups open")
    # Empty groups of a previous placement say that they are not known.
    return Placement(slot, groups or None)


def _groups(record: Mapping[str, object], key: str, path: str, reader: Reader) -> tuple[Group, ...]:
    here = join(path, key)
    return tuple(_group(v, f"{here}[{i}]", reader) for i, v in enumerate(reader.items(record, key, path)))


def _group(value: object, path: str, reader: Reader) -> Group:
    record = reader.record(value, path)
    return Group(reader.text(record, "workplace", path), reader.whole(record, "pupils", path, 1, MOST_PUPILS))


def _coaches(record: Mapping[str, object], reader: Reader) -> dict[str, int]:
    value = reader.present(record, "coaches", "")
    if "coaches" not in record:
        return {}
    listed = reader.record(value, "coaches")
    return {slot: reader.count(number, join("coaches", slot), 0) for slot, number in listed.items()}


def _policy(record: Mapping[str, object], reader: Reader) -> Policy:
    value = reader.present(record, "policy", "")
    if not isinstance(value, dict):
        if "policy" in record:
            reader.fault("policy", f"{shown(value)}, must be an object")
        return Policy((0.0,), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    policy = reader.record(value, "policy")
    listed = reader.items(policy, "date_cost", "policy")
    costs = tuple(reader.real(v, f"policy.date_cost[{i}]") for i, v in enumerate(listed))
    if not costs and isinstance(policy.get("date_cost"), list):
        reader.fault("policy.date_cost", "is empty")
    for i in range(1, len(costs)):
        if costs[i] < costs[i - 1]:
            reader.fault(f"policy.date_cost[{i}]", f"{costs[i]:g}, must be at least {costs[i - 1]:g}, the one before")
    return Policy(
        date_cost=costs or (0.0,),
        shift_cost=reader.number(policy, "shift_cost", "policy"),
        crowding_price=reader.number(policy, "crowding_price", "policy"),
        off_field_cost=reader.number(policy, "off_field_cost", "policy"),
        travel_cost=reader.number(policy, "travel_cost", "policy"),
        group_cost=reader.number(policy, "group_cost", "policy"),
        change_cost=reader.number(policy, "change_cost", "policy"),
        fairness_slack=reader.number(policy, "fairness_slack", "policy"),
    )
