"""여는 요일 표와 날짜별 표: what their rows do. What a change costs standing visits is said first, then repaired."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import seoul_date
from booking.domain.errors import InvalidForm, InvalidInput
from booking.domain.ids import WorkplaceId
from booking.domain.open_rows import DAY_COLUMNS, PATTERN_COLUMNS, DayRow, DayState, read_day, read_pattern
from booking.domain.standing import Half
from booking.domain.vocabulary import Block
from booking.domain.workplace_entry import HALVES, ClosureEntry
from booking.models.workplaces import Workplace, WorkplaceException
from booking.services.sheet_desk import Desk, Form, Known, Stored, find
from booking.services.workplace_effects import Patch, examine
from booking.services.workplaces import change_workplace, find_workplace


def _named(desk: Desk, given: Form) -> Known:
    """The workplace that a row names; it has to be there.

    Raises:
        InvalidInput: it names none, or none that there is, or one of several.
    """
    found = find(desk, _workplaces, ("code", "name"), given)
    if found is None:
        raise InvalidInput(field="name", reason="no_workplace" if given.get("name") else "required")
    return found


def _workplaces(session: Session) -> list[Known]:
    rows = session.scalars(
        sa.select(Workplace)
        .where(Workplace.merged_into_id.is_(None))
        .options(selectinload(Workplace.hours))
        .order_by(Workplace.id)
    )
    return [Known(place.id, place.version, (place.code, place.name), _pattern(place)) for place in rows]


def _pattern(place: Workplace) -> dict[str, list[str]]:
    opened = {f"{row.weekday}-{row.block.value}" for row in place.hours}
    return {"name": [place.name], **{half: ["1" if half in opened else "0"] for half in HALVES}}


def _examine(desk: Desk, known: Known, patch: Patch) -> int:
    """How many groups would lose their place.

    Raises:
        InvalidForm: the change does not fit visits that have been, or are being negotiated.
    """
    effect = examine(desk.session, desk.clock, find_workplace(desk.session, WorkplaceId(known.id)), patch)
    if effect.refused is not None:
        raise InvalidForm([effect.refused])
    return len(effect.hits)


def _change(desk: Desk, number: int, patch: Patch, *, seen: int) -> int:
    """Change a workplace, and return its version; whoever loses a place by it was seen in the preview."""
    place = find_workplace(desk.session, WorkplaceId(number))
    hits = examine(desk.session, desk.clock, place, patch).hits
    change_workplace(
        desk.session, desk.clock, desk.config, desk.person, place.id, patch, seen=seen, agreed=set(hits)
    )  # fmt: skip
    return place.version


def _costs(desk: Desk, place: Workplace, patch: Patch) -> bool:
    """Whether taking a row back would cost somebody a place: then it stays."""
    effect = examine(desk.session, desk.clock, place, patch)
    return bool(effect.hits) or effect.refused is not None


class Patterns:
    """여는 요일: a row for a workplace, a column for every half-day of the week."""

    columns = PATTERN_COLUMNS
    finds = frozenset({"code", "name"})
    usual: Mapping[str, list[str]] = {}

    def known(self, session: Session) -> list[Known]:
        """Every workplace with its weekly pattern."""
        return _workplaces(session)

    def whom(self, desk: Desk, given: Form) -> Known | None:
        """By number, else by name."""
        return _named(desk, given)

    def like(self, desk: Desk, form: Form) -> str:
        """Nothing: a row says surely what it means."""
        return ""

    def check(self, desk: Desk, known: Known | None, form: Form) -> int:
        """As the form of a workplace."""
        return _examine(desk, known, Patch(hours=read_pattern(form))) if known is not None else 0

    def store(self, desk: Desk, known: Known | None, form: Form) -> Stored:
        """Change the pattern of a workplace that is there."""
        if known is None:
            raise InvalidForm([InvalidInput(field="name", reason="no_workplace")])
        version = _change(desk, known.id, Patch(hours=read_pattern(form)), seen=known.version)
        return Stored(known.id, version, known.values)

    def finish(self, desk: Desk) -> None:
        """Nothing: each row stands by itself."""

    def take_back(self, desk: Desk, number: int, version: int, before: Form | None) -> bool:
        """The pattern as it was; False where it was changed since, or somebody stands who would lose a place."""
        place = find_workplace(desk.session, WorkplaceId(number))
        patch = Patch(hours=read_pattern(before or {}))
        if place.version != version or _costs(desk, place, patch):
            return False
        _change(desk, number, patch, seen=version)
        return True


class Days:
    """날짜별 여닫음: a row for a stretch of half-days of a workplace that differ from its pattern."""

    columns = DAY_COLUMNS
    finds = frozenset({"code", "name", "first", "last", "blocks"})
    usual: Mapping[str, list[str]] = {}

    def known(self, session: Session) -> list[Known]:
        """Every half-day that differs, a row each."""
        rows = session.execute(
            sa.select(WorkplaceException, Workplace)
            .join(Workplace)
            .order_by(Workplace.id, WorkplaceException.date, WorkplaceException.block)
        )
        return [
            Known(
                place.id,
                place.version,
                (place.code, place.name),
                {
                    "name": [place.name],
                    "first": [row.date.isoformat()],
                    "last": [row.date.isoformat()],
                    "blocks": [row.block.value],
                    "state": [(DayState.OPEN if row.open else DayState.CLOSED).value],
                    "reason": [row.reason],
                },
            )
            for row, place in rows
        ]

    def whom(self, desk: Desk, given: Form) -> Known | None:
        """The half-days of a workplace: what they are where all are alike, and no half-day in two rows."""
        found = _named(desk, given)
        try:
            # past days are what they are: only a change of them is refused, by the check
            row = read_day({**given, "state": [DayState.CLOSED.value], "reason": ["-"]}, dt.date.min)
        except InvalidForm:
            # said field by field by the check, and in no other row's way
            unread: list[Known] = desk.shared.setdefault("unread", [])
            unread.append(Known(found.id, found.version, found.keys, {}, once=f"unread {len(unread)}"))
            return unread[-1]
        halves = row.closure.halves()
        spoken: set[tuple[int, Half]] = desk.shared.setdefault("halves", set())
        mine = {(found.id, half) for half in halves}
        if mine & spoken:
            raise InvalidInput(field="row", reason="twice")
        spoken |= mine
        standing = self._standing(desk)
        are = {standing.get((found.id, half), (DayState.USUAL.value, "")) for half in halves}
        values: dict[str, list[str]] = {}
        if len(are) == 1:
            ((state, reason),) = are
            values = {"state": [state], "reason": [reason] if reason else []}
        once = f"{found.id} {row.closure.first} {row.closure.last} {row.closure.blocks}"
        return Known(found.id, found.version, found.keys, values, once=once)

    def _standing(self, desk: Desk) -> dict[tuple[int, Half], tuple[str, str]]:
        found: dict[tuple[int, Half], tuple[str, str]] | None = desk.shared.get("standing")
        if found is None:
            found = desk.shared["standing"] = {
                (row.workplace_id, (row.date, row.block)): (("open" if row.open else "closed"), row.reason)
                for row in desk.session.scalars(sa.select(WorkplaceException))
            }
        return found

    def like(self, desk: Desk, form: Form) -> str:
        """Nothing: a row says surely what it means."""
        return ""

    def check(self, desk: Desk, known: Known | None, form: Form) -> int:
        """As a closure on the page of a workplace."""
        row = read_day(form, seoul_date(desk.clock.now()))
        return _examine(desk, known, _patch(row)) if known is not None else 0

    def store(self, desk: Desk, known: Known | None, form: Form) -> Stored:
        """Close or open the half-days; rows of one workplace follow each other."""
        if known is None:
            raise InvalidForm([InvalidInput(field="name", reason="no_workplace")])
        row = read_day(form, seoul_date(desk.clock.now()))
        standing = self._standing(desk)
        halves = row.closure.halves()
        before = [_half_text(half, standing.get((known.id, half), ("usual", ""))) for half in halves]
        versions: dict[int, int] = desk.shared.setdefault("versions", {})
        version = _change(desk, known.id, _patch(row), seen=versions.get(known.id, known.version))
        versions[known.id] = version
        after = ("usual", "") if row.state is DayState.USUAL else (row.state.value, row.closure.reason)
        return Stored(
            known.id, version, {"before": before, "after": [_half_text(half, after) for half in halves]}
        )  # fmt: skip

    def finish(self, desk: Desk) -> None:
        """Nothing: each row stands by itself."""

    def take_back(self, desk: Desk, number: int, version: int, before: Form | None) -> bool:
        """The half-days as they were; False where they were changed since, are past, or would cost somebody a place."""
        place = find_workplace(desk.session, WorkplaceId(number), lock=True)
        kept = before or {}
        now = {(row.date, row.block): ("open" if row.open else "closed", row.reason) for row in place.exceptions}
        for half, value in map(_half_of, kept.get("after", ())):
            if now.get(half, ("usual", "")) != value:
                return False
        was = [_half_of(text) for text in kept.get("before", ())]
        if any(date <= seoul_date(desk.clock.now()) for (date, _), _ in was):
            return False
        patch = Patch(
            closures=tuple(
                ClosureEntry(date, date, (block,), state == "open", reason)
                for (date, block), (state, reason) in was
                if state != "usual"
            ),
            undone=frozenset(half for half, (state, _) in was if state == "usual"),
        )
        if _costs(desk, place, patch):
            return False
        _change(desk, number, patch, seen=place.version)
        return True


def _patch(row: DayRow) -> Patch:
    if row.state is DayState.USUAL:
        return Patch(undone=frozenset(row.closure.halves()))
    return Patch(closures=(row.closure,))


def _half_text(half: Half, value: tuple[str, str]) -> str:
    """``2027-04-12/AM/closed/the reason``: what :func:`_half_of` reads back."""
    return f"{half[0].isoformat()}/{half[1].value}/{value[0]}/{value[1]}"


def _half_of(text: str) -> tuple[Half, tuple[str, str]]:
    date, block, state, reason = text.split("/", 3)
    return (dt.date.fromisoformat(date), Block(block)), (state, reason)
