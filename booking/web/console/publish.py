"""게시: look at what will be published and who will be told what, then publish; a double press does nothing twice."""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import RuleBroken, StalePlan
from booking.domain.ids import RunId
from booking.domain.phases import ALLOWED, Action
from booking.domain.states import RunStatus
from booking.domain.vocabulary import Channel
from booking.models.terms import Term
from booking.notify.catalogue import CATALOGUE, Kind, Recipient
from booking.services import allocations, publishing
from booking.services.instance_builder import facts_now
from booking.services.publication import Publication, preview
from booking.services.terms import phase_today
from booking.web.access import STAFF, allow, person
from booking.web.console.base import View, pages
from booking.web.console.examples import Example, examples
from booking.web.console.words import kind_word
from booking.web.database import clock, config, read, write
from booking.web.marking import N_, gettext

#: how many visits of each list are shown before the rest is counted
SHOWN = 8
CLASH = N_("그사이 확정된 방문과 부딪치는 곳이 있어 게시하지 않았습니다.")


@dataclass(frozen=True, slots=True)
class Told:
    """Messages of one kind: how many over each channel, to whom, and one of them as an example."""

    kind: Kind
    word: str
    recipient: Recipient
    counts: dict[Channel, int]
    example: Example | None


def _told(publication: Publication, shown: dict[Kind, Example]) -> list[Told]:
    return [
        Told(kind, kind_word(kind), entry.recipient, counts, shown.get(kind))
        for kind, entry in CATALOGUE.items()
        if (
            counts := {
                channel: publication.messages[kind, channel]
                for channel in entry.channels
                if publication.messages[kind, channel]
            }
        )
    ]


def _preview_page(run_id: int, status: int = 200, refused: str = "", *, checked: bool = True) -> tuple[str, int] | View:
    session = read()
    run = allocations.find_run(session, RunId(run_id))
    if run.status is not RunStatus.PROPOSED:
        return redirect(url_for("console.run", run_id=run_id))
    publication = preview(session, clock(), run.id, checked=checked)
    term = session.get_one(Term, run.term_id)
    page = render_template(
        "web/console/publish.html",
        run=run,
        publication=publication,
        checked=checked,
        lists=[
            ("new", publication.new),
            ("moved", publication.moved),
            ("regrouped", publication.regrouped),
            ("held", publication.held),
            ("cancelled", publication.cancelled),
        ],
        told=_told(publication, examples(session, clock(), run, publication)),
        total=publication.messages.total(),
        shown=SHOWN,
        refused=refused,
        settle_minutes=-(-config().settle_seconds // 60),
        may_publish=Action.PUBLISH in ALLOWED[phase_today(term, clock())],
    )
    return page, status


@pages.get("/runs/<int:run_id>/publish")
@allow(*STAFF)
def publish_preview(run_id: int) -> tuple[str, int] | View:
    """What would be published and told; a run that is no (longer a) proposal shows itself instead.

    Whether requests have changed since the run is asked for by the page itself, and it comes once more, ``checked``,
    where they have. Publishing asks again in any case.
    """
    clash = gettext(CLASH) if request.args.get("refused") == RuleBroken.code else ""
    return _preview_page(run_id, refused=clash, checked="checked" in request.args)


@pages.get("/runs/<int:run_id>/publish/freshness")
@allow(*STAFF)
def publish_freshness(run_id: int) -> View:
    """Nothing where the plan can be published; else the way to the page that says why not."""
    session = read()
    run = allocations.find_run(session, RunId(run_id))
    says_why = url_for("console.publish_preview", run_id=run_id, checked=1)
    if not request.headers.get("HX-Request"):
        return redirect(says_why)
    # published already: by the press that this page is waiting for, which leads on by itself
    if run.status is not RunStatus.PROPOSED:
        return ""
    if run.facts_sha256 == facts_now(session, clock(), session.get_one(Term, run.term_id)):
        return ""
    return Response("", headers={"HX-Redirect": says_why})


@pages.post("/runs/<int:run_id>/publish")
@allow(*STAFF)
def publish(run_id: int) -> tuple[str, int] | View:
    """Publish all or nothing; pressing twice publishes once."""
    version = request.form.get("version", 0, type=int)
    try:
        with write() as session:
            publishing.publish(session, clock(), config(), person(), RunId(run_id), version)
    except StalePlan:
        return _preview_page(run_id, 409)
    except RuleBroken:
        return _preview_page(run_id, 422, gettext(CLASH))
    flash(gettext("게시했습니다. 알림이 차례로 나갑니다."), "ok")
    return redirect(url_for("console.run", run_id=run_id), 303)
