"""알림톡: which kinds of message go to KakaoTalk, by which approved text, and what the provider would not have."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.demo.kakaotalk import template_code
from booking.domain.alimtalk import LONGEST, LONGEST_BUTTON, LONGEST_CODE, TemplateState
from booking.domain.errors import InvalidForm
from booking.domain.vocabulary import Language
from booking.models.sending import AlimtalkTemplate
from booking.notify.alimtalk import sample, suggestion
from booking.notify.alimtalk_variables import BARE_LINK, KINDS, variables_of
from booking.notify.catalogue import CATALOGUE, Kind, Recipient
from booking.services import alimtalk as templates
from booking.services.alimtalk import TemplateEntry
from booking.web.access import STAFF, allow, person
from booking.web.console.base import View, pages
from booking.web.console.provider_words import reason_of
from booking.web.console.words import kind_word
from booking.web.database import config, read, write
from booking.web.labels import label
from booking.web.marking import N_, gettext
from booking.web.problems import sentences

FIELDS = ("code", "body", "button", "state")
READERS: dict[Recipient, str] = {
    Recipient.WORKPLACE: N_("일터"),
    Recipient.TEACHER: N_("교사"),
    Recipient.COACH: N_("진로코치"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A kind of message in the list, with its template in each language."""

    kind: Kind
    reader: str
    by_language: tuple[tuple[Language, AlimtalkTemplate | None], ...]


def _kind(kind: str) -> Kind:
    return next((one for one in KINDS if one.value == kind), None) or abort(404)


def _language(language: str) -> Language:
    return next((one for one in Language if one.value == language), None) or abort(404)


@pages.get("/alimtalk")
@allow(*STAFF)
def alimtalk() -> View:
    """Every kind that may go to KakaoTalk, and whether it does."""
    known = templates.known_templates(read())
    lines = [
        Line(kind, gettext(READERS[reader]), tuple((one, known.get((kind, one))) for one in Language))
        for reader in READERS
        for kind in KINDS
        if CATALOGUE[kind].recipient is reader
    ]
    return render_template(
        "web/console/alimtalk.html",
        lines=lines,
        in_use=sum(templates.usable(row) for row in known.values()),
        waiting=sum(row.state is TemplateState.UNDER_REVIEW for row in known.values()),
        refused=[row for row in known.values() if row.refused_at is not None],
        offered=templates.offered(config()),
        kind_word=kind_word,
        reason_of=reason_of,
    )


def _page(kind: Kind, language: Language, entry: TemplateEntry, faults: dict[str, str] | None = None) -> str:
    row = read().get(AlimtalkTemplate, (kind.value, language))
    variables = variables_of(kind)
    return render_template(
        "web/console/alimtalk_template.html",
        kind=kind,
        language=language,
        row=row,
        entry=entry,
        shown=sample(kind, language, entry.body),
        suggested=suggestion(kind, language),
        variables=[(one.name, one.korean if language is Language.KO else one.english) for one in variables.values()],
        bare_link=BARE_LINK.name if BARE_LINK.name in variables else "",
        demo_code=template_code(kind, language) if config().demo else "",
        states=[(one.value, label(one)) for one in TemplateState],
        longest=(LONGEST_CODE, LONGEST, LONGEST_BUTTON),
        offered=templates.offered(config()),
        faults=faults or {},
        kind_word=kind_word,
        reason_of=reason_of,
    )


@pages.get("/alimtalk/<kind>/<language>")
@allow(*STAFF)
def alimtalk_template(kind: str, language: str) -> View:
    """The template of a kind in a language, or the text that may be handed in for approval."""
    which, spoken = _kind(kind), _language(language)
    row = read().get(AlimtalkTemplate, (which.value, spoken))
    if row is None:
        return _page(which, spoken, TemplateEntry(body=suggestion(which, spoken)))
    return _page(which, spoken, TemplateEntry(row.code, row.body, row.button, row.state.value))


@pages.post("/alimtalk/<kind>/<language>")
@allow(*STAFF)
def save_alimtalk(kind: str, language: str) -> View | tuple[str, int]:
    """Show the text as typed with examples in it, or keep it."""
    which, spoken = _kind(kind), _language(language)
    entry = TemplateEntry(**{field: request.form.get(field, "")[:4000] for field in FIELDS})
    if request.form.get("do") == "show":
        return _page(which, spoken, entry)
    try:
        with write() as session:
            row = templates.save_template(session, person(), which, spoken, entry)
            state = row.state
    except InvalidForm as error:
        return _page(which, spoken, entry, sentences(error)), 422
    if state is TemplateState.APPROVED and templates.offered(config()):
        flash(gettext("저장했습니다. 이제 이 알림은 알림톡으로 나가고, 카카오톡이 없는 전화에는 문자로 갑니다."), "ok")
    else:
        flash(gettext("저장했습니다. 승인으로 바꾸기 전까지는 문자로 나갑니다."), "ok")
    return redirect(url_for("console.alimtalk"), 303)


@pages.post("/alimtalk/<kind>/<language>/remove")
@allow(*STAFF)
def remove_alimtalk(kind: str, language: str) -> Response:
    """Forget a template: its kind goes as a text message again."""
    with write() as session:
        templates.remove_template(session, person(), _kind(kind), _language(language))
    flash(gettext("템플릿을 지웠습니다. 이 알림은 다시 문자로 나갑니다."), "ok")
    return redirect(url_for("console.alimtalk"), 303)
