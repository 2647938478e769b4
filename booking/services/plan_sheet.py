"""배정안 표: a plan that was edited in a spreadsheet becomes changes by hand, judged by the same verifier, or refused.

All rows of a request say together where it goes. What breaks a rule, or needs a reason and has none, is left out, and
the rest is judged anew without it, until what remains keeps every rule; that is one line of the plan's journal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.errors import BookingError, InvalidForm, InvalidInput
from booking.domain.ids import RunId
from booking.domain.journal import REASON_LENGTH, Entry, line_of
from booking.domain.plan_rows import PLAN_COLUMNS, PlanRow, Wanted, gather, read_group
from booking.domain.sheet_rows import plain, read_cells
from booking.domain.states import RunStatus
from booking.models.hand_changes import HandChange
from booking.models.runs import AllocationRun
from booking.models.sheets import SheetUpload
from booking.models.workplaces import Workplace
from booking.services.hand_changes import move_many
from booking.services.hand_intents import Look, intend_sheet, look
from booking.services.hand_undo import undo
from booking.services.proposals import LoadedPlan, plan_of
from booking.services.sheet_desk import Desk, Known
from booking.services.sheet_outcomes import Outcome, Plan, RowPlan, Words
from scheduler.allocation import Assignment
from scheduler.moves import Change
from scheduler.parts import Group
from scheduler.verifier import Violation


@dataclass(slots=True)
class _Asked:
    """One request of the table: its rows, and what becomes of it."""

    rows: list[tuple[int, PlanRow, str]] = field(default_factory=list)
    faults: list[InvalidInput] = field(default_factory=list)
    wanted: Wanted | None = None


def require_draft(session: Session, run_id: RunId | None) -> AllocationRun:
    """Return the draft that a table is to change.

    Raises:
        InvalidInput: there is none, or it is no proposal (any more).
    """
    run = session.get(AllocationRun, run_id) if run_id is not None else None
    if run is None or run.status is not RunStatus.PROPOSED:
        raise InvalidInput(field="run", reason="required" if run_id is None else "no_draft")
    return run


def plan_changes(desk: Desk, upload: SheetUpload, words: Words) -> Plan:
    """Say for each row what would become of its request, without doing any of it."""
    rows, _, _ = _judged(desk, upload, words)
    return Plan(tuple(rows))


def _judged(desk: Desk, upload: SheetUpload, words: Words) -> tuple[list[RowPlan], list[Change], str]:
    try:
        run = require_draft(desk.session, upload.run_id)
    except InvalidInput as fault:
        numbers = range(2, 2 + len(upload.content["rows"]))
        return [RowPlan(number, Outcome.REFUSED, "", faults=(fault,)) for number in numbers], [], ""
    plan = plan_of(desk.session, run.id)
    asked, found = _read(desk, plan, upload, words)
    changes: dict[str, Change] = {}
    for code, one in asked.items():
        if one.faults:
            continue
        try:
            one.wanted = gather([(row, place) for _, row, place in one.rows])
            change = _change(plan, code, one.wanted)
        except InvalidInput as fault:
            one.faults.append(fault)
            continue
        if change is not None:
            changes[code] = change
    seen = _keep_what_holds(plan, asked, changes)
    for code, one in asked.items():
        found += _row_plans(plan, code, one, changes.get(code), seen)
    reasons = dict.fromkeys(wanted.reason for code in changes if (wanted := asked[code].wanted) and wanted.reason)
    return sorted(found, key=lambda row: row.number), list(changes.values()), " · ".join(reasons)[:REASON_LENGTH]


def _read(
    desk: Desk, plan: LoadedPlan, upload: SheetUpload, words: Words
) -> tuple[dict[str, _Asked], list[RowPlan]]:  # fmt: skip
    """The requests that the rows name, and the rows that name none."""
    names: dict[str, list[str]] = {}
    for code, name in desk.session.execute(
        sa.select(Workplace.code, Workplace.name).where(Workplace.merged_into_id.is_(None))
    ):
        names.setdefault(plain(name), []).append(code)
    codes = {plain(code): code for code in plan.places}
    requests = {plain(code): code for code in plan.by_code}
    asked: dict[str, _Asked] = {}
    refused: list[RowPlan] = []
    for number, cells in enumerate(upload.content["rows"], 2):
        given, unknown = read_cells(cells, PLAN_COLUMNS, upload.mapping, words)
        label = " ".join([*given.get("school", []), *given.get("class", [])] or given.get("code", []))
        code = requests.get(plain("".join(given.get("code", []))), "")
        if not code:
            reason = "no_request" if given.get("code") else "required"
            fault = InvalidInput(field="code", reason=reason)
            refused.append(RowPlan(number, Outcome.REFUSED, label, faults=(fault,), unknown=tuple(unknown)))
            continue
        one = asked.setdefault(code, _Asked())
        try:
            row = read_group(given)
            place = _place(row, codes, names)
        except InvalidForm as error:
            one.faults += error.faults
            row, place = PlanRow(code, None, "", "", None, ""), ""
        if unknown:
            one.faults += [InvalidInput(field=word.field, reason="unknown") for word in unknown]
        one.rows.append((number, row, place))
    return asked, refused


def _place(row: PlanRow, codes: Mapping[str, str], names: Mapping[str, list[str]]) -> str:
    """The code of the workplace that a row means; '' where it names none.

    Raises:
        InvalidForm: it names none that there is, or one of several, or two different ones.
    """
    by_code = codes.get(plain(row.place_code), "") if row.place_code else ""
    if row.place_code and not by_code:
        raise InvalidForm([InvalidInput(field="place_code", reason="no_workplace")])
    if not row.place:
        return by_code
    by_name = names.get(plain(row.place), [])
    if by_code:
        if by_code not in by_name:
            raise InvalidForm([InvalidInput(field="place", reason="other_place")])
        return by_code
    if len(by_name) != 1:
        raise InvalidForm([InvalidInput(field="place", reason="ambiguous" if by_name else "no_workplace")])
    return by_name[0]


def _change(plan: LoadedPlan, code: str, wanted: Wanted) -> Change | None:
    """What a request's rows change of the plan; None: nothing.

    Raises:
        InvalidInput: the term has no such slot, or the plan no such workplace.
    """
    given = plan.allocation.by_visit[code]
    if wanted.slot is None:
        return None if given.slot is None else Change(code, None)
    if wanted.slot not in plan.instance.slot_by_id:
        raise InvalidInput(field="date", reason="out_of_term")
    if wanted.groups is None:
        return None if wanted.slot == given.slot else Change(code, wanted.slot)
    if not wanted.groups.keys() <= plan.instance.workplace_by_id.keys():
        raise InvalidInput(field="place", reason="not_in_plan")
    groups = tuple(sorted(Group(name, pupils) for name, pupils in wanted.groups.items()))
    if (wanted.slot, groups) == (given.slot, tuple(sorted(given.groups))):
        return None
    return Change(code, wanted.slot, groups)


def _keep_what_holds(plan: LoadedPlan, asked: Mapping[str, _Asked], changes: dict[str, Change]) -> Look | None:
    """Take out of ``changes`` what cannot stand, naming why; return what the rest would do."""
    while changes:
        seen = look(intend_sheet(plan, list(changes.values())))
        refused: set[str] = set()
        for violation in seen.preview.caused:
            for code in _culprits(plan, changes, seen, violation):
                asked[code].faults.append(InvalidInput(field="rule", reason=violation.rule))
                refused.add(code)
        for code in seen.soft:
            wanted = asked[code].wanted
            if code not in refused and (wanted is None or not wanted.reason):
                asked[code].faults.append(InvalidInput(field="reason", reason="soft", rules=seen.soft[code]))
                refused.add(code)
        if not refused:
            return seen
        for code in refused:
            del changes[code]
    return None


def _culprits(plan: LoadedPlan, changes: Mapping[str, Change], seen: Look, violation: Violation) -> list[str]:
    """The changed requests to which a broken rule is due: the one it names, else those of its workplace, slot, bundle.

    Where it names none of them, all are.
    """
    subject = violation.subject
    if subject in changes:
        return [subject]

    def concerns(code: str) -> bool:
        visit, after = plan.instance.visit_by_id[code], seen.preview.allocation.by_visit[code]
        there = {group.workplace for group in after.groups}
        return subject in {after.slot, visit.bundle, visit.class_, *there}

    return [code for code in changes if concerns(code)] or list(changes)


def _row_plans(
    plan: LoadedPlan, code: str, one: _Asked, change: Change | None, seen: Look | None
) -> list[RowPlan]:  # fmt: skip
    """The rows of one request; what changes is said at its first."""
    proposal = plan.by_code[code]
    request = proposal.request
    label = f"{request.school.name} {request.label}"
    known = Known(request.id, plan.run.version, (code,), {}, label=label)
    if one.faults or change is None or seen is None:
        outcome = Outcome.REFUSED if one.faults else Outcome.UNCHANGED
        faults = {(fault.field, fault.reason): fault for fault in one.faults}
        row = RowPlan(0, outcome, label, faults=tuple(faults.values()), known=known)
        return [replace(row, number=number) for number, _, _ in one.rows]
    before, after = plan.allocation.by_visit[code], seen.preview.allocation.by_visit[code]
    said = {"date": (_slot(before), _slot(after)), "place": (_groups(plan, before), _groups(plan, after))}
    said = {name: pair for name, pair in said.items() if pair[0] != pair[1]}
    row = RowPlan(0, Outcome.CHANGED, label, known=known)
    return [replace(row, number=number, changes={} if at else said) for at, (number, _, _) in enumerate(one.rows)]


def _slot(given: Assignment) -> list[str]:
    return [given.slot.replace("/AM", " 오전").replace("/PM", " 오후")] if given.slot is not None else []


def _groups(plan: LoadedPlan, given: Assignment) -> list[str]:
    return [f"{plan.instance.workplace_by_id[group.workplace].name} {group.pupils}" for group in given.groups]


def carry_out(desk: Desk, upload: SheetUpload, words: Words) -> dict[str, Any]:
    """Change the draft as the preview has it, in one line of its journal; returns what takes it back."""
    rows, changes, reason = _judged(desk, upload, words)
    if not changes:
        return {"rows": [], "sequence": None}
    run = require_draft(desk.session, upload.run_id)
    move_many(desk.session, desk.clock, desk.person, run.id, run.version, changes, reason)
    sequence = desk.session.scalar(sa.select(sa.func.max(HandChange.sequence)).where(HandChange.run_id == run.id))
    changed = [row for row in rows if row.outcome is Outcome.CHANGED]
    done: Sequence[dict[str, Any]] = [
        {"id": row.known.id if row.known else 0, "outcome": row.outcome.value} for row in changed
    ]
    return {"rows": list(done), "sequence": sequence}


def bring_back(desk: Desk, upload: SheetUpload) -> int:
    """Undo the line of the journal, where nothing has been changed by hand since; returns how many rows are back."""
    session = desk.session
    try:
        run = require_draft(session, upload.run_id)
        journal = session.scalars(
            sa.select(HandChange).where(HandChange.run_id == run.id).order_by(HandChange.sequence)
        )
        line = line_of(Entry(row.sequence, row.kind, row.target) for row in journal)
        if line.to_undo != upload.done["sequence"]:
            return 0
        with session.begin_nested():
            undo(session, desk.clock, desk.person, run.id, run.version)
    except BookingError:
        return 0
    return len(upload.done["rows"])
