"""학교 표와 학급 표: what their rows do. A class belongs to a school that is named by its number or its name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.domain.errors import BookingError, InvalidInput
from booking.domain.ids import ClassId, SchoolId
from booking.domain.school_entry import read_school
from booking.domain.school_rows import CLASS_COLUMNS, SCHOOL_COLUMNS, class_of, read_class
from booking.domain.school_texts import short_school
from booking.domain.sheet_rows import plain
from booking.models.schools import School, SchoolClass
from booking.services.class_keeping import add_class, change_class, mark_of, remove_class
from booking.services.schools import add_school, change_school, remove_school
from booking.services.sheet_desk import Desk, Form, Known, Stored, find


def _text(value: object) -> list[str]:
    if isinstance(value, dt.time):
        return [value.strftime("%H:%M")]
    return [] if value is None or value == "" else [str(value)]


class Schools:
    """학교."""

    columns = SCHOOL_COLUMNS
    finds = frozenset({"code"})
    #: lesson times as most schools have them
    usual: Mapping[str, list[str]] = {
        "am_starts": ["09:00"], "am_ends": ["12:25"], "pm_starts": ["13:15"], "pm_ends": ["15:45"],
    }  # fmt: skip

    def known(self, session: Session) -> list[Known]:
        """Every school."""
        rows = session.scalars(sa.select(School).order_by(School.id))
        return [Known(school.id, school.version, (school.code, school.name), self._values(school)) for school in rows]

    def _values(self, school: School) -> dict[str, list[str]]:
        return {
            column.field: _text(getattr(school, column.field))
            for column in SCHOOL_COLUMNS
            if column.field != "code"
        }  # fmt: skip

    def whom(self, desk: Desk, given: Form) -> Known | None:
        """By number, else by name."""
        return find(desk, self.known, ("code", "name"), given)

    def like(self, desk: Desk, form: Form) -> str:
        """Nothing: a row says surely what it means."""
        return ""

    def check(self, desk: Desk, known: Known | None, form: Form) -> int:
        """As the form of a school."""
        read_school(form)
        return 0

    def store(self, desk: Desk, known: Known | None, form: Form) -> Stored:
        """Add it, or change it; another level is refused while visits stand."""
        entry = read_school(form)
        if known is None:
            added = add_school(desk.session, desk.person, entry)
            return Stored(added.id, added.version, None)
        changed = change_school(desk.session, desk.person, SchoolId(known.id), entry, seen=known.version)
        return Stored(changed.id, changed.version, known.values)

    def finish(self, desk: Desk) -> None:
        """Nothing: each row stands by itself."""

    def take_back(self, desk: Desk, number: int, version: int, before: Form | None) -> bool:
        """What was added goes, unless it has classes or teachers by now; what was changed is as it was."""
        school = desk.session.get(School, SchoolId(number), populate_existing=True)
        if school is None or school.version != version:
            return False
        if before is None:
            return remove_school(desk.session, desk.person, school.id)
        try:
            change_school(desk.session, desk.person, school.id, read_school(before), seen=version)
        except BookingError:
            # its name is another's by now, or visits stand at its level
            return False
        return True


def school_named(desk: Desk, text: str) -> SchoolId:
    """Return the school that a cell names by number, name, or short name: 가람중 and 가람중학교 are one.

    Raises:
        InvalidInput: no school is called so (``no_school``), or several are (``ambiguous``).
    """
    names: dict[str, set[SchoolId]] | None = desk.shared.get("schools")
    if names is None:
        names = desk.shared["schools"] = {}
        for school in desk.session.scalars(sa.select(School)):
            for name in (school.name, school.sms_name, school.code):
                names.setdefault(plain(short_school(name)), set()).add(school.id)
    found = names.get(plain(short_school(text)), set())
    if len(found) != 1:
        raise InvalidInput(field="school", reason="ambiguous" if found else "no_school" if text else "required")
    return next(iter(found))


class Classes:
    """학급."""

    columns = CLASS_COLUMNS
    finds = frozenset({"school", "grade", "class"})
    usual: Mapping[str, list[str]] = {"active": ["1"]}

    def known(self, session: Session) -> list[Known]:
        """Every class, those of earlier years too: a row may bring one back."""
        rows = session.scalars(
            sa.select(SchoolClass)
            .join(School)
            .options(selectinload(SchoolClass.school))
            .order_by(School.code, SchoolClass.grade, SchoolClass.id)
        )
        return [self._known(one) for one in rows]

    def _known(self, one: SchoolClass) -> Known:
        values = {
            "school": [one.school.name],
            "grade": _text(one.grade),
            "class": [one.label],
            "pupils": [str(one.pupils)],
            "chaperones_needed": [str(one.chaperones_needed)],
            "considered": [str(one.considered)],
            "active": ["1" if one.active else "0"],
        }
        return Known(one.id, mark_of(one), (one.school.code,), values, label=f"{one.school.name} {one.label}")

    def whom(self, desk: Desk, given: Form) -> Known | None:
        """The class of that school, where it is there; a new one is spoken of once as well."""
        school, label = school_named(desk, "".join(given.get("school", []))), class_of(given)
        index: dict[tuple[int, str], Known] | None = desk.shared.get("classes")
        if index is None:
            rows = desk.session.scalars(sa.select(SchoolClass).options(selectinload(SchoolClass.school)))
            index = desk.shared["classes"] = {(one.school_id, one.label): self._known(one) for one in rows}
        found = index.get((school, label or ""))
        new: set[tuple[int, str]] = desk.shared.setdefault("new_classes", set())
        if found is None and label is not None:
            if (school, label) in new:
                raise InvalidInput(field="row", reason="twice")
            new.add((school, label))
        return found

    def like(self, desk: Desk, form: Form) -> str:
        """Nothing: a row says surely what it means."""
        return ""

    def check(self, desk: Desk, known: Known | None, form: Form) -> int:
        """As the school's own table of classes."""
        read_class(form)
        return 0

    def store(self, desk: Desk, known: Known | None, form: Form) -> Stored:
        """Add it to its school, or change it."""
        row, label = read_class(form), class_of(form) or ""
        if known is None:
            school = school_named(desk, "".join(form.get("school", [])))
            added = add_class(desk.session, desk.person, school, label, row)
            return Stored(added.id, mark_of(added), None)
        changed = change_class(desk.session, desk.person, ClassId(known.id), row, seen=known.version)
        return Stored(changed.id, mark_of(changed), known.values)

    def finish(self, desk: Desk) -> None:
        """Nothing: each row stands by itself."""

    def take_back(self, desk: Desk, number: int, version: int, before: Form | None) -> bool:
        """What was added goes, unless it has asked for a visit by now; what was changed is as it was."""
        if before is None:
            return remove_class(desk.session, desk.person, ClassId(number), seen=version)
        try:
            change_class(desk.session, desk.person, ClassId(number), read_class(before), seen=version)
        except BookingError:
            return False
        return True
