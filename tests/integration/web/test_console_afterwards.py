"""The centre's side: changes that schools report, figures that are missing, what classes are told of a workplace."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.domain.states import ChangeReportStatus, VisitStatus
from booking.domain.vocabulary import ChangeKind, Role
from booking.models.afterwards import Attendance, ChangeReport
from booking.models.history import HistoryEntry
from booking.models.messages import Message
from booking.models.workplaces import Workplace
from booking.services.audit import run_audit
from booking.services.change_reports import Change, report_change, withdraw_report
from booking.services.placing import live_groups
from tests.support.pages import Site, words
from tests.support.visits import DAY, at

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def out(site: Site) -> Site:
    site.publish()
    return site


def office(site: Site) -> FlaskClient:
    return site.signed_in("coordinator@demo.example.kr")


def reported(site: Site, change: Change, code: str = "V0000") -> int:
    small = site.small
    report = report_change(site.session, small.clock, small.person(Role.TEACHER, "S0"), small.request(code).id, change)
    site.session.commit()
    return report.id


def report_of(site: Site, number: int) -> ChangeReport:
    site.session.rollback()
    site.session.expire_all()
    return site.session.scalars(sa.select(ChangeReport).where(ChangeReport.id == number)).one()


def test_a_change_is_counted_shown_and_applied_with_one_click(out: Site) -> None:
    number = reported(out, Change(ChangeKind.SIZE, f"전학 {EVIL}", pupils=23))
    client = office(out)
    assert "1 학교가 알린 변경" in words(client.get("/console"))
    page = client.get("/console/changes")
    assert "20명 → 23명" in words(page)
    assert "학교가 알린 것만으로는 배정이 바뀌지 않습니다." in words(page)
    assert EVIL not in page.text
    for _ in range(2):
        answer = client.post(f"/console/changes/{number}", data={"answer": "apply"})
        assert answer.status_code == 303
    assert "재배정을 요청했습니다" in words(client.get("/console/changes"))
    assert report_of(out, number).status is ChangeReportStatus.APPLIED
    assert out.request("V0000").pupils == 23
    assert "1 학교가 알린 변경" not in words(client.get("/console"))
    about = words(client.get(f"/console/visits/{out.small.visit('V0000').id}"))
    assert "변경 알림 답" in about
    assert "학교가 변경을 알림" in about
    kinds = list(out.session.scalars(sa.select(Message.kind).where(Message.kind == "change_answered")))
    assert len(kinds) == 1
    assert run_audit(out.session, out.small.clock.now()) == []


def test_refusing_without_an_answer_keeps_the_page_and_names_the_field(out: Site) -> None:
    number = reported(out, Change(ChangeKind.CANCEL, "행사", again=True))
    client = office(out)
    page = client.post(f"/console/changes/{number}", data={"answer": "refuse"})
    assert page.status_code == 422
    assert "학교에 보낼 답을 적어 주세요." in words(page)
    assert f'href="#note-{number}"' in page.text
    long = client.post(f"/console/changes/{number}", data={"answer": "refuse", f"note-{number}": "가" * 501})
    assert long.status_code == 422
    assert "가" * 501 in long.text
    good = client.post(f"/console/changes/{number}", data={"answer": "refuse", f"note-{number}": "버스가 예약됨"})
    assert good.status_code == 303
    assert report_of(out, number).note == "버스가 예약됨"
    assert "버스가 예약됨" in words(client.get("/console/changes"))


def test_a_report_that_was_taken_back_is_not_applied(out: Site) -> None:
    number = reported(out, Change(ChangeKind.CANCEL, "행사", again=False))
    report = report_of(out, number)
    teacher = out.small.person(Role.TEACHER, "S0")
    withdraw_report(out.session, out.small.clock, teacher, report.request_id, report.id)
    out.session.commit()
    client = office(out)
    answer = client.post(f"/console/changes/{number}", data={"answer": "apply"})
    assert "그사이 학교가 거두었거나" in words(client.get(answer.location))
    assert client.post("/console/changes/999", data={"answer": "apply"}).status_code == 404
    assert out.small.visit("V0000").status is VisitStatus.PUBLISHED


def test_a_visit_is_called_off_from_the_list(out: Site) -> None:
    number = reported(out, Change(ChangeKind.CANCEL, "행사", again=False))
    client = office(out)
    client.post(f"/console/changes/{number}", data={"answer": "apply"})
    page = words(client.get("/console/changes"))
    assert "지금은 방문이 없습니다." in page
    assert out.request("V0000").status == "withdrawn"


def test_missing_figures_are_listed_reminded_once_and_entered_by_telephone(out: Site) -> None:
    client = office(out)
    assert "실적 미입력" not in words(client.get("/console"))
    at(out.small, DAY + dt.timedelta(days=9))
    client = office(out)
    assert "기한 지난 학급 2개" in words(client.get("/console"))
    page = words(client.get("/console/attendance"))
    assert "가람중 · 3월 15일 (월) 기한 2일 지남" in page
    assert "기한까지 0일" in page
    school = out.school_id("S0")
    for said in ("학교에 결과 입력을 부탁하는 알림을 보냅니다.", "이미 보냈습니다"):
        answer = client.post("/console/attendance/remind", data={"school": school, "date": DAY.isoformat()})
        assert said in words(client.get(answer.location))
    out.session.rollback()
    sent = out.session.scalars(sa.select(Message).where(Message.kind == "attendance_reminder")).all()
    assert {(message.channel.value, message.version) for message in sent} == {("email", 1), ("sms", 1)}
    assert client.post("/console/attendance/remind", data={"school": "x", "date": "gestern"}).status_code == 404

    request = out.request("V0000").id
    form = {f"attended-{group.id}": str(group.pupils) for group in live_groups(out.small.visit("V0000"))}
    wrong = client.post(f"/console/attendance/{request}", data={**form, next(iter(form)): "10000"})
    assert wrong.status_code == 422
    assert 'value="10000"' in wrong.text
    assert client.post(f"/console/attendance/{request}", data=form).status_code == 303
    stale = client.post(f"/console/attendance/{request}", data={**form, next(iter(form)): "1"})
    assert stale.status_code == 409
    out.session.rollback()
    row = out.session.scalars(sa.select(Attendance)).first()
    assert row is not None
    assert row.reported_by_id == out.small.coordinator.user_id
    assert client.post(f"/console/attendance/{request}/answers", data={"q-overall-5": "21"}).status_code == 422
    assert client.post(f"/console/attendance/{request}/answers", data={"q-overall-5": "20"}).status_code == 303
    assert client.post(f"/console/attendance/{request}/answers", data={"q-overall-5": "19"}).status_code == 409
    assert out.small.visit("V0000").status is VisitStatus.COMPLETED
    assert run_audit(out.session, out.small.clock.now()) == []


def test_the_telephone_does_not_come_before_the_day(out: Site) -> None:
    client = office(out)
    request = out.request("V0000").id
    form = {f"attended-{group.id}": "1" for group in live_groups(out.small.visit("V0000"))}
    answer = client.post(f"/console/attendance/{request}", data=form)
    assert "온 인원은 방문일부터" in words(client.get(answer.location))
    assert client.get("/console/attendance/999999").status_code == 404


def test_what_classes_are_told_is_edited_with_its_history(out: Site) -> None:
    client = office(out)
    place = live_groups(out.small.visit("V0000"))[0].workplace_id
    path = f"/console/workplaces/{place}/briefing"
    seen = client.get(path).text.partition('name="seen" value="')[2].partition('"')[0]
    form = {"briefing": f"손을 씻습니다.\r\n{EVIL}", "prepares": "앞치마", "seen": seen}
    assert client.post(path, data={**form, "briefing": "가" * 4001}).status_code == 422
    for _ in range(2):
        assert client.post(path, data=form).status_code == 303
    page = client.get(f"/console/workplaces/{place}")
    assert "손을 씻습니다.\n&lt;script&gt;" in page.text
    stale = client.post(path, data={**form, "briefing": "다른 글"})
    assert stale.status_code == 409
    assert "손을 씻습니다." in words(stale)
    assert "다른 글" in stale.text
    out.session.rollback()
    entries = out.session.scalars(sa.select(HistoryEntry).where(HistoryEntry.action == "briefing_changed")).all()
    assert len(entries) == 1
    assert set(entries[0].detail["before"]) == {"briefing", "prepares"}
    assert out.session.get_one(Workplace, place).prepares == "앞치마"
    assert client.get("/console/workplaces/999/briefing").status_code == 404
