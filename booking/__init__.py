"""The booking service: requests, allocations, publishing, messages and answers behind one Flask application."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def create_app() -> Flask:
    """Build the application for ``flask --app booking``; imported late, so that workers never load Flask."""
    from booking.app import create_app as build

    return build()
