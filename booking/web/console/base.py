"""What the console's pages share: their blueprint, page numbers, and links that keep what a list was narrowed to."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TypeVar

from flask import Blueprint, g, request, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.answers import SILENT, DeclineReason
from booking.domain.workplace_notes import BY_WORKPLACE, RESTING
from booking.models.terms import Term
from booking.queries.attention import Attention, attention
from booking.web.database import clock, read
from booking.web.formats import the_term, weekday
from booking.web.labels import label
from booking.web.marking import N_, gettext

pages = Blueprint("console", __name__, url_prefix="/console")
View = str | Response
E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")
#: any Monday
MONDAY = dt.date(2018, 3, 12)


def page_number() -> int:
    """The page of a list that is asked for; nonsense is the first."""
    return max(1, request.args.get("page", 1, type=int) or 1)


def page_links() -> Callable[[int], str]:
    """Return what gives the address of another page of this list, narrowed as it is now."""
    kept = {key: value for key, value in request.args.items() if key not in {"page", "lang"} and value}
    endpoint, fixed = str(request.endpoint), dict(request.view_args or {})

    def link(number: int) -> str:
        return url_for(endpoint, **{**kept, **fixed, "page": number})

    return link


def chosen(kind: type[E], name: str) -> E | None:
    """The value of a vocabulary that a filter names; an unknown one narrows nothing."""
    value = request.args.get(name, "")
    return kind(value) if value in set(kind) else None


def asked_date(name: str = "date") -> dt.date | None:
    """The date that a filter names; anything else narrows nothing."""
    try:
        return dt.date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


@pages.app_template_filter("tally")
def tally(values: Iterable[T]) -> list[tuple[T, int]]:
    """Return each value with how often it stands there, in the order of first appearance."""
    return list(Counter(values).items())


#: what workplaces enter themselves on their links
OWN_REASONS = {
    BY_WORKPLACE: N_("일터가 알린 쉬는 날"),
    RESTING: N_("일터가 쉬는 동안"),
    SILENT: N_("기한까지 답이 없음"),
}


def reason_word(reason: str) -> str:
    """Return why a workplace declined or is closed, in words; a reason in somebody's own words stays as it is."""
    if reason in OWN_REASONS:
        return gettext(OWN_REASONS[reason])
    return label(DeclineReason(reason)) if reason in set(DeclineReason) else reason


def weekday_name(number: int) -> str:
    """Return 월 for 0."""
    return weekday(MONDAY + dt.timedelta(days=number))


def attention_now(term: Term) -> Attention:
    """Return what waits for the coordinator, counted once for a page: the first page shows it, and its menu the sum."""
    kept: Attention | None = g.get("console_attention")
    if kept is None:
        kept = g.console_attention = attention(read(), term, seoul_date(clock().now()))
    return kept


def waiting() -> int:
    """Return how much waits for the coordinator, for the menu; nothing where the database cannot be asked."""
    term = the_term()
    if term is None:
        return 0
    try:
        return attention_now(term).total
    except SQLAlchemyError:
        return 0


@pages.context_processor
def _words() -> dict[str, object]:
    return {"reason_word": reason_word, "weekday_name": weekday_name, "waiting": waiting}
