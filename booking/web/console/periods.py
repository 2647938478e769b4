"""기간: the year, quarter or everything that a page of the books is asked for, as ``2018``, ``2018-1`` and ``all``."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from flask import request
from sqlalchemy.orm import Session

from booking.domain.quarters import Quarter, year_of
from booking.queries.ledger import years
from booking.web.marking import gettext


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of days with the name by which an address calls it; None: without end."""

    name: str
    first: dt.date | None = None
    last: dt.date | None = None

    @classmethod
    def everything(cls) -> Period:
        """All there is."""
        return cls("all")

    @classmethod
    def of_year(cls, year: int) -> Period:
        """A calendar year."""
        return cls(str(year), dt.date(year, 1, 1), dt.date(year, 12, 31))

    @classmethod
    def of_quarter(cls, quarter: Quarter) -> Period:
        """A quarter."""
        return cls(quarter.name, quarter.first, quarter.last)

    @property
    def quarter(self) -> Quarter | None:
        """The quarter that this is; None where it is none."""
        return Quarter.named(self.name)

    @property
    def words(self) -> str:
        """How a page calls it."""
        quarter = self.quarter
        if quarter is not None:
            return gettext("%(year)s년 %(n)s분기", year=quarter.year, n=quarter.number)
        return gettext("모든 기간") if self.name == "all" else gettext("%(year)s년", year=self.name)


def asked_period(today: dt.date, *, default: Period | None = None) -> Period:
    """Return the period that the address names; nonsense is the running quarter, or ``default``."""
    text = request.args.get("period", "")
    quarter = Quarter.named(text)
    if quarter is not None:
        return Period.of_quarter(quarter)
    if re.fullmatch(r"2[01]\d\d", text, re.ASCII):
        return Period.of_year(int(text))
    return Period.everything() if text == "all" else default or Period.of_quarter(Quarter.of(today))


def period_options(session: Session, today: dt.date) -> list[tuple[str, str]]:
    """Return the periods to choose from: every year with entries and this one, each with its quarters."""
    found = [Period.everything()]
    for year in sorted({today.year, *years(session)}, reverse=True):
        found += [Period.of_year(year), *map(Period.of_quarter, year_of(year))]
    return [(period.name, period.words) for period in found]
