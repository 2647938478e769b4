"""The board: a week by school and by workplace, the term in numbers; swaps, splits, exclusions, undo; no script."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from booking.domain.ids import RunId
from booking.models.hand_changes import HandChange
from booking.models.runs import Proposal
from booking.models.workplaces import Workplace
from tests.support.console import run_of, solve
from tests.support.pages import Site, words

WHY = "학교에서 전화로 부탁했습니다."
WEEKS = ("2027-W11", "2027-W12")


@dataclass(frozen=True)
class Desk:
    """The coordinator at a proposed plan: V0000 and V0001 at the first slot, V0002 and V0003 at the fifth."""

    site: Site
    browser: FlaskClient
    run: RunId

    def board(self, query: str = "") -> str:
        answer = self.browser.get(f"/console/runs/{self.run}/board?{query}")
        assert answer.status_code == 200
        return answer.text

    def place(self, code: str, way: str = "") -> str:
        return f"/console/runs/{self.run}/requests/{self.site.request(code).id}{way}"

    def post(self, address: str, **data: object) -> TestResponse:
        return self.browser.post(address, data={"version": run_of(self.site, self.run).version, "reason": WHY, **data})

    def proposal(self, code: str) -> Proposal:
        return next(found for found in run_of(self.site, self.run).proposals if found.request.code == code)

    def groups(self, code: str) -> dict[int, int]:
        return {group.workplace_id: group.pupils for group in self.proposal(code).groups}

    def workplace(self, code: str) -> int:
        found = self.site.session.scalar(sa.select(Workplace.id).where(Workplace.code == code))
        assert found is not None
        return int(found)

    def journal(self) -> int:
        return self.site.session.scalar(sa.select(sa.func.count()).select_from(HandChange)) or 0


@pytest.fixture
def desk(site: Site) -> Desk:
    browser = site.signed_in("coordinator@demo.example.kr")
    browser.post("/console/runs")
    return Desk(site, browser, solve(site))


def visible(text: str) -> str:
    found = re.search(r"<main.*</main>", text, re.S)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def test_a_week_by_school_says_who_goes_when_and_how_full_it_is(desk: Desk) -> None:
    text = visible(desk.board(f"week={WEEKS[0]}"))
    for word in ("3월 15일 (월) 오전 40/", "가람중 중학교 · 40명", "1-1 20명 · 1지망", "1-1 20명 · 2지망", "다솜중"):
        assert word in text, word
    assert "지난주" not in text
    later = visible(desk.board(f"week={WEEKS[1]}"))
    assert "이 주에는 고른 조건에 맞는 방문이 없습니다." in later
    assert "지난주" in later
    assert "가람중" in visible(desk.board(f"week={WEEKS[1]}&empty=1"))


def test_a_week_by_workplace_says_how_many_groups_of_how_many(desk: Desk) -> None:
    text = visible(desk.board(f"view=workplace&week={WEEKS[0]}"))
    assert re.search(r"이번 주 \d+모둠 / 한도 6", text)
    assert "가람중 1-1 6명 · 1지망" in text
    # closed in the afternoon
    assert "오후 · 닫음" in text


def test_a_board_is_narrowed_by_words_and_level(desk: Desk) -> None:
    week = f"week={WEEKS[0]}"
    assert "학교 1곳" in visible(desk.board(f"{week}&school=가람"))
    assert "학교 3곳" in visible(desk.board(f"{week}&place=일터+1"))
    assert "맞는 방문이 없습니다" in visible(desk.board(f"{week}&level=high"))
    assert "일터 1곳" in visible(desk.board(f"view=workplace&{week}&place=일터+7"))
    assert "맞는 방문이 없습니다" in visible(desk.board(f"{week}&place=없는+일터"))


def test_the_term_in_numbers_leads_to_each_week(desk: Desk) -> None:
    text = desk.board("view=term")
    assert "오전 40" in visible(text)
    assert "week=2027-W12" in text
    assert desk.browser.get(f"/console/runs/{desk.run}/board?view=else&week=1").status_code == 200


def test_who_has_no_place_stands_above_the_board(desk: Desk) -> None:
    desk.post(desk.place("V0000"), slot="none")
    text = visible(desk.board(f"week={WEEKS[0]}"))
    assert "미배정 1건" in text
    assert "가람중 1-1 20명 · 손으로 · 예외: 안에서 뺌" in text


def test_a_swap_is_looked_at_and_then_saved(desk: Desk) -> None:
    page = desk.browser.get(desk.place("V0003", "/swap"))
    assert page.status_code == 200
    assert "바꿀 만한 방문" in words(page)
    other = desk.site.request("V0000").id
    before = (desk.proposal("V0000").slot_id, desk.proposal("V0003").slot_id)
    seen = words(desk.browser.get(f"{desk.place('V0003', '/swap')}?other={other}"))
    for word in (
        "바꿀 수 있음",
        "나래중 1-2",
        "가람중 1-1",
        "모두의 혼잡",
        "지금보다 뒤 지망으로 갑니다.",
        "전체 비용",
    ):
        assert word in seen, word
    assert desk.journal() == 0

    back = f"/console/runs/{desk.run}/board?week={WEEKS[0]}"
    answer = desk.post(desk.place("V0003", "/swap"), other=other, back=back)

    assert (answer.status_code, answer.headers["Location"]) == (303, back)
    assert (desk.proposal("V0003").slot_id, desk.proposal("V0000").slot_id) == before
    assert "맞바꿈" in visible(desk.board())
    assert WHY in visible(desk.board())


def test_partners_are_found_by_words(desk: Desk) -> None:
    text = words(desk.browser.get(f"{desk.place('V0003', '/swap')}?q=가람"))
    assert "방문 2건" in text
    assert "다른 시간에 그런 방문이 없습니다." in words(desk.browser.get(f"{desk.place('V0003', '/swap')}?q=없는학교"))


def test_a_swap_within_a_bundle_is_refused_in_words(desk: Desk) -> None:
    other = desk.site.request("V0005").id
    answer = desk.post(desk.place("V0004", "/swap"), other=other)
    assert answer.status_code == 422
    assert "함께 가는 학급끼리는 바꿀 수 없습니다." in words(answer)
    assert desk.browser.get(f"{desk.place('V0004', '/swap')}?other=999999").status_code == 404


def test_groups_are_split_by_hand(desk: Desk) -> None:
    desk.post(desk.place("V0001"), slot="none")
    page = desk.browser.get(desk.place("V0000", "/groups"))
    assert "지금 적은 인원은 20명입니다." in words(page)
    chosen = {f"pupils-{desk.workplace(code)}": pupils for code, pupils in (("W1", 6), ("W2", 5), ("W4", 5))}
    short = desk.browser.get(desk.place("V0000", "/groups"), query_string={**chosen, "look": 1})
    assert "모둠 인원을 더하면 16명으로 학급 인원 20명과 다릅니다." in words(short)
    assert "이대로 저장" not in words(short)
    refused = desk.post(desk.place("V0000", "/groups"), **chosen)
    assert refused.status_code == 422
    # what was entered is kept
    assert f'name="pupils-{desk.workplace("W2")}" value="5"' in refused.text
    whole = {**chosen, f"pupils-{desk.workplace('W5')}": 4}

    assert desk.post(desk.place("V0000", "/groups"), **whole).status_code == 303

    assert desk.groups("V0000") == {desk.workplace(code): n for code, n in (("W1", 6), ("W2", 5), ("W4", 5), ("W5", 4))}


def test_nonsense_beside_a_workplace_is_refused_in_words(desk: Desk) -> None:
    where = desk.place("V0000", "/groups")
    some = f"pupils-{desk.workplace('W1')}"
    for data, sentence in (
        ({some: "여섯"}, "모둠 인원을 숫자로 적어 주세요."),
        ({some: "-3"}, "모둠 인원을 숫자로 적어 주세요."),
        ({some: "²"}, "모둠 인원을 숫자로 적어 주세요."),
        ({some: "0"}, "일터를 하나 이상 고르고 인원을 적어 주세요."),
        ({"pupils-999999": "20"}, "이 안에 없는 일터가 들어 있습니다."),
    ):
        answer = desk.post(where, **data)
        assert answer.status_code == 422, data
        assert sentence in words(answer), data
    assert desk.journal() == 0


def test_a_workplace_is_excluded_and_admitted_again(desk: Desk) -> None:
    place = next(iter(desk.groups("V0000")))
    where = desk.place("V0000", "/exclude")
    assert "빼기 미리 보기" in words(desk.browser.get(where))
    seen = words(desk.browser.get(f"{where}?place={place}"))
    assert "이대로 저장" in seen
    without = desk.post(where, place=place, reason=" ")
    assert without.status_code == 422
    assert "까닭을 알려 주세요." in words(without)

    assert desk.post(where, place=place).status_code == 303

    assert place not in desk.groups("V0000")
    assert sum(desk.groups("V0000").values()) == 20
    text = words(desk.browser.get(where))
    assert "뺀 일터 1곳" in text
    assert WHY in text
    assert desk.post(where, place=place).status_code == 422
    assert desk.post(desk.place("V0000", "/admit"), place=place).status_code == 303
    assert "뺀 일터" not in words(desk.browser.get(where)).replace("뺀 일터에는", "")
    assert desk.browser.get(f"{where}?place=999999").status_code == 404


def test_what_was_done_is_undone_and_done_again(desk: Desk) -> None:
    before = desk.proposal("V0000").slot_id
    desk.post(desk.place("V0000"), slot="none")
    assert "되돌리기: 1번 옮김" in visible(desk.board())

    assert desk.post(f"/console/runs/{desk.run}/undo").status_code == 303
    assert desk.proposal("V0000").slot_id == before
    text = visible(desk.board())
    assert "다시 하기: 1번 옮김" in text
    assert "되돌리기" not in text
    assert "되돌려짐" in text
    assert desk.post(f"/console/runs/{desk.run}/redo").status_code == 303
    assert desk.proposal("V0000").slot_id is None
    assert desk.post(f"/console/runs/{desk.run}/redo").status_code == 409


def test_two_coordinators_the_second_is_told_and_nothing_is_overwritten(desk: Desk) -> None:
    seen = run_of(desk.site, desk.run).version
    desk.post(desk.place("V0000"), slot="none")
    other = desk.site.request("V0003").id
    place = next(iter(desk.groups("V0002")))
    for address, data in (
        (desk.place("V0002", "/swap"), {"other": other}),
        (desk.place("V0002", "/groups"), {f"pupils-{place}": 20}),
        (desk.place("V0002", "/exclude"), {"place": place}),
        (desk.place("V0002", "/pin"), {"pinned": 1}),
        (f"/console/runs/{desk.run}/undo", {}),
    ):
        answer = desk.post(address, **{**data, "version": seen})
        assert answer.status_code == 409, address
        text = words(answer)
        for word in ("그사이 다른 분이 먼저 고쳤습니다", "그사이 바뀐 것 1가지", "한가람", "가람중 1-1", WHY):
            assert word in text, (address, word)
    assert desk.journal() == 1


def test_a_form_leads_nowhere_else(desk: Desk) -> None:
    for elsewhere in ("https://example.kr/", "//example.kr", "/console/runs", f"/console/runs/{desk.run}1/board"):
        answer = desk.post(desk.place("V0000", "/pin"), pinned="1", back=elsewhere)
        assert answer.headers["Location"].startswith(f"/console/runs/{desk.run}/requests/"), elsewhere
        desk.post(desk.place("V0000", "/pin"), pinned="0")


def test_a_published_plan_is_looked_at_and_not_changed(desk: Desk) -> None:
    desk.site.publish()
    run = desk.site.session.scalar(sa.text("SELECT id FROM allocation_run WHERE status = 'published'"))
    text = desk.browser.get(f"/console/runs/{run}/board").text
    assert "게시한 안은 여기서 바꾸지 않습니다." in visible(text)
    assert "draggable" not in text
    assert desk.browser.post(f"/console/runs/{run}/undo", data={"version": 1}).status_code == 409
