"""Before publishing: every message that would leave, to whom, in which language, how long, and at which price."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from booking.domain.errors import Conflict, IllegalTransition, PhaseClosed, RuleBroken
from booking.domain.ids import RunId
from booking.domain.states import RunStatus
from booking.domain.vocabulary import Channel
from booking.notify.catalogue import Kind
from booking.queries.paging import slice_of
from booking.services import allocations
from booking.services.publication_trial import try_publication
from booking.web.access import STAFF, allow, person
from booking.web.console.base import View, chosen, page_links, page_number, pages
from booking.web.console.words import kind_word
from booking.web.database import clock, config, read

MESSAGES_PER_PAGE = 30


@pages.get("/runs/<int:run_id>/publish/messages")
@allow(*STAFF)
def foretold(run_id: int) -> View:
    """All messages of a publication; where it would be refused, the preview says why."""
    session = read()
    run = allocations.find_run(session, RunId(run_id))
    if run.status is not RunStatus.PROPOSED:
        return redirect(url_for("console.run", run_id=run_id))
    try:
        trial = try_publication(session, clock(), config(), person(), run.id)
    except (RuleBroken, Conflict, IllegalTransition, PhaseClosed):
        return redirect(url_for("console.publish_preview", run_id=run_id))
    kind, channel = chosen(Kind, "kind"), chosen(Channel, "channel")
    text = request.args.get("q", "").strip()[:80]
    rows = [
        message
        for message in trial.messages
        if kind in (None, message.kind) and channel in (None, message.channel) and text in message.recipient
    ]
    return render_template(
        "web/console/foretold.html",
        run=run,
        page=slice_of(rows, page_number(), MESSAGES_PER_PAGE),
        href=page_links(),
        total=len(trial.messages),
        faulty=sum(1 for message in trial.messages if message.fault),
        costs=trial.costs,
        alimtalk=trial.alimtalk,
        emails=sum(1 for message in trial.messages if message.channel is Channel.EMAIL and not message.fault),
        kinds=[known for known in Kind if any(message.kind is known for message in trial.messages)],
        kind_word=kind_word,
        kind=kind,
        channel=channel,
        text=text,
        Channel=Channel,
    )
