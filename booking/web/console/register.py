"""The register to read: workplaces, schools, one search over both. A contact is shown on a click that is logged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import NotFound
from booking.domain.ids import WorkplaceId
from booking.domain.states import WORKPLACE_STEPS
from booking.domain.vocabulary import Block, Language, WorkplaceStatus
from booking.models.visits import VisitGroup
from booking.models.workplaces import Workplace
from booking.queries import audit_log, finding, register
from booking.queries.audit_log import Wanted
from booking.services.history import record_access
from booking.services.terms import current_term
from booking.web.access import STAFF, allow, person
from booking.web.console.base import View, pages
from booking.web.console.words import action_word
from booking.web.database import clock, read, write
from booking.web.place_map import PlaceMap, place_map

LONGEST_SEARCH = 80
WORKDAYS = 5
#: changes on a workplace's own page, and schools on its map
LATEST, MOST_ON_MAP = 12, 9


def typed() -> str:
    """What is looked for."""
    return request.args.get("q", "").strip()[:LONGEST_SEARCH]


@dataclass(frozen=True, slots=True)
class Shown:
    """How a workplace's page differs from the usual: its contact, and a form that was refused."""

    revealed: bool = False
    faults: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Sequence[str]] = field(default_factory=dict)
    conflict: bool = False

    def one(self, name: str, otherwise: object = "") -> str:
        """What stands in a field: what was sent, else ``otherwise``."""
        sent = self.given.get(name)
        return sent[0] if sent else "" if otherwise is None else str(otherwise)


def _map_of(place: Workplace, groups: Sequence[VisitGroup]) -> tuple[PlaceMap, list[str]]:
    """The workplace and the schools that come this term, numbered by their names."""
    schools = {group.visit.request.school.name: group.visit.request.school for group in groups}
    names = sorted(schools)[:MOST_ON_MAP]
    points = [(number, schools[name].lat, schools[name].lon) for number, name in enumerate(names, start=1)]
    return place_map((place.lat, place.lon), points), names


def workplace_page(workplace_id: int, shown: Shown) -> str:
    """One workplace: what it takes, when it is open, who is coming, how it got where it stands.

    Raises:
        NotFound: there is none.
    """
    session = read()
    found = register.workplace(session, WorkplaceId(workplace_id))
    if found is None:
        raise NotFound(f"workplace {workplace_id}")
    groups = register.groups_at(session, found.id, current_term(session).id)
    past = audit_log.history(session, Wanted("workplace", found.id), 1)
    drawn, on_map = _map_of(found, groups)
    return render_template(
        "web/console/workplace.html",
        place=found,
        merged=register.merged_into(session, found.id),
        open_hours={(hours.weekday, hours.block) for hours in found.hours},
        weekdays=range(max(WORKDAYS, *(hours.weekday + 1 for hours in found.hours), 0)),
        exceptions=sorted(found.exceptions, key=lambda exception: (exception.date, exception.block)),
        groups=groups,
        busiest_week=register.busiest_week(groups),
        revealed=shown.revealed,
        shown=shown,
        steps=found.steps,
        next_steps=[status for status in WorkplaceStatus if status in WORKPLACE_STEPS[found.status]],
        history=past.rows[:LATEST],
        changes=past.total,
        names=audit_log.actor_names(session, [entry.actor for entry in past.rows[:LATEST]]),
        action_word=action_word,
        map=drawn,
        on_map=on_map,
        languages=list(Language),
        today=seoul_date(clock().now()),
        blocks=list(Block),
    )


@pages.get("/workplaces/<int:workplace_id>")
@allow(*STAFF)
def workplace(workplace_id: int) -> View | Response:
    """One workplace: what it takes, when it is open, who is coming. Its contact is masked.

    An entry that was merged into another leads there.
    """
    found = register.workplace(read(), WorkplaceId(workplace_id))
    if found is not None and found.merged_into_id is not None:
        return redirect(url_for("console.workplace", workplace_id=found.merged_into_id), 302)
    return workplace_page(workplace_id, Shown())


@pages.post("/workplaces/<int:workplace_id>/contact")
@allow(*STAFF)
def reveal_contact(workplace_id: int) -> Response | str:
    """Show the contact for this one view, and log who looked."""
    with write() as session:
        if register.workplace(session, WorkplaceId(workplace_id)) is None:
            raise NotFound(f"workplace {workplace_id}")
        record_access(session, person(), "reveal_contact", "workplace", workplace_id)
    return workplace_page(workplace_id, Shown(revealed=True))


@pages.get("/schools")
@allow(*STAFF)
def schools() -> View:
    """All schools with what they asked for, what they got, and the credit they have for yielding."""
    session = read()
    return render_template(
        "web/console/schools.html", rows=register.schools(session, current_term(session).id, typed()), text=typed()
    )


@pages.get("/search")
@allow(*STAFF)
def search() -> View:
    """Everything that has a name or a code: by a part of it, or by initial consonants."""
    session = read()
    text = typed()
    return render_template(
        "web/console/search.html",
        text=text,
        found=finding.find(session, current_term(session).id, text) if text else None,
        limit=finding.LIMIT,
    )
