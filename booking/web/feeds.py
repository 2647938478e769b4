"""구독: the calendars behind private addresses of teachers and workplaces, and the page where teachers make one."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import force_locale
from werkzeug.wrappers import Response as AnyResponse

from booking.clock import seoul_date
from booking.domain.errors import LinkInvalid
from booking.domain.invitations import Event
from booking.domain.states import LIVE_GROUPS
from booking.domain.vocabulary import Language, Role
from booking.exchange.icalendar import subscription
from booking.queries.feeds import feed_content, workplace_feed_content
from booking.services import calendar_feeds
from booking.services.workplace_feeds import resolve_workplace_feed
from booking.web.access import allow, person, public
from booking.web.database import clock, config, read, write
from booking.web.marking import gettext
from booking.web.visit_events import school_event, workplace_event

pages = Blueprint("feeds", __name__)
#: what a wrong address is answered, whatever is wrong with it: the reader is a program
NO_SUCH_CALENDAR = "There is no calendar at this address.\n"


def _private(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _refused(error: LinkInvalid) -> Response:
    """Say that there is no calendar, and count the address against where it came from."""
    with write() as session:
        calendar_feeds.count_wrong_address(session, request.remote_addr)
    status = 410 if error.reason in ("replaced", "inactive") else 404
    refused = Response(NO_SUCH_CALENDAR, status, mimetype="text/plain")
    refused.headers["Cache-Control"] = "no-store"
    return _private(refused)


def _calendar(events: list[Event], changed_at: dt.datetime | None, since: dt.datetime, name: str) -> Response:
    """The calendar; its stamp is that of the last change, so that nothing new is the same file to the byte."""
    response = Response(subscription(events, changed_at or since, name), mimetype="text/calendar")
    response.add_etag()
    response.last_modified = changed_at
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return _private(response)


@pages.get("/feeds/<token>.ics")
@public
def calendar(token: str) -> Response:
    """The visits of the schools that a teacher speaks for. The address itself authorises; looking changes nothing."""
    try:
        user = calendar_feeds.resolve_feed(read(), token)
    except LinkInvalid as error:
        return _refused(error)
    today = seoul_date(clock().now())
    schools = {
        post.school_id for post in user.posts if post.since <= today and (post.until is None or post.until > today)
    }
    content = feed_content(read(), schools)
    with force_locale(user.language):
        events = [
            school_event(visit, [group for group in visit.groups if group.status in LIVE_GROUPS])
            for visit in content.visits
        ]
        name = gettext("일터체험")
    return _calendar(events, content.changed_at, user.created_at, name)


@pages.get("/feeds/workplace/<token>.ics")
@public
def workplace_calendar(token: str) -> Response:
    """Who comes to a workplace, and what was taken back. The address itself authorises; looking changes nothing."""
    try:
        feed = resolve_workplace_feed(read(), token)
    except LinkInvalid as error:
        return _refused(error)
    place = feed.workplace
    groups, changed_at = workplace_feed_content(read(), place.id)
    with force_locale(place.contact.language if place.contact else Language.KO):
        events = [workplace_event(group, place) for group in groups]
        name = gettext("학생 일터체험")
    return _calendar(events, changed_at, feed.created_at, name)


def _page(address: str = "") -> str:
    return render_template(
        "web/teacher/feed.html",
        feed=calendar_feeds.feed_of(read(), person()),
        address=address,
        # programs that know the scheme open it as a subscription at once
        webcal=f"webcal://{urlsplit(address).netloc}{urlsplit(address).path}" if address else "",
    )


@pages.get("/teacher/feed")
@allow(Role.TEACHER)
def show() -> str:
    """Whether there is an address, and since when; it is not shown again."""
    return _page()


@pages.post("/teacher/feed")
@allow(Role.TEACHER)
def make() -> AnyResponse:
    """Make the address, or a new one instead of it, and show it this once."""
    with write() as session:
        token = calendar_feeds.make_feed(session, person())
    return _private(Response(_page(f"{config().base_url}{url_for('feeds.calendar', token=token)}")))


@pages.post("/teacher/feed/end")
@allow(Role.TEACHER)
def end() -> str:
    """Close the address: calendars that use it get nothing from now on."""
    with write() as session:
        calendar_feeds.end_feed(session, person())
    return _page()
