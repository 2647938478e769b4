"""한눈에: the figures of the centre under one scope, each with its drawing, its table, and the entries behind it.

The district officer reads the same page. Nobody's contact stands on it, and no message's reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import render_template, request
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import NotFound
from booking.domain.vocabulary import Channel, JobField, Level, Role
from booking.exchange.tables import csv_table
from booking.queries import dashboard as rows
from booking.queries import dashboard_reach as reach
from booking.queries import programmes
from booking.queries.dashboard import Part, Scope
from booking.queries.dashboard_reach import Arrival, Use
from booking.queries.paging import slice_of
from booking.queries.planning import DayLoad
from booking.web.access import STAFF, allow
from booking.web.console import dashboard_panels as panels
from booking.web.console.base import chosen, page_links, page_number, pages
from booking.web.console.charts import chart
from booking.web.console.dashboard_panels import PANELS, Cell, Panel, Seen
from booking.web.console.dashboard_scope import Asked, asked, behind, books_behind, kept, narrower, options
from booking.web.console.leaving import as_file
from booking.web.console.words import kind_word, outcome_chip
from booking.web.database import clock, read
from booking.web.formats import long_day, percent
from booking.web.marking import gettext

Page = str | Response
READERS = (Role.OFFICER, *STAFF)
SIZE = 50
#: the figures in the order of the page; the four from the books stand together
ORDER = ("months", "programmes", "schools", "levels", "days", "choices", "workplaces", "fairness", "messages")


def _busiest(days: Iterable[DayLoad], part: Part) -> tuple[Cell, str]:
    """The most crowded day as wished or as planned: its pupils with what opens, and its date in words."""
    count = {day.date: day.before if part is Part.WISHED else day.total for day in days}
    if not any(count.values()):
        return Cell(0, behind("classes", part=part.value)), ""
    date = max(count, key=lambda one: (count[one], one))
    return Cell(count[date], behind("classes", part=part.value, day=date.isoformat())), long_day(date)


@pages.get("/dashboard")
@allow(*READERS)
def dashboard() -> Page:
    """All figures of a scope."""
    session = read()
    found = asked(session)
    what = panels.seen(session, found.scope)
    days = rows.days_of(what.classes, found.scope)
    shown = {name: PANELS[name](what) for name in ORDER}
    shares = [
        (school, share)
        for school, _, share in panels.school_shares(rows.by_school_and_term(what.classes, found.scope))
        if share is not None
    ]
    return render_template(
        "web/console/dashboard.html",
        asked=found,
        panels=shown,
        days=days,
        chart=chart(days) if days else None,
        wished=_busiest(days, Part.WISHED),
        given=_busiest(days, Part.GIVEN),
        placed=Cell(rows.pupils_of(what.classes, found.scope, Part.PLACED), behind("classes", part=Part.PLACED.value)),
        dormant=Cell(len(reach.used(what.places, Use.DORMANT, None)), behind("workplaces", use=Use.DORMANT.value)),
        busy=Cell(len(reach.used(what.places, Use.BUSY, None)), behind("workplaces", use=Use.BUSY.value)),
        places=Cell(len(what.places), behind("workplaces")),
        worst=shares[0] if shares else None,
        best=shares[-1] if shares else None,
        sent=Cell(len(what.messages), behind("messages")),
        success=percent(reach.success(what.messages)),
        periods=options(session) + ([("", found.words)] if not found.name else []),
        kinds=programmes.kinds(session, active=False),
        schools=programmes.schools(session),
        levels=list(Level),
        kept=kept,
        books=books_behind(found.scope),
    )


@pages.get("/dashboard/entries")
@allow(*READERS)
def dashboard_entries() -> Page:
    """The classes, workplaces or messages behind a figure; their sum stands above them."""
    session = read()
    found, of = asked(session), request.args.get("of", "")
    scope = narrower(found.scope)
    shown = {"asked": found, "scope": scope, "of": of, "back": kept()}
    if of == "classes":
        return _classes(scope, shown)
    if of == "workplaces":
        use, field = chosen(Use, "use"), chosen(JobField, "field")
        places = reach.used(reach.place_uses(session, scope), use, field)
        words = [gettext(panels.USE_WORDS[use])] if use else []
        return _entries(places, len(places), words, {**shown, "field": field})
    if of == "messages":
        arrival, channel = chosen(Arrival, "arrival"), chosen(Channel, "channel")
        letters = reach.arrived(reach.messages_seen(session, scope), arrival, channel)
        words = [gettext(panels.ARRIVAL_WORDS[arrival])] if arrival else []
        return _entries(letters, len(letters), words, {**shown, "channel": channel})
    raise NotFound(f"entries of {of[:20]}")


def _classes(scope: Scope, shown: dict[str, object]) -> Page:
    part = chosen(Part, "part") or Part.ALL
    found = rows.counted(rows.class_rows(read(), scope), scope, part)
    words = {
        Part.WISHED: gettext("1지망으로 희망한 날"),
        Part.GIVEN: gettext("지금 계획의 날"),
        Part.PLACED: gettext("자리를 받음"),
        Part.ALL: gettext("신청한 모두"),
    } | {way: gettext(text) for way, text in panels.WAY_WORDS.items()}
    return _entries(found, sum(row.pupils for row in found), [words[part]], shown)


def _entries(found: Sequence[object], total: int, words: list[str], shown: dict[str, object]) -> Page:
    return render_template(
        "web/console/dashboard_entries.html",
        page=slice_of(found, page_number(), SIZE),
        href=page_links(),
        total=total,
        words=words,
        arrival_words=panels.ARRIVAL_WORDS,
        use_words=panels.USE_WORDS,
        outcome_chip=outcome_chip,
        kind_word=kind_word,
        **shown,
    )


def _panel(name: str) -> tuple[Asked, Seen, Panel]:
    """The figure that an address names.

    Raises:
        NotFound: there is no such figure.
    """
    if name not in PANELS:
        raise NotFound(f"figure {name[:20]}")
    session = read()
    found = asked(session)
    what = panels.seen(session, found.scope)
    return found, what, PANELS[name](what)


@pages.get("/dashboard/<name>.csv")
@allow(*READERS)
def dashboard_table(name: str) -> Response:
    """The table of a figure, as the page shows it."""
    _, _, panel = _panel(name)
    head = [panel.head, *panel.columns, *([panel.share_head] if panel.share_head else [])]
    lines = [*panel.lines, panels.Line(gettext("합계"), panel.totals, panel.share)]
    table = [
        [line.name, *(cell.value for cell in line.cells), *([line.share] if panel.share_head else [])] for line in lines
    ]
    return as_file(csv_table(head, table), f"{name}-{seoul_date(clock().now()).isoformat()}.csv")


@pages.get("/dashboard/<name>.svg")
@allow(*READERS)
def dashboard_image(name: str) -> Response:
    """The drawing of a figure as a file of its own: with its title, its legend and its styles inside.

    Raises:
        NotFound: there is no such figure, or nothing to draw.
    """
    found, what, panel = _panel(name)
    columns = chart(rows.days_of(what.classes, found.scope)) if name == "days" else None
    if panel.drawing is None and columns is None:
        raise NotFound(f"nothing to draw of {name}")
    image = render_template("web/console/dashboard_image.svg", asked=found, panel=panel, chart=columns)
    headers = {
        "Content-Disposition": f"attachment; filename={name}-{seoul_date(clock().now()).isoformat()}.svg",
        "Cache-Control": "no-store",
    }
    return Response(image, mimetype="image/svg+xml", headers=headers)
