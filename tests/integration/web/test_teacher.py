"""A teacher asks, follows, changes and withdraws; and reaches nothing of another school."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from booking.domain.states import LIVE_VISITS, OfferStatus, RequestStatus, VisitStatus
from booking.models.offers import Offer
from booking.models.requests import Request
from booking.models.terms import Slot
from booking.models.visits import Visit
from booking.services.placing import live_groups
from tests.support.pages import Site, words


def slot_id(site: Site, code: str) -> int:
    return site.small.slot(code).id


def follow(client: object, answer: TestResponse) -> TestResponse:
    assert answer.status_code == 303, words(answer)
    found: TestResponse = getattr(client, "get")(answer.location)  # noqa: B009 - any client
    assert found.status_code == 200
    return found


def test_the_overview_shows_what_was_given_and_why_not_the_first_choice(site: Site) -> None:
    run = site.small.propose()
    second = next(p for p in run.proposals if p.slot_id is not None and p.slot_id != p.request.requested[0].slot_id)
    code = site.small.slot("2027-03-15/AM").code
    second.why = {
        "code": "seats_taken",
        "slot": code,
        "rank": 0,
        "load": 40,
        "seats": 54,
        "visits": 2,
        "free_seats": 14,
    }
    school = second.request.school.code
    site.small.publish(run)
    site.session.commit()
    client = site.teacher(school)
    text = words(client.get("/teacher"))
    assert "3월 15일 (월) 오전: 다른 2학급 40명 배정으로 남은 자리가 14개뿐이라" in text
    page = words(client.get(f"/teacher/requests/{second.request_id}"))
    assert "더 높은 지망을 드리지 못한 까닭" in page
    assert "일터 확인 중" in page


def test_a_reason_that_nobody_knows_breaks_no_page(site: Site) -> None:
    run = site.small.propose()
    for proposal in run.proposals:
        proposal.why = {"code": "brand_new", "slot": 7}
    site.small.publish(run)
    site.session.commit()
    answer = site.teacher("S1").get("/teacher")
    assert answer.status_code == 200


def test_the_visit_goes_into_a_calendar_under_the_name_that_its_messages_use(site: Site) -> None:
    site.publish()
    visit = site.session.scalars(sa.select(Visit).where(Visit.request.has(code="V0000"))).one()
    answer = site.teacher("S0").get(f"/teacher/requests/{visit.request_id}/visit.ics")
    assert answer.mimetype == "text/calendar"
    assert f"UID:visit-{visit.request_id}" in answer.text
    assert "DTSTART:20270315T000000Z" in answer.text
    assert answer.headers["Content-Disposition"].startswith("attachment")
    withdrawn = site.teacher("S0").get(f"/teacher/requests/{site.small.request('V0001').id}/visit.ics")
    assert withdrawn.status_code in (200, 404)


def _edit_form(site: Site, request: Request, **changes: object) -> dict[str, object]:
    wishes = {f"s{wish.slot_id}": str(rank) for rank, wish in enumerate(request.requested, 1)}
    return {
        "version": request.version, "pupils": request.pupils, "chaperones_needed": request.chaperones_needed,
        "field": request.fields, **wishes, **changes,
    }  # fmt: skip


def test_a_request_is_changed_and_bad_input_is_kept_beside_its_sentence(site: Site) -> None:
    request = site.request("V0000")
    client = site.teacher("S0")
    page = client.get(f"/teacher/requests/{request.id}/edit")
    assert page.status_code == 200
    for wrong, says in (
        ("0", "1명에서 100명까지"),
        ("10000", "1명에서 100명까지"),
        ("스물", "숫자로 적어 주세요."),
        ("", "인원을 적어 주세요."),
    ):
        refused = client.post(f"/teacher/requests/{request.id}/edit", data=_edit_form(site, request, pupils=wrong))
        assert refused.status_code == 422, wrong
        assert says in words(refused)
        assert f'name="pupils" type="text" value="{wrong[:4]}"' in refused.text
    saved = client.post(f"/teacher/requests/{request.id}/edit", data=_edit_form(site, request, pupils="23"))
    assert "신청을 고쳤습니다." in words(follow(client, saved))
    assert site.request("V0000").pupils == 23


def test_the_second_of_two_teachers_sees_what_the_first_changed(site: Site) -> None:
    request = site.request("V0000")
    form = _edit_form(site, request, pupils="25")
    client = site.teacher("S0")
    first = client.post(f"/teacher/requests/{request.id}/edit", data=_edit_form(site, request, pupils="23"))
    assert first.status_code == 303
    second = client.post(f"/teacher/requests/{request.id}/edit", data=form)
    assert second.status_code == 409
    text = words(second)
    assert "그사이 다른 분이 먼저 고쳤습니다" in text
    assert "학생 수 다름 23 25" in text
    assert site.request("V0000").pupils == 23
    version = site.request("V0000").version
    assert f'name="version" value="{version}"' in second.text
    mine = client.post(f"/teacher/requests/{request.id}/edit", data={**form, "version": version})
    assert mine.status_code == 303
    assert site.request("V0000").pupils == 25


def test_withdrawing_needs_a_reason_and_frees_the_places(site: Site) -> None:
    site.publish()
    request = site.request("V0000")
    client = site.teacher("S0")
    address = f"/teacher/requests/{request.id}/withdraw"
    assert "일터에 취소를 알립니다" in words(client.get(address))
    refused = client.post(address, data={"version": request.version, "reason": "  "})
    assert refused.status_code == 422
    assert "까닭을 알려 주세요." in words(refused)
    done = client.post(address, data={"version": request.version, "reason": "학교 행사 <b>"})
    assert "신청을 취소했습니다." in words(follow(client, done))
    assert site.request("V0000").status is RequestStatus.WITHDRAWN
    visit = site.session.scalars(sa.select(Visit).where(Visit.request_id == request.id)).one()
    assert visit.status is VisitStatus.CANCELLED
    assert not live_groups(visit)
    shown = client.get(f"/teacher/requests/{request.id}")
    assert "학교 행사 &lt;b&gt;" in shown.text
    again = client.post(address, data={"version": site.request("V0000").version, "reason": "또"})
    assert again.status_code == 409


def _offer(site: Site) -> Offer:
    """Publish the plan, in which the bundle of the third school stands where it would have to be asked for."""
    site.publish()
    return site.session.scalars(sa.select(Offer).order_by(Offer.id)).all()[0]


@pytest.mark.parametrize(("answer", "wanted"), [("accept", OfferStatus.ACCEPTED), ("decline", OfferStatus.DECLINED)])
def test_an_offer_is_answered_from_the_overview(site: Site, answer: str, wanted: OfferStatus) -> None:
    offer = _offer(site)
    client = site.teacher("S2")
    overview = words(client.get("/teacher"))
    assert "3월 19일 (금) 오전 어떠신가요?" in overview
    assert "1-1반, 1-2반 40명 · 처음 희망하신 날 3월 15일 (월) 오전" in overview
    done = client.post("/teacher/offers", data={"offer": offer.id, "answer": answer, "next": "/teacher"})
    page = words(follow(client, done))
    assert "어떠신가요?" not in page
    site.session.rollback()
    # both classes of the bundle are answered at once
    assert {row.status for row in site.session.scalars(sa.select(Offer))} == {wanted}


def test_nothing_of_another_school_can_be_reached(site: Site) -> None:
    offer = _offer(site)
    foreign = offer.request_id
    before = site.session.execute(sa.text("SELECT status, version, pupils FROM request ORDER BY id")).all()
    stranger = site.teacher("S1")
    for path in ("", "/edit", "/withdraw", "/visit.ics"):
        assert stranger.get(f"/teacher/requests/{foreign}{path}").status_code == 404, path
    form = _edit_form(site, offer.request, pupils="5")
    assert stranger.post(f"/teacher/requests/{foreign}/edit", data=form).status_code == 404
    gone = {"version": offer.request.version, "reason": "x"}
    assert stranger.post(f"/teacher/requests/{foreign}/withdraw", data=gone).status_code == 404
    assert stranger.post("/teacher/offers", data={"offer": offer.id, "answer": "accept"}).status_code == 404
    assert stranger.post("/teacher/offers", data={"offer": "x", "answer": "accept"}).status_code == 404
    assert stranger.get(f"/teacher?school={site.school_id('S2')}").status_code == 404
    assert "다솜중" not in stranger.get("/teacher").text
    site.session.rollback()
    assert site.session.execute(sa.text("SELECT status, version, pupils FROM request ORDER BY id")).all() == before


def test_looking_changes_nothing(site: Site) -> None:
    site.publish()
    client = site.teacher("S0")
    counts = sa.text("SELECT count(*), sum(version) FROM request UNION ALL SELECT count(*), sum(version) FROM visit")
    before = site.session.execute(counts).all()
    request = site.small.request("V0000")
    for path in ("", "/requests/new", f"/requests/{request.id}", f"/requests/{request.id}/withdraw"):
        assert client.get(f"/teacher{path}").status_code == 200
    site.session.rollback()
    assert site.session.execute(counts).all() == before
    assert site.session.scalars(sa.select(Visit).where(Visit.status.in_(LIVE_VISITS))).all()
    assert site.session.scalars(sa.select(Slot)).first() is not None
