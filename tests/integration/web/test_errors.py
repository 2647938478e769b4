"""Every error has a page that helps, a status that is true, and leaves nothing half done."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError

from booking.domain import errors
from booking.domain.vocabulary import Role
from booking.queries import teacher as rows
from booking.web.database import db
from tests.support.pages import Site, words


def raising(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let the teacher's overview meet this error."""

    def fail(*_arguments: object, **_options: object) -> object:
        raise error

    monkeypatch.setattr(rows, "schools_of", fail)


CASES = [
    (errors.Forbidden(), 403, "이 화면은 볼 수 없습니다"),
    (errors.NotFound("school 7"), 404, "찾으시는 화면이 없습니다"),
    (errors.Conflict(), 409, "그사이 다른 분이 먼저 고쳤습니다"),
    (errors.StalePlan(), 409, "배정안을 다시 만들어야 합니다"),
    (errors.IllegalTransition(old="a", new="b"), 409, "이미 다음 단계로 넘어갔습니다"),
    (errors.PhaseClosed(phase="closed", action="request"), 409, "지금은 「마감」 기간이라"),
    (errors.LinkInvalid(reason="expired"), 410, "이 링크는 이제 쓸 수 없습니다"),
    (errors.InvalidInput(field="x", reason="range"), 422, "적으신 내용을 다시 봐 주세요"),
    (errors.TooManyAttempts(seconds=130), 429, "3분 뒤에"),
    (errors.RuleBroken(violations=["H3 too many"]), 422, "이렇게 바꾸면 규칙에 어긋납니다"),
    (RuntimeError("teacher@school.example.kr"), 500, "저희 쪽에서 문제가 생겼습니다"),
    (OperationalError("SELECT 1", {}, Exception("gone")), 503, "잠시 쉬고 있습니다"),
]


@pytest.mark.parametrize(("error", "status", "says"), CASES, ids=lambda value: type(value).__name__)
def test_an_error_becomes_its_status_and_a_page_that_helps(
    site: Site, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, says: str
) -> None:
    client = site.teacher("S0")
    raising(monkeypatch, error)
    answer = client.get("/teacher")
    assert answer.status_code == status
    text = words(answer)
    assert says in text
    assert "처음 화면으로" in text
    assert str(error) not in text or not str(error)
    if status != 503:
        assert "02-0000-0000" in text
    if status in (429, 503):
        assert int(answer.headers["Retry-After"]) > 0


def test_htmx_gets_a_fragment_and_programs_get_json(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client = site.teacher("S0")
    raising(monkeypatch, errors.Conflict())
    part = client.get("/teacher", headers={"HX-Request": "true"})
    assert part.status_code == 409
    assert "<html" not in part.text
    assert 'role="alert"' in part.text
    data = client.get("/teacher", headers={"Accept": "application/json"})
    assert data.status_code == 409
    assert data.json is not None
    assert data.json["error"] == "conflict"


def test_pages_that_flask_refuses(site: Site) -> None:
    client = site.visitor()
    assert client.get("/nowhere").status_code == 404
    wrong = client.delete("/sign-in")
    assert wrong.status_code == 405
    assert "GET" in wrong.headers["Allow"]
    large = client.post("/sign-in", data={"email": "x" * 3_000_000})
    assert large.status_code == 413
    assert "2 MB" in words(large)
    foreign = client.get("/sign-in", headers={"Host": "evil.example"})
    assert foreign.status_code == 400


def test_an_unexpected_error_is_rolled_back_and_logged_without_personal_data(
    site: Site, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from booking.log import configure_logging

    configure_logging("WARNING")
    client = site.teacher("S0")

    def half_done(session: object, person: object) -> object:
        db.session().execute(db.text("UPDATE school SET name = '바뀜'"))
        raise ValueError("kim@school.example.kr 010-0000-1234")

    monkeypatch.setattr(rows, "schools_of", half_done)
    assert client.get("/teacher").status_code == 500
    site.session.rollback()
    assert site.request("V0000").school.name == "가람중"
    logged = capfd.readouterr().err
    assert "unexpected" in logged
    assert "kim@school.example.kr" not in logged
    assert "010-0000-1234" not in logged


def test_the_error_page_stands_while_the_database_is_away(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_arguments: object, **_options: object) -> object:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    client = site.teacher("S0")
    monkeypatch.setattr("booking.services.sessions.find_signed_in", away)
    answer = client.get("/teacher")
    assert answer.status_code == 503
    assert "1–2분 뒤에" in words(answer)


def test_every_error_of_the_tree_has_its_words() -> None:
    from booking.web.problem_pages import BY_CODE

    def family(kind: type[errors.BookingError]) -> list[type[errors.BookingError]]:
        return [kind, *(found for child in kind.__subclasses__() for found in family(child))]

    ours = {kind.code for kind in family(errors.BookingError) if kind.__module__ == errors.__name__}
    assert ours <= set(BY_CODE) | {"too_many_attempts", "phase_closed"}


def test_the_roles_are_named_where_they_are_refused(site: Site) -> None:
    answer = site.signed_in("officer@demo.example.kr").get("/teacher")
    assert answer.status_code == 403
    assert Role.OFFICER  # the officer reads figures and reports alone
    assert "역할로는 열 수 없는" in words(answer)
