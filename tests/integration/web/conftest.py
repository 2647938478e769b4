"""The small term behind the application."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.support.pages import Site


@pytest.fixture
def site(app: Flask, database_url: str) -> Iterator[Site]:
    """The application with the small term."""
    running = Site(app, database_url)
    yield running
    running.close()
