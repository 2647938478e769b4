"""A plan visit by visit, and one visit changed by hand: look first at what it breaks and costs, then save."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request, url_for

from booking.domain.errors import InvalidInput, RuleBroken
from booking.domain.ids import RequestId, RunId, SlotId
from booking.domain.states import RunStatus
from booking.models.runs import Proposal
from booking.models.terms import Slot
from booking.queries import planning
from booking.queries.openings import slots_of
from booking.queries.paging import slice_of
from booking.queries.planning import Outcome
from booking.services import allocations, hand_changes, proposals
from booking.services.hand_intents import intend_move, look
from booking.services.proposals import LoadedPlan, code_of
from booking.web.access import STAFF, allow, person
from booking.web.console.base import View, asked_date, chosen, page_links, page_number, pages
from booking.web.console.hand_guard import Answer, asked_version, back_to, save
from booking.web.console.hand_seen import Seen, seen
from booking.web.console.words import outcome_chip, rank_word
from booking.web.database import clock, db, read
from booking.web.marking import N_
from booking.web.problems import sentences
from booking.web.reasons import explain
from scheduler.costs import rank_of
from scheduler.moves import Suggestion, congestion_price, load_by_slot, suggest

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
    if text is None or not text.isdecimal():
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


def _change_page(run_id: int, request_id: int, asked: str | None, faults: dict[str, str] | None = None) -> Answer:
    session = read()
    loaded = proposals.plan_of(session, RunId(run_id))
    code = code_of(loaded, RequestId(request_id))
    proposal = loaded.by_code[code]
    slots = slots_of(session, loaded.run.term_id)
    editable = loaded.run.status is RunStatus.PROPOSED
    suggested: tuple[Suggestion, ...] = ()
    if editable:
        suggested = suggest(loaded.instance, loaded.allocation, code, SUGGESTIONS)
    looked_at: Seen | None = None
    target: Slot | None = None
    if asked:
        slot_id = _asked_slot(asked)
        # the plan is loaded once for the whole page; saving it loads and judges it again
        looked_at = seen(look(intend_move(loaded, RequestId(request_id), slot_id)), suggested)
        target = next((slot for slot in slots if slot.id == slot_id), None)
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
        seen=looked_at,
        price=_price(loaded, target),
        editable=editable,
        back=back_to(run_id),
        faults=faults or {},
        reason=request.form.get("reason", ""),
        explain=explain,
        outcome_chip=outcome_chip,
        rank_word=rank_word,
        NOWHERE=NOWHERE,
    )
    return page, 422 if request.method == "POST" else 200


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
def change(run_id: int, request_id: int) -> Answer:
    """One request of a plan: where it is and why, where it could go; with ``slot`` what that would break and cost."""
    return _change_page(run_id, request_id, request.args.get("slot"))


@pages.post("/runs/<int:run_id>/requests/<int:request_id>")
@allow(*STAFF)
def save_change(run_id: int, request_id: int) -> Answer:
    """Save a move that was looked at; one that breaks a rule, or lacks its reason, is shown again."""
    asked = request.form.get("slot")
    slot_id = _asked_slot(asked)
    here = url_for("console.change", run_id=run_id, request_id=request_id)
    hand = (clock(), person(), RunId(run_id), asked_version(), RequestId(request_id))
    reason = request.form.get("reason", "")
    done = N_("배정안에서 뺐습니다.") if slot_id is None else N_("옮겼습니다.")
    try:
        return save(run_id, done, here, lambda session: hand_changes.move(session, *hand, slot_id, reason))
    except RuleBroken:
        db.session.rollback()
        return _change_page(run_id, request_id, asked)
    except InvalidInput as error:
        db.session.rollback()
        return _change_page(run_id, request_id, asked, sentences(error))


@pages.post("/runs/<int:run_id>/requests/<int:request_id>/pin")
@allow(*STAFF)
def pin(run_id: int, request_id: int) -> Answer:
    """Keep a request at its slot in every later run, or let it go again."""
    pinned = request.form.get("pinned") == "1"
    here = url_for("console.change", run_id=run_id, request_id=request_id)
    hand = (clock(), person(), RunId(run_id), asked_version(), RequestId(request_id))
    done = N_("고정했습니다. 다음 배정에서도 이 시간을 지킵니다.") if pinned else N_("고정을 풀었습니다.")
    return save(run_id, done, here, lambda session: hand_changes.set_pin(session, *hand, pinned))
