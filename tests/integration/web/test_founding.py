"""A new installation: one command, one link, and the first term on the pages."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from booking.clock import FixedClock, seoul_date
from booking.db import make_engine
from booking.domain.terms import suggested
from tests.support.factory import NOW
from tests.support.pages import form_token, words
from tests.support.servers import flask, settings

EMAIL, PASSWORD = "office@example.kr", "three quiet rivers"
COMMAND = [
    "centre", "create", "--name", "가온 진로직업체험지원센터", "--name-en", "Gaon Career Centre",
    "--telephone", "02-0000-0100", "--sms-header", "[가온진로]", "--sms-header-en", "[Gaon Career]",
    "--administrator", EMAIL, "--administrator-name", "문새벽",
]  # fmt: skip


@pytest.fixture
def empty(app: Flask) -> Flask:
    """The application on an empty database, at a known moment."""
    app.extensions["ilteo.clock"] = FixedClock(NOW)
    return app


def post(client: FlaskClient, path: str, page: str | None = None, **data: str) -> tuple[int, str, str]:
    """Send a form as a browser would, with the token of its page."""
    token = form_token(client.get(page or path))
    answer = client.post(
        path, data={"csrf_token": token, **data}, headers={"Referer": "http://localhost/"}, base_url="http://localhost"
    )
    return answer.status_code, answer.headers.get("Location", ""), words(answer)


def test_from_the_command_to_the_first_term(empty: Flask, database_url: str) -> None:
    done = flask(COMMAND, settings(database_url))
    found = re.search(r"http://127\.0\.0\.1:8000(/invitation/\S{43})", done.stdout)
    assert found, done.stdout
    client = empty.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "ko"

    status, where, _ = post(client, found[1], name="문새벽", password=PASSWORD)
    assert (status, where) == (303, "/sign-in")
    assert client.get(found[1]).status_code == 410
    status, where, text = post(client, "/sign-in", email=EMAIL, password=PASSWORD)
    assert status == 303, text

    # whoever may set a term up is led there from wherever the pages need one
    for path in ("/console", "/console/runs", "/console/visits"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers.get("Location")) == (303, "/console/terms"), path
    assert "첫 학기 만들기" in words(client.get("/console/terms"))
    form = client.get("/console/terms/new")
    entry = {field: str(value) for field, value in asdict(suggested(seoul_date(NOW), None)).items()}
    for value in entry.values():
        assert f'value="{value}"' in form.text
    wrong = {**entry, "last_day": "2031-01-01", "leftovers_on": ""}
    status, _, text = post(client, "/console/terms/new", **wrong)
    assert status == 422
    assert "남은 자리 접수" in text
    status, where, text = post(client, "/console/terms/new", **entry)
    assert (status, where) == (303, "/console/terms"), text
    listed = words(client.get("/console/terms"))
    assert f"{entry['name']} 지금 학기" in listed
    for page in ("", "/figures", "/runs", "/requests", "/schools", "/workplaces", "/offers", "/coaches"):
        assert client.get(f"/console{page}").status_code == 200, page

    engine = make_engine(database_url)
    with engine.connect() as connection:
        actions = connection.scalars(sa.text("SELECT action FROM history_entry ORDER BY id")).all()
    engine.dispose()
    assert [one for one in actions if one in {"centre_founded", "invited", "term_created"}] == [
        "centre_founded", "invited", "term_created",
    ]  # fmt: skip


def test_the_command_names_each_option_that_it_cannot_take_and_founds_once(database_url: str) -> None:
    environment = settings(database_url)
    wrong = [{"[가온진로]": "가온진로", "02-0000-0100": "12", EMAIL: "office"}.get(word, word) for word in COMMAND]
    refused = flask(wrong, environment, check=False)
    assert refused.returncode == 1
    for field in ("sms_header:", "telephone:", "email:"):
        assert field in refused.stderr
    flask(COMMAND, environment)
    again = flask(COMMAND, environment, check=False)
    assert again.returncode == 1
    assert "already" in again.stderr
    engine = make_engine(database_url)
    with engine.connect() as connection:
        counts = connection.execute(sa.text("SELECT (SELECT count(*) FROM centre), (SELECT count(*) FROM app_user)"))
        assert tuple(counts.one()) == (1, 1)
    engine.dispose()
