"""What the pages of one visit that is changed by hand share: loading, looking, saving, showing again."""

from __future__ import annotations

from collections.abc import Callable

from flask import render_template, request

from booking.domain.errors import InvalidInput, RuleBroken
from booking.domain.ids import RequestId, RunId
from booking.domain.states import RunStatus
from booking.queries.openings import slots_of
from booking.services import hand_intents, proposals
from booking.services.hand_intents import Intent
from booking.services.proposals import LoadedPlan, code_of
from booking.web.console.hand_guard import Answer, back_to, save
from booking.web.console.hand_seen import Seen, seen, who
from booking.web.console.words import rank_word
from booking.web.database import db, read
from booking.web.problems import sentences

Faults = dict[str, str]


def loaded(run_id: int, request_id: int) -> tuple[LoadedPlan, str]:
    """The plan of a run, and the code of one of its requests.

    Raises:
        NotFound: there is no such run, or it does not have the request.
    """
    plan = proposals.plan_of(read(), RunId(run_id))
    return plan, code_of(plan, RequestId(request_id))


def page_of(template: str, plan: LoadedPlan, code: str, faults: Faults, **words: object) -> Answer:
    """A page about one visit of a plan; refused where it answers a form, or where its fields are at fault."""
    page = render_template(
        template,
        run=plan.run,
        proposal=plan.by_code[code],
        visit=plan.instance.visit_by_id[code],
        standing=plan.allocation.by_visit[code],
        instance=plan.instance,
        slot_of={slot.code: slot for slot in slots_of(read(), plan.run.term_id)},
        name=who(plan, code),
        faults=faults,
        editable=plan.run.status is RunStatus.PROPOSED,
        back=back_to(plan.run.id),
        reason=request.form.get("reason", ""),
        rank_word=rank_word,
        **words,
    )
    return page, 422 if faults or request.method == "POST" else 200


def looked(intend: Callable[[], Intent]) -> tuple[Seen | None, Faults]:
    """The preview of what a form means, or what is wrong with the form."""
    try:
        return seen(hand_intents.look(intend())), {}
    except InvalidInput as error:
        return None, sentences(error)


def saved(run_id: int, done: str, here: str, change: Callable[[], None], again: Callable[[Faults], Answer]) -> Answer:
    """Save what was looked at; what is refused is shown again on its page, with what was entered."""
    try:
        return save(run_id, done, here, lambda _session: change())
    except RuleBroken:
        db.session.rollback()
        return again({})
    except InvalidInput as error:
        db.session.rollback()
        return again(sentences(error))
