"""자원봉사: what groups of volunteers gave, in people and hours; no volunteer's name."""

from __future__ import annotations

from booking.domain.year_books import LONGEST_GROUP, LONGEST_WORK, read_volunteers
from booking.models.year_books import VolunteerWork
from booking.queries import year_books as rows
from booking.services import year_books
from booking.web.access import STAFF, allow
from booking.web.console.base import pages
from booking.web.console.dated_books import DatedBook, Page
from booking.web.marking import N_


def _values(row: VolunteerWork) -> dict[str, str]:
    kept = {name: str(getattr(row, name)) for name in ("date", "group", "hours", "work")}
    return {**kept, "volunteers": str(row.people)}


BOOK = DatedBook(
    endpoint="console.volunteers",
    template="web/console/volunteers.html",
    model=VolunteerWork,
    limits={"group": LONGEST_GROUP, "work": LONGEST_WORK},
    values=_values,
    lists=lambda session, first, last: {
        "rows": rows.volunteers(session, first, last),
        "groups": rows.hours_by_group(session, first, last),
    },
    read_form=read_volunteers,
    save=year_books.save_volunteers,
    saved=N_("자원봉사를 저장했습니다."),
)


@pages.get("/volunteers")
@allow(*STAFF)
def volunteers() -> Page:
    """What was given in a period, by group and by day, and a form for more."""
    return BOOK.show(None)


@pages.post("/volunteers")
@allow(*STAFF)
def save_new_volunteers() -> Page:
    """Enter what a group gave."""
    return BOOK.store(None)


@pages.get("/volunteers/<int:item_id>")
@allow(*STAFF)
def volunteer_work(item_id: int) -> Page:
    """One line, to be changed or taken away."""
    return BOOK.show(BOOK.find(item_id))


@pages.post("/volunteers/<int:item_id>")
@allow(*STAFF)
def save_volunteers(item_id: int) -> Page:
    """Change a line."""
    return BOOK.store(BOOK.find(item_id))


@pages.post("/volunteers/<int:item_id>/remove")
@allow(*STAFF)
def remove_volunteers(item_id: int) -> Page:
    """Take a line away."""
    return BOOK.take_away(item_id)
