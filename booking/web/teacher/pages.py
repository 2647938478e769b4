"""Puts the teachers' pages together under one address."""

from __future__ import annotations

from booking.web.teacher import calendar, change, credit, drafts, new, programmes, reports, school, sheets, visit
from booking.web.teacher.overview import pages

for part in (calendar, change, credit, drafts, new, programmes, reports, school, sheets, visit):
    pages.register_blueprint(part.pages)

__all__ = ["pages"]
