"""The health page: what is missing makes it degraded, and only the database makes it fail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.db import transaction
from booking.models.outbox import Heartbeat
from booking.models.sending import ProviderRest, SenderNumber
from booking.services.heartbeats import BEAT, RELAY, WORKERS, record_heartbeat
from tests.support.messaging import Post
from tests.support.website import website

EVERYBODY = (RELAY, *WORKERS, BEAT)


@pytest.fixture
def web(post: Post) -> Iterator[FlaskClient]:
    with website(post.config) as app:
        yield app.test_client()


def beat(post: Post, *names: str, broker_ok: bool = True) -> None:
    with post.sessions() as session, transaction(session):
        for name in names:
            record_heartbeat(session, name, broker_ok=broker_ok)


def test_alive_needs_nothing(web: FlaskClient) -> None:
    assert web.get("/health/live").get_json() == {"status": "live"}


def test_ready_when_everybody_lives(post: Post, web: FlaskClient) -> None:
    beat(post, *EVERYBODY)
    answer = web.get("/health/ready")
    assert answer.status_code == 200
    assert answer.get_json() == {
        "status": "ready",
        "database": "ok",
        "broker": "ok",
        "relay": "ok",
        "workers": dict.fromkeys((*WORKERS, BEAT), "ok"),
        "sending": "on",
        "sender_numbers": "ok",
        "resting_providers": [],
        "oldest_unsent_seconds": None,
    }


@pytest.mark.parametrize("missing", EVERYBODY)
def test_one_who_is_missing_is_named(post: Post, web: FlaskClient, missing: str) -> None:
    beat(post, *(name for name in EVERYBODY if name != missing))
    answer = web.get("/health/ready")
    body = answer.get_json()
    assert (answer.status_code, body["status"]) == (200, "degraded")
    assert "absent" in (body["relay"], body["workers"].get(missing))


def test_a_silent_one_is_missing(post: Post, web: FlaskClient) -> None:
    beat(post, *EVERYBODY)
    with post.sessions() as session, transaction(session):
        session.execute(
            sa.update(Heartbeat).where(Heartbeat.process == RELAY).values(at=Heartbeat.at - dt.timedelta(minutes=5))
        )
    assert web.get("/health/ready").get_json()["relay"] == "absent"


def test_a_missing_broker_is_degraded(post: Post, web: FlaskClient) -> None:
    beat(post, *EVERYBODY, broker_ok=False)
    answer = web.get("/health/ready")
    assert (answer.status_code, answer.get_json()["broker"]) == (200, "absent")


def test_the_oldest_message_that_should_have_left(post: Post, web: FlaskClient) -> None:
    post.write()
    post.time_passes()
    assert web.get("/health/ready").get_json()["oldest_unsent_seconds"] >= 3600


def test_a_number_that_may_not_be_used_and_a_provider_that_rests_are_told(post: Post, web: FlaskClient) -> None:
    with post.sessions() as session, transaction(session):
        session.execute(sa.delete(SenderNumber))
        session.add(ProviderRest(provider="solapi", troubles=3, rests=1, until=sa.func.now(), since=sa.func.now()))
    answer = web.get("/health/ready").get_json()
    assert (answer["sender_numbers"], answer["resting_providers"]) == ("unusable", ["solapi"])


def test_a_database_that_is_not_there_fails(post: Post) -> None:
    nowhere = replace(post.config, database_url="postgresql+psycopg://nobody@/nothing?host=/nowhere")
    with website(nowhere) as app:
        answer = app.test_client().get("/health/ready")
    assert (answer.status_code, answer.get_json()) == (503, {"status": "failed", "database": "unreachable"})


def test_missing_migrations_fail(post: Post, web: FlaskClient) -> None:
    with post.sessions() as session, transaction(session):
        session.execute(sa.text("UPDATE alembic_version SET version_num = 'older'"))
    assert web.get("/health/ready").status_code == 503
    with post.sessions() as session, transaction(session):
        session.execute(sa.text("DROP TABLE alembic_version"))
    answer = web.get("/health/ready")
    assert (answer.status_code, answer.get_json()["database"]) == (503, "migrations_missing")
