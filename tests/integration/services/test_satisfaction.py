"""Questions that are never reworded, workplaces that answer once, paper that is counted, remarks that wait."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from booking.domain.errors import Conflict, Forbidden, InvalidForm, InvalidInput, NotFound, NotNow
from booking.domain.satisfaction import OPEN_DAYS, Audience, RemarkState
from booking.domain.states import SessionStatus
from booking.domain.vocabulary import Role
from booking.models.history import HistoryEntry
from booking.models.messages import Message
from booking.models.satisfaction import Remark, SurveyQuestion, WorkplaceOpinion
from booking.models.visits import PrivateLink, WorkplaceNotice
from booking.models.workplaces import Workplace
from booking.queries.dashboard import Scope
from booking.queries.satisfaction import asked_of, released, remark_of, session_counts, sheets
from booking.services.attendance import report_attendance, report_satisfaction
from booking.services.audit import run_audit
from booking.services.composing import compose
from booking.services.merging_rows import move_rows
from booking.services.placing import live_groups
from booking.services.programmes import add_session
from booking.services.remarks import moderate, write_remark
from booking.services.satisfaction import ask_question, give_opinion, opinion_sheet, report_session, retire_question
from booking.services.thanks import write_thanks
from tests.support.books import an_entry, held, kind
from tests.support.factory import NOW, SmallTerm, settings
from tests.support.visits import DAY, QUESTION, at, confirmed, figures

AFTER = DAY + dt.timedelta(days=1)
GOOD = {"pupils_took_part": 5, "well_told": 4, "host_again": 5}


@pytest.fixture
def gone(small: SmallTerm) -> SmallTerm:
    """The day after V0000 and V0001 went out; pupils of V0000 have answered."""
    small.publish()
    confirmed(small)
    at(small, AFTER)
    return small


def answered(small: SmallTerm, numbers: list[int]) -> None:
    teacher, request = small.person(Role.TEACHER, "S0"), small.request("V0000").id
    report_attendance(small.session, small.clock, teacher, request, figures(small.visit("V0000")))
    report_satisfaction(small.session, small.clock, teacher, request, {QUESTION: numbers}, "")


def notice_of(small: SmallTerm) -> WorkplaceNotice:
    """What a workplace of V0000 was told of its day."""
    place = live_groups(small.visit("V0000"))[0].workplace_id
    found = sa.select(WorkplaceNotice).where(WorkplaceNotice.workplace_id == place, WorkplaceNotice.date == DAY)
    return small.session.scalars(found).one()


def question(small: SmallTerm, code: str) -> SurveyQuestion:
    return small.session.get_one(SurveyQuestion, code)


# ------------------------------------------------------------------------------------------------------------ questions
def test_an_answered_question_is_never_reworded_and_may_be_replaced(gone: SmallTerm) -> None:
    answered(gone, [0, 0, 0, 0, 20])
    for statement in (
        "UPDATE survey_question SET text = '다른 말' WHERE code = 'overall'",
        "UPDATE survey_question SET audience = 'programme' WHERE code = 'overall'",
        "DELETE FROM survey_question WHERE code = 'overall'",
    ):
        with pytest.raises(IntegrityError), gone.session.begin_nested():
            gone.session.execute(sa.text(statement))
    gone.session.execute(sa.text("UPDATE survey_question SET text = '더 나은 말' WHERE code = 'safety'"))

    new = ask_question(
        gone.session, gone.clock, gone.coordinator, Audience.SCHOOL, "체험이 좋았다", "I liked it", "overall"
    )
    codes = [one.code for one in asked_of(gone.session, Audience.SCHOOL)]
    assert codes[0] == new.code
    assert "overall" not in codes
    assert "overall" in [one.code for one in asked_of(gone.session, Audience.SCHOOL, {"overall"})]
    assert sheets(gone.session, question(gone, "overall"), Scope())[0].spread.answers == 20
    with pytest.raises(Conflict):
        ask_question(gone.session, gone.clock, gone.coordinator, Audience.SCHOOL, "또", "Again", "overall")


def test_questions_stay_few_and_one_is_always_asked(gone: SmallTerm) -> None:
    who = gone.coordinator
    for number in range(3):
        ask_question(gone.session, gone.clock, who, Audience.WORKPLACE, f"문항 {number}", f"Question {number}")
    with pytest.raises(InvalidForm) as refused:
        ask_question(gone.session, gone.clock, who, Audience.WORKPLACE, "일곱째", "The seventh")
    assert refused.value.faults[0].reason == "too_many"
    asked = asked_of(gone.session, Audience.WORKPLACE)
    for one in asked[:-1]:
        retire_question(gone.session, gone.clock, who, one.code)
    with pytest.raises(Conflict) as last:
        retire_question(gone.session, gone.clock, who, asked[-1].code)
    assert last.value.reason == "last"
    with pytest.raises(Conflict):
        retire_question(gone.session, gone.clock, who, asked[0].code)
    with pytest.raises(NotFound):
        retire_question(gone.session, gone.clock, who, "none")
    with pytest.raises(NotFound):
        ask_question(gone.session, gone.clock, who, Audience.SCHOOL, "가", "A", asked[-1].code)
    for role in (Role.OFFICER, Role.TEACHER):
        with pytest.raises(Forbidden):
            ask_question(gone.session, gone.clock, gone.person(role, "S0"), Audience.SCHOOL, "가", "A")


def test_the_audit_finds_an_answer_to_somebody_elses_question(gone: SmallTerm) -> None:
    answered(gone, [0, 0, 0, 0, 20])
    assert run_audit(gone.session, gone.clock.now()) == []
    gone.session.execute(sa.text("UPDATE satisfaction SET question = 'host_again'"))
    assert {breach.rule for breach in run_audit(gone.session, gone.clock.now())} == {"question_is_of_its_audience"}


# ----------------------------------------------------------------------------------------------------------- workplaces
def test_a_workplace_answers_once_and_may_correct_it(gone: SmallTerm) -> None:
    token = gone.link(notice_of(gone))
    assert opinion_sheet(gone.session, gone.clock, token).may_answer
    for answers in (GOOD, GOOD, {**GOOD, "well_told": 2}, {"host_again": 1}):
        give_opinion(gone.session, gone.clock, token, answers, "즐거웠습니다")
        rows = gone.session.scalars(sa.select(WorkplaceOpinion)).all()
        assert {row.question: row.answer for row in rows} == answers
    entries = gone.session.scalars(sa.select(HistoryEntry).where(HistoryEntry.action == "opinion_given")).all()
    assert len(entries) == 3
    assert gone.session.scalar(sa.select(sa.func.count()).select_from(Remark)) == 1


def test_a_workplace_answers_within_its_days_alone(gone: SmallTerm) -> None:
    token = gone.link(notice_of(gone))
    for day, open_ in ((DAY - dt.timedelta(days=1), False), (DAY, True), (DAY + dt.timedelta(days=OPEN_DAYS), True),
                       (DAY + dt.timedelta(days=OPEN_DAYS + 1), False)):  # fmt: skip
        at(gone, day)
        assert opinion_sheet(gone.session, gone.clock, token).may_answer is open_
        if not open_:
            with pytest.raises(NotNow):
                give_opinion(gone.session, gone.clock, token, GOOD, "")
    at(gone, AFTER)
    for nonsense, field in (({"host_again": 6}, "q-host_again"), ({"host_again": 0}, "q-host_again"), ({}, "opinion"),
                            ({"overall": 5}, "opinion")):  # fmt: skip
        with pytest.raises(InvalidForm) as refused:
            give_opinion(gone.session, gone.clock, token, nonsense, "")
        assert refused.value.faults[0].field == field
    with pytest.raises(InvalidInput):
        give_opinion(gone.session, gone.clock, token, GOOD, "가" * 301)


def test_every_workplace_is_thanked_once_with_a_link_that_stays_open(gone: SmallTerm) -> None:
    at(gone, DAY, dt.time(15, 0))
    assert write_thanks(gone.session, gone.clock) == 0
    at(gone, AFTER, dt.time(7, 0))
    assert write_thanks(gone.session, gone.clock) == 0
    at(gone, AFTER, dt.time(10, 0))
    written = write_thanks(gone.session, gone.clock)
    messages = gone.session.scalars(sa.select(Message).where(Message.kind == "workplace_thanks")).all()
    assert written == len(messages) > 0
    places = {group.workplace_id for group in live_groups(gone.visit("V0000"))}
    assert {message.workplace_id for message in messages} == places
    assert write_thanks(gone.session, gone.clock) == 0

    message = next(one for one in messages if one.subject == f"thanks:{notice_of(gone).id}")
    parcel = compose(gone.session, gone.clock, settings(), message)
    assert parcel.email is not None
    assert "/opinion" in parcel.email.text
    until = gone.session.scalar(sa.select(sa.func.max(PrivateLink.expires_at)))
    assert until is not None
    assert until.date() >= DAY + dt.timedelta(days=OPEN_DAYS)


def test_what_two_entries_of_one_workplace_said_becomes_one(gone: SmallTerm) -> None:
    keep, other = gone.session.scalars(sa.select(Workplace.id).order_by(Workplace.id).limit(2)).all()
    for place, answer in ((keep, 5), (other, 1)):
        gone.session.add(WorkplaceOpinion(workplace_id=place, date=DAY, question="host_again", answer=answer, at=NOW))
        write_remark(gone.session, gone.clock, f"말 {answer}", at=(place, DAY))
    gone.session.add(WorkplaceOpinion(workplace_id=other, date=AFTER, question="host_again", answer=2, at=NOW))
    gone.session.flush()
    move_rows(gone.session, keep, other)
    rows = gone.session.execute(sa.text("SELECT workplace_id, date, answer FROM workplace_opinion ORDER BY date")).all()
    assert [tuple(row) for row in rows] == [(keep, DAY, 5), (keep, AFTER, 2)]
    assert gone.session.execute(sa.text("SELECT workplace_id, text FROM remark")).all() == [(keep, "말 5")]


def test_a_workplace_without_mail_is_not_put_on_the_list_of_calls_for_it(gone: SmallTerm) -> None:
    for place in gone.session.scalars(sa.select(Workplace)):
        if place.contact is not None:
            place.contact.email = None
    gone.session.flush()
    assert write_thanks(gone.session, gone.clock) == 0


# ----------------------------------------------------------------------------------------------------------- programmes
def test_paper_of_a_session_is_counted_within_those_who_came(gone: SmallTerm) -> None:
    row = held(gone.session, gone.clock, gone.coordinator, DAY, 30)
    code = "programme_overall"

    def report(numbers: list[int], shown: str = "") -> None:
        report_session(gone.session, gone.clock, gone.coordinator, row.id, {code: numbers}, shown, "")

    with pytest.raises(InvalidForm) as refused:
        report([0, 0, 0, 0, 31])
    assert (refused.value.faults[0].field, refused.value.faults[0].reason) == (f"q-{code}", "more_than_came")
    with pytest.raises(InvalidForm):
        report([-1, 0, 0, 0, 5])
    report([0, 1, 2, 3, 4])
    assert session_counts(gone.session, row.id) == {code: [0, 1, 2, 3, 4]}
    with pytest.raises(Conflict):
        report([0, 0, 0, 0, 10])
    report([0, 0, 0, 0, 10], f"{code}-0-1-2-3-4")
    [sheet] = sheets(gone.session, question(gone, code), Scope(programme_id=kind(gone.session).id))
    assert sheet.spread.counts == (0, 0, 0, 0, 10)
    assert sheets(gone.session, question(gone, code), Scope(last=DAY - dt.timedelta(days=1))) == []
    with pytest.raises(Forbidden):
        report_session(gone.session, gone.clock, gone.person(Role.OFFICER), row.id, {}, "", "")


def test_a_session_that_was_not_held_has_no_answers(gone: SmallTerm) -> None:
    entry = an_entry(kind(gone.session).id, DAY, 30, status=SessionStatus.PLANNED)
    row = add_session(gone.session, gone.clock, gone.coordinator, entry)
    with pytest.raises(NotNow):
        report_session(gone.session, gone.clock, gone.coordinator, row.id, {}, "", "")


# -------------------------------------------------------------------------------------------------------------- remarks
def remark(small: SmallTerm, text: str) -> Remark:
    write_remark(small.session, small.clock, text, visit_id=small.visit("V0000").id)
    found = remark_of(small.session, visit_id=small.visit("V0000").id)
    assert found is not None
    return found


def test_nobody_sees_a_remark_before_somebody_has_looked(gone: SmallTerm) -> None:
    one = remark(gone, "김가람 학생이 좋아했습니다")
    assert released(gone.session, Audience.SCHOOL, Scope()) == []
    moderate(
        gone.session, gone.clock, gone.coordinator, one.id, RemarkState.SHOWN, seen=one.version,
        text="한 학생이 좋아했습니다", reason="",
    )  # fmt: skip
    assert [row.text for row in released(gone.session, Audience.SCHOOL, Scope())] == ["한 학생이 좋아했습니다"]
    assert one.cut
    assert "김가람" not in "".join(str(row.detail) for row in gone.session.scalars(sa.select(HistoryEntry)))
    assert released(gone.session, Audience.WORKPLACE, Scope()) == []

    again = remark(gone, "다른 말입니다")
    assert again.id == one.id
    assert again.state is RemarkState.NEW
    assert released(gone.session, Audience.SCHOOL, Scope()) == []


def test_a_remark_is_hidden_with_a_reason_and_moderated_as_it_was_seen(gone: SmallTerm) -> None:
    one = remark(gone, "좋았습니다")

    def act(
        state: RemarkState, *, seen: int, text: str = "좋았습니다", reason: str = "", role: Role | None = None
    ) -> None:
        who = gone.person(role, "S0") if role else gone.coordinator
        moderate(gone.session, gone.clock, who, one.id, state, seen=seen, text=text, reason=reason)

    with pytest.raises(InvalidInput) as refused:
        act(RemarkState.HIDDEN, seen=one.version)
    assert refused.value.field == "reason"
    with pytest.raises(InvalidInput):
        act(RemarkState.SHOWN, seen=one.version, text="  ")
    with pytest.raises(Conflict):
        act(RemarkState.SHOWN, seen=one.version - 1)
    with pytest.raises(Forbidden):
        act(RemarkState.SHOWN, seen=one.version, role=Role.OFFICER)
    act(RemarkState.HIDDEN, seen=one.version, reason="욕설")
    assert (one.state, one.reason) == (RemarkState.HIDDEN, "욕설")
    write_remark(gone.session, gone.clock, "", visit_id=gone.visit("V0000").id)
    assert remark_of(gone.session, visit_id=gone.visit("V0000").id) is None


def test_the_database_lets_no_changed_remark_pass_unseen(gone: SmallTerm) -> None:
    one = remark(gone, "좋았습니다")
    moderate(
        gone.session, gone.clock, gone.coordinator, one.id, RemarkState.SHOWN, seen=one.version, text="좋았습니다",
        reason="",
    )  # fmt: skip
    for statement in (
        "UPDATE remark SET text = '다른 말'",
        "UPDATE remark SET state = 'new'",
        "UPDATE remark SET moderated_by_id = NULL",
        "UPDATE remark SET state = 'hidden'",
    ):
        with pytest.raises(IntegrityError), gone.session.begin_nested():
            gone.session.execute(sa.text(statement))
