"""Books of dated lines that the office keeps beside the ledger: a list of a period, a form, and lines to be changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from flask import flash, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.domain.errors import Conflict, InvalidForm
from booking.domain.person import Person
from booking.models.year_books import PressItem, VolunteerWork
from booking.services import year_books
from booking.web.access import person
from booking.web.console.periods import Period, asked_period, period_options
from booking.web.console.programmes import today
from booking.web.console.workplaces import given, seen
from booking.web.database import read, write
from booking.web.marking import gettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
Row = TypeVar("Row", PressItem, VolunteerWork)


class Dated(Protocol):
    """What a form holds: the day decides to which year the page goes on."""

    @property
    def date(self) -> dt.date:
        """The day of the line."""
        ...


Entry = TypeVar("Entry", bound=Dated)


Form_contra = TypeVar("Form_contra", contravariant=True)


class Save(Protocol[Form_contra]):
    """Stores a line, a new one where ``number`` is None."""

    def __call__(
        self, session: Session, person: Person, number: int | None, entry: Form_contra, *, seen: int
    ) -> object:
        """Store it, unless it was changed since version ``seen``."""
        ...


@dataclass(frozen=True, slots=True)
class DatedBook(Generic[Row, Entry]):
    """One book: ``endpoint`` is its list, ``template`` shows the list and the form of one line alike."""

    endpoint: str
    template: str
    model: type[Row]
    #: how many characters a field takes
    limits: Mapping[str, int]
    #: a line as it stands in its form
    values: Callable[[Row], dict[str, str]]
    #: what the template shows of the days between two, both included
    lists: Callable[[Session, dt.date, dt.date], dict[str, Any]]
    read_form: Callable[[Mapping[str, list[str]], dt.date], Entry]
    save: Save[Entry]
    #: what is said when a line was stored, marked for translation
    saved: str

    def find(self, number: int) -> Row:
        """A line of the book."""
        return year_books.find_entry(read(), self.model, number)

    def show(self, row: Row | None, *, faults: Mapping[str, str] | None = None, status: int = 200) -> Page:
        """The lines of a period with a form for one more, or one line to be changed."""
        period = asked_period(today(), default=Period.of_year(today().year))
        values = {"date": today().isoformat()} if row is None else self.values(row)
        if faults:
            values = {name: texts[0] for name, texts in given().items() if texts}
        page = render_template(
            self.template,
            row=row,
            # a form of one line shows no list
            **({} if row else self.lists(read(), period.first or dt.date.min, period.last or dt.date.max)),
            period=period,
            periods=period_options(read(), today()),
            one=lambda name: values.get(name, ""),
            faults=faults or {},
            conflict=status == 409,
            limits=self.limits,
            today=today(),
        )
        return page, status

    def store(self, row: Row | None) -> Page:
        """Store what the form holds, or show it again with what is wrong."""
        try:
            entry = self.read_form(given(), today())
            with write() as session:
                self.save(session, person(), row.id if row else None, entry, seen=seen())
        except InvalidForm as error:
            return self.show(row, faults=sentences(error), status=422)
        except Conflict:
            read().expire_all()
            return self.show(row, status=409)
        flash(gettext(self.saved), "ok")
        return redirect(url_for(self.endpoint, period=entry.date.year), 303)

    def take_away(self, number: int) -> Response:
        """Take a line away."""
        with write() as session:
            year_books.remove(session, person(), self.model, number, seen=seen())
        flash(gettext("지웠습니다."), "ok")
        return redirect(url_for(self.endpoint), 303)
