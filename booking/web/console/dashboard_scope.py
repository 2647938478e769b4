"""무엇을 보는가: the period, programme, school and level that an address of 한눈에 names; addresses that keep them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import g, request, url_for
from sqlalchemy.orm import Session

from booking.domain.ids import ProgrammeId, SchoolId, TermId
from booking.domain.vocabulary import Level
from booking.queries.dashboard import Scope, TermDays, term_days
from booking.web.console.base import asked_date, chosen
from booking.web.console.periods import Period, asked_period, period_options
from booking.web.console.programmes import number_of, today
from booking.web.formats import locale, month
from booking.web.marking import gettext

#: what an address keeps from figure to figure
KEPT = ("period", "from", "to", "programme", "school", "level")
_MONTH = re.compile(r"(2[01]\d\d)-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """A scope with the name of its period, in an address and in words."""

    scope: Scope
    name: str
    words: str


def terms(session: Session) -> Sequence[TermDays]:
    """The terms that have days, the newest first; read once for a page."""
    known: Sequence[TermDays] | None = g.get("dashboard_terms")
    if known is None:
        known = g.dashboard_terms = term_days(session)
    return known


def term_name(term: TermDays) -> str:
    """How a term is called in the language of the page."""
    return term.name if locale() == "ko" else term.name_en


def _asked_month(name: str) -> dt.date | None:
    found = _MONTH.fullmatch(request.args.get(name, ""))
    return dt.date(int(found[1]), int(found[2]), 1) if found else None


def month_end(first: dt.date) -> dt.date:
    """The last day of the month that begins on ``first``."""
    return (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)


def month_words(first: dt.date) -> str:
    """``2018년 5월``."""
    return gettext("%(year)s년 %(month)s", year=first.year, month=month(first))


def _months() -> Period | None:
    """The months that the address names; one alone begins or ends there. They go before the period."""
    first, last = _asked_month("from"), _asked_month("to")
    if first is None and last is None:
        return None
    if first is not None and last is not None and last < first:
        first, last = last, first
    return Period("months", first, month_end(last) if last else None)


def _months_words(first: dt.date | None, last: dt.date | None) -> str:
    return f"{month_words(first) if first else ''} – {month_words(last) if last else ''}".strip()


def asked(session: Session) -> Asked:
    """Return what the address asks for; without a word of a period the current term, else the running quarter."""
    known = terms(session)
    programme, school = number_of("programme"), number_of("school")
    kept = Scope(
        programme_id=ProgrammeId(programme) if programme else None,
        school_id=SchoolId(school) if school else None,
        level=chosen(Level, "level"),
    )
    months = _months()
    if months is not None:
        kept = replace(kept, first=months.first, last=months.last)
        return Asked(kept, "", _months_words(months.first, months.last))
    period = request.args.get("period", "")
    term = next((term for term in known if f"term-{term.id}" == period), None)
    if term is None and not period:
        term = next((term for term in known if term.is_current), None)
    if term is not None:
        kept = replace(kept, first=term.first, last=term.last, term_id=term.id, written=term.written)
        return Asked(kept, f"term-{term.id}", term_name(term))
    found = asked_period(today())
    kept = replace(kept, first=found.first, last=found.last)
    return Asked(kept, found.name, found.words)


def narrower(scope: Scope) -> Scope:
    """What opens behind a single number: one day of the scope, or one term of it."""
    day, term = asked_date("day"), number_of("term")
    if day is not None and scope.holds(day):
        scope = replace(scope, first=day, last=day)
    return replace(scope, term_id=TermId(term)) if term else scope


def options(session: Session) -> list[tuple[str, str]]:
    """The periods to choose from: terms, then everything, years and quarters."""
    found = [(f"term-{term.id}", term_name(term)) for term in terms(session)]
    return found + period_options(session, today())


def _address(endpoint: str, named: dict[str, Any]) -> str:
    """An address with its arguments. A page has hundreds of them: the way to it is asked for once."""
    known: dict[str, str] = g.setdefault("dashboard_addresses", {})
    if endpoint not in known:
        known[endpoint] = url_for(endpoint)
    return f"{known[endpoint]}?{urlencode(named)}"


def kept(**more: Any) -> dict[str, Any]:
    """The arguments of this address that every figure keeps, with others in their place."""
    known: dict[str, Any] | None = g.get("dashboard_kept")
    if known is None:
        known = g.dashboard_kept = {name: request.args[name] for name in KEPT if request.args.get(name)}
    return known | {name: value for name, value in more.items() if value is not None}


def behind(of: str, **to: Any) -> str:
    """The address of the classes, workplaces or messages behind a figure."""
    return _address("console.dashboard_entries", kept(of=of, **to))


def books_behind(scope: Scope, **to: Any) -> str:
    """The address of the entries of the books behind a figure."""
    named: dict[str, Any] = {
        "period": "all",
        "first": scope.first.isoformat() if scope.first else None,
        "last": scope.last.isoformat() if scope.last else None,
        "programme": scope.programme_id,
        "school": scope.school_id,
        "level": scope.level.value if scope.level else None,
    }
    named |= to
    return _address("console.ledger_entries", {name: value for name, value in named.items() if value is not None})
