"""만족도: what was answered, by quarter, programme and workplace; the sheets behind every number; what is asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound, NotNow
from booking.domain.ids import SessionId
from booking.domain.quarters import Quarter
from booking.domain.satisfaction import LEAST_ANSWERS, STEPS, Audience, Spread
from booking.domain.vocabulary import Level, Role
from booking.models.programmes import ProgrammeSession
from booking.models.satisfaction import SurveyQuestion
from booking.queries import programmes, satisfaction
from booking.queries.afterwards import seen
from booking.queries.paging import slice_of
from booking.queries.satisfaction import Sheet
from booking.services import satisfaction as service
from booking.web.access import STAFF, allow, person
from booking.web.attendance_form import LONGEST_REMARK, counts_of, meanwhile, read_answers, typed_counts
from booking.web.console.base import chosen, page_links, page_number, pages
from booking.web.console.dashboard_scope import asked, kept, options
from booking.web.console.drawings import Drawing, drawn
from booking.web.console.programmes import number_of
from booking.web.database import clock, read, write
from booking.web.formats import locale, number, question_text
from booking.web.marking import N_, gettext
from booking.web.problems import not_now, sentences

Page = str | tuple[str, int] | Response
READERS = (Role.OFFICER, *STAFF)
SIZE = 50
AUDIENCES = {Audience.SCHOOL: N_("학생"), Audience.WORKPLACE: N_("일터"), Audience.PROGRAMME: N_("프로그램")}
SIDES = {"quarter": N_("분기마다"), "programme": N_("프로그램마다"), "workplace": N_("일터마다")}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a trend: what it is of, what was answered, and the address of the sheets behind it."""

    name: str
    spread: Spread
    href: str


def _sides(one: Sheet, side: str) -> list[tuple[str, str]]:
    """What a sheet belongs to: a key for addresses, and its name."""
    if side == "quarter":
        quarter = Quarter.of(one.date)
        return [(quarter.name, gettext("%(year)s년 %(n)s분기", year=quarter.year, n=quarter.number))]
    if side == "programme":
        return [(str(one.programme_id), one.programme[locale() != "ko"])]
    return [(str(place), name) for place, name in one.workplaces]


def _rows(found: Iterable[Sheet], side: str) -> list[Row]:
    names: dict[str, str] = {}
    spreads: defaultdict[str, list[tuple[int, ...]]] = defaultdict(list)
    for one in found:
        for key, name in _sides(one, side):
            names[key] = name
            spreads[key].append(one.spread.counts)
    order: Callable[[str], tuple[object, ...]] = (
        (lambda key: (key,)) if side == "quarter" else (lambda key: (names[key], key))
    )
    return [Row(names[key], Spread.of(spreads[key]), _behind(**{side: key})) for key in sorted(spreads, key=order)]


def _kept(**more: Any) -> dict[str, Any]:
    own = {name: request.args[name] for name in ("audience", "question", "workplace") if request.args.get(name)}
    return {**kept(), **own, **more}


def _behind(**to: Any) -> str:
    return url_for("console.satisfaction_entries", **_kept(**to))


def _drawing(rows: Sequence[Row], summary: str) -> Drawing | None:
    """The five steps of each line as shares; lines with too few answers are left to the table."""
    steps = [gettext("%(n)s점", n=step) for step in reversed(STEPS)]
    lines = [
        (row.name, list(reversed(row.spread.counts)), number(round(row.spread.mean, 2)))
        for row in rows
        if row.spread.mean is not None
    ]
    return drawn(lines, steps, summary, whole=True)


def _asked_question(audience: Audience) -> tuple[Sequence[SurveyQuestion], SurveyQuestion | None]:
    known = satisfaction.questions(read(), audience)
    code = request.args.get("question", "")
    return known, next((one for one in known if one.code == code), known[0] if known else None)


def _narrowed(found: list[Sheet]) -> list[Sheet]:
    place = number_of("workplace")
    return [one for one in found if any(number == place for number, _ in one.workplaces)] if place else found


@pages.get("/satisfaction")
@allow(*READERS)
def satisfaction_trend() -> Page:
    """What was answered in a scope: each question, and one of them by quarter, programme and workplace."""
    session = read()
    audience = chosen(Audience, "audience") or Audience.SCHOOL
    what = asked(session)
    known, question = _asked_question(audience)
    overview, found = [], []
    for one in known:
        mine = _narrowed(satisfaction.sheets(session, one, what.scope))
        if one is question:
            found = mine
        spread = Spread.of(sheet.spread.counts for sheet in mine)
        overview.append(Row(question_text(one), spread, _behind(question=one.code)))
    sides = {side: _rows(found, side) for side in SIDES}
    return render_template(
        "web/console/satisfaction.html",
        asked=what,
        audience=audience,
        tabs=[
            (url_for("console.satisfaction_trend", **kept(audience=one.value)), gettext(text), None, one is audience)
            for one, text in AUDIENCES.items()
        ],
        questions=known,
        question=question,
        overview=list(zip(known, overview, strict=True)),
        overview_drawing=_drawing(overview, gettext("문항마다 답이 어떻게 나뉘는지, 막대 끝은 평균")),
        sides=[(side, gettext(SIDES[side]), rows) for side, rows in sides.items() if rows],
        trend=_drawing(sides["quarter"], gettext("분기마다 답이 어떻게 나뉘는지, 막대 끝은 평균")),
        remarks=satisfaction.released(session, audience, what.scope),
        day_of=satisfaction.day_of,
        waiting=satisfaction.remarks_waiting(session),
        least=LEAST_ANSWERS,
        steps=STEPS,
        periods=options(session) + ([("", what.words)] if not what.name else []),
        kinds=programmes.kinds(session, active=False),
        schools=programmes.schools(session),
        levels=list(Level),
        mean=lambda spread: number(round(spread.mean, 2)) if spread.mean is not None else "",
        kept_fields=lambda: {name: value for name, value in _kept().items() if name != "question"},
    )


@pages.get("/satisfaction/entries")
@allow(*READERS)
def satisfaction_entries() -> Page:
    """The sheets behind a number: their answers add up to it."""
    session = read()
    audience = chosen(Audience, "audience") or Audience.SCHOOL
    what = asked(session)
    _, question = _asked_question(audience)
    found = _narrowed(satisfaction.sheets(session, question, what.scope)) if question else []
    quarter = Quarter.named(request.args.get("quarter", ""))
    if quarter is not None:
        found = [one for one in found if quarter.first <= one.date <= quarter.last]
    return render_template(
        "web/console/satisfaction_entries.html",
        asked=what,
        audience=audience,
        audience_word=gettext(AUDIENCES[audience]),
        question=question,
        quarter=quarter,
        page=slice_of(found, page_number(), SIZE),
        href=page_links(),
        total=Spread.of(one.spread.counts for one in found),
        least=LEAST_ANSWERS,
        back=_kept(),
    )


# ----------------------------------------------------------------------------------------------------- paper, questions
def _session(session_id: int) -> ProgrammeSession:
    row = read().get(ProgrammeSession, session_id)
    if row is None:
        raise NotFound(f"session {session_id}")
    return row


def _paper(session_id: int, status: int = 200, **shown: object) -> Page:
    session, row = read(), _session(session_id)
    counts = satisfaction.session_counts(session, row.id)
    known = satisfaction.asked_of(session, Audience.PROGRAMME, counts)
    page = render_template(
        "web/console/session_satisfaction.html",
        **{
            "row": row,
            "questions": known,
            "answers": typed_counts(counts, known),
            "seen": seen(counts),
            "remark": satisfaction.remark_of(session, session_id=row.id),
            "typed_remark": None,
            "came": sum(count.attended or 0 for count in row.counts),
            "faults": {},
            **shown,
        },
    )
    return page, status


@pages.get("/satisfaction/sessions/<int:session_id>")
@allow(*STAFF)
def session_satisfaction(session_id: int) -> Page:
    """The form in which the office enters what it has counted from paper."""
    return _paper(session_id)


@pages.post("/satisfaction/sessions/<int:session_id>")
@allow(*STAFF)
def save_session_satisfaction(session_id: int) -> Page:
    """Store the counts of a session."""
    row = _session(session_id)
    known = satisfaction.asked_of(read(), Audience.PROGRAMME, satisfaction.session_counts(read(), row.id))
    typed, faults = read_answers(request.form, known)
    remark, shown = request.form.get("remark", "")[:LONGEST_REMARK], request.form.get("seen", "")
    try:
        if faults:
            raise InvalidForm(faults)
        with write() as session:
            service.report_session(session, clock(), person(), SessionId(row.id), counts_of(typed), shown, remark)
    except NotNow as error:
        flash(not_now(error), "bad")
        return redirect(url_for("console.session", session_id=session_id), 303)
    except (InvalidForm, InvalidInput) as error:
        return _paper(session_id, 422, answers=typed, typed_remark=remark, seen=shown, faults=sentences(error))
    except Conflict:
        read().expire_all()
        return _paper(session_id, 409, answers=typed, typed_remark=remark, faults={"q": meanwhile()})
    flash(gettext("만족도를 저장했습니다."), "ok")
    return redirect(url_for("console.session_satisfaction", session_id=session_id), 303)


def _questions(status: int = 200, **shown: object) -> Page:
    session = read()
    page = render_template(
        "web/console/satisfaction_questions.html",
        **{
            "audiences": [
                (one, gettext(text), satisfaction.questions(session, one)) for one, text in AUDIENCES.items()
            ],
            "answered": satisfaction.answered_codes(session),
            "faults": {},
            "form": request.form,
            **shown,
        },
    )
    return page, status


@pages.get("/satisfaction/questions")
@allow(*STAFF)
def satisfaction_questions() -> Page:
    """What is asked of whom, and what was asked before."""
    return _questions()


@pages.post("/satisfaction/questions")
@allow(*STAFF)
def ask_question() -> Page:
    """Ask something new, alone or in the place of a question, whose answers stay."""
    audience, form = request.form.get("audience", ""), request.form
    if audience not in set(Audience):
        raise NotFound("no such audience")
    try:
        with write() as session:
            service.ask_question(
                session, clock(), person(), Audience(audience), form.get("text", ""), form.get("text_en", ""),
                form.get("replaces", "")[:40],
            )  # fmt: skip
    except InvalidForm as error:
        return _questions(422, faults=sentences(error))
    except Conflict:
        flash(gettext("그사이 다른 분이 먼저 고쳤습니다. 지금 문항을 보고 다시 해 주세요."), "mid")
    else:
        flash(gettext("문항을 저장했습니다."), "ok")
    return redirect(url_for("console.satisfaction_questions"), 303)


@pages.post("/satisfaction/questions/<code>/retire")
@allow(*STAFF)
def retire_question(code: str) -> Page:
    """Ask a question no more."""
    try:
        with write() as session:
            service.retire_question(session, clock(), person(), code)
    except Conflict as error:
        last = error.reason == "last"
        flash(gettext("하나는 물어야 합니다.") if last else gettext("이미 묻지 않는 문항입니다."), "mid")
    else:
        flash(gettext("이 문항은 이제 묻지 않습니다. 지금까지의 답은 남습니다."), "ok")
    return redirect(url_for("console.satisfaction_questions"), 303)
