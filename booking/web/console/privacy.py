"""개인정보: for how long data are kept, what was erased, and one person's data shown or erased on request."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import SEOUL
from booking.domain.errors import InvalidForm, NotFound
from booking.domain.purpose import LEAST, MOST, read_purpose
from booking.domain.retention import ACCESS_MONTHS, CONTACT_MONTHS, TEXT_MONTHS, read_periods
from booking.domain.vocabulary import Role
from booking.domain.whose import Whose
from booking.exchange.tables import csv_table
from booking.queries import personal_data as rows
from booking.queries.audit_log import actor_names
from booking.queries.personal_data import Held, Subject
from booking.services import retention
from booking.services.erasure import StillNeeded, erase_person, needed_for
from booking.services.history import record_access
from booking.services.terms import the_centre
from booking.web.access import allow, person
from booking.web.console.audit import actor_word
from booking.web.console.base import pages
from booking.web.console.leaving import as_file, asked_purpose, contact_book, leave
from booking.web.console.words import action_word, kind_word
from booking.web.console.workplaces import given
from booking.web.database import clock, read, write
from booking.web.labels import label
from booking.web.marking import N_, gettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
#: lines of the record on the page; the file has all
SHOWN, ALL = 30, 100_000
LIMITS = {"contact_months": CONTACT_MONTHS, "text_months": TEXT_MONTHS, "access_months": ACCESS_MONTHS}
#: the columns of a person's row, as they are called to that person
FACTS = {
    "name": N_("이름"),
    "title": N_("직함"),
    "email": N_("메일"),
    "phone": N_("전화"),
    "role": N_("역할"),
    "language": N_("언어"),
    "active": N_("쓰는지"),
    "created_at": N_("만든 때"),
    "training_valid_until": N_("교육 유효 기간"),
    "ended_on": N_("그만둔 날"),
}
#: why data cannot go yet, and what to do first
NEEDED = {
    "has_post": N_("아직 학교를 맡고 있습니다. 사용자 관리에서 먼저 학교에서 빼 주세요."),
    "visits_ahead": N_("앞으로 맞이할 방문이 있습니다. 방문을 옮기거나 새 담당자를 먼저 적어 주세요."),
    "outings_ahead": N_("함께 갈 인솔이 남아 있습니다. 인솔 파견 화면에서 먼저 다른 코치로 바꿔 주세요."),
    "active": N_("쓰고 있는 계정입니다. 사용자 관리에서 먼저 꺼 주세요."),
    "goes_on": N_("활동하고 있는 코치입니다. 코치 화면에서 그만둔 날을 먼저 적어 주세요."),
    "messages": N_("보내고 있는 알림이 있습니다. 다 나간 뒤에 다시 해 주세요."),
}


def _page(faults: dict[str, str] | None = None, status: int = 200) -> Page:
    session = read()
    periods = retention.periods_of(the_centre(session))
    values = {name: str(getattr(periods, name)) for name in LIMITS}
    if faults:
        values = {name: request.form.get(name, "")[:10] for name in LIMITS}
    asked = request.args.get("q", "").replace("\0", "")[: rows.LONGEST_SEARCH]
    record = rows.erasures(session, SHOWN)
    page = render_template(
        "web/console/privacy.html",
        values=values,
        limits=LIMITS,
        faults=faults or {},
        due=retention.count_due(session, clock()),
        asked=asked,
        found=rows.find_people(session, asked),
        record=record,
        names=actor_names(session, [one.actor for one in record]),
        actor_word=actor_word,
    )
    return page, status


@pages.get("/privacy")
@allow(Role.ADMINISTRATOR)
def privacy() -> Page:
    """The periods, what the next night erases, the record, and the search for a person."""
    return _page()


@pages.post("/privacy")
@allow(Role.ADMINISTRATOR)
def save_periods() -> Page:
    """Set for how long data are kept."""
    try:
        with write() as session:
            changed = retention.save_periods(session, person(), read_periods(given()))
    except InvalidForm as error:
        return _page(sentences(error), 422)
    flash(gettext("저장했습니다.") if changed else gettext("바뀐 것이 없습니다."), "ok")
    return redirect(url_for("console.privacy"), 303)


@pages.get("/privacy/erasures.csv")
@allow(Role.ADMINISTRATOR)
def export_erasures() -> Response:
    """The whole record. It holds nobody's data."""
    record = rows.erasures(read(), ALL)
    names = actor_names(read(), list({one.actor for one in record}))
    head = [gettext("때"), gettext("무엇을"), gettext("건수"), gettext("누가"), gettext("누구의"), gettext("까닭")]
    table = [
        (
            one.at.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M:%S"), label(one.what), one.count,
            actor_word(one.actor, names), f"{label(one.subject_type)} {one.subject_id}" if one.subject_type else "",
            one.reason or "",
        )
        for one in record
    ]  # fmt: skip
    return as_file(csv_table(head, table), "erasures.csv")


def _subject(kind: str, number: int) -> Subject:
    if kind not in set(Whose):
        raise NotFound(kind)
    return rows.find_subject(read(), Whose(kind), number)


def _person(
    subject: Subject, *, held: Held | None = None, faults: dict[str, str] | None = None, status: int = 200
) -> Page:
    needed = needed_for(read(), clock(), subject)
    page = render_template(
        "web/console/privacy_person.html",
        subject=subject,
        held=held,
        facts=[(gettext(FACTS[name]), _value(name, value)) for name, value in held.facts] if held else [],
        needed=gettext(NEEDED[needed]) if needed else "",
        faults=faults or {},
        purpose=(LEAST, MOST),
        asked=request.form.get("purpose", ""),
        reason=request.form.get("reason", ""),
        action_word=action_word,
        kind_word=kind_word,
    )
    return page, status


def _value(name: str, value: str) -> str:
    if name == "active":
        return gettext("씀") if value == "True" else gettext("쓰지 않음")
    return label(Role(value)) if name == "role" else value


@pages.get("/privacy/<kind>/<int:number>")
@allow(Role.ADMINISTRATOR)
def privacy_person(kind: str, number: int) -> Page:
    """One person, masked, with what can be done."""
    return _person(_subject(kind, number))


@pages.post("/privacy/<kind>/<int:number>/shown")
@allow(Role.ADMINISTRATOR)
def show_person(kind: str, number: int) -> Page:
    """Everything that is kept about a person, for a purpose that is logged."""
    subject = _subject(kind, number)
    purpose = read_purpose(request.form.get("purpose", ""))
    if purpose is None:
        text = gettext("보는 목적을 4자에서 200자로 적어 주세요.")
        return _person(subject, faults={"purpose": text}, status=422)
    held = rows.held_about(read(), subject)
    with write() as session:
        record_access(session, person(), "show_person", subject.kind.value, subject.id, purpose=purpose)
    return _person(subject, held=held)


@pages.post("/privacy/<kind>/<int:number>/file")
@allow(Role.ADMINISTRATOR)
def export_person(kind: str, number: int) -> Response:
    """The same as a workbook, to be handed to the person."""
    subject = _subject(kind, number)
    purpose = asked_purpose()
    if purpose is None:
        return redirect(url_for("console.privacy_person", kind=kind, number=number), 303)
    table = _table(rows.held_about(read(), subject))
    head = [gettext("구분"), gettext("항목"), gettext("값")]
    content = contact_book(gettext("보유한 개인정보"), head, table, purpose)
    return leave(content, "personal-data", purpose, action="export_person", subject=subject.kind.value, count=1)


def _table(held: Held) -> list[tuple[str, str, str]]:
    """Everything that is kept, line by line."""

    def at(moment: Any) -> str:
        return str(moment.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M")) if moment else ""

    found = [(gettext("기본"), gettext(FACTS[name]), _value(name, value)) for name, value in held.facts]
    found += [
        (gettext("맡은 학교"), post.school.name, f"{post.title} {post.since} – {post.until or ''}")
        for post in held.posts
    ]
    found += [(gettext("로그인"), at(one.created_at), str(one.ip or "")) for one in held.sign_ins]
    found += [
        (gettext("알림"), at(one.created_at), " · ".join([kind_word(one.kind), label(one.channel), one.body or ""]))
        for one in held.messages
    ]
    found += [
        (gettext("본 사람"), at(one.at), " · ".join([name or one.role, action_word(one.action), one.purpose or ""]))
        for one, name in held.looks
    ]
    return found + [(gettext("한 일"), action_word(action), str(count)) for action, count in held.changes]


@pages.post("/privacy/<kind>/<int:number>/erase")
@allow(Role.ADMINISTRATOR)
def erase_person_data(kind: str, number: int) -> Page:
    """Erase a person's data; it cannot be taken back."""
    subject = _subject(kind, number)
    if request.form.get("understood") != "1":
        text = gettext("되돌릴 수 없으니, 알고 계시면 여기에 표시해 주세요.")
        return _person(subject, faults={"understood": text}, status=422)
    try:
        with write() as session:
            emptied = erase_person(session, clock(), person(), subject.kind, number, request.form.get("reason", ""))
    except InvalidForm as error:
        return _person(subject, faults=sentences(error), status=422)
    except StillNeeded as error:
        return _person(subject, faults={"reason": gettext(NEEDED[error.reason or "messages"])}, status=409)
    flash(gettext("지웠습니다. 알림 %(n)s건의 글도 함께 지웠습니다. 통계는 그대로입니다.", n=emptied), "ok")
    return redirect(url_for("console.privacy"), 303)
