"""The schools' calendars (wx-calendar/1): exams, holidays and events, and how many classes a school expects to send.

::

    format   "wx-calendar/1"
    entries  [{school, grade int|null, from "YYYY-MM-DD", until "YYYY-MM-DD", kind "exam"|"holiday"|"event", note str?}]
    classes  [{school, grade int|null, classes int, pupils int}]     optional; a school without is as last term

Both dates are within the entry. `grade` null is the whole school. A file may hold several terms: dates tell them apart.
On a day of any entry nobody of its grade goes out; an exam also says where the weeks before and after it begin.
"""

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scheduler.faults import Fault, InputError, Reader, join, load_json, shown

FORMAT = "wx-calendar/1"


class CalendarError(InputError):
    """A calendar that cannot be used: `faults` names every fault and its place."""


class Kind(StrEnum):
    """What keeps a school at home."""

    EXAM = "exam"
    HOLIDAY = "holiday"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Entry:
    """Days of a school, or of one grade of it, first and last included."""

    school: str
    grade: int | None
    first: datetime.date
    last: datetime.date
    kind: Kind
    note: str = ""


@dataclass(frozen=True, slots=True)
class Classes:
    """What a school expects to send: classes, and pupils in all of them."""

    school: str
    grade: int | None
    classes: int
    pupils: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """Entries and expectations of any number of schools and terms."""

    entries: tuple[Entry, ...] = ()
    classes: tuple[Classes, ...] = ()

    def to_document(self) -> dict[str, object]:
        """The calendar as a JSON document; reading it again gives an equal one."""
        entries = [
            {
                "school": entry.school,
                "grade": entry.grade,
                "from": entry.first.isoformat(),
                "until": entry.last.isoformat(),
                "kind": entry.kind.value,
                "note": entry.note,
            }
            for entry in self.entries
        ]
        classes = [
            {"school": each.school, "grade": each.grade, "classes": each.classes, "pupils": each.pupils}
            for each in self.classes
        ]
        return {"format": FORMAT, "entries": entries, "classes": classes}

    def joined(self, other: "Calendar") -> "Calendar":
        """Both together; of two expectations for one grade of a school, the other's counts."""
        expected = {(each.school, each.grade): each for each in (*self.classes, *other.classes)}
        return Calendar(self.entries + other.entries, tuple(expected.values()))


def parse_calendar_json(data: bytes) -> Calendar:
    """Read a wx-calendar/1 file.

    Raises:
        CalendarError: the bytes are no usable calendar; every fault is named.
    """
    document, faults = load_json(data)
    if faults:
        raise CalendarError(tuple(faults))
    reader = Reader()
    record = reader.record(document, "")
    if not reader.faults and record.get("format") != FORMAT:
        reader.fault("format", f"must be {FORMAT!r}")
    if reader.faults:
        raise CalendarError(tuple(reader.faults))
    entries = [_entry(value, f"entries[{i}]", reader) for i, value in enumerate(reader.items(record, "entries", ""))]
    listed = reader.items(record, "classes", "") if "classes" in record else []
    classes = [_classes(value, f"classes[{i}]", reader) for i, value in enumerate(listed)]
    if reader.faults:
        raise CalendarError(tuple(reader.faults))
    return Calendar(tuple(entry for entry in entries if entry is not None), tuple(classes))


def calendar_json(calendar: Calendar) -> str:
    """The calendar as a file's text."""
    return json.dumps(calendar.to_document(), ensure_ascii=False, indent=1) + "\n"


def check_schools(calendar: Calendar, known: Sequence[str], path: str) -> None:
    """Refuse a calendar that names schools which no term has.

    Raises:
        CalendarError: each unknown school with its place.
    """
    named = [(f"entries[{i}].school", entry.school) for i, entry in enumerate(calendar.entries)]
    named += [(f"classes[{i}].school", each.school) for i, each in enumerate(calendar.classes)]
    faults = [Fault(f"{path}: {place}", f"unknown school {school}") for place, school in named if school not in known]
    if faults:
        raise CalendarError(tuple(faults))


def _entry(value: object, path: str, reader: Reader) -> Entry | None:
    record = reader.record(value, path)
    if not record:
        return None
    school = reader.text(record, "school", path)
    first, last = _date(record, "from", path, reader), _date(record, "until", path, reader)
    kind = reader.text(record, "kind", path)
    if kind and kind not in {item.value for item in Kind}:
        reader.fault(join(path, "kind"), f"{shown(kind)}, must be one of {', '.join(Kind)}")
        return None
    grade = _grade(record, path, reader)
    note = reader.text(record, "note", path, empty=True) if "note" in record else ""
    if first is None or last is None or not kind:
        return None
    if last < first:
        reader.fault(join(path, "until"), f"{last}, before {first}")
    return Entry(school, grade, first, last, Kind(kind), note)


def _classes(value: object, path: str, reader: Reader) -> Classes:
    record = reader.record(value, path)
    return Classes(
        reader.text(record, "school", path),
        _grade(record, path, reader),
        reader.whole(record, "classes", path, 0, 10_000),
        reader.whole(record, "pupils", path, 0, 1_000_000),
    )


def _grade(record: Mapping[str, object], path: str, reader: Reader) -> int | None:
    return None if record.get("grade") is None else reader.whole(record, "grade", path, 1, 12)


def _date(record: Mapping[str, object], key: str, path: str, reader: Reader) -> datetime.date | None:
    text = reader.text(record, key, path)
    try:
        return datetime.date.fromisoformat(text) if text else None
    except ValueError:
        reader.fault(join(path, key), f"{shown(text)}, must be a date as 2026-10-12")
        return None
