"""How dates, numbers, contacts and states look on a page: filters and globals of every template."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Protocol

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal
from flask import Flask, g, request
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.local import LocalProxy

from booking.clock import SEOUL, seoul_date
from booking.domain.chances import Chance
from booking.domain.entry import SESSION_WARNING, mask_ip
from booking.domain.errors import NotFound
from booking.domain.phases import Phase
from booking.domain.vocabulary import Block, JobField, Language
from booking.models.satisfaction import SurveyQuestion
from booking.models.schools import SchoolClass
from booking.models.terms import Centre, Term
from booking.queries.load import SlotLoad
from booking.services import terms
from booking.web import labels
from booking.web.access import person_or_none, signed_in_or_none
from booking.web.database import clock, config, read
from booking.web.marking import N_, gettext, language_of_page, ngettext

#: from which share of the seats on a slot is called so
CROWDED = ((1.0, "full"), (0.8, "busy"), (0.4, "open"), (0.0, "free"))
CROWDING_WORDS = {
    "full": N_("넘침"),
    "busy": N_("붐빔"),
    "open": N_("보통"),
    "free": N_("여유"),
    "off": N_("자리 없음"),
}


def locale() -> str:
    """The language of the page: ``ko`` or ``en``."""
    return language_of_page() or Language.KO.value


@lru_cache(maxsize=4096)
def _written(pattern: str, value: dt.date, language: str) -> str:
    """A date as a language writes it: a page of the calendar has hundreds, and always the same ones."""
    return format_skeleton(pattern, value, locale=language)


def _date(value: dt.date) -> dt.date:
    """The day of a moment too: what is kept for a date must not be kept for every second of it."""
    return value.date() if isinstance(value, dt.datetime) else value


def day(value: dt.date) -> str:
    """6월 12일 (금) · Fri, Jun 12."""
    return _written("MMMEd", _date(value), locale())


def long_day(value: dt.date) -> str:
    """2026년 6월 12일 (금) · Fri, Jun 12, 2026."""
    return _written("yMMMEd", _date(value), locale())


def short_day(value: dt.date) -> str:
    """6/12(금) · 6/12 (Fri), for narrow cells."""
    return f"{value.month}/{value.day}{'' if locale() == 'ko' else ' '}({weekday(value)})"


def weekday(value: dt.date) -> str:
    """금 · Fri."""
    return _written("EEE", _date(value), locale())


def month(value: dt.date) -> str:
    """6월 · June."""
    return format_date(value, "LLLL", locale=locale())


def clock_time(value: dt.time | dt.datetime) -> str:
    """13:30, in Seoul where it is a moment."""
    if isinstance(value, dt.datetime):
        value = value.astimezone(SEOUL)
    return value.strftime("%H:%M")


def moment(value: dt.datetime) -> str:
    """6월 12일 (금) 13:30, in Seoul."""
    here = value.astimezone(SEOUL)
    return f"{day(here.date())} {here:%H:%M}"


def as_of(value: dt.datetime) -> str:
    """10:24, in Seoul; with its day where that is not today."""
    here = value.astimezone(SEOUL)
    return f"{here:%H:%M}" if here.date() == seoul_date(clock().now()) else moment(value)


class Halfday(Protocol):
    """A date and a half of it: a slot, or its load."""

    @property
    def date(self) -> dt.date:
        """The day."""
        ...

    @property
    def block(self) -> Block:
        """The half of it."""
        ...


def when(slot: Halfday) -> str:
    """6월 12일 (금) 오후 · Fri, Jun 12, PM."""
    half = labels.label(slot.block)
    return f"{day(slot.date)} {half}" if locale() == "ko" else f"{day(slot.date)}, {half}"


def when_short(slot: Halfday) -> str:
    """6/12(금) 오후, for narrow cells."""
    return f"{short_day(slot.date)} {labels.label(slot.block)}"


def near(slot: SlotLoad, full: SlotLoad) -> str:
    """목요일 오전 42%, where it is in the same week as the full slot; else 5/17(목) 오전 42%."""
    half = labels.label(slot.block)
    if slot.date.isocalendar()[:2] == full.date.isocalendar()[:2]:
        date = format_date(slot.date, "EEEE", locale=locale())
    else:
        date = short_day(slot.date)
    return f"{date} {half} {percent(slot.share)}"


def weekday_name(number_of_day: int) -> str:
    """월 · Mon, for 0."""
    return weekday(dt.date(2024, 1, 1 + number_of_day))


def class_name(label: str) -> str:
    """1-3반 · class 1-3."""
    return label if label.endswith("반") else gettext("%(label)s반", label=label)


def class_names(found: Sequence[str]) -> Markup:
    """1-1반, 1-2반, 1-3반; no name is broken at its hyphen."""
    return Markup(", ").join(Markup('<span class="nowrap">{}</span>').format(class_name(label)) for label in found)


def addressed(name: str) -> str:
    """How a person is spoken to: the honorific once, where it is not in the title already."""
    return name if locale() != "ko" or name.endswith("님") else f"{name}님"


def by_grade(classes: Iterable[SchoolClass]) -> list[tuple[str, list[SchoolClass]]]:
    """The classes of each grade under its name, in the order in which a school counts them."""
    grades: defaultdict[str, list[SchoolClass]] = defaultdict(list)
    for one in sorted(classes, key=lambda item: [int(part) if part.isdigit() else 0 for part in item.label.split("-")]):
        grades[one.label.partition("-")[0] if "-" in one.label else ""].append(one)
    return [(gettext("%(n)s학년", n=name) if name else gettext("학급"), found) for name, found in grades.items()]


def hours(span: Sequence[dt.time]) -> str:
    """13:15–15:45."""
    return "–".join(clock_time(time) for time in span)


def number(value: float) -> str:
    """1,234 and 5.2."""
    return _decimal(value, locale())


@lru_cache(maxsize=4096)
def _decimal(value: float, language: str) -> str:
    """A page of figures writes hundreds of numbers, and many of them again and again."""
    return format_decimal(value, format="#,##0.##", locale=language)


def percent(value: float | None) -> str:
    """43%, of a share; a dash where there is none."""
    return "–" if value is None else f"{number(round(value * 100))}%"


def pupils(count: int) -> str:
    """24명 · 24 pupils."""
    return ngettext("%(count)s명", "%(count)s명", count, count=number(count))


def people(count: int) -> str:
    """어른 3명 · 3 adults."""
    return ngettext("어른 %(count)s명", "어른 %(count)s명", count, count=number(count))


def kilometres(value: float) -> str:
    """1.4 km; below one, two figures less would say nothing."""
    return f"{number(round(value, 1))} km"


def crowding(share: float | None) -> str:
    """Return how crowded a slot is: free, open, busy, full, or off where it has no seats."""
    if share is None:
        return "off"
    return next(name for least, name in CROWDED if share >= least)


def crowding_word(name: str) -> str:
    """Return the word for one of the names of :func:`crowding`."""
    return gettext(CROWDING_WORDS[name])


def mask_phone(value: str | None) -> str:
    """010-****-5678."""
    if not value:
        return "–"
    parts = value.split("-")
    if len(parts) < 3:
        return value[:3] + "*" * max(0, len(value) - 7) + value[-4:] if len(value) > 7 else "*" * len(value)
    return "-".join([parts[0], *("*" * len(part) for part in parts[1:-1]), parts[-1]])


def mask_email(value: str | None) -> str:
    """ki***@school.example.kr."""
    if not value or "@" not in value:
        return "–"
    name, _, host = value.partition("@")
    return f"{name[:2]}***@{host}"


def mask_name(value: str | None) -> str:
    """김○○."""
    return f"{value[:1]}○○" if value else "–"


def sentence_list(items: Sequence[object]) -> str:
    """1-1, 1-2, 1-3."""
    return ", ".join(str(item) for item in items)


def the_centre() -> Centre | None:
    """The centre, for the head and the foot of the page; None where it is not set up, or the database is away."""
    if "centre" not in g:
        try:
            g.centre = terms.the_centre(read())
        except (NotFound, SQLAlchemyError):
            g.centre = None
    found: Centre | None = g.centre
    return found


def the_term() -> Term | None:
    """The current term, or None before the first."""
    if "term" not in g:
        try:
            g.term = terms.current_term(read())
        except (NotFound, SQLAlchemyError):
            g.term = None
    found: Term | None = g.term
    return found


def the_phase() -> Phase | None:
    """The phase of the current term today."""
    term = the_term()
    return None if term is None else terms.phase_today(term, clock())


def here() -> str:
    """Where a change of the language leads back to: this page, unless it was the answer to a form."""
    return request.full_path.rstrip("?") if request.method == "GET" else request.path


def question_text(question: SurveyQuestion) -> str:
    """How a question of satisfaction is put in the language of the page."""
    return question.text if locale() == "ko" else question.text_en


FILTERS = {
    "question_text": question_text,
    "mask_ip": mask_ip,
    "day": day,
    "long_day": long_day,
    "short_day": short_day,
    "weekday": weekday,
    "month": month,
    "time": clock_time,
    "moment": moment,
    "as_of": as_of,
    "when": when,
    "when_short": when_short,
    "near": near,
    "weekday_name": weekday_name,
    "class_name": class_name,
    "class_names": class_names,
    "addressed": addressed,
    "by_grade": by_grade,
    "hours": hours,
    "number": number,
    "percent": percent,
    "pupils": pupils,
    "people": people,
    "km": kilometres,
    "crowding": crowding,
    "crowding_word": crowding_word,
    "mask_phone": mask_phone,
    "mask_email": mask_email,
    "mask_name": mask_name,
    "listed": sentence_list,
    "label": labels.label,
    "tone": labels.tone,
    "field": labels.field_label,
    "level": labels.level_label,
    "block": labels.label,
}


def init_formats(app: Flask) -> None:
    """Give the templates of ``app`` their filters and globals."""
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        person=LocalProxy(person_or_none),
        signed_in=LocalProxy(signed_in_or_none),
        session_warning_seconds=int(SESSION_WARNING.total_seconds()),
        centre=LocalProxy(the_centre),
        term=LocalProxy(the_term),
        phase=LocalProxy(the_phase),
        config=LocalProxy(config),
        locale=LocalProxy(locale),
        here=LocalProxy(here),
        Block=Block,
        Chance=Chance,
        JobField=JobField,
    )
