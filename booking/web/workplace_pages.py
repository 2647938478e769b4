"""Puts the pages behind a workplace's link together: whoever imports this has every page of it on its blueprint."""

from __future__ import annotations

from booking.web import workplace, workplace_opinion, workplace_self  # noqa: F401 - their views belong to the blueprint of the frame
from booking.web.workplace_frame import pages

__all__ = ["pages"]
