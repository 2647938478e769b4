"""Publishing: the preview says what will happen, it happens once, and what follows is in sight."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.domain.answers import Answer, DeclineReason
from booking.domain.ids import RunId
from booking.domain.states import GroupStatus, RunKind, RunStatus
from booking.models.messages import Message
from booking.models.runs import AllocationRun
from booking.models.visits import Visit, VisitGroup, WorkplaceNotice
from booking.notify.catalogue import Kind
from booking.notify.rendering import EmailText, Letter, render_email
from booking.services import confirmations, publication
from booking.web.console import examples
from tests.support.console import run_of, solve
from tests.support.pages import Site, words


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    return site.signed_in("coordinator@demo.example.kr")


@pytest.fixture
def run(site: Site, desk: FlaskClient) -> RunId:
    desk.post("/console/runs")
    return solve(site)


def publish(site: Site, desk: FlaskClient, run: RunId) -> int:
    version = run_of(site, run).version
    return desk.post(f"/console/runs/{run}/publish", data={"version": version}).status_code


def count(site: Site, table: type[Visit] | type[Message]) -> int:
    site.session.rollback()
    return site.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_the_preview_counts_what_publishing_then_sends(site: Site, desk: FlaskClient, run: RunId) -> None:
    page = desk.get(f"/console/runs/{run}/publish")
    text = words(page)
    assert "새로 알리는 방문 4" in text
    assert "학교 동의를 기다릴 방문 2" in text
    assert "본보기 하나 보기" in text
    promised = publication.preview(site.session, site.small.clock, run).messages.total()
    assert f"알림 {promised}통을 보냅니다" in text
    assert publish(site, desk, run) == 303
    assert count(site, Message) == promised
    assert count(site, Visit) == 6


def test_the_examples_are_made_of_what_the_messages_are_made_of(
    site: Site, desk: FlaskClient, run: RunId, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: dict[Kind, dict[str, object]] = {}

    def remember(letter: Letter) -> EmailText:
        shown[letter.kind] = letter.facts
        return render_email(letter)

    monkeypatch.setattr(examples, "render_email", remember)
    assert desk.get(f"/console/runs/{run}/publish").status_code == 200
    publish(site, desk, run)
    site.session.rollback()
    assert set(shown) == {Kind.ALLOCATION_PROPOSED, Kind.SHIFT_OFFER, Kind.WORKPLACE_ASK}
    for kind, facts in shown.items():
        message = site.session.scalars(sa.select(Message).where(Message.kind == kind)).first()
        assert message is not None
        assert set(facts) == set(message.facts), kind
        for name in ("visits", "offers", "groups"):
            if name in facts:
                listed = facts[name]
                assert isinstance(listed, list)
                assert set(listed[0]) == set(message.facts[name][0]), (kind, name)


def test_a_double_press_publishes_once(site: Site, desk: FlaskClient, run: RunId) -> None:
    assert publish(site, desk, run) == 303
    before = count(site, Message)
    assert publish(site, desk, run) == 303
    assert count(site, Message) == before
    assert desk.get(f"/console/runs/{run}/publish").status_code == 302
    # a page that has been pressed is not led elsewhere by its own question
    asked = desk.get(f"/console/runs/{run}/publish/freshness", headers={"HX-Request": "true"})
    assert (asked.text, "HX-Redirect" in asked.headers) == ("", False)


def test_a_plan_from_before_a_change_is_not_published(site: Site, desk: FlaskClient, run: RunId) -> None:
    page, asks = f"/console/runs/{run}/publish", {"HX-Request": "true"}
    assert f'hx-get="{page}/freshness"' in desk.get(page).text
    fresh = desk.get(f"{page}/freshness", headers=asks)
    assert (fresh.status_code, fresh.text, "HX-Redirect" in fresh.headers) == (200, "", False)
    site.request("V0000").pupils = 21
    site.session.commit()
    outdated = desk.get(f"{page}/freshness", headers=asks)
    assert outdated.headers["HX-Redirect"] == desk.get(f"{page}/freshness").location == f"{page}?checked=1"
    why = desk.get(f"{page}?checked=1")
    assert "그대로 게시할 수 없습니다" in words(why)
    assert "hx-get" not in why.text.partition("<main")[2]
    assert "게시하고 알리기" not in words(why)
    assert publish(site, desk, run) == 409
    assert run_of(site, run).status is RunStatus.PROPOSED
    assert count(site, Message) == 0


def test_a_plan_changed_meanwhile_is_looked_at_again(site: Site, desk: FlaskClient, run: RunId) -> None:
    seen = run_of(site, run).version
    slot = site.small.slots()[10].id
    changed = {"slot": slot, "version": seen, "reason": "학교에서 전화로 부탁했습니다."}
    address = f"/console/runs/{run}/requests/{site.request('V0003').id}"
    assert desk.post(address, data=changed).status_code == 303
    assert desk.post(f"/console/runs/{run}/publish", data={"version": seen}).status_code == 409
    assert run_of(site, run).status is RunStatus.PROPOSED


def _answer(site: Site, accept: bool) -> VisitGroup:
    site.session.rollback()
    group = site.session.scalars(
        sa.select(VisitGroup).where(VisitGroup.status == GroupStatus.ASKED).order_by(VisitGroup.id)
    ).first()
    assert group is not None
    notice = site.session.scalars(
        sa.select(WorkplaceNotice).where(
            WorkplaceNotice.workplace_id == group.workplace_id, WorkplaceNotice.date == group.visit.slot.date
        )
    ).one()
    given = Answer(True) if accept else Answer(False, DeclineReason.NOT_THIS_DAY)
    token = site.small.link(notice)
    confirmations.answer(site.session, site.small.clock, site.small.config, token, {group.id: given})
    site.session.commit()
    return group


def test_after_publishing_answers_and_the_repair_are_in_sight(site: Site, desk: FlaskClient, run: RunId) -> None:
    publish(site, desk, run)
    _answer(site, accept=True)
    declined = _answer(site, accept=False)
    text = words(desk.get(f"/console/runs/{run}"))
    assert "어렵다고 답함 1" in text
    assert "재배정안을 만들고 있습니다" in text
    page = words(desk.get("/console/answers?show=declined"))
    assert declined.workplace.name in page
    assert "이날은 어려움" in page
    assert "모둠 1개" in words(desk.get("/console/answers?show=accepted"))
    assert "답할 날" in words(desk.get("/console/answers?show=silent"))
    assert "자리가 맞지 않습니다" in words(desk.get("/console"))
    assert "방문 1건" in words(desk.get("/console/visits?status=repair"))
    repair = solve(site)
    assert run_of(site, repair).kind is RunKind.REPAIR
    text = words(desk.get(f"/console/runs/{repair}"))
    assert "바뀌는 방문" in text
    assert "빠지는 일터" in text
    assert "재배정안이 나왔습니다" in words(desk.get("/console"))


def test_the_published_plan_is_there_by_date_and_one_by_one(site: Site, desk: FlaskClient, run: RunId) -> None:
    publish(site, desk, run)
    assert "방문 6건" in words(desk.get("/console/visits"))
    assert "방문 2건" in words(desk.get(f"/console/visits?school={site.school_id('S0')}"))
    assert "조건에 맞는 방문이 없습니다" in words(desk.get("/console/visits?date=2031-01-01"))
    visit = site.small.visit("V0000")
    page = desk.get(f"/console/visits/{visit.id}")
    text = words(page)
    assert "모둠과 일터의 답" in text
    assert "일터 방문 요청" in text
    assert "배정 결과 안내" in text
    assert "방문 새로 게시" in text
    teacher = site.session.scalars(sa.text("SELECT email FROM app_user WHERE role = 'teacher'")).all()
    assert not any(address in page.text for address in teacher)
    assert site.session.scalars(sa.select(AllocationRun.status)).one() is RunStatus.PUBLISHED
