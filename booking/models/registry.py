"""Imports every module with tables, so that ``Base.metadata`` is complete for migrations and tests."""

from __future__ import annotations

from booking.base import Base
from booking.models import (
    afterwards,
    asking,
    called_off,
    coaches,
    dispatches,
    hand_changes,
    history,
    messages,
    offers,
    outbox,
    people,
    requests,
    runs,
    school_year,
    schools,
    sheets,
    terms,
    visits,
    workplace_words,
    workplaces,
)

MODULES = (
    afterwards,
    asking,
    called_off,
    coaches,
    dispatches,
    hand_changes,
    history,
    messages,
    offers,
    outbox,
    people,
    requests,
    runs,
    school_year,
    schools,
    sheets,
    terms,
    visits,
    workplace_words,
    workplaces,
)
METADATA = Base.metadata
