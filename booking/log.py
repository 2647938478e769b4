"""Structured logs: one JSON object a line, without personal data.

Keys that could carry a person's data are dropped here, whoever wrote them; line breaks are escaped by JSON itself.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

#: libraries that tell of every request, task and connection: what matters of those is in our own events and rows
NOISY = ("httpx", "httpcore", "werkzeug", "mail.log", "celery.worker.strategy", "celery.app.trace", "celery.beat")
PERSONAL = frozenset({"email", "phone", "address", "to", "name", "body", "token", "password", "text", "subject"})
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_PHONE = re.compile(r"\b0\d{1,2}-?\d{3,4}-?\d{4}\b")
_LINK = re.compile(r"/(a|sign-in/link|reset|invitation)/[A-Za-z0-9_-]{20,}")


def scrub(text: str) -> str:
    """Replace e-mail addresses, telephone numbers and the tokens of links in ``text``."""
    return _LINK.sub(r"/\1/…", _PHONE.sub("<phone>", _EMAIL.sub("<email>", text)))


def without_personal_data(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Structlog processor: drop personal keys, scrub every remaining text (tracebacks included)."""
    for key in PERSONAL & event.keys():
        del event[key]
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = scrub(value)
    return event


def configure_logging(level: str = "INFO") -> None:
    """Send our own events and those of libraries to standard error as JSON lines."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared[:-2],
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                without_personal_data,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel("WARNING")


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
