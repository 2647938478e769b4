"""A request in the making beside its pages: dates saved as they are chosen, thrown away, or made of last term's."""

from __future__ import annotations

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Conflict, InvalidInput
from booking.domain.ids import DraftId, SchoolId
from booking.domain.vocabulary import Role
from booking.models.people import User
from booking.queries.load import outlook
from booking.services.drafts import discard_draft, find_draft, save_draft
from booking.services.last_term import Copied, copy_request
from booking.web.access import allow, person
from booking.web.database import clock, read, write
from booking.web.drafts import read_dates
from booking.web.formats import as_of, class_name, when
from booking.web.labels import label
from booking.web.marking import gettext
from booking.web.problems import sentence
from booking.web.teacher.wizard import STEPS, Page, go_to, keep, open_step, sent_draft

pages = Blueprint("draft", __name__)


@pages.post("/requests/new/<int:draft_id>/choices")
@allow(Role.TEACHER)
def save_choices(draft_id: int) -> Response | tuple[Response, int]:
    """Keep the dates as they are chosen; asked by a script, answered to a script.

    With 409 another has saved meanwhile: the page says so, and shows both when it is sent.
    """
    step = open_step(read(), draft_id)
    given = read_dates(request.form, outlook(read(), step.term, step.school.level).loads)
    if given.fault and given.fault.reason == "twice":
        return jsonify(error=sentence(given.fault)), 422
    mine = step.with_draft(sent_draft().with_dates(given.requested, given.negotiable)).draft
    try:
        with write() as session:
            stored = save_draft(session, clock(), person(), DraftId(draft_id), step.version, mine)
    except Conflict:
        session = read()
        session.expire_all()
        other = session.get_one(User, find_draft(session, person(), DraftId(draft_id)).updated_by_id)
        return jsonify(by=other.name), 409
    return jsonify(version=stored.version, at=as_of(clock().now()))


@pages.post("/requests/new/<int:draft_id>/mine")
@allow(Role.TEACHER)
def take_mine(draft_id: int) -> Page:
    """Having seen both, the teacher takes what was sent instead of what is stored."""
    after = request.form.get("after", "check")
    return keep(draft_id, open_step(read(), draft_id), sent_draft(), after, lambda: _on(after, draft_id))


def _on(after: str, draft_id: int) -> Response:
    return go_to(after if after in STEPS else "check", draft_id)


@pages.post("/requests/new/<int:draft_id>/discard")
@allow(Role.TEACHER)
def discard(draft_id: int) -> Response:
    """Throw a draft away; not one that has been changed since it was listed."""
    draft = find_draft(read(), person(), DraftId(draft_id))
    version = request.form.get("version", type=int, default=0)
    school = draft.school_id
    try:
        with write() as session:
            discard_draft(session, person(), DraftId(draft_id), version)
    except Conflict:
        flash(gettext("그사이 고쳐진 신청 준비라 버리지 않았습니다. 내용을 다시 봐 주세요."), "mid")
    else:
        flash(gettext("신청 준비를 버렸습니다."), "ok")
    return redirect(url_for("teacher.new.start", school=school), 303)


@pages.post("/requests/new/copy")
@allow(Role.TEACHER)
def copy() -> Response:
    """Make a draft of what the school asked for last term, and say what could not be brought over.

    Raises:
        NotFound: there is no such request of the teacher's schools.
    """
    school = SchoolId(request.form.get("school", type=int, default=0))
    try:
        with write() as session:
            copied = copy_request(session, clock(), person(), school, request.form.get("request", type=int, default=0))
            lost, number = _lost(copied), copied.draft.id
    except InvalidInput as error:
        flash(sentence(error), "mid")
        return redirect(url_for("teacher.new.start", school=school), 303)
    flash(gettext("지난 학기 신청을 가져왔습니다. 학급부터 차례로 살펴봐 주세요."), "ok")
    if lost:
        flash(gettext("가져오지 못한 것") + ": " + " · ".join(lost), "mid")
    return go_to("classes", number)


def _lost(copied: Copied) -> list[str]:
    """What could not be brought over, each with its reason."""
    found = [f"{class_name(name)} ({gettext('지금 없는 학급')})" for name in copied.lost_classes]
    for slot, reason in copied.lost_slots:
        why = f"{label(reason.kind)} {reason.name}" if reason else gettext("이번 학기에 맞는 시간이 없음")
        found.append(f"{when(slot)} ({why})")
    return found
