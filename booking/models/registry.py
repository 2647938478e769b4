"""Imports every module with tables, so that ``Base.metadata`` is complete for migrations and tests."""

from __future__ import annotations

from booking.base import Base
from booking.models import (
    afterwards,
    air,
    asking,
    called_off,
    coaches,
    drills,
    hand_changes,
    history,
    messages,
    offers,
    outbox,
    people,
    requests,
    runs,
    sandboxes,
    school_year,
    schools,
    sheets,
    terms,
    visits,
    workplaces,
)

MODULES = (
    afterwards,
    air,
    asking,
    called_off,
    coaches,
    drills,
    hand_changes,
    history,
    messages,
    offers,
    outbox,
    people,
    requests,
    runs,
    sandboxes,
    school_year,
    schools,
    sheets,
    terms,
    visits,
    workplaces,
)
METADATA = Base.metadata
