"""설정: what the centre is called, from where it writes, how long workplaces have, and the year's target."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Conflict, InvalidForm
from booking.services import centre
from booking.services.centre import FIELDS, CentreEntry, fingerprint, stored_entry
from booking.services.terms import the_centre
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.database import read, write
from booking.web.marking import gettext
from booking.web.problems import sentences


def _page(entry: CentreEntry | None = None, faults: dict[str, str] | None = None, status: int = 200) -> tuple[str, int]:
    found = the_centre(read())
    page = render_template(
        "web/console/settings.html",
        entry=entry or stored_entry(found),
        stored=stored_entry(found),
        seen=fingerprint(found),
        faults=faults or {},
        conflict=status == 409,
        days=centre.ANSWER_DAYS,
        reserve_days=centre.RESERVE_DAYS,
    )
    return page, status


@pages.get("/settings")
@allow(*STAFF)
def settings() -> tuple[str, int]:
    """The settings as they are stored."""
    return _page()


@pages.post("/settings")
@allow(*STAFF)
def save_settings() -> tuple[str, int] | Response:
    """Store them, or show what is wrong, or what somebody else has changed meanwhile."""
    entry = CentreEntry(**{field: request.form.get(field, "")[:200] for field in FIELDS})
    try:
        with write() as session:
            changed = centre.save_centre(session, person(), entry, request.form.get("seen", ""))
    except InvalidForm as error:
        return _page(entry, sentences(error), 422)
    except Conflict:
        read().expire_all()
        return _page(entry, status=409)
    flash(gettext("저장했습니다.") if changed else gettext("바뀐 것이 없습니다."), "ok")
    return redirect(url_for("console.settings"), 303)
