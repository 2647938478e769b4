"""What classes are told before they go to a workplace: edited on a page of its own, beside what another has stored."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Conflict, InvalidForm, NotFound
from booking.domain.ids import WorkplaceId
from booking.models.workplaces import Workplace
from booking.queries import register
from booking.services.briefings import change_briefing, fingerprint
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.database import read, write
from booking.web.marking import gettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
#: what comes in is kept so far, so that a person can shorten it
LONGEST = 20_000


def _place(workplace_id: int) -> Workplace:
    found = register.workplace(read(), WorkplaceId(workplace_id))
    if found is None:
        raise NotFound(f"workplace {workplace_id}")
    return found


def _page(
    place: Workplace, briefing: str, prepares: str, faults: dict[str, str] | None = None, *, conflict: bool = False
) -> Page:
    page = render_template(
        "web/console/briefing.html",
        place=place,
        briefing=briefing,
        prepares=prepares,
        faults=faults or {},
        conflict=conflict,
        seen=fingerprint(place) if not faults else request.form.get("seen", ""),
    )
    return page, 409 if conflict else 422 if faults else 200


@pages.get("/workplaces/<int:workplace_id>/briefing")
@allow(*STAFF)
def briefing_form(workplace_id: int) -> Page:
    """The two texts as they stand."""
    place = _place(workplace_id)
    return _page(place, place.briefing, place.prepares)


@pages.post("/workplaces/<int:workplace_id>/briefing")
@allow(*STAFF)
def save_briefing(workplace_id: int) -> Page:
    """Store the two texts, or show what is wrong with them, or what another stored meanwhile."""
    texts = [request.form.get(name, "").replace("\r\n", "\n")[:LONGEST] for name in ("briefing", "prepares")]
    try:
        with write() as session:
            change_briefing(
                session, person(), WorkplaceId(workplace_id), texts[0], texts[1], request.form.get("seen", "")
            )
    except InvalidForm as error:
        read().expire_all()
        return _page(_place(workplace_id), texts[0], texts[1], sentences(error))
    except Conflict:
        read().expire_all()
        return _page(_place(workplace_id), texts[0], texts[1], conflict=True)
    flash(gettext("안내 자료를 저장했습니다. 학교의 방문 화면에 바로 보입니다."), "ok")
    return redirect(url_for("console.workplace", workplace_id=workplace_id), 303)
