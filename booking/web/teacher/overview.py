"""What a teacher does: see how the school's requests stand, answer offers, look at a visit and take it home."""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import InvalidInput, NotFound, OfferGone
from booking.domain.ids import OfferId, SchoolId, SlotId
from booking.domain.phases import ALLOWED, Action
from booking.domain.vocabulary import Role
from booking.queries import teacher as rows
from booking.queries.drafts import draft_rows
from booking.queries.registrations import offers_waiting
from booking.services import offer_counters, offer_withdrawing, offers
from booking.services.school_year import request_grade
from booking.services.terms import current_term, phase_today
from booking.web.access import allow, person
from booking.web.database import clock, config, read, write
from booking.web.marking import N_, gettext
from booking.web.offer_cards import shown_offers
from booking.web.outings import outings_of
from booking.web.phase_steps import PHASE_WORDS, phase_steps
from booking.web.problems import sentence
from booking.web.reasons import explain, explain_all
from booking.web.redirects import local_path
from booking.web.remedies import remedy_words
from booking.web.teacher.change import changeable, withdrawable
from booking.web.visit_events import download, school_event

pages = Blueprint("teacher", __name__, url_prefix="/teacher")
Page = str | Response
Answer = Page | tuple[str, int]
#: what is said to each answer to an offer
ANSWERED = {
    "accept": N_("고맙습니다. 제안한 날짜로 진행하고, 일터에 확인을 요청합니다."),
    "decline": N_("알겠습니다. 다른 날을 다시 찾아보겠습니다."),
    "counter": N_("고맙습니다. 알려 주신 날로 다음 배정에서 찾아보겠습니다. 다시 여쭙지 않습니다."),
}


def _overview(named: int | None, faults: dict[str, str] | None = None) -> str:
    """The school's page; ``faults`` name the field of an answer that was refused."""
    session = read()
    schools = rows.schools_of(session, person())
    if not schools:
        return render_template("web/teacher/no_school.html")
    school = rows.school_of(session, person(), SchoolId(named) if named else None)
    term = current_term(session)
    today = seoul_date(clock().now())
    phase = phase_today(term, clock())
    may_request = bool({Action.REQUEST, Action.REQUEST_LATE} & ALLOWED[phase])
    found = rows.school_rows(session, term, school.id)
    return render_template(
        "web/teacher/overview.html",
        school=school,
        schools=schools,
        rows=found,
        blocks=rows.by_bundle(found),
        summary=rows.summarise(found),
        places_offered=offers_waiting(session, [school.id]),
        offers=shown_offers(rows.open_offers(session, term.id, school.id), school, today),
        phases=phase_steps(term, today),
        phase_words=gettext(PHASE_WORDS[phase]),
        may_request=may_request,
        late_until=term.leftovers_on if Action.REQUEST_LATE in ALLOWED[phase] else None,
        drafts=draft_rows(session, term.id, school.id) if may_request else [],
        explain=explain,
        remedy_of=lambda row: remedy_words(row.remedy, row.request.code, today),
        grades=_grades(found),
        faults=faults or {},
        given=request.form,
        today=today,
    )


def _grades(found: list[rows.RequestRow]) -> list[int]:
    """The grades of which more than one class has a date, for sheets of a whole grade."""
    counted = Counter(request_grade(read(), row.request) for row in found if row.given)
    return sorted(grade for grade, classes in counted.items() if grade is not None and classes > 1)


@pages.get("")
@allow(Role.TEACHER)
def overview() -> Page:
    """The school's term on one page: the phase, what waits for an answer, and every request."""
    return _overview(request.args.get("school", type=int))


@pages.get("/requests/<int:request_id>")
@allow(Role.TEACHER)
def request_page(request_id: int) -> Page:
    """One request: what was asked, what was given and why, what would help, and where each group goes."""
    session = read()
    row = rows.request_row(session, person(), request_id)
    allowed = ALLOWED[phase_today(current_term(session), clock())]
    school = row.request.school
    return render_template(
        "web/teacher/request.html",
        row=row,
        school=school,
        together=rows.bundle_labels(session, row.request),
        outing=next(iter(outings_of(school, [row])), None),
        may_change=changeable(row, allowed),
        may_withdraw=withdrawable(row, allowed),
        reasons=explain_all(row.why),
        remedy=remedy_words(row.remedy, row.request.code, seoul_date(clock().now())),
    )


@pages.get("/requests/<int:request_id>/visit.ics")
@allow(Role.TEACHER)
def visit_calendar(request_id: int) -> Response:
    """The visit as a calendar entry.

    Raises:
        NotFound: there is no visit yet, or it is another school's.
    """
    row = rows.request_row(read(), person(), request_id)
    if row.visit is None or not row.given:
        raise NotFound(f"request {request_id} has no visit")
    return download([school_event(row.visit, row.groups)], f"{row.request.label}.ics")


@pages.post("/offers")
@allow(Role.TEACHER)
def answer_offers() -> Answer:
    """Accept, decline or counter the offers named; those of a bundle together."""
    ids = [OfferId(int(text)) for text in request.form.getlist("offer") if text.isdigit() and len(text) <= 18]
    answer, reason = request.form.get("answer", ""), request.form.get("reason", "").strip()
    if answer not in ANSWERED:
        # silence, or anything else, is no answer: least of all a no
        abort(400)
    try:
        with write() as session:
            if answer == "counter":
                chosen = request.form.get("counter", "")
                slot = SlotId(int(chosen)) if chosen.isdigit() and len(chosen) <= 18 else None
                offer_counters.counter_offers(session, clock(), config(), person(), ids, slot, reason)
            else:
                offers.answer_offers(session, clock(), config(), person(), ids, answer == "accept", reason)
    except InvalidInput as fault:
        # the card of the offer is named, so that the page leads to it and opens it
        return _overview(request.form.get("school", type=int), {f"counter-{ids[0]}": sentence(fault)}), 422
    except OfferGone:
        with write() as session:
            offer_withdrawing.withdraw_gone(session, clock(), person(), ids)
        raise
    flash(gettext(ANSWERED[answer]), "ok")
    return redirect(local_path(request.form.get("next"), url_for("teacher.overview")), 303)
