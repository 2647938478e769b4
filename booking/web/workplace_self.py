"""What a workplace says of itself behind its link: closed half-days, a rest, its contact, the address of its calendar.

What a closure costs visits that stand is said on a page of its own before anything is saved.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import groupby
from urllib.parse import urlsplit

from flask import make_response, redirect, render_template, request, url_for
from flask_babel import force_locale
from werkzeug.wrappers import Response as AnyResponse

from booking.clock import seoul_date
from booking.domain.announcements import ConsentBy
from booking.domain.errors import Conflict, InvalidForm, InvalidInput, StandingVisits
from booking.domain.ids import GroupId
from booking.domain.standing import Half
from booking.domain.vocabulary import Block, Language
from booking.domain.whose import Whose
from booking.domain.workplace_entry import LONGEST_CLOSURE
from booking.models.workplaces import Workplace
from booking.services import workplace_self
from booking.services.briefings import MOST_PREPARES
from booking.services.confirmations import workplace_actor
from booking.services.consents import agreed, set_consent
from booking.services.workplace_effects import Patch, examine
from booking.services.workplace_feeds import make_workplace_feed
from booking.services.workplace_self import HalfDay, half_days, place_of
from booking.web.database import clock, config, read, write
from booking.web.problems import sentences
from booking.web.workplace_frame import language_links, outside_csrf, pages, private, reader_language

LONGEST_FIELD = 1_000
#: a half-day as the form names it
_SEPARATOR = " "


def _page(template: str, token: str, page: str, place: Workplace, status: int = 200, **values: object) -> AnyResponse:
    with force_locale(reader_language(place)):
        text = render_template(
            f"web/workplace/{template}.html",
            place=place,
            token=token,
            lang=request.args.get("lang"),
            lang_links=language_links(page, token),
            **values,
        )
    return make_response(text, status)


def _done(token: str, what: str) -> AnyResponse:
    return redirect(url_for("workplace.done", token=token, what=what, lang=request.args.get("lang")), 303)


def _seen() -> int:
    return request.form.get("version", 0, type=int) or 0


def _agreed() -> set[GroupId]:
    return {GroupId(int(text)) for text in request.form.getlist("agreed") if text.isdecimal() and len(text) < 16}


def _given() -> dict[str, list[str]]:
    return {name: [text[:LONGEST_FIELD] for text in request.form.getlist(name)] for name in request.form}


# ------------------------------------------------------------------------------------------------- closed days, a rest
def _days_page(
    token: str, place: Workplace, faults: Mapping[str, str] | None = None, status: int = 200, *, conflict: bool = False
) -> AnyResponse:
    known = half_days(read(), clock(), place)
    months = [
        (first, [list(halves) for _, halves in groupby(of_month, key=lambda one: one.half[0])])
        for first, of_month in (
            (first, list(found)) for first, found in groupby(known, key=lambda one: one.half[0].replace(day=1))
        )
    ]
    tomorrow = seoul_date(clock().now()) + dt.timedelta(days=1)
    return _page(
        "days", token, "days", place, status,
        months=months, faults=faults or {}, conflict=conflict, ticked=_ticked() if status == 422 else None,
        given=request.form, first=tomorrow, last=tomorrow + dt.timedelta(days=LONGEST_CLOSURE - 1),
    )  # fmt: skip


def _ticked() -> set[Half]:
    """The half-days that the form names; nonsense is left out."""
    found = set()
    for text in request.form.getlist("half"):
        day, _, block = text[:20].partition(_SEPARATOR)
        try:
            found.add((dt.date.fromisoformat(day), Block(block)))
        except ValueError:
            continue
    return found


@pages.get("/<token>/days")
@private
def days(token: str) -> AnyResponse:
    """The half-days of the term, those that are closed ticked; and a rest until a day."""
    return _days_page(token, place_of(read(), token))


@pages.post("/<token>/days")
@outside_csrf
@private
def save_days(token: str) -> AnyResponse:
    """Close exactly the half-days that are ticked."""
    known: list[HalfDay] = half_days(read(), clock(), place_of(read(), token))
    return _change(token, workplace_self.closing_patch(known, _ticked()), "days")


@pages.post("/<token>/rest")
@outside_csrf
@private
def rest(token: str) -> AnyResponse:
    """Rest from tomorrow until a day; after it everything is as it was."""
    place = place_of(read(), token)
    try:
        until = dt.date.fromisoformat(request.form.get("rest", "")[:10])
    except ValueError:
        until = None
    try:
        patch = workplace_self.resting_patch(clock(), until)
    except InvalidForm as error:
        return _days_page(token, place, sentences(error), 422)
    return _change(token, patch, "rest")


def _change(token: str, patch: Patch, what: str) -> AnyResponse:
    """Save, or say first whom it would cost the place, or that something was changed meanwhile."""
    if request.form.get("back"):
        return _days_page(token, place_of(read(), token))
    try:
        with write() as session:
            workplace_self.change_days(session, clock(), config(), token, patch, seen=_seen(), agreed=_agreed())
    except StandingVisits:
        read().expire_all()
        place = place_of(read(), token)
        return _page(
            "days_confirm", token, "days", place,
            effect=examine(read(), clock(), place, patch), what=what,
            kept=[(name, text) for name in ("half", "rest") for text in request.form.getlist(name)[:500]],
        )  # fmt: skip
    except InvalidForm as error:
        return _days_page(token, place_of(read(), token), sentences(error), 422)
    except Conflict:
        read().expire_all()
        return _days_page(token, place_of(read(), token), status=409, conflict=True)
    return _done(token, what)


# -------------------------------------------------------------------------------------------------------- own details
def _details_page(
    token: str, place: Workplace, faults: Mapping[str, str] | None = None, status: int = 200, *, conflict: bool = False
) -> AnyResponse:
    contact = place.contact
    stored = {
        "name": contact.name if contact else "",
        "title": contact.title if contact else "",
        "language": (contact.language if contact else Language.KO).value,
        "prepares": place.prepares,
    }
    typed = {name: texts[0] for name, texts in _given().items() if texts}
    return _page(
        "details", token, "details", place, status,
        announced=agreed(read(), Whose.WORKPLACE, place.id) is not None, contact=contact,
        one=lambda name: {**stored, **typed}.get(name, ""), faults=faults or {}, conflict=conflict,
        languages=list(Language), longest=MOST_PREPARES,
    )  # fmt: skip


@pages.get("/<token>/details")
@private
def details(token: str) -> AnyResponse:
    """How the workplace is addressed. Telephone and address are masked: the link is no sign-in."""
    return _details_page(token, place_of(read(), token))


@pages.post("/<token>/details")
@outside_csrf
@private
def save_details(token: str) -> AnyResponse:
    """Save them; the office is left a note."""
    place = place_of(read(), token)
    try:
        entry = workplace_self.read_details(_given(), place)
        with write() as session:
            workplace_self.change_details(session, clock(), config(), token, entry, seen=_seen())
    except (InvalidForm, InvalidInput) as error:
        return _details_page(token, place, sentences(error), 422)
    except Conflict:
        read().expire_all()
        return _details_page(token, place_of(read(), token), status=409, conflict=True)
    return _done(token, "details")


@pages.post("/<token>/announcements")
@outside_csrf
@private
def choose_announcements(token: str) -> AnyResponse:
    """Say yes or no to announcements; nothing else depends on it."""
    place = place_of(read(), token)
    with write() as session:
        set_consent(
            session, clock(), workplace_actor(place.id), Whose.WORKPLACE, place.id,
            wanted=request.form.get("wanted") == "1", by=ConsentBy.SELF,
        )  # fmt: skip
    return _done(token, "details")


# ----------------------------------------------------------------------------------------------------------- calendar
@pages.get("/<token>/calendar")
@private
def calendar(token: str) -> AnyResponse:
    """What the address of the calendar is; it is made only when somebody asks for it."""
    return _page("calendar", token, "calendar", place_of(read(), token), address="", webcal="")


@pages.post("/<token>/calendar")
@outside_csrf
@private
def make_calendar(token: str) -> AnyResponse:
    """Make the address, or a new one instead of it, and show it this once."""
    with write() as session:
        made = make_workplace_feed(session, token)
    address = f"{config().base_url}{url_for('feeds.workplace_calendar', token=made)}"
    webcal = f"webcal://{urlsplit(address).netloc}{urlsplit(address).path}"
    return _page("calendar", token, "calendar", place_of(read(), token), address=address, webcal=webcal)
