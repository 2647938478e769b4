"""Registration for sessions as a teacher and as the office meet it: pages, refusals, the table that leaves."""

from __future__ import annotations

import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from booking.models.registrations import SessionOpening, SessionParty
from tests.support.pages import Site, words
from tests.support.registrations import a_session, opened, registered

OFFICE = "coordinator@demo.example.kr"
OPENING = {
    "places": "30",
    "levels": "middle",
    "opens_on": "2027-02-01",
    "opens_at": "09:00",
    "closes_on": "2027-03-16",
    "closes_at": "18:00",
    "smallest": "2",
    "largest": "30",
    "keep": "3",
    "unit": "working_days",
    "seen": "0",
}
CLASS = {"label": "1-3", "grade": "1", "pupils": "28", "note": ""}


def party(site: Site, label: str = "1-3") -> SessionParty:
    site.session.rollback()
    site.session.expire_all()
    return (
        site.session.scalars(
            sa.select(SessionParty).where(SessionParty.label == label).order_by(SessionParty.id.desc())
        ).first()
        or SessionParty()
    )


def open_session(site: Site, places: int = 30) -> int:
    number = opened(site.small, places).session_id
    site.session.commit()
    return number


def filled(site: Site, number: int, pupils: int = 30, school: int = 1) -> SessionParty:
    opening = site.session.get_one(SessionOpening, number)
    found = registered(site.small, opening, pupils, school=school)
    site.session.commit()
    return found


def post(client: FlaskClient, path: str, **values: str) -> TestResponse:
    return client.post(path, data=values, follow_redirects=True)


def test_the_office_opens_a_session_and_a_school_registers_for_it(site: Site) -> None:
    number = a_session(site.small).id
    site.session.commit()
    office, teacher = site.signed_in(OFFICE), site.teacher("S0")
    assert teacher.get(f"/teacher/programmes/{number}").status_code == 404
    page = words(office.get(f"/console/sessions/{number}/registration"))
    assert "신청 열기" in page
    refused = office.post(f"/console/sessions/{number}/registration", data={**OPENING, "largest": "31"})
    assert refused.status_code == 422
    assert "한 모둠이 모든 자리보다 클 수 없습니다." in words(refused)
    assert "저장했습니다" in words(post(office, f"/console/sessions/{number}/registration", **OPENING))
    assert "남은 자리 30명, 모두 30명" in words(office.get(f"/console/sessions/{number}"))

    listed = words(teacher.get("/teacher/programmes"))
    assert "직업인 특강" in listed
    assert "남은 자리 30명, 모두 30명" in listed
    answer = post(teacher, f"/teacher/programmes/{number}/register", **CLASS)
    assert "등록되었습니다" in words(answer)
    assert "28명 등록되었습니다." in words(answer)
    assert "얼마 안 남음" in words(answer)
    again = office.post(f"/console/sessions/{number}/registration", data=OPENING)
    assert again.status_code == 409


def test_a_school_that_waits_reads_why_and_answers_when_places_come_free(site: Site) -> None:
    number = open_session(site)
    filled(site, number)
    teacher, office = site.teacher("S0"), site.signed_in(OFFICE)
    page = words(post(teacher, f"/teacher/programmes/{number}/register", **CLASS))
    assert "대기 명단에 올렸습니다" in page
    assert "28명 자리를 기다립니다. 앞에 기다리는 학급이 없습니다. 지금은 빈자리가 없습니다." in page
    later = words(post(teacher, f"/teacher/programmes/{number}/register", **{**CLASS, "label": "1-4"}))
    assert "앞에 1학급(28명)이 있습니다." in later
    refused = teacher.post(f"/teacher/programmes/{number}/register", data={**CLASS, "pupils": "27"})
    assert refused.status_code == 422
    assert "이미 신청한 학급입니다" in words(refused)

    post(office, f"/console/sessions/parties/{filled_party(site)}/remove", reason="강당이 작아졌습니다")
    page = words(teacher.get(f"/teacher/programmes/{number}"))
    assert "28명 자리를 잡아 두었습니다. 2월 25일 (목) 18:00까지 답해 주세요." in page
    waits = party(site)
    assert teacher.post(f"/teacher/programmes/parties/{waits.id}/answer", data={}).status_code == 400
    page = words(post(teacher, f"/teacher/programmes/parties/{waits.id}/answer", answer="accept"))
    assert "등록되었습니다. 고맙습니다." in page
    declined = words(post(teacher, f"/teacher/programmes/parties/{waits.id}/answer", answer="decline"))
    assert "그사이 달라진 것이 있어" in declined
    assert party(site).status == "registered"


def filled_party(site: Site) -> int:
    return party(site, "1-1").id


def test_a_school_changes_the_number_and_withdraws(site: Site) -> None:
    number = open_session(site)
    teacher = site.teacher("S0")
    post(teacher, f"/teacher/programmes/{number}/register", **CLASS)
    one = party(site)
    path = f"/teacher/programmes/parties/{one.id}"
    refused = teacher.post(f"{path}/size", data={"pupils": "31", "seen": str(one.version)})
    assert refused.status_code == 422
    assert "그만큼 남은 자리가 없습니다" in words(refused)
    assert f'id="pupils-{one.id}-error"' in refused.text
    assert "인원을 고쳤습니다" in words(post(teacher, f"{path}/size", pupils="25", seen=str(one.version)))
    assert "그사이 달라진 것이 있어" in words(post(teacher, f"{path}/size", pupils="24", seen=str(one.version)))
    assert party(site).pupils == 25
    assert "그사이 달라진 것이 있어" in words(post(teacher, f"{path}/withdraw", seen="1"))
    assert "신청을 취소했습니다" in words(post(teacher, f"{path}/withdraw", seen=str(party(site).version)))
    assert "끝난 신청" in words(teacher.get(f"/teacher/programmes/{number}"))


def test_the_office_registers_gathers_moves_and_removes(site: Site) -> None:
    number = open_session(site)
    filled(site, number, 20)
    office = site.signed_in(OFFICE)
    base = f"/console/sessions/{number}/registration"
    refused = office.post(f"{base}/parties", data=CLASS)
    assert refused.status_code == 422
    page = words(post(office, f"{base}/parties", school=str(site.school_id("S0")), **CLASS))
    assert "자리가 모자라 대기 명단에 올렸습니다" in page
    one = party(site)
    path = f"/console/sessions/parties/{one.id}"
    assert office.post(f"{path}/step", data={"step": "place"}).status_code == 422
    assert "자리를 모읍니다" in words(post(office, f"{path}/step", step="gather"))
    assert "자리 모으는 중" in words(office.get(base))
    assert "자리 모으기를 그만두었습니다" in words(post(office, f"{path}/step", step="let_go"))
    assert office.post(f"{path}/remove", data={"reason": ""}).status_code == 422
    assert office.post(f"{path}/move", data={"to": "x"}).status_code == 422
    other = open_session(site, 40)
    page = words(post(office, f"{path}/move", to=str(other)))
    assert "이 회차로 옮겼습니다" in page
    assert "가람중 1-3" in page
    moved = party(site)
    page = words(post(office, f"/console/sessions/parties/{moved.id}/size", pupils="26", seen=str(moved.version)))
    assert "인원을 고쳤습니다" in page
    page = words(post(office, f"/console/sessions/{other}/registration/close", closed="1"))
    assert "신청 닫음" in page
    teacher = site.teacher("S0")
    assert "지금은 신청을 받지 않는 회차입니다" in words(
        post(teacher, f"/teacher/programmes/{other}/register", **{**CLASS, "label": "1-5"})
    )
    assert "있었던 일" in page
    assert "회차 신청 닫음" in page


def test_the_table_that_leaves_holds_head_counts_and_no_contacts(site: Site) -> None:
    number = open_session(site)
    teacher = site.teacher("S0")
    post(teacher, f"/teacher/programmes/{number}/register", **{**CLASS, "note": "=1+1"})
    answer = site.signed_in(OFFICE).get(f"/console/sessions/{number}/registration.csv")
    assert answer.mimetype == "text/csv"
    text = answer.get_data().decode("utf-8-sig")
    assert text.splitlines()[0].startswith("순서,학교,학급,학년,인원,상태")
    assert "1,가람중,1-3,1,28,등록,2027-02-22 09:00,,'=1+1," in text


def test_a_session_without_registration_says_so(site: Site) -> None:
    number = a_session(site.small).id
    site.session.commit()
    office = site.signed_in(OFFICE)
    assert office.get(f"/console/sessions/{number}/registration.csv").status_code == 404
    assert office.get("/console/sessions/parties/999").status_code == 404
    assert "지금 우리 학교가 신청할 수 있는 회차가 없습니다" in words(site.teacher("S0").get("/teacher/programmes"))
