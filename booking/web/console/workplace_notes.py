"""일터가 남긴 말: what workplaces have left on their links, wishes with what they would take."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.workplace_notes import NoteKind
from booking.queries.workplace_notes import notes
from booking.services.history import record_access
from booking.services.terms import current_term
from booking.services.wish_effects import Consent, wish_effects
from booking.services.workplace_notes import find_note, settle_note
from booking.web.access import STAFF, allow, person
from booking.web.console.base import View, page_links, page_number, pages
from booking.web.console.register_words import field_word
from booking.web.database import clock, read, write
from booking.web.marking import N_, gettext

KINDS: dict[NoteKind, tuple[str, str]] = {
    NoteKind.CALL_ME: ("mid", N_("전화를 부탁함")),
    NoteKind.OTHER_TIME: ("info", N_("다른 시간이면 됨")),
    NoteKind.DETAILS: ("none", N_("연락처를 고침")),
    NoteKind.CLOSED: ("none", N_("쉬는 날을 알림")),
    NoteKind.PAUSED: ("none", N_("쉬겠다고 알림")),
}
CONSENTS: dict[Consent, str] = {
    Consent.WISHED: N_("학교가 희망한 시간입니다."),
    Consent.TO_ASK: N_("학교에 먼저 여쭈어야 합니다."),
    Consent.BLOCKED: N_("학교의 시험이나 행사, 쉬는 날이라 갈 수 없습니다."),
}
ROOMS: dict[str, str] = {
    "fixed": N_("학급이 다른 시간에 고정되어 있거나 이미 확정되었습니다."),
    "full": N_("그 시간에는 학급 모두가 갈 자리가 모자랍니다."),
    "rules": N_("다른 학급의 자리나 진로코치가 모자라게 됩니다."),
}


def _page(revealed: int | None = None) -> str:
    session = read()
    settled = request.args.get("show") == "settled"
    found = notes(session, list(NoteKind), page_number(), settled=settled)
    times = [note for note in found.rows if note.kind is NoteKind.OTHER_TIME]
    return render_template(
        "web/console/workplace_notes.html",
        page=found,
        href=page_links(),
        settled=settled,
        revealed=revealed,
        effects={} if settled else wish_effects(session, clock(), current_term(session), times),
        kind_of=lambda kind: (KINDS[kind][0], gettext(KINDS[kind][1])),
        consent_word=lambda consent: gettext(CONSENTS[consent]),
        room_word=lambda reason: gettext(ROOMS[reason]),
        fields_word=lambda text: ", ".join(field_word(name) for name in text.split(",") if name),
    )


@pages.get("/workplace-notes")
@allow(*STAFF)
def workplace_notes() -> View:
    """What waits, the oldest first. Telephone numbers are masked."""
    return _page()


@pages.post("/workplace-notes/<int:note_id>/contact")
@allow(*STAFF)
def reveal_note(note_id: int) -> View:
    """Show the telephone of a workplace that wants to be called, for this one view, and log who looked."""
    with write() as session:
        note = find_note(session, note_id)
        record_access(session, person(), "reveal_contact", "workplace", note.workplace_id)
    return _page(revealed=note_id)


@pages.post("/workplace-notes/<int:note_id>/settled")
@allow(*STAFF)
def settle_workplace_note(note_id: int) -> Response:
    """Put a note away."""
    with write() as session:
        settle_note(session, clock(), person(), note_id)
    flash(gettext("처리한 것으로 옮겼습니다."), "ok")
    return redirect(url_for("console.workplace_notes"), 303)
