"""언론보도: what was written about the centre, by date and outlet."""

from __future__ import annotations

from booking.domain.year_books import LONGEST_ADDRESS, LONGEST_HEADLINE, LONGEST_OUTLET, read_press
from booking.models.year_books import PressItem
from booking.queries import year_books as rows
from booking.services import year_books
from booking.web.access import STAFF, allow
from booking.web.console.base import pages
from booking.web.console.dated_books import DatedBook, Page
from booking.web.marking import N_

BOOK = DatedBook(
    endpoint="console.press",
    template="web/console/press.html",
    model=PressItem,
    limits={"outlet": LONGEST_OUTLET, "headline": LONGEST_HEADLINE, "address": LONGEST_ADDRESS},
    values=lambda row: {name: str(getattr(row, name)) for name in ("date", "outlet", "headline", "address")},
    lists=lambda session, first, last: {"rows": rows.press(session, first, last)},
    read_form=read_press,
    save=year_books.save_press,
    saved=N_("언론보도를 저장했습니다."),
)


@pages.get("/press")
@allow(*STAFF)
def press() -> Page:
    """The pieces of a period, and a form for one more."""
    return BOOK.show(None)


@pages.post("/press")
@allow(*STAFF)
def save_new_press() -> Page:
    """Enter a piece."""
    return BOOK.store(None)


@pages.get("/press/<int:item_id>")
@allow(*STAFF)
def press_item(item_id: int) -> Page:
    """One piece, to be changed or taken away."""
    return BOOK.show(BOOK.find(item_id))


@pages.post("/press/<int:item_id>")
@allow(*STAFF)
def save_press(item_id: int) -> Page:
    """Change a piece."""
    return BOOK.store(BOOK.find(item_id))


@pages.post("/press/<int:item_id>/remove")
@allow(*STAFF)
def remove_press(item_id: int) -> Page:
    """Take a piece away."""
    return BOOK.take_away(item_id)
