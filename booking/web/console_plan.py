"""A plan visit by visit, and one visit changed by hand: look first at what it breaks and costs, then save."""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import InvalidInput, NotFound, RuleBroken
from booking.domain.ids import RequestId, RunId, SlotId
from booking.domain.states import RunStatus
from booking.models.runs import Proposal
from booking.models.terms import Slot
from booking.queries import planning
from booking.queries.openings import slots_of
from booking.queries.paging import slice_of
from booking.queries.planning import Outcome
from booking.services import allocations, proposals
from booking.services.proposals import LoadedPlan
from booking.web.access import STAFF, allow, person
from booking.web.console_base import View, asked_date, chosen, gettext, page_links, page_number, pages
from booking.web.console_rules import violation_words
from booking.web.console_words import outcome_chip, rank_word
from booking.web.database import clock, read, write
from booking.web.formats import when
from booking.web.reasons import explain
from scheduler.costs import rank_of
from scheduler.moves import MovePreview, Suggestion, congestion_price, load_by_slot, preview_move, suggest

ROWS_PER_PAGE = 50
SUGGESTIONS = 5
#: the value of a form that takes a request out of the plan
NOWHERE = "none"


@dataclass(frozen=True, slots=True)
class Choice:
    """A slot to which a request can be put, with what the school thinks of it and how full it is."""

    slot: Slot
    wish: str
    load: int
    seats: int


@pages.get("/runs/<int:run_id>/plan")
@allow(*STAFF)
def plan(run_id: int) -> View:
    """Every visit of a plan, narrowed by school, date and what became of the wish."""
    session = read()
    run = allocations.find_run(session, RunId(run_id))
    rows = planning.plan_rows(session, run)
    outcome = chosen(Outcome, "outcome")
    school = request.args.get("school", type=int)
    date = asked_date()
    only = request.args.get("only", "")
    found = [
        row
        for row in rows
        if (outcome is None or row.outcome is outcome)
        and (not school or row.school_id == school)
        and (date is None or (row.slot is not None and row.slot.date == date))
        and (only != "not_first" or row.outcome is not Outcome.FIRST)
        and (only != "by_hand" or row.by_hand)
        and (only != "pinned" or row.pinned)
    ]
    return render_template(
        "web/console/plan.html",
        run=run,
        page=slice_of(found, page_number(), ROWS_PER_PAGE),
        href=page_links(),
        schools=sorted({(row.school_id, row.school) for row in rows}, key=lambda pair: pair[1]),
        dates=sorted({row.slot.date for row in rows if row.slot is not None}),
        outcome=outcome,
        school=school,
        date=date,
        only=only,
        outcome_chip=outcome_chip,
        Outcome=Outcome,
    )


def _asked_slot(text: str | None) -> SlotId | None:
    """The slot that a form names, None for out of the plan.

    Raises:
        InvalidInput: neither.
    """
    if text == NOWHERE:
        return None
    if text is None or not text.isdigit():
        raise InvalidInput(field="slot", reason="unknown")
    return SlotId(int(text))


def _choices(loaded: LoadedPlan, code: str, slots: list[Slot]) -> dict[str, list[Choice]]:
    """The slots of the term in three lists: asked for, possible, and all others."""
    visit = loaded.instance.visit_by_id[code]
    loads = load_by_slot(loaded.instance, loaded.allocation)
    lists: dict[str, list[Choice]] = {"requested": [], "negotiable": [], "other": []}
    for slot in slots:
        if slot.code not in loaded.instance.slot_by_id:
            continue
        rank = rank_of(visit, slot.code)
        name = "requested" if rank is not None else "negotiable" if slot.code in visit.negotiable_slots else "other"
        word = rank_word(rank) if rank is not None else ""
        lists[name].append(Choice(slot, word, loads[slot.code], loaded.instance.seats_by_slot[slot.code]))
    lists["requested"].sort(key=lambda choice: rank_of(visit, choice.slot.code) or 0)
    return lists


def _change_page(run_id: int, request_id: int, asked: str | None, status: int = 200) -> tuple[str, int]:
    session = read()
    loaded = proposals.plan_of(session, RunId(run_id))
    proposal = loaded.proposals.get(RequestId(request_id))
    if proposal is None:
        raise NotFound(f"request {request_id} is not in run {run_id}")
    code = proposal.request.code
    slots = slots_of(session, loaded.run.term_id)
    looked_at: MovePreview | None = None
    target: Slot | None = None
    if asked:
        slot_id = _asked_slot(asked)
        target = next((slot for slot in slots if slot.id == slot_id), None)
        if slot_id is not None and target is None:
            raise NotFound(f"slot {slot_id}")
        # the plan is loaded once for the whole page; the services' own preview and suggestions would load it again
        looked_at = preview_move(loaded.instance, loaded.allocation, code, target.code if target else None)
    editable = loaded.run.status is RunStatus.PROPOSED
    suggested: tuple[Suggestion, ...] = ()
    if editable:
        suggested = suggest(loaded.instance, loaded.allocation, code, SUGGESTIONS)
    page = render_template(
        "web/console/change.html",
        run=loaded.run,
        proposal=proposal,
        row=next(row for row in planning.plan_rows(session, loaded.run) if row.request_id == proposal.request_id),
        visit=loaded.instance.visit_by_id[code],
        instance=loaded.instance,
        together=_together(loaded, proposal),
        choices=_choices(loaded, code, slots),
        slot_of={slot.code: slot for slot in slots},
        suggestions=suggested,
        asked=asked,
        target=target,
        preview=looked_at,
        target_groups=looked_at.allocation.by_visit[code].groups if looked_at else (),
        broken=[violation_words(loaded.instance, violation) for violation in looked_at.violations] if looked_at else [],
        price=_price(loaded, target),
        editable=editable,
        explain=explain,
        outcome_chip=outcome_chip,
        rank_word=rank_word,
        NOWHERE=NOWHERE,
    )
    return page, status


def _together(loaded: LoadedPlan, proposal: Proposal) -> list[Proposal]:
    """The other classes of the same bundle."""
    bundle = proposal.request.bundle_id
    if bundle is None:
        return []
    return [
        other
        for other in loaded.proposals.values()
        if other.request.bundle_id == bundle and other.request_id != proposal.request_id
    ]


def _price(loaded: LoadedPlan, target: Slot | None) -> float | None:
    """What one more pupil costs everybody at the slot that is looked at."""
    if target is None:
        return None
    loads = load_by_slot(loaded.instance, loaded.allocation)
    return congestion_price(loaded.instance, loads, target.code)


@pages.get("/runs/<int:run_id>/requests/<int:request_id>")
@allow(*STAFF)
def change(run_id: int, request_id: int) -> tuple[str, int]:
    """One request of a plan: where it is and why, where it could go; with ``slot`` what that would break and cost."""
    return _change_page(run_id, request_id, request.args.get("slot"))


@pages.post("/runs/<int:run_id>/requests/<int:request_id>")
@allow(*STAFF)
def save_change(run_id: int, request_id: int) -> View | tuple[str, int]:
    """Save a move that was looked at; one that breaks a rule is shown again with what it breaks."""
    asked = request.form.get("slot")
    slot_id = _asked_slot(asked)
    version = request.form.get("version", 0, type=int)
    try:
        with write() as session:
            proposals.move(session, clock(), person(), RunId(run_id), version, RequestId(request_id), slot_id)
    except RuleBroken:
        return _change_page(run_id, request_id, asked, 422)
    slot = read().get(Slot, slot_id) if slot_id is not None else None
    if slot is None:
        flash(gettext("배정안에서 뺐습니다."), "ok")
    else:
        flash(gettext("옮겼습니다: %(when)s", when=when(slot)), "ok")
    return redirect(url_for("console.change", run_id=run_id, request_id=request_id), 303)


@pages.post("/runs/<int:run_id>/requests/<int:request_id>/pin")
@allow(*STAFF)
def pin(run_id: int, request_id: int) -> Response:
    """Keep a request at its slot in every later run, or let it go again."""
    pinned = request.form.get("pinned") == "1"
    version = request.form.get("version", 0, type=int)
    with write() as session:
        proposals.set_pin(session, clock(), person(), RunId(run_id), version, RequestId(request_id), pinned)
    kept, free = gettext("고정했습니다. 다음 배정에서도 이 시간을 지킵니다."), gettext("고정을 풀었습니다.")
    flash(kept if pinned else free, "ok")
    return redirect(url_for("console.change", run_id=run_id, request_id=request_id), 303)
