"""How Celery is set up. Each value answers a failure that was seen; none is left to its default by chance."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery.schedules import crontab
from kombu import entity

from booking.config import Config
from booking.domain.states import RunKind
from booking.domain.topics import ROUTES, Queue, Topic
from booking.services.allocations import time_limit

#: beyond the solver's own limit, for building, judging and storing; then the process is killed and the run handed on
SOLVER_GRACE_SECONDS = 60
SHORTEST_VISIBILITY_SECONDS = 1800
TASKS_PER_CHILD = {Queue.MESSAGES: 1000, Queue.ALLOCATION: 50, Queue.REPAIR: 50}
SWEEP_SECONDS = 30
WEEKLY_SECONDS = 600
REMINDER_SECONDS = 600
RECEIPT_SECONDS = 300
CLEANING_SECONDS = 6 * 3600


def celery_settings(config: Config) -> dict[str, Any]:
    """Return Celery's settings for this installation."""
    broker_queue: Any = entity.Queue
    survey = time_limit(config, RunKind.FRONTIER) + SOLVER_GRACE_SECONDS
    longest = max(config.solver_seconds + SOLVER_GRACE_SECONDS, survey)
    return {
        "broker_url": config.redis_url,
        # nothing is returned through the broker, and nothing but JSON is read from it
        "result_backend": None,
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        # a wake-up is taken off when its task has ended; a killed child is tried again, three times at most
        "task_acks_late": True,
        "task_retry_on_worker_lost": True,
        "task_annotations": {
            "*": {"max_retries": 2},
            ROUTES[Topic.SOLVE_RUN].task: {"time_limit": config.solver_seconds + SOLVER_GRACE_SECONDS},
            ROUTES[Topic.REPAIR_RUN].task: {"time_limit": config.solver_seconds + SOLVER_GRACE_SECONDS},
            ROUTES[Topic.SURVEY_RUN].task: {"time_limit": survey},
            ROUTES[Topic.TRY_POLICY].task: {"time_limit": time_limit(config, RunKind.TRIAL) + SOLVER_GRACE_SECONDS},
            ROUTES[Topic.FIND_OFFERS].task: {"time_limit": config.solver_seconds + SOLVER_GRACE_SECONDS},
            ROUTES[Topic.SANDBOX_WORK].task: {"time_limit": survey},
            ROUTES[Topic.REHEARSE_PLAN].task: {"time_limit": config.solver_seconds + SOLVER_GRACE_SECONDS},
        },
        # whoever is free takes the next one, and nothing waits in the memory of a worker that may die
        "worker_prefetch_multiplier": 1,
        "worker_max_tasks_per_child": TASKS_PER_CHILD[Queue.MESSAGES],
        # three seconds at the end for what is running: it is safe to be cut off, and done again
        "worker_soft_shutdown_timeout": 3.0,
        "worker_hijack_root_logger": False,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        # a link that swallows everything is noticed within seconds; without these a worker waits for ever
        "broker_transport_options": {
            # a message that looks lost is handed out again: never while its task may still be at work
            "visibility_timeout": max(SHORTEST_VISIBILITY_SECONDS, longest + SOLVER_GRACE_SECONDS),
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "health_check_interval": 5,
        },
        # the relay tries again by itself, from the outbox
        "task_publish_retry": False,
        "task_default_queue": Queue.MESSAGES.value,
        "task_create_missing_queues": False,
        "task_queues": [broker_queue(queue.value) for queue in Queue],
        "imports": (
            "workers.messages",
            "workers.allocation",
            "workers.repair",
            "workers.offers",
            "workers.drills",
            "workers.foretelling",
            "workers.sandboxes",
            "workers.school_year",
            "workers.sheets",
            "workers.outlook",
            "workers.upkeep",
        ),
        "timezone": "Asia/Seoul",
        "beat_schedule": {
            "sweep": {
                "task": "upkeep.sweep",
                "schedule": timedelta(seconds=SWEEP_SECONDS),
                "options": {"expires": SWEEP_SECONDS},
            },
            "weekly-run": {
                "task": "upkeep.weekly_run",
                "schedule": timedelta(seconds=WEEKLY_SECONDS),
                "options": {"expires": WEEKLY_SECONDS},
            },
            "receipts": {
                "task": "upkeep.receipts",
                "schedule": timedelta(seconds=RECEIPT_SECONDS),
                "options": {"expires": RECEIPT_SECONDS},
            },
            "cleaning": {
                "task": "upkeep.cleaning",
                "schedule": timedelta(seconds=CLEANING_SECONDS),
                "options": {"expires": CLEANING_SECONDS},
            },
            # each hour of the night: what one has erased, the next finds done
            "erasing": {
                "task": "upkeep.erasing",
                "schedule": crontab(hour="1-5", minute="20"),
                "options": {"expires": 3600},
            },
            "reminders": {
                "task": "upkeep.reminders",
                "schedule": timedelta(seconds=REMINDER_SECONDS),
                "options": {"expires": REMINDER_SECONDS},
            },
        },
    }
