"""One offer that was sent: answered for a school that called, taken back, its counter date taken; a school's past."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import Conflict, IllegalTransition, InvalidInput, NotFound, OfferGone
from booking.domain.ids import OfferId, SchoolId, SlotId
from booking.domain.states import OfferStatus
from booking.models.schools import School
from booking.queries import offers as rows
from booking.queries.afterwards import names_of
from booking.queries.credit import credit_history
from booking.services import counter_accepting, offer_counters, offer_withdrawing
from booking.services import offers as answers
from booking.services.shifts import Room
from booking.services.terms import current_term
from booking.web.access import STAFF, allow, person
from booking.web.console.base import page_links, page_number, pages
from booking.web.console.offer_words import COUNTERS, counter_words, time_left
from booking.web.database import clock, config, read, write
from booking.web.marking import N_, gettext
from booking.web.offer_cards import shown_offers
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
LONGEST_REASON = 500
REPLIES = ("accept", "decline", "counter")
#: what is said when an answer has been entered
ENTERED = {
    "accept": N_("수락을 적었습니다. 일터에 확인을 요청하고 학교에 알립니다."),
    "decline": N_("거절을 적었습니다. 잡아 둔 자리가 있으면 돌려놓았습니다."),
    "counter": N_("학교가 제안한 날을 적었습니다. 아래에서 그날로 정하거나 다음 배정에 맡길 수 있습니다."),
}
CHANGED = N_("그사이 학교가 답했거나 기한이 지났습니다. 지금 상태를 확인해 주세요.")


def _page(offer_id: int, faults: dict[str, str] | None = None, status: int = 200) -> tuple[str, int]:
    session = read()
    card = rows.offer_card(session, OfferId(offer_id))
    if card is None:
        raise NotFound(f"offer {offer_id}")
    offer, today = card.offers[0], seoul_date(clock().now())
    school = offer.request.school
    current = offer.request.term_id == current_term(session).id
    waits = current and offer.status is OfferStatus.SENT
    open_counters = rows.countered_offers(session, offer.request.term_id) if current else []
    countered = any(offer.id in {one.id for one in party} for party in open_counters)
    outlook = None
    if countered:
        room = Room(session, clock(), current_term(session))
        outlook = counter_words(
            room.instance,
            counter_accepting.counter_outlook(session, clock(), room, counter_accepting.counter_party(session, offer)),
        )
    page = render_template(
        "web/console/offer.html",
        card=card,
        offer=offer,
        school=school,
        shown=shown_offers([card], school, today)[0],
        waits=waits,
        countered=countered,
        outlook=outlook,
        left=time_left(offer.answer_by, today),
        entered_by=next(iter(names_of(session, [offer.answered_by_id]).values()), ""),
        faults=faults or {},
        given=request.form,
        Status=OfferStatus,
    )
    return page, status


@pages.get("/offers/<int:offer_id>")
@allow(*STAFF)
def offer(offer_id: int) -> Page:
    """One question to a school: what it is about, how it stands, and what can be done with it."""
    return _page(offer_id)


@pages.post("/offers/<int:offer_id>/answer")
@allow(*STAFF)
def answer_by_telephone(offer_id: int) -> Page:
    """Enter what a school said on the telephone, by the rules of its own page."""
    ids, reply = [OfferId(offer_id)], request.form.get("reply", "")
    reason = request.form.get("reason", "").strip()[:LONGEST_REASON]
    try:
        with write() as session:
            if reply not in REPLIES:
                raise InvalidInput("no answer", field="reply", reason="required")
            if reply == "counter":
                chosen = request.form.get("counter", "")
                slot = SlotId(int(chosen)) if chosen.isdigit() and len(chosen) <= 18 else None
                offer_counters.counter_offers(session, clock(), config(), person(), ids, slot, reason)
            else:
                answers.answer_offers(session, clock(), config(), person(), ids, reply == "accept", reason)
    except InvalidInput as error:
        return _page(offer_id, sentences(error), 422)
    except IllegalTransition:
        return _changed(offer_id)
    except OfferGone:
        with write() as session:
            offer_withdrawing.withdraw_gone(session, clock(), person(), ids)
        flash(gettext("그날의 자리가 없어져 제안을 거두었습니다. 지금 날짜는 그대로이고 학교에 알립니다."), "bad")
        return redirect(url_for("console.offer", offer_id=offer_id), 303)
    flash(gettext(ENTERED[reply]), "ok")
    return redirect(url_for("console.offer", offer_id=offer_id), 303)


@pages.post("/offers/<int:offer_id>/withdraw")
@allow(*STAFF)
def withdraw_offer(offer_id: int) -> Page:
    """Take the question back, free its places and tell the school."""
    reason = request.form.get("why", "").strip()[:LONGEST_REASON]
    try:
        with write() as session:
            offer_withdrawing.withdraw_offers(session, clock(), config(), person(), [OfferId(offer_id)], reason)
    except IllegalTransition:
        return _changed(offer_id)
    flash(gettext("제안을 거두었습니다. 잡아 둔 자리가 있으면 돌려놓았고, 학교에 알립니다."), "ok")
    return redirect(url_for("console.offer", offer_id=offer_id), 303)


@pages.post("/offers/<int:offer_id>/take-counter")
@allow(*STAFF)
def take_counter(offer_id: int) -> Page:
    """Put the visits at the date that the school proposed."""
    try:
        with write() as session:
            counter_accepting.accept_counter(session, clock(), config(), person(), [OfferId(offer_id)])
    except IllegalTransition:
        return _changed(offer_id)
    except Conflict as error:
        if error.reason not in COUNTERS:
            raise
        flash(gettext(COUNTERS[error.reason]), "bad")
        return redirect(url_for("console.offer", offer_id=offer_id), 303)
    flash(gettext("학교가 제안한 날로 정했습니다. 일터에 확인을 요청하고 학교에 알립니다."), "ok")
    return redirect(url_for("console.offer", offer_id=offer_id), 303)


def _changed(offer_id: int) -> Response:
    flash(gettext(CHANGED), "mid")
    return redirect(url_for("console.offer", offer_id=offer_id), 303)


@pages.get("/offers/schools/<int:school_id>")
@allow(*STAFF)
def school_offers(school_id: int) -> Page:
    """Everything that a school was ever asked, what it answered, what came of it, and its credit."""
    session = read()
    school = session.get(School, SchoolId(school_id))
    if school is None:
        raise NotFound(f"school {school_id}")
    return render_template(
        "web/console/offers_school.html",
        school=school,
        page=rows.school_offers(session, school.id, page_number()),
        counts=rows.answer_counts(session, school.id),
        credits=credit_history(session, school.id),
        href=page_links(),
        Status=OfferStatus,
    )
