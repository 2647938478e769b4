"""진로코치: what a person enters of a coach, checked once for the form and for tables."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from booking.domain.entered import Entered, Given
from booking.domain.vocabulary import Language

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class CoachEntry:
    """A coach, as entered. ``reach`` is telephone and address; None where the form did not show them."""

    name: str
    language: Language
    training_valid_until: dt.date
    ended_on: dt.date | None
    reach: tuple[str | None, str | None] | None


def read_coach(given: Given, *, with_contact: bool) -> CoachEntry:
    """Return the entered coach; telephone and address only ``with_contact``: a masked form changes neither.

    Raises:
        InvalidForm: every field that cannot be accepted.
    """
    entered = Entered(given)
    name = entered.line("name", LONGEST_NAME)
    reach = (entered.phone("phone"), entered.email("email")) if with_contact else None
    entry = CoachEntry(
        name=name,
        language=entered.one_of(Language, "language"),
        training_valid_until=entered.required_date("training_valid_until"),
        ended_on=entered.date("ended_on"),
        reach=reach,
    )
    entered.finish()
    return entry
