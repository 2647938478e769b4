"""The coordinator's home, and the figures that the district officer reads; the console's other pages lie beside it."""

from __future__ import annotations

import datetime as dt

from flask import render_template, url_for

from booking.clock import seoul_date
from booking.domain.phases import ALLOWED, Action, looks_at_late
from booking.domain.states import RunKind, RunStatus
from booking.domain.vocabulary import Role
from booking.queries import planning, register
from booking.queries.load import slot_loads, wished_loads
from booking.queries.openings import slots_of
from booking.queries.programmes import unfinished
from booking.queries.satisfaction import remarks_waiting
from booking.queries.secured import WEEK, secured, secured_in_term, shifts_since
from booking.queries.workplace_list import marked_counts
from booking.services import weekly
from booking.services.alimtalk import refused_templates
from booking.services.terms import current_term, phase_today
from booking.web.access import STAFF, allow
from booking.web.console.base import View, attention_now, pages
from booking.web.console.charts import chart, peaks
from booking.web.database import clock, read
from booking.web.phase_steps import phase_steps


@pages.get("")
@allow(*STAFF)
def home() -> View:
    """What needs somebody now, each with its count and the way to it; below it the term by day."""
    session = read()
    term = current_term(session)
    today = seoul_date(clock().now())
    late = looks_at_late(phase_today(term, clock()))
    loads = slot_loads(session, term, late=late)
    slots = slots_of(session, term.id)
    days = planning.by_day(slots, {load.code: load.pupils for load in loads}, wished_loads(session, term, late=late))
    seats: dict[object, int] = {}
    for load in loads:
        seats[load.date] = seats.get(load.date, 0) + load.seats
    published = planning.newest_run(session, term.id, [RunStatus.PUBLISHED])
    return render_template(
        "web/console/home.html",
        attention=attention_now(term),
        marks={mark.value: number for mark, number in marked_counts(session, term.id, today).items()},
        active=planning.active_run(session, term.id),
        draft=planning.newest_run(session, term.id, [RunStatus.PROPOSED], RunKind.TERM),
        drafts=len(planning.drafts_of(session, term.id)),
        weekly_skipped=weekly.last_skipped(session, term),
        weekly_next=weekly.next_due(term, clock().now()),
        repair=planning.newest_run(session, term.id, [RunStatus.PROPOSED], RunKind.REPAIR),
        published=published,
        secured=secured(session, slots[0].date.year if slots else today.year),
        secured_in_term=secured_in_term(session, term.id),
        shifts=shifts_since(session, term.id, clock().now() - WEEK) if published else None,
        today=today,
        days=days,
        seats=seats,
        visits_on=lambda date: url_for("console.visits", date=date),
        chart=chart(days, before=published is not None),
        remarks=remarks_waiting(session),
        refused_templates=len(refused_templates(session)),
        unfinished=unfinished(session, today - dt.timedelta(days=1)),
        phases=phase_steps(term, today),
        may_allocate=Action.ALLOCATE in ALLOWED[phase_today(term, clock())],
    )


@pages.get("/figures")
@allow(Role.OFFICER, *STAFF)
def figures() -> View:
    """The term in figures: how the days were levelled, first choices, attendances. Nobody's name stands here."""
    session = read()
    term = current_term(session)
    today = seoul_date(clock().now())
    late = looks_at_late(phase_today(term, clock()))
    loads = slot_loads(session, term, late=late)
    days = planning.by_day(
        slots_of(session, term.id), {load.code: load.pupils for load in loads}, wished_loads(session, term, late=late)
    )
    published = planning.newest_run(session, term.id, [RunStatus.PUBLISHED])
    return render_template(
        "web/console/figures.html",
        figures=register.term_figures(session, term.id, today),
        days=days,
        chart=chart(days, before=published is not None),
        peaks=peaks(days),
        published=published,
        phases=phase_steps(term, today),
    )
