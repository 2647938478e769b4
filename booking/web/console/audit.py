"""What happened and who looked at whose data: append-only, searched, newest first, for the administrator."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import SEOUL
from booking.domain.purpose import LEAST, MOST
from booking.domain.vocabulary import Role
from booking.exchange.tables import csv_table
from booking.models.history import HistoryEntry
from booking.queries import audit_log as rows
from booking.queries.audit_log import MOST_EXPORTED, Wanted
from booking.web.access import allow
from booking.web.console.base import View, page_links, page_number, pages
from booking.web.console.leaving import asked_purpose, leave
from booking.web.console.words import ACTIONS, SUBJECTS, action_word, subject_word
from booking.web.database import read
from booking.web.marking import gettext

LOGS = ("", "access")
NARROWING = ("log", "subject", "id", "who", "action", "since", "until")


def _day(name: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(request.args.get(name, "")[:10])
    except ValueError:
        return None


def _wanted() -> Wanted:
    """What the address asks for; nonsense asks for nothing."""
    subject, action = request.args.get("subject", ""), request.args.get("action", "")
    number = request.args.get("id", type=int)
    return Wanted(
        subject_type=subject if subject in SUBJECTS else "",
        subject_id=number if number is not None and abs(number) < 2**63 else None,
        who=" ".join(request.args.get("who", "").replace("\0", "").split())[:60],
        action=action if action in ACTIONS else "",
        since=_day("since"),
        until=_day("until"),
    )


def _looks() -> bool:
    return request.args.get("log") == "access"


def _kept() -> dict[str, str]:
    return {name: request.args[name][:80] for name in NARROWING if request.args.get(name)}


@pages.get("/audit")
@allow(Role.ADMINISTRATOR)
def audit() -> View:
    """The history of changes, or with ``log=access`` the log of looks at personal data."""
    session, wanted = read(), _wanted()
    found: dict[str, object]
    if _looks():
        found = {"page": rows.accesses(session, wanted, page_number())}
    else:
        page = rows.history(session, wanted, page_number())
        found = {"page": page, "names": rows.actor_names(session, [entry.actor for entry in page.rows])}
    return render_template(
        "web/console/audit.html",
        looks=_looks(),
        wanted=wanted,
        subjects=sorted(SUBJECTS, key=subject_word),
        actions=sorted(ACTIONS, key=action_word),
        href=page_links(),
        kept=_kept(),
        purpose=(LEAST, MOST),
        action_word=action_word,
        subject_word=subject_word,
        actor_word=actor_word,
        details=details,
        **found,
    )


def actor_word(actor: str, names: Mapping[str, str]) -> str:
    """Return who did something: a name, the service by itself, or whoever stood at the server."""
    if actor == "worker":
        return gettext("자동")
    if actor == "command line":
        return gettext("서버에서")
    return names.get(actor) or actor


@pages.post("/audit/export")
@allow(Role.ADMINISTRATOR)
def export_audit() -> Response:
    """All that the search finds as CSV, for a purpose that is logged: it names people and says from where they came."""
    back = redirect(url_for("console.audit") + (f"?{urlencode(_kept())}" if _kept() else "") + "#export", 303)
    purpose = asked_purpose()
    if purpose is None:
        return back
    head, table = _access_table(_wanted()) if _looks() else _history_table(_wanted())
    if len(table) > MOST_EXPORTED:
        flash(gettext("한 번에 2만 건까지 내려받습니다. 날짜로 좁혀 주세요."), "bad")
        return back
    name = "accesses" if _looks() else "history"
    content = csv_table(head, table)
    return leave(content, name, purpose, action="export_audit", subject="audit", count=len(table), csv=True)


def _at(moment: dt.datetime) -> str:
    return moment.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M:%S")


def _history_table(wanted: Wanted) -> tuple[list[str], list[Sequence[object]]]:
    found = rows.all_history(read(), wanted)
    names = rows.actor_names(read(), list({entry.actor for entry in found}))
    head = [gettext("때"), gettext("누가"), gettext("한 일"), gettext("무엇"), gettext("번호"), gettext("내용")]
    return head, [
        (
            _at(entry.at), actor_word(entry.actor, names), action_word(entry.action),
            subject_word(entry.subject_type), entry.subject_id, details(entry),
        )
        for entry in found
    ]  # fmt: skip


def details(entry: HistoryEntry) -> str:
    """What an entry holds beside who and what, in one line."""
    plain = [
        f"{key} {value}" for key, value in entry.detail.items() if value is not None and not isinstance(value, dict)
    ]
    return " · ".join([*plain, *([entry.reason] if entry.reason else [])])


def _access_table(wanted: Wanted) -> tuple[list[str], list[Sequence[object]]]:
    head = [
        gettext("때"), gettext("누가"), gettext("역할"), gettext("무엇을"), gettext("누구의"), gettext("번호"),
        gettext("건수"), gettext("어디서"), gettext("목적"),
    ]  # fmt: skip
    return head, [
        (
            _at(entry.at), name, entry.role, action_word(entry.action), subject_word(entry.subject_type),
            entry.subject_id, entry.count, entry.ip, entry.purpose,
        )
        for entry, name in rows.all_accesses(read(), wanted)
    ]  # fmt: skip
