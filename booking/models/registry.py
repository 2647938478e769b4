"""Imports every module with tables, so that ``Base.metadata`` is complete for migrations and tests."""

from __future__ import annotations

from booking.base import Base
from booking.models import (
    afterwards,
    asking,
    called_off,
    coaches,
    drills,
    hand_changes,
    history,
    ledger,
    messages,
    offers,
    outbox,
    people,
    programmes,
    requests,
    runs,
    school_year,
    schools,
    sending,
    sheets,
    terms,
    visits,
    workplace_words,
    workplaces,
    year_books,
)

MODULES = (
    afterwards,
    asking,
    called_off,
    coaches,
    drills,
    hand_changes,
    history,
    ledger,
    messages,
    offers,
    outbox,
    people,
    programmes,
    requests,
    runs,
    school_year,
    schools,
    sending,
    sheets,
    terms,
    visits,
    workplace_words,
    workplaces,
    year_books,
)
METADATA = Base.metadata
