"""Whose: the people whose addresses are kept here, by the table in which each is one row."""

from __future__ import annotations

from enum import StrEnum


class Whose(StrEnum):
    """Somebody with an account, who answers for a workplace, or a coach."""

    USER = "user"
    WORKPLACE = "workplace"
    COACH = "coach"
