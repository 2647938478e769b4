"""알림: what waits, left, arrived or did not, by state, kind, person and visit; and what holds everything up."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.ids import CoachId, UserId, VisitId, WorkplaceId
from booking.domain.states import MESSAGE_STEPS, MessageStatus, may_step
from booking.domain.vocabulary import Channel
from booking.models.coaches import Coach
from booking.models.messages import Message
from booking.models.people import User
from booking.models.visits import Visit
from booking.models.workplaces import Workplace
from booking.queries import messages as letters
from booking.queries.messages import LONGEST_NAME, Wanted
from booking.services import alimtalk, sender_numbers, settling
from booking.web.access import STAFF, allow, person
from booking.web.console.base import View, chosen, page_links, page_number, pages
from booking.web.console.provider_words import reason_of
from booking.web.console.words import kind_word
from booking.web.database import clock, config, read, write
from booking.web.marking import gettext

#: the largest number of a row
MOST = 2**63 - 1


def may_send_again(message: Message) -> bool:
    """Whether a person may send a message once more: its state allows it, and its words are still there."""
    status = message.status
    return (
        message.emptied_at is None
        and may_step(MESSAGE_STEPS, status, MessageStatus.CREATED)
        and status is not MessageStatus.SENDING
    )


def _number(name: str) -> int | None:
    value = request.args.get(name, type=int)
    return value if value is not None and 0 < value <= MOST else None


def _text(name: str) -> str:
    """A short text of the address without control characters: the database takes no NUL."""
    value = request.args.get(name, "").strip()[:LONGEST_NAME]
    return value if value.isprintable() else ""


def _wanted(counts: dict[str, int]) -> Wanted:
    """What the page is narrowed to; nonsense narrows nothing. Alone it opens at what somebody has to look at."""
    session = read()
    user, place, coach, visit = (_number(name) for name in ("user", "workplace", "coach", "visit"))
    box = request.args.get("box", "")
    found = Wanted(
        box=box,
        channel=chosen(Channel, "channel"),
        kind=_text("kind"),
        name=_text("name"),
        user_id=None if user is None or session.get(User, user) is None else UserId(user),
        workplace_id=None if place is None or session.get(Workplace, place) is None else WorkplaceId(place),
        coach_id=None if coach is None or session.get(Coach, coach) is None else CoachId(coach),
        visit=None if visit is None else session.get(Visit, VisitId(visit)),
    )
    if box in letters.BOXES or not request.args.keys() <= {"lang"}:
        return found
    return Wanted(box=next((name for name in ("unknown", "failed") if counts[name]), ""))


@pages.get("/messages")
@allow(*STAFF)
def messages() -> View:
    """Messages box by box; addresses are masked."""
    session = read()
    counts = letters.box_counts(session)
    wanted = _wanted(counts)
    narrowed = {key: value for key, value in request.args.items() if key not in {"box", "page", "lang"} and value}
    return render_template(
        "web/console/messages.html",
        page=letters.messages_in(session, wanted, page_number()),
        href=page_links(),
        wanted=wanted,
        about=_about(wanted),
        narrowed=narrowed,
        counts=counts,
        kinds=letters.kinds_sent(session),
        urgent=letters.count_urgent_waiting(session),
        oldest=letters.oldest_unsent(session),
        resting=letters.resting_providers(session),
        refused_templates=alimtalk.refused_templates(session),
        kind_word=kind_word,
        reason_of=reason_of,
        Channel=Channel,
        may_send_again=may_send_again,
    )


def _about(wanted: Wanted) -> str:
    """Whose or which correspondence is shown."""
    session = read()
    if wanted.user_id is not None:
        return session.get_one(User, wanted.user_id).name
    if wanted.workplace_id is not None:
        return session.get_one(Workplace, wanted.workplace_id).name
    if wanted.coach_id is not None:
        return session.get_one(Coach, wanted.coach_id).name
    if wanted.visit is not None:
        return f"{wanted.visit.request.school.name} {wanted.visit.request.label}"
    return ""


@pages.post("/messages/let-through")
@allow(*STAFF)
def let_messages_through() -> Response:
    """Let urgent messages leave in the quiet hours: the coordinator's yes."""
    with write() as session:
        gone = settling.let_through(session, person())
    flash(gettext("급한 알림 %(n)s건을 지금 보냅니다.", n=gone), "ok")
    return redirect(url_for("console.messages", box="queue"), 303)


@pages.app_template_filter("provider_word")
def provider_word(provider: str) -> str:
    """Return the name of a provider as people know it."""
    return {"smtp": gettext("메일 서버"), "solapi": "SOLAPI", "nhn": "NHN Cloud"}.get(provider, provider)


@pages.app_context_processor
def _numbers() -> dict[str, object]:
    return {"unusable_numbers": lambda: sender_numbers.unusable(read(), clock(), config())}
