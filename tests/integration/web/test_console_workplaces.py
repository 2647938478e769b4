"""A workplace is kept on its pages: entered, changed, closed, moved along; what it costs is said before it is saved."""

from __future__ import annotations

import re
from html import unescape

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.domain.states import GroupStatus
from booking.models.history import AccessEntry
from booking.models.visits import VisitGroup
from booking.models.workplaces import Workplace, WorkplaceContact, WorkplaceException, WorkplaceStep
from tests.support.pages import Site, words
from tests.unit.domain.test_workplace_entry import GOOD

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    return site.signed_in("coordinator@demo.example.kr")


def fresh(site: Site) -> None:
    site.session.rollback()
    site.session.expire_all()


def first(site: Site) -> Workplace:
    fresh(site)
    return site.session.scalars(sa.select(Workplace).order_by(Workplace.id).limit(1)).one()


def as_form(place: Workplace) -> dict[str, list[str]]:
    return {
        **{name: [str(getattr(place, name) or "")] for name in GOOD if name not in ("levels", "hours")},
        "name": [place.name],
        "visits_per_day": [str(place.visits_per_day or "")],
        "visits_per_term": [""],
        "insurance_valid_until": [str(place.insurance_valid_until)],
        "levels": list(place.levels),
        "hours": [f"{row.weekday}-{row.block.value}" for row in place.hours],
        "seen": [str(place.version)],
    }


def asked_group(site: Site) -> VisitGroup:
    """A group that has been asked for, at a workplace with one group at a time."""
    fresh(site)
    return site.session.scalars(
        sa.select(VisitGroup)
        .where(VisitGroup.status == GroupStatus.ASKED, VisitGroup.workplace.has(groups_per_slot=1))
        .order_by(VisitGroup.id)
    ).first() or pytest.fail("the plan asks nobody")


def kept(text: str) -> dict[str, list[str]]:
    """What the page before saving would send."""
    found: dict[str, list[str]] = {}
    for name, value in _HIDDEN.findall(text):
        found.setdefault(name, []).append(unescape(value))
    return found


def test_a_workplace_is_entered_and_stands_in_the_register(site: Site, desk: FlaskClient) -> None:
    assert "일터 등록" in words(desk.get("/console/workplaces/new"))
    refused = desk.post("/console/workplaces/new", data={**GOOD, "sms_name": "아홉글자를넘는이름", "status": "found"})
    assert refused.status_code == 422
    assert "문자에 쓰는 짧은 이름이 너무 깁니다" in words(refused)
    assert "행복동물병원" in refused.text
    done = desk.post("/console/workplaces/new", data={**GOOD, "status": "found", "since": "2027-02-01"})
    assert done.status_code == 303
    page = words(desk.get(done.location))
    assert "행복동물병원 발굴" in page
    assert "2027년 2월 1일" in page
    late = desk.post("/console/workplaces/new", data={**GOOD, "name": "b", "status": "found", "since": "2027-12-01"})
    assert "앞으로의 날은 적을 수 없습니다" in words(late)
    assert desk.post("/console/workplaces/new", data={**GOOD, "status": "castle"}).status_code == 422


def test_the_form_changes_what_it_shows_and_history_tells_from_what_to_what(site: Site, desk: FlaskClient) -> None:
    place = first(site)
    address = f"/console/workplaces/{place.id}"
    assert place.name in desk.get(f"{address}/edit").text
    form = as_form(place)
    assert desk.post(f"{address}/edit", data={**form, "sms_name": "새이름", "max_group": "9"}).status_code == 303
    page = words(desk.get(address))
    assert "가장 많은 모둠 인원: 6 → 9" in page
    assert first(site).sms_name == "새이름"
    stale = desk.post(f"{address}/edit", data={**form, "max_group": "8"})
    assert stale.status_code == 409
    assert "가장 많은 모둠 인원: 9 → 8" in words(stale)
    assert first(site).max_group == 9
    assert desk.post(f"{address}/edit", data={**form, "max_group": "1"}).status_code == 422
    assert desk.get("/console/workplaces/99999/edit").status_code == 404


def test_what_a_closure_costs_is_said_first_and_done_after_the_yes(site: Site, desk: FlaskClient) -> None:
    site.publish()
    group = asked_group(site)
    place, slot = group.workplace, group.visit.slot
    address = f"/console/workplaces/{place.id}"
    closure = {"first": slot.date.isoformat(), "blocks": slot.block.value, "reason": "재고 조사", "open": "0"}

    asked = desk.post(f"{address}/closures", data={**closure, "seen": place.version})

    assert asked.status_code == 200
    assert "아직 저장하지 않았습니다" in words(asked)
    assert group.visit.request.school.name in words(asked)
    fresh(site)
    assert site.session.scalar(sa.select(sa.func.count()).select_from(WorkplaceException)) == 0
    back = desk.post(f"{address}/closures", data={**kept(asked.text), "back": "1"})
    assert "재고 조사" in back.text
    done = desk.post(f"{address}/closures", data=kept(asked.text), follow_redirects=True)
    assert "자리를 다시 찾기 시작했습니다" in words(done)
    fresh(site)
    assert site.session.get_one(VisitGroup, group.id).status is GroupStatus.DECLINED
    assert "재고 조사" in words(desk.get(address))
    assert "1" in words(desk.get("/console"))

    half = f"{slot.date} {slot.block.value}"
    undone = {"half": half, "seen": str(site.session.get_one(Workplace, place.id).version)}
    assert desk.post(f"{address}/closures/undo", data=undone).status_code == 303
    fresh(site)
    assert site.session.scalar(sa.select(sa.func.count()).select_from(WorkplaceException)) == 0
    assert desk.post(f"{address}/closures/undo", data={**undone, "half": "yesterday"}).status_code == 422


def test_a_wrong_closure_or_step_is_told_beside_its_field_and_kept(site: Site, desk: FlaskClient) -> None:
    place = first(site)
    address = f"/console/workplaces/{place.id}"
    wrong = desk.post(f"{address}/closures", data={"first": "2027-03-18", "last": "2027-03-16", "reason": "휴가"})
    assert wrong.status_code == 422
    assert "끝나는 날이 시작하는 날보다 빠릅니다" in words(wrong)
    assert 'value="휴가"' in wrong.text
    version = place.version
    for data in ({"status": "talks"}, {"status": "castle"}, {"status": "paused", "since": "soon"}):
        assert desk.post(f"{address}/status", data={**data, "seen": version}).status_code == 422, data
    fine = desk.post(f"{address}/status", data={"status": "paused", "since": "2027-02-20", "seen": version})
    assert fine.status_code == 303
    fresh(site)
    assert site.session.scalars(sa.select(WorkplaceStep)).one().since.isoformat() == "2027-02-20"
    assert desk.post(f"{address}/status", data={"status": "ended", "seen": version}).status_code == 409


def test_a_contact_is_changed_where_it_is_shown_and_history_does_not_hold_it(site: Site, desk: FlaskClient) -> None:
    place = first(site)
    address = f"/console/workplaces/{place.id}"
    assert "contact_phone" not in desk.get(address).text
    assert "contact_phone" in desk.post(f"{address}/contact").text
    new = {"contact_name": "새사람", "contact_phone": "01000000777", "contact_language": "en", "seen": place.version}
    wrong = desk.post(f"{address}/contact/edit", data={**new, "contact_phone": "12"})
    assert wrong.status_code == 422
    assert "보기: 010-0000-0000" in words(wrong)
    assert desk.post(f"{address}/contact/edit", data=new).status_code == 303
    fresh(site)
    contact = site.session.get_one(WorkplaceContact, place.id)
    assert (contact.name, contact.phone, contact.email) == ("새사람", "010-0000-0777", None)
    assert site.session.scalar(sa.select(sa.func.count()).select_from(AccessEntry)) == 2
    told = site.session.scalars(sa.text("SELECT detail::text FROM history_entry WHERE action = 'workplace_changed'"))
    assert all("0777" not in detail and "새사람" not in detail for detail in told)


def test_a_successor_is_told_and_a_correction_is_not(site: Site, desk: FlaskClient) -> None:
    site.publish()
    place = first(site)
    address = f"/console/workplaces/{place.id}/contact/edit"
    count = sa.text(
        "SELECT count(*), count(*) FILTER (WHERE status = 'withdrawn') FROM message WHERE workplace_id = :id"
    )
    before = site.session.execute(count, {"id": place.id}).one()
    form = {"contact_name": "새사람", "contact_phone": "01000000777", "contact_language": "ko"}
    assert desk.post(address, data={**form, "seen": place.version}).status_code == 303
    fresh(site)
    assert site.session.execute(count, {"id": place.id}).one() == before
    new = {
        **form,
        "contact_name": "다음분",
        "contact_email": "next@example.kr",
        "seen": place.version,
        "successor": "1",
    }
    done = desk.post(address, data=new, follow_redirects=True)
    assert "앞 담당자의 링크는 닫았고" in words(done)
    fresh(site)
    written, withdrawn = site.session.execute(count, {"id": place.id}).one()
    assert (written, withdrawn) == (2 * before[0], before[0])
    assert before[0] > 0


def test_only_the_office_may_change_the_register(site: Site) -> None:
    place = first(site)
    for email in ("officer@demo.example.kr",):
        client = site.signed_in(email)
        for path in ("edit", "status", "closures", "closures/undo", "contact/edit"):
            assert client.post(f"/console/workplaces/{place.id}/{path}").status_code == 403, path
    assert site.teacher("S0").post(f"/console/workplaces/{place.id}/edit").status_code == 403


def test_the_hours_of_a_workplace_are_no_states_of_messages_in_english(site: Site, desk: FlaskClient) -> None:
    """One Korean word may mean two things; each has an English word of its own."""
    desk.post("/language", data={"language": "en"})
    page = words(desk.get(f"/console/workplaces/{first(site).id}"))
    assert "Takes pupils" in page
    assert "Takes no pupils" in page
    assert "Delivered" not in page
    assert "Refused" not in page
