"""Puts the console together: whoever imports this has every page of it on its blueprint."""

from __future__ import annotations

from booking.web.console import (  # noqa: F401 - their views belong to the blueprint of base
    alternatives,
    attendance,
    audit,
    board,
    briefing,
    called_off,
    calls,
    changes,
    coaches,
    days,
    dispatches,
    drafts,
    drill,
    follow_up,
    foretold,
    hand,
    home,
    menu,
    messages,
    offer,
    offers,
    people,
    plan,
    policy,
    publish,
    register,
    results,
    runs,
    school,
    sending,
    settings,
    sheets,
    split,
    terms,
    visits,
    weekly,
    workplace_bulk,
    workplace_list,
    workplace_notes,
    workplaces,
)
from booking.web.console.base import pages

__all__ = ["pages"]
