"""조정 제안: let the engine look for offers, choose some, see who would get what, send them; what waits and what was.

A single offer, and a school's history, are in :mod:`booking.web.console_offer`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import Conflict, InvalidInput, NotFound, OffersDoNotFit, SearchAlreadyActive, StalePlan
from booking.domain.ids import OfferId, RunId, SearchId
from booking.domain.phases import ALLOWED, Action
from booking.domain.states import ACTIVE_SEARCHES, RunStatus, SearchStatus
from booking.models.offers import Offer, OfferSearch
from booking.models.runs import AllocationRun
from booking.models.terms import Term
from booking.queries import offers as rows
from booking.queries import planning
from booking.services import counter_accepting, offer_choosing, offer_searches
from booking.services.instance_builder import facts_now
from booking.services.shifts import Room
from booking.services.terms import current_term, phase_today, the_centre
from booking.web.access import STAFF, allow, person
from booking.web.console.base import page_links, page_number, pages
from booking.web.console.offer_words import counter_words, mails, obstacle_words, search_error, time_left
from booking.web.database import clock, config, read, write
from booking.web.marking import N_, gettext
from booking.web.offer_cards import common_gains, date_gains
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
#: why what was chosen was not sent, in the words of the page that shows the list as it is now
NOT_SENT: dict[str | None, str] = {
    "changed": N_("그사이 보내졌거나 거두어진 제안이 있어 아무것도 보내지 않았습니다. 지금 남은 제안을 보여 드립니다."),
    "another_plan": N_("게시된 안이 아닌 안에서 찾은 제안입니다. 그 안을 게시하거나 게시된 안에서 다시 찾아 주세요."),
    "no_plan": N_("게시된 안이 아직 없습니다. 배정안을 게시한 뒤에 보낼 수 있습니다."),
}


def offer_ids(given: Collection[str]) -> list[OfferId]:
    """Return the numbers of offers that a form names; anything else is passed over."""
    return [OfferId(int(text)) for text in given if text.isdigit() and len(text) <= 18]


def _until() -> dt.date | None:
    try:
        return dt.date.fromisoformat(request.values.get("until", ""))
    except ValueError:
        return None


def _list(
    *,
    faults: dict[str, str] | None = None,
    refused: str = "",
    obstacles: dict[OfferId, list[str]] | None = None,
    status: int = 200,
) -> tuple[str, int]:
    session = read()
    term = current_term(session)
    today = seoul_date(clock().now())
    found = rows.found_by_school(session, term.id)
    countered = rows.countered_offers(session, term.id)
    search = offer_searches.newest_search(session, term.id)
    cards = [card for _, mine in found for card in mine]
    everyone = [offer for card in cards for offer in card.offers]
    published = planning.newest_run(session, term.id, [RunStatus.PUBLISHED])
    waiting = rows.waiting_offers(session, term.id)
    page = render_template(
        "web/console/offers.html",
        **search_words(search),
        found=found,
        found_count=len(cards),
        found_run=session.get(AllocationRun, everyone[0].run_id) if everyone else None,
        published=published,
        waiting_offers=waiting,
        asked=offer_choosing.open_questions(session, term.id),
        most=offer_choosing.MOST_PER_SCHOOL,
        countered=_with_outlooks(term, countered),
        held_count=len(rows.held_places(session, term.id)),
        runs_to_search=_searchable(term),
        may_search=Action.ALLOCATE in ALLOWED[phase_today(term, clock())],
        chosen=set(offer_ids(request.values.getlist("offer"))),
        until=_until() or offer_choosing.default_deadline(session, clock(), everyone),
        faults=faults or {},
        refused=refused,
        obstacles=obstacles or {},
        date_gains=date_gains,
        common_gains=common_gains,
        time_left=lambda day: time_left(day, today),
        today=today,
    )
    return page, status


def _with_outlooks(term: Term, parties: list[list[Offer]]) -> list[tuple[list[Offer], tuple[str, str]]]:
    """What schools proposed instead, each with whether it fits into the plan as it stands."""
    if not parties:
        return []
    room = Room(read(), clock(), term)
    return [
        (party, counter_words(room.instance, counter_accepting.counter_outlook(read(), clock(), room, party)))
        for party in parties
    ]


def _searchable(term: Term) -> list[AllocationRun]:
    """The runs that can be searched: the newest proposal, and what is published."""
    session = read()
    newest = [planning.newest_run(session, term.id, [status]) for status in (RunStatus.PUBLISHED, RunStatus.PROPOSED)]
    return [run for run in newest if run is not None]


def search_words(search: OfferSearch | None) -> dict[str, Any]:
    """What a page says of a search: how far it is, or what became of it."""
    active = search is not None and search.status in ACTIVE_SEARCHES
    since = search.started_at if search is not None and active else None
    return {
        "search": search,
        "searching": active,
        "elapsed": (clock().now() - since).total_seconds() if since is not None else 0.0,
        "search_error": search_error,
    }


def search_of_run(run: AllocationRun) -> OfferSearch | None:
    """The last search of the run's term, where it was made in this run, for the run's own page."""
    search = offer_searches.newest_search(read(), run.term_id)
    return search if search is not None and search.run_id == run.id else None


@pages.context_processor
def _search_of_run() -> dict[str, object]:
    return {"search_of_run": search_of_run}


@pages.get("/offers")
@allow(*STAFF)
def offers() -> Page:
    """What was found and could be sent, what waits for an answer, and the dates that schools proposed."""
    return _list()


@pages.post("/runs/<int:run_id>/offers")
@allow(*STAFF)
def find_offers(run_id: int) -> Page:
    """Let the engine look for offers in the plan of a run; where it is looking already, show that."""
    try:
        with write() as session:
            offer_searches.start_search(session, clock(), config(), person(), RunId(run_id))
    except SearchAlreadyActive:
        flash(gettext("이미 제안을 찾고 있어 그 화면으로 왔습니다."), "info")
    except StalePlan:
        flash(gettext("배정안을 만든 뒤 신청이나 일터가 바뀌어 이 안에서는 찾지 않습니다. 다시 배정해 주세요."), "bad")
        return redirect(url_for("console.run", run_id=run_id), 303)
    return redirect(url_for("console.offers"), 303)


@pages.get("/offers/search")
@allow(*STAFF)
def search_progress() -> Page:
    """The part of the page that changes while offers are looked for; makes the page load anew when it has ended."""
    session = read()
    words = search_words(offer_searches.newest_search(session, current_term(session).id))
    if not words["searching"]:
        if not request.headers.get("HX-Request"):
            return redirect(url_for("console.offers"))
        return Response("", headers={"HX-Refresh": "true"})
    return render_template("web/console/_offer_search.html", **words)


@pages.get("/offers/freshness")
@allow(*STAFF)
def offers_freshness() -> Page:
    """Whether requests or workplaces have changed since offers were found: that takes longer than the page.

    Without a script it is the look before sending that says what no longer fits.
    """
    if not request.headers.get("HX-Request"):
        return redirect(url_for("console.offers"))
    session = read()
    term = current_term(session)
    search = offer_searches.newest_search(session, term.id, SearchStatus.DONE)
    return render_template(
        "web/console/_offers_freshness.html",
        outdated=search is not None and facts_now(session, clock(), term) != search.facts_sha256,
    )


@pages.post("/offers/search/<int:search_id>/cancel")
@allow(*STAFF)
def cancel_search(search_id: int) -> Page:
    """Stop looking; what was found before stays."""
    with write() as session:
        offer_searches.cancel_search(session, clock(), person(), SearchId(search_id))
    flash(gettext("찾기를 멈추라고 했습니다. 전에 찾은 제안은 그대로 있습니다."), "info")
    return redirect(url_for("console.offers"), 303)


@pages.get("/offers/preview")
@allow(*STAFF)
def preview_offers() -> Page:
    """Who would receive what, if the chosen offers were sent; nothing is."""
    ids, until = offer_ids(request.args.getlist("offer")), _until()
    session = read()
    try:
        letters = offer_choosing.preview_found(session, clock(), person(), ids, until)
    except (InvalidInput, Conflict, NotFound) as error:
        session.rollback()
        return _not_sent(error)
    chosen = [
        card
        for _, cards in rows.found_by_school(session, current_term(session).id)
        for card in cards
        if {offer.id for offer in card.offers} & set(ids)
    ]
    return render_template(
        "web/console/offers_preview.html",
        chosen=chosen,
        mails=mails(the_centre(session), letters, config().base_url),
        schools=len({card.offers[0].request.school_id for card in chosen}),
        silent=sorted({card.offers[0].request.school.name for card in chosen} - {letter.school for letter in letters}),
        until=until,
        back=url_for("console.offers", offer=ids, until=until),
    )


@pages.post("/offers/send")
@allow(*STAFF)
def send_offers() -> Page:
    """Send the chosen offers, all or none."""
    ids = offer_ids(request.form.getlist("offer"))
    try:
        with write() as session:
            sent = offer_choosing.send_found(session, clock(), person(), ids, _until())
            schools, asked, held = sent.schools, len(sent.offers), sent.held
    except (InvalidInput, Conflict, NotFound) as error:
        return _not_sent(error)
    flash(
        gettext(
            "학교 %(schools)s곳에 학급 %(asked)s개의 조정 제안을 보냈습니다. 자리를 잡아 둔 학급은 %(held)s개입니다.",
            schools=schools,
            asked=asked,
            held=held,
        ),
        "ok",
    )
    return redirect(url_for("console.offers"), 303)


def _not_sent(error: InvalidInput | Conflict | NotFound) -> tuple[str, int]:
    """The list as it is now, with what stands in the way; what was chosen stays chosen."""
    if isinstance(error, InvalidInput):
        return _list(faults=sentences(error), status=422)
    if isinstance(error, OffersDoNotFit):
        refused = error.facts["obstacles"]
        found = obstacle_words(refused) if isinstance(refused, list) else {}
        text = gettext(
            "보낼 수 없는 제안이 있어 아무것도 보내지 않았습니다. 까닭을 적어 둔 제안을 빼고 다시 보내 주세요."
        )
        return _list(refused=text, obstacles=found, status=409)
    if error.reason not in NOT_SENT:
        raise error
    return _list(refused=gettext(NOT_SENT[error.reason]), status=409)


@pages.get("/offers/held")
@allow(*STAFF)
def held_places() -> Page:
    """자리 잡아 둠: which places are kept for whom until when."""
    session = read()
    term = current_term(session)
    today = seoul_date(clock().now())
    return render_template(
        "web/console/offers_held.html",
        held=rows.held_places(session, term.id),
        time_left=lambda day: time_left(day, today),
    )


@pages.get("/offers/history")
@allow(*STAFF)
def offers_history() -> Page:
    """The offers of the term that are over, the newest first."""
    session = read()
    return render_template(
        "web/console/offers_history.html",
        page=rows.past_offers(session, page_number(), term_id=current_term(session).id),
        href=page_links(),
    )
