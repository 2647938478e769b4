"""What gunicorn loads: ``booking.wsgi:app``."""

from __future__ import annotations

from booking.app import create_app

app = create_app()
