"""Before publishing: every message that would leave, to whom, in which language, how long, and at which price.

A worker writes them down (:mod:`booking.services.foretelling`); this page shows them as soon as they are there.
"""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.ids import RunId
from booking.domain.states import RunStatus
from booking.domain.vocabulary import Channel
from booking.models.foretelling import Foretelling
from booking.models.runs import AllocationRun
from booking.notify.catalogue import Kind
from booking.queries.foretelling import foretold_messages, foretold_totals
from booking.services import allocations
from booking.services.foretelling import ask_foretelling, is_awaited, is_fresh, read_again
from booking.web.access import STAFF, allow
from booking.web.console.base import View, chosen, page_links, page_number, pages
from booking.web.console.words import kind_word
from booking.web.database import clock, config, read, write

MESSAGES_PER_PAGE = 30


def foretelling_of(run: AllocationRun) -> Foretelling | None:
    """What was written of this plan; asked for where it is missing or was written too long ago."""
    kept = read().get(Foretelling, run.id)
    if not is_fresh(kept, run, clock()) and not is_awaited(read(), run.id):
        with write() as session:
            ask_foretelling(session, run.id)
    return kept if kept is not None and kept.run_version == run.version else None


@pages.get("/runs/<int:run_id>/publish/messages")
@allow(*STAFF)
def foretold(run_id: int) -> View:
    """All messages of a publication; where it would be refused, the preview says why."""
    session = read()
    run = allocations.find_run(session, RunId(run_id))
    if run.status is not RunStatus.PROPOSED:
        return redirect(url_for("console.run", run_id=run_id))
    kept = foretelling_of(run)
    if kept is None or kept.error is not None:
        return render_template("web/console/foretold_waiting.html", run=run, failed=kept is not None)
    if kept.refusal is not None:
        return redirect(url_for("console.publish_preview", run_id=run_id, checked=1, refused=kept.refusal))
    kind, channel = chosen(Kind, "kind"), chosen(Channel, "channel")
    text = request.args.get("q", "").strip()[:80]
    page = foretold_messages(session, run.id, page_number(), MESSAGES_PER_PAGE, kind=kind, channel=channel, text=text)
    totals = foretold_totals(session, run.id)
    return render_template(
        "web/console/foretold.html",
        run=run,
        kept=kept,
        fresh=is_fresh(kept, run, clock()),
        page=page,
        messages=read_again(session, config(), page.rows),
        href=page_links(),
        totals=totals,
        kinds=[known for known in Kind if known in totals.kinds],
        kind_word=kind_word,
        kind=kind,
        channel=channel,
        text=text,
        Channel=Channel,
    )


@pages.post("/runs/<int:run_id>/publish/messages")
@allow(*STAFF)
def foretell_again(run_id: int) -> Response:
    """Have them written again, by whoever does not trust their age, or after a worker could not."""
    with write() as session:
        run = allocations.find_run(session, RunId(run_id))
        kept = session.get(Foretelling, run.id)
        if kept is not None:
            session.delete(kept)
        ask_foretelling(session, run.id)
    return redirect(url_for("console.foretold", run_id=run_id), 303)
