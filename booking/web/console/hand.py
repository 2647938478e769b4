"""One visit changed by hand in other ways than a move: swapped with another, or a workplace excluded for it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for

from booking.domain.ids import RequestId, RunId, WorkplaceId
from booking.queries.paging import slice_of
from booking.services import hand_changes, hand_intents
from booking.services.proposals import LoadedPlan
from booking.web.access import STAFF, allow, person
from booking.web.console.base import page_links, page_number, pages
from booking.web.console.hand_guard import Answer, asked_version, save
from booking.web.console.hand_pages import Faults, loaded, looked, page_of, saved
from booking.web.console.hand_seen import rank_at, who, words_stand
from booking.web.database import clock, read
from booking.web.marking import N_
from scheduler.costs import may_use
from scheduler.moves_swaps import suggest_swaps

PARTNERS_PER_PAGE = 20
SWAPS = 5


@dataclass(frozen=True, slots=True)
class Partner:
    """A visit to change slots with: what its slot is to this one, and this one's to it (None: not asked for)."""

    request_id: RequestId
    name: str
    slot: str
    rank: int | None
    rank_for_it: int | None
    cost_delta: float | None = None


@pages.get("/runs/<int:run_id>/requests/<int:request_id>/swap")
@allow(*STAFF)
def swap(run_id: int, request_id: int) -> Answer:
    """Whom a visit can change slots with, and with ``other`` what that would break and cost."""
    return _swap_page(run_id, request_id, request.args.get("other", type=int), {})


def _swap_page(run_id: int, request_id: int, other: int | None, faults: Faults) -> Answer:
    plan, code = loaded(run_id, request_id)
    preview = None
    if other is not None:
        preview, found = looked(lambda: hand_intents.intend_swap(plan, RequestId(request_id), RequestId(other)))
        faults = faults or found
    asked = request.values.get("q", "").strip()[:60]
    suggested = [
        _partner(plan, code, found.visit, found.cost_delta)
        for found in suggest_swaps(plan.instance, plan.allocation, code, SWAPS)
    ]
    listed = slice_of(_partners(plan, code, asked) if asked else [], page_number(), PARTNERS_PER_PAGE)
    return page_of(
        "web/console/swap.html",
        plan,
        code,
        faults,
        seen=preview,
        suggested=suggested,
        partners=listed,
        href=page_links(),
        asked=asked,
        other=other,
    )


def _partner(plan: LoadedPlan, code: str, other: str, cost_delta: float | None = None) -> Partner:
    here, there = (plan.allocation.by_visit[name].slot for name in (code, other))
    return Partner(
        request_id=plan.by_code[other].request_id,
        name=who(plan, other),
        slot=there or "",
        rank=rank_at(plan, code, there),
        rank_for_it=rank_at(plan, other, here),
        cost_delta=cost_delta,
    )


def _partners(plan: LoadedPlan, code: str, asked: str) -> list[Partner]:
    """Placed visits at other slots whose school or class has the words."""
    here = plan.allocation.by_visit[code].slot
    return sorted(
        (
            _partner(plan, code, other.id)
            for other in plan.allocation.visits
            if other.slot not in (None, here) and words_stand(who(plan, other.id), asked)
        ),
        key=lambda partner: (partner.slot, partner.name),
    )


@pages.post("/runs/<int:run_id>/requests/<int:request_id>/swap")
@allow(*STAFF)
def save_swap(run_id: int, request_id: int) -> Answer:
    """Let two visits change slots: both or neither."""
    other = request.form.get("other", 0, type=int)
    here = url_for("console.swap", run_id=run_id, request_id=request_id, other=other)
    hand = (clock(), person(), RunId(run_id), asked_version(), RequestId(request_id))
    reason = request.form.get("reason", "")
    return saved(
        run_id,
        N_("맞바꾸었습니다."),
        here,
        lambda: hand_changes.swap(read(), *hand, RequestId(other), reason),
        lambda faults: _swap_page(run_id, request_id, other, faults),
    )


@pages.get("/runs/<int:run_id>/requests/<int:request_id>/exclude")
@allow(*STAFF)
def exclude(run_id: int, request_id: int) -> Answer:
    """The workplaces of a visit and those that are excluded; with ``place`` what excluding it would do."""
    return _exclude_page(run_id, request_id, request.args.get("place", type=int), {})


def _exclude_page(run_id: int, request_id: int, place: int | None, faults: Faults) -> Answer:
    plan, code = loaded(run_id, request_id)
    preview = None
    if place is not None:
        preview, wrong = looked(lambda: hand_intents.intend_exclusion(plan, RequestId(request_id), WorkplaceId(place)))
        faults = faults or wrong
    asked = request.values.get("q", "").strip()[:60]
    names = {number: name for name, number in plan.places.items()}
    visit = plan.instance.visit_by_id[code]
    there = {group.workplace: group.pupils for group in plan.allocation.by_visit[code].groups}
    found = [
        each
        for each in plan.instance.workplaces
        if asked and words_stand(each.name, asked) and each.id not in there and may_use(plan.instance, visit, each)
    ]
    return page_of(
        "web/console/exclude.html",
        plan,
        code,
        faults,
        seen=preview,
        there=[(plan.places[name], plan.instance.workplace_by_id[name].name, pupils) for name, pupils in there.items()],
        found=[(plan.places[each.id], each.name) for each in found[:PARTNERS_PER_PAGE]],
        excluded=[
            (row, plan.instance.workplace_by_id[names[row.workplace_id]].name)
            for row in plan.by_code[code].request.exclusions
            if names[row.workplace_id] in plan.instance.workplace_by_id
        ],
        asked=asked,
        place=place,
    )


@pages.post("/runs/<int:run_id>/requests/<int:request_id>/exclude")
@allow(*STAFF)
def save_exclude(run_id: int, request_id: int) -> Answer:
    """Never send a class to a workplace, and give it other groups where it is there now."""
    place = request.form.get("place", 0, type=int)
    here = url_for("console.exclude", run_id=run_id, request_id=request_id, place=place)
    hand = (clock(), person(), RunId(run_id), asked_version(), RequestId(request_id))
    reason = request.form.get("reason", "")
    return saved(
        run_id,
        N_("이 일터를 뺐습니다. 다음 배정에서도 보내지 않습니다."),
        here,
        lambda: hand_changes.exclude(read(), *hand, WorkplaceId(place), reason),
        lambda faults: _exclude_page(run_id, request_id, place, faults),
    )


@pages.post("/runs/<int:run_id>/requests/<int:request_id>/admit")
@allow(*STAFF)
def admit(run_id: int, request_id: int) -> Answer:
    """Let a workplace that a person excluded be asked for this class again."""
    place = request.form.get("place", 0, type=int)
    here = url_for("console.exclude", run_id=run_id, request_id=request_id)
    hand = (clock(), person(), RunId(run_id), asked_version(), RequestId(request_id))
    return save(
        run_id,
        N_("다시 보낼 수 있게 했습니다."),
        here,
        lambda session: hand_changes.admit(session, *hand, WorkplaceId(place)),
    )
