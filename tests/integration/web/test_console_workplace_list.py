"""The list of workplaces: narrowed, sorted, written down, and many changed at once after a look at each."""

from __future__ import annotations

import datetime as dt
import io
import re
from html import unescape

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from openpyxl import load_workbook

from booking.domain.states import GroupStatus
from booking.domain.vocabulary import JobField, WorkplaceStatus
from booking.exchange.sheets import read_sheet
from booking.models.history import AccessEntry
from booking.models.visits import VisitGroup
from booking.models.workplaces import Workplace, WorkplaceContact, WorkplaceException, WorkplaceStep
from booking.services.audit import run_audit
from tests.support.pages import Site, words

_NAMES = re.compile(r'<a class="row-link" href="/console/workplaces/\d+">([^<]+)</a>')
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
DAY = dt.date(2027, 2, 22)


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    return site.signed_in("coordinator@demo.example.kr")


def names(desk: FlaskClient, query: str = "") -> list[str]:
    return _NAMES.findall(desk.get(f"/console/workplaces{query}").text)


def places(site: Site) -> list[Workplace]:
    site.session.rollback()
    site.session.expire_all()
    return list(site.session.scalars(sa.select(Workplace).order_by(Workplace.id)))


def applying(text: str) -> dict[str, list[str]]:
    """What the form with the yes would send."""
    form = text[text.index("/bulk/apply") :]
    found: dict[str, list[str]] = {}
    for name, value in _HIDDEN.findall(form):
        found.setdefault(name, []).append(unescape(value))
    return found


def test_the_list_narrows_by_what_a_workplace_stands_out_by(site: Site, desk: FlaskClient) -> None:
    first, second, third, fourth, *_ = places(site)
    first.safety_valid_until = DAY + dt.timedelta(days=60)
    second.safety_valid_until = DAY + dt.timedelta(days=61)
    third.certified_until = DAY - dt.timedelta(days=1)
    fourth.insurance_valid_until = None
    fourth.levels = ["high"]
    site.session.commit()
    assert names(desk, "?mark=expiring") == [first.name]
    assert names(desk, "?mark=expired") == [third.name, fourth.name]
    assert names(desk, "?level=middle&mark=expired") == [third.name]
    assert len(names(desk, "?mark=dormant")) == 8
    assert names(desk, "?mark=busy") == []
    assert len(names(desk, "?mark=nonsense&level=none&sort=none")) == 8
    site.publish()
    used = set(site.session.scalars(sa.select(VisitGroup.workplace_id)))
    assert len(names(desk, "?mark=dormant")) == 8 - len(used)


def test_a_column_sorts_both_ways_and_says_so(site: Site, desk: FlaskClient) -> None:
    for number, place in enumerate(places(site)):
        place.max_group = 20 - number
        place.field = list(JobField)[number]
    site.session.commit()
    up = names(desk, "?sort=size")
    assert up == [f"일터 {n}" for n in reversed(range(8))]
    assert names(desk, "?sort=-size") == up[::-1]
    assert names(desk, "?sort=-name") == up
    page = desk.get("/console/workplaces?sort=size&q=일터").text
    assert page.count("aria-sort") == 1
    assert 'aria-sort="ascending"' in page
    assert "sort=-size" in page


def test_the_quarter_counts_found_ended_and_net_by_the_days_of_the_steps(site: Site, desk: FlaskClient) -> None:
    one, two, *_ = places(site)
    for place, before, status, since in (
        (one, None, WorkplaceStatus.FOUND, dt.date(2027, 1, 5)),
        (two, WorkplaceStatus.ACTIVE, WorkplaceStatus.ENDED, dt.date(2027, 2, 1)),
        (two, WorkplaceStatus.ENDED, WorkplaceStatus.FOUND, dt.date(2027, 2, 2)),
    ):
        site.session.add(WorkplaceStep(workplace_id=place.id, status_before=before, status=status, since=since))
        site.session.flush()
    one.status = two.status = WorkplaceStatus.FOUND
    site.session.commit()
    text = words(desk.get("/console/workplaces"))
    assert "이번 분기 발굴 2" in text
    assert "이번 분기 종료 1" in text
    assert "1분기 2 1 +1" in text
    assert "2분기 0 0 0" in text


def test_the_table_leaves_without_contacts_and_with_them_only_for_a_purpose(site: Site, desk: FlaskClient) -> None:
    place = places(site)[0]
    place.name = "=cmd"
    contact = site.session.get_one(WorkplaceContact, place.id)
    site.session.commit()
    plain = desk.get("/console/workplaces/export?sort=-name")
    assert plain.mimetype == "text/csv"
    assert "'=cmd" in plain.text
    assert str(contact.email) not in plain.text
    assert "내려받는 목적" in words(
        desk.post("/console/workplaces/export", data={"purpose": " 음 "}, follow_redirects=True)
    )
    site.session.rollback()
    assert site.session.scalar(sa.select(sa.func.count()).select_from(AccessEntry)) == 0
    full = desk.post("/console/workplaces/export?q=cmd", data={"purpose": "감사 인사 전화"})
    (row,) = read_sheet(full.data).rows
    assert row[-1] == contact.email
    made = {line[0].value: line[1].value for line in load_workbook(io.BytesIO(full.data)).worksheets[1].iter_rows()}
    assert made["목적"] == "감사 인사 전화"
    site.session.rollback()
    entry = site.session.scalars(sa.select(AccessEntry)).one()
    assert (entry.action, entry.count, entry.purpose) == ("export_contacts", 1, "감사 인사 전화")
    assert site.teacher("S0").get("/console/workplaces/export").status_code == 403


def test_many_are_changed_after_a_look_and_what_changed_meanwhile_is_named(site: Site, desk: FlaskClient) -> None:
    one, two, three, *_ = places(site)
    three.status = WorkplaceStatus.ENDED
    site.session.commit()
    ids = [str(place.id) for place in (one, two, three)]
    page = desk.post("/console/workplaces/bulk", data={"id": ids})
    assert "일터 3곳" in words(page)
    wrong = desk.post("/console/workplaces/bulk/preview", data={"id": ids, "change": "closure"})
    assert wrong.status_code == 422
    seen = desk.post(
        "/console/workplaces/bulk/preview",
        data={"id": ids, "change": "status", "status": "paused", "since": "2027-02-20"},
    )
    text = words(seen)
    assert "바뀌는 일터 2" in text
    assert "상태: 운영 중 → 쉼" in text
    assert "지금 상태에서 바로 갈 수 없는 단계입니다" in text
    assert places(site)[0].status is WorkplaceStatus.ACTIVE
    form = applying(seen.text)
    assert len(form["row"]) == 2
    two = places(site)[1]
    two.version += 1
    site.session.commit()
    done = words(desk.post("/console/workplaces/bulk/apply", data=form))
    assert "일터 1곳을 바꿨습니다" in done
    assert f"바꾸지 않은 일터 1곳 {two.name}" in done
    assert [place.status for place in places(site)[:3]] == [
        WorkplaceStatus.PAUSED, WorkplaceStatus.ACTIVE, WorkplaceStatus.ENDED,
    ]  # fmt: skip
    assert desk.post("/console/workplaces/bulk/apply", data=form).status_code == 409


def test_a_closure_for_all_of_the_list_names_the_visits_and_starts_one_repair(site: Site, desk: FlaskClient) -> None:
    site.publish()
    group = site.session.scalars(sa.select(VisitGroup).where(VisitGroup.status == GroupStatus.ASKED)).first()
    assert group is not None
    day = group.visit.slot.date.isoformat()
    change = {"all": "1", "change": "closure", "first": day, "reason": "미세먼지"}
    seen = desk.post("/console/workplaces/bulk/preview?q=일터", data=change)
    form = applying(seen.text)
    assert len(form["row"]) == 8
    site.session.rollback()
    standing = {
        number
        for number, status in site.session.execute(
            sa.select(VisitGroup.id, VisitGroup.status).where(VisitGroup.visit.has(slot_id=group.slot_id))
        )
        if status is GroupStatus.ASKED
    }
    assert {int(number) for number in form["agreed"]} >= standing
    partly = {**form, "agreed": form["agreed"][1:]}
    assert "그사이 이 일터의 방문이 달라졌습니다" in words(desk.post("/console/workplaces/bulk/apply", data=partly))
    places(site)
    assert site.session.scalar(sa.select(sa.func.count()).select_from(WorkplaceException)) == 7 * 2
    seen = desk.post("/console/workplaces/bulk/preview?q=일터", data=change)
    assert "이미 그렇게" not in words(seen)
    assert run_audit(site.session, site.small.clock.now()) == []


def test_nothing_ticked_and_nonsense_are_told(site: Site, desk: FlaskClient) -> None:
    assert "하나 이상 골라" in words(desk.post("/console/workplaces/bulk", follow_redirects=True))
    assert desk.post("/console/workplaces/bulk", data={"id": ["x", "99999999"]}).status_code == 200
    for change in ("", "everything", "levels", "safety_valid_until", "visits_per_term"):
        data = {"id": "1", "change": change, "visits_per_term": "no", "until": "31.12."}
        assert desk.post("/console/workplaces/bulk/preview", data=data).status_code == 422, change
    assert desk.post("/console/workplaces/bulk/apply", data={"row": "1:1"}).status_code == 422
