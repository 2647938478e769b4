"""실적 장부: what took place, by kind, month, level and school; every figure opens the entries behind it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Conflict, NotFound
from booking.domain.ids import ProgrammeId, SchoolId
from booking.domain.ledger import Amount, Stage
from booking.domain.programmes import Section
from booking.domain.quarters import Quarter, year_of
from booking.domain.vocabulary import Level, Role
from booking.models.programmes import Programme
from booking.models.schools import School
from booking.queries import ledger as rows
from booking.queries import programmes
from booking.queries.afterwards import missing_between
from booking.queries.ledger import Filter
from booking.queries.quarter import pending, quarter_figures
from booking.services.ledger import freeze_quarter
from booking.web.access import STAFF, allow, person
from booking.web.book_words import reason_text
from booking.web.console.base import asked_date, chosen, page_links, page_number, pages
from booking.web.console.periods import Period, asked_period, period_options
from booking.web.console.programmes import number_of, today
from booking.web.database import clock, read, write
from booking.web.formats import locale, month
from booking.web.labels import label
from booking.web.marking import N_, gettext

Page = str | tuple[str, int] | Response
READERS = (Role.OFFICER, *STAFF)
SIZE = 50
#: by what a page breaks the figures down
SIDES = {"programme": N_("종류별"), "month": N_("달마다"), "level": N_("학교급별"), "school": N_("학교별")}
HEADS = {"programme": N_("종류"), "month": N_("달"), "level": N_("학교급"), "school": N_("학교")}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a breakdown: its name, its sum, and the address of the entries behind it."""

    name: str
    amount: Amount
    href: str


def kind_name(kind: Programme) -> str:
    """How a kind is called in the language of the page."""
    return kind.name if locale() == "ko" else kind.name_en


pages.add_app_template_filter(kind_name, "kind_name")


def asked_filter(period: Period) -> Filter:
    """What of the books the address asks for; nonsense narrows nothing."""
    programme, school = number_of("programme"), number_of("school")
    stage = Stage.ATTENDED if "stage" not in request.args else chosen(Stage, "stage")
    return Filter(
        first=asked_date("first") or period.first,
        last=asked_date("last") or period.last,
        stage=stage,
        counted={"1": True, "0": False}.get(request.args.get("counted", "")),
        section=chosen(Section, "section"),
        programme_id=ProgrammeId(programme) if programme else None,
        school_id=SchoolId(school) if school else None,
        level=chosen(Level, "level"),
        no_level=request.args.get("level") == "none",
        no_school=request.args.get("school") == "none",
        late=True if request.args.get("late") == "1" else None,
    )


def _kept(**more: Any) -> dict[str, Any]:
    """The arguments of this address, with others in their place."""
    kept = {key: value for key, value in request.args.items() if key not in {"by", "page", "lang"} and value}
    return {**kept, **more}


def behind(**to: Any) -> str:
    """The address of the entries behind a figure of this page."""
    return url_for("console.ledger_entries", **_kept(**to))


def _by_programme(what: Filter) -> list[Row]:
    found = rows.by_programme(read(), what)
    return [Row(kind_name(kind), amount, behind(programme=kind.id)) for kind, amount in found]


def _by_month(what: Filter) -> list[Row]:
    found = rows.by_month(read(), what)
    return [Row(_month_name(first), amount, behind(**_days(first, what))) for first, amount in found]


def _month_name(first: dt.date) -> str:
    return gettext("%(year)s년 %(month)s", year=first.year, month=month(first))


def _days(first: dt.date, what: Filter) -> dict[str, str]:
    """The days of a month that a filter lets through."""
    last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    return {
        "first": max(first, what.first or first).isoformat(),
        "last": min(last, what.last or last).isoformat(),
    }


def _by_level(what: Filter) -> list[Row]:
    return [
        Row(
            label(level) if level else gettext("학생이 아닌 분"), amount, behind(level=level.value if level else "none")
        )
        for level, amount in rows.by_level(read(), what)
    ]


def _by_school(what: Filter) -> list[Row]:
    return [
        Row(school.name if school else gettext("학교 없이"), amount, behind(school=school.id if school else "none"))
        for school, amount in rows.by_school(read(), what)
    ]


_ROWS: dict[str, Callable[[Filter], list[Row]]] = {
    "programme": _by_programme,
    "month": _by_month,
    "level": _by_level,
    "school": _by_school,
}


@pages.get("/ledger")
@allow(*READERS)
def ledger() -> Page:
    """The figures of a period, broken down as asked."""
    session, period = read(), asked_period(today())
    what = asked_filter(period)
    side = request.args.get("by", "")
    side = side if side in SIDES else "programme"
    quarter = period.quarter
    return render_template(
        "web/console/ledger.html",
        period=period,
        periods=period_options(session, today()),
        what=what,
        total=rows.total(session, what),
        counted=rows.total(session, _with(what, counted=True)),
        late=rows.total(session, _with(what, late=True)),
        rows=_ROWS[side](what),
        side=side,
        tabs=[
            (url_for("console.ledger", **_kept(by=name)), gettext(text), None, name == side)
            for name, text in SIDES.items()
        ],
        side_name=gettext(SIDES[side]),
        head=gettext(HEADS[side]),
        behind=behind,
        sections=list(Section),
        levels=list(Level),
        kinds=programmes.kinds(session, active=False),
        frozen=quarter_figures(session, quarter).frozen if quarter else None,
    )


def _with(what: Filter, **to: Any) -> Filter:
    return replace(what, **to)


@pages.get("/ledger/entries")
@allow(*READERS)
def ledger_entries() -> Page:
    """The entries behind a figure; their sum stands above them."""
    session, period = read(), asked_period(today())
    what = asked_filter(period)
    kind = session.get(Programme, what.programme_id) if what.programme_id else None
    school = session.get(School, what.school_id) if what.school_id else None
    return render_template(
        "web/console/ledger_entries.html",
        page=rows.entries(session, what, page_number(), SIZE),
        href=page_links(),
        what=what,
        period=period,
        kind=kind,
        school=school,
        total=rows.total(session, what),
        reason_text=reason_text,
        back=url_for("console.ledger", period=period.name),
    )


@pages.get("/ledger/quarters")
@allow(*READERS)
def quarters() -> Page:
    """The quarters of a year, those that are frozen with their proof, those that are over and can be."""
    return _quarters(number_of("year"))


def _quarters(year: int | None, status: int = 200) -> Page:
    session, now = read(), Quarter.of(today())
    known = sorted({now.year, now.before.year, *rows.years(session)}, reverse=True)
    year = year if year in known else now.year
    # in the first months of a year the one before waits to be frozen
    shown = {*year_of(year), now.before} if year == now.year else set(year_of(year))
    page = render_template(
        "web/console/quarters.html",
        rows=[quarter_figures(session, quarter) for quarter in sorted(shown, reverse=True) if quarter <= now],
        now=now,
        year=year,
        years=[(one, gettext("%(year)s년", year=one)) for one in known],
        pending=lambda quarter: pending(session, quarter),
        missing=lambda quarter: len(missing_between(session, quarter.first, quarter.after.first)),
        unfinished=lambda quarter: programmes.unfinished(session, quarter.last, quarter.first),
    )
    return page, status


@pages.post("/ledger/quarters/<name>")
@allow(*STAFF)
def freeze(name: str) -> Page:
    """Freeze a quarter as it was shown; it cannot be taken back."""
    quarter = Quarter.named(name)
    if quarter is None:
        raise NotFound(f"quarter {name}")
    if request.form.get("understood") != "1":
        flash(gettext("마감하면 되돌릴 수 없습니다. 알고 계시면 표시한 뒤 눌러 주세요."), "bad")
        return redirect(url_for("console.quarters", year=quarter.year), 303)
    seen = request.form.get("entries", "")
    try:
        with write() as session:
            freeze_quarter(
                session, clock(), person(), quarter, seen=int(seen) if seen.isascii() and seen.isdigit() else -1
            )
    except Conflict as error:
        read().expire_all()
        if error.reason == "frozen":
            flash(gettext("이미 마감한 분기입니다."), "mid")
        else:
            flash(gettext("그사이 이 분기의 장부가 바뀌었습니다. 다시 보시고 한 번 더 눌러 주세요."), "mid")
        return _quarters(quarter.year, 409)
    flash(gettext("분기를 마감했습니다. 이 분기의 수는 이제 바뀌지 않습니다."), "ok")
    return redirect(url_for("console.quarters", year=quarter.year), 303)
