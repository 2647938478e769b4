"""Logs are structured and carry no personal data, whoever wrote them."""

from __future__ import annotations

import json
import logging

import pytest

from booking.log import configure_logging, get_logger, scrub


@pytest.fixture(autouse=True)
def restored_logging() -> object:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("to kim@work.example.kr now", "to <email> now"),
        ("call 010-0000-1234", "call <phone>"),
        ("call 01000001234", "call <phone>"),
        ("GET /a/" + "x" * 43, "GET /a/…"),
        ("GET /sign-in/link/" + "x" * 43, "GET /sign-in/link/…"),
        ("POST /reset/" + "x" * 43, "POST /reset/…"),
        ("GET /invitation/" + "x" * 43, "GET /invitation/…"),
        ("run 12 of 287 visits", "run 12 of 287 visits"),
    ],
)
def test_what_could_name_a_person_is_replaced(text: str, clean: str) -> None:
    assert scrub(text) == clean


def test_every_line_is_an_object_without_personal_keys(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO")
    get_logger("test").info("sent", email="kim@work.example.kr", message=7)
    logging.getLogger("library").warning("refused kim@work.example.kr\nforged line")
    try:
        raise ValueError("010-0000-1234")
    except ValueError:
        get_logger("test").exception("failed")

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["sent", "refused <email>\nforged line", "failed"]
    assert lines[0]["message"] == 7
    assert "email" not in lines[0]
    assert "010-0000-1234" not in lines[2]["exception"]
