"""The Celery application: ``python -m celery -A workers.app …``. Settings are read when they are first needed."""

from __future__ import annotations

from celery import Celery

from booking.config import load_config
from workers import signals
from workers.config import celery_settings

app = Celery("ilteo")
app.add_defaults(lambda: celery_settings(load_config()))
signals.connect(app)
