"""The client of the national open data against a server that speaks it: pages, errors, and what is no answer."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from booking.config import Neis
from booking.exchange.neis import NeisClient, NeisError, NeisFault
from tests.support.neis import OpenData, event, open_data


@pytest.fixture
def national() -> Iterator[OpenData]:
    with open_data() as running:
        yield running


def ask(national: OpenData, **options: float) -> list[dict[str, str]]:
    client = NeisClient(national.settings, **options)  # type: ignore[arg-type]
    return client.schedule("B10", "7000001", "20270301", "20270831")


def fault(national: OpenData, **options: float) -> NeisError:
    with pytest.raises(NeisError) as caught:
        ask(national, **options)
    return caught.value


def test_a_page_of_the_wrong_content_type_is_read(national: OpenData) -> None:
    national.rows["SchoolSchedule"] = [event("20270427", "중간고사 ")]
    (row,) = ask(national)
    assert (row["EVENT_NM"], row["EVENT_CNTNT"]) == ("중간고사", "")
    (asked,) = national.asked
    assert asked["SD_SCHUL_CODE"] == "7000001"
    assert (asked["AA_FROM_YMD"], asked["AA_TO_YMD"], asked["Type"]) == ("20270301", "20270831", "json")
    assert int(asked["pSize"]) <= 1000


def test_all_pages_are_read(national: OpenData) -> None:
    national.rows["SchoolSchedule"] = [event(f"202704{n:02d}", "중간고사") for n in range(1, 26)]
    assert len(ask(national, page_rows=10)) == 25
    assert [one["pIndex"] for one in national.asked] == ["1", "2", "3"]


def test_more_pages_than_a_school_can_have_are_refused(national: OpenData) -> None:
    national.rows["SchoolSchedule"] = [event("20270401", str(n)) for n in range(30)]
    assert fault(national, page_rows=1).fault is NeisFault.TOO_MANY_ROWS


def test_nothing_is_an_answer(national: OpenData) -> None:
    assert ask(national) == []


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("INFO-300", NeisFault.RESTRICTED),
        ("ERROR-290", NeisFault.KEY),
        ("ERROR-300", NeisFault.QUESTION),
        ("ERROR-310", NeisFault.QUESTION),
        ("ERROR-336", NeisFault.TOO_MANY_ROWS),
        ("ERROR-337", NeisFault.DAILY_LIMIT),
        ("ERROR-500", NeisFault.SERVER),
        ("ERROR-999", NeisFault.SERVER),
    ],
)
def test_every_code_of_its_own_has_a_meaning(national: OpenData, code: str, meaning: NeisFault) -> None:
    national.code = code
    error = fault(national)
    assert (error.fault, error.code) == (meaning, code)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>wait</html>",
        b"[]",
        b"null",
        b'{"SchoolSchedule": []}',
        b'{"SchoolSchedule": [{"head": []}, {"row": []}]}',
        b'{"SchoolSchedule": [{"head": [{"list_total_count": "many"}]}]}',
        b'{"SchoolSchedule": [{"head": [{"list_total_count": 1}]}, {"row": ["x"]}]}',
        b'{"RESULT": 7}',
        b'{"RESULT": {"CODE": 7}}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_what_is_no_answer_is_malformed(national: OpenData, body: bytes) -> None:
    national.body = body
    assert fault(national).fault is NeisFault.MALFORMED


def test_an_answer_without_end_is_cut_off(national: OpenData) -> None:
    national.body = b" " * (9 * 1024 * 1024)
    assert fault(national).fault is NeisFault.MALFORMED


@pytest.mark.parametrize("status", [302, 404, 500, 503])
def test_any_other_status_is_the_servers_problem(national: OpenData, status: int) -> None:
    national.status = status
    assert fault(national).fault is NeisFault.SERVER


def test_a_server_that_hangs_is_given_up(national: OpenData) -> None:
    national.wait = 1.0
    began = time.monotonic()
    assert fault(national, answer_seconds=0.2).fault is NeisFault.TIME_OUT
    assert time.monotonic() - began < 0.9


def test_a_server_that_is_not_there_is_away() -> None:
    with pytest.raises(NeisError) as caught:
        NeisClient(Neis("http://127.0.0.1:9/hub", "a-secret-key")).schools("가람중")
    assert caught.value.fault is NeisFault.AWAY
    assert "a-secret-key" not in f"{caught.value}{caught.value!r}"
