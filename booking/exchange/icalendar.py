"""Calendar files (RFC 5545, RFC 5546): invitations that go with an e-mail, and entries to download.

All text is escaped by the library; a line break in a name can never become a property.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from icalendar import Calendar, vCalAddress, vDuration, vText
from icalendar import Event as Component

from booking.domain.invitations import Event, EventStatus, Method, Party

PRODUCT = "-//Ilteo-ieum//Booking//KO"
#: how often a calendar that is subscribed to looks again
REFRESH = dt.timedelta(hours=1)


def invitation(event: Event, method: Method, *, organizer: Party, attendee: Party, stamp: dt.datetime) -> bytes:
    """Return one event as an invitation or its withdrawal.

    RFC 5546 allows one UID to an invitation, so that several events are several files.
    """
    component = _component(event, stamp)
    sender = vCalAddress(f"mailto:{organizer.email}")
    sender.params["CN"] = vText(organizer.name)
    component.add("organizer", sender)
    guest = vCalAddress(f"mailto:{attendee.email}")
    guest.params["CN"] = vText(attendee.name)
    guest.params["ROLE"] = vText("REQ-PARTICIPANT")
    accepted = event.status is EventStatus.CONFIRMED
    guest.params["PARTSTAT"] = vText("ACCEPTED" if accepted else "NEEDS-ACTION")
    # the answer is given on the private link: a reply by the calendar would reach nobody
    guest.params["RSVP"] = vText("FALSE")
    component.add("attendee", guest)
    return _file(method, [component])


def calendar_file(events: Sequence[Event], stamp: dt.datetime) -> bytes:
    """Return events as a file to download."""
    return _file(Method.PUBLISH, [_component(event, stamp) for event in events])


def subscription(events: Sequence[Event], stamp: dt.datetime, name: str) -> bytes:
    """Return events as a calendar to subscribe to, with its name and how often to look again.

    The same events with the same ``stamp`` are the same bytes.
    """
    calendar = _calendar(Method.PUBLISH, [_component(event, stamp) for event in events])
    # RFC 7986, and what programs understood before it
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    text: bytes = calendar.to_ical()
    return text


def _component(event: Event, stamp: dt.datetime) -> Component:
    component = Component()
    component.add("uid", event.uid)
    component.add("dtstamp", stamp.astimezone(dt.UTC))
    component.add("sequence", event.sequence)
    # in UTC, so that no reader has to know the zone
    component.add("dtstart", event.starts.astimezone(dt.UTC))
    component.add("dtend", event.ends.astimezone(dt.UTC))
    component.add("summary", event.summary)
    component.add("status", event.status.value)
    if event.location:
        component.add("location", event.location)
    if event.description:
        component.add("description", event.description)
    return component


def _file(method: Method, components: Sequence[Component]) -> bytes:
    text: bytes = _calendar(method, components).to_ical()
    return text


def _calendar(method: Method, components: Sequence[Component]) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method.value)
    for component in components:
        calendar.add_component(component)
    return calendar
