"""Calendar entries from the facts of a message: worded here, written as a file by the exchange."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from booking.clock import seoul_time
from booking.domain.invitations import Event, EventStatus, Method
from booking.domain.vocabulary import Language
from booking.notify.catalogue import CATALOGUE, Kind, Recipient
from booking.notify.phrases import time_of_day
from booking.notify.wording import translations

Facts = Mapping[str, Any]


def entries(kind: Kind, facts: Facts, language: Language, host: str) -> list[tuple[Method, Event]]:
    """The entries that go with a message, one per event; empty where the kind has none."""
    method = CATALOGUE[kind].calendar
    # an answer to a school's report takes an entry back only where it called the visit off
    if method is None or facts.get("cancelled") is False:
        return []
    if CATALOGUE[kind].recipient is Recipient.TEACHER:
        gone = method is Method.CANCEL
        # a day that was called off takes several classes with it
        return [(method, visit_event(one, language, host, cancelled=gone)) for one in facts.get("visits", [facts])]
    if CATALOGUE[kind].recipient is Recipient.COACH:
        return [(method, dispatch_event(facts, language, host, cancelled=method is Method.CANCEL))]
    asked = kind is not Kind.WORKPLACE_CONFIRMED
    return [
        (Method.CANCEL if gone else Method.REQUEST, _group_event(facts, group, language, host, gone=gone, asked=asked))
        for group in facts["groups"]
        for gone in [method is Method.CANCEL or group["change"] == "cancelled"]
    ]


def visit_event(facts: Facts, language: Language, host: str, *, cancelled: bool = False) -> Event:
    """A class's outing, for its teacher: ``facts`` are those of ``visit_confirmed``."""
    gettext = translations(language).ugettext
    places = facts["workplaces"]
    starts, ends = _hours(facts["date"], facts)
    return Event(
        uid=_uid(facts["uid"], host),
        sequence=facts["sequence"],
        starts=starts,
        ends=ends,
        summary=gettext("일터체험 %(label)s (일터 %(count)s곳)") % {"label": facts["label"], "count": len(places)},
        description="\n".join(
            " · ".join(part for part in (place["name"], str(place["pupils"]), place["address"]) if part)
            for place in places
        ),
        location=places[0]["address"] if len(places) == 1 else "",
        status=EventStatus.CANCELLED if cancelled else EventStatus.CONFIRMED,
    )


def dispatch_event(facts: Facts, language: Language, host: str, *, cancelled: bool = False) -> Event:
    """A school to which a coach is sent, for the coach."""
    gettext = translations(language).ugettext
    starts, ends = _hours(facts["date"], facts)
    status = EventStatus.CONFIRMED if facts.get("accepted") else EventStatus.TENTATIVE
    return Event(
        uid=_uid(facts["uid"], host),
        sequence=facts["sequence"],
        starts=starts,
        ends=ends,
        summary=gettext("일터체험 인솔: %(school)s") % {"school": facts["school"]},
        location=facts["address"] or facts["school"],
        status=EventStatus.CANCELLED if cancelled else status,
    )


def _group_event(facts: Facts, group: Facts, language: Language, host: str, *, gone: bool, asked: bool) -> Event:
    gettext = translations(language).ugettext
    starts, ends = _hours(facts["date"], group)
    words = {"school": group["school"], "label": group["label"], "pupils": group["pupils"]}
    certain = EventStatus.TENTATIVE if asked else EventStatus.CONFIRMED
    return Event(
        uid=_uid(group["uid"], host),
        sequence=facts["sequence"],
        starts=starts,
        ends=ends,
        summary=gettext("일터체험: %(school)s %(label)s, %(pupils)s명") % words,
        location=facts["workplace"],
        status=EventStatus.CANCELLED if gone else certain,
    )


def _hours(date: str, holder: Facts) -> tuple[dt.datetime, dt.datetime]:
    day = dt.date.fromisoformat(date)
    return seoul_time(day, time_of_day(holder["starts"])), seoul_time(day, time_of_day(holder["ends"]))


def _uid(uid: str, host: str) -> str:
    """Unique in the whole world, as RFC 5545 asks."""
    return uid if "@" in uid else f"{uid}@{host}"
