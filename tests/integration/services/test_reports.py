"""Reports of quarters: begun with what stays, written by several, handed in for ever, corrected by a further issue."""

from __future__ import annotations

import hashlib

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from booking.domain.errors import Conflict, Forbidden, InvalidForm, InvalidInput, NotFound
from booking.domain.ids import ReportId
from booking.domain.quarters import Quarter
from booking.domain.report_texts import TextSection
from booking.domain.states import ReportStatus
from booking.domain.vocabulary import Role
from booking.models.reports import Report, ReportPicture, ReportText
from booking.queries import reports as rows
from booking.services import report_pictures
from booking.services.reports import begin_report, correct, discard, finalise, save_texts, standing
from tests.support.factory import SmallTerm
from tests.support.images import photograph

FIRST, SECOND = Quarter(2026, 4), Quarter(2027, 1)
PLANS, RESULTS, PLACE = TextSection.PLANS, TextSection.RESULTS, TextSection.PLACE


@pytest.fixture
def draft(small: SmallTerm) -> Report:
    """The report of the quarter before this one, begun, with three texts and a picture."""
    report = begin_report(small.session, small.clock, small.coordinator, FIRST)
    write(small, report, {PLANS: "넓힌다", RESULTS: "더 한 일", PLACE: "가온로 10"})
    picture(small, report)
    return report


def write(small: SmallTerm, report: Report, texts: dict[TextSection, str]) -> list[TextSection]:
    """Save texts as somebody does who has seen the newest of each."""
    fresh(small, report)
    seen = {row.section: row.version for row in report.texts}
    return save_texts(small.session, small.clock, small.coordinator, report.id, texts, seen)


def picture(small: SmallTerm, report: Report, number: int = 0) -> ReportPicture:
    """Put a picture in."""
    fresh(small, report)
    return report_pictures.add_picture(
        small.session, small.clock, small.coordinator, report.id, photograph(number), f"사진 {number}"
    )


def fresh(small: SmallTerm, report: Report) -> None:
    """Forget what was read of a report."""
    small.session.flush()
    small.session.expire(report)


def hand_in(small: SmallTerm, report: Report) -> Report:
    """Hand a report in as it stands, with its gaps."""
    fresh(small, report)
    seen = standing(small.session, small.clock, report).seen
    return finalise(small.session, small.clock, small.coordinator, report.id, seen=seen, understood=True)


def texts_of(report: Report) -> dict[TextSection, str]:
    """The texts of a report."""
    return {row.section: row.text for row in report.texts}


def test_the_next_report_begins_with_what_stays(small: SmallTerm, draft: Report) -> None:
    hand_in(small, draft)
    report = begin_report(small.session, small.clock, small.coordinator, SECOND)
    fresh(small, report)
    assert texts_of(report) == {PLANS: "넓힌다", PLACE: "가온로 10"}
    assert all(row.carried for row in report.texts)
    assert report.pictures == []
    with pytest.raises(Conflict) as refused:
        begin_report(small.session, small.clock, small.coordinator, SECOND)
    assert refused.value.reason == "exists"


def test_a_text_that_was_looked_at_no_longer_counts_as_taken_over(small: SmallTerm, draft: Report) -> None:
    report = begin_report(small.session, small.clock, small.coordinator, SECOND)
    assert write(small, report, {PLANS: "넓힌다"}) == []
    fresh(small, report)
    assert {row.section: row.carried for row in report.texts} == {PLANS: False, PLACE: True}


@pytest.mark.parametrize("quarter", [None, Quarter(2027, 2)])
def test_a_quarter_that_has_not_begun_has_no_report(small: SmallTerm, quarter: Quarter | None) -> None:
    with pytest.raises(InvalidInput) as refused:
        begin_report(small.session, small.clock, small.coordinator, quarter)
    assert refused.value.field == "quarter"


def test_who_saves_a_text_second_overwrites_nothing(small: SmallTerm, draft: Report) -> None:
    write(small, draft, {PLANS: "누군가 먼저"})
    for seen in ({PLANS: 1}, {}):
        with pytest.raises(Conflict) as refused:
            save_texts(
                small.session, small.clock, small.coordinator, draft.id, {PLANS: "나도", RESULTS: "다른 글"}, seen
            )
        assert refused.value.reason == "texts"
    fresh(small, draft)
    assert texts_of(draft)[PLANS] == "누군가 먼저"
    assert texts_of(draft)[RESULTS] == "더 한 일"
    # what the first has written is no conflict where both have written the same
    assert save_texts(small.session, small.clock, small.coordinator, draft.id, {PLANS: "누군가 먼저"}, {}) == []


def test_what_was_handed_in_says_the_same_for_ever(small: SmallTerm, draft: Report) -> None:
    report = hand_in(small, draft)
    before = standing(small.session, small.clock, report)
    assert report.document is not None
    assert report.digest == hashlib.sha256(report.document.encode()).hexdigest() == before.seen
    small.session.execute(sa.text("UPDATE centre SET name = '다른 이름', yearly_target = 77"))
    small.session.expire_all()
    after = standing(small.session, small.clock, report)
    assert after == before
    assert "넓힌다" in "\n".join(after.document.printed())
    assert after.document.part("pictures").pictures[0].digest in rows.contents(small.session, report.id)


def test_nobody_hands_in_what_he_has_not_seen(small: SmallTerm, draft: Report) -> None:
    seen = standing(small.session, small.clock, draft).seen
    write(small, draft, {PLANS: "다른 글"})
    with pytest.raises(Conflict) as refused:
        finalise(small.session, small.clock, small.coordinator, draft.id, seen=seen, understood=True)
    assert refused.value.reason == "changed"
    fresh(small, draft)
    with pytest.raises(InvalidForm) as gaps:
        finalise(
            small.session, small.clock, small.coordinator, draft.id,
            seen=standing(small.session, small.clock, draft).seen, understood=False,
        )  # fmt: skip
    assert gaps.value.faults[0].field == "understood"


def test_a_correction_is_a_further_issue_and_the_former_stays(small: SmallTerm, draft: Report) -> None:
    former = hand_in(small, draft)
    kept = former.document
    report = correct(small.session, small.clock, small.coordinator, former.id, " 횟수를\n바로잡음 ")
    fresh(small, report)
    assert (report.issue, report.reason, report.status) == (2, "횟수를 바로잡음", ReportStatus.DRAFT)
    assert texts_of(report) == texts_of(former)
    assert [one.digest for one in report.pictures] == [one.digest for one in former.pictures]
    write(small, report, {PLANS: "고친 글"})
    picture(small, report, 1)
    hand_in(small, report)
    small.session.expire_all()
    assert former.document == kept
    assert len(former.pictures) == 1
    assert "제2판" not in str(kept)
    with pytest.raises(Conflict):
        correct(small.session, small.clock, small.coordinator, former.id, "앞 판에서")
    third = correct(small.session, small.clock, small.coordinator, report.id, "한 번 더")
    assert third.issue == 3
    for reason in ("", " ", "가" * 201):
        with pytest.raises(InvalidInput):
            correct(small.session, small.clock, small.coordinator, report.id, reason)


def test_a_draft_can_be_thrown_away_and_begun_again(small: SmallTerm, draft: Report) -> None:
    discard(small.session, small.coordinator, draft.id)
    assert small.session.scalar(sa.select(sa.func.count()).select_from(ReportText)) == 0
    assert small.session.scalar(sa.select(sa.func.count()).select_from(ReportPicture)) == 0
    again = begin_report(small.session, small.clock, small.coordinator, FIRST)
    hand_in(small, again)
    with pytest.raises(Conflict):
        discard(small.session, small.coordinator, again.id)


def test_everything_is_refused_once_a_report_was_handed_in(small: SmallTerm, draft: Report) -> None:
    hand_in(small, draft)
    one = draft.pictures[0]
    for attempt in (
        lambda: save_texts(small.session, small.clock, small.coordinator, draft.id, {PLANS: "아"}, {PLANS: 1}),
        lambda: finalise(small.session, small.clock, small.coordinator, draft.id, seen="", understood=True),
        lambda: picture(small, draft, 1),
        lambda: report_pictures.remove_picture(small.session, small.coordinator, draft.id, one.id, seen=1),
        lambda: report_pictures.name_picture(small.session, small.coordinator, draft.id, one.id, "새", seen=1),
    ):
        with pytest.raises(Conflict) as refused:
            attempt()
        assert refused.value.reason == "final"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE quarterly_report SET reason = 'x'",
        "UPDATE quarterly_report SET status = 'draft', document = NULL, digest = NULL",
        "DELETE FROM quarterly_report",
        "TRUNCATE quarterly_report CASCADE",
        "UPDATE quarterly_report_text SET text = 'x'",
        "DELETE FROM quarterly_report_text",
        "INSERT INTO quarterly_report_text SELECT report_id, 'fee', 'x', false, 1, at, by_id"
        " FROM quarterly_report_text LIMIT 1",
        "UPDATE quarterly_report_picture SET caption = 'x'",
        "DELETE FROM quarterly_report_picture",
    ],
)
def test_the_database_itself_keeps_what_was_handed_in(small: SmallTerm, draft: Report, statement: str) -> None:
    hand_in(small, draft)
    with pytest.raises(DBAPIError, match=r"is final|append-only"), small.session.begin_nested():
        small.session.execute(sa.text(statement))


def test_the_database_knows_a_digest_that_does_not_fit(small: SmallTerm, draft: Report) -> None:
    statement = (
        "UPDATE quarterly_report SET status = 'final', document = 'a', digest = 'b', finalised_at = now(),"
        " finalised_by_id = created_by_id"
    )
    with pytest.raises(IntegrityError, match="ck_quarterly_report_digest"), small.session.begin_nested():
        small.session.execute(sa.text(statement))
    with pytest.raises(IntegrityError, match="ck_quarterly_report_final_is_kept"), small.session.begin_nested():
        small.session.execute(sa.text("UPDATE quarterly_report SET status = 'final'"))
    with pytest.raises(IntegrityError, match="ck_quarterly_report_picture_digest"), small.session.begin_nested():
        small.session.execute(sa.text("UPDATE quarterly_report_picture SET content = ''"))


def test_pictures_are_ordered_named_and_taken_out(small: SmallTerm, draft: Report) -> None:
    second = picture(small, draft, 1)
    person = small.coordinator
    report_pictures.bring_forward(small.session, person, draft.id, second.id, seen=1)
    fresh(small, draft)
    assert [one.caption for one in draft.pictures] == ["사진 1", "사진 0"]
    with pytest.raises(Conflict):
        report_pictures.name_picture(small.session, person, draft.id, second.id, "늦음", seen=1)
    report_pictures.bring_forward(small.session, person, draft.id, second.id, seen=2)
    report_pictures.name_picture(small.session, person, draft.id, second.id, " 발대식 ", seen=2)
    report_pictures.remove_picture(small.session, person, draft.id, draft.pictures[1].id, seen=2)
    fresh(small, draft)
    assert [one.caption for one in draft.pictures] == ["발대식"]
    with pytest.raises(NotFound):
        report_pictures.remove_picture(small.session, person, draft.id, 999_999, seen=1)


def test_a_picture_needs_its_words_and_comes_once(
    small: SmallTerm, draft: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reasons(data: bytes, caption: str) -> list[tuple[str | None, str | None]]:
        with pytest.raises(InvalidForm) as refused:
            report_pictures.add_picture(small.session, small.clock, small.coordinator, draft.id, data, caption)
        return [(one.field, one.reason) for one in refused.value.faults]

    assert reasons(b"", "") == [("picture", "required"), ("caption", "required")]
    assert reasons(photograph(), "또") == [("picture", "picture_twice")]
    assert reasons(photograph(1), "가" * 61) == [("caption", "too_long")]
    monkeypatch.setattr(report_pictures, "MOST_PICTURES", 1)
    assert reasons(photograph(1), "둘째") == [("picture", "picture_many")]


def test_an_officer_sees_what_was_handed_in_and_changes_nothing(small: SmallTerm, draft: Report) -> None:
    officer = small.person(Role.OFFICER)
    assert rows.reports(small.session, officer, 1).rows == []
    with pytest.raises(NotFound):
        rows.report(small.session, officer, draft.id)
    hand_in(small, draft)
    assert [one.id for one in rows.reports(small.session, officer, 1).rows] == [draft.id]
    for attempt in (
        lambda: begin_report(small.session, small.clock, officer, SECOND),
        lambda: save_texts(small.session, small.clock, officer, draft.id, {}, {}),
        lambda: correct(small.session, small.clock, officer, draft.id, "까닭"),
        lambda: discard(small.session, officer, draft.id),
        lambda: finalise(small.session, small.clock, officer, draft.id, seen="", understood=True),
        lambda: report_pictures.add_picture(small.session, small.clock, officer, draft.id, b"", ""),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_two_who_begin_at_once_begin_one(small: SmallTerm) -> None:
    """The second finds nothing yet and meets the database's own rule."""
    same = {"year": 2027, "number": 1, "created_at": small.clock.now(), "created_by_id": small.coordinator.user_id}
    small.session.add(Report(**same))
    small.session.flush()
    with pytest.raises(Conflict):
        begin_report(small.session, small.clock, small.coordinator, SECOND)
    with small.session.begin_nested() as attempt:
        small.session.add(Report(**same, issue=2, reason="둘째"))
        with pytest.raises(IntegrityError, match="uq_quarterly_report_draft"):
            small.session.flush()
        attempt.rollback()


def test_a_report_that_is_none_is_not_found(session: Session, small: SmallTerm) -> None:
    with pytest.raises(NotFound):
        save_texts(session, small.clock, small.coordinator, ReportId(1), {}, {})
    with pytest.raises(NotFound):
        correct(session, small.clock, small.coordinator, ReportId(1), "까닭")
    with pytest.raises(NotFound):
        rows.content(session, ReportId(1), "ab")
