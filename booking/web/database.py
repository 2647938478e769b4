"""The Flask-SQLAlchemy object, and the edge at which a request's changes are committed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app, g
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session

from booking import db as database
from booking.clock import Clock
from booking.config import Config
from booking.models.registry import METADATA

db = SQLAlchemy(metadata=METADATA, engine_options=database.ENGINE_OPTIONS, session_options={"expire_on_commit": False})


def read() -> Session:
    """The session of this request, for reading."""
    return db.session()


@contextmanager
def write(*, once: bool = True) -> Iterator[Session]:
    """The session of this request, committed when the block ends well and rolled back when it does not.

    ``once``: what it stores must not be stored again, so that the view is not run again after it
    (:mod:`booking.web.application`); a count of attempts may.
    """
    with database.transaction(db.session()) as session:
        yield session
    if once:
        g.wrote = True


def wrote() -> bool:
    """Whether a part of this request is committed already."""
    return bool(g.get("wrote"))


def clock() -> Clock:
    """The application's clock."""
    found: Clock = current_app.extensions["ilteo.clock"]
    return found


def config() -> Config:
    """The application's configuration."""
    found: Config = current_app.extensions["ilteo.config"]
    return found
