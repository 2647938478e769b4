"""Celery's settings, each held to the failure that it answers; and nothing waits in a queue that nobody reads."""

from __future__ import annotations

import importlib
import re
from dataclasses import replace

import pytest

from booking.config import load_config
from booking.domain.topics import ROUTES, Queue, Topic
from booking.services.heartbeats import WORKERS
from tests.support.servers import settings
from tools.paths import ROOT
from workers.config import celery_settings

CONFIG = load_config(settings("postgresql+psycopg://postgres@/nothing"))


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in settings("postgresql+psycopg://postgres@/nothing").items():
        monkeypatch.setenv(name, value)


def test_every_topic_has_its_task() -> None:
    app = importlib.import_module("workers.app").app
    app.loader.import_default_modules()
    assert {route.task for route in ROUTES.values()} <= set(app.tasks)
    assert {entry["task"] for entry in celery_settings(CONFIG)["beat_schedule"].values()} <= set(app.tasks)


def test_every_queue_has_a_worker_of_its_own_that_shows_its_life() -> None:
    procfile = (ROOT / "Procfile").read_text(encoding="utf-8")
    read = re.findall(r"^(worker-\S+): .*?-Q (\S+) -n (\S+)@%h", procfile, flags=re.MULTILINE)
    assert {queue for _, queue, _ in read} == {queue.value for queue in Queue}
    assert {name for name, _, _ in read} == set(WORKERS)
    assert all(name == f"worker-{queue}" and queue == node for name, queue, node in read)


def test_no_task_outlives_the_visibility_of_its_message() -> None:
    found = celery_settings(replace(CONFIG, solver_seconds=600))
    longest = max(limits.get("time_limit", 0) for limits in found["task_annotations"].values())
    assert found["broker_transport_options"]["visibility_timeout"] > longest


def test_the_solver_is_stopped_by_its_own_limit_first_and_never_by_a_soft_one() -> None:
    limits = celery_settings(CONFIG)["task_annotations"][ROUTES[Topic.SOLVE_RUN].task]
    assert limits["time_limit"] >= CONFIG.solver_seconds + 60
    assert "soft_time_limit" not in limits


def test_nothing_but_json_is_read_and_nothing_is_returned() -> None:
    found = celery_settings(CONFIG)
    assert found["accept_content"] == ["json"]
    assert found["result_backend"] is None
    assert found["task_ignore_result"]


def test_a_lease_is_longer_than_a_sender_may_take() -> None:
    from booking.domain.retries import SEND_LEASE

    assert ROUTES[Topic.SEND_MESSAGE].lease_seconds >= SEND_LEASE.total_seconds()
