"""A workplace's private link: no account, no cookie; reading changes nothing, answering twice changes nothing more."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.domain.states import GroupStatus
from booking.models.visits import PrivateLink, VisitGroup
from booking.models.workplaces import Workplace
from tests.support.pages import Site, words
from tests.support.private_links import links, statuses


@pytest.fixture
def cookieless(site: Site) -> FlaskClient:
    """A telephone that refuses cookies, on a service whose forms are guarded."""
    site.publish()
    site.app.config["WTF_CSRF_ENABLED"] = True
    return site.app.test_client(use_cookies=False)


def test_opening_the_link_shows_the_day_and_changes_nothing(site: Site, cookieless: FlaskClient) -> None:
    token, ids = links(site, 1)
    page = cookieless.get(f"/a/{token}")
    assert page.status_code == 200
    text = words(page)
    assert "학생들이 찾아뵈어도 될까요?" in text
    assert "09:00–12:25" in text
    assert "님님" not in text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"].startswith("noindex")
    assert page.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in page.headers
    assert cookieless.head(f"/a/{token}").status_code == 200
    assert cookieless.get(f"/a/{token}/thanks").location == f"/a/{token}"
    assert statuses(site, ids) == [GroupStatus.ASKED]


def test_yes_is_taken_without_a_cookie_and_twice_is_once(site: Site, cookieless: FlaskClient) -> None:
    token, ids = links(site, 1)
    for _ in range(2):
        answer = cookieless.post(f"/a/{token}", data={"all": "accept"})
        assert answer.status_code == 303
        thanks = words(cookieless.get(answer.location))
        assert "귀한 시간을 내주셔서 고맙습니다." in thanks
        assert statuses(site, ids) == [GroupStatus.ACCEPTED]
    changes = sa.text("SELECT count(*) FROM history_entry WHERE action = 'group_accepted'")
    assert site.session.scalar(changes) == 1
    assert "맞이하신다고 답하셨습니다" in words(cookieless.get(f"/a/{token}"))


def test_no_needs_its_reason_and_keeps_what_was_chosen(site: Site, cookieless: FlaskClient) -> None:
    token, ids = links(site, 1)
    refused = cookieless.post(f"/a/{token}", data={"all": "decline"})
    assert refused.status_code == 422
    assert "까닭을 알려 주세요." in words(refused)
    assert 'href="#reason"' in refused.text
    assert statuses(site, ids) == [GroupStatus.ASKED]
    done = cookieless.post(f"/a/{token}", data={"all": "decline", "reason": "not_this_day"})
    assert "다른 일터를 찾습니다" in words(cookieless.get(done.location))
    assert statuses(site, ids) == [GroupStatus.DECLINED]


def test_a_yes_can_become_a_no_and_a_no_stays(site: Site, cookieless: FlaskClient) -> None:
    token, ids = links(site, 1)
    cookieless.post(f"/a/{token}", data={"all": "accept"})
    assert "맞이하신다고 답하셨습니다" in words(cookieless.get(f"/a/{token}"))
    cookieless.post(f"/a/{token}", data={"all": "decline", "reason": "not_this_size"})
    assert statuses(site, ids) == [GroupStatus.DECLINED]
    late = cookieless.post(f"/a/{token}", data={f"answer-{ids[0]}": "accept"})
    assert late.status_code == 409
    assert "이미 다른 일터에 부탁드렸습니다" in words(late)
    assert statuses(site, ids) == [GroupStatus.DECLINED]


def test_each_group_of_the_day_has_an_answer_of_its_own(site: Site, cookieless: FlaskClient) -> None:
    token, ids = links(site, 2)
    page = words(cookieless.get(f"/a/{token}"))
    assert "모둠 2개" in page
    assert "모둠마다 따로 답하기" in page
    half = {f"answer-{ids[0]}": "accept", f"answer-{ids[1]}": "decline"}
    refused = cookieless.post(f"/a/{token}", data=half)
    assert refused.status_code == 422
    assert f'href="#reason-{ids[1]}"' in refused.text
    done = cookieless.post(f"/a/{token}", data={**half, f"reason-{ids[1]}": "not_this_size"})
    assert done.status_code == 303
    assert statuses(site, ids) == [GroupStatus.ACCEPTED, GroupStatus.DECLINED]


def test_a_group_of_another_workplace_cannot_be_answered(site: Site, cookieless: FlaskClient) -> None:
    token, ids = links(site, 1)
    foreign = site.session.scalars(sa.select(VisitGroup.id).where(VisitGroup.id.not_in(ids))).all()[0]
    refused = cookieless.post(f"/a/{token}", data={f"answer-{foreign}": "accept"})
    assert refused.status_code == 422
    assert statuses(site, [foreign]) != [GroupStatus.ACCEPTED]


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ("forged", 404, "주소가 맞지 않습니다"),
        ("expired", 410, "기한이 지난 링크입니다"),
        ("replaced", 410, "더 새로운 안내가 나갔습니다"),
    ],
)
def test_a_link_that_does_not_open_is_met_kindly(
    site: Site, cookieless: FlaskClient, change: str, status: int, says: str
) -> None:
    token, ids = links(site, 1)
    if change == "forged":
        token = "A" * 43
    elif change == "expired":
        site.session.execute(sa.update(PrivateLink).values(expires_at=sa.func.now() - sa.text("interval '1 second'")))
    else:
        site.session.execute(sa.update(PrivateLink).values(revoked_at=sa.func.now()))
    site.session.commit()
    for answer in (
        cookieless.get(f"/a/{token}"),
        cookieless.get(f"/a/{token}/thanks"),
        cookieless.get(f"/a/{token}/visit.ics"),
        cookieless.post(f"/a/{token}", data={"all": "accept"}),
    ):
        assert answer.status_code == status
        assert says in words(answer)
        assert "02-0000-0000" in words(answer)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert statuses(site, ids) == [GroupStatus.ASKED]


def test_the_page_speaks_the_language_of_its_reader(site: Site, cookieless: FlaskClient) -> None:
    token, _ = links(site, 1)
    assert '<html lang="ko">' in cookieless.get(f"/a/{token}", headers={"Accept-Language": "en"}).text
    site.session.execute(sa.text("UPDATE workplace_contact SET language = 'en'"))
    site.session.commit()
    assert '<html lang="en">' in cookieless.get(f"/a/{token}").text
    korean = cookieless.get(f"/a/{token}?lang=ko")
    assert '<html lang="ko">' in korean.text
    assert f'action="/a/{token}?lang=ko"' in korean.text


def test_the_day_goes_into_a_calendar(site: Site, cookieless: FlaskClient) -> None:
    token, ids = links(site, 1)
    file = cookieless.get(f"/a/{token}/visit.ics")
    assert file.mimetype == "text/calendar"
    group = site.session.get_one(VisitGroup, ids[0])
    assert f"visit-{group.visit_id}-workplace-{group.workplace_id}" in file.text.replace("\r\n ", "")
    assert "DTSTART:20270315T000000Z" in file.text


def test_what_a_workplace_prepares_is_shown_and_never_run(site: Site, cookieless: FlaskClient) -> None:
    token, _ = links(site, 1)
    site.session.execute(sa.update(Workplace).values(prepares="<script>alert(1)</script>"))
    site.session.commit()
    page = cookieless.get(f"/a/{token}")
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text
