"""The application with a given configuration, its connections closed afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from booking.app import create_app
from booking.config import Config
from booking.web.database import db


@contextmanager
def website(config: Config) -> Iterator[Flask]:
    """Build the application and dispose of its engine at the end."""
    app = create_app(config)
    try:
        yield app
    finally:
        with app.app_context():
            db.engine.dispose()
