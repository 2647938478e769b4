"""A visit's groups split otherwise: a person writes pupils beside workplaces, and sees what that breaks and costs."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request, url_for

from booking.domain.errors import InvalidInput
from booking.domain.ids import RequestId, RunId, WorkplaceId
from booking.services import hand_changes, hand_intents
from booking.services.proposals import LoadedPlan
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.console.hand_guard import Answer, asked_version
from booking.web.console.hand_pages import Faults, loaded, looked, page_of, saved
from booking.web.console.hand_seen import words_stand
from booking.web.database import clock, read
from booking.web.marking import N_
from scheduler.costs import distance_km, may_use, pupil_price
from scheduler.usage import Usage

PLACES_SHOWN = 24


@dataclass(frozen=True, slots=True)
class PlaceChoice:
    """A workplace for a group: sizes that it takes, how far it is, and the pupils that are meant for it."""

    workplace_id: WorkplaceId
    name: str
    field: str
    in_field: bool
    km: float
    least: int
    most: int
    pupils: str


def _sizes() -> dict[WorkplaceId, str]:
    """What a form says of each workplace: ``pupils-12`` is the group at workplace 12."""
    found = {}
    for key, value in request.values.items():
        name, _, number = key.partition("-")
        if name == "pupils" and number.isdecimal() and value.strip():
            found[WorkplaceId(int(number))] = value.strip()[:4]
    return found


def _groups(sizes: dict[WorkplaceId, str]) -> dict[WorkplaceId, int]:
    if not all(size.isdecimal() for size in sizes.values()):
        raise InvalidInput(field="groups", reason="number")
    return {number: int(size) for number, size in sizes.items()}


@pages.get("/runs/<int:run_id>/requests/<int:request_id>/groups")
@allow(*STAFF)
def split(run_id: int, request_id: int) -> Answer:
    """A visit's groups and the workplaces that are free beside them; with sizes what they would break and cost."""
    return _split_page(run_id, request_id, {})


def _split_page(run_id: int, request_id: int, faults: Faults) -> Answer:
    plan, code = loaded(run_id, request_id)
    sizes, preview = _sizes(), None
    if sizes or "look" in request.values:
        preview, found = looked(lambda: hand_intents.intend_split(plan, RequestId(request_id), _groups(sizes)))
        faults = faults or found
    else:
        sizes = {plan.places[group.workplace]: str(group.pupils) for group in plan.allocation.by_visit[code].groups}
    asked = request.values.get("q", "").strip()[:60]
    places, more = _place_choices(plan, code, sizes, asked)
    return page_of(
        "web/console/split.html",
        plan,
        code,
        faults,
        seen=preview,
        places=places,
        more=more,
        asked=asked,
        total=sum(int(size) for size in sizes.values() if size.isdecimal()),
    )


def _place_choices(
    plan: LoadedPlan, code: str, sizes: dict[WorkplaceId, str], asked: str
) -> tuple[list[PlaceChoice], int]:
    """Workplaces with a size, then the cheapest that are free at the slot, or those with the words; and how many more.

    Free is what the other visits leave, by every limit.
    """
    visit, standing = plan.instance.visit_by_id[code], plan.allocation.by_visit[code]
    if standing.slot is None:
        return [], 0
    usage = Usage.of(plan.instance, (other for other in plan.allocation.visits if other.id != code))
    school = plan.instance.school_by_id[visit.school]
    first: list[tuple[float, str, PlaceChoice]] = []
    others: list[tuple[float, str, PlaceChoice]] = []
    for place in plan.instance.workplaces:
        number = plan.places[place.id]
        free = place in plan.instance.open_at[standing.slot] and usage.free_groups(place, standing.slot) > 0
        if number not in sizes and not (
            free and may_use(plan.instance, visit, place) and words_stand(place.name, asked)
        ):
            continue
        choice = PlaceChoice(
            workplace_id=number,
            name=place.name,
            field=place.field,
            in_field=place.field in visit.fields,
            km=distance_km(school, place),
            least=place.min_group,
            most=place.max_group,
            pupils=sizes.get(number, ""),
        )
        (first if number in sizes else others).append((pupil_price(plan.instance, visit, place), place.name, choice))
    others.sort(key=lambda found: found[:2])
    return [choice for _, _, choice in first + others[:PLACES_SHOWN]], max(0, len(others) - PLACES_SHOWN)


@pages.post("/runs/<int:run_id>/requests/<int:request_id>/groups")
@allow(*STAFF)
def save_split(run_id: int, request_id: int) -> Answer:
    """Spread a visit's pupils as was looked at."""
    sizes = _sizes()
    looked_at = {"look": "1"} | {f"pupils-{number}": size for number, size in sizes.items()}
    here = f"{url_for('console.split', run_id=run_id, request_id=request_id)}?{urlencode(looked_at)}"
    hand = (clock(), person(), RunId(run_id), asked_version(), RequestId(request_id))
    reason = request.form.get("reason", "")
    return saved(
        run_id,
        N_("모둠을 새로 나누었습니다."),
        here,
        lambda: hand_changes.split(read(), *hand, _groups(sizes), reason),
        lambda faults: _split_page(run_id, request_id, faults),
    )
