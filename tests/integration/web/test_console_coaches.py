"""Coaches are kept on their pages, count where they can be sent, and are missed before the change is saved."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.domain.states import ACTIVE_RUNS, RunKind
from booking.models.coaches import Coach, CoachAvailability
from booking.models.history import AccessEntry
from booking.models.requests import Request
from booking.models.runs import AllocationRun
from booking.models.schools import School
from booking.models.terms import Slot
from booking.services.instance_builder import build_instance
from tests.support.pages import Site, words

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    return site.signed_in("coordinator@demo.example.kr")


def fresh(site: Site) -> None:
    site.session.rollback()
    site.session.expire_all()


def coach(site: Site) -> Coach:
    fresh(site)
    return site.session.scalars(sa.select(Coach).order_by(Coach.id).limit(1)).one()


def form(one: Coach, **changes: object) -> dict[str, str]:
    values = {
        "name": one.name,
        "language": one.language.value,
        "training_valid_until": one.training_valid_until,
        "ended_on": one.ended_on or "",
        "seen": one.version,
        **changes,
    }
    return {name: str(value) for name, value in values.items()}


def counted(site: Site) -> dict[str, int]:
    fresh(site)
    document = build_instance(site.session, site.small.clock, site.small.term).document
    return dict(document["coaches"])


def test_only_who_is_trained_and_goes_on_counts_on_a_date(site: Site, desk: FlaskClient) -> None:
    one = coach(site)
    assert set(counted(site).values()) == {3}
    address = f"/console/coaches/{one.id}"
    assert desk.post(address, data=form(one, training_valid_until="2027-03-17")).status_code == 303
    assert {code[:10] for code, number in counted(site).items() if number == 3} == {
        "2027-03-15", "2027-03-16", "2027-03-17",
    }  # fmt: skip
    again = form(coach(site), training_valid_until="2028-03-17", ended_on="2027-03-16")
    assert desk.post(address, data=again).status_code == 303
    assert {code[:10] for code, number in counted(site).items() if number == 3} == {"2027-03-15"}
    assert "활동 중 3명" in words(desk.get("/console/coaches"))


def test_the_weekly_days_and_single_ones_are_what_the_solver_counts(site: Site, desk: FlaskClient) -> None:
    one = coach(site)
    address = f"/console/coaches/{one.id}/availability"
    week = {"weekly": "1", "week": ["1-AM", "3-PM"], "seen": str(one.version)}
    assert desk.post(address, data=week).status_code == 303
    assert {code for code, number in counted(site).items() if number == 3} == {
        "2027-03-16/AM", "2027-03-18/PM", "2027-03-23/AM", "2027-03-25/PM",
    }  # fmt: skip
    chosen = site.session.scalars(sa.select(Slot).where(Slot.code == "2027-03-19/AM")).one()
    data = {"slot": [str(chosen.id), "999999", "x"], "seen": str(coach(site).version)}
    assert desk.post(address, data=data).status_code == 303
    assert [code for code, number in counted(site).items() if number == 3] == ["2027-03-19/AM"]
    assert desk.post(address, data=week).status_code == 409


def test_what_leaves_the_plan_short_is_said_before_it_is_saved(site: Site, desk: FlaskClient) -> None:
    site.session.execute(sa.update(School).values(own_chaperones_per_slot=0))
    site.session.execute(sa.update(Request).values(chaperones_needed=1))
    site.session.commit()
    site.publish()
    busiest = site.session.execute(
        sa.text("SELECT v.slot_id, count(*) FROM visit v WHERE v.status <> 'cancelled' GROUP BY 1 ORDER BY 2 DESC")
    ).first()
    assert busiest is not None
    slot, classes = busiest
    for other in list(site.session.scalars(sa.select(Coach).order_by(Coach.id.desc())))[: 3 - classes]:
        site.session.execute(
            sa.delete(CoachAvailability).where(
                CoachAvailability.coach_id == other.id, CoachAvailability.slot_id == slot
            )
        )
    site.session.commit()
    one = coach(site)
    asked = desk.post(f"/console/coaches/{one.id}", data=form(one, ended_on="2027-03-01"))
    assert asked.status_code == 200
    assert "인솔자가 모자라게 됩니다" in words(asked)
    assert coach(site).ended_on is None
    repairs = sa.select(sa.func.count()).where(
        AllocationRun.kind == RunKind.REPAIR, AllocationRun.status.in_(ACTIVE_RUNS)
    )
    assert site.session.scalar(repairs) == 0
    sent: dict[str, list[str]] = {}
    for name, value in _HIDDEN.findall(asked.text):
        sent.setdefault(name, []).append(unescape(value))
    assert str(slot) in sent["agreed"]
    assert desk.post(f"/console/coaches/{one.id}", data=sent).status_code == 303
    assert coach(site).ended_on == dt.date(2027, 3, 1)
    assert site.session.scalar(repairs) == 1
    assert "인솔자가 모자라는 시간이 있습니다" in words(desk.get("/console/coaches"))


def test_a_contact_is_changed_only_where_it_is_shown(site: Site, desk: FlaskClient) -> None:
    one = coach(site)
    phone, address = str(one.phone), f"/console/coaches/{one.id}"
    assert phone not in desk.get(address).text
    assert phone in desk.post(f"{address}/contact").text
    assert desk.post(address, data=form(one, name="새이름")).status_code == 303
    assert (coach(site).name, coach(site).phone) == ("새이름", phone)
    wrong = desk.post(address, data=form(coach(site), phone="12", email="", training_valid_until=""))
    assert wrong.status_code == 422
    assert "보기: 010-0000-0000" in words(wrong)
    assert "꼭 필요한 칸입니다" in words(wrong)
    assert desk.post(address, data=form(coach(site), phone="01000000888", email="")).status_code == 303
    assert (coach(site).phone, coach(site).email) == ("010-0000-0888", None)
    assert site.session.scalar(sa.select(sa.func.count()).select_from(AccessEntry)) == 2
    assert desk.post(address, data=form(coach(site), seen=1)).status_code == 409
    assert site.teacher("S0").get(address).status_code == 403


def test_a_new_coach_is_entered(site: Site, desk: FlaskClient) -> None:
    data = {"name": "새코치", "language": "ko", "training_valid_until": "2027-12-31", "phone": "010-0000-0999"}
    assert desk.post("/console/coaches/new", data={**data, "name": ""}).status_code == 422
    done = desk.post("/console/coaches/new", data=data, follow_redirects=True)
    assert "새코치" in words(done)
    assert "올 수 있는 시간을 골라 주세요" in words(done)
    assert desk.get("/console/coaches/99999").status_code == 404
