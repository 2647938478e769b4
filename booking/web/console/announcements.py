"""상시 안내: written with its size beside it, tried on oneself, scheduled; who has agreed; what became of it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from booking.clock import SEOUL
from booking.domain.announcement_states import AnnouncementStatus
from booking.domain.announcements import (
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    OPENS,
    Audience,
    ConsentBy,
    Group,
    opens_after,
    read_announcement,
    read_moment,
)
from booking.domain.errors import Conflict, InvalidForm, NotFound
from booking.domain.vocabulary import Channel, JobField, Language, Level, Role
from booking.domain.whose import Whose
from booking.models.announcements import Announcement
from booking.queries import announcements as rows
from booking.queries.personal_data import LONGEST_SEARCH, find_people, find_subject
from booking.services import announcements as service
from booking.services.announcement_reach import reach
from booking.services.consents import agreed, set_consent
from booking.services.terms import the_centre
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.console.workplaces import given, seen
from booking.web.database import clock, read, write
from booking.web.labels import label
from booking.web.marking import gettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
SHOWN = 50
SINGLE = ("subject", "text", "subject_en", "text_en")


@pages.get("/announcements")
@allow(*STAFF)
def announcements() -> Page:
    """What was announced, what waits, and the switch."""
    return _list()


def _list(faults: dict[str, str] | None = None, status: int = 200) -> Page:
    centre = the_centre(read())
    page = render_template(
        "web/console/announcements.html",
        rows=rows.announcements(read(), SHOWN),
        agreed=rows.consented(read()),
        on=centre.announcing,
        number=request.form.get("number", centre.refusal_number or ""),
        may_switch=person().role is Role.ADMINISTRATOR,
        faults=faults or {},
    )
    return page, status


@pages.post("/announcements/switch")
@allow(Role.ADMINISTRATOR)
def switch_announcements() -> Page:
    """Allow announcements, or none."""
    try:
        with write() as session:
            changed = service.save_switch(
                session, person(), on=request.form.get("on") == "1", number=request.form.get("number", "")[:40]
            )
    except InvalidForm as error:
        return _list(sentences(error), 422)
    flash(gettext("저장했습니다.") if changed else gettext("바뀐 것이 없습니다."), "ok")
    return redirect(url_for("console.announcements"), 303)


def _stored(row: Announcement | None) -> MultiDict[str, str]:
    """The form as it is stored; of a new one, the usual case."""
    values: MultiDict[str, str] = MultiDict()
    if row is None:
        values.setlist("readers", [Group.TEACHERS.value])
        values.setlist("channels", [Channel.EMAIL.value])
        return values
    for name in SINGLE:
        values[name] = getattr(row, name)
    for name, chosen in row.audience.items():
        values.setlist("readers" if name == "groups" else name, chosen)
    values.setlist("channels", row.channels)
    values["advertising"] = "1" if row.advertising else ""
    return values


def _page(row: Announcement | None, *, faults: dict[str, str] | None = None, status: int = 200) -> Page:
    """One announcement: the form while it is a draft, beside whom it reaches and what it weighs."""
    session, now = read(), clock().now()
    sent_form = faults is not None and "subject" in request.form
    values = request.form if sent_form else _stored(row)
    channels = tuple(map(Channel, row.channels)) if row else ()
    languages = (Language.KO, *((Language.EN,) if row and row.text_en else ()))
    later = (opens_after(now) or now).astimezone(SEOUL)
    page = render_template(
        "web/console/announcement.html",
        row=row,
        values=values,
        draft=row is None or row.status is AnnouncementStatus.DRAFT,
        reached=reach(session, Audience.of(row.audience), channels) if row else None,
        weights=[(label(one), service.text_message(the_centre(session), row, one)) for one in languages]
        if row and Channel.SMS in channels
        else [],
        results=rows.results(session, row) if row else {},
        on=the_centre(session).announcing,
        readers=[(one.value, label(one), "") for one in Group],
        levels=[(one.value, label(one), "") for one in Level],
        fields=[(one.value, label(one), "") for one in JobField],
        channels=[(one.value, label(one), "") for one in Channel],
        longest=(LONGEST_SUBJECT, LONGEST_TEXT),
        when=request.form.get("when", "now"),
        day=request.form.get("date", later.date().isoformat()),
        hour=request.form.get("time", (later.time() if later > now else OPENS).isoformat("minutes")),
        faults=faults or {},
        conflict=status == 409,
    )
    return page, status


@pages.get("/announcements/new")
@allow(*STAFF)
def new_announcement() -> Page:
    """An empty form."""
    return _page(None)


@pages.get("/announcements/<int:number>")
@allow(*STAFF)
def announcement(number: int) -> Page:
    """One announcement."""
    return _page(service.find_announcement(read(), number))


@pages.post("/announcements/new")
@allow(*STAFF)
def save_new_announcement() -> Page:
    """Keep a new draft."""
    return _save(None)


@pages.post("/announcements/<int:number>")
@allow(*STAFF)
def save_announcement(number: int) -> Page:
    """Keep a changed draft."""
    return _save(service.find_announcement(read(), number))


def _save(row: Announcement | None) -> Page:
    try:
        with write() as session:
            kept = service.save_announcement(
                session, clock(), person(), row.id if row else None, read_announcement(given()), seen=seen()
            )
            number = kept.id
    except InvalidForm as error:
        return _page(row, faults=sentences(error), status=422)
    except Conflict:
        read().expire_all()
        return _page(row, faults={}, status=409)
    flash(gettext("저장했습니다. 아직 아무에게도 가지 않았습니다."), "ok")
    return redirect(url_for("console.announcement", number=number), 303)


@pages.post("/announcements/<int:number>/test")
@allow(*STAFF)
def test_announcement(number: int) -> Response:
    """Send it to oneself alone."""
    with write() as session:
        count = service.send_test(session, person(), number)
    flash(gettext("나에게만 %(n)s건을 보냈습니다. 곧 받으십니다.", n=count), "ok")
    return redirect(url_for("console.announcement", number=number), 303)


@pages.post("/announcements/<int:number>/schedule")
@allow(*STAFF)
def schedule_announcement(number: int) -> Page:
    """Let it leave, now or later."""
    row = service.find_announcement(read(), number)
    try:
        moment = read_moment(given(), clock().now())
        with write() as session:
            service.schedule(session, person(), number, moment, seen=seen())
    except InvalidForm as error:
        return _page(row, faults=sentences(error), status=422)
    except Conflict:
        read().expire_all()
        return _page(service.find_announcement(read(), number), status=409)
    flash(gettext("예약했습니다. 나갈 때까지 되돌릴 수 있습니다."), "ok")
    return redirect(url_for("console.announcement", number=number), 303)


@pages.post("/announcements/<int:number>/take-back")
@allow(*STAFF)
def take_announcement_back(number: int) -> Response:
    """Let it be a draft again."""
    with write() as session:
        service.take_back(session, person(), number, seen=seen())
    flash(gettext("되돌렸습니다. 아무에게도 가지 않았습니다."), "ok")
    return redirect(url_for("console.announcement", number=number), 303)


@pages.post("/announcements/<int:number>/discard")
@allow(*STAFF)
def discard_announcement(number: int) -> Response:
    """Throw a draft away."""
    with write() as session:
        service.discard(session, person(), number, seen=seen())
    flash(gettext("지웠습니다."), "ok")
    return redirect(url_for("console.announcements"), 303)


@pages.get("/announcements/consents")
@allow(*STAFF)
def consents() -> Page:
    """Who has agreed: looked up by name or number, and entered for somebody who said it on the telephone."""
    asked = request.args.get("q", "").replace("\0", "")[:LONGEST_SEARCH]
    found = [(one, agreed(read(), one.kind, one.id)) for one in find_people(read(), asked)]
    ways = [(way.value, label(way)) for way in (ConsentBy.TELEPHONE, ConsentBy.PAPER)]
    return render_template(
        "web/console/consents.html", asked=asked, found=found, total=rows.consented(read()), ways=ways
    )


@pages.post("/announcements/consents/<kind>/<int:number>")
@allow(*STAFF)
def enter_consent(kind: str, number: int) -> Response:
    """Enter what somebody has said."""
    way = request.form.get("by", "")
    if kind not in set(Whose) or way not in {ConsentBy.TELEPHONE.value, ConsentBy.PAPER.value}:
        raise NotFound(f"{kind} {way}")
    subject = find_subject(read(), Whose(kind), number)
    with write() as session:
        set_consent(
            session, clock(), person().actor, subject.kind, number, wanted=request.form.get("wanted") == "1",
            by=ConsentBy(way),
        )  # fmt: skip
    flash(gettext("적었습니다."), "ok")
    return redirect(url_for("console.consents", q=request.form.get("q", "")[:LONGEST_SEARCH]), 303)
