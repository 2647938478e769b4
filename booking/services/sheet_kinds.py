"""What each kind of spreadsheet does with a row: find whom it means, say what would change, do it, take it back.

A row goes the way of a form: the values that stand, what the row says over them, the same reader, the same use case.
So no second set of rules judges tables, and what a change costs standing visits is said here too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import seoul_date
from booking.domain.alike import Face, Lookout
from booking.domain.coach_entry import CoachEntry, read_coach
from booking.domain.errors import InvalidForm
from booking.domain.ids import CoachId, WorkplaceId
from booking.domain.plan_rows import PLAN_COLUMNS
from booking.domain.sheet_rows import COACH_COLUMNS, WORKPLACE_COLUMNS, Column, SheetKind
from booking.domain.vocabulary import Language, WorkplaceStatus
from booking.domain.workplace_entry import read_workplace
from booking.models.coaches import Coach
from booking.models.workplaces import Workplace
from booking.queries.duplicates import face_of, standing_places
from booking.services.coaches import add_coach, change_coach
from booking.services.open_sheets import Days, Patterns
from booking.services.request_sheet import Requests
from booking.services.school_sheets import Classes, Schools
from booking.services.sheet_desk import Desk, Form, Handler, Known, Stored, find
from booking.services.workplace_effects import Patch, examine, of_entry
from booking.services.workplaces import add_workplace, change_workplace, find_workplace


def _text(value: object) -> list[str]:
    return [] if value is None or value == "" else [str(value)]


class Workplaces:
    """일터."""

    columns = WORKPLACE_COLUMNS
    finds = frozenset({"code"})
    usual: Mapping[str, list[str]] = {"groups_per_slot": ["1"]}
    _fields: tuple[str, ...] = tuple(
        column.field for column in WORKPLACE_COLUMNS
        if column.field not in {"code", "levels", "hours"} and not column.field.startswith("contact_")
    )  # fmt: skip

    def known(self, session: Session) -> list[Known]:
        """Every workplace, ended ones too: a row may mean one."""
        rows = session.scalars(
            sa.select(Workplace)
            .where(Workplace.merged_into_id.is_(None))
            .options(selectinload(Workplace.hours), selectinload(Workplace.contact))
            .order_by(Workplace.id)
        )
        return [Known(place.id, place.version, (place.code, place.name), self._values(place)) for place in rows]

    def _values(self, place: Workplace) -> dict[str, list[str]]:
        values = {name: _text(getattr(place, name)) for name in self._fields}
        values["notes"] = _text(place.notes)
        values["levels"] = list(place.levels)
        values["hours"] = [f"{row.weekday}-{row.block.value}" for row in place.hours]
        for name in ("name", "title", "email", "phone", "language"):
            values[f"contact_{name}"] = _text(getattr(place.contact, name, None))
        return values

    def _patch(self, form: Form) -> Patch:
        entry = read_workplace(form)
        patch = of_entry(entry)
        return Patch(patch.values, hours=patch.hours, contact=(entry.contact,))

    def whom(self, desk: Desk, given: Form) -> Known | None:
        """By number, else by name."""
        return find(desk, self.known, ("code", "name"), given)

    def like(self, desk: Desk, form: Form) -> str:
        """The workplace, in the register or earlier in the table, that a new one looks like."""
        lookout: Lookout | None = desk.shared.get("lookout")
        if lookout is None:
            lookout = desk.shared["lookout"] = Lookout([face_of(place) for place in standing_places(desk.session)])
        face = Face(*("".join(form.get(name, [])) for name in ("name", "address", "contact_phone")))
        found = lookout.like(face)
        lookout.add(face)
        return lookout.faces[found[0][0]].name if found else ""

    def check(self, desk: Desk, known: Known | None, form: Form) -> int:
        """As the form of a workplace."""
        patch = self._patch(form)
        if known is None:
            return 0
        effect = examine(desk.session, desk.clock, find_workplace(desk.session, WorkplaceId(known.id)), patch)
        if effect.refused is not None:
            raise InvalidForm([effect.refused])
        return len(effect.hits)

    def store(self, desk: Desk, known: Known | None, form: Form) -> Stored:
        """Add it as found today, or change it; whoever loses a place by it was seen in the preview."""
        if known is None:
            today = seoul_date(desk.clock.now())
            entry = read_workplace(form)
            place = add_workplace(desk.session, desk.clock, desk.person, entry, WorkplaceStatus.FOUND, today)
            return Stored(place.id, place.version, None)
        place = find_workplace(desk.session, WorkplaceId(known.id))
        patch = self._patch(form)
        hits = examine(desk.session, desk.clock, place, patch).hits
        change_workplace(
            desk.session, desk.clock, desk.config, desk.person, place.id, patch, seen=known.version, agreed=set(hits)
        )
        return Stored(place.id, place.version, known.values)

    def finish(self, desk: Desk) -> None:
        """Nothing: each row stands by itself."""

    def take_back(self, desk: Desk, number: int, version: int, before: Form | None) -> bool:
        """What was added is ended, because the pipeline's record cannot be deleted; what was changed is as it was."""
        place = find_workplace(desk.session, WorkplaceId(number))
        if place.version != version:
            return False
        if before is None:
            patch = Patch(status=WorkplaceStatus.ENDED, since=seoul_date(desk.clock.now()))
        else:
            patch = self._patch(before)
        hits: Collection[Any] = examine(desk.session, desk.clock, place, patch).hits
        if hits:
            return False
        change_workplace(desk.session, desk.clock, desk.config, desk.person, place.id, patch, seen=version)
        return True


class Coaches:
    """진로코치."""

    columns = COACH_COLUMNS
    finds: frozenset[str] = frozenset()
    usual: Mapping[str, list[str]] = {"language": [Language.KO.value]}

    def known(self, session: Session) -> list[Known]:
        """Every coach of the pool, by address, telephone and name."""
        rows = session.scalars(sa.select(Coach).order_by(Coach.id))
        return [
            Known(coach.id, coach.version, (coach.email or "", coach.phone or "", coach.name), self._values(coach))
            for coach in rows
        ]

    def _values(self, coach: Coach) -> dict[str, list[str]]:
        return {column.field: _text(getattr(coach, column.field)) for column in COACH_COLUMNS}

    def _entry(self, form: Form) -> CoachEntry:
        return read_coach(form, with_contact=True)

    def whom(self, desk: Desk, given: Form) -> Known | None:
        """By address, telephone, or name."""
        return find(desk, self.known, ("email", "phone", "name"), given)

    def like(self, desk: Desk, form: Form) -> str:
        """Nobody: coaches are found by address and telephone."""
        return ""

    def check(self, desk: Desk, known: Known | None, form: Form) -> int:
        """As the form of a coach."""
        self._entry(form)
        return 0

    def store(self, desk: Desk, known: Known | None, form: Form) -> Stored:
        """Add to the pool, or change. A change that leaves the plan short of coaches is refused as a whole."""
        entry = self._entry(form)
        if known is None:
            added = add_coach(desk.session, desk.person, entry)
            return Stored(added.id, added.version, None)
        changed = change_coach(
            desk.session, desk.clock, desk.config, desk.person, CoachId(known.id), entry, seen=known.version
        )
        return Stored(changed.id, changed.version, known.values)

    def finish(self, desk: Desk) -> None:
        """Nothing: each row stands by itself."""

    def take_back(self, desk: Desk, number: int, version: int, before: Form | None) -> bool:
        """What was added ends today; what was changed is as it was."""
        coach = desk.session.get(Coach, CoachId(number), populate_existing=True)
        if coach is None or coach.version != version:
            return False
        form = dict(before or self._values(coach))
        if before is None:
            form["ended_on"] = [seoul_date(desk.clock.now()).isoformat()]
        change_coach(desk.session, desk.clock, desk.config, desk.person, coach.id, self._entry(form), seen=version)
        return True


HANDLERS: dict[SheetKind, Handler] = {
    SheetKind.WORKPLACES: Workplaces(),
    SheetKind.COACHES: Coaches(),
    SheetKind.SCHOOLS: Schools(),
    SheetKind.CLASSES: Classes(),
    SheetKind.PATTERNS: Patterns(),
    SheetKind.DAYS: Days(),
    SheetKind.REQUESTS: Requests(),
}
COLUMNS: dict[SheetKind, tuple[Column, ...]] = {
    **{kind: handler.columns for kind, handler in HANDLERS.items()},
    SheetKind.PLANS: PLAN_COLUMNS,
}
